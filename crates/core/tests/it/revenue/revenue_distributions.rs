//! Revenue distributions: the rules of a draft, and the amounts that follow from a deal.

use apportion_core::deal::DealMoney;
use apportion_core::decimal::{Percent, parse_units};
use apportion_core::revenue_distribution::{
    Amounts, RevenueDistributionDraft, RevenueDistributionTerms,
};
use proptest::prelude::*;

use crate::{arbitrary, currency, day, lines, range};

/// Parses dates such as `2025-07-01` and a percentage such as `33.33`; `-` means absent.
fn draft(start_on: &str, end_on: &str, percent: &str) -> RevenueDistributionDraft {
    let given = |text: &str| (text != "-").then(|| text.to_owned());
    RevenueDistributionDraft {
        start_on: given(start_on).map(|text| day(&text)),
        end_on: given(end_on).map(|text| day(&text)),
        amount_percent: given(percent).map(|text| parse_units(&text, Percent::SCALE).unwrap()),
    }
}

fn accepted(days: &str, percent: &str) {
    let (start_on, end_on) = days.split_once("..").unwrap();
    let terms = RevenueDistributionTerms { range: range(days), percent: percent.parse().unwrap() };
    assert_eq!(draft(start_on, end_on, percent).check(), Ok(terms));
}

fn refused(start_on: &str, end_on: &str, percent: &str, expected: &[&str]) {
    let faults = draft(start_on, end_on, percent).check().unwrap_err();
    assert_eq!(lines(&faults), expected, "{start_on}..{end_on} {percent}");
}

fn comes_to(value: i64, percent: &str, amount: i64, amount_default: i64) {
    let deal = DealMoney {
        value,
        currency: currency("EUR"),
        exchange_rate: Some("1.0833".parse().unwrap()),
        default_currency: currency("USD"),
    };
    let range = range("2025-07-01..2025-07-10");
    let terms = RevenueDistributionTerms { range, percent: percent.parse().unwrap() };
    assert_eq!(
        terms.amounts(&deal),
        Ok(Amounts { amount, amount_default }),
        "{percent} of {value}"
    );
}

#[test]
fn may_cover_a_day_or_a_hundred_years() {
    accepted("2025-07-01..2025-07-01", "100");
    accepted("1900-01-01..1999-12-31", "0.0000000001");
    accepted("2000-01-01..2099-12-31", "99999999.9999999999");
    accepted("2199-12-31..2199-12-31", "250");
}

#[test]
fn needs_its_days_and_its_percentage() {
    let all = ["amount_percent is required", "end_on is required", "start_on is required"];
    refused("-", "-", "-", &all);
    refused("2025-07-01", "-", "50", &all[1..2]);
    refused("-", "2025-07-01", "50", &all[2..]);
}

#[test]
fn has_days_in_the_calendar_and_in_order() {
    let edges = "must be from 1900-01-01 to 2199-12-31";
    refused("2025-07-02", "2025-07-01", "50", &["end_on must not be before start_on"]);
    refused("1899-12-31", "1900-01-01", "50", &[&format!("start_on {edges}")]);
    refused("2199-12-31", "2200-01-01", "50", &[&format!("end_on {edges}")]);
    refused(
        "1899-12-31",
        "2200-01-01",
        "50",
        &[&format!("end_on {edges}"), &format!("start_on {edges}")],
    );
    refused(
        "2000-01-01",
        "2100-01-01",
        "50",
        &["end_on must be within 36525 days of start_on, both days counted"],
    );
}

#[test]
fn has_a_positive_percentage() {
    refused("2025-07-01", "2025-07-31", "0", &["amount_percent must be greater than 0"]);
    refused("2025-07-01", "2025-07-31", "-1", &["amount_percent must be greater than 0"]);
    let draft = RevenueDistributionDraft {
        amount_percent: Some(10_i64.pow(18)),
        ..draft("2025-07-01", "2025-07-31", "1")
    };
    assert_eq!(
        lines(&draft.check().unwrap_err()),
        ["amount_percent must have at most 8 digits before the decimal point"]
    );
}

#[test]
fn says_everything_at_once() {
    refused(
        "2025-07-02",
        "2025-07-01",
        "0",
        &["amount_percent must be greater than 0", "end_on must not be before start_on"],
    );
}

#[test]
fn comes_to_a_part_of_the_deal_in_both_currencies() {
    comes_to(10_000, "100", 10_000, 10_833);
    comes_to(10_000, "50", 5_000, 5_417);
    comes_to(-10_000, "50", -5_000, -5_417);
    comes_to(10_000, "33.33", 3_333, 3_611);
    comes_to(0, "33.33", 0, 0);
}

#[test]
fn an_amount_that_does_not_fit_is_a_fault_at_the_percentage() {
    let euro = currency("EUR");
    let deal =
        DealMoney { value: i64::MAX, currency: euro, exchange_rate: None, default_currency: euro };
    let double = RevenueDistributionTerms {
        range: range("2025-07-01..2025-07-10"),
        percent: "200".parse().unwrap(),
    };
    let fault = double.amounts(&deal).unwrap_err();
    assert_eq!(fault.field, "amount_percent");
    assert_eq!(fault.message, "makes an amount that does not fit 64 bits of minor units");

    let dear = DealMoney {
        exchange_rate: Some("2".parse().unwrap()),
        default_currency: currency("USD"),
        ..deal
    };
    let whole = RevenueDistributionTerms { percent: "100".parse().unwrap(), ..double };
    assert_eq!(whole.amounts(&dear).unwrap_err().field, "amount_percent");
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn in_the_organizations_currency_both_amounts_are_equal(
        value in arbitrary::amount(),
        percent in arbitrary::percent(),
        same in arbitrary::currency(),
    ) {
        let deal = DealMoney { value, currency: same, exchange_rate: None, default_currency: same };
        if let Ok(amounts) = Amounts::from_percent(percent, &deal) {
            prop_assert_eq!(amounts.amount, amounts.amount_default);
        }
    }
}
