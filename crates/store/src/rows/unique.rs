//! Texts that at most one row of a type and tenant has, such as the id of a row in another system.
//! An index of the table says so; here such rows are found and their texts set. Not here: which
//! tables have such texts (`tables`).

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::Result;
use crate::rows::insert_many::cells_of;
use crate::rows::select::{Stored, load_keyed};
use crate::session::tenant::Tenant;
use crate::sql::criteria::Criteria;
use crate::sql::field::Field;
use crate::sql::filter::{Filter, Test, Value};
use crate::sql::statement::powers_of_two;

/// The name of a new row in another system, if it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalId {
    /// The name, of 1 to 255 characters.
    pub external_id: Option<String>,
}

cells_of!(ExternalId { external_id });

/// Returns the rows of the tenant whose field is one of these texts.
pub fn find_by_texts<R: Stored>(
    tenant: &mut Tenant<'_>,
    field: Field,
    texts: &[&str],
) -> Result<Vec<R>> {
    let mut rows = Vec::new();
    for texts in powers_of_two(texts) {
        let among = texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
        let limit = i64::try_from(texts.len())?;
        let filter = Some(Filter::Test(field, Test::In(among)));
        let found = load_keyed::<R>(tenant, &Criteria { filter, limit, ..Criteria::default() })?;
        rows.extend(found.into_iter().map(|(row, _)| row));
    }
    Ok(rows)
}

/// Sets a text of a row. The version of the row stays as it is.
///
/// # Errors
///
/// [`Error::Duplicate`](crate::Error::Duplicate) if another row has the same text.
pub fn set_text(
    tenant: &mut Tenant<'_>,
    table: &'static str,
    column: &'static str,
    id: i64,
    text: Option<&str>,
) -> Result<()> {
    let set = SetText { table, column, organization: tenant.id(), id, text };
    set.execute(tenant.connection()?)?;
    Ok(())
}

/// Locks rows of the tenant until the end of the transaction, in the order of their ids, so that
/// two who change the same rows wait for each other once. SQLite has one writer, and needs no lock.
pub fn lock_rows(tenant: &mut Tenant<'_>, table: &'static str, ids: &[i64]) -> Result<()> {
    if !tenant.is_postgres() {
        return Ok(());
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    for ids in powers_of_two(&ids) {
        let lock = LockRows { table, organization: tenant.id(), ids };
        tenant.note_shape(&("lock", table, ids.len()));
        lock.execute(tenant.connection()?)?;
    }
    Ok(())
}

/// A statement that locks rows in the order of their ids and stays prepared.
struct LockRows<'s> {
    table: &'static str,
    organization: i64,
    ids: &'s [i64],
}

impl QueryFragment<MultiBackend> for LockRows<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT id FROM ");
        out.push_identifier(self.table)?;
        out.push_sql(" WHERE organization_id = ");
        out.push_bind_param::<BigInt, i64>(&self.organization)?;
        out.push_sql(" AND id IN (");
        for (at, id) in self.ids.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { ", " });
            out.push_bind_param::<BigInt, i64>(id)?;
        }
        out.push_sql(") ORDER BY id FOR NO KEY UPDATE");
        Ok(())
    }
}

impl QueryId for LockRows<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for LockRows<'_> {}

/// A statement that sets a text of a row and stays prepared.
struct SetText<'s> {
    table: &'static str,
    column: &'static str,
    organization: i64,
    id: i64,
    text: Option<&'s str>,
}

impl QueryFragment<MultiBackend> for SetText<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        out.push_identifier(self.table)?;
        out.push_sql(" SET ");
        out.push_identifier(self.column)?;
        out.push_sql(" = ");
        out.push_bind_param::<Nullable<Text>, Option<&str>>(&self.text)?;
        out.push_sql(" WHERE organization_id = ");
        out.push_bind_param::<BigInt, i64>(&self.organization)?;
        out.push_sql(" AND id = ");
        out.push_bind_param::<BigInt, i64>(&self.id)
    }
}

impl QueryId for SetText<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for SetText<'_> {}
