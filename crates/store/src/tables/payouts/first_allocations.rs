//! The first allocations of several distributions: one statement, which reads no more of any of
//! them than it shows, however many each has.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;

/// An allocation, as far as it is shown with its distribution.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Part {
    /// The distribution that it is part of.
    pub distribution_id: i64,
    /// The obligation that it covers.
    pub obligation_id: i64,
    /// How far it is.
    pub status: String,
}

/// At most `limit` allocations of each distribution, those with the lowest ids, by distribution and
/// id.
pub fn first_of(tenant: &mut Tenant<'_>, distributions: &[i64], limit: i64) -> Result<Vec<Part>> {
    if distributions.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = distributions.to_vec();
    ids.sort_unstable();
    ids.dedup();
    // Few lengths, hence few statements. No distribution has the id 0, and it comes first.
    let padding = ids.len().next_power_of_two().saturating_sub(ids.len());
    ids.splice(0..0, std::iter::repeat_n(0, padding));
    tenant.note_shape(&("first allocations", ids.len(), limit));
    let select = FirstOf { organization: tenant.id(), ids: &ids, limit };
    let mut parts: Vec<(i64, i64, i64, String)> =
        select.load(tenant.connection()?).map_err(Error::from)?;
    parts.sort_unstable_by_key(|(distribution, id, ..)| (*distribution, *id));
    let part = |(distribution_id, _, obligation_id, status)| Part {
        distribution_id,
        obligation_id,
        status,
    };
    Ok(parts.into_iter().map(part).collect())
}

/// One `SELECT` a distribution, all together.
struct FirstOf<'q> {
    organization: i64,
    ids: &'q [i64],
    limit: i64,
}

impl QueryFragment<MultiBackend> for FirstOf<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (at, id) in self.ids.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { " UNION ALL " });
            // SQLite has no brackets around a part, so that its limit needs another select.
            out.push_sql(
                "SELECT * FROM (SELECT distribution_id, id, obligation_id, status \
                 FROM allocations WHERE organization_id = ",
            );
            out.push_bind_param::<BigInt, i64>(&self.organization)?;
            out.push_sql(" AND distribution_id = ");
            out.push_bind_param::<BigInt, i64>(id)?;
            out.push_sql(" ORDER BY id LIMIT ");
            out.push_sql(&self.limit.to_string());
            out.push_sql(") AS part");
        }
        Ok(())
    }
}

impl Query for FirstOf<'_> {
    type SqlType = (BigInt, BigInt, BigInt, Text);
}

impl QueryId for FirstOf<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for FirstOf<'_> {}
