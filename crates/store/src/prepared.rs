//! Statements of our own that stay prepared. Diesel prepares every `UPDATE` and every upsert anew,
//! which costs as much as running it; this is for those that every write runs.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use crate::conditions::push_value;
use crate::connection::{AnyConnection, MultiBackend};
use crate::criteria::Value;

/// A statement: a value follows each of its parts, but perhaps the last.
pub(crate) struct Prepared<'s> {
    pub(crate) parts: &'static [&'static str],
    pub(crate) values: &'s [Value],
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
