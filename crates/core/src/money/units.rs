//! The units that payouts are counted in: a currency, or a plain unit such as points.
//!
//! Amounts are whole minor units; a plain unit has no decimals. Amounts are written for people
//! here, but there is no conversion between units, because payouts never change theirs.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::currency::Currency;

/// The most letters that a plain unit may have.
pub const MAX_UNIT_CHARS: usize = 32;

/// The units of a distributor, its obligations and its distributions.
///
/// # Examples
///
/// ```
/// use apportion_core::units::Units;
///
/// let (euro, points): (Units, Units) = ("EUR".parse()?, "points".parse()?);
/// assert_eq!(euro.amount(-1_765), "-17.65 EUR");
/// assert_eq!(points.amount(323), "323 points");
/// # Ok::<(), apportion_core::units::UnitsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Units {
    /// The minor units of a currency.
    Currency(Currency),
    /// Any other unit of 1 to 32 letters, counted in whole ones.
    Plain(PlainUnit),
}

/// The name of a plain unit, of 1 to 32 letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainUnit(String);

/// An error: the text is neither a currency nor a plain unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an ISO 4217 currency code or a unit of 1 to {MAX_UNIT_CHARS} letters")]
pub struct UnitsError;

impl Units {
    /// Returns the currency, or `None` for a plain unit.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        match self {
            Self::Currency(currency) => Some(*currency),
            Self::Plain(_) => None,
        }
    }

    /// Returns the currency that a plain unit spells in other letters than capitals, such as EUR
    /// for `eur`: the unit is hardly meant, as it has no decimals. `None` for every other unit.
    #[must_use]
    pub fn misspelt_currency(&self) -> Option<Currency> {
        match self {
            Self::Currency(_) => None,
            Self::Plain(PlainUnit(name)) => name.to_ascii_uppercase().parse().ok(),
        }
    }

    /// Returns the decimals of the minor unit; 0 for a plain unit.
    #[must_use]
    pub const fn decimals(&self) -> u32 {
        match self {
            Self::Currency(currency) => currency.decimals(),
            Self::Plain(_) => 0,
        }
    }

    /// Returns the code of the currency, or the name of the plain unit.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Currency(currency) => currency.code(),
            Self::Plain(PlainUnit(name)) => name,
        }
    }

    /// Writes an amount of minor units for people: `17.65 EUR`, `1765 JPY`, `-3 points`.
    #[must_use]
    pub fn amount(&self, minor: impl Into<i128>) -> String {
        let minor = minor.into();
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{} {self}", decimal(minor.unsigned_abs(), self.decimals()))
    }
}

/// Writes `magnitude * 10^-decimals` with all of its decimals.
///
/// # Examples
///
/// ```
/// use apportion_core::units::decimal;
///
/// assert_eq!(decimal(5, 2), "0.05");
/// assert_eq!(decimal(1_234, 0), "1234");
/// ```
#[must_use]
pub fn decimal(magnitude: u128, decimals: u32) -> String {
    let width = usize::try_from(decimals).unwrap_or_default();
    let digits = format!("{magnitude:0>least$}", least = width.saturating_add(1));
    match digits.split_at_checked(digits.len().saturating_sub(width)) {
        Some((whole, fraction)) if width > 0 => format!("{whole}.{fraction}"),
        _ => digits,
    }
}

/// An error: a text is not an amount of units with these decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// The text is no number in plain digits.
    #[error("must be an amount in plain digits such as 12000{}", example(*.decimals))]
    NotAnAmount {
        /// The decimals of the units.
        decimals: u32,
    },
    /// There are more decimals than the units have.
    #[error("{}", at_most(*.decimals))]
    TooPrecise {
        /// The decimals of the units.
        decimals: u32,
    },
    /// The amount does not fit.
    #[error("does not fit 64 bits of minor units")]
    Overflow,
}

fn example(decimals: u32) -> String {
    match usize::try_from(decimals).unwrap_or_default() {
        0 => String::new(),
        count => format!(".{}", "0".repeat(count)),
    }
}

fn at_most(decimals: u32) -> String {
    match decimals {
        0 => "must have no decimals".to_owned(),
        1 => "must have at most 1 decimal".to_owned(),
        several => format!("must have at most {several} decimals"),
    }
}

/// Parses an amount that is written with its decimals, as [`decimal`] writes it, into minor units.
///
/// Decimals may be left out at the end. There are no exponents, plus signs or thousands marks, and
/// no decimals that the units do not have, not even zeros: what looks like thousands is no amount.
///
/// # Errors
///
/// [`AmountError`], if the text is no such amount.
///
/// # Examples
///
/// ```
/// use apportion_core::units::parse_amount;
///
/// assert_eq!(parse_amount("-1234.5", 2), Ok(-123_450));
/// assert!(parse_amount("12.000", 2).is_err());
/// ```
pub fn parse_amount(text: &str, decimals: u32) -> Result<i64, AmountError> {
    let wrong = AmountError::NotAnAmount { decimals };
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(wrong),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let is_plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) {
        return Err(wrong);
    }
    let width = usize::try_from(decimals).unwrap_or_default();
    if fraction.len() > width {
        return Err(AmountError::TooPrecise { decimals });
    }
    let sign = if is_negative { "-" } else { "" };
    let zeros = "0".repeat(width.saturating_sub(fraction.len()));
    format!("{sign}{whole}{fraction}{zeros}").parse().map_err(|_| AmountError::Overflow)
}

impl FromStr for Units {
    type Err = UnitsError;

    /// Accepts letters of any script; `eur` is a plain unit and not the currency.
    fn from_str(text: &str) -> Result<Self, UnitsError> {
        let plain = || {
            let fits = (1..=MAX_UNIT_CHARS).contains(&text.chars().count());
            let is_unit = fits && text.chars().all(char::is_alphabetic);
            is_unit.then(|| Self::Plain(PlainUnit(text.to_owned()))).ok_or(UnitsError)
        };
        text.parse().map(Self::Currency).or_else(|_| plain())
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
