//! Outcomes: the money of a plan, without its dates and statuses.
//!
//! [`super::netting`] makes them.

use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, PlannedAllocation, PlannedShare, UnpaidCollaborator,
};
use crate::payouts::engine::sentence;
use crate::payouts::engine::snapshot::Snapshot;
use crate::payouts::resolver::{Payout, PoolSource};
use crate::payouts::sharing::share_explanation::SharedPool;

/// The outcome of a period: what is paid, what is not, and why.
pub(crate) struct Outcome {
    /// The sum of the allocations.
    pub(crate) value: i64,
    /// The allocations, sorted by collaborator and then by obligation.
    pub(crate) allocations: Vec<PlannedAllocation>,
    /// The shares that are not paid yet, sorted by collaborator.
    pub(crate) kept: Vec<PlannedShare>,
    /// The explanation of the whole distribution.
    pub(crate) explanation: DistributionExplanation,
    /// The figures that all shares have in common; `None` if nothing is shared.
    pub(crate) shared: Option<SharedPool>,
    /// The amount carried over to the next distribution.
    pub(crate) carried_on: i64,
    /// The reason why nothing could be settled, if that is so.
    pub(crate) failure: Option<Failure>,
}

/// Makes an outcome that pays nothing, and carries over again what was carried over before.
pub(crate) fn failed(snapshot: &Snapshot<'_>, failure: Failure) -> Outcome {
    let carried = snapshot.open.carried;
    let basis = match snapshot.payer.payout {
        Payout::Shared { pool, .. } => basis(snapshot, pool),
        Payout::Owed => Basis::Collected(0),
    };
    let sentence = sentence::failed(&failure);
    Outcome {
        value: 0,
        allocations: Vec::new(),
        kept: Vec::new(),
        explanation: DistributionExplanation {
            pool: 0,
            carried,
            total_score: 0,
            basis,
            unpaid: Vec::new(),
            sentence,
        },
        shared: None,
        carried_on: carried,
        failure: Some(failure),
    }
}

/// Returns the source of a pool with its figures.
pub(crate) fn basis(snapshot: &Snapshot<'_>, source: PoolSource) -> Basis {
    match source {
        PoolSource::Fixed(amount) => Basis::Amount(amount),
        PoolSource::Revenue(percentage) => {
            let Snapshot { payer, open, recognized, now, .. } = *snapshot;
            let (from, until) = (open.period_from, open.period_until(now, payer.time_zone));
            Basis::Revenue { from, until, recognized, percentage }
        }
    }
}

/// Sorts by collaborator, and keeps the first reason of each.
pub(crate) fn each_once(mut unpaid: Vec<UnpaidCollaborator>) -> Vec<UnpaidCollaborator> {
    unpaid.sort_by_key(|unpaid| unpaid.collaborator_id);
    unpaid.dedup_by_key(|unpaid| unpaid.collaborator_id);
    unpaid
}
