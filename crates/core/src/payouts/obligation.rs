//! Obligations: what is owed to a collaborator, or, below zero, to be taken back from them.
//!
//! The rules of a draft and of every later change. When obligations are paid is
//! [`crate::accumulation`]; that reversals are of rows that exist, the store sees.

use chrono::NaiveDate;
use validator::{Validate, ValidationError};

use crate::calendar::in_calendar;
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
use crate::rules::refusal::{Locked, Refused};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, MAX_TEXT_CHARS, without_nul};

/// The kind of award of the obligations that a shared pool makes.
pub const DISTRIBUTION_AWARD: &str = "distribution";

names! {
    /// How far an obligation is.
    ObligationStatus {
        /// To be approved.
        Pending = "pending",
        /// To be paid.
        Approved = "approved",
        /// Paid.
        Fulfilled = "fulfilled",
        /// Not owed after all.
        Rejected = "rejected",
        /// Taken back by who made it.
        Cancelled = "cancelled",
    }
}

/// An obligation as a client describes it; `None` is null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct ObligationDraft {
    /// Pending or approved; pending where `None`.
    pub status: Option<String>,
    /// At most 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub award_type: Option<String>,
    /// Minor units, not 0, negative for a clawback. Required, but of a reversal: there minus what
    /// it reverses where `None`.
    #[validate(custom(function = not_zero))]
    pub value: Option<i64>,
    /// At most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub reason: Option<String>,
    /// What the payment is called elsewhere; at most 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

/// The obligation that another one reverses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReversedObligation {
    /// What it is worth, in minor units.
    pub value: i64,
    /// Whether it is of the same distributor.
    pub is_of_distributor: bool,
    /// Whether it is of the same collaborator.
    pub is_of_collaborator: bool,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
    /// Whether another obligation reverses it already.
    pub is_reversed: bool,
}

/// An obligation that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationTerms {
    /// As drafted.
    pub status: ObligationStatus,
    /// What kind of award it is.
    pub award_type: Option<String>,
    /// Minor units, not 0.
    pub value: i64,
    /// Why it is owed.
    pub reason: Option<String>,
    /// What the payment is called elsewhere.
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

impl ObligationDraft {
    /// Checks every rule of a new obligation, with what it reverses.
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

    /// Checks every rule of an obligation that is there; its status is [`ObligationState::may_become`]'s.
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
        let unfit = "must be given, since the negative of what it reverses does not fit 64 bits";
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

/// An obligation as it is: all that decides what may still be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObligationState {
    /// How far it is.
    pub status: ObligationStatus,
    /// Whether a distribution covers it.
    pub is_allocated: bool,
}

impl ObligationState {
    /// Checks a change of status; to the same one is none.
    ///
    /// # Errors
    ///
    /// [`Refused`]: what is final stays, and what is approved and allocated can only be fulfilled.
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

    /// Checks that value, award type, reason or due date, whichever is named, may be changed.
    ///
    /// # Errors
    ///
    /// [`Locked`] once it is allocated or settled.
    pub fn may_change(self, what: &'static str) -> Result<(), Locked> {
        self.unless(self.is_allocated || self.is_settled(), what, "changed")
    }

    /// Checks that the external reference may be changed, as it may until the obligation is
    /// settled, and with that.
    ///
    /// # Errors
    ///
    /// [`Locked`] once it is settled.
    pub fn may_change_reference(self) -> Result<(), Locked> {
        self.unless(self.is_settled(), "reference", "changed")
    }

    /// Checks that it may be deleted.
    ///
    /// # Errors
    ///
    /// [`Locked`] once it is allocated or settled.
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
