//! Revenue distributions: a percentage of a deal's value, spread over calendar days.
//!
//! The rules of a draft and the amounts that follow from the deal. The daily slices are
//! [`crate::slicing`]. The distributions of one deal may overlap and may add up to more than the
//! deal.

use chrono::NaiveDate;

use crate::calendar::{CalendarError, DateRange, MAX_DAYS, in_calendar};
use crate::money::decimal::Percent;
use crate::money::{MoneyError, percent_of};
use crate::revenue::deal::DealMoney;
use crate::rules::fault::{Fault, Faults};

/// A distribution as a client describes it; `None` means null or absent, and all fields are
/// required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevenueDistributionDraft {
    /// The first day.
    pub start_on: Option<NaiveDate>,
    /// The last day: not before the first, and at most the 36,525th day counted from it.
    pub end_on: Option<NaiveDate>,
    /// The percentage in units of `10^-10` percent as parsed, whether in range or not; it must be
    /// above 0 and below `10^8` percent.
    pub amount_percent: Option<i64>,
}

/// A distribution that keeps every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueDistributionTerms {
    /// The days that the amounts are spread over.
    pub range: DateRange,
    /// The percentage of the deal's value.
    pub percent: Percent,
}

/// The amounts of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// The amount in minor units of the deal's currency.
    pub amount: i64,
    /// The amount in minor units of the organization's currency.
    pub amount_default: i64,
}

impl RevenueDistributionDraft {
    /// Checks every rule of the draft.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self) -> Result<RevenueDistributionTerms, Vec<Fault>> {
        let mut faults = Faults::default();
        let start = faults.required("start_on", self.start_on.map(in_calendar));
        let end = faults.required("end_on", self.end_on.map(in_calendar));
        let percent =
            faults.required("amount_percent", self.amount_percent.map(Percent::from_units));
        let range = start.zip(end).and_then(|(start, end)| {
            faults.note("end_on", DateRange::new(start, end).map_err(end_fault))
        });
        match (range, percent) {
            (Some(range), Some(percent)) => Ok(RevenueDistributionTerms { range, percent }),
            _ => Err(faults.into_vec()),
        }
    }
}

fn end_fault(error: CalendarError) -> String {
    match error {
        CalendarError::EndBeforeStart => "must not be before start_on".to_owned(),
        CalendarError::TooLong => {
            format!("must be within {MAX_DAYS} days of start_on, both days counted")
        }
        other @ CalendarError::OutOfCalendar => other.to_string(),
    }
}

impl RevenueDistributionTerms {
    /// Computes the amounts of the distribution from a deal.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if an amount does not fit `i64`.
    pub fn amounts(&self, deal: &DealMoney) -> Result<Amounts, Fault> {
        Amounts::from_percent(self.percent, deal)
            .map_err(|error| Fault::new("amount_percent", format!("makes an amount that {error}")))
    }
}

impl Amounts {
    /// Computes `amount = round(value * percent / 100)` from a deal, and exchanges that amount.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if either amount does not fit.
    pub fn from_percent(percent: Percent, deal: &DealMoney) -> Result<Self, MoneyError> {
        let amount = percent_of(deal.value, percent)?;
        Ok(Self { amount, amount_default: deal.to_default(amount)? })
    }
}
