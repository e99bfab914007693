//! Columns that stand in another table and are looked up for each row by its key there, so that a
//! list stays one statement. Not here: filters and sorts by them, which join that table where it
//! is large (`criteria`).

use std::marker::PhantomData;

use diesel::expression::{Expression, TypedExpressionType};
use diesel::prelude::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::database::connection::MultiBackend;

/// A scalar subquery of that SQL type, in words that both databases understand.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<T> {
    sql: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T> Lookup<T> {
    /// The subquery, in brackets; it names the row's table and its tenant.
    pub const fn of(sql: &'static str) -> Self {
        Self { sql, kind: PhantomData }
    }
}

impl<T: TypedExpressionType> Expression for Lookup<T> {
    type SqlType = T;
}

impl<T> QueryFragment<MultiBackend> for Lookup<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(self.sql);
        Ok(())
    }
}
