//! Deals: the rules of a draft, and the terms that follow from it.

use apportion_core::calendar::{FIRST_DAY, LAST_DAY};
use apportion_core::deal::{DealDraft, DealStatus, DealTerms};
use apportion_core::decimal::{Rate, parse_units};
use apportion_core::money::MoneyError;

use crate::{currency, day, lines};

fn named() -> DealDraft {
    DealDraft { name: Some("Website".to_owned()), ..DealDraft::default() }
}

/// Returns a draft in another currency than the organization's.
fn in_dollars() -> DealDraft {
    DealDraft { currency: Some("USD".to_owned()), exchange_rate: units("0.92"), ..named() }
}

fn units(rate: &str) -> Option<i64> {
    Some(parse_units(rate, Rate::SCALE).unwrap())
}

/// Returns the terms of a draft in an organization with euro as its currency.
fn terms(draft: &DealDraft) -> DealTerms {
    draft.check(currency("EUR")).unwrap()
}

fn refused(draft: &DealDraft, expected: &[&str]) {
    assert_eq!(lines(&draft.check(currency("EUR")).unwrap_err()), expected, "{draft:?}");
}

#[test]
fn only_the_name_is_required() {
    let expected = DealTerms {
        name: "Website".to_owned(),
        currency: currency("EUR"),
        value: 0,
        exchange_rate: None,
        exchange_date: None,
        date: None,
        end_date: None,
        probability: 100,
        status: DealStatus::Won,
        value_default: 0,
    };
    assert_eq!(terms(&named()), expected);
    refused(&DealDraft::default(), &["name is required"]);
}

#[test]
fn names_have_1_to_255_characters_and_no_control_characters() {
    let with_name = |name: String| DealDraft { name: Some(name), ..named() };
    assert_eq!(terms(&with_name("ß".repeat(255))).name.chars().count(), 255);
    refused(&with_name(String::new()), &["name must not be empty"]);
    refused(&with_name("ß".repeat(256)), &["name must be at most 255 characters"]);
    refused(&with_name("a\0".to_owned()), &["name must not contain control characters"]);
}

#[test]
fn are_won_unless_they_say_otherwise() {
    let with_status = |status: &str| DealDraft { status: Some(status.to_owned()), ..named() };
    for status in DealStatus::ALL {
        assert_eq!(terms(&with_status(status.name())).status, *status);
    }
    for wrong in ["", "Won", "closed", "lost "] {
        refused(&with_status(wrong), &["status must be open, won or lost"]);
    }
    let recognised = DealStatus::ALL.iter().filter(|status| status.is_recognised());
    assert_eq!(recognised.collect::<Vec<_>>(), [&DealStatus::Won]);
    let left_out = DealStatus::ALL.iter().filter(|status| status.is_left_out());
    assert_eq!(left_out.collect::<Vec<_>>(), [&DealStatus::Lost]);
}

#[test]
fn another_currency_needs_a_rate() {
    let with_rate = |exchange_rate| DealDraft { exchange_rate, value: Some(1_000), ..in_dollars() };
    let converted = |rate: &str| terms(&with_rate(units(rate))).value_default;
    assert_eq!(converted("0.92"), 920);
    assert_eq!(converted("1"), 1_000);
    assert_eq!(converted("999999.999999999999"), 1_000_000_000);
    let rate = "exchange_rate";
    refused(
        &with_rate(None),
        &[&format!("{rate} is required if the currency is not the organization's")],
    );
    refused(&with_rate(Some(0)), &[&format!("{rate} must be greater than 0")]);
    refused(&with_rate(Some(-1)), &[&format!("{rate} must be greater than 0")]);
    refused(
        &with_rate(Some(10_i64.pow(18))),
        &[&format!("{rate} must have at most 6 digits before the decimal point")],
    );
}

