//! Settlements: the record that obligations were paid outside, many at once.
//!
//! Only the rules of a draft. How fulfilling an obligation settles its allocation is
//! [`crate::distribution::TriggeredDistribution`]; that the obligations are approved and allocated
//! is ensured by the store.

use chrono::NaiveDate;
use validator::Validate;

use crate::calendar::in_calendar;
use crate::rules::fault::{Fault, Faults};
use crate::rules::text::MAX_TEXT_CHARS;

/// A settlement as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct SettlementDraft {
    /// A name of the payment in another system, which each obligation gets that has none; at most
    /// 255 characters, no control characters.
    #[validate(length(max = MAX_TEXT_CHARS), non_control_character)]
    pub reference: Option<String>,
    /// The day of the payment; `None` means today.
    pub settled_on: Option<NaiveDate>,
}

/// A settlement that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementTerms {
    /// A name of the payment in another system.
    pub reference: Option<String>,
    /// The day of the payment.
    pub settled_on: NaiveDate,
}

impl SettlementDraft {
    /// Checks every rule of the draft, on the date `today` of the organization's time zone.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self, today: NaiveDate) -> Result<SettlementTerms, Vec<Fault>> {
        let mut faults = Faults::declared_by(self);
        let settled_on = faults.note("settled_on", in_calendar(self.settled_on.unwrap_or(today)));
        match settled_on {
            Some(settled_on) if faults.is_empty() => {
                Ok(SettlementTerms { reference: self.reference.clone(), settled_on })
            }
            _ => Err(faults.into_vec()),
        }
    }
}
