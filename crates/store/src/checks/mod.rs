//! The checks of a tenant's rows: read by their keys, a page at a time, however many there are. Not
//! here: what a check demands of a row, which is `apportion_core::checks`.

mod corrections;
mod pages;
mod payouts;
mod pools;
mod revenue;
mod waiting;

use apportion_core::checks::{Check, Finding};
use apportion_core::decimal::Percent;
use chrono::{NaiveDate, NaiveDateTime};

use crate::error::Result;
use crate::session::tenant::Tenant;

/// The number of subjects that are read at once.
const SUBJECTS_AT_ONCE: i64 = 1_000;

/// The number of explanations that are read at once: each names everybody who gets nothing.
const EXPLANATIONS_AT_ONCE: i64 = 16;

/// Decides whether to stop, by what was found so far.
pub type Stop<'s> = &'s mut dyn FnMut(&Finding) -> bool;

/// Reads from the explanation of a distribution, which is a JSON object, the ids of the
/// collaborators who are owed and get nothing.
pub type ReadWaiting = fn(&str) -> Vec<i64>;

/// The figures of a pool that is a part of revenue, as an explanation gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplainedPool {
    /// The pool in minor units, with what was carried to it.
    pub pool: i64,
    /// The revenue that was counted, in minor units.
    pub recognized: i128,
    /// The percentage of it.
    pub percentage: Percent,
    /// The first day that was counted.
    pub from: NaiveDate,
    /// The day after the last one that was counted.
    pub until: NaiveDate,
}

/// The facts that a check needs besides the rows.
#[derive(Clone, Copy)]
pub struct Circumstances {
    /// The present instant, UTC.
    pub now: NaiveDateTime,
    /// The way to read from an explanation who waits.
    pub read_waiting: ReadWaiting,
    /// The way to read the pool from an explanation; `None` if that is no part of revenue.
    pub read_pool: fn(&str) -> Option<ExplainedPool>,
}

/// Runs a check to its end, or until `stop` says so. It sees one moment of the rows if the session
/// shows one (`Session::snapshot`).
pub fn check(
    tenant: &mut Tenant<'_>,
    check: Check,
    circumstances: Circumstances,
    stop: Stop<'_>,
) -> Result<Finding> {
    let mut run = Run { finding: Finding::new(check), stop };
    let end = match check {
        Check::AllocationsSum => payouts::allocations_sum(tenant, &mut run),
        Check::ObligationOnce => payouts::obligation_once(tenant, &mut run),
        Check::TriggerOnce => payouts::trigger_once(tenant, &mut run),
        Check::MetricsFollowCredits => payouts::metrics_follow_credits(tenant, &mut run),
        Check::PeriodsAdjoin => corrections::periods_adjoin(tenant, &mut run),
        Check::PoolsCarriedOn => corrections::pools_carried_on(tenant, &mut run),
        Check::PoolsFollowRevenue => pools::follow_revenue(tenant, circumstances, &mut run),
        Check::WaitingExplained => waiting::explained(tenant, circumstances, &mut run),
        Check::SettledOnce => corrections::settled_once(tenant, &mut run),
        Check::ReversalsWithin => corrections::reversals_within(tenant, &mut run),
        Check::AmountsFollowDeals | Check::SlicesSum => revenue::deals(tenant, &mut run),
    };
    run.finding.is_complete = end? == End::Complete;
    Ok(run.finding)
}

/// A check that runs.
struct Run<'s> {
    finding: Finding,
    stop: Stop<'s>,
}

impl Run<'_> {
    fn is_stopped(&mut self) -> bool {
        (self.stop)(&self.finding)
    }
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every subject was looked at.
    Complete,
    /// The run was stopped before.
    Stopped,
}

/// Whether a page has as many rows as its limit allows, so that others may follow.
fn is_full(rows: usize, limit: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= limit)
}
