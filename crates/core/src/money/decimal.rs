//! Exact fixed-point decimals: percentages and exchange rates, parsed and written without floats.
//!
//! A decimal is an `i64` count of units of `10^-scale`. Text is parsed as JSON writes numbers, but
//! leading zeros, and zeros past the scale, are accepted too. Arithmetic on decimals is not here;
//! see [`crate::money`].

use std::fmt;
use std::iter;
use std::str::FromStr;

use thiserror::Error;

/// The most digits that a scaled decimal may have; every such decimal fits `i64`.
const MAX_DIGITS: u32 = 18;

/// An error: a text or a number is not a decimal that can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// The text is not a finite number.
    #[error("must be a decimal number")]
    NotANumber,
    /// There are non-zero digits past the last decimal that is stored.
    #[error("must have at most {scale} decimals")]
    TooPrecise {
        /// The number of decimals that are stored.
        scale: u32,
    },
    /// The number has more digits before the decimal point than can be stored.
    #[error("must have at most {} digits before the decimal point", whole_digits(*.scale))]
    TooLarge {
        /// The number of decimals that are stored.
        scale: u32,
    },
    /// The number is 0 or less, but must be positive.
    #[error("must be greater than 0")]
    NotPositive,
}

/// Returns the most digits that a decimal may have before its point.
const fn whole_digits(scale: u32) -> u32 {
    MAX_DIGITS.saturating_sub(scale)
}

/// Parses a decimal exactly into units of `10^-scale`; the result has at most 18 digits.
///
/// Accepts an optional `-`, digits, an optional fraction and an optional exponent. Takes one pass
/// over the text, whatever the exponent.
///
/// # Errors
///
/// [`DecimalError::NotANumber`], [`DecimalError::TooPrecise`] for a non-zero digit past the scale,
/// and [`DecimalError::TooLarge`] for 10^18 units or more.
///
/// # Examples
///
/// ```
/// use apportion_core::decimal::parse_units;
///
/// assert_eq!(parse_units("33.33", 10), Ok(333_300_000_000));
/// assert_eq!(parse_units("-5e-1", 1), Ok(-5));
/// ```
pub fn parse_units(text: &str, scale: u32) -> Result<i64, DecimalError> {
    let unsigned = text.strip_prefix('-');
    let number = Number::read(unsigned.unwrap_or(text)).ok_or(DecimalError::NotANumber)?;
    let units = number.units(scale)?;
    Ok(if unsigned.is_some() { units.saturating_neg() } else { units })
}

/// The parts of an unsigned decimal, `whole.fraction * 10^exponent`, as texts of digits.
struct Number<'a> {
    whole: &'a str,
    fraction: &'a str,
    /// Saturates; no text is long enough for that to change the result.
    exponent: i64,
}

impl<'a> Number<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (digits(whole)?, digits(fraction)?),
            None => (digits(mantissa)?, ""),
        };
        Some(Self { whole, fraction, exponent })
    }

    /// Adds up each digit times its power of ten, visiting each digit once.
    fn units(&self, scale: u32) -> Result<i64, DecimalError> {
        let whole_digits = i64::try_from(self.whole.len()).unwrap_or(i64::MAX);
        let above_first =
            self.exponent.saturating_add(whole_digits).saturating_add(i64::from(scale));
        let powers = iter::successors(Some(above_first), |power| Some(power.saturating_sub(1)));
        self.whole
            .chars()
            .chain(self.fraction.chars())
            .filter_map(|digit| digit.to_digit(10))
            .zip(powers.skip(1))
            .filter(|(digit, _)| *digit != 0)
            .try_fold(0, |sum, (digit, power)| Ok(place(digit, power, scale)?.saturating_add(sum)))
    }
}

/// Returns the value of one digit at its place, in units.
///
/// A value is below 10^18, and so is the sum of the values at 18 different places.
fn place(digit: u32, power: i64, scale: u32) -> Result<i64, DecimalError> {
    match u32::try_from(power) {
        Ok(power) if power < MAX_DIGITS => {
            Ok(i64::from(digit).saturating_mul(10_i64.saturating_pow(power)))
        }
        Err(_) if power < 0 => Err(DecimalError::TooPrecise { scale }),
        _ => Err(DecimalError::TooLarge { scale }),
    }
}

fn digits(text: &str) -> Option<&str> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then_some(text)
}

fn read_exponent(text: &str) -> Option<i64> {
    let (magnitude, far) = match text.strip_prefix('-') {
        Some(magnitude) => (magnitude, i64::MIN),
        None => (text.strip_prefix('+').unwrap_or(text), i64::MAX),
    };
    digits(magnitude)?;
    Some(text.parse().unwrap_or(far))
}

/// Writes units of `10^-scale` in the shortest form with at least one decimal: `100.0`, `-0.5`.
///
/// Every `i64` can be written, at any scale from 0 to 18.
///
/// # Errors
///
/// Only the errors of the writer.
///
/// # Panics
///
/// If `scale` is above 18, which no decimal of this crate has.
pub fn format_units(units: i64, scale: u32, f: &mut impl fmt::Write) -> fmt::Result {
    assert!(scale <= MAX_DIGITS, "a scale must be at most 18");
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) = split(units.unsigned_abs(), scale);
    let padded = format!("{fraction:0width$}", width = usize::try_from(scale).unwrap_or_default());
    let shortest = match padded.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    write!(f, "{sign}{whole}.{shortest}")
}

#[expect(clippy::arithmetic_side_effects, reason = "the divisor is 10^0..=10^18, which fits")]
fn split(units: u64, scale: u32) -> (u64, u64) {
    let one = 10_u64.pow(scale);
    (units / one, units % one)
}

/// Defines a positive fixed-point number of at most 18 digits.
macro_rules! positive_decimal {
    ($(#[$doc:meta])* $name:ident, $scale:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The number of decimals that are stored.
            pub const SCALE: u32 = $scale;

            /// Creates a number from units of `10^-SCALE`.
            ///
            /// # Errors
            ///
            /// [`DecimalError::NotPositive`] for 0 or less, and [`DecimalError::TooLarge`] for
            /// 10^18 units or more.
            pub const fn from_units(units: i64) -> Result<Self, DecimalError> {
                match units {
                    ..=0 => Err(DecimalError::NotPositive),
                    1..1_000_000_000_000_000_000 => Ok(Self(units)),
                    _ => Err(DecimalError::TooLarge { scale: $scale }),
                }
            }

            /// Returns the number in units of `10^-SCALE`, above 0 and below 10^18.
            #[must_use]
            pub const fn units(self) -> i64 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = DecimalError;

            fn from_str(text: &str) -> Result<Self, DecimalError> {
                Self::from_units(parse_units(text, Self::SCALE)?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                format_units(self.0, Self::SCALE, f)
            }
        }
    };
}

positive_decimal! {
    /// A percentage `0 < p < 10^8` with at most 10 decimals; more than 100 percent is allowed.
    Percent, 10
}

positive_decimal! {
    /// An exchange rate `0 < r < 10^6` with at most 12 decimals, from a deal's currency to its
    /// organization's.
    Rate, 12
}

impl Percent {
    /// The whole: 100 percent.
    pub const WHOLE: Self = Self(1_000_000_000_000);
}

impl Rate {
    /// The rate between a currency and itself.
    pub const ONE: Self = Self(1_000_000_000_000);
}
