//! The number of rows that a tenant has in a table, without counting them.
//!
//! SQLite has one writer, so a counter row is brought up to date in the rows' own transaction. On
//! PostgreSQL such a row would make writers wait for each other: each inserts the difference that
//! it makes instead, and a fold adds these up now and then. Every snapshot shows the exact sum.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;

/// Returns the `SELECT` that yields the number of rows of a table.
pub(crate) fn select(organization: i64, table: &str, is_postgres: bool) -> Statement<'_> {
    let text = if is_postgres {
        "SELECT CAST(COALESCE(SUM(part), 0) AS BIGINT) FROM (\
         SELECT row_count AS part FROM row_counts \
         WHERE organization_id = :organization AND table_name = :table \
         UNION ALL SELECT delta FROM row_count_deltas \
         WHERE organization_id = :organization AND table_name = :table) AS parts"
    } else {
        "SELECT COALESCE(SUM(row_count), 0) FROM row_counts \
         WHERE organization_id = :organization AND table_name = :table"
    };
    Statement::new(text).bind("organization", organization).bind("table", table)
}

/// Returns the number of rows that the tenant has in a table.
pub(crate) fn of(tenant: &mut Tenant<'_>, table: &str) -> Result<i64> {
    let statement = select(tenant.id(), table, tenant.is_postgres()).yielding::<BigInt>();
    statement.get_result(tenant.connection()?).map_err(Error::from)
}

/// Notes that `delta` rows were inserted or, below zero, deleted, in their transaction.
pub(crate) fn add(tenant: &mut Tenant<'_>, table: &str, delta: i64) -> Result<()> {
    let text = if tenant.is_postgres() {
        "INSERT INTO row_count_deltas (organization_id, table_name, delta) \
         VALUES (:organization, :table, :delta)"
    } else {
        "INSERT INTO row_counts (organization_id, table_name, row_count) \
         VALUES (:organization, :table, :delta) ON CONFLICT (organization_id, table_name) \
         DO UPDATE SET row_count = row_count + excluded.row_count"
    };
    let statement = Statement::new(text)
        .bind("organization", tenant.id())
        .bind("table", table)
        .bind("delta", delta);
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Notes that many rows were inserted at once.
pub(crate) fn add_many(tenant: &mut Tenant<'_>, table: &str, rows: usize) -> Result<()> {
    match i64::try_from(rows)? {
        0 => Ok(()),
        rows => add(tenant, table, rows),
    }
}

/// Adds the differences that writers inserted to the counters. Skips those that another fold has
/// locked. It is run without nested loops: as long as PostgreSQL has no statistics of the table, it
/// would choose one, which reads all of the table for each row.
const FOLD: &str = "WITH locked AS (
    SELECT organization_id, table_name, id FROM row_count_deltas
    ORDER BY organization_id, table_name, id LIMIT 100000 FOR UPDATE SKIP LOCKED
), folded AS (
    DELETE FROM row_count_deltas USING locked
    WHERE row_count_deltas.organization_id = locked.organization_id
      AND row_count_deltas.table_name = locked.table_name
      AND row_count_deltas.id = locked.id
    RETURNING row_count_deltas.organization_id, row_count_deltas.table_name, row_count_deltas.delta
)
INSERT INTO row_counts (organization_id, table_name, row_count)
SELECT organization_id, table_name, SUM(delta) FROM folded
GROUP BY organization_id, table_name ORDER BY organization_id, table_name
ON CONFLICT (organization_id, table_name)
DO UPDATE SET row_count = row_counts.row_count + EXCLUDED.row_count";

/// Adds the differences of PostgreSQL to the counters, and returns how many counters changed. There
/// is nothing to do on SQLite.
pub fn fold(session: &mut Session) -> Result<usize> {
    if !session.is_postgres() {
        return Ok(0);
    }
    session.transaction(|session| {
        let connection = session.everybody()?;
        connection.batch_execute("SET LOCAL enable_nestloop = off")?;
        diesel::sql_query(FOLD).execute(connection).map_err(Error::from)
    })
}
