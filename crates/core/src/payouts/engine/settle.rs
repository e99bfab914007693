//! The money of a plan: what is paid, what is not, and why; or why nothing can be.
//!
//! The middle of [`crate::engine::plan()`], without its dates and statuses. How a pool is shared is
//! the file beside this one.

use crate::payouts::accumulation::{Collected, accumulate};
use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, Origin, PlannedAllocation, Reason, Unpaid,
};
use crate::payouts::engine::pool::Shared;
use crate::payouts::engine::sentence;
use crate::payouts::engine::snapshot::Snapshot;
use crate::payouts::resolver::{Payout, PoolSource};
use crate::payouts::share_explanation::SharedPool;
use crate::rules::id::CollaboratorId;

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

impl Settlement {
    pub(crate) fn of(snapshot: &Snapshot<'_>) -> Self {
        let settled = match snapshot.payer.payout {
            Payout::Shared { pool, sharing } => Shared { snapshot, pool, sharing }.settle(),
            Payout::Owed { minimum } => owed(snapshot, minimum),
        };
        settled.unwrap_or_else(|failure| failed(snapshot, failure))
    }
}

/// Nothing is paid; what was carried goes on.
fn failed(snapshot: &Snapshot<'_>, failure: Failure) -> Settlement {
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

/// What is owed and due, without those who must wait.
fn owed(snapshot: &Snapshot<'_>, minimum: i64) -> Result<Settlement, Failure> {
    let paid =
        accumulate(snapshot.obligations, &snapshot.cutoff(), minimum).map_err(|_| Failure::Owed)?;
    let waiting = paid.waiting.iter().map(|waiting| Unpaid {
        collaborator_id: waiting.collaborator_id,
        reason: match waiting.net {
            net @ ..=0 => Reason::NetNotPositive { net },
            net => Reason::BelowMinimum { net, minimum },
        },
    });
    let is_paid = |id: &CollaboratorId| {
        paid.collected.binary_search_by_key(id, |collected| collected.collaborator_id).is_ok()
    };
    let idle = snapshot.members.iter().copied().filter(|id| !is_paid(id));
    let idle = idle.map(|id| Unpaid { collaborator_id: id, reason: Reason::NothingDue });
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

fn collected_allocation(collected: &Collected) -> PlannedAllocation {
    let Collected { collaborator_id, obligation_id, value, net } = *collected;
    PlannedAllocation { collaborator_id, value, origin: Origin::Collected { obligation_id, net } }
}

/// By collaborator; the first reason of each stands.
pub(crate) fn each_once(mut unpaid: Vec<Unpaid>) -> Vec<Unpaid> {
    unpaid.sort_by_key(|unpaid| unpaid.collaborator_id);
    unpaid.dedup_by_key(|unpaid| unpaid.collaborator_id);
    unpaid
}
