//! The rules of Apportion: money, the calendar, revenue spread over days, and payouts shared to the
//! cent.
//!
//! Everything here is pure and deterministic: there is no database, HTTP, clock, logging or
//! floating point. Rows and dates are passed in as arguments, and plain values are returned. Embed
//! this crate to compute the figures of the service without running it.
//!
//! Every computation rounds its exact result once, **half away from zero** ([`rounding`]). Only
//! the shares of a pool are not rounded: they are found by largest remainder ([`shares`]). One
//! function, [`engine::plan()`], decides what is paid and when.
//!
//! # Example
//!
//! Half of a deal of 100.00 EUR is earned over ten days, and shown in the organization's dollars:
//!
//! ```
//! use apportion_core::calendar::{DateRange, Period};
//! use apportion_core::currency::Currency;
//! use apportion_core::deal::DealMoney;
//! use apportion_core::revenue_distribution::RevenueDistributionTerms;
//! use apportion_core::slicing::SpreadAmount;
//! use chrono::NaiveDate;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let day = |text: &str| text.parse::<NaiveDate>();
//! let eur: Currency = "EUR".parse()?;
//! let usd: Currency = "USD".parse()?;
//!
//! let deal = DealMoney {
//!     value: 10_000,
//!     currency: eur,
//!     exchange_rate: Some("1.0833".parse()?),
//!     default_currency: usd,
//! };
//! let terms = RevenueDistributionTerms {
//!     range: DateRange::new(day("2025-06-26")?, day("2025-07-05")?)?,
//!     percent: "50".parse()?,
//! };
//!
//! let amounts = terms.amounts(&deal)?;
//! assert_eq!((amounts.amount, amounts.amount_default), (5_000, 5_417));
//!
//! // The total is converted once and then sliced, so the months add up to the cent.
//! let span = SpreadAmount { range: terms.range, total: amounts.amount_default };
//! let months: Vec<i64> = span.by_period(Period::Month).map(|slice| slice.amount).collect();
//! assert_eq!(months, [2_709, 2_708]);
//! assert_eq!(span.slice(day("2025-07-05")?), Some(542));
//! # Ok(())
//! # }
//! ```

pub mod calendar;
pub mod checks;
pub mod money;
mod parties;
mod payouts;
mod revenue;
mod rules;

pub use calendar::{day_set, day_span, schedule, window};
pub use money::{currency, decimal, fraction, rounding, units};
pub use parties::{collaborator, organization, person, token};
pub use payouts::sharing::{share_explanation, share_rule, shares};
pub use payouts::{
    accumulation, allocation, distribution, distribution_refund, distributor, engine, metric,
    metric_credit, obligation, resolver, settlement, uncounted,
};
pub use revenue::{
    deal, deal_totals, recognition, report, revenue_distribution, revenue_item, revenue_item_page,
    slicing,
};
pub use rules::{event, fault, id, names, refusal, text};
