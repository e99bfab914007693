//! How many rows a tenant has in a table, without counting them.
//!
//! SQLite has one writer, so a counter row is brought up to date in the rows' own transaction. On
//! PostgreSQL such a row would make writers wait for each other: they insert what they added
//! instead, and a fold now and then adds that up. Every snapshot shows the exact sum.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::tenant::Tenant;
use crate::sql::criteria::Value;
use crate::sql::statement::{Prepared, Yielding};

/// The subquery that yields the total of a table. After each part but the last the tenant is bound,
/// or the table, in turn.
pub(crate) const fn sum_sql(postgres: bool) -> &'static [&'static str] {
    if postgres {
        &[
            "(SELECT CAST(COALESCE(SUM(part), 0) AS BIGINT) FROM (\
             SELECT row_count AS part FROM row_counts WHERE organization_id = ",
            " AND table_name = ",
            " UNION ALL SELECT delta FROM row_count_deltas WHERE organization_id = ",
            " AND table_name = ",
            ") AS parts)",
        ]
    } else {
        &[
            "(SELECT COALESCE(SUM(row_count), 0) FROM row_counts WHERE organization_id = ",
            " AND table_name = ",
            ")",
        ]
    }
}

/// How many rows the tenant has in a table.
pub(crate) fn of(tenant: &mut Tenant<'_>, table: &str) -> Result<i64> {
    let table = Value::Text(table.to_owned());
    let values = &[Value::Integer(tenant.id()), table.clone(), Value::Integer(tenant.id()), table];
    let parts = sum_sql(tenant.is_postgres());
    let tail =
        Prepared { parts, values: values.get(..parts.len().saturating_sub(1)).unwrap_or(&[]) };
    let statement = Yielding::<BigInt> { tail, ..Prepared::plain(&["SELECT "]).yielding() };
    statement.get_result(tenant.connection()?).map_err(Error::from)
}

/// Notes that so many rows were added (or, below zero, removed), in their transaction.
pub(crate) fn add(tenant: &mut Tenant<'_>, table: &str, delta: i64) -> Result<()> {
    let parts: &[&str] = if tenant.is_postgres() {
        &[
            "INSERT INTO row_count_deltas (delta, organization_id, table_name) VALUES (",
            ", ",
            ", ",
            ")",
        ]
    } else {
        &[
            "INSERT INTO row_counts (row_count, organization_id, table_name) VALUES (",
            ", ",
            ", ",
            ") ON CONFLICT (organization_id, table_name) \
             DO UPDATE SET row_count = row_count + excluded.row_count",
        ]
    };
    let values =
        [Value::Integer(delta), Value::Integer(tenant.id()), Value::Text(table.to_owned())];
    let statement = Prepared { parts, values: &values };
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Notes that so many rows were added at once.
pub(crate) fn add_many(tenant: &mut Tenant<'_>, table: &str, rows: usize) -> Result<()> {
    match i64::try_from(rows) {
        Ok(0) => Ok(()),
        Ok(rows) => add(tenant, table, rows),
        Err(_) => Err(Error::Query("more rows than there are numbers".to_owned())),
    }
}

/// Folds what writers added into the counters. Rows locked by another fold are left to it.
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

/// Folds the deltas of PostgreSQL; nothing to do on SQLite. Says how many counters changed.
pub fn fold(session: &mut Session) -> Result<usize> {
    match session.everybody()? {
        AnyConnection::Sqlite(_) => Ok(0),
        AnyConnection::Postgres(connection) => {
            diesel::sql_query(FOLD).execute(connection).map_err(Error::from)
        }
    }
}
