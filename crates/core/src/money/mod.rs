//! Money: currencies, exact decimals, the one rounding, and the computations on amounts.
//!
//! Amounts are `i64` minor units everywhere. Spreading an amount over days is [`crate::slicing`];
//! sharing it among people is [`crate::shares`].

mod amount;
pub mod currency;
pub mod decimal;
pub mod fraction;
pub mod rounding;
pub mod units;

pub use amount::{MoneyError, exchange, percent_of, projected};
