//! A plan: all that triggering a distribution would write, and why everybody else gets nothing.
//!
//! Plain values in a fixed order, so that two plans of the same snapshot are equal to the byte,
//! wherever they are written. Nothing in one exists only after the run: no ids of new rows.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use thiserror::Error;

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::accumulation::Net;
use crate::payouts::distribution::DistributionStatus;
use crate::payouts::engine::snapshot::OpenDistribution;
use crate::payouts::obligation::ObligationStatus;
use crate::payouts::share_explanation::{RankedWeight, SharedPool};
use crate::rules::id::{CollaboratorId, ObligationId};

/// What triggering a distribution comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The distribution; its trigger date stays what was scheduled, however late it is.
    pub open: OpenDistribution,
    /// Why the engine leaves it alone for now; `None` where it is due.
    pub wait_reason: Option<WaitReason>,
    /// What it becomes: processing, complete or failed.
    pub status: DistributionStatus,
    /// The sum of the allocations, in minor units of `units`.
    pub value: i64,
    /// What everything is counted in.
    pub units: Units,
    /// One for each obligation, made or found; by collaborator, then by obligation.
    pub allocations: Vec<PlannedAllocation>,
    /// What new obligations begin as; none of those that are found changes.
    pub obligation_status: ObligationStatus,
    /// How it came about.
    pub explanation: DistributionExplanation,
    /// What the shares have in common; `None` where nothing is shared.
    pub shared: Option<SharedPool>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The distribution that opens with it; `None` where the schedule has no instant more.
    pub next: Option<NextDistribution>,
}

/// One allocation, and the obligation that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedAllocation {
    /// Who is paid.
    pub collaborator_id: CollaboratorId,
    /// Minor units, not 0.
    pub value: i64,
    /// Where the obligation comes from.
    pub origin: Origin,
}

/// Where an allocation's obligation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is made for a share of the pool, with award type
    /// [`crate::obligation::DISTRIBUTION_AWARD`].
    Share(RankedWeight),
    /// It was there.
    Collected {
        /// Which one.
        obligation_id: ObligationId,
        /// What it is a part of.
        net: Net,
    },
}

/// Why a distribution is not triggered now. Shown in a preview as its first reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WaitReason {
    /// There is no schedule, or none of its instants is left. No plan is made of this.
    #[error("The distributor has no open distribution.")]
    NothingOpen,
    /// The distributor is paused.
    #[error("The distributor is not active.")]
    NotActive,
    /// The trigger date is still to come.
    #[error("The trigger date {} has not come.", .0.to_rfc3339_opts(SecondsFormat::Millis, true))]
    NotDue(DateTime<Utc>),
}

/// Why a distribution fails. Nothing of it is written, and the next takes over its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// The revenue of the period is past `i64`.
    #[error("the revenue recognised in the period does not fit 64 bits")]
    Revenue,
    /// The pool with what was carried over is past `i64`.
    #[error("the pool with what was carried over does not fit 64 bits")]
    Pool,
    /// The scores of one collaborator together are past `i64`.
    #[error("the score of collaborator {0} does not fit 64 bits")]
    Score(CollaboratorId),
    /// What would be paid together is past `i64`.
    #[error("what is owed does not fit 64 bits")]
    Owed,
}

/// The distribution after this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextDistribution {
    /// Its period, trigger date, and what is carried to it.
    pub open: OpenDistribution,
    /// Whether the metrics of this one become its metrics; else it starts from zero.
    pub takes_over_metrics: bool,
}

/// How a distribution came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionExplanation {
    /// What there was to pay, with what was carried; 0 where that failed.
    pub pool: i64,
    /// How much of the pool earlier periods left.
    pub carried: i64,
    /// What was shared by; 0 where nothing was shared.
    pub total_score: i128,
    /// Where the pool comes from.
    pub basis: Basis,
    /// Everybody who gets nothing, by collaborator.
    pub unpaid: Vec<UnpaidCollaborator>,
    /// All of it in a few words.
    pub sentence: String,
}

/// Where the pool of a period comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A fixed amount, in minor units.
    Amount(i64),
    /// A percentage of revenue.
    Revenue {
        /// The first day that counts.
        from: NaiveDate,
        /// The day after the last one that counts.
        until: NaiveDate,
        /// What was recognised on these days, in minor units.
        recognized: i128,
        /// How much of it is paid.
        percentage: Percent,
    },
    /// What is owed and paid, in minor units.
    Collected(i64),
}

/// Somebody who gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnpaidCollaborator {
    /// Who.
    pub collaborator_id: CollaboratorId,
    /// Why.
    pub reason: UnpaidReason,
}

/// Why somebody gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnpaidReason {
    /// Their score in the period is 0.
    NoScore,
    /// Somebody scored more, and the top score takes all.
    NotTopScore {
        /// Theirs.
        score: i64,
        /// The highest.
        top: i64,
    },
    /// There is nothing to share.
    EmptyPool,
    /// Their share is 0.
    ShareOfZero(RankedWeight),
    /// They are owed nothing that is due.
    NothingDue,
    /// They are owed nothing, or owe, on balance; it waits.
    NetNotPositive {
        /// Minor units, 0 or less.
        net: i128,
    },
    /// What they are owed is too little to be paid yet; it waits.
    BelowMinimum {
        /// Minor units, above 0.
        net: i128,
        /// Minor units.
        minimum: i64,
    },
}
