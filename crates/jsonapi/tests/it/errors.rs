//! Error documents: the table of codes, the common status, and the limits.

use apportion_jsonapi::error::{MAX_ERRORS, common_status, document};
use apportion_jsonapi::text::{cut, pointer_segment};
use apportion_jsonapi::{Code, Error};

#[test]
fn codes_have_a_status_and_a_title() {
    for code in Code::ALL {
        assert!((400..600).contains(&code.status()), "{code:?}");
        assert!(!code.title().is_empty() && !code.as_str().is_empty(), "{code:?}");
    }
}

#[test]
fn the_common_status() {
    let of = |codes: &[Code]| {
        let errors: Vec<Error> = codes.iter().map(|code| Error::new(*code, "x")).collect();
        common_status(&errors)
    };
    assert_eq!(of(&[Code::InvalidAttribute]), 422);
    assert_eq!(of(&[Code::InvalidAttribute, Code::InvalidAttribute]), 422);
    assert_eq!(of(&[Code::InvalidAttribute, Code::RecordNotFound]), 400);
    assert_eq!(of(&[Code::UnsupportedSort, Code::InvalidPage]), 400);
}

#[test]
fn documents() {
    let error = Error::pointer(Code::InvalidAttribute, "/data/attributes/name", "name is \"odd\"");
    let body = document(&[error], |_| "7".to_owned());
    let expected = r#"{"errors":[{"id":"7","status":"422","code":"invalid_attribute","title":"Invalid Attribute","detail":"name is \"odd\"","source":{"pointer":"/data/attributes/name"}}],"jsonapi":{"version":"1.1"}}"#;
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[test]
fn errors_are_limited() {
    let listed = |count: usize| {
        let errors = vec![Error::new(Code::UnsupportedSort, "x"); count];
        let body: serde_json::Value =
            serde_json::from_slice(&document(&errors, |_| "1".to_owned())).unwrap();
        body["errors"].as_array().unwrap().len()
    };
    assert_eq!((listed(MAX_ERRORS), listed(MAX_ERRORS + 1)), (MAX_ERRORS, MAX_ERRORS));
}

#[test]
fn echoes_are_cut() {
    assert_eq!(cut(&"ä".repeat(100)), "ä".repeat(100));
    assert_eq!(cut(&"ä".repeat(101)), "ä".repeat(100));
    assert_eq!(pointer_segment("a/b~c"), "a~1b~0c");
}
