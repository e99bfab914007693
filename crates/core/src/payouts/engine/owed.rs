//! Settling what is owed: which obligations are paid, who must wait, and why.
//!
//! Which obligations are due, and how they are netted, is decided by [`crate::accumulation`].

use crate::payouts::accumulation::{CollectedObligation, accumulate};
use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, Origin, PlannedAllocation, UnpaidCollaborator,
    UnpaidReason,
};
use crate::payouts::engine::sentence;
use crate::payouts::engine::settlement::{Settlement, each_once};
use crate::payouts::engine::snapshot::Snapshot;
use crate::rules::id::CollaboratorId;

/// Plans the payment of all obligations that are due. A collaborator whose net is 0 or less, or
/// below `minimum`, waits.
pub(crate) fn settle(snapshot: &Snapshot<'_>, minimum: i64) -> Result<Settlement, Failure> {
    let paid =
        accumulate(snapshot.obligations, &snapshot.cutoff(), minimum).map_err(|_| Failure::Owed)?;
    snapshot.accumulated.checked_sub(paid.value).ok_or(Failure::Left)?;
    let waiting = paid.waiting.iter().map(|waiting| UnpaidCollaborator {
        collaborator_id: waiting.collaborator_id,
        reason: match waiting.net {
            net @ ..=0 => UnpaidReason::NetNotPositive { net },
            net => UnpaidReason::BelowMinimum { net, minimum },
        },
    });
    let is_paid = |id: &CollaboratorId| {
        paid.collected.binary_search_by_key(id, |collected| collected.collaborator_id).is_ok()
    };
    let idle = snapshot.members.iter().copied().filter(|id| !is_paid(id));
    let idle =
        idle.map(|id| UnpaidCollaborator { collaborator_id: id, reason: UnpaidReason::NothingDue });
    let unpaid = each_once(waiting.chain(idle).collect());
    Ok(Settlement {
        value: paid.value,
        allocations: paid.collected.iter().map(collected_allocation).collect(),
        explanation: DistributionExplanation {
            pool: paid.value,
            carried: 0,
            total_score: 0,
            basis: Basis::Collected(paid.value),
            unpaid,
            sentence: sentence::owed(&snapshot.payer.units, &paid),
        },
        shared: None,
        carried_on: 0,
        failure: None,
    })
}

fn collected_allocation(collected: &CollectedObligation) -> PlannedAllocation {
    let CollectedObligation { collaborator_id, obligation_id, value, net } = *collected;
    PlannedAllocation { collaborator_id, value, origin: Origin::Collected { obligation_id, net } }
}
