//! Obligations: amounts owed to a collaborator or, below zero, to be taken back from them.
//!
//! The rules of a draft and of every later change. When obligations are paid is decided by
//! [`crate::accumulation`]. The store ensures that a reversed obligation exists.

use chrono::NaiveDate;
use validator::{Validate, ValidationError};

use crate::calendar::in_calendar;
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
use crate::rules::refusal::{Locked, Refused};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, MAX_TEXT_CHARS, without_nul};

/// The award type of the obligations that a shared pool creates.
pub const DISTRIBUTION_AWARD: &str = "distribution";

/// The award type of the obligations that a refund of a pool creates.
pub const REFUND_AWARD: &str = "refund";

names! {
    /// The status of an obligation.
    ObligationStatus {
        /// The obligation is not approved yet.
        Pending = "pending",
        /// The obligation can be paid.
        Approved = "approved",
        /// The obligation is paid.
        Fulfilled = "fulfilled",
        /// The obligation was not approved.
        Rejected = "rejected",
        /// The obligation was withdrawn.
        Cancelled = "cancelled",
    }
}

impl ObligationStatus {
    /// Returns the first status of the obligations that a pool or its refund creates, by whether
    /// the distributor requires approval.
    #[must_use]
    pub const fn of_pool(requires_approval: bool) -> Self {
        if requires_approval { Self::Pending } else { Self::Approved }
    }

    /// Returns whether the obligation came to nothing: it was rejected or cancelled.
    #[must_use]
    pub const fn is_void(self) -> bool {
        matches!(self, Self::Rejected | Self::Cancelled)
    }
}

/// An obligation as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct ObligationDraft {
    /// Pending or approved; `None` means pending.
    pub status: Option<String>,
    /// At most 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub award_type: Option<String>,
    /// The value in minor units, not 0, negative for a clawback. Required, except for a reversal,
    /// where `None` means all that is left to take back.
    #[validate(custom(function = not_zero))]
    pub value: Option<i64>,
    /// At most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub reason: Option<String>,
    /// A name of the payment in another system; at most 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

/// An obligation that a new one would reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReversedObligation {
    /// The value in minor units.
    pub value: i64,
    /// The status.
    pub status: ObligationStatus,
    /// The sum of its other reversals and of its parts of refunds of the pool, without those that
    /// are cancelled or rejected, in minor units. It has the opposite sign of `value`, except that
    /// a refund can give one unit more.
    pub taken_back: i128,
    /// Whether it belongs to the distributor of the new one.
    pub is_of_distributor: bool,
    /// Whether it belongs to the collaborator of the new one.
    pub is_of_collaborator: bool,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
}

/// An obligation that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationTerms {
    /// The status.
    pub status: ObligationStatus,
    /// The kind of award.
    pub award_type: Option<String>,
    /// The value in minor units, not 0.
    pub value: i64,
    /// The reason why it is owed.
    pub reason: Option<String>,
    /// A name of the payment in another system.
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

