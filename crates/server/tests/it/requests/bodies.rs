//! Bodies that are refused before they are documents: not JSON, not an object, too deep, too large,
//! or compressed.

use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::{complaints, refused, rows, send_body};
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, exchange, send};

apportion_testing::cases! {
    bodies_that_are_not_json, json_that_is_no_document, members_of_the_wrong_type,
    names_given_twice, depth, size, size_is_refused_before_it_comes, chunks_are_counted,
    codings, unread_numbers
}

fn bodies_that_are_not_json(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |body: &[u8]| {
        refused(&world, ("POST", "/deals"), body, 400, &["400"]);
        refused(&world, ("PATCH", "/deals/1"), body, 400, &["400"]);
    };
    let texts = [
        "",
        " ",
        "{",
        "}",
        "{}}",
        "{} {}",
        "{'data': 1}",
        "{data: 1}",
        "{\"data\": }",
        "nul",
        "NaN",
        "{\"data\": {},}",
        "// x\n{}",
        "{\"data\": NaN}",
        "{\"data\": Infinity}",
        "{\"data\": 01}",
        "{\"data\": +1}",
        "{\"data\": .5}",
        "{\"data\": 1.}",
        "{\"data\": \"\\x41\"}",
        "{\"data\": \"\\ud800\"}",
        "{\"data\": \"\\udc00\\ud800\"}",
        "{\"\\ud800\": 1}",
        "{\"data\": \"\n\"}",
        "{\"data\": \"",
        "\u{feff}{\"data\": {}}",
        "<data/>",
        "data=1",
    ];
    texts.iter().for_each(|text| check(text.as_bytes()));
    check(b"\xff\xfe{\x00}\x00");
    check(b"{\"data\": \"\xff\"}");
    check(b"{\"data\": \"\xc3\"}");
    check(b"{\"data\": \"\xed\xa0\x80\"}");
    check(b"{\"\xf8\": 1}");
    check(&document_with("\"amount_percent\": NaN"));
    check(&document_with("\"name\": \"\\ud83d\""));
}

