//! The effect of settling an obligation on the allocation that covers it, and on the distribution
//! of that allocation. Not here: the check whether the obligation may have the new status
//! (`resources::payouts::obligation`).

use apportion_core::distribution::TriggeredDistribution;
use apportion_core::id::AllocationId;
use apportion_core::obligation::ObligationStatus;
use apportion_store::allocation;
use apportion_store::distribution::{self, Outcome};
use apportion_store::obligation::StoredObligation;

use crate::catalog::Work;
use crate::failure::{Failure, Result};

/// Updates an allocation and its distribution, whose obligation, as it was before, gets a new
/// status. The caller has locked the distributor.
pub(crate) fn settle(
    work: &mut Work<'_>,
    allocation: AllocationId,
    obligation: &StoredObligation,
    status: ObligationStatus,
) -> Result<()> {
    let part = allocation::find(&mut work.tenant, allocation)?;
    let part = part.ok_or_else(Failure::not_found)?;
    let whole = distribution::find(&mut work.tenant, part.distribution_id)?;
    let whole = whole.ok_or_else(Failure::not_found)?;
    let has_other_pending = allocation::any_pending(&mut work.tenant, whole.id, part.id)?;
    let triggered = TriggeredDistribution {
        value: whole.value,
        has_other_pending,
        obligation: obligation.value,
        is_fulfilled: obligation.status == ObligationStatus::Fulfilled,
    };
    let settled = triggered.settle(status)?;
    if settled.allocation != part.status {
        allocation::set_status(&mut work.tenant, part.id, settled.allocation, work.now)?;
    }
    let outcome = Outcome { status: settled.status, value: settled.value };
    if (outcome.status, outcome.value) != (whole.status, whole.value) {
        distribution::set_outcome(&mut work.tenant, whole.id, outcome, work.now)?;
    }
    Ok(())
}
