//! Netting: the shares of a pool and what is owed, paid together or kept for a later period.
//!
//! How a net is made, and who must wait, is decided by [`crate::accumulation`]. How a pool is
//! shared is decided by [`super::pool`].

use crate::payouts::accumulation::{Accumulation, CollectedObligation, EarnedShare, accumulate};
use crate::payouts::engine::outcome::{Outcome, each_once};
use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, Origin, PlannedAllocation, PlannedShare,
    UnpaidCollaborator, UnpaidReason,
};
use crate::payouts::engine::pool::SharedOut;
use crate::payouts::engine::sentence;
use crate::payouts::engine::snapshot::Snapshot;
use crate::payouts::obligation::ObligationStatus;
use crate::rules::id::CollaboratorId;

/// Plans the payment of the shares of a pool, if there is one, and of all obligations that are due.
pub(crate) fn settle(
    snapshot: &Snapshot<'_>,
    shared: Option<SharedOut>,
) -> Result<Outcome, Failure> {
    let payer = snapshot.payer;
    let planned = shared.as_ref().map_or(&[][..], |shared| &shared.shares);
    let earned: Vec<EarnedShare> = planned.iter().map(PlannedShare::earned).collect();
    let minimum = payer.minimum.unwrap_or_default();
    let paid = accumulate(&earned, snapshot.obligations, &snapshot.cutoff(), minimum)
        .map_err(|_| Failure::Owed)?;
    let (shares, kept): (Vec<PlannedShare>, Vec<PlannedShare>) =
        planned.iter().partition(|share| paid.waiting(share.collaborator_id).is_none());
    check_left(snapshot, &paid, &kept)?;

    let mut allocations: Vec<PlannedAllocation> = shares.iter().map(share_allocation).collect();
    allocations.extend(paid.collected.iter().map(collected_allocation));
    allocations.sort_by_key(|allocation| (allocation.collaborator_id, allocation.obligation_id()));
    let unpaid = unpaid(snapshot, shared.as_ref(), &paid, &allocations);
    let explanation = explanation(snapshot, shared.as_ref(), &paid, unpaid);
    Ok(Outcome {
        value: paid.value,
        allocations,
        kept,
        explanation,
        carried_on: shared.as_ref().map_or(0, |shared| shared.carried_on),
        shared: shared.and_then(|shared| shared.pool),
        failure: None,
    })
}

/// Checks that the sum of what is left to pay still fits 64 bits.
fn check_left(
    snapshot: &Snapshot<'_>,
    paid: &Accumulation,
    kept: &[PlannedShare],
) -> Result<(), Failure> {
    let collected = paid.collected.iter().filter(|part| part.is_approved);
    let collected = collected.map(|part| i128::from(part.value)).sum();
    let is_approved = snapshot.payer.share_status() == ObligationStatus::Approved;
    let kept = kept.iter().filter(|_| is_approved).map(|share| i128::from(share.value)).sum();
    let left = i128::from(snapshot.accumulated).saturating_sub(collected).saturating_add(kept);
    i64::try_from(left).map(|_| ()).map_err(|_| Failure::Left)
}

/// Lists everybody who gets nothing: first those who wait, because that is the reason of those who
/// have a share too.
fn unpaid(
    snapshot: &Snapshot<'_>,
    shared: Option<&SharedOut>,
    paid: &Accumulation,
    allocations: &[PlannedAllocation],
) -> Vec<UnpaidCollaborator> {
    let minimum = snapshot.payer.minimum;
    let waiting = paid.waiting.iter().map(|waiting| UnpaidCollaborator {
        collaborator_id: waiting.collaborator_id,
        share: waiting.share,
        open: waiting.open,
        minimum,
        reason: match waiting.net {
            net @ ..=0 => UnpaidReason::NetNotPositive { net },
            net => UnpaidReason::BelowMinimum { net, minimum: minimum.unwrap_or_default() },
        },
    });
    let is_paid = |id: CollaboratorId| {
        allocations.binary_search_by_key(&id, |allocation| allocation.collaborator_id).is_ok()
    };
    let without_share = shared.into_iter().flat_map(|shared| &shared.unpaid).copied();
    let reason = UnpaidReason::NothingDue;
    let idle = snapshot.members.iter().filter(|_| shared.is_none());
    let idle = idle.map(|id| UnpaidCollaborator::without_share(*id, reason));
    let others = without_share
        .chain(idle)
        .filter(|unpaid| !is_paid(unpaid.collaborator_id))
        .map(|unpaid| UnpaidCollaborator { minimum, ..unpaid });
    each_once(waiting.chain(others).collect())
}

fn explanation(
    snapshot: &Snapshot<'_>,
    shared: Option<&SharedOut>,
    paid: &Accumulation,
    unpaid: Vec<UnpaidCollaborator>,
) -> DistributionExplanation {
    let units = &snapshot.payer.units;
    match shared {
        Some(shared) => DistributionExplanation {
            pool: shared.amount.total,
            carried: shared.amount.carried,
            total_score: shared.total_score,
            basis: shared.basis,
            unpaid,
            sentence: match sentence::netted(units, paid) {
                Some(netted) => format!("{} {netted}", shared.sentence),
                None => shared.sentence.clone(),
            },
        },
        None => DistributionExplanation {
            pool: paid.value,
            carried: 0,
            total_score: 0,
            basis: Basis::Collected(paid.value),
            unpaid,
            sentence: sentence::owed(units, paid),
        },
    }
}

fn share_allocation(share: &PlannedShare) -> PlannedAllocation {
    let PlannedShare { collaborator_id, value, part } = *share;
    PlannedAllocation { collaborator_id, value, origin: Origin::Share(part) }
}

fn collected_allocation(collected: &CollectedObligation) -> PlannedAllocation {
    let CollectedObligation { collaborator_id, obligation_id, value, is_approved, net } =
        *collected;
    let origin = Origin::Collected { obligation_id, is_approved, net };
    PlannedAllocation { collaborator_id, value, origin }
}
