//! Revenue distributions: a percentage of a deal's value, spread over calendar days.
//!
//! The rules of a draft and the amounts that follow from the deal. The days are
//! [`crate::slicing`]; distributions of one deal may overlap and may exceed it together.

use chrono::NaiveDate;

use crate::calendar::{CalendarError, DateRange, in_calendar};
use crate::money::decimal::Percent;
use crate::money::{MoneyError, percent_of};
use crate::revenue::deal::DealMoney;
use crate::rules::fault::{Fault, Faults};

/// A distribution as a client describes it; `None` is null or absent, and all are required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevenueDistributionDraft {
    /// The first day.
    pub start_on: Option<NaiveDate>,
    /// The last day, not before the first, and at most the 36,525th.
    pub end_on: Option<NaiveDate>,
    /// Units of `10^-10` percent as read, in range or not; must be `0 < p < 10^8` percent.
    pub amount_percent: Option<i64>,
}

/// A distribution that keeps every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueDistributionTerms {
    /// The days it is spread over.
    pub range: DateRange,
    /// The part of the deal's value.
    pub percent: Percent,
}

/// What a distribution comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// Minor units of the deal's currency.
    pub amount: i64,
    /// Minor units of the organization's currency.
    pub amount_default: i64,
}

impl RevenueDistributionDraft {
    /// Checks every rule.
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
        other => other.to_string(),
    }
}

impl RevenueDistributionTerms {
    /// What the distribution comes to on this deal.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where an amount does not fit `i64`.
    pub fn amounts(&self, deal: &DealMoney) -> Result<Amounts, Fault> {
        Amounts::from_percent(self.percent, deal)
            .map_err(|error| Fault::new("amount_percent", format!("makes an amount that {error}")))
    }
}

impl Amounts {
    /// A percentage of a deal: `amount = round(value * percent / 100)`, and that amount exchanged.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] where either does not fit.
    pub fn from_percent(percent: Percent, deal: &DealMoney) -> Result<Self, MoneyError> {
        let amount = percent_of(deal.value, percent)?;
        Ok(Self { amount, amount_default: deal.to_default(amount)? })
    }
}
