//! The checks of payouts: what was paid was owed, and only once; scores are what was credited.

use chrono::NaiveDate;

use crate::money::decimal::Percent;
use crate::money::percent_of;

use super::{Comparison, CounterExample, Side, Subject, compare};
use crate::payouts::allocation::AllocationStatus;
use crate::payouts::obligation::ObligationStatus;

/// A distribution and the sums of what it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidDistribution {
    /// The id of the distribution.
    pub id: i64,
    /// The value in minor units. `None` while the distribution waits for its trigger date, because
    /// its value is only a forecast then.
    pub value: Option<i64>,
    /// The sum of its allocations that are pending or complete, in minor units.
    pub allocations: i128,
    /// The sum of the obligations that these cover, in minor units.
    pub obligations: i128,
}

impl PaidDistribution {
    /// Checks that the value is the sum of the allocations, and of their obligations. A
    /// distribution that waits for its trigger date must have neither.
    #[must_use]
    pub fn allocations_sum(&self) -> Comparison {
        let Self { id, value, allocations, obligations } = *self;
        let value = i128::from(value.unwrap_or(0));
        let detail = format!(
            "the value is {value}, the sum of the allocations is {allocations}, the sum of their \
             obligations is {obligations}"
        );
        let holds = value == allocations && allocations == obligations;
        let broken = (!holds).then_some(CounterExample { kind: "distributions", id, detail });
        // Three figures must be equal; the right side is the one that differs from the value.
        let right = if value == allocations { obligations } else { allocations };
        Comparison { left: value, right, broken }
    }
}

/// An obligation and the allocations that cover it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredObligation<'a> {
    /// The id of the obligation.
    pub id: i64,
    /// The allocation that the obligation refers to.
    pub allocation_id: Option<i64>,
    /// The obligation that the allocation referred to covers.
    pub named_covers: Option<i64>,
    /// The ids of the allocations that cover the obligation and are pending or complete.
    pub live: &'a [i64],
}

impl CoveredObligation<'_> {
    /// Checks that at most one allocation that is pending or complete covers the obligation, and
    /// that the obligation refers to it.
    #[must_use]
    pub fn obligation_once(&self) -> Comparison {
        let Self { id, allocation_id, named_covers, live } = self;
        let covering = i128::try_from(live.len()).unwrap_or(i128::MAX);
        let detail = match (live, allocation_id) {
            ([_, _, ..], _) => Some(format!("{covering} allocations cover it: {live:?}")),
            ([one], named) if *named != Some(*one) => {
                let named = named.map_or_else(|| "none".to_owned(), |id| id.to_string());
                Some(format!("allocation {one} covers it, but allocation_id is {named}"))
            }
            (_, Some(named)) if *named_covers != Some(*id) => {
                Some(format!("allocation_id is {named}, which covers another obligation"))
            }
            _ => None,
        };
        let broken = detail.map(|detail| CounterExample { kind: "obligations", id: *id, detail });
        Comparison { left: covering, right: covering.min(1), broken }
    }
}

/// A distribution that is not cancelled, compared with the others of its distributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerDate {
    /// The id of the distribution.
    pub id: i64,
    /// The id of its distributor.
    pub distributor_id: i64,
    /// The id of another distribution with the same trigger date and a lower id.
    pub same_as: Option<i64>,
}

impl TriggerDate {
    /// Checks that no other distribution of the distributor has the same trigger date.
    #[must_use]
    pub fn trigger_once(&self) -> Comparison {
        let Self { id, distributor_id, same_as } = *self;
        let broken = same_as.map(|other| CounterExample {
            kind: "distributions",
            id,
            detail: format!(
                "distribution {other} of distributor {distributor_id} has the same trigger date"
            ),
        });
        Comparison { left: 1, right: i128::from(broken.is_none()), broken }
    }
}

/// A metric and the sum of its credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditedMetric {
    /// The id of the metric.
    pub id: i64,
    /// The score in points.
    pub score: i64,
    /// The sum of its credits that are of the same distributor and collaborator, in points.
    pub credits: i128,
}

