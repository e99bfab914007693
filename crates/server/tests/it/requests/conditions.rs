//! Conditional requests: `ETag`, `If-None-Match`, `If-Match`.

use apportion_testing::Place;
use serde_json::json;

use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    tags_follow_version_and_shape, known_versions_are_not_sent, stale_writes_are_refused
}

fn with(world: &World, method: &str, path: &str, header: (&str, &str)) -> Answer {
    let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", JSON_API), header];
    let body = if method == "PATCH" {
        document("deals", json!({"name": "Changed"}), &[]).to_string()
    } else {
        String::new()
    };
    send(world.address(), method, &format!("/api/v2{path}"), &headers, body.as_bytes())
}

fn tag(answer: &Answer) -> String {
    answer.header("ETag").expect("a single resource has a tag").to_owned()
}

fn tags_follow_version_and_shape(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Tagged", 1000);
    let path = format!("/deals/{deal}");
    let get = |query: &str| tag(&world.get(&format!("{path}{query}")).expect(200));
    let plain = get("");
    assert_eq!(plain, get(""), "the same state in the same shape");
    assert_ne!(plain, get("?fields[deals]=name"));
    assert_ne!(plain, get("?include=organization"));
    assert_eq!(plain, get("?page[size]=5"), "a page does not change what is shown");
    // A deal shows sums of its distributions, so its tag changes with them.
    let distribution = world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let spread = get("");
    assert_ne!(plain, spread);
    let path = format!("/revenue_distributions/{distribution}");
    let before = tag(&world.get(&path).expect(200));
    world
        .patch(&format!("/deals/{deal}"), &document("deals", json!({"value": 7}), &[]))
        .expect(200);
    assert_ne!(before, tag(&world.get(&path).expect(200)), "its amount follows the deal");
    assert!(world.get("/deals").expect(200).header("ETag").is_none(), "a list has none");
    let patched = world.patch(&format!("/deals/{deal}"), &document("deals", json!({}), &[]));
    assert_eq!(tag(&patched.expect(200)), get(""), "what a write answers is what a read does");
}

fn known_versions_are_not_sent(place: &Place) {
    let world = World::start(place);
    let path = format!("/deals/{}", world.deal("Known", 1));
    let known = tag(&world.get(&path).expect(200));
    let check = |path: &str, header: &str, status| {
        let answer = with(&world, "GET", path, ("If-None-Match", header)).expect(status);
        assert_eq!(answer.body.is_empty(), status == 304);
        assert!(answer.header("ETag").is_some() && answer.header("Vary").is_some());
    };
    check(&path, &known, 304);
    check(&path, &format!("W/{known}"), 304);
    check(&path, &format!("\"x\", {known}"), 304);
    check(&path, "*", 304);
    check(&path, "\"x\"", 200);
    check(&format!("{path}?fields[deals]=name"), &known, 200);
    check(&format!("{path}?include=creator"), "*", 200);
    with(&world, "GET", "/deals/999", ("If-None-Match", "*")).expect(404);
    world.patch(&path, &document("deals", json!({"value": 2}), &[])).expect(200);
    check(&path, &known, 200);
}

fn stale_writes_are_refused(place: &Place) {
    let world = World::start(place);
    let path = format!("/deals/{}", world.deal("Guarded", 1));
    let first = tag(&world.get(&path).expect(200));
    let shaped = tag(&world.get(&format!("{path}?fields[deals]=name")).expect(200));
    let patch = |header: &str, status| {
        let answer = with(&world, "PATCH", &path, ("If-Match", header)).expect(status);
        if status == 412 {
            assert_eq!(answer.json()["errors"][0]["code"], "precondition_failed");
        }
        answer
    };
    patch("\"x\"", 412);
    patch(&format!("W/{first}"), 412);
    patch("", 412);
    let second = tag(&patch(&shaped, 200));
    patch(&first, 412);
    patch(&format!("{first}, {second}"), 200);
    patch("*", 200);
    with(&world, "DELETE", &path, ("If-Match", &first)).expect(412);
    assert_eq!(world.get(&path).expect(200).json()["data"]["attributes"]["name"], "Changed");
    with(&world, "PATCH", "/deals/999", ("If-Match", "*")).expect(404);
    let current = tag(&world.get(&path).expect(200));
    with(&world, "DELETE", &path, ("If-Match", &current)).expect(204);
}
