//! Decimals as text: accepted and refused ones, and that parsing undoes writing.

use apportion_core::decimal::{DecimalError, Percent, Rate, format_units, parse_units};
use proptest::prelude::*;

use crate::arbitrary;

const TOO_LARGE: DecimalError = DecimalError::TooLarge { scale: 10 };
const TOO_PRECISE: DecimalError = DecimalError::TooPrecise { scale: 10 };

fn written(units: i64, scale: u32) -> String {
    let mut text = String::new();
    format_units(units, scale, &mut text).unwrap();
    text
}

fn reads(text: &str, units: i64) {
    assert_eq!(parse_units(text, 10), Ok(units), "{text:?}");
}

fn refused(text: &str, error: DecimalError) {
    let start = &text[..text.len().min(40)];
    assert_eq!(parse_units(text, 10), Err(error), "{start:?}");
}

fn writes(units: i64, scale: u32, text: &str) {
    assert_eq!(written(units, scale), text);
}

#[test]
fn are_read_exactly() {
    reads("0", 0);
    reads("-0", 0);
    reads("-0.0e5", 0);
    reads("1", 10_000_000_000);
    reads("33.33", 333_300_000_000);
    reads("-12.5", -125_000_000_000);
    reads("0.0000000001", 1);
    reads("007", 70_000_000_000);
    reads("1.500000000000000", 15_000_000_000);
    reads("99999999.9999999999", 999_999_999_999_999_999);
    reads("-99999999.9999999999", -999_999_999_999_999_999);
}

#[test]
fn are_read_with_exponents_as_json_has_them() {
    reads("5e1", 500_000_000_000);
    reads("1E+2", 1_000_000_000_000);
    reads("1e-10", 1);
    reads("10e-11", 1);
    reads("0.00000000000001e4", 1);
    reads("1e007", 100_000_000_000_000_000);
    reads("0e1000000000000000000000000", 0);
    reads("0.0e-1000000000000000000000000", 0);
}

#[test]
fn refuse_what_is_no_number() {
    for text in [
        "",
        "-",
        "+",
        "+5",
        "--5",
        "-+5",
        ".5",
        "1.",
        ".",
        "-.5",
        "1.2.3",
        "e5",
        "1e",
        "1e+",
        "1e-",
        "1e--5",
        "1e-+5",
        "1e5.0",
        "1e5e5",
        "0x1",
        "1_000",
        "1,5",
        " 1",
        "1 ",
        "NaN",
        "Infinity",
        "-inf",
        "١",
        "½",
        "1e٢",
        "null",
        "\u{2212}1",
        "1\0",
    ] {
        refused(text, DecimalError::NotANumber);
    }
}

#[test]
fn refuse_digits_past_the_scale() {
    refused("0.00000000001", TOO_PRECISE);
    refused("33.33333333333", TOO_PRECISE);
    refused("-1.00000000000000000001", TOO_PRECISE);
    refused("1e-11", TOO_PRECISE);
    refused("1e-1000000000", TOO_PRECISE);
    refused("1e-99999999999999999999999999", TOO_PRECISE);
}

#[test]
fn refuse_more_than_eighteen_digits() {
    refused("100000000", TOO_LARGE);
    refused("-100000000", TOO_LARGE);
    refused("9223372036854775808", TOO_LARGE);
    refused("1e8", TOO_LARGE);
    refused("1e1000000000", TOO_LARGE);
    refused("0.1e99999999999999999999999999", TOO_LARGE);
}

#[test]
fn cost_one_pass_over_a_megabyte() {
    let (zeros, nines) = ("0".repeat(1_000_000), "9".repeat(1_000_000));
    refused(&nines, TOO_LARGE);
    refused(&format!("0.{nines}"), TOO_PRECISE);
    refused(&format!("1e{nines}"), TOO_LARGE);
    refused(&format!("1e-{nines}"), TOO_PRECISE);
    refused(&format!("{zeros}1e-{nines}"), TOO_PRECISE);
    refused(&format!("0.{zeros}1e-{nines}"), TOO_PRECISE);
    refused(&format!("1{zeros}"), TOO_LARGE);
    refused(&format!("0.{zeros}1"), TOO_PRECISE);
    reads(&format!("{zeros}1.5{zeros}"), 15_000_000_000);
    reads(&format!("1{zeros}e-1000000"), 10_000_000_000);
    reads(&format!("0.{zeros}1e1000001"), 10_000_000_000);
}

