//! Metric credits: points that somebody gives to a collaborator.
//!
//! The rules of a draft, and the conditions for a credit. Credits are never changed; the score that
//! they add up to is [`crate::metric`].

use validator::{Validate, ValidationError};

use crate::parties::collaborator::CollaboratorStatus;
use crate::payouts::distributor::DistributorStatus;
use crate::payouts::metric::{CountedMetric, MetricType};
use crate::rules::fault::{Fault, Faults};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, without_nul};

/// A credit as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct MetricCreditDraft {
    /// Required: the points, above 0.
    #[validate(required, custom(function = above_zero))]
    pub points: Option<i64>,
    /// The reason, of at most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub reason: Option<String>,
}

/// A credit that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricCreditTerms {
    /// The points, above 0.
    pub points: i64,
    /// The reason for the credit.
    pub reason: Option<String>,
}

/// The collaborator and the distributor of a credit, as far as they decide whether it is allowed.
#[derive(Clone, Copy, Debug)]
pub struct CreditTarget<'a> {
    /// The status of the collaborator.
    pub collaborator: CollaboratorStatus,
    /// The status of the distributor.
    pub distributor: DistributorStatus,
    /// Whether the distributor has an open distribution that the credit would count for.
    pub has_open_distribution: bool,
    /// Whether the collaborator is one of the distributor's.
    pub is_member: bool,
    /// The kinds of metric that the distributor counts.
    pub metric_types: &'a [CountedMetric],
}

impl MetricCreditDraft {
    /// Checks every rule of the draft.
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
    /// Returns the points of the distributor's manual metric, if the collaborator may be credited
    /// with them.
    ///
    /// # Errors
    ///
    /// A fault at `collaborator` if they are inactive, else a fault at `distributor` for the first
    /// condition that it does not meet.
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
