//! The engine: it plans what one distributor pays for one period, from a snapshot of its rows.
//!
//! [`plan()`] is the only place where that is decided: a preview shows its plan, a trigger writes
//! it, and an explanation prints it. Nothing is read or written here, and there is no clock; the
//! caller passes the next instant of the schedule.

mod netting;
mod outcome;
mod plan;
mod pool;
mod sentence;
mod snapshot;

use chrono::{DateTime, Utc};

pub use crate::payouts::engine::plan::{
    Basis, DistributionExplanation, Failure, NextDistribution, Origin, Plan, PlannedAllocation,
    PlannedShare, UnpaidCollaborator, UnpaidReason, WaitReason,
};
pub use crate::payouts::engine::snapshot::{
    OpenDistribution, Payer, RevenueIn, Snapshot, recognized,
};

use crate::payouts::distribution::DistributionStatus;
use crate::payouts::distributor::DistributorStatus;
use crate::payouts::engine::outcome::{Outcome, failed};
use crate::payouts::engine::pool::Pool;
use crate::payouts::resolver::Payout;

/// Plans what triggering the open distribution at `now` would pay.
///
/// Before the trigger date, this is what triggering it early would pay, and the plan says that it
/// has to wait. `next_after` returns the first instant of the schedule after a given one. The next
/// distribution opens with the first instant after `now`, so periods that were missed are paid at
/// once, under the trigger date that was missed.
///
/// # Examples
///
/// ```
/// use apportion_core::distributor::DistributorStatus;
/// use apportion_core::engine::{OpenDistribution, Payer, Snapshot, plan};
/// use apportion_core::id::CollaboratorId;
/// use apportion_core::metric::Score;
/// use apportion_core::resolver::{Payout, PoolSource};
/// use apportion_core::share_rule::ShareRule;
/// use chrono::{DateTime, Days, Utc};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let noon = |day: &str| format!("2025-07-{day}T12:00:00Z").parse::<DateTime<Utc>>();
/// let payer = Payer {
///     status: DistributorStatus::Active,
///     units: "EUR".parse()?,
///     payout: Payout::Shared {
///         pool: PoolSource::Fixed(10_000),
///         share_rule: ShareRule::Performance,
///     },
///     time_zone: chrono_tz::Europe::Berlin,
///     minimum: None,
///     requires_approval: false,
///     carry_over: false,
/// };
/// let score = |(id, score)| Score { collaborator_id: CollaboratorId(id), score };
/// let snapshot = Snapshot {
///     payer: &payer,
///     open: OpenDistribution {
///         opened_at: noon("01")?,
///         period_from: noon("01")?.date_naive(),
///         trigger_at: noon("08")?,
///         carried: 0,
///     },
///     members: &[CollaboratorId(1), CollaboratorId(2), CollaboratorId(3)],
///     scores: &[(1, 3), (2, 14)].map(score),
///     obligations: &[],
///     accumulated: 0,
///     recognized: 0,
///     uncounted: &[],
///     now: noon("08")?,
/// };
///
/// let plan = plan(&snapshot, |after| after.checked_add_days(Days::new(7)));
/// let values: Vec<i64> = plan.allocations.iter().map(|allocation| allocation.value).collect();
/// assert_eq!((plan.value, values), (10_000, vec![1_765, 8_235]));
/// assert_eq!(plan.reason(&plan.explanation.unpaid[0]), "No score in the period.");
/// # Ok(())
/// # }
/// ```
pub fn plan(
    snapshot: &Snapshot<'_>,
    next_after: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> Plan {
    let Snapshot { payer, open, now, .. } = *snapshot;
    let outcome = settle(snapshot);
    let failed = outcome.failure.is_some();
    let status = match (failed, outcome.allocations.is_empty()) {
        (true, _) => DistributionStatus::Failed,
        (false, true) => DistributionStatus::Complete,
        (false, false) => DistributionStatus::Processing,
    };
    let until = open.period_until(now, payer.time_zone);
    let last = now.max(open.trigger_at);
    let next = next_after(last).filter(|next| *next > last).map(|trigger_at| {
        let (opened_at, period_from) =
            if failed { (open.opened_at, open.period_from) } else { (open.trigger_at, until) };
        let carried = outcome.carried_on;
        let open = OpenDistribution { opened_at, period_from, trigger_at, carried };
        NextDistribution { open, takes_over_metrics: failed }
    });
    Plan {
        open,
        period_until: until,
        wait_reason: wait_reason(snapshot),
        status,
        value: outcome.value,
        units: payer.units.clone(),
        allocations: outcome.allocations,
        kept: outcome.kept,
        obligation_status: payer.share_status(),
        explanation: outcome.explanation,
        uncounted: snapshot.uncounted.to_vec(),
        shared: outcome.shared,
        failure: outcome.failure,
        carried_on: outcome.carried_on,
        next,
    }
}

/// Decides what is paid, what is not, and why.
fn settle(snapshot: &Snapshot<'_>) -> Outcome {
    let shared = match snapshot.payer.payout {
        Payout::Shared { pool: source, share_rule } => {
            Pool { snapshot, source, share_rule }.share_out().map(Some)
        }
        Payout::Owed => Ok(None),
    };
    let settled = shared.and_then(|shared| netting::settle(snapshot, shared));
    settled.unwrap_or_else(|failure| failed(snapshot, failure))
}

fn wait_reason(snapshot: &Snapshot<'_>) -> Option<WaitReason> {
    let trigger_at = snapshot.open.trigger_at;
    if snapshot.payer.status != DistributorStatus::Active {
        Some(WaitReason::NotActive)
    } else if snapshot.now < trigger_at {
        Some(WaitReason::NotDue(trigger_at))
    } else {
        None
    }
}
