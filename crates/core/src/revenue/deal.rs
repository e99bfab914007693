//! Deals: contracts with a value in some currency, from which all revenue comes.
//!
//! The rules of a draft, the terms that follow from it, and the conversion to the organization's
//! currency. The sums over a deal's revenue distributions are [`crate::deal_totals`].

use chrono::NaiveDate;
use validator::Validate;

use crate::calendar::in_calendar;
use crate::money::currency::{Currency, CurrencyError};
use crate::money::decimal::Rate;
use crate::money::{MoneyError, exchange};
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
use crate::rules::text::MAX_TEXT_CHARS;

names! {
    /// The status of a deal, which decides what its revenue counts as.
    DealStatus {
        /// The deal may be won or lost yet: its revenue is expected, and none is recognised.
        Open = "open",
        /// The deal was made: its revenue is recognised day by day.
        Won = "won",
        /// The deal was not made. Reports and lists of items leave it out unless they are asked for
        /// it.
        Lost = "lost",
    }
}

impl DealStatus {
    /// Returns whether the revenue of such a deal is recognised once its day has come.
    #[must_use]
    pub const fn is_recognised(self) -> bool {
        matches!(self, Self::Won)
    }

    /// Returns whether reports and lists of items leave out such a deal unless they are asked about
    /// the status of deals.
    #[must_use]
    pub const fn is_left_out(self) -> bool {
        matches!(self, Self::Lost)
    }
}

/// A deal as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct DealDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub name: Option<String>,
    /// A code of ISO 4217; `None` means the organization's currency.
    pub currency: Option<String>,
    /// The value in minor units, negative for a credit; `None` means 0.
    pub value: Option<i64>,
    /// The rate in units of `10^-12` as parsed, whether in range or not. Required if the currency
    /// is not the organization's, else `None` or 1.
    pub exchange_rate: Option<i64>,
    /// The day of the rate.
    pub exchange_date: Option<NaiveDate>,
    /// The day of the deal.
    pub date: Option<NaiveDate>,
    /// The last day of the deal, not before `date`.
    pub end_date: Option<NaiveDate>,
    /// The probability in percent, 0 to 100; `None` means 100.
    #[validate(range(min = 0, max = 100))]
    pub probability: Option<i64>,
    /// The name of a [`DealStatus`]; `None` means won.
    pub status: Option<String>,
}

/// A deal that keeps every rule, with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DealTerms {
    /// The name, of 1 to 255 characters.
    pub name: String,
    /// The currency of `value`.
    pub currency: Currency,
    /// The value in minor units of `currency`.
    pub value: i64,
    /// The rate to the organization's currency; `None` if and only if `currency` is that one.
    pub exchange_rate: Option<Rate>,
    /// The day of the rate.
    pub exchange_date: Option<NaiveDate>,
    /// The day of the deal.
    pub date: Option<NaiveDate>,
    /// The last day of the deal, not before `date`.
    pub end_date: Option<NaiveDate>,
    /// The probability in percent, 0 to 100.
    pub probability: i64,
    /// The status.
    pub status: DealStatus,
    /// The value in minor units of the organization's currency.
    pub value_default: i64,
}

/// The money of a deal: all that its distributions are computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealMoney {
    /// The value in minor units of `currency`.
    pub value: i64,
    /// The deal's currency.
    pub currency: Currency,
    /// The rate from `currency` to `default_currency`; `None` if and only if they are the same.
    pub exchange_rate: Option<Rate>,
    /// The organization's currency.
    pub default_currency: Currency,
}

impl DealMoney {
    /// Converts an amount of the deal to minor units of the organization's currency.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Overflow`] if the result does not fit.
    pub fn to_default(&self, amount: i64) -> Result<i64, MoneyError> {
        let rate = self.exchange_rate.unwrap_or(Rate::ONE);
        exchange(amount, rate, self.currency, self.default_currency)
    }
}

impl DealTerms {
    /// Returns the money that the deal's distributions are computed from.
    #[must_use]
    pub const fn money(&self, default_currency: Currency) -> DealMoney {
        let Self { value, currency, exchange_rate, .. } = *self;
        DealMoney { value, currency, exchange_rate, default_currency }
    }
}

impl DealDraft {
    /// Checks every rule of the draft, in an organization with this currency.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self, default_currency: Currency) -> Result<DealTerms, Vec<Fault>> {
        let mut faults = Faults::declared_by(self);
        self.check_dates(&mut faults);
        let status = self.status.as_deref().map_or(Ok(DealStatus::Won), str::parse);
        let status = faults.note("status", status);
        let money = self.money(default_currency, &mut faults);
        let value_default = money.and_then(|money| {
            let converted = money.to_default(money.value);
            faults
                .note("value", converted.map_err(|error| format!("{error} in {default_currency}")))
        });
        let terms = self.terms(money, status, value_default);
        terms.filter(|_| faults.is_empty()).ok_or_else(|| faults.into_vec())
    }

    fn terms(
        &self,
        money: Option<DealMoney>,
        status: Option<DealStatus>,
        value_default: Option<i64>,
    ) -> Option<DealTerms> {
        let DealMoney { value, currency, exchange_rate, .. } = money?;
        Some(DealTerms {
            name: self.name.clone()?,
            currency,
            value,
            exchange_rate,
            exchange_date: self.exchange_date,
            date: self.date,
            end_date: self.end_date,
            probability: self.probability.unwrap_or(100),
            status: status?,
            value_default: value_default?,
        })
    }

    fn check_dates(&self, faults: &mut Faults) {
        let dates = [
            ("date", self.date),
            ("end_date", self.end_date),
            ("exchange_date", self.exchange_date),
        ];
        for (field, date) in dates {
            faults.note(field, date.map(in_calendar).transpose());
        }
        let ends_early = self.end_date.zip(self.date).is_some_and(|(end, start)| end < start);
        faults.note("end_date", if ends_early { Err("must not be before date") } else { Ok(()) });
    }

    fn money(&self, default_currency: Currency, faults: &mut Faults) -> Option<DealMoney> {
        let currency = faults.note("currency", self.currency_or(default_currency));
        let rate =
            faults.note("exchange_rate", self.exchange_rate.map(Rate::from_units).transpose());
        let (currency, rate) = currency.zip(rate)?;
        let rate = faults.note("exchange_rate", fitting_rate(rate, currency == default_currency));
        rate.map(|exchange_rate| DealMoney {
            value: self.value.unwrap_or(0),
            currency,
            exchange_rate,
            default_currency,
        })
    }

    fn currency_or(&self, default_currency: Currency) -> Result<Currency, CurrencyError> {
        self.currency.as_deref().map_or(Ok(default_currency), str::parse)
    }
}

/// Returns the rate to store: `None` if both currencies are the same, else the rate that must be
/// given.
fn fitting_rate(rate: Option<Rate>, same_currency: bool) -> Result<Option<Rate>, &'static str> {
    match (rate, same_currency) {
        (None | Some(Rate::ONE), true) => Ok(None),
        (Some(_), true) => Err("must be absent, null or 1 if the currency is the organization's"),
        (Some(rate), false) => Ok(Some(rate)),
        (None, false) => Err("is required if the currency is not the organization's"),
    }
}
