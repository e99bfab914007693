//! Allocations: each links a distribution to one obligation that it covers.
//!
//! Only their status. The value of an allocation is that of its obligation, and settling the
//! obligation settles the allocation: [`crate::distribution::TriggeredDistribution`].

use crate::rules::names::names;

names! {
    /// The status of an allocation.
    AllocationStatus {
        /// Its obligation is not settled yet.
        Pending = "pending",
        /// Its obligation is fulfilled.
        Complete = "complete",
        /// Its obligation was rejected or cancelled.
        Cancelled = "cancelled",
        /// Its payment came back, and the obligation waits for another distribution.
        Returned = "returned",
    }
}

impl AllocationStatus {
    /// Returns whether the allocation is settled.
    #[must_use]
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }
}
