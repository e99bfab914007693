//! Currencies, decimals, rounding and the computations on amounts.

mod currencies;
mod decimals;
mod exchange;
mod percent;
pub(crate) mod rounding;
mod units;
