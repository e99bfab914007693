//! Columns that stand in another table and are looked up there for each row by its key, so that a
//! list stays one statement. Not here: filters and sorts by such columns, which join that table
//! (`field`).

use std::marker::PhantomData;

use diesel::expression::{Expression, TypedExpressionType};
use diesel::prelude::QueryResult;
use diesel::query_builder::{AstPass, QueryFragment};

use crate::database::connection::MultiBackend;

/// A scalar subquery of the SQL type `T`, in words that both databases understand.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<T> {
    sql: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T> Lookup<T> {
    /// Makes a lookup from a subquery in parentheses. The subquery must compare its
    /// `organization_id` with that of the row's table, so that it stays within the tenant.
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