/// Returns a deal's document with these attributes, as they stand.
fn document_with(attributes: &str) -> Vec<u8> {
    format!(r#"{{"data": {{"type": "deals", "attributes": {{{attributes}}}}}}}"#).into_bytes()
}

fn json_that_is_no_document(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |body: &str, at: &str| {
        let fault = format!("400 {at}");
        refused(&world, ("POST", "/deals"), body, 400, &[&fault]);
        refused(&world, ("PATCH", "/deals/1"), body, 400, &[&fault]);
    };
    for body in ["[]", "[{}]", "null", "true", "1", "\"data\"", "1e1000000000"] {
        check(body, "");
    }
    for body in ["{}", r#"{"Data": {}}"#, r#"{"errors": []}"#, r#"{"meta": {}}"#] {
        check(body, "/data");
    }
    let one = r#"{"type": "deals", "attributes": {"name": "D"}}"#;
    for data in
        ["null", "[]", "1", "\"deals\"", "false", &format!("[{one}]"), &format!("[{one}, {one}]")]
    {
        check(&format!(r#"{{"data": {data}}}"#), "/data");
    }
}

fn members_of_the_wrong_type(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |members: &str, expected: &str| {
        let body = format!(r#"{{"data": {{"type": "deals", {members}}}}}"#);
        refused(&world, ("PATCH", "/deals/1"), body, 400, &[expected]);
    };
    for value in ["null", "[]", "1", "true", "\"name\"", r#"[{"name": "D"}]"#] {
        check(&format!(r#""attributes": {value}"#), "400 /data/attributes");
        check(&format!(r#""relationships": {value}"#), "400 /data/relationships");
    }
    for value in ["1", "null", "true", "[]", "{}"] {
        check(&format!(r#""id": {value}"#), "400 /data/id");
    }
}

fn names_given_twice(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |body: &[u8]| {
        refused(&world, ("POST", "/deals"), body, 400, &["400"]);
        refused(&world, ("PATCH", "/deals/1"), body, 400, &["400"]);
    };
    check(&document_with(r#""name": "A", "name": "B""#));
    check(&document_with(r#""name": "A", "name": "A""#));
    check(&document_with(r#""name": "A", "na\u006de": "B""#));
    check(&document_with(r#""name": "A", "value": {"a": 1, "a": 1}"#));
    check(br#"{"data": {"type": "deals"}, "data": {"type": "deals"}}"#);
    check(br#"{"data": {"type": "deals", "type": "people"}}"#);
    // A repeated name is refused even where nobody reads it.
    check(br#"{"data": {"type": "deals", "meta": [[{"a": 1, "a": 2}]]}}"#);
    send_body(&world, "POST", "/deals", document_with(r#""name": "A", "@a": {"name": 1}"#))
        .expect(201);
}

fn depth(place: &Place) {
    let world = World::start(place);
    // The document is the first level, and `nested` the second.
    let nested = |levels: usize, open: &str, close: &str| {
        let deep = format!("{}1{}", open.repeat(levels - 1), close.repeat(levels - 1));
        format!(
            r#"{{"data": {{"type": "deals", "attributes": {{"name": "D"}}}}, "nested": {deep}}}"#
        )
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        send_body(&world, "POST", "/deals", nested(64, open, close)).expect(201);
        refused(&world, ("POST", "/deals"), nested(65, open, close), 400, &["400"]);
        refused(&world, ("POST", "/deals"), nested(50_000, open, close), 400, &["400"]);
    }
    refused(&world, ("POST", "/deals"), "[".repeat(1_000_000), 400, &["400"]);
    // Brackets in strings are no levels.
    let name = json!(format!("\\\"{}", "[{".repeat(100)));
    world.create("deals", json!({"name": name}), &[]);
}

const MAX_BODY: usize = 1024 * 1024;

/// Returns a sound document, padded with blanks to that many bytes.
fn sized(bytes: usize) -> Vec<u8> {
    let mut body = document_with(r#""name": "D""#);
    body.resize(bytes, b' ');
    body
}

fn size(place: &Place) {
    let world = World::start(place);
    send_body(&world, "POST", "/deals", sized(MAX_BODY)).expect(201);
    refused(&world, ("POST", "/deals"), sized(MAX_BODY + 1), 413, &["413"]);
    refused(&world, ("PATCH", "/deals/1"), sized(MAX_BODY + 1), 413, &["413"]);
    // The answer repeats nothing of it.
    let name = "n".repeat(400_000);
    let long = document("deals", json!({"name": name, name: 1}), &[]);
    let answer = world.post("/deals", &long).expect(422);
    assert_eq!(complaints(&answer).len(), 2);
    assert!(answer.body.len() < 2_000, "{}", answer.body.len());
}

/// Sends the head of a POST with these fields, then `body`, which may be shorter than announced.
#[track_caller]
fn post_raw(world: &World, fields: &str, body: &[u8]) -> Answer {
    let (token, address) = (&world.token, world.address());
    let head = format!(
        "POST /api/v2/deals HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         X-Auth-Token: {token}\r\nContent-Type: {JSON_API}\r\n{fields}\r\n"
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

fn size_is_refused_before_it_comes(place: &Place) {
    let world = World::start(place);
    for length in ["1048577", "1000000000000", "18446744073709551615"] {
        let answer = post_raw(&world, &format!("Content-Length: {length}\r\n"), b"");
        assert_eq!(complaints(&answer.expect(413)), ["413"], "{length}");
    }
}

/// Encodes a body in chunks of that size.
fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let chunk =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let mut coded: Vec<u8> = body.chunks(size).flat_map(chunk).collect();
    coded.extend_from_slice(b"0\r\n\r\n");
    coded
}

fn chunks_are_counted(place: &Place) {
    let world = World::start(place);
    let post = |bytes: usize| {
        post_raw(&world, "Transfer-Encoding: chunked\r\n", &chunked(&sized(bytes), 60_000))
    };
    post(MAX_BODY).expect(201);
    let before = rows(&world);
    assert_eq!(complaints(&post(MAX_BODY + 1).expect(413)), ["413"]);
    assert_eq!(complaints(&post(MAX_BODY * 3).expect(413)), ["413"]);
    assert!(rows(&world) == before);
}

fn codings(place: &Place) {
    let world = World::start(place);
    let body = document_with(r#""name": "D""#);
    let check = |codings: &[&str], status: u16| {
        let mut headers = vec![("X-Auth-Token", world.token.as_str()), ("Content-Type", JSON_API)];
        headers.extend(codings.iter().map(|coding| ("Content-Encoding", *coding)));
        let answer = send(world.address(), "POST", "/api/v2/deals", &headers, &body);
        assert_eq!(answer.status, status, "{codings:?}");
    };
    check(&[], 201);
    check(&["identity"], 201);
    check(&["Identity"], 201);
    for coding in
        ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, identity", "", "identity, gzip"]
    {
        check(&[coding], 415);
    }
    check(&["identity", "gzip"], 415);
    check(&["gzip", "identity"], 415);
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 3);
}

/// Numbers in members that nobody reads cost nothing, however large they are.
fn unread_numbers(place: &Place) {
    let world = World::start(place);
    let body = r#"{"data": {"type": "deals", "attributes": {"name": "D", "@n": 1e1000000000}},
        "meta": {"n": [1e400, -1e-400, 123456789012345678901234567890.5e+99999999999999999999]}}"#;
    send_body(&world, "POST", "/deals", body).expect(201);
    let digits = "9".repeat(500_000);
    let body = document_with(&format!(r#""name": "D", "value": {digits}"#));
    refused(&world, ("POST", "/deals"), body, 422, &["422 /data/attributes/value"]);
}
