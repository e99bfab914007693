//! Distributions: what a distributor pays for one period, from open to settled.
//!
//! Their status, and what settling an obligation does to the distribution that covers it. What is
//! in one is decided by [`crate::engine`].

use crate::money::MoneyError;
use crate::payouts::allocation::AllocationStatus;
use crate::payouts::obligation::ObligationStatus;
use crate::rules::names::names;
use crate::rules::refusal::Refused;

names! {
    /// How far a distribution is.
    DistributionStatus {
        /// Open: it waits for its trigger date.
        Pending = "pending",
        /// TriggeredDistribution; some allocations are to be settled.
        Processing = "processing",
        /// TriggeredDistribution, and every allocation settled.
        Complete = "complete",
        /// Could not be triggered; the next one takes over its period.
        Failed = "failed",
        /// Given up before its trigger date.
        Cancelled = "cancelled",
    }
}

impl DistributionStatus {
    /// Whether nothing can change it any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Cancelled)
    }

    /// Checks a change of status; to the same one is none. One without allocations is complete
    /// at once.
    ///
    /// # Errors
    ///
    /// [`Refused`] for any change that there is no way for.
    pub fn may_become(self, to: Self) -> Result<(), Refused> {
        use DistributionStatus::{Cancelled, Complete, Failed, Pending, Processing};
        let is_allowed = self == to
            || matches!(
                (self, to),
                (Pending, Processing | Complete | Failed | Cancelled) | (Processing, Complete)
            );
        let refused = Refused { noun: "the distribution", from: self.name(), to: to.name() };
        if is_allowed { Ok(()) } else { Err(refused) }
    }
}

/// A triggered distribution and one of its obligations, before that one is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggeredDistribution {
    /// The sum of its allocations that are not cancelled, in minor units.
    pub value: i64,
    /// How many of its allocations are pending, this one included.
    pub pending: u64,
    /// What the obligation is worth, in minor units.
    pub obligation: i64,
}

/// What settling an obligation makes of its allocation and its distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementEffect {
    /// Of the allocation.
    pub allocation: AllocationStatus,
    /// Of the distribution.
    pub status: DistributionStatus,
    /// Of the distribution, in minor units: less what was rejected or cancelled.
    pub value: i64,
}

impl TriggeredDistribution {
    /// What follows where the obligation gets this status.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] where the value left does not fit `i64`, which shares of one pool,
    /// all of its sign, cannot bring about.
    pub fn settle(self, to: ObligationStatus) -> Result<SettlementEffect, MoneyError> {
        let less = self.value.checked_sub(self.obligation).ok_or(MoneyError::Overflow);
        let (allocation, value) = match to {
            ObligationStatus::Pending | ObligationStatus::Approved => {
                (AllocationStatus::Pending, self.value)
            }
            ObligationStatus::Fulfilled => (AllocationStatus::Complete, self.value),
            ObligationStatus::Rejected | ObligationStatus::Cancelled => {
                (AllocationStatus::Cancelled, less?)
            }
        };
        let is_last = allocation.is_final() && self.pending <= 1;
        let status = match is_last {
            true => DistributionStatus::Complete,
            false => DistributionStatus::Processing,
        };
        Ok(SettlementEffect { allocation, status, value })
    }
}
