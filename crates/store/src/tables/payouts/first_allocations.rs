//! The first allocations of several distributions: one statement, which reads no more of any of
//! them than it shows, however many each has.

use crate::error::Result;
use crate::session::tenant::Tenant;
use crate::sql::statement::{Bind, Statement, UnionAll};
use apportion_core::allocation::AllocationStatus;
use apportion_core::id::{AllocationId, DistributionId, ObligationId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// An allocation, as far as it is shown with its distribution.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct FirstAllocation {
    /// The distribution that it is part of.
    pub distribution_id: DistributionId,
    /// The obligation that it covers.
    pub obligation_id: ObligationId,
    /// How far it is.
    pub status: AllocationStatus,
}

/// At most `limit` allocations of each distribution, those with the lowest ids, by distribution and
/// id.
pub fn first_of_each(
    tenant: &mut Tenant<'_>,
    distributions: &[DistributionId],
    limit: i64,
) -> Result<Vec<FirstAllocation>> {
    if distributions.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<i64> = distributions.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    // Few lengths, hence few statements. No distribution has the id 0, and it comes first.
    let padding = ids.len().next_power_of_two().saturating_sub(ids.len());
    ids.splice(0..0, std::iter::repeat_n(0, padding));
    let organization = tenant.id();
    let selects = ids.iter().map(|id| {
        Statement::new(FIRST_OF_ONE)
            .bind("organization", organization)
            .bind("distribution", *id)
            .bind("limit", Bind::Literal(limit))
    });
    let select = UnionAll(selects.collect());
    tenant.note_shape(&select);
    let mut parts: Vec<Found> =
        select.yielding::<(BigInt, BigInt, BigInt, Text)>().load(tenant.connection()?)?;
    parts.sort_unstable_by_key(|(distribution, id, ..)| (*distribution, *id));
    let part = |(distribution_id, _, obligation_id, status)| FirstAllocation {
        distribution_id,
        obligation_id,
        status,
    };
    Ok(parts.into_iter().map(part).collect())
}

/// An allocation as it is read: distribution, id, obligation, status.
type Found = (DistributionId, AllocationId, ObligationId, AllocationStatus);

/// The first allocations of one distribution. SQLite takes no `LIMIT` in a part of a union, so that
/// it stands in another `SELECT`.
const FIRST_OF_ONE: &str = "SELECT * FROM (\
     SELECT distribution_id, id, obligation_id, status FROM allocations \
     WHERE organization_id = :organization AND distribution_id = :distribution \
     ORDER BY id LIMIT :limit) AS part";
