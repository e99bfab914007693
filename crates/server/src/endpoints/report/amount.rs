//! Amounts as people and spreadsheets write them: minor units with the decimal point put in.
//!
//! Exact, by moving digits; no currency and no local custom is written here.

use std::iter;

use apportion_core::currency::Currency;

/// In units of the currency with all of its decimals: `-1234.50`, and `1234` yen.
pub(super) fn decimal(minor: i128, currency: Currency) -> String {
    let (sign, whole, fraction) = split(minor, currency);
    format!("{sign}{whole}{fraction}")
}

/// As [`decimal`], with a comma after every three digits: `-1,234.50`. A fraction of zeros is left
/// out where only `whole` amounts stand beside it.
pub(super) fn grouped(minor: i128, currency: Currency, whole_only: bool) -> String {
    let (sign, whole, fraction) = split(minor, currency);
    let commas = |(at, digit)| {
        let comma = at > 0_usize && whole.len().saturating_sub(at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain(iter::once(digit))
    };
    let whole: String = whole.chars().enumerate().flat_map(commas).collect();
    format!("{sign}{whole}{}", if whole_only { "" } else { &fraction })
}

/// How many minor units make one unit.
pub(super) fn minor_per_unit(currency: Currency) -> i128 {
    10_i128.saturating_pow(currency.decimals())
}

fn split(minor: i128, currency: Currency) -> (&'static str, String, String) {
    let width = usize::try_from(currency.decimals()).unwrap_or_default();
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>least$}", minor.unsigned_abs(), least = width.saturating_add(1));
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(width));
    let point = if fraction.is_empty() { "" } else { "." };
    (sign, whole.to_owned(), format!("{point}{fraction}"))
}
