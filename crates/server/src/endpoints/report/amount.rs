//! Amounts as charts write them: minor units with a decimal point inserted.
//!
//! Only digits are moved, so amounts stay exact. No currency is written here, and no local custom
//! is followed.

use std::iter;

use apportion_core::currency::Currency;
use apportion_core::units;

/// Writes an amount with all decimals of its currency and a comma before every three digits:
/// `-1,234.50`, or `1,234` in yen. With `whole_only` the decimals are left out, for a list of
/// amounts none of which has any.
pub(super) fn grouped(minor: i128, currency: Currency, whole_only: bool) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = units::decimal(minor.unsigned_abs(), currency.decimals());
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let commas = |(at, digit)| {
        let comma = at > 0_usize && whole.len().saturating_sub(at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain(iter::once(digit))
    };
    let whole: String = whole.chars().enumerate().flat_map(commas).collect();
    format!("{sign}{whole}{}", if whole_only { "" } else { fraction })
}

/// Returns the number of minor units in one unit.
pub(super) fn minor_per_unit(currency: Currency) -> i128 {
    10_i128.saturating_pow(currency.decimals())
}
