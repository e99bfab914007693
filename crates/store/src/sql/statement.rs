//! Statements of our own that stay prepared. Diesel prepares every `UPDATE` and every upsert anew,
//! which costs as much as running it; this is for those that every write runs. And statements on
//! many rows at once, which diesel has no words for that both databases understand.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::sql::conditions::push_value;
use crate::sql::criteria::Value;

/// A statement: a value follows each of its parts, but perhaps the last.
#[derive(Clone, Copy)]
pub(crate) struct Prepared<'s> {
    pub(crate) parts: &'static [&'static str],
    pub(crate) values: &'s [Value],
}

impl Prepared<'static> {
    /// A statement, or the end of one, without values.
    pub(crate) const fn plain(parts: &'static [&'static str]) -> Self {
        Self { parts, values: &[] }
    }
}

impl<'s> Prepared<'s> {
    /// The same statement, which yields rows.
    pub(crate) const fn yielding<T>(self) -> Yielding<'s, T> {
        Yielding { head: self, rows: &[], tail: Prepared::plain(&[]), yields: PhantomData }
    }
}

impl QueryFragment<MultiBackend> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (at, part) in self.parts.iter().enumerate() {
            out.push_sql(part);
            if let Some(value) = self.values.get(at) {
                push_value(&mut out, value)?;
            }
        }
        Ok(())
    }
}

/// Found again by its text.
impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Prepared<'_> {}

/// A statement that yields rows of these SQL types, or none (`()`). Rows of numbers, where there
/// are any, are bound after `head` as a list of `(..), (..)`; then comes `tail`.
pub(crate) struct Yielding<'s, T, const N: usize = 0> {
    pub(crate) head: Prepared<'s>,
    pub(crate) rows: &'s [[i64; N]],
    pub(crate) tail: Prepared<'s>,
    pub(crate) yields: PhantomData<fn() -> T>,
}

impl<T, const N: usize> QueryFragment<MultiBackend> for Yielding<'_, T, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.head.walk_ast(out.reborrow())?;
        for (at, row) in self.rows.iter().enumerate() {
            out.push_sql(if at == 0 { "(" } else { "), (" });
            for (at, value) in row.iter().enumerate() {
                out.push_sql(if at == 0 { "" } else { ", " });
                out.push_bind_param::<BigInt, i64>(value)?;
            }
        }
        out.push_sql(if self.rows.is_empty() { "" } else { ")" });
        self.tail.walk_ast(out.reborrow())
    }
}

impl<T, const N: usize> Query for Yielding<'_, T, N> {
    type SqlType = T;
}

impl<T, const N: usize> QueryId for Yielding<'_, T, N> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T, const N: usize> RunQueryDsl<AnyConnection> for Yielding<'_, T, N> {}

/// The most rows of a statement: with ten values a row, far below what either database binds.
const MAX_ROWS: usize = 512;

/// Slices in order, each as long as a power of two: few lengths, hence few statements.
pub(crate) fn powers_of_two<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = rest.len().min(MAX_ROWS);
        let power = length.checked_ilog2().and_then(|log| 1_usize.checked_shl(log))?;
        let (slice, left) = rest.split_at_checked(power)?;
        rest = left;
        Some(slice)
    })
}
