//! Queries that lock the rows they find. Not here: which rows are locked in which order.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use crate::database::connection::{AnyConnection, MultiBackend};

/// A `SELECT` whose rows stay locked until the end of the transaction. SQLite has one writer, and
/// needs no lock.
pub(crate) struct Locking<Q> {
    select: Q,
    clause: &'static str,
}

impl<Q> Locking<Q> {
    /// Locks the rows of a query, after those who have them locked have let go of them.
    pub(crate) fn waiting(select: Q, is_postgres: bool) -> Self {
        Self { select, clause: if is_postgres { " FOR UPDATE" } else { "" } }
    }

    /// Locks those rows of a query that nobody has locked, and finds no others.
    pub(crate) fn skipping(select: Q, is_postgres: bool) -> Self {
        Self { select, clause: if is_postgres { " FOR UPDATE SKIP LOCKED" } else { "" } }
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
