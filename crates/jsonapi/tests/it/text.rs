//! Single values as JSON text.

use apportion_jsonapi::value::push_scalar;
use apportion_jsonapi::{Scalar, Value};
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
