//! Rows of allocations: which obligation is part of which distribution. Whoever writes one locks
//! the distributor first.

use apportion_core::allocation::AllocationStatus;
use apportion_core::id::{
    AllocationId, CollaboratorId, DistributionId, ObligationId, OrganizationId,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::macros::{next_version, own_row, update_row};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::stored;

pub use crate::tables::payouts::first_allocations::{FirstAllocation, first_of_each};

table! {
    allocations;
    /// The columns of an allocation.
    StoredAllocation {
        /// The id.
        id: AllocationId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// The distribution that it is part of.
        distribution_id: DistributionId => BigInt as DISTRIBUTION_ID,
        /// The obligation that it covers.
        obligation_id: ObligationId => BigInt as OBLIGATION_ID,
        /// Who is paid.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// How far it is.
        status: AllocationStatus => Text as STATUS,
        /// Minor units.
        value: i64 => BigInt as VALUE,
        /// What a share is by.
        weight: Option<i64> => Nullable<BigInt>,
        /// The place of its remainder among all, from 1.
        rank: Option<i64> => Nullable<BigInt>,
        /// Of a collected obligation: the sum that it is part of, minor units.
        net_value: Option<i64> => Nullable<BigInt>,
        /// Of a collected obligation: how many there are in that sum.
        net_parts: Option<i64> => Nullable<BigInt>,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp,
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

/// An allocation.
#[derive(Clone, Debug, Queryable)]
pub struct AllocationRow {
    /// Its own columns.
    pub stored: StoredAllocation,
    /// What the distribution is counted in.
    pub units: String,
    /// A JSON object: what the shares of the distribution have in common.
    pub shared_pool: Option<String>,
}

stored!(
    AllocationRow in allocations by "\"allocations\".\"organization_id\""
        with UNITS: Text, SHARED_POOL: Nullable<Text>
);

/// The columns of an allocation.
pub fn find(tenant: &mut Tenant<'_>, id: AllocationId) -> Result<Option<StoredAllocation>> {
    own_row!(allocations, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// Whether a distribution has allocations to be settled, but for one of them.
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
