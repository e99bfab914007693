//! Tests of the core's rules, with a module for each behaviour: tables of cases, and properties of
//! money over 10,000 cases each in a whole run, a tenth of them otherwise.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod arbitrary;
mod calendar;
mod checks;
mod faults;
mod money;
mod parties;
mod payouts;
mod revenue;

use apportion_core::calendar::DateRange;
use apportion_core::currency::Currency;
use apportion_core::fault::Fault;
use chrono::NaiveDate;

/// Parses a day from `2025-07-01`.
fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Parses a range from `2025-07-01..2025-07-31`, both ends included.
fn range(text: &str) -> DateRange {
    let (start, end) = text.split_once("..").unwrap();
    DateRange::new(day(start), day(end)).unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// Writes faults as sorted lines of `field message`, to compare with a case of a table.
fn lines(faults: &[Fault]) -> Vec<String> {
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}