impl ObligationDraft {
    /// Checks every rule of a new obligation and of the one that it reverses, if there is one.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(
        &self,
        reversed: Option<ReversedObligation>,
    ) -> Result<ObligationTerms, Vec<Fault>> {
        let status = self.status.as_deref().map_or(Ok(ObligationStatus::Pending), first_status);
        let mut faults = Faults::declared_by(self);
        let status = faults.note("status", status);
        faults.note("due_on", self.due_on.map(in_calendar).transpose());
        faults.note("reverses", reversed.as_ref().map_or(Ok(()), ReversedObligation::check));
        let value = match reversed {
            Some(reversed) if reversed.check().is_ok() => {
                faults.note("value", reversed.part(self.value))
            }
            // A part of what cannot be reversed is not judged.
            Some(_) => self.value,
            None => faults.required("value", self.value.map(Ok::<_, String>)),
        };
        match (status, value) {
            (Some(status), Some(value)) if faults.is_empty() => Ok(self.terms(status, value)),
            _ => Err(faults.into_vec()),
        }
    }

    /// Checks every rule of a changed obligation but that of its status, and whether `reversed`,
    /// the one that it reverses, allows its value. The caller gives `reversed` only for a reversal
    /// whose value changes.
    ///
    /// The status itself is checked by [`ObligationState::may_become`].
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check_changed(
        &self,
        status: ObligationStatus,
        reversed: Option<ReversedObligation>,
    ) -> Result<ObligationTerms, Vec<Fault>> {
        let unstated = Self { status: None, ..self.clone() };
        unstated.check(reversed).map(|terms| ObligationTerms { status, ..terms })
    }

    fn terms(&self, status: ObligationStatus, value: i64) -> ObligationTerms {
        let Self { award_type, reason, reference, due_on, .. } = self.clone();
        ObligationTerms { status, award_type, value, reason, reference, due_on }
    }
}

impl ReversedObligation {
    fn check(&self) -> Result<(), &'static str> {
        let rules = [
            (self.is_of_distributor, "must be an obligation of the same distributor"),
            (self.is_of_collaborator, "must be an obligation of the same collaborator"),
            (!self.is_reversal, "must not be a reversal itself"),
            (self.is_binding(), "must be an obligation that is approved or fulfilled"),
            (self.left() != 0, "must not be reversed in whole already"),
        ];
        let broken = rules.into_iter().find(|(holds, _)| !holds);
        broken.map_or(Ok(()), |(_, message)| Err(message))
    }

    const fn is_binding(&self) -> bool {
        matches!(self.status, ObligationStatus::Approved | ObligationStatus::Fulfilled)
    }

    /// Returns the part that is not taken back, in minor units.
    fn left(&self) -> i128 {
        i128::from(self.value).saturating_add(self.taken_back)
    }

    /// Returns the value of a reversal: the stated one if it takes back no more than is left, or
    /// minus all that is left.
    fn part(&self, stated: Option<i64>) -> Result<i64, String> {
        let all = self.left().saturating_neg();
        let Some(value) = stated else {
            let unfit = "is required, because minus what is left does not fit 64 bits";
            return i64::try_from(all).map_err(|_| unfit.to_owned());
        };
        if value == 0 {
            // That is a fault of its own.
            return Ok(value);
        }
        let (least, most) = if all < 0 { (all, -1) } else { (1, all) };
        if (least..=most).contains(&i128::from(value)) {
            Ok(value)
        } else {
            Err(format!(
                "must be from {least} to {most}, which takes back what is left; it is {value}"
            ))
        }
    }
}

fn first_status(name: &str) -> Result<ObligationStatus, &'static str> {
    let first = [ObligationStatus::Pending, ObligationStatus::Approved];
    let status = name.parse().ok().filter(|status| first.contains(status));
    status.ok_or("must be pending or approved")
}

fn not_zero(value: i64) -> Result<(), ValidationError> {
    let broken = || ValidationError::new("value").with_message("must not be 0".into());
    if value == 0 { Err(broken()) } else { Ok(()) }
}

/// The state of an obligation, which decides the changes that are still allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObligationState {
    /// The status.
    pub status: ObligationStatus,
    /// Whether a distribution covers the obligation.
    pub is_allocated: bool,
    /// Whether another obligation takes it back, in part or in whole, as a reversal or as a part of
    /// a refund of its pool, and is neither cancelled nor rejected.
    pub is_reversed: bool,
    /// Whether it is a share of a pool or a part of the refund of one, which says how much it is.
    pub is_of_pool: bool,
}

