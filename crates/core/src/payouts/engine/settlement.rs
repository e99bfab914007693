//! The money of a plan: what is paid, what is not, and why; or why nothing can be.
//!
//! The middle of [`crate::engine::plan()`], without its dates and statuses. How a pool is shared is
//! the file beside this one.

use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, PlannedAllocation, UnpaidCollaborator,
};
use crate::payouts::engine::sentence;
use crate::payouts::engine::snapshot::Snapshot;
use crate::payouts::resolver::{Payout, PoolSource};
use crate::payouts::share_explanation::SharedPool;

/// What is paid, what is not, and why.
pub(crate) struct Settlement {
    /// The sum of the allocations.
    pub(crate) value: i64,
    /// By collaborator, then by obligation.
    pub(crate) allocations: Vec<PlannedAllocation>,
    /// How it came about.
    pub(crate) explanation: DistributionExplanation,
    /// What the shares have in common.
    pub(crate) shared: Option<SharedPool>,
    /// What is left for the next distribution.
    pub(crate) carried_on: i64,
    /// Why there is none of the above.
    pub(crate) failure: Option<Failure>,
}

/// Nothing is paid; what was carried goes on.
pub(crate) fn failed(snapshot: &Snapshot<'_>, failure: Failure) -> Settlement {
    let carried = snapshot.open.carried;
    let basis = match snapshot.payer.payout {
        Payout::Shared { pool, .. } => basis(snapshot, pool),
        Payout::Owed { .. } => Basis::Collected(0),
    };
    let sentence = sentence::failed(&failure);
    Settlement {
        value: 0,
        allocations: Vec::new(),
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

/// Where the pool of a period comes from.
pub(crate) fn basis(snapshot: &Snapshot<'_>, source: PoolSource) -> Basis {
    match source {
        PoolSource::Fixed(amount) => Basis::Amount(amount),
        PoolSource::Revenue(percentage) => {
            let Snapshot { payer, open, recognized, now, .. } = *snapshot;
            let (from, until) = open.revenue_dates(now, payer.time_zone);
            Basis::Revenue { from, until, recognized, percentage }
        }
    }
}

/// By collaborator; the first reason of each stands.
pub(crate) fn each_once(mut unpaid: Vec<UnpaidCollaborator>) -> Vec<UnpaidCollaborator> {
    unpaid.sort_by_key(|unpaid| unpaid.collaborator_id);
    unpaid.dedup_by_key(|unpaid| unpaid.collaborator_id);
    unpaid
}
