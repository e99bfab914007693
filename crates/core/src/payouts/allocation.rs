//! Allocations: the link from a distribution to one obligation that it covers.
//!
//! Only their status. Their value is the obligation's, and settling that settles the allocation:
//! [`crate::distribution::TriggeredDistribution`].

use crate::rules::names::names;

names! {
    /// How far an allocation is.
    AllocationStatus {
        /// Its obligation is to be settled.
        Pending = "pending",
        /// Its obligation is fulfilled.
        Complete = "complete",
        /// Its obligation was rejected or cancelled.
        Cancelled = "cancelled",
    }
}

impl AllocationStatus {
    /// Whether it is settled, one way or the other.
    #[must_use]
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}
