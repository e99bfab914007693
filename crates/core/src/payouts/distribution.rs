//! Distributions: each is what a distributor pays for one period.
//!
//! Their status, and how settling an obligation changes the distribution that covers it. The
//! contents of a distribution are decided by [`crate::engine`].

use crate::money::MoneyError;
use crate::payouts::allocation::AllocationStatus;
use crate::payouts::obligation::ObligationStatus;
use crate::rules::names::names;

names! {
    /// The status of a distribution.
    DistributionStatus {
        /// The distribution is open, and waits for its trigger date.
        Pending = "pending",
        /// The distribution was triggered, and some of its allocations are not settled yet.
        Processing = "processing",
        /// The distribution was triggered, and none of its allocations is pending.
        Complete = "complete",
        /// The distribution could not be triggered; the next one takes over its period.
        Failed = "failed",
        /// The distribution was cancelled before its trigger date.
        Cancelled = "cancelled",
    }
}

/// A triggered distribution and one of its obligations, before that one is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggeredDistribution {
    /// The sum of its allocations that are neither cancelled nor returned, in minor units.
    pub value: i64,
    /// Whether an allocation other than this one is pending.
    pub has_other_pending: bool,
    /// The value of the obligation, in minor units.
    pub obligation: i64,
    /// Whether the obligation is fulfilled.
    pub is_fulfilled: bool,
}

/// The effect of settling an obligation on its allocation and its distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementEffect {
    /// The new status of the allocation.
    pub allocation: AllocationStatus,
    /// The new status of the distribution.
    pub status: DistributionStatus,
    /// The new value of the distribution in minor units, without what was rejected, cancelled or
    /// returned.
    pub value: i64,
}

impl TriggeredDistribution {
    /// Computes the effect if the obligation gets this status.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the new value does not fit `i64`. That takes obligations of both
    /// signs that are as large.
    pub fn settle(self, to: ObligationStatus) -> Result<SettlementEffect, MoneyError> {
        let less = self.value.checked_sub(self.obligation).ok_or(MoneyError::Overflow);
        let (allocation, value) = match to {
            ObligationStatus::Approved if self.is_fulfilled => (AllocationStatus::Returned, less?),
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
