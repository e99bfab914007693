//! Plans: all that triggering a distribution would write, and why the others get nothing.
//!
//! A plan holds plain values in a fixed order, so that two plans of the same snapshot are equal to
//! the byte, wherever they are written. It holds nothing that exists only after it is applied, such
//! as the ids of new rows.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use thiserror::Error;

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::accumulation::{EarnedShare, Net};
use crate::payouts::distribution::DistributionStatus;
use crate::payouts::engine::snapshot::OpenDistribution;
use crate::payouts::obligation::ObligationStatus;
use crate::payouts::sharing::share_explanation::{RankedWeight, SharedPool};
use crate::payouts::uncounted::UncountedRevenue;
use crate::rules::id::{CollaboratorId, ObligationId};

/// A plan for triggering a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The distribution. Its trigger date stays the scheduled one, however late it is triggered.
    pub open: OpenDistribution,
    /// The day after the last one of its period.
    pub period_until: NaiveDate,
    /// The reason why it is not triggered now; `None` if it is due.
    pub wait_reason: Option<WaitReason>,
    /// The status it gets: processing, complete or failed.
    pub status: DistributionStatus,
    /// The sum of the allocations, in minor units of `units`.
    pub value: i64,
    /// The units of all amounts.
    pub units: Units,
    /// The allocations, one for each new or collected obligation, sorted by collaborator and then
    /// by obligation.
    pub allocations: Vec<PlannedAllocation>,
    /// The shares that are not paid yet, sorted by collaborator: each becomes an obligation that
    /// waits for a later period.
    pub kept: Vec<PlannedShare>,
    /// The first status of new obligations. The status of collected ones does not change.
    pub obligation_status: ObligationStatus,
    /// The explanation of the whole distribution.
    pub explanation: DistributionExplanation,
    /// The revenue of the period that the pool cannot count, by currency.
    pub uncounted: Vec<UncountedRevenue>,
    /// The figures that all shares have in common; `None` if nothing is shared.
    pub shared: Option<SharedPool>,
    /// The reason why it failed, if it did.
    pub failure: Option<Failure>,
    /// The amount that it leaves for the next distribution, whenever that opens, in minor units.
    pub carried_on: i64,
    /// The distribution that opens next; `None` if the schedule has no further instant.
    pub next: Option<NextDistribution>,
}

/// An allocation and the obligation that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAllocation {
    /// The collaborator who is paid.
    pub collaborator_id: CollaboratorId,
    /// The value in minor units, not 0.
    pub value: i64,
    /// The origin of the obligation.
    pub origin: Origin,
}

/// A share of the pool, which becomes an obligation whether or not it is paid at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedShare {
    /// The collaborator who earned it.
    pub collaborator_id: CollaboratorId,
    /// The value in minor units, not 0.
    pub value: i64,
    /// The figures of the share that are its own.
    pub part: RankedWeight,
}

/// The origin of an allocation's obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The obligation is created for a share of the pool, with the award type
    /// [`crate::obligation::DISTRIBUTION_AWARD`].
    Share(RankedWeight),
    /// The obligation existed already.
    Collected {
        /// The id of the obligation.
        obligation_id: ObligationId,
        /// Whether it is approved; the share of an earlier pool may still be pending.
        is_approved: bool,
        /// The net that it is a part of.
        net: Net,
    },
}

/// A reason why a distribution is not triggered now. A preview shows it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WaitReason {
    /// The distributor has no schedule, or its schedule has no instant left. There is no plan then.
    #[error("The distributor has no open distribution.")]
    NothingOpen,
    /// The distributor is inactive or deleted.
    #[error("The distributor is not active.")]
    NotActive,
    /// The trigger date is in the future.
    #[error("The trigger date {} has not come.", .0.to_rfc3339_opts(SecondsFormat::Millis, true))]
    NotDue(DateTime<Utc>),
}

