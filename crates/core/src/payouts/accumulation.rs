//! Accumulation: netting what a period owes each collaborator, which is the share of a pool and the
//! obligations that are due.
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
    /// Whether it is the share of an earlier pool, which counts while it is pending, as a new one
    /// does.
    pub is_share: bool,
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
    /// The date in the distributor's time zone at that instant, or at present if that is earlier:
    /// obligations due later wait.
    pub date: NaiveDate,
}

impl Owed {
    /// Returns whether the obligation is collected: it must be approved or a pending share, not
    /// allocated, created before the cut-off, and due by its date.
    #[must_use]
    pub fn is_due(&self, cutoff: &Cutoff) -> bool {
        let counts = match self.state.status {
            ObligationStatus::Approved => true,
            ObligationStatus::Pending => self.is_share,
            _ => false,
        };
        let is_open = counts && !self.state.is_allocated;
        let is_in_time = self.created_at < cutoff.at;
        is_open && is_in_time && self.due_on.is_none_or(|day| day <= cutoff.date)
    }
}

/// The share of a pool that a collaborator earned in the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnedShare {
    /// The collaborator, who must occur only once.
    pub collaborator_id: CollaboratorId,
    /// The value in minor units.
    pub value: i64,
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
    /// Whether it is approved; a share may still be pending.
    pub is_approved: bool,
    /// The net that it is a part of.
    pub net: Net,
}

/// The net that one collaborator is paid: above zero, and at least the minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// The sum of the parts, in minor units.
    pub value: i64,
    /// The number of obligations that it sums up, the one for a share included.
    pub parts: u64,
}

/// A net that waits for a later period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingNet {
    /// The collaborator to whom it is owed.
    pub collaborator_id: CollaboratorId,
    /// The share of the pool, in minor units; `None` without one.
    pub share: Option<i64>,
    /// The sum of the obligations that are due, in minor units; `None` if none is. A sum far from
    /// zero may not fit `i64`.
    pub open: Option<i128>,
    /// The sum of both, in minor units.
    pub net: i128,
}

/// The result of an accumulation: what a period pays, and what it leaves for later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accumulation {
    /// The obligations that are paid, sorted by collaborator and then by obligation. The shares of
    /// these collaborators are paid with them.
    pub collected: Vec<CollectedObligation>,
    /// The nets that wait, sorted by collaborator. Every share of somebody else is paid.
    pub waiting: Vec<WaitingNet>,
    /// The sum of all that is paid, in minor units.
    pub value: i64,
    /// The number of collaborators who are paid.
    pub collaborators: u64,
}

/// Nets the shares with the obligations that are due at the cut-off; both may come in any order.
///
/// `minimum` is the smallest net that is paid, in minor units.
///
/// # Errors
///
/// [`MoneyError::Overflow`] if the sum of all that would be paid does not fit `i64`.
pub fn accumulate(
    shares: &[EarnedShare],
    owed: &[Owed],
    cutoff: &Cutoff,
    minimum: i64,
) -> Result<Accumulation, MoneyError> {
    let due = owed.iter().filter(|owed| owed.is_due(cutoff));
    let mut parts: Vec<Part> =
        shares.iter().map(Part::from_share).chain(due.map(Part::from_owed)).collect();
    parts.sort_unstable_by_key(|part| (part.collaborator_id, part.obligation_id));
    let mut result = Accumulation::default();
    let of_one = |a: &Part, b: &Part| a.collaborator_id == b.collaborator_id;
    for parts in parts.chunk_by(of_one) {
        result.add(parts, minimum)?;
    }
    Ok(result)
}

/// A part of a net.
#[derive(Clone, Copy)]
struct Part {
    collaborator_id: CollaboratorId,
    /// The obligation; `None` for the share, which is not one yet.
    obligation_id: Option<ObligationId>,
    value: i64,
    is_approved: bool,
}

impl Part {
    fn from_share(share: &EarnedShare) -> Self {
        let EarnedShare { collaborator_id, value } = *share;
        Self { collaborator_id, obligation_id: None, value, is_approved: false }
    }

    fn from_owed(owed: &Owed) -> Self {
        let Owed { collaborator_id, obligation_id, value, state, .. } = *owed;
        let is_approved = state.status == ObligationStatus::Approved;
        Self { collaborator_id, obligation_id: Some(obligation_id), value, is_approved }
    }
}

impl Accumulation {
    /// Adds the share of one collaborator and what is due to them.
    fn add(&mut self, parts: &[Part], minimum: i64) -> Result<(), MoneyError> {
        let Some(collaborator_id) = parts.first().map(|part| part.collaborator_id) else {
            return Ok(());
        };
        let net: i128 = parts.iter().map(|part| i128::from(part.value)).sum();
        if net <= 0 || net < i128::from(minimum) {
            let share = parts.iter().find(|part| part.obligation_id.is_none());
            let share = share.map(|share| share.value);
            let has_open = parts.iter().any(|part| part.obligation_id.is_some());
            let open = net.saturating_sub(share.unwrap_or_default().into());
            let open = has_open.then_some(open);
            self.waiting.push(WaitingNet { collaborator_id, share, open, net });
            return Ok(());
        }
        let value = i64::try_from(net).map_err(|_| MoneyError::Overflow)?;
        self.value = self.value.checked_add(value).ok_or(MoneyError::Overflow)?;
        self.collaborators = self.collaborators.saturating_add(1);
        let net = Net { value, parts: u64::try_from(parts.len()).unwrap_or(u64::MAX) };
        self.collected.extend(parts.iter().filter_map(|part| {
            let Part { collaborator_id, obligation_id, value, is_approved } = *part;
            let obligation_id = obligation_id?;
            Some(CollectedObligation { collaborator_id, obligation_id, value, is_approved, net })
        }));
        Ok(())
    }

    /// Returns the net of a collaborator that waits, if it does.
    #[must_use]
    pub fn waiting(&self, id: CollaboratorId) -> Option<&WaitingNet> {
        let at = self.waiting.binary_search_by_key(&id, |waiting| waiting.collaborator_id).ok()?;
        self.waiting.get(at)
    }
}
