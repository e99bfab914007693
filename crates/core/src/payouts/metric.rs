//! Metrics: the score of one collaborator with one distributor in one period.
//!
//! The kinds of metric that a distributor counts, and the sum of the credits that make up a score.
//! A single credit is [`crate::metric_credit`].

use crate::rules::fault::{Fault, Faults};
use crate::rules::id::CollaboratorId;
use crate::rules::names::names;

names! {
    /// A kind of metric, by what it counts.
    MetricType {
        /// Points that somebody credits by hand.
        Manual = "manual",
    }
}

/// A kind of metric that a distributor counts, with its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedMetric {
    /// The kind, which occurs once in a distributor.
    pub metric_type: MetricType,
    /// The points of a credit that does not state any; above 0.
    pub points: i64,
}

/// A kind of metric as a client describes it; `None` means null, absent, or of a wrong JSON type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedMetricDraft {
    /// Required: the name of a [`MetricType`].
    pub metric_type: Option<String>,
    /// Required: the points, above 0.
    pub points: Option<i64>,
}

impl CountedMetricDraft {
    /// Returns the kind of metric if the draft keeps every rule.
    #[must_use]
    pub fn to_metric(&self) -> Option<CountedMetric> {
        kind(self).ok()
    }
}

/// The score of one collaborator in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The collaborator.
    pub collaborator_id: CollaboratorId,
    /// The score; a collaborator without a score above 0 gets no share.
    pub score: i64,
}

/// Checks the kinds of metric of a distributor, and records faults at `metric_types`.
pub(crate) fn check_metric_types(
    drafts: &[CountedMetricDraft],
    faults: &mut Faults,
) -> Vec<CountedMetric> {
    let mut kinds: Vec<CountedMetric> = Vec::new();
    for draft in drafts {
        let repeated =
            |kind: &CountedMetric| kinds.iter().any(|k| k.metric_type == kind.metric_type);
        let kind = kind(draft).and_then(|kind| match repeated(&kind) {
            true => Err(format!("must have each type once, but has {} twice", kind.metric_type)),
            false => Ok(kind),
        });
        kinds.extend(faults.note("metric_types", kind));
    }
    kinds
}

fn kind(draft: &CountedMetricDraft) -> Result<CountedMetric, String> {
    let name = draft.metric_type.as_deref().unwrap_or_default();
    let metric_type =
        name.parse().map_err(|error| format!("must have a type in each entry, which {error}"))?;
    let points = draft.points.filter(|points| *points > 0);
    let points = points.ok_or("must have points in each entry, an integer greater than 0")?;
    Ok(CountedMetric { metric_type, points })
}

/// Adds the points of a credit to a score.
///
/// # Errors
///
/// A fault at `points` if the score does not fit `i64`.
pub fn score_after_credit(score: i64, points: i64) -> Result<i64, Fault> {
    let sum = score.checked_add(points);
    sum.ok_or_else(|| Fault::new("points", "makes a score that does not fit 64 bits"))
}
