//! The distributors that count what a collaborator scores.

use apportion_core::distribution::DistributionStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::id::{CollaboratorId, DistributorId};
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::tables::links::distributor_collaborators;
use crate::tables::payouts::distribution::distributions;
use crate::tables::payouts::distributor::distributors;

/// Finds the distributors, by id, that may count what a collaborator of theirs scores: active ones
/// with an open distribution. None of them is locked.
pub fn counting_distributors(
    tenant: &mut Tenant<'_>,
    collaborator: CollaboratorId,
) -> Result<Vec<DistributorId>> {
    let members = distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::collaborator_id.eq(collaborator.0))
        .select(distributor_collaborators::distributor_id);
    let open = distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::status.eq(DistributionStatus::Pending.name()))
        .select(distributions::distributor_id);
    distributors::table
        .filter(distributors::organization_id.eq(tenant.id()))
        .filter(distributors::status.eq(DistributorStatus::Active.name()))
        .filter(distributors::id.eq_any(members))
        .filter(distributors::id.eq_any(open))
        .order(distributors::id)
        .select(distributors::id)
        .load(tenant.connection()?)
        .map_err(Error::from)
}
