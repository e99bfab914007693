//! Distributions: what a distributor pays for one period, from open to settled.
//!
//! Their status, and what settling an obligation does to the distribution that covers it. What is
//! in one is decided by [`crate::engine`].

use crate::money::MoneyError;
use crate::payouts::allocation::AllocationStatus;
use crate::payouts::obligation::ObligationStatus;
use crate::rules::names::names;

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

/// A triggered distribution and one of its obligations, before that one is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggeredDistribution {
    /// The sum of its allocations that are not cancelled, in minor units.
    pub value: i64,
    /// Whether another of its allocations than this one is pending.
    pub has_other_pending: bool,
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
        let is_last = allocation.is_final() && !self.has_other_pending;
        let status = match is_last {
            true => DistributionStatus::Complete,
            false => DistributionStatus::Processing,
        };
        Ok(SettlementEffect { allocation, status, value })
    }
}
