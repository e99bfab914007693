//! The laws of conservation: what must hold between rows, whoever wrote them and however.
//!
//! Each law is a pure statement about one subject (a distribution, an obligation, a metric), which
//! has two sides that must be equal. Reading the rows, and how long to go on, is the store's and
//! the server's affair; the rules that make the laws hold stand with their nouns.

mod payouts;
mod revenue;

use crate::rules::names::names;

pub use payouts::{CoveredObligation, CreditedMetric, PaidDistribution, TriggerDate};
pub use revenue::{DealFigures, DistributionFigures};

names! {
    /// A law, by the name under which clients ask for it.
    Check {
        /// What a distribution is worth is what it pays.
        AllocationsSum = "allocations-sum",
        /// Nothing is paid twice.
        ObligationOnce = "obligation-once",
        /// No trigger date is executed twice.
        TriggerOnce = "trigger-once",
        /// Amounts are what their deals make of them.
        AmountsFollowDeals = "amounts-follow-deals",
        /// Days add up to amounts, and amounts to deals.
        SlicesSum = "slices-sum",
        /// Scores are what was credited.
        MetricsFollowCredits = "metrics-follow-credits",
    }
}

names! {
    /// What became of looking at a law.
    Verdict {
        /// Every subject was looked at, and the law holds for each.
        Pass = "pass",
        /// A subject breaks it, whether all were looked at or not.
        Fail = "fail",
        /// None of those that were looked at breaks it, and others were not.
        Incomplete = "incomplete",
    }
}

impl Check {
    /// The law in a sentence, the left side first.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::AllocationsSum => {
                "The value of each distribution is the sum of its allocations that are not \
                 cancelled, and of the obligations that they cover."
            }
            Self::ObligationOnce => {
                "Each allocation that is not cancelled covers an obligation that no other covers, \
                 and that names it."
            }
            Self::TriggerOnce => {
                "Each distributor has one distribution for a trigger date, cancelled ones apart."
            }
            Self::AmountsFollowDeals => {
                "Each amount of a revenue distribution is its percentage of the deal's value, and \
                 what is left of a deal is its value without them."
            }
            Self::SlicesSum => {
                "The amounts of each revenue distribution, and what its deal has distributed, are \
                 the sums of their daily slices."
            }
            Self::MetricsFollowCredits => {
                "The score of each metric is the sum of its credits, of the same distributor and \
                 collaborator."
            }
        }
    }
}

/// A law at one of its subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// One side, in minor units, points or rows.
    pub left: i128,
    /// The other side.
    pub right: i128,
    /// What breaks it, where it is broken.
    pub broken: Option<CounterExample>,
}

/// A subject at which a law does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterExample {
    /// The type of the subject, as it is served.
    pub kind: &'static str,
    /// Its id.
    pub id: i64,
    /// What is wrong, with the figures.
    pub detail: String,
}

/// How many counter-examples are kept of one law.
pub const MAX_COUNTER_EXAMPLES: u64 = 100;

/// A law over the subjects that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The law.
    pub check: Check,
    /// The sum of the left sides.
    pub left: i128,
    /// The sum of the right sides.
    pub right: i128,
    /// How many subjects break it.
    pub broken: u64,
    /// The first of these, at most [`MAX_COUNTER_EXAMPLES`].
    pub counter_examples: Vec<CounterExample>,
    /// Whether every subject was looked at.
    pub is_complete: bool,
}

impl Finding {
    /// Nothing looked at yet.
    #[must_use]
    pub const fn new(check: Check) -> Self {
        let counter_examples = Vec::new();
        Self { check, left: 0, right: 0, broken: 0, counter_examples, is_complete: false }
    }

    /// Adds a subject. Sums past `i128`, which takes 2^64 subjects, stay at its end.
    pub fn note(&mut self, instance: Comparison) {
        self.left = self.left.saturating_add(instance.left);
        self.right = self.right.saturating_add(instance.right);
        if let Some(example) = instance.broken {
            if self.broken < MAX_COUNTER_EXAMPLES {
                self.counter_examples.push(example);
            }
            self.broken = self.broken.saturating_add(1);
        }
    }

    /// What it comes to.
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

/// Compares two sides that must be equal; `detail` says what they are.
fn compare(subject: Subject, left: i128, right: i128, detail: &str) -> Comparison {
    let Subject { kind, id } = subject;
    let broken = (left != right).then(|| CounterExample {
        kind,
        id,
        detail: format!("{detail}: {left} on one side, {right} on the other"),
    });
    Comparison { left, right, broken }
}
