//! The computations on amounts: percentages, projections and exchanges.
//!
//! Amounts are `i64` minor units. Products are exact in `i128` and rounded once by
//! [`divide_half_away`]; a result that does not fit `i64` is an error and never wraps or saturates.
//! Spreading an amount over days is [`crate::slicing`].

use thiserror::Error;

use crate::money::currency::Currency;
use crate::money::decimal::{Percent, Rate};
use crate::money::rounding::divide_half_away;

/// An error: an amount cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// The exact result does not fit `i64`.
    #[error("does not fit 64 bits of minor units")]
    Overflow,
}

/// The units of [`Percent`] in the whole, which is 100 percent.
const WHOLE: i128 = 100 * 10_i128.pow(Percent::SCALE);

/// Returns `round(value * percent / 100)`, in the minor units of `value`.
///
/// # Errors
///
/// [`MoneyError::Overflow`] if the result does not fit, which takes more than 100 percent.
///
/// # Examples
///
/// ```
/// use apportion_core::money::percent_of;
///
/// assert_eq!(percent_of(1_000, "33.33".parse()?)?, 333);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn percent_of(value: i64, percent: Percent) -> Result<i64, MoneyError> {
    rounded(product(value, percent.units()), WHOLE)
}

/// Converts an amount: `round(amount * rate * 10^(decimals of to - decimals of from))`, in minor
/// units of `to`.
///
/// # Errors
///
/// [`MoneyError::Overflow`] if the result does not fit.
///
/// # Examples
///
/// ```
/// use apportion_core::money::exchange;
///
/// let (yen, euro) = ("JPY".parse()?, "EUR".parse()?);
/// assert_eq!(exchange(1_000, "0.0061".parse()?, yen, euro)?, 610);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn exchange(amount: i64, rate: Rate, from: Currency, to: Currency) -> Result<i64, MoneyError> {
    rounded(product(amount, rate.units()), units_per_minor(from, to))
}

/// Returns the part of an amount that can be expected: `round(amount * probability / 100)`.
///
/// The probability is in percent and clamped to `0..=100`, which the probability of a deal always
/// is. So the result is never larger than the amount and always fits.
///
/// # Examples
///
/// ```
/// use apportion_core::money::projected;
///
/// assert_eq!(projected(-250, 33), -83);
/// ```
#[must_use]
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "whole * probability is at most the amount, and rest * probability at most 9,900"
)]
pub fn projected(amount: i64, probability: i64) -> i64 {
    let probability = probability.clamp(0, 100);
    let (whole, rest) = (amount / 100, amount % 100);
    whole * probability + (rest * probability + 50 * rest.signum()) / 100
}

/// Returns the divisor of an exchange: 10 to the power of the decimals of a rate, plus those of
/// `from`, less those of `to`. It is a whole number, so that an amount is never scaled up first.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "currencies have at most 4 decimals, so the exponent is from 12 - 4 to 12 + 4"
)]
fn units_per_minor(from: Currency, to: Currency) -> i128 {
    10_i128.pow(Rate::SCALE + from.decimals() - to.decimals())
}

#[expect(clippy::arithmetic_side_effects, reason = "2^63 * 2^63 is below 2^127")]
fn product(amount: i64, units: i64) -> i128 {
    i128::from(amount) * i128::from(units)
}

fn rounded(numerator: i128, denominator: i128) -> Result<i64, MoneyError> {
    i64::try_from(divide_half_away(numerator, denominator)).map_err(|_| MoneyError::Overflow)
}
