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

/// An obligation as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct ObligationDraft {
    /// Pending or approved; `None` means pending.
    pub status: Option<String>,
    /// At most 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub award_type: Option<String>,
    /// The value in minor units, not 0, negative for a clawback. Required, except for a reversal,
    /// where `None` means the negative of the reversed value.
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
    /// Whether it belongs to the distributor of the new one.
    pub is_of_distributor: bool,
    /// Whether it belongs to the collaborator of the new one.
    pub is_of_collaborator: bool,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
    /// Whether another obligation reverses it already.
    pub is_reversed: bool,
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
        let value = self.value.map(Ok).or_else(|| reversed.map(ReversedObligation::negative));
        let value = faults.required("value", value);
        match (status, value) {
            (Some(status), Some(value)) if faults.is_empty() => Ok(self.terms(status, value)),
            _ => Err(faults.into_vec()),
        }
    }

    /// Checks every rule of an existing obligation that changes.
    ///
    /// The status itself is checked by [`ObligationState::may_become`].
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check_changed(&self, status: ObligationStatus) -> Result<ObligationTerms, Vec<Fault>> {
        let unstated = Self { status: None, ..self.clone() };
        unstated.check(None).map(|terms| ObligationTerms { status, ..terms })
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
            (!self.is_reversed, "must not be reversed already"),
        ];
        let broken = rules.into_iter().find(|(holds, _)| !holds);
        broken.map_or(Ok(()), |(_, message)| Err(message))
    }

    fn negative(self) -> Result<i64, &'static str> {
        let unfit = "is required, because the negative of the reversed value does not fit 64 bits";
        self.value.checked_neg().ok_or(unfit)
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
}

impl ObligationState {
    /// Checks a change of status. Keeping the status is always allowed. A pending obligation may
    /// be approved, rejected or cancelled. An approved one may be fulfilled and, unless it is
    /// allocated, rejected or cancelled.
    ///
    /// # Errors
    ///
    /// [`Refused`] for every other change.
    pub fn may_become(self, to: ObligationStatus) -> Result<(), Refused> {
        use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
        let is_allowed = match (self.status, to) {
            (from, to) if from == to => true,
            (Pending, Approved | Rejected | Cancelled) | (Approved, Fulfilled) => true,
            (Approved, Rejected | Cancelled) => !self.is_allocated,
            _ => false,
        };
        let refused = Refused { noun: "the obligation", from: self.state(), to: to.name() };
        if is_allowed { Ok(()) } else { Err(refused) }
    }

    /// Checks a change of the field `what`: the value, award type, reason or due date.
    ///
    /// # Errors
    ///
    /// [`Locked`] if the obligation is allocated or settled.
    pub fn may_change(self, what: &'static str) -> Result<(), Locked> {
        self.unless(self.is_allocated || self.is_settled(), what, "changed")
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
    /// [`Locked`] if the obligation is allocated or settled.
    pub fn may_be_deleted(self) -> Result<(), Locked> {
        self.unless(self.is_allocated || self.is_settled(), "it", "deleted")
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
        let error = Locked { noun: "the obligation", state: self.state(), what, done };
        if locked { Err(error) } else { Ok(()) }
    }

    const fn state(self) -> &'static str {
        match (self.status, self.is_allocated) {
            (ObligationStatus::Pending, true) => "pending and allocated",
            (ObligationStatus::Approved, true) => "approved and allocated",
            (status, _) => status.name(),
        }
    }
}
