//! Checks of conservation: what must hold between rows, whoever wrote them and in whatever way.
//!
//! Each check compares two sides that must be equal, for one subject at a time: a distribution, an
//! obligation, a metric. Reading the rows is the store's task, and the server decides how long to
//! go on. The rules that make the checks pass stand with their nouns.

mod payouts;
mod revenue;

use crate::rules::names::names;

pub use payouts::{
    CarriedPool, CoveredObligation, CreditedMetric, DistributionPeriod, PaidDistribution,
    RevenuePool, SettledAllocation, TakenBack, TriggerDate, WaitingObligation,
};
pub use revenue::{DealFigures, DistributionFigures};

names! {
    /// A check, by the name that clients use for it.
    Check {
        /// The value of each distribution is what it pays.
        AllocationsSum = "allocations-sum",
        /// No obligation is paid twice.
        ObligationOnce = "obligation-once",
        /// No trigger date is executed twice.
        TriggerOnce = "trigger-once",
        /// Amounts follow from their deals.
        AmountsFollowDeals = "amounts-follow-deals",
        /// Daily slices add up to amounts, and amounts add up to deals.
        SlicesSum = "slices-sum",
        /// Scores are the sums of their credits.
        MetricsFollowCredits = "metrics-follow-credits",
        /// No day of a distributor is in two periods, and none is left out.
        PeriodsAdjoin = "periods-adjoin",
        /// A pool that a distribution leaves is carried to the one that follows.
        PoolsCarriedOn = "pools-carried-on",
        /// Reversals take back no more than there was.
        ReversalsWithin = "reversals-within",
        /// An allocation is settled as its obligation is, and once.
        SettledOnce = "settled-once",
        /// The collaborators who are owed and not paid are told why.
        WaitingExplained = "waiting-explained",
        /// A pool of revenue is its percentage of what was recognised in the days of its period.
        PoolsFollowRevenue = "pools-follow-revenue",
    }
}

names! {
    /// The result of a check.
    Verdict {
        /// The check looked at all subjects, and each of them passed.
        Pass = "pass",
        /// At least one subject failed, whether or not the check looked at all of them.
        Fail = "fail",
        /// The subjects looked at so far passed, but the check did not look at all of them.
        Incomplete = "incomplete",
    }
}

impl Check {
    /// Describes the check in a sentence that names the left side first.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::AllocationsSum => {
                "The value of each distribution is the sum of its allocations that are pending or \
                 complete, and of the obligations that they cover."
            }
            Self::ObligationOnce => {
                "Each allocation that is pending or complete covers an obligation that no other \
                 covers, and that refers to it."
            }
            Self::TriggerOnce => {
                "Each distributor has at most one distribution for a trigger date, not counting \
                 cancelled ones."
            }
            Self::AmountsFollowDeals => {
                "Each amount of a revenue distribution is its percentage of the deal's value, and \
                 the undistributed amount of a deal is its value less these amounts."
            }
            Self::SlicesSum => {
                "The amounts of each revenue distribution, and the distributed amount of its deal, \
                 are the sums of their daily slices."
            }
            Self::MetricsFollowCredits => {
                "The score of each metric is the sum of its credits, of the same distributor and \
                 collaborator."
            }
            Self::PeriodsAdjoin => {
                "Each period of a distributor begins on the day on which the one before ended: no \
                 day is in two, and none is left out."
            }
            Self::PoolsCarriedOn => {
                "What is carried to each distribution is what the one before of its distributor \
                 left for it."
            }
            Self::ReversalsWithin => {
                "The reversals of each obligation that are neither cancelled nor rejected take \
                 back at most its value. It is approved or fulfilled, or pending if only refunds \
                 take it back."
            }
            Self::SettledOnce => {
                "Each allocation is settled as its obligation is: complete if that is fulfilled, \
                 and by one settlement at most."
            }
            Self::WaitingExplained => {
                "Each obligation that was due at the last trigger of its distributor and was not \
                 paid is explained by that distribution, with its figures."
            }
            Self::PoolsFollowRevenue => {
                "Each pool that is a part of revenue is its percentage of what was counted as \
                 recognised in the days of its period, with what was carried to it."
            }
        }
    }
}

/// A check of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One side, in minor units, points or rows.
    pub left: i128,
    /// The other side, in the same units.
    pub right: i128,
    /// The counter-example, or `None` if the check passed.
    pub broken: Option<CounterExample>,
}

/// A subject that fails a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterExample {
    /// The type of the subject in the API.
    pub kind: &'static str,
    /// The id of the subject.
    pub id: i64,
    /// A description of what is wrong, with the figures.
    pub detail: String,
}

/// The most counter-examples that a finding keeps.
pub const MAX_COUNTER_EXAMPLES: u64 = 100;

/// A check of all subjects that it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// The sum of the left sides.
    pub left: i128,
    /// The sum of the right sides.
    pub right: i128,
    /// The number of subjects that failed.
    pub broken: u64,
    /// The first subjects that failed, at most [`MAX_COUNTER_EXAMPLES`].
    pub counter_examples: Vec<CounterExample>,
    /// Whether the check looked at all subjects.
    pub is_complete: bool,
}

impl Finding {
    /// Creates the finding of a check that has not looked at any subject yet.
    #[must_use]
    pub const fn new(check: Check) -> Self {
        let counter_examples = Vec::new();
        Self { check, left: 0, right: 0, broken: 0, counter_examples, is_complete: false }
    }

    /// Adds a subject. The sums saturate at the limits of `i128`, which takes 2^64 subjects.
    pub fn note(&mut self, comparison: Comparison) {
        self.left = self.left.saturating_add(comparison.left);
        self.right = self.right.saturating_add(comparison.right);
        if let Some(example) = comparison.broken {
            if self.broken < MAX_COUNTER_EXAMPLES {
                self.counter_examples.push(example);
            }
            self.broken = self.broken.saturating_add(1);
        }
    }

    /// Returns the result.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match (self.broken, self.is_complete) {
            (0, true) => Verdict::Pass,
            (0, false) => Verdict::Incomplete,
            _ => Verdict::Fail,
        }
    }
}

/// The row that a check looks at.
#[derive(Clone, Copy)]
struct Subject {
    kind: &'static str,
    id: i64,
}

/// One of two sides that must be equal.
#[derive(Clone, Copy)]
struct Side {
    name: &'static str,
    value: i128,
}

/// Compares two sides that must be equal.
fn compare(subject: Subject, left: Side, right: Side) -> Comparison {
    let Subject { kind, id } = subject;
    let broken = (left.value != right.value).then(|| CounterExample {
        kind,
        id,
        detail: format!("{} is {}, {} is {}", left.name, left.value, right.name, right.value),
    });
    Comparison { left: left.value, right: right.value, broken }
}
