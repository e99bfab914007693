//! Bodies: numbers stay as written, names occur once, depth is limited.

use apportion_jsonapi::json::{Json, MAX_DEPTH};
use proptest::prelude::*;

#[test]
fn numbers_stay_as_written() {
    let json = Json::parse(br#"{"a": 33.3300000000000000000001, "b": [1e400, -0.0]}"#).unwrap();
    assert_eq!(json.member("a"), Some(&Json::Number("33.3300000000000000000001")));
    let expected = Json::Array(vec![Json::Number("1e400"), Json::Number("-0.0")]);
    assert_eq!(json.member("b"), Some(&expected));
}

#[test]
fn strings_are_unescaped() {
    let json = Json::parse(br#"{"a\u0062": "x\"\u00e4\ud83d\ude00"}"#).unwrap();
    assert_eq!(json.member("ab"), Some(&Json::Text("x\"ä😀".into())));
}

#[track_caller]
fn refused(body: &[u8], part: &str) {
    let error = Json::parse(body).unwrap_err();
    assert!(error.contains(part), "{error}");
}

#[test]
fn refusals() {
    refused(b"", "not JSON");
    refused(b"{", "not JSON");
    refused(b"{} x", "not JSON");
    refused(b"NaN", "not JSON");
    refused(b"{'a':1}", "not JSON");
    refused(b"[01]", "not JSON");
    refused(b"\xff", "not UTF-8");
    refused(br#""\ud800""#, "not JSON");
    refused(br#"{"a":{"b":1,"b":2}}"#, "'b' is given twice");
    refused(br#"{"b":1,"\u0062":2}"#, "'b' is given twice");
}

#[test]
fn depth() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Json::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    refused(nested(MAX_DEPTH + 1).as_bytes(), "deeper than 64");
    let quoted = format!("[\"{}\\\"{}\"]", "[".repeat(100), "{".repeat(100));
    assert!(Json::parse(quoted.as_bytes()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(apportion_testing::rounds(5000)).unwrap(),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn nothing_panics(body in "[\\[\\]{}\":,a0-9.eE+\\\\u -]{0,100}") {
        let _ = Json::parse(body.as_bytes());
    }

    #[test]
    fn agrees_with_serde_json(body in "[\\[\\]{}\":,ab0-9.eE+-]{0,30}") {
        let ours = Json::parse(body.as_bytes());
        let theirs: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&body);
        // A body that `serde_json` accepts is refused only for a name given twice.
        prop_assert!(ours.is_err() || theirs.is_ok());
        if let (Err(error), Ok(_)) = (&ours, &theirs) {
            prop_assert!(error.contains("given twice"), "{error}");
        }
    }
}
