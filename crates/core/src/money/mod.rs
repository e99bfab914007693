//! Money: currencies and units, exact decimals and fractions, rounding, and the computations on
//! amounts.
//!
//! A single amount is an `i64` of minor units; sums that may not fit one are `i128`. Spreading an
//! amount over days is [`crate::slicing`]; sharing it among people is [`crate::shares`].

mod amount;
pub mod currency;
pub mod decimal;
pub mod fraction;
pub mod rounding;
pub mod units;

pub use amount::{MoneyError, exchange, percent_of, projected};
