//! Rows of events: what was written, when, by whom and on whose request. Whatever writes a row
//! notes it at its session, which adds the events at the end of the transaction and as part of it;
//! what is undone takes its events along. Databases let no event be changed or removed.

pub use apportion_core::event::Action;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::database::schema::events;
use crate::error::{Error, Result};
use crate::rows::select::Stored;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::totals;
use crate::sql::prepared::powers_of_two;
use crate::{fields, stored};

fields! {
    events;
    /// The id.
    ID = id;
    /// The token by which somebody acted.
    TOKEN_ID = token_id;
    /// Who acted.
    PERSON_ID = person_id;
    /// What was done.
    ACTION = action;
    /// The table of the row that it was done to.
    SUBJECT_TYPE = subject_type;
    /// The id of that row.
    SUBJECT_ID = subject_id;
    /// The version that the row had.
    VERSION_BEFORE = version_before;
    /// The version that it has since.
    VERSION_AFTER = version_after;
    /// The request that asked for it.
    REQUEST_ID = request_id;
    /// When it was done, UTC.
    CREATED_AT = created_at;
}

/// An event.
#[derive(Clone, Debug, Queryable)]
pub struct Row {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The token by which somebody acted.
    pub token_id: Option<i64>,
    /// Who acted.
    pub person_id: Option<i64>,
    /// What was done.
    pub action: String,
    /// The table of the row that it was done to.
    pub subject_type: String,
    /// The id of that row.
    pub subject_id: i64,
    /// The version that the row had; none where it is new.
    pub version_before: Option<i64>,
    /// The version that it has since; none where it is gone.
    pub version_after: Option<i64>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was done, UTC.
    pub created_at: NaiveDateTime,
}

stored!(Row in events by "\"events\".\"organization_id\"");

/// Something done to a row, in somebody's name.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose row, and who acts.
    pub scope: Scope,
    /// What is done.
    pub action: Action,
    /// The table of the row, and its id.
    pub subject: (&'static str, i64),
    /// The version that the row had, and the one that it has then.
    pub versions: (Option<i64>, Option<i64>),
    /// When, UTC.
    pub now: NaiveDateTime,
}

impl Event {
    /// A row is added.
    pub fn created(scope: &Scope, subject: (&'static str, i64), now: NaiveDateTime) -> Self {
        Self { scope: *scope, action: Action::Create, subject, versions: (None, Some(1)), now }
    }

    /// A row is changed, and has this version since.
    pub fn updated(
        scope: &Scope,
        subject: (&'static str, i64),
        version: i64,
        now: NaiveDateTime,
    ) -> Self {
        let versions = (version.checked_sub(1), Some(version));
        Self { scope: *scope, action: Action::Update, subject, versions, now }
    }

    /// A row of this version is removed.
    pub fn deleted(
        scope: &Scope,
        subject: (&'static str, i64),
        version: i64,
        now: NaiveDateTime,
    ) -> Self {
        let versions = (Some(version), None);
        Self { scope: *scope, action: Action::Delete, subject, versions, now }
    }
}

/// How many there are of a tenant: never fewer, and more after every write.
pub fn count(scope: &Scope, session: &mut Session) -> Result<i64> {
    totals::of(scope, session, Row::TABLE)
}

/// Adds events of one tenant, in this order.
pub(crate) fn insert(session: &mut Session, events: &[Event]) -> Result<()> {
    let Some(Event { scope, .. }) = events.first() else { return Ok(()) };
    let lines: Vec<Line> = events.iter().map(Line::from).collect();
    for lines in powers_of_two(&lines) {
        session.note_shape(&(Row::TABLE, lines.len()));
        Insert(lines).execute(session.tenant(scope)?).map_err(Error::from)?;
    }
    totals::add_many(scope, session, Row::TABLE, events.len())
}

/// An event as it is added.
struct Line {
    organization: i64,
    token: Option<i64>,
    person: Option<i64>,
    action: &'static str,
    subject: (&'static str, i64),
    versions: (Option<i64>, Option<i64>),
    request: Option<String>,
    now: NaiveDateTime,
}

impl From<&Event> for Line {
    fn from(event: &Event) -> Self {
        let Event { scope, action, subject, versions, now } = *event;
        Self {
            organization: scope.id(),
            token: scope.token,
            person: scope.creator(),
            action: action.name(),
            subject,
            versions,
            request: scope.request.map(|id| id.to_string()),
            now,
        }
    }
}

impl QueryFragment<MultiBackend> for Line {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_bind_param::<BigInt, i64>(&self.organization)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.token)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.person)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(&self.action)?;
        out.push_sql(", ");
        out.push_bind_param::<Text, &str>(&self.subject.0)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, i64>(&self.subject.1)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.versions.0)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&self.versions.1)?;
        out.push_sql(", ");
        out.push_bind_param::<Nullable<Text>, Option<String>>(&self.request)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamp, NaiveDateTime>(&self.now)
    }
}

/// Many rows in a statement that stays prepared, which diesel has no words for.
struct Insert<'e>(&'e [Line]);

impl QueryFragment<MultiBackend> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO events (organization_id, token_id, person_id, action, subject_type, \
             subject_id, version_before, version_after, request_id, created_at) VALUES (",
        );
        for (at, line) in self.0.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { "), (" });
            line.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Insert<'_> {}
