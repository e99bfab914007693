//! The journal of a session: the events of the rows that were written, with the actor and the
//! request. Every write of a row notes its event here. The events are inserted at the end of the
//! transaction and as a part of it, so that a write which is undone takes its events along. Not
//! here: the table that lists them (`event`).

use apportion_core::event::Action;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::{Error, Result};
use crate::session::event::Event;
use crate::session::tenant::Tenant;
use crate::session::totals;
use crate::sql::statement::powers_of_two;

/// The table of events.
const TABLE: &str = "events";

/// Inserts events of one tenant, in this order.
pub(crate) fn insert(tenant: &mut Tenant<'_>, events: &[Event]) -> Result<()> {
    let lines: Vec<Line> = events.iter().map(Line::from).collect();
    for lines in powers_of_two(&lines) {
        tenant.note_shape(&(TABLE, lines.len()));
        Insert(lines).execute(tenant.connection()?).map_err(Error::from)?;
    }
    totals::add_many(tenant, TABLE, events.len())
}

/// Inserts the events of new rows of a table, of which nothing differs but the ids. Events that
/// were noted earlier have to be inserted before.
pub(crate) fn insert_creations(
    tenant: &mut Tenant<'_>,
    table: &'static str,
    ids: &[i64],
    now: NaiveDateTime,
) -> Result<()> {
    let rows: Vec<[i64; 1]> = ids.iter().map(|id| [*id]).collect();
    let event = Event { action: Action::Create, ..tenant.event(table, 0, now) };
    insert_alike(tenant, &event, "NULL, 1", &rows)
}

/// Does the same for rows that were updated, each with the version that it had before.
pub(crate) fn insert_updates(
    tenant: &mut Tenant<'_>,
    table: &'static str,
    rows: &[[i64; 2]],
    now: NaiveDateTime,
) -> Result<()> {
    let event = tenant.event(table, 0, now);
    insert_alike(tenant, &event, "version, version + 1", rows)
}

/// Inserts events that differ by their rows: the id and, if there is one, the version before.
fn insert_alike<const WIDTH: usize>(
    tenant: &mut Tenant<'_>,
    event: &Event,
    versions: &'static str,
    rows: &[[i64; WIDTH]],
) -> Result<()> {
    let line = Line::from(event);
    for rows in powers_of_two(rows) {
        tenant.note_shape(&("alike", versions, rows.len()));
        let insert = InsertAlike { line: &line, versions, rows: rows.as_flattened(), width: WIDTH };
        insert.execute(tenant.connection()?).map_err(Error::from)?;
    }
    totals::add_many(tenant, TABLE, rows.len())
}

/// An event as it is inserted, with values that can be bound.
struct Line {
    event: Event,
    organization: i64,
    token: Option<i64>,
    person: Option<i64>,
    actor: Option<String>,
    action: &'static str,
    request: Option<String>,
}

impl From<&Event> for Line {
    fn from(event: &Event) -> Self {
        Self {
            event: *event,
            organization: event.scope.organization.0,
            token: event.scope.token.map(|token| token.0),
            person: event.scope.person.map(|person| person.0),
            actor: event.scope.actor.map(|actor| actor.as_str().to_owned()),
            action: event.action.name(),
            request: event.scope.request.map(|id| id.to_string()),
        }
    }
}

impl QueryFragment<MultiBackend> for Line {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let event = &self.event;
        out.push_bind_param::<BigInt, i64>(&self.organization)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.token)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.person)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<String>>(&self.actor)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(&self.action)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(&event.table)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, i64>(&event.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&event.version_before)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&event.version_after)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<String>>(&self.request)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamp, NaiveDateTime>(&event.now)
    }
}

/// A statement that inserts many rows and stays prepared, which diesel cannot express. It is no
/// `Statement`, because most of its values may be null.
struct Insert<'e>(&'e [Line]);

impl QueryFragment<MultiBackend> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO events (organization_id, token_id, person_id, actor, action, \
             subject_type, subject_id, version_before, version_after, request_id, created_at) \
             VALUES (",
        );
        for (at, line) in self.0.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { "), (" });
            line.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// A statement that inserts events of which all but the rows is the same.
struct InsertAlike<'e> {
    line: &'e Line,
    /// The expressions for the versions before and after.
    versions: &'static str,
    rows: &'e [i64],
    width: usize,
}

impl QueryFragment<MultiBackend> for InsertAlike<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(match self.width {
            1 => "WITH subjects (id) AS (VALUES ",
            _ => "WITH subjects (id, version) AS (VALUES ",
        });
        for (row_at, row) in self.rows.chunks(self.width).enumerate() {
            out.push_sql(if row_at == 0 { "(" } else { "), (" });
            for (at, value) in row.iter().enumerate() {
                out.push_sql(if at == 0 { "" } else { ", " });
                out.push_bind_param::<BigInt, i64>(value)?;
            }
        }
        out.push_sql(
            ")) INSERT INTO events (organization_id, token_id, person_id, actor, action, \
             subject_type, request_id, created_at, subject_id, version_before, version_after) \
             SELECT ",
        );
        let Line { event, organization, token, person, actor, action, request } = self.line;
        out.push_bind_param::<BigInt, i64>(organization)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(token)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(person)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<String>>(actor)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(action)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(&event.table)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<String>>(request)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamp, NaiveDateTime>(&event.now)?;
        out.push_sql(", id, ");
        out.push_sql(self.versions);
        out.push_sql(" FROM subjects");
        Ok(())
    }
}

impl QueryId for InsertAlike<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for InsertAlike<'_> {}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Insert<'_> {}
