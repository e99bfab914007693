//! Refused writes: requests as raw bytes, the errors that are expected, and the check that nothing
//! was written.

use serde_json::Value;

use crate::support::world::{JSON_API, World, stored_types};
use apportion_testing::http::{Answer, send};

/// Sends a body as it stands.
#[track_caller]
pub fn send_body(world: &World, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
    let headers = [("X-Auth-Token", world.token_for(path)), ("Content-Type", JSON_API)];
    send(world.address(), method, &format!("/api/v2{path}"), &headers, body.as_ref())
}

/// Returns the errors of an answer, each as its status and its source: a pointer, a header, or
/// nothing.
#[track_caller]
pub fn complaints(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.header("Content-Type"), Some(JSON_API));
    let document = answer.json();
    assert!(document.get("data").is_none(), "{document}");
    let errors = document["errors"].as_array().unwrap_or_else(|| panic!("{document}"));
    assert!(!errors.is_empty(), "{document}");
    errors.iter().map(complaint).collect()
}

#[track_caller]
fn complaint(error: &Value) -> String {
    for member in ["id", "status", "code", "title", "detail"] {
        let text = error[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "'{member}' in {error}");
    }
    let status = error["status"].as_str().unwrap_or_default();
    let place = error["source"].as_object().and_then(|source| source.values().next());
    match place.and_then(Value::as_str) {
        Some(place) => format!("{status} {place}"),
        None => status.to_owned(),
    }
}

/// Checks that the request is refused with that status, for these reasons in any order, and that
/// nothing is written.
#[track_caller]
pub fn refused(
    world: &World,
    (method, path): (&str, &str),
    body: impl AsRef<[u8]>,
    status: u16,
    expected: &[&str],
) {
    let before = rows(world);
    let answer = send_body(world, method, path, &body);
    let sent = String::from_utf8_lossy(body.as_ref());
    let sent: String = sent.chars().take(300).collect();
    let answered = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{method} {path} {sent}\n{answered}");
    let mut found = complaints(&answer);
    let mut expected: Vec<String> = expected.iter().map(|one| (*one).to_owned()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{method} {path} {sent}\n{answered}");
    assert!(rows(world) == before, "{method} {path} {sent} wrote something");
}

/// Returns all rows of our organization as they are served.
#[track_caller]
pub fn rows(world: &World) -> Vec<Vec<u8>> {
    let list = |kind: &str| world.get(&format!("/{kind}?page[size]=200")).expect(200).body;
    stored_types().map(|kind| list(kind.name)).collect()
}