impl CreditedMetric {
    /// Checks that the score is the sum of the credits.
    #[must_use]
    pub fn metrics_follow_credits(&self) -> Comparison {
        let Self { id, score, credits } = *self;
        let score = Side { name: "the score", value: score.into() };
        let credits = Side { name: "the sum of the credits", value: credits };
        compare(Subject { kind: "metrics", id }, score, credits)
    }
}

/// The period of a distribution, compared with the end of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionPeriod {
    /// The id of the distribution.
    pub id: i64,
    /// The id of its distributor.
    pub distributor_id: i64,
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last one; `None` before it is triggered.
    pub until: Option<NaiveDate>,
    /// The day on which it should begin; `None` for the first distribution of a distributor.
    pub due_from: Option<NaiveDate>,
}

impl DistributionPeriod {
    /// Checks that the period begins where the one before ended, and does not end before it begins.
    #[must_use]
    pub fn periods_adjoin(&self) -> Comparison {
        let Self { id, distributor_id, from, until, due_from } = *self;
        let wrong_start = due_from.filter(|due| *due != from).map(|due| {
            format!(
                "its period begins on {from}, the one before of distributor {distributor_id} ended \
                 on {due}"
            )
        });
        let wrong_end = until.filter(|until| *until < from);
        let wrong_end = wrong_end.map(|until| format!("its period from {from} ends on {until}"));
        let broken = wrong_start.or(wrong_end);
        let broken = broken.map(|detail| CounterExample { kind: "distributions", id, detail });
        Comparison { left: 1, right: i128::from(broken.is_none()), broken }
    }
}

/// The pool that is carried to a distribution, compared with what the one before left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedPool {
    /// The id of the distribution.
    pub id: i64,
    /// The amount that is carried to it, in minor units.
    pub carried: i64,
    /// The amount that the one before left, in minor units: 0 for the first of a distributor.
    pub left_before: i64,
}

impl CarriedPool {
    /// Checks that nothing of it was lost or made.
    #[must_use]
    pub fn pools_carried_on(&self) -> Comparison {
        let Self { id, carried, left_before } = *self;
        let carried = Side { name: "the amount carried to it", value: carried.into() };
        let left = Side { name: "the amount that the one before left", value: left_before.into() };
        compare(Subject { kind: "distributions", id }, carried, left)
    }
}

/// An obligation that is reversed, with the sums of what takes it back and is neither cancelled nor
/// rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// The id of the obligation.
    pub id: i64,
    /// Its value in minor units.
    pub value: i64,
    /// Its status.
    pub status: ObligationStatus,
    /// The sum of its reversals, in minor units.
    pub reversals: i128,
    /// The sum of its parts of refunds of a pool, in minor units. A refund can give a payee one
    /// unit more.
    pub refunds: i128,
    /// Whether it has reversals, whose sum may be 0.
    pub has_reversals: bool,
    /// Whether it has parts of refunds, whose sum may be 0.
    pub has_refunds: bool,
}

impl TakenBack {
    /// Checks that the reversals take back nothing that the obligation does not have.
    #[must_use]
    pub fn reversals_within(&self) -> Comparison {
        use ObligationStatus::{Approved, Fulfilled};
        let Self { id, value, status, reversals, refunds, has_reversals, has_refunds } = *self;
        let all = i128::from(value).saturating_neg();
        let total = reversals.saturating_add(refunds);
        // Only shares are refunded, and these are above 0.
        let within = if has_refunds { total.max(all) } else { total.clamp(all.min(0), all.max(0)) };
        let is_reversible = matches!(status, Approved | Fulfilled) || !has_reversals;
        let is_refundable = !status.is_void() || !has_refunds;
        let detail = if total != within {
            Some(format!("the value is {value}, the sum of its reversals is {total}"))
        } else if !is_reversible || !is_refundable {
            Some(format!("it is reversed although it is {}", status.name()))
        } else {
            None
        };
        let broken = detail.map(|detail| CounterExample { kind: "obligations", id, detail });
        Comparison { left: total, right: within, broken }
    }
}