#[test]
fn are_written_in_shortest_form_with_a_decimal() {
    writes(0, 10, "0.0");
    writes(1_000_000_000_000, 10, "100.0");
    writes(333_300_000_000, 10, "33.33");
    writes(-5_000_000_000, 10, "-0.5");
    writes(1, 10, "0.0000000001");
    writes(-1, 10, "-0.0000000001");
    writes(920_000_000_000, 12, "0.92");
    writes(5, 0, "5.0");
    writes(i64::MAX, 0, "9223372036854775807.0");
    writes(i64::MIN, 0, "-9223372036854775808.0");
    writes(i64::MIN, 10, "-922337203.6854775808");
    writes(i64::MIN, 18, "-9.223372036854775808");
}

#[test]
fn percent_and_rate_have_their_own_ranges() {
    assert_eq!("100".parse::<Percent>().unwrap().to_string(), "100.0");
    assert_eq!("99999999.9999999999".parse::<Percent>().unwrap().units(), 10_i64.pow(18) - 1);
    assert_eq!("1.0833".parse::<Rate>().unwrap().units(), 1_083_300_000_000);
    assert_eq!("1".parse::<Rate>(), Ok(Rate::ONE));
    assert_eq!("0".parse::<Percent>(), Err(DecimalError::NotPositive));
    assert_eq!("-0.1".parse::<Rate>(), Err(DecimalError::NotPositive));
    assert_eq!("1e8".parse::<Percent>(), Err(TOO_LARGE));
    assert_eq!("1e6".parse::<Rate>(), Err(DecimalError::TooLarge { scale: 12 }));
    assert_eq!("1e-13".parse::<Rate>(), Err(DecimalError::TooPrecise { scale: 12 }));
    assert_eq!(Percent::from_units(0), Err(DecimalError::NotPositive));
    assert_eq!(Percent::from_units(i64::MIN), Err(DecimalError::NotPositive));
    assert_eq!(Rate::from_units(10_i64.pow(18)), Err(DecimalError::TooLarge { scale: 12 }));
    assert_eq!(Rate::from_units(i64::MAX), Err(DecimalError::TooLarge { scale: 12 }));
}

#[test]
fn refusals_say_what_would_be_right() {
    assert_eq!(DecimalError::NotANumber.to_string(), "must be a decimal number");
    assert_eq!(TOO_PRECISE.to_string(), "must have at most 10 decimals");
    let too_large = "must have at most 8 digits before the decimal point";
    assert_eq!(TOO_LARGE.to_string(), too_large);
    assert_eq!(DecimalError::NotPositive.to_string(), "must be greater than 0");
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn reading_undoes_writing(
        units in -999_999_999_999_999_999..=999_999_999_999_999_999_i64,
        scale in 0..=18_u32,
    ) {
        prop_assert_eq!(parse_units(&written(units, scale), scale), Ok(units));
    }

    #[test]
    fn writing_is_shortest(units in arbitrary::amount(), scale in 0..=18_u32) {
        let text = written(units, scale);
        let (_, fraction) = text.split_once('.').unwrap();
        let shortest = !fraction.is_empty() && !fraction.ends_with('0');
        prop_assert!(fraction == "0" || shortest, "{text}");
        prop_assert!(fraction.len() <= scale.max(1) as usize);
    }

    #[test]
    fn an_exponent_moves_the_point(
        units in -999_999_999_999_i64..=999_999_999_999,
        places in 0..=6_u32,
    ) {
        let moved = units * 10_i64.pow(places);
        let text = written(units, 6);
        prop_assert_eq!(parse_units(&format!("{text}e{places}"), 6), Ok(moved));
        prop_assert_eq!(parse_units(&format!("{}E-{places}", written(moved, 6)), 6), Ok(units));
    }

    #[test]
    fn percent_round_trips(percent in arbitrary::percent()) {
        prop_assert_eq!(percent.to_string().parse::<Percent>(), Ok(percent));
    }

    #[test]
    fn rate_round_trips(rate in arbitrary::rate()) {
        prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
    }

    #[test]
    fn no_text_panics(text in ".{0,40}", scale in any::<u32>()) {
        let _ = parse_units(&text, scale);
    }

    #[test]
    fn what_looks_like_a_number_is_one_or_none(
        text in "[-+]?[0-9.]{0,25}([eE][-+]?[0-9]{0,22})?",
        scale in 0..=18_u32,
    ) {
        if let Ok(units) = parse_units(&text, scale) {
            prop_assert!(units.abs() < 10_i64.pow(18));
            prop_assert_eq!(parse_units(&written(units, scale), scale), Ok(units));
        }
    }
}
