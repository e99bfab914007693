//! Metrics: what collaborators score with a distributor in a period, the sum of their credits.
//!
//! The kinds of metric that a distributor counts, and the sum. A single credit is
//! [`crate::metric_credit`].

use crate::rules::fault::{Fault, Faults};
use crate::rules::id::CollaboratorId;
use crate::rules::names::names;

names! {
    /// What a metric counts.
    MetricType {
        /// Points that somebody credits by hand.
        Manual = "manual",
    }
}

/// A kind of metric that a distributor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedMetric {
    /// Once in a distributor.
    pub metric_type: MetricType,
    /// What one credit adds where it does not say how much; above 0.
    pub points: i64,
}

/// A kind of metric as a client describes it; `None` is null, absent, or not of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedMetricDraft {
    /// Required, the name of a [`MetricType`].
    pub metric_type: Option<String>,
    /// Required, above 0.
    pub points: Option<i64>,
}

impl CountedMetricDraft {
    /// The kind of metric that it describes, where it keeps every rule.
    #[must_use]
    pub fn to_metric(&self) -> Option<CountedMetric> {
        kind(self).ok()
    }
}

/// What one collaborator scored in one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// Whose it is.
    pub collaborator_id: CollaboratorId,
    /// Who has none above 0 takes no part.
    pub score: i64,
}

/// Checks the kinds of metric of a distributor; noted at `metric_types`.
pub(crate) fn check_metric_types(
    drafts: &[CountedMetricDraft],
    faults: &mut Faults,
) -> Vec<CountedMetric> {
    let mut kinds: Vec<CountedMetric> = Vec::new();
    for draft in drafts {
        let repeated =
            |kind: &CountedMetric| kinds.iter().any(|k| k.metric_type == kind.metric_type);
        let kind = kind(draft).and_then(|kind| match repeated(&kind) {
            true => Err(format!("must have {} only once", kind.metric_type)),
            false => Ok(kind),
        });
        kinds.extend(faults.note("metric_types", kind));
    }
    kinds
}

fn kind(draft: &CountedMetricDraft) -> Result<CountedMetric, String> {
    let name = draft.metric_type.as_deref().unwrap_or_default();
    let metric_type = name.parse().map_err(|error| format!("must have a type, which {error}"))?;
    let points = draft.points.filter(|points| *points > 0);
    let points = points.ok_or("must have points, an integer greater than 0")?;
    Ok(CountedMetric { metric_type, points })
}

/// The score after a credit.
///
/// # Errors
///
/// A fault at `points` where it does not fit `i64`.
pub fn score_after_credit(score: i64, points: i64) -> Result<i64, Fault> {
    let sum = score.checked_add(points);
    sum.ok_or_else(|| Fault::new("points", "makes a score that does not fit 64 bits"))
}
