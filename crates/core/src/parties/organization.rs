//! Organizations: the tenants, each with a default currency and a time zone.
//!
//! The rules of a draft, and the day that is today for an organization. The operator creates
//! organizations; the API cannot.

use std::fmt::Display;

use chrono::{NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use validator::{Validate, ValidationError};

use crate::money::currency::Currency;
use crate::rules::fault::{Fault, Faults};
use crate::rules::text::{MAX_TEXT_CHARS, is_legible};

/// An organization as the operator describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct OrganizationDraft {
    /// The name: 1 to 255 characters, no control characters, and not only blanks.
    #[validate(
        length(min = 1, max = MAX_TEXT_CHARS),
        non_control_character,
        custom(function = is_legible)
    )]
    pub name: String,
    /// The default currency, a code of ISO 4217.
    #[validate(custom(function = is_currency))]
    pub currency: String,
    /// A zone of the IANA database, such as `Europe/Berlin`; it decides which day is today.
    #[validate(custom(function = is_time_zone))]
    pub time_zone: String,
}

/// An organization that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationTerms {
    /// 1 to 255 characters.
    pub name: String,
    /// The default currency.
    pub currency: Currency,
    /// A zone of the IANA database.
    pub time_zone: String,
}

impl OrganizationDraft {
    /// Checks every rule of the draft.
    ///
    /// # Errors
    ///
    /// All faults at once, sorted by field.
    pub fn check(&self) -> Result<OrganizationTerms, Vec<Fault>> {
        let faults = Faults::declared_by(self);
        match self.currency.parse() {
            Ok(currency) if faults.is_empty() => {
                let Self { name, time_zone, .. } = self.clone();
                Ok(OrganizationTerms { name, currency, time_zone })
            }
            _ => Err(faults.into_vec()),
        }
    }
}

fn is_currency(code: &str) -> Result<(), ValidationError> {
    code.parse::<Currency>().map(|_| ()).map_err(|error| broken("currency", error))
}

fn is_time_zone(name: &str) -> Result<(), ValidationError> {
    let message = "must be an IANA time zone such as Europe/Berlin";
    name.parse::<Tz>().map(|_| ()).map_err(|_| broken("time_zone", message))
}

fn broken(rule: &'static str, message: impl Display) -> ValidationError {
    ValidationError::new(rule).with_message(message.to_string().into())
}

/// Returns the date in a time zone of the IANA database at an instant in UTC.
///
/// An unknown zone is taken for UTC.
#[must_use]
pub fn today(time_zone: &str, now: NaiveDateTime) -> NaiveDate {
    let zone: Tz = time_zone.parse().unwrap_or(Tz::UTC);
    zone.from_utc_datetime(&now).date_naive()
}
