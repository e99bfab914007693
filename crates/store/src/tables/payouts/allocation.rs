//! Rows of allocations. An allocation makes an obligation a part of a distribution. A transaction
//! that writes allocations locks the distributor first. Not here: the insertion of allocations,
//! which also writes obligations (`crate::payouts::allocate`).

use apportion_core::allocation::AllocationStatus;
use apportion_core::id::{
    AllocationId, CollaboratorId, DistributionId, ObligationId, OrganizationId, SettlementId,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::macros::{next_version, own_row, update_row};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::stored;

pub use crate::tables::payouts::first_allocations::{FirstAllocation, first_of_each};

table! {
    allocations;
    /// The columns of the table `allocations`.
    StoredAllocation {
        /// The id of the row.
        id: AllocationId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The distribution that it is part of.
        distribution_id: DistributionId => BigInt as DISTRIBUTION_ID,
        /// The obligation that it covers.
        obligation_id: ObligationId => BigInt as OBLIGATION_ID,
        /// The collaborator who is paid.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The settlement that fulfilled the obligation, if one did.
        settlement_id: Option<SettlementId> => Nullable<BigInt>,
        /// The status: `pending`, `complete`, `cancelled` or `returned`.
        status: AllocationStatus => Text as STATUS,
        /// The value in minor units.
        value: i64 => BigInt as VALUE,
        /// The sum of the collaborator's obligations that were paid together, in minor units;
        /// `None` for a share of the distribution's own pool.
        net_value: Option<i64> => Nullable<BigInt>,
        /// The number of obligations in that sum; `None` for a share of the distribution's own
        /// pool.
        net_parts: Option<i64> => Nullable<BigInt>,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
}

macro_rules! distribution {
    ($column:literal) => {
        Lookup::of(concat!(
            "(SELECT \"whole\".\"",
            $column,
            "\" FROM \"distributions\" AS \"whole\" \
             WHERE \"whole\".\"organization_id\" = \"allocations\".\"organization_id\" \
             AND \"whole\".\"id\" = \"allocations\".\"distribution_id\")"
        ))
    };
}

const UNITS: Lookup<Text> = distribution!("units");
const SHARED_POOL: Lookup<Nullable<Text>> = distribution!("shared_pool");

macro_rules! obligation {
    ($column:literal) => {
        Lookup::of(concat!(
            "(SELECT \"covered\".\"",
            $column,
            "\" FROM \"obligations\" AS \"covered\" \
             WHERE \"covered\".\"organization_id\" = \"allocations\".\"organization_id\" \
             AND \"covered\".\"id\" = \"allocations\".\"obligation_id\")"
        ))
    };
}

const WEIGHT: Lookup<Nullable<BigInt>> = obligation!("weight");
const RANK: Lookup<Nullable<BigInt>> = obligation!("rank");

/// An allocation with columns of its distribution and its obligation.
#[derive(Clone, Debug, Queryable)]
pub struct AllocationRow {
    /// The columns of its own table.
    pub stored: StoredAllocation,
    /// The units of the distribution.
    pub units: String,
    /// The figures that all shares of the distribution have in common, as a JSON object; `None` if
    /// it has no shares.
    pub shared_pool: Option<String>,
    /// The weight by which the obligation was computed, if it is the share of a pool.
    pub weight: Option<i64>,
    /// The rank of that share's remainder among all, from 1.
    pub rank: Option<i64>,
}

stored!(
    AllocationRow in allocations by "\"allocations\".\"organization_id\""
        with UNITS: Text, SHARED_POOL: Nullable<Text>, WEIGHT: Nullable<BigInt>,
        RANK: Nullable<BigInt>
);

/// Returns the allocation with this id, or `None` if it does not exist.
pub fn find(tenant: &mut Tenant<'_>, id: AllocationId) -> Result<Option<StoredAllocation>> {
    own_row!(allocations, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// Whether a distribution has pending allocations other than `but`.
pub fn any_pending(
    tenant: &mut Tenant<'_>,
    distribution: DistributionId,
    but: AllocationId,
) -> Result<bool> {
    let found: Option<AllocationId> = allocations::table
        .filter(allocations::organization_id.eq(tenant.id()))
        .filter(allocations::distribution_id.eq(distribution.0))
        .filter(allocations::status.eq(AllocationStatus::Pending.name()))
        .filter(allocations::id.ne(but.0))
        .select(allocations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// Sets the status of an allocation.
pub fn set_status(
    tenant: &mut Tenant<'_>,
    id: AllocationId,
    status: AllocationStatus,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(allocations, tenant, id, now, allocations::status.eq(status.name()))
}
