//! The laws of payouts: what was paid is what was owed, once, and scores are what was credited.

use super::{Comparison, CounterExample, Subject, compare};

/// A distribution with what it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidDistribution {
    /// Its id.
    pub id: i64,
    /// Minor units; `None` while it waits for its trigger date, when its value is a forecast.
    pub value: Option<i64>,
    /// The sum of its allocations that are not cancelled, in minor units.
    pub allocations: i128,
    /// The sum of the obligations that these cover, in minor units.
    pub obligations: i128,
}

impl PaidDistribution {
    /// The value is the sum of the allocations, and of their obligations. One that waits has none.
    #[must_use]
    pub fn allocations_sum(&self) -> Comparison {
        let Self { id, value, allocations, obligations } = *self;
        let value = i128::from(value.unwrap_or(0));
        let detail = format!(
            "the value is {value}, the allocations sum to {allocations}, their obligations to \
             {obligations}"
        );
        let holds = value == allocations && allocations == obligations;
        let broken = (!holds).then_some(CounterExample { kind: "distributions", id, detail });
        // Of three figures that must be equal, the one that differs is shown.
        let right = if value == allocations { obligations } else { allocations };
        Comparison { left: value, right, broken }
    }
}

/// An obligation with what covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredObligation<'a> {
    /// Its id.
    pub id: i64,
    /// The allocation that it names.
    pub allocation_id: Option<i64>,
    /// The obligation that this one covers.
    pub named_covers: Option<i64>,
    /// The allocations that cover it and are not cancelled, by id.
    pub live: &'a [i64],
}

impl CoveredObligation<'_> {
    /// At most one allocation that is not cancelled covers it, and it names that one.
    #[must_use]
    pub fn obligation_once(&self) -> Comparison {
        let Self { id, allocation_id, named_covers, live } = self;
        let covering = i128::try_from(live.len()).unwrap_or(i128::MAX);
        let detail = match (live, allocation_id) {
            ([_, _, ..], _) => Some(format!("{covering} allocations cover it: {live:?}")),
            ([one], named) if *named != Some(*one) => {
                Some(format!("allocation {one} covers it, and it names {}", name(*named)))
            }
            (_, Some(named)) if *named_covers != Some(*id) => {
                Some(format!("it names allocation {named}, which covers another"))
            }
            _ => None,
        };
        let broken = detail.map(|detail| CounterExample { kind: "obligations", id: *id, detail });
        Comparison { left: covering, right: covering.min(1), broken }
    }
}

fn name(id: Option<i64>) -> String {
    id.map_or_else(|| "none".to_owned(), |id| id.to_string())
}

/// A distribution that is not cancelled, among those of its distributor by trigger date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerDate {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub distributor_id: i64,
    /// Another with the same trigger date, and a lower id.
    pub same_as: Option<i64>,
}

impl TriggerDate {
    /// It is the only one at its trigger date.
    #[must_use]
    pub fn trigger_once(&self) -> Comparison {
        let Self { id, distributor_id, same_as } = *self;
        let broken = same_as.map(|other| CounterExample {
            kind: "distributions",
            id,
            detail: format!("distributor {distributor_id} has distribution {other} at that date"),
        });
        Comparison { left: 1, right: i128::from(broken.is_none()), broken }
    }
}

/// A metric with its credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditedMetric {
    /// Its id.
    pub id: i64,
    /// Points.
    pub score: i64,
    /// The sum of its credits of the same distributor and collaborator, in points.
    pub credits: i128,
}

impl CreditedMetric {
    /// The score is the sum of the credits.
    #[must_use]
    pub fn metrics_follow_credits(&self) -> Comparison {
        let Self { id, score, credits } = *self;
        compare(Subject { kind: "metrics", id }, score.into(), credits, "score and credits")
    }
}
