//! The first allocations of several distributions, loaded by one statement. For each distribution
//! it reads only the allocations that it returns, even if there are many more.

use crate::error::Result;
use crate::session::tenant::Tenant;
use crate::sql::statement::{Bind, Statement, UnionAll};
use apportion_core::allocation::AllocationStatus;
use apportion_core::id::{AllocationId, DistributionId, ObligationId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// The columns of an allocation that are shown with its distribution.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct FirstAllocation {
    /// The distribution that it is part of.
    pub distribution_id: DistributionId,
    /// The obligation that it covers.
    pub obligation_id: ObligationId,
    /// The status of the allocation.
    pub status: AllocationStatus,
}

/// Returns the allocations with the lowest ids, at most `limit` of each distribution, ordered by
/// distribution and id.
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
    // The list is padded to a power of two, so that few different statements are prepared. The
    // padding is the id 0, which no distribution has.
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

/// The columns of a loaded row: distribution, id, obligation and status.
type Found = (DistributionId, AllocationId, ObligationId, AllocationStatus);

/// The `SELECT` for one distribution. SQLite does not allow `LIMIT` in a part of a union, so it is
/// nested in another `SELECT`.
const FIRST_OF_ONE: &str = "SELECT * FROM (\
     SELECT distribution_id, id, obligation_id, status FROM allocations \
     WHERE organization_id = :organization AND distribution_id = :distribution \
     ORDER BY id LIMIT :limit) AS part";
