//! Single values as JSON text, and texts in their composed form.

use std::borrow::Cow;

use apportion_jsonapi::text::composed;
use apportion_jsonapi::value::push_scalar;
use apportion_jsonapi::{Kind, Scalar, Value};
use chrono::{NaiveDate, NaiveDateTime};
use proptest::prelude::*;

#[track_caller]
fn check(value: Scalar<'_>, expected: &str) {
    let mut out = Vec::new();
    push_scalar(&mut out, value);
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

fn instant(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[test]
fn values() {
    check(Scalar::Null, "null");
    check(Scalar::Boolean(true), "true");
    check(Scalar::Integer(i64::MIN), "-9223372036854775808");
    check(Scalar::Text("a\"\\\n\u{1}ä"), "\"a\\\"\\\\\\n\\u0001ä\"");
    check(Scalar::Json(r#"{"a":[1]}"#.into()), r#"{"a":[1]}"#);
    check(Scalar::Date(NaiveDate::from_ymd_opt(1900, 1, 2).unwrap()), "\"1900-01-02\"");
    check(Scalar::Instant(instant("2025-09-20T01:02:03.004")), "\"2025-09-20T01:02:03.004Z\"");
    check(Scalar::Instant(instant("2025-09-20T23:59:59")), "\"2025-09-20T23:59:59.000Z\"");
}

#[test]
fn decimals() {
    let decimal = |units, scale, expected| check(Scalar::Decimal { units, scale }, expected);
    decimal(1_000_000_000_000, 10, "\"100.0\"");
    decimal(333_300_000_000, 10, "\"33.33\"");
    decimal(1, 10, "\"0.0000000001\"");
    decimal(0, 10, "\"0.0\"");
    decimal(-5, 1, "\"-0.5\"");
    decimal(920_000_000_000, 12, "\"0.92\"");
    decimal(7, 0, "\"7.0\"");
    decimal(i64::MIN, 2, "\"-92233720368547758.08\"");
}

#[test]
fn values_that_clients_send_back() {
    let at = instant("2025-09-20T01:02:03.004");
    assert!(Scalar::Instant(at).equals(&Value::Text("2025-09-20T01:02:03.004Z".to_owned())));
    assert!(!Scalar::Instant(at).equals(&Value::Text("2025-09-20T01:02:03Z".to_owned())));
    assert!(Scalar::Decimal { units: 5, scale: 1 }.equals(&Value::Integer(5)));
    assert!(!Scalar::Null.equals(&Value::Integer(0)));
    assert!(Scalar::Json("[1]".into()).equals(&Value::Text("[1]".to_owned())));
    assert!(!Scalar::Json("[1]".into()).equals(&Value::Text("[2]".to_owned())));
}

proptest! {
    #[test]
    fn decimals_mean_their_units(units in any::<i64>(), scale in 0_u32..=18) {
        let mut out = Vec::new();
        push_scalar(&mut out, Scalar::Decimal { units, scale });
        let text = String::from_utf8(out).unwrap();
        let text = text.trim_matches('"');
        let (whole, decimals) = text.split_once('.').unwrap();
        prop_assert!(decimals.len() == 1 || !decimals.ends_with('0'));
        let scaled = format!("{whole}{decimals:0<width$}", width = usize::try_from(scale.max(1)).unwrap());
        let one: i128 = if scale == 0 { 10 } else { 1 };
        prop_assert_eq!(scaled.parse::<i128>().unwrap(), i128::from(units) * one);
    }
}

/// Spellings of one text each, of which the first is the composed one: examples of UAX #15, and a
/// letter that Unicode excludes from composing.
const SPELLINGS: [&[&str]; 7] = [
    &["\u{e9}", "e\u{301}"],
    &["\u{c5}", "\u{212b}", "A\u{30a}"],
    &["\u{1e69}", "s\u{323}\u{307}", "\u{1e63}\u{307}", "\u{1e61}\u{323}", "s\u{307}\u{323}"],
    &["\u{1e0d}\u{307}", "\u{1e0b}\u{323}", "d\u{307}\u{323}"],
    &["\u{ac01}", "\u{1100}\u{1161}\u{11a8}", "\u{ac00}\u{11a8}"],
    &["\u{3a9}", "\u{2126}"],
    &["\u{915}\u{93c}", "\u{958}"],
];

#[test]
fn each_text_has_one_spelling() {
    for spellings in SPELLINGS {
        let expected = format!("x{0}y {0}", spellings[0]);
        for spelling in spellings {
            let text = format!("x{spelling}y {spelling}");
            assert_eq!(composed(&text), expected, "{spelling:?}");
            let read = Kind::Text.read_text(&text).unwrap();
            assert_eq!(read, Value::Text(expected.clone()));
            assert!(Scalar::Text(&text).equals(&read), "{spelling:?}");
        }
    }
    for kept in ["", "plain ASCII", "Straße ÄÖ", "\u{fb01}", "\u{1f600}\u{200d}\u{1f600}"] {
        assert!(matches!(composed(kept), Cow::Borrowed(same) if same == kept), "{kept:?}");
    }
}

proptest! {
    #[test]
    fn composing_again_changes_nothing(text in any::<String>()) {
        let once = composed(&text).into_owned();
        prop_assert_eq!(composed(&once), once.as_str());
    }
}
