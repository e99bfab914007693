//! Content negotiation: the media types that are accepted.

use apportion_jsonapi::Code;
use apportion_jsonapi::media::{check_accept, check_content_type};

#[track_caller]
fn accept(header: &str, served: bool) {
    let outcome = check_accept(Some(header), None, &[]).map_err(|error| error.code);
    assert_eq!(outcome, if served { Ok(()) } else { Err(Code::NotAcceptable) }, "{header}");
}

#[track_caller]
fn content(header: &str, read: bool) {
    let outcome = check_content_type(Some(header), None).map_err(|error| error.code);
    assert_eq!(outcome, if read { Ok(()) } else { Err(Code::UnsupportedMediaType) }, "{header}");
}

#[test]
fn accept_headers() {
    assert!(check_accept(None, None, &[]).is_ok());
    for served in [
        "",
        "*/*",
        "application/*",
        "application/vnd.api+json",
        "APPLICATION/VND.API+JSON",
        "application/vnd.api+json; q=0.5",
        "application/vnd.api+json; profile=\"https://example.com/a,b;c https://example.com/d\"",
        "application/vnd.api+json; ext=bulk",
        "application/vnd.api+json; ext=\"bulk\"",
        "application/vnd.api+json; charset=utf-8, application/vnd.api+json",
        "text/html, */*;q=0.1",
        "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
        "application/vnd.api+json, text/html; q=0",
    ] {
        accept(served, true);
    }
    for refused in [
        "text/html",
        "application/json",
        "application/vnd.api+json; charset=utf-8",
        "application/vnd.api+json; charset=utf-8, */*",
        "application/vnd.api+json; ext=\"https://example.com/x\"",
        "application/vnd.api+json; ext=\"bulk https://example.com/x\"",
        "application/vnd.api+json; q=0",
        "*/*;q=0.0",
    ] {
        accept(refused, false);
    }
}

#[test]
fn content_types() {
    assert!(check_content_type(None, None).is_err());
    for read in [
        "application/vnd.api+json",
        "Application/Vnd.Api+Json",
        "application/vnd.api+json; profile=\"https://example.com/x\"",
        "application/vnd.api+json;ext=bulk",
        "application/vnd.api+json; ext=\"bulk\" ; profile=\"a b\"",
    ] {
        content(read, true);
    }
    for refused in [
        "application/json",
        "application/vnd.api+json; charset=utf-8",
        "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"",
        "application/vnd.api+json, application/json",
        "text/plain",
        "",
        "application/vnd.api+json; version=1",
    ] {
        content(refused, false);
    }
}
