//! Exact fixed-point decimals: percentages and exchange rates, read and written without floats.
//!
//! A decimal is an `i64` count of units of `10^-scale`. Text is read as JSON writes numbers, with
//! two liberties: leading zeros, and zeros past the scale. Arithmetic on decimals is not here; see
//! [`crate::money`].

use std::fmt;
use std::iter;
use std::str::FromStr;

use thiserror::Error;

/// Digits that a scaled decimal may have, so that every one of them fits `i64`.
const MAX_DIGITS: u32 = 18;

/// Why a text or a number is not a decimal that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// The text is not a number, or not a finite one.
    #[error("must be a decimal number")]
    NotANumber,
    /// There are non-zero digits past the last decimal that is kept.
    #[error("must have at most {scale} decimals")]
    TooPrecise {
        /// How many decimals are kept.
        scale: u32,
    },
    /// The number is past the largest one that is kept.
    #[error("is too large")]
    TooLarge,
    /// The number is zero or less where only more makes sense.
    #[error("must be greater than 0")]
    NotPositive,
}

/// Reads a decimal exactly into units of `10^-scale`; the result has at most 18 digits.
///
/// Accepts an optional `-`, digits, an optional fraction and an optional exponent. Costs one pass
/// over the text whatever the exponent says.
///
/// # Errors
///
/// [`DecimalError::NotANumber`], [`DecimalError::TooPrecise`] for a non-zero digit past the scale,
/// [`DecimalError::TooLarge`] for 10^18 units and more.
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

/// The parts of an unsigned decimal: `whole.fraction * 10^exponent`, digits only.
struct Number<'a> {
    whole: &'a str,
    fraction: &'a str,
    /// Saturated: no text is long enough for the difference to show.
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

    /// The sum of digit times power of ten, each digit looked at once.
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

/// One digit in its place, in units: below 10^18, and 18 places together are below 10^18 too.
fn place(digit: u32, power: i64, scale: u32) -> Result<i64, DecimalError> {
    match u32::try_from(power) {
        Ok(power) if power < MAX_DIGITS => {
            Ok(i64::from(digit).saturating_mul(10_i64.saturating_pow(power)))
        }
        Err(_) if power < 0 => Err(DecimalError::TooPrecise { scale }),
        _ => Err(DecimalError::TooLarge),
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

/// Writes units of `10^-scale` in shortest form with at least one decimal: `100.0`, `-0.5`.
///
/// Every `i64` can be written, at any scale from 0 to 18.
///
/// # Errors
///
/// Only those of the writer.
///
/// # Panics
///
/// When `scale` is above 18: nothing is kept with more decimals.
pub fn format_units(units: i64, scale: u32, f: &mut impl fmt::Write) -> fmt::Result {
    assert!(scale <= MAX_DIGITS, "decimals have at most 18 digits");
    let sign = if units < 0 { "-" } else { "" };
    let (whole, fraction) = split(units.unsigned_abs(), scale);
    let padded = format!("{fraction:0width$}", width = usize::try_from(scale).unwrap_or_default());
    let shortest = match padded.trim_end_matches('0') {
        "" => "0",
        kept => kept,
    };
    write!(f, "{sign}{whole}.{shortest}")
}

#[expect(clippy::arithmetic_side_effects, reason = "the divisor is 10^0..=10^18: fits, not zero")]
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
            /// How many decimals are kept.
            pub const SCALE: u32 = $scale;

            /// From units of `10^-SCALE`.
            ///
            /// # Errors
            ///
            /// [`DecimalError::NotPositive`] or, from 10^18 units on, [`DecimalError::TooLarge`].
            pub const fn from_units(units: i64) -> Result<Self, DecimalError> {
                match units {
                    ..=0 => Err(DecimalError::NotPositive),
                    1..1_000_000_000_000_000_000 => Ok(Self(units)),
                    _ => Err(DecimalError::TooLarge),
                }
            }

            /// The number in units of `10^-SCALE`, above 0 and below 10^18.
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
    /// A percentage `0 < p < 10^8` with at most 10 decimals; more than 100 is legal.
    Percent, 10
}

positive_decimal! {
    /// An exchange rate `0 < r < 10^6` with at most 12 decimals, from a deal's currency to its
    /// organization's.
    Rate, 12
}

impl Percent {
    /// All of it: 100 percent.
    pub const WHOLE: Self = Self(1_000_000_000_000);
}

impl Rate {
    /// The rate between a currency and itself.
    pub const ONE: Self = Self(1_000_000_000_000);
}
