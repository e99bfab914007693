//! Apportion's rules: money, the calendar, revenue spread over days, payouts shared to the cent.
//!
//! Everything here is pure and deterministic: no database, no HTTP, no clock, no logging, and no
//! floating point. Rows and dates enter as arguments, plain values come out. Embed this crate to
//! get the figures of the service without the service.
//!
//! One rule stands behind every figure: **round half away from zero, once, on an exact value**
//! ([`rounding`]); pools are shared by largest remainder ([`shares`]), and what is paid when is one
//! function, [`engine::plan()`].
//!
//! # Example
//!
//! Half of a deal of 100.00 EUR, earned over ten days, in the dollars of the organization:
//!
//! ```
//! use apportion_core::calendar::{DateRange, Period};
//! use apportion_core::currency::Currency;
//! use apportion_core::deal::DealMoney;
//! use apportion_core::revenue_distribution::RevenueDistributionTerms;
//! use apportion_core::slicing::Span;
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
//! let span = Span { range: terms.range, total: amounts.amount_default };
//! let months: Vec<i64> = span.by_period(Period::Month).map(|slice| slice.amount).collect();
//! assert_eq!(months, [2_709, 2_708]);
//! assert_eq!(span.slice(day("2025-07-05")?), Some(542));
//! # Ok(())
//! # }
//! ```

pub mod accrual;
pub mod accumulation;
pub mod allocation;
pub mod calendar;
pub mod collaborator;
pub mod currency;
pub mod day_span;
pub mod deal;
pub mod decimal;
pub mod distributed;
pub mod distribution;
pub mod distributor;
pub mod engine;
pub mod event;
pub mod fault;
pub mod fraction;
pub mod id;
pub mod law;
pub mod metric;
pub mod metric_credit;
pub mod money;
pub mod named;
pub mod obligation;
pub mod organization;
pub mod person;
pub mod report;
pub mod resolver;
pub mod revenue_distribution;
pub mod revenue_item;
pub mod revenue_item_page;
pub mod rounding;
pub mod schedule;
pub mod share_explanation;
pub mod shares;
pub mod sharing;
pub mod slicing;
pub mod state;
mod text;
pub mod units;
pub mod window;