/// A reason why a distribution fails. Nothing of it is paid, and the next one takes over its
/// period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The revenue of the period does not fit `i64`.
    #[error("the revenue recognised in the period does not fit 64 bits")]
    Revenue,
    /// The pool together with what was carried over does not fit `i64`.
    #[error("the pool with what was carried over does not fit 64 bits")]
    Pool,
    /// The sum of the scores of one collaborator does not fit `i64`.
    #[error("the score of collaborator {0} does not fit 64 bits")]
    Score(CollaboratorId),
    /// The sum of what would be paid does not fit `i64`.
    #[error("the sum of what is owed does not fit 64 bits")]
    Owed,
    /// The sum of what would be left to pay does not fit `i64`.
    #[error("the sum of what waits does not fit 64 bits")]
    Left,
}

/// The distribution that follows this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextDistribution {
    /// Its period, its trigger date, and what is carried over to it.
    pub open: OpenDistribution,
    /// Whether it takes over the metrics of this one; otherwise all scores start from zero.
    pub takes_over_metrics: bool,
}

/// An explanation of a whole distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionExplanation {
    /// The amount to pay, with what was carried over; 0 if the distribution failed.
    pub pool: i64,
    /// The part of the pool that earlier periods left.
    pub carried: i64,
    /// The sum of the weights that shares are in proportion to; 0 if nothing is shared.
    pub total_score: i128,
    /// The source of the pool.
    pub basis: Basis,
    /// Everybody who gets nothing, sorted by collaborator.
    pub unpaid: Vec<UnpaidCollaborator>,
    /// A summary in one or two sentences.
    pub sentence: String,
}

/// The source of a period's pool, with its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A fixed amount, in minor units.
    Amount(i64),
    /// A percentage of revenue.
    Revenue {
        /// The first day that counts.
        from: NaiveDate,
        /// The day after the last day that counts.
        until: NaiveDate,
        /// The revenue recognised on these days, in minor units.
        recognized: i128,
        /// The percentage of it that is paid.
        percentage: Percent,
    },
    /// The sum of the obligations that are paid, in minor units.
    Collected(i64),
}

/// A collaborator who gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnpaidCollaborator {
    /// The collaborator.
    pub collaborator_id: CollaboratorId,
    /// The share of the pool, in minor units; `None` without one.
    pub share: Option<i64>,
    /// The sum of the obligations that are due, in minor units; `None` if none is.
    pub open: Option<i128>,
    /// The smallest net that is paid, in minor units; `None` if there is no minimum.
    pub minimum: Option<i64>,
    /// The reason.
    pub reason: UnpaidReason,
}

/// A reason why a collaborator gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpaidReason {
    /// Their score in the period is not above 0.
    NoScore,
    /// Another collaborator scored more, and the top score takes everything.
    NotTopScore {
        /// The collaborator's score.
        score: i64,
        /// The highest score.
        top: i64,
    },
    /// The pool is 0.
    EmptyPool,
    /// The pool is below zero, and is carried to the next period.
    NegativePool,
    /// Their share is 0.
    ShareOfZero(RankedWeight),
    /// They are owed nothing that is due.
    NothingDue,
    /// Their net is not above zero, so it waits.
    NetNotPositive {
        /// The net in minor units, 0 or less.
        net: i128,
    },
    /// Their net is too small to be paid yet, so it waits.
    BelowMinimum {
        /// The net in minor units, above 0.
        net: i128,
        /// The smallest net that is paid, in minor units.
        minimum: i64,
    },
}

impl PlannedAllocation {
    /// Returns the obligation that it covers; `None` if that is created for a share.
    #[must_use]
    pub const fn obligation_id(&self) -> Option<ObligationId> {
        match self.origin {
            Origin::Share(_) => None,
            Origin::Collected { obligation_id, .. } => Some(obligation_id),
        }
    }
}

impl PlannedShare {
    pub(crate) const fn earned(&self) -> EarnedShare {
        EarnedShare { collaborator_id: self.collaborator_id, value: self.value }
    }
}

impl UnpaidCollaborator {
    pub(crate) const fn without_share(id: CollaboratorId, reason: UnpaidReason) -> Self {
        Self { collaborator_id: id, share: None, open: None, minimum: None, reason }
    }

    /// Returns the sum of the share and of what is due, in minor units; `None` without both.
    #[must_use]
    pub fn net(&self) -> Option<i128> {
        let share = self.share.map(i128::from);
        match (share, self.open) {
            (None, None) => None,
            (share, open) => Some(share.unwrap_or(0).saturating_add(open.unwrap_or(0))),
        }
    }
}