/// An allocation, compared with the obligation that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledAllocation {
    /// The id of the allocation.
    pub id: i64,
    /// Its status.
    pub status: AllocationStatus,
    /// Whether a settlement names it.
    pub has_settlement: bool,
    /// The status of its obligation.
    pub obligation: ObligationStatus,
    /// Whether the obligation refers to the allocation.
    pub is_referred_to: bool,
}

impl SettledAllocation {
    /// Checks that the allocation is settled as its obligation is, so that nothing is settled twice
    /// or by halves.
    #[must_use]
    pub fn settled_once(&self) -> Comparison {
        use ObligationStatus::{Approved, Fulfilled, Pending};
        let Self { id, status, has_settlement, obligation, is_referred_to } = *self;
        let holds = match status {
            AllocationStatus::Pending => {
                matches!(obligation, Pending | Approved) && is_referred_to && !has_settlement
            }
            AllocationStatus::Complete => obligation == Fulfilled && is_referred_to,
            AllocationStatus::Cancelled => obligation.is_void() && !has_settlement,
            AllocationStatus::Returned => !is_referred_to,
        };
        let detail = || {
            let refers = if is_referred_to { "refers" } else { "does not refer" };
            let by = if has_settlement { " by a settlement" } else { "" };
            format!(
                "it is {}{by}, its obligation is {} and {refers} to it",
                status.name(),
                obligation.name(),
            )
        };
        let broken = (!holds).then(|| CounterExample { kind: "allocations", id, detail: detail() });
        Comparison { left: 1, right: i128::from(holds), broken }
    }
}

/// An obligation that was due at the last trigger of its distributor, and waits since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingObligation {
    /// The id of the obligation.
    pub id: i64,
    /// The id of the collaborator to whom it is owed.
    pub collaborator_id: i64,
    /// The id of the distribution that was triggered.
    pub distribution_id: i64,
    /// Whether the explanation of the distribution names the collaborator among those who get
    /// nothing, with the sum of what is open.
    pub is_explained: bool,
}

impl WaitingObligation {
    /// Checks that the distribution says why the obligation waits.
    #[must_use]
    pub fn waiting_explained(&self) -> Comparison {
        let Self { id, collaborator_id, distribution_id, is_explained } = *self;
        let broken = (!is_explained).then(|| CounterExample {
            kind: "obligations",
            id,
            detail: format!(
                "it was due, and distribution {distribution_id} neither pays it nor says why \
                 collaborator {collaborator_id} gets nothing"
            ),
        });
        Comparison { left: 1, right: i128::from(is_explained), broken }
    }
}

/// The pool of a triggered distribution that is a part of revenue, with the figures that its
/// explanation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenuePool {
    /// The id of the distribution.
    pub id: i64,
    /// The pool in minor units, with what was carried to it.
    pub pool: i64,
    /// The amount that was carried to the distribution, in minor units.
    pub carried: i64,
    /// The revenue that was counted, in minor units.
    pub recognized: i128,
    /// The percentage of it.
    pub percentage: Percent,
    /// The first day that was counted, and the day after the last one.
    pub counted: (NaiveDate, NaiveDate),
    /// The first day of the period, and the day after the last one.
    pub period: (NaiveDate, NaiveDate),
}

impl RevenuePool {
    /// Checks that the pool is the percentage of the revenue of its own days.
    #[must_use]
    pub fn pools_follow_revenue(&self) -> Comparison {
        let Self { id, pool, carried, recognized, percentage, counted, period } = *self;
        let part = i64::try_from(recognized).ok();
        let part = part.and_then(|recognized| percent_of(recognized, percentage).ok());
        let due = part.map(|part| i128::from(part).saturating_add(carried.into()));
        let is_of_period = counted == period;
        let broken = (due != Some(pool.into()) || !is_of_period).then(|| CounterExample {
            kind: "distributions",
            id,
            detail: format!(
                "the pool is {pool}, {percentage}% of {recognized} from {} until before {} with \
                 {carried} carried over; its period is from {} until before {}",
                counted.0, counted.1, period.0, period.1,
            ),
        });
        Comparison { left: pool.into(), right: due.unwrap_or_default(), broken }
    }
}
