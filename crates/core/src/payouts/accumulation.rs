//! Accumulation: collecting the obligations that a period pays, netted for each collaborator.
//!
//! A collaborator is paid the whole net or nothing. A net that is not above zero, or that is below
//! the minimum, waits for the next period with all of its parts. Nothing here creates or changes an
//! obligation.

use chrono::{DateTime, NaiveDate, Utc};

use crate::money::MoneyError;
use crate::payouts::obligation::{ObligationState, ObligationStatus};
use crate::rules::id::{CollaboratorId, ObligationId};

/// An obligation of the distributor that pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The id of the obligation, which must occur only once.
    pub obligation_id: ObligationId,
    /// The collaborator to whom it is owed.
    pub collaborator_id: CollaboratorId,
    /// The value in minor units, below zero for a clawback.
    pub value: i64,
    /// The status, and whether a distribution covers the obligation.
    pub state: ObligationState,
    /// The instant at which it was created.
    pub created_at: DateTime<Utc>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

/// The end of the period that is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// The instant: obligations created at it or later wait.
    pub at: DateTime<Utc>,
    /// The same instant as a date of the distributor's time zone: obligations due later wait.
    pub date: NaiveDate,
}

impl Owed {
    /// Returns whether the obligation is collected: it must be approved, not allocated, created
    /// before the cut-off, and due by its date.
    #[must_use]
    pub fn is_due(&self, cutoff: &Cutoff) -> bool {
        let is_open = self.state.status == ObligationStatus::Approved && !self.state.is_allocated;
        let is_in_time = self.created_at < cutoff.at;
        is_open && is_in_time && self.due_on.is_none_or(|day| day <= cutoff.date)
    }
}

/// An obligation that is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectedObligation {
    /// The collaborator to whom it is owed.
    pub collaborator_id: CollaboratorId,
    /// The id of the obligation.
    pub obligation_id: ObligationId,
    /// The value in minor units, below zero for a clawback.
    pub value: i64,
    /// The net that it is a part of.
    pub net: Net,
}

/// The net that one collaborator is paid: above zero, and at least the minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The sum of the parts, in minor units.
    pub value: i64,
    /// The number of obligations that it sums up.
    pub parts: u64,
}

/// A net that waits for a later period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingNet {
    /// The collaborator to whom it is owed.
    pub collaborator_id: CollaboratorId,
    /// The sum of what is due, in minor units; a sum far below zero may not fit `i64`.
    pub net: i128,
}

/// The result of an accumulation: what a period pays, and what it leaves for later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accumulation {
    /// The obligations that are paid, sorted by collaborator and then by obligation.
    pub collected: Vec<CollectedObligation>,
    /// The nets that wait, sorted by collaborator.
    pub waiting: Vec<WaitingNet>,
    /// The sum of the obligations that are paid, in minor units.
    pub value: i64,
    /// The number of collaborators who are paid.
    pub collaborators: u64,
}

/// Collects the obligations that are due at the cut-off; they may come in any order.
///
/// `minimum` is the smallest net that is paid, in minor units.
///
/// # Errors
///
/// [`MoneyError::Overflow`] if the sum of all that would be paid does not fit `i64`.
pub fn accumulate(
    owed: &[Owed],
    cutoff: &Cutoff,
    minimum: i64,
) -> Result<Accumulation, MoneyError> {
    let mut due: Vec<&Owed> = owed.iter().filter(|owed| owed.is_due(cutoff)).collect();
    due.sort_unstable_by_key(|owed| (owed.collaborator_id, owed.obligation_id));
    let mut result = Accumulation::default();
    let of_one = |a: &&Owed, b: &&Owed| a.collaborator_id == b.collaborator_id;
    for parts in due.chunk_by(of_one) {
        result.add(parts, minimum)?;
    }
    Ok(result)
}

impl Accumulation {
    /// Adds the obligations that are due to one collaborator.
    fn add(&mut self, parts: &[&Owed], minimum: i64) -> Result<(), MoneyError> {
        let Some(collaborator_id) = parts.first().map(|owed| owed.collaborator_id) else {
            return Ok(());
        };
        let net: i128 = parts.iter().map(|owed| i128::from(owed.value)).sum();
        if net <= 0 || net < i128::from(minimum) {
            self.waiting.push(WaitingNet { collaborator_id, net });
            return Ok(());
        }
        let value = i64::try_from(net).map_err(|_| MoneyError::Overflow)?;
        self.value = self.value.checked_add(value).ok_or(MoneyError::Overflow)?;
        self.collaborators = self.collaborators.saturating_add(1);
        let net = Net { value, parts: u64::try_from(parts.len()).unwrap_or(u64::MAX) };
        self.collected.extend(parts.iter().map(|owed| CollectedObligation {
            collaborator_id,
            obligation_id: owed.obligation_id,
            value: owed.value,
            net,
        }));
        Ok(())
    }
}
