//! Allocations: the link from a distribution to one obligation that it covers.
//!
//! Only their status. Their value is the obligation's, and settling that settles the allocation:
//! [`crate::distribution::TriggeredDistribution`].

use crate::rules::names::names;
use crate::rules::refusal::Refused;

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
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending)
    }

    /// Checks a change of status; to the same one is none.
    ///
    /// # Errors
    ///
    /// [`Refused`] for a change of what is final.
    pub fn may_become(self, to: Self) -> Result<(), Refused> {
        let is_allowed = self == to || !self.is_final();
        let refused = Refused { noun: "the allocation", from: self.name(), to: to.name() };
        if is_allowed { Ok(()) } else { Err(refused) }
    }
}
