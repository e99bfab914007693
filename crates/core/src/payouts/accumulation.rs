//! What is owed, collected: which obligations a period pays, netted for each collaborator.
//!
//! A collaborator is paid the whole net or nothing: a net at or below zero, or below the minimum,
//! waits for the next period with all its parts. Obligations are not made or changed here.

use chrono::{DateTime, NaiveDate, Utc};

use crate::money::MoneyError;
use crate::payouts::obligation::{ObligationState, ObligationStatus};
use crate::rules::id::{CollaboratorId, ObligationId};

/// An obligation as a row of its distributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Which one; once among those asked about.
    pub obligation_id: ObligationId,
    /// Whom it is owed to.
    pub collaborator_id: CollaboratorId,
    /// Minor units, below zero for a clawback.
    pub value: i64,
    /// How far it is, and whether a distribution covers it.
    pub state: ObligationState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

/// The end of the period that is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// What was made at this instant or later waits.
    pub at: DateTime<Utc>,
    /// The same instant as a day of the distributor; what is due later waits.
    pub date: NaiveDate,
}

impl Owed {
    /// Whether it is collected: approved, not allocated, made before the cut-off, due by its day.
    #[must_use]
    pub fn is_due(&self, cutoff: &Cutoff) -> bool {
        let is_open = self.state.status == ObligationStatus::Approved && !self.state.is_allocated;
        let is_in_time = self.created_at < cutoff.at;
        is_open && is_in_time && self.due_on.is_none_or(|day| day <= cutoff.date)
    }
}

/// One obligation that is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectedObligation {
    /// Whom it is owed to.
    pub collaborator_id: CollaboratorId,
    /// Which one.
    pub obligation_id: ObligationId,
    /// Minor units, below zero for a clawback.
    pub value: i64,
    /// The net that it is a part of.
    pub net: Net,
}

/// What one collaborator is paid: above zero, and the minimum at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The sum of the parts, in minor units.
    pub value: i64,
    /// How many obligations it is made of.
    pub parts: u64,
}

/// A net that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingNet {
    /// Whom it is owed to.
    pub collaborator_id: CollaboratorId,
    /// The sum of what is due, in minor units; past `i64` where it is far below zero.
    pub net: i128,
}

/// What a period pays and what it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accumulation {
    /// By collaborator, then by obligation.
    pub collected: Vec<CollectedObligation>,
    /// By collaborator.
    pub waiting: Vec<WaitingNet>,
    /// The sum of what is collected, in minor units.
    pub value: i64,
    /// How many collaborators are paid.
    pub collaborators: u64,
}

/// Collects what is due at the cut-off, whatever the order of the obligations.
///
/// `minimum` is what a net must reach to be paid, in minor units.
///
/// # Errors
///
/// [`MoneyError::Overflow`] where what would be paid together does not fit `i64`.
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
    /// Adds what is due to one collaborator.
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
