//! Queries that lock the rows they find. Not here: which rows are locked in which order.
//!
//! On PostgreSQL `FOR NO KEY UPDATE` keeps out all who lock the same row, but not those who insert
//! a row that refers to it: they need nothing but its key, which never changes.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::Result;
use crate::session::tenant::Tenant;
use crate::sql::statement::{Statement, powers_of_two};

/// A `SELECT` whose rows stay locked until the end of the transaction. SQLite has one writer, and
/// needs no lock.
pub(crate) struct Locking<Q> {
    select: Q,
    clause: &'static str,
}

impl<Q> Locking<Q> {
    /// Locks the rows of a query, after those who have them locked have let go of them.
    pub(crate) fn waiting(select: Q, is_postgres: bool) -> Self {
        Self { select, clause: if is_postgres { " FOR NO KEY UPDATE" } else { "" } }
    }

    /// Locks those rows of a query that nobody has locked, and finds no others.
    pub(crate) fn skipping(select: Q, is_postgres: bool) -> Self {
        Self { select, clause: if is_postgres { " FOR NO KEY UPDATE SKIP LOCKED" } else { "" } }
    }
}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Locking<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.select.walk_ast(out.reborrow())?;
        out.push_sql(self.clause);
        Ok(())
    }
}

impl<Q: Query> Query for Locking<Q> {
    type SqlType = Q::SqlType;
}

/// Found again by its text.
impl<Q> QueryId for Locking<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> RunQueryDsl<AnyConnection> for Locking<Q> {}

/// The statements that lock rows of a table by their `:ids`, on SQLite and on PostgreSQL.
pub(crate) struct LockMany {
    pub(crate) on_sqlite: &'static str,
    pub(crate) on_postgres: &'static str,
}

/// Expands to the [`LockMany`] of a table.
macro_rules! lock_many {
    (@ $table:literal, $clause:literal) => {
        concat!(
            "SELECT id, version FROM ",
            $table,
            " WHERE organization_id = :organization AND id IN (:ids) ORDER BY id",
            $clause
        )
    };
    ($table:literal) => {
        $crate::rows::lock::LockMany {
            on_sqlite: $crate::rows::lock::lock_many!(@ $table, ""),
            on_postgres: $crate::rows::lock::lock_many!(@ $table, " FOR NO KEY UPDATE"),
        }
    };
}

pub(crate) use lock_many;

impl LockMany {
    /// Locks rows until the end of the transaction, and returns the id and the version of each that
    /// there is. The ids must ascend, so that transactions which lock the same rows take turns.
    pub(crate) fn versions(&self, tenant: &mut Tenant<'_>, ids: &[i64]) -> Result<Vec<(i64, i64)>> {
        let text = if tenant.is_postgres() { self.on_postgres } else { self.on_sqlite };
        let mut found = Vec::with_capacity(ids.len());
        for ids in powers_of_two(ids) {
            let statement = Statement::new(text).bind("ids", ids).bind("organization", tenant.id());
            tenant.note_shape(&statement);
            let statement = statement.yielding::<(BigInt, BigInt)>();
            found.extend(statement.load::<(i64, i64)>(tenant.connection()?)?);
        }
        Ok(found)
    }
}
