//! Currencies of ISO 4217 and the decimals of their minor units.
//!
//! Only currencies in which money can be counted: gold (`XAU`), the code for tests (`XTS`) and the
//! others to which ISO 4217 gives no minor unit are refused. There are no symbols, names or
//! exchange rates here.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A currency of ISO 4217 that has a minor unit. Currencies sort by code.
///
/// # Examples
///
/// ```
/// use apportion_core::currency::Currency;
///
/// let dinar: Currency = "KWD".parse()?;
/// assert_eq!((dinar.code(), dinar.decimals()), ("KWD", 3));
/// # Ok::<(), apportion_core::currency::CurrencyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: &'static str,
    decimals: u32,
}

/// An error: the text is not the code of a currency that has a minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an ISO 4217 currency code such as EUR")]
pub struct CurrencyError;

impl Currency {
    /// Returns the three upper-case letters of ISO 4217, such as `EUR`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Returns the decimals of the minor unit, from 0 to 4: JPY has 0, EUR 2, KWD 3, CLF 4.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        self.decimals
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    /// Parses exactly the three upper-case letters; `eur` and ` EUR` are errors.
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let known = iso_currency::Currency::from_code(text).ok_or(CurrencyError)?;
        let decimals = known.exponent().ok_or(CurrencyError)?;
        Ok(Self { code: known.code(), decimals: decimals.into() })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code)
    }
}