#[test]
fn the_same_currency_has_no_rate() {
    for same in [None, Some("EUR".to_owned())] {
        let with_rate =
            |exchange_rate| DealDraft { currency: same.clone(), exchange_rate, ..named() };
        assert_eq!(terms(&with_rate(None)).exchange_rate, None);
        assert_eq!(terms(&with_rate(units("1"))).exchange_rate, None);
        let other = "exchange_rate must be absent, null or 1 if the currency is the organization's";
        refused(&with_rate(units("1.000000000001")), &[other]);
        refused(&with_rate(units("0")), &["exchange_rate must be greater than 0"]);
    }
}

#[test]
fn currencies_are_those_of_iso_4217() {
    let unknown = "currency must be an ISO 4217 currency code such as EUR";
    for code in ["", "usd", "XXX", "ZZZ"] {
        refused(&DealDraft { currency: Some(code.to_owned()), ..in_dollars() }, &[unknown]);
    }
}

#[test]
fn dates_are_in_the_calendar_and_in_order() {
    let dated = |date, end_date| DealDraft { date, end_date, exchange_date: date, ..named() };
    assert_eq!(terms(&dated(Some(FIRST_DAY), Some(LAST_DAY))).end_date, Some(LAST_DAY));
    assert_eq!(terms(&dated(Some(LAST_DAY), Some(LAST_DAY))).date, Some(LAST_DAY));
    assert_eq!(terms(&dated(None, Some(FIRST_DAY))).exchange_date, None);
    let early = dated(Some(day("2025-07-02")), Some(day("2025-07-01")));
    refused(&early, &["end_date must not be before date"]);
    refused(
        &dated(FIRST_DAY.pred_opt(), LAST_DAY.succ_opt()),
        &[
            "date must be from 1900-01-01 to 2199-12-31",
            "end_date must be from 1900-01-01 to 2199-12-31",
            "exchange_date must be from 1900-01-01 to 2199-12-31",
        ],
    );
}

#[test]
fn probability_is_a_percentage() {
    let likely = |percent| DealDraft { probability: Some(percent), ..named() };
    assert_eq!(terms(&likely(0)).probability, 0);
    assert_eq!(terms(&likely(100)).probability, 100);
    for outside in [i64::MIN, -1, 101, i64::MAX] {
        refused(&likely(outside), &["probability must be from 0 to 100"]);
    }
}

#[test]
fn the_value_fits_in_the_organizations_currency_too() {
    let worth = |value| DealDraft { value: Some(value), ..in_dollars() };
    assert_eq!(terms(&worth(i64::MIN)).value_default, -8_485_502_273_906_393_743);
    assert_eq!(terms(&DealDraft { value: Some(i64::MIN), ..named() }).value_default, i64::MIN);
    let doubled = DealDraft { exchange_rate: units("2"), ..worth(i64::MAX) };
    refused(&doubled, &["value does not fit 64 bits of minor units in EUR"]);
}

#[test]
fn all_faults_come_at_once() {
    let draft = DealDraft {
        name: Some(String::new()),
        currency: Some("ZZZ".to_owned()),
        value: Some(1),
        exchange_rate: Some(0),
        exchange_date: LAST_DAY.succ_opt(),
        date: Some(day("2025-07-02")),
        end_date: Some(day("2025-07-01")),
        probability: Some(101),
        status: Some("kept".to_owned()),
    };
    refused(
        &draft,
        &[
            "currency must be an ISO 4217 currency code such as EUR",
            "end_date must not be before date",
            "exchange_date must be from 1900-01-01 to 2199-12-31",
            "exchange_rate must be greater than 0",
            "name must not be empty",
            "probability must be from 0 to 100",
            "status must be open, won or lost",
        ],
    );
}

#[test]
fn terms_convert_amounts_of_the_deal() {
    let terms = terms(&DealDraft { value: Some(10_000), ..in_dollars() });
    let euro = currency("EUR");
    assert_eq!(terms.money(euro).to_default(5_000), Ok(4_600));
    let past_64_bits = terms.money(currency("CLF")).to_default(i64::MAX);
    assert_eq!(past_64_bits, Err(MoneyError::Overflow));
}