impl ObligationState {
    /// Checks a change of status. Keeping the status is always allowed.
    ///
    /// A pending obligation may be approved and, unless it is reversed, rejected or cancelled. An
    /// approved one may be fulfilled and, unless it is reversed, cancelled; unless it is allocated
    /// or reversed, rejected. A fulfilled one may become approved again, because the payment came
    /// back. [`needs_reason`](Self::needs_reason) says which of these must be explained.
    ///
    /// # Errors
    ///
    /// [`Refused`] for every other change.
    pub fn may_become(self, to: ObligationStatus) -> Result<(), Refused> {
        use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
        let is_allowed = match (self.status, to) {
            (from, to) if from == to => true,
            (Pending, Approved) | (Approved, Fulfilled) | (Fulfilled, Approved) => true,
            (Pending, Rejected | Cancelled) | (Approved, Cancelled) => !self.is_reversed,
            (Approved, Rejected) => !self.is_allocated && !self.is_reversed,
            _ => false,
        };
        let refused = Refused { noun: "the obligation", from: self.state(), to: to.name() };
        if is_allowed { Ok(()) } else { Err(refused) }
    }

    /// Returns why a change of status must be explained, as the rest of a sentence about the
    /// reason. Returns `None` if the change needs no reason.
    #[must_use]
    pub const fn needs_reason(self, to: ObligationStatus) -> Option<&'static str> {
        match (self.status, to) {
            (ObligationStatus::Approved, ObligationStatus::Cancelled) if self.is_allocated => {
                Some("must be given with this change and say why the obligation is withdrawn")
            }
            (ObligationStatus::Fulfilled, ObligationStatus::Approved) => {
                Some("must be given with this change and say why the payment came back")
            }
            _ => None,
        }
    }

    /// Checks a change of the field `what`: the value, award type, reason or due date.
    ///
    /// # Errors
    ///
    /// [`Locked`] if the obligation is allocated or settled, or if its value would change and it is
    /// reversed or of a pool.
    pub fn may_change(self, what: &'static str) -> Result<(), Locked> {
        let is_fixed = (self.is_reversed || self.is_of_pool) && what == "value";
        self.unless(self.is_allocated || self.is_settled() || is_fixed, what, "changed")
    }

    /// Checks a change of the reference, which is allowed until the obligation is settled, and
    /// together with settling it.
    ///
    /// # Errors
    ///
    /// [`Locked`] if the obligation is settled.
    pub fn may_change_reference(self) -> Result<(), Locked> {
        self.unless(self.is_settled(), "reference", "changed")
    }

    /// Checks that the obligation may be deleted.
    ///
    /// # Errors
    ///
    /// [`Locked`] if the obligation is allocated, settled, reversed or of a pool.
    pub fn may_be_deleted(self) -> Result<(), Locked> {
        let is_fixed = self.is_reversed || self.is_of_pool;
        self.unless(self.is_allocated || self.is_settled() || is_fixed, "it", "deleted")
    }

    const fn is_settled(self) -> bool {
        !matches!(self.status, ObligationStatus::Pending | ObligationStatus::Approved)
    }

    const fn unless(
        self,
        locked: bool,
        what: &'static str,
        done: &'static str,
    ) -> Result<(), Locked> {
        let is_free = !self.is_allocated && !self.is_reversed && !self.is_settled();
        let state = if is_free && self.is_of_pool { "a part of a pool" } else { self.state() };
        let error = Locked { noun: "the obligation", state, what, done };
        if locked { Err(error) } else { Ok(()) }
    }

    const fn state(self) -> &'static str {
        match (self.status, self.is_allocated, self.is_reversed) {
            (ObligationStatus::Pending, true, true) => "pending, allocated and reversed",
            (ObligationStatus::Pending, true, false) => "pending and allocated",
            (ObligationStatus::Pending, false, true) => "pending and reversed",
            (ObligationStatus::Approved, true, true) => "approved, allocated and reversed",
            (ObligationStatus::Approved, true, false) => "approved and allocated",
            (ObligationStatus::Approved, false, true) => "approved and reversed",
            (status, ..) => status.name(),
        }
    }
}
