//! Metric credits: points that somebody gives a collaborator, added to their metric for good.
//!
//! The rules of a draft, and who may be credited with what. Credits are never changed; the score
//! they add up to is [`crate::metric`].

use validator::{Validate, ValidationError};

use crate::parties::collaborator::CollaboratorStatus;
use crate::payouts::distributor::DistributorStatus;
use crate::payouts::metric::{CountedMetric, MetricType};
use crate::rules::fault::{Fault, Faults};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, without_nul};

/// A credit as a client describes it; `None` is null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct MetricCreditDraft {
    /// Required, above 0.
    #[validate(required, custom(function = above_zero))]
    pub points: Option<i64>,
    /// At most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub reason: Option<String>,
}

/// A credit that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricCreditTerms {
    /// Above 0.
    pub points: i64,
    /// Why they are given.
    pub reason: Option<String>,
}

/// The two sides of a credit.
#[derive(Clone, Copy, Debug)]
pub struct CreditTarget<'a> {
    /// Of the collaborator.
    pub collaborator: CollaboratorStatus,
    /// Of the distributor.
    pub distributor: DistributorStatus,
    /// Whether the distributor has an open distribution for the credit to count for.
    pub has_open_distribution: bool,
    /// Whether the collaborator is one of the distributor's.
    pub is_member: bool,
    /// What the distributor counts.
    pub metric_types: &'a [CountedMetric],
}

impl MetricCreditDraft {
    /// Checks every rule.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self) -> Result<MetricCreditTerms, Vec<Fault>> {
        let faults = Faults::declared_by(self);
        match self.points {
            Some(points) if faults.is_empty() => {
                Ok(MetricCreditTerms { points, reason: self.reason.clone() })
            }
            _ => Err(faults.into_vec()),
        }
    }
}

impl CreditTarget<'_> {
    /// The points of the distributor's manual metric, where this collaborator may have them.
    ///
    /// # Errors
    ///
    /// A fault at `collaborator` where they are inactive, else one at `distributor` for the first
    /// thing that it lacks.
    pub fn manual_points(&self) -> Result<i64, Fault> {
        if self.collaborator == CollaboratorStatus::Inactive {
            return Err(Fault::new("collaborator", "must be active"));
        }
        let lacks = |message| Err(Fault::new("distributor", message));
        if self.distributor != DistributorStatus::Active {
            return lacks("must be active");
        }
        if !self.has_open_distribution {
            return lacks("must have an open distribution");
        }
        if !self.is_member {
            return lacks("must have the collaborator among its collaborators");
        }
        let manual = self.metric_types.iter().find(|kind| kind.metric_type == MetricType::Manual);
        manual.map_or_else(|| lacks("must have a manual metric type"), |kind| Ok(kind.points))
    }
}

fn above_zero(points: i64) -> Result<(), ValidationError> {
    let broken = || ValidationError::new("points").with_message("must be greater than 0".into());
    if points > 0 { Ok(()) } else { Err(broken()) }
}
