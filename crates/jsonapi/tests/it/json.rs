//! Bodies: numbers stay as written, names occur once, depth is limited.

use apportion_jsonapi::json::{Json, MAX_DEPTH};
use proptest::prelude::*;

#[test]
fn numbers_stay_as_written() {
    let json = Json::parse(br#"{"a": 33.3300000000000000000001, "b": [1e400, -0.0]}"#).unwrap();
    assert_eq!(json.member("a"), Some(&Json::Number("33.3300000000000000000001".into())));
    let expected = Json::Array(vec![Json::Number("1e400".into()), Json::Number("-0.0".into())]);
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

/// A document costs its length, however deep it nests.
#[test]
fn each_character_is_read_once() {
    let parsed = |body: &str| {
        let began = std::time::Instant::now();
        assert!(Json::parse(body.as_bytes()).is_ok());
        began.elapsed()
    };
    let filler = format!("\"{}\"", "x".repeat(1_000_000));
    let deep = format!("{}{filler}{}", "[".repeat(60), "]".repeat(60));
    let flat = (0..5).map(|_| parsed(&filler)).min().unwrap();
    let deep = (0..5).map(|_| parsed(&deep)).min().unwrap();
    assert!(deep < flat * 5, "{deep:?} against {flat:?}");
}

/// The same value as `serde_json` reads, as compact text; names that occur twice are refused.
fn same(body: &str) {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(body) else {
        assert!(Json::parse(body.as_bytes()).is_err(), "{body}");
        return;
    };
    let Ok(json) = Json::parse(body.as_bytes()) else { return };
    let again: serde_json::Value = serde_json::from_str(&json.compact()).unwrap();
    assert_eq!(again, value, "{body}");
    assert_eq!(json.clone().into_owned(), json);
}

fn values() -> impl Strategy<Value = String> {
    let space = "[ \t\n\r]{0,2}";
    let string = "\"([a-c \\[\\]{},:]|\\\\\"|\\\\\\\\|\\\\u00e4|é){0,6}\"";
    let leaf =
        prop_oneof!["null|true|false|-?[1-9][0-9]{0,3}(\\.[0-9]{1,3})?(e[+-]?[0-9])?|0", string];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let item = (space, inner, space).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let member = (space, string, space, item.clone());
        let member = member.prop_map(|(a, name, b, value)| format!("{a}{name}{b}:{value}"));
        prop_oneof![
            proptest::collection::vec(item, 0..4).prop_map(|it| format!("[{}]", it.join(","))),
            proptest::collection::vec(member, 0..4).prop_map(|it| format!("{{{}}}", it.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(apportion_testing::rounds(5000)).unwrap(),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn equal_to_another_reader(body in values()) {
        same(&body);
    }

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
