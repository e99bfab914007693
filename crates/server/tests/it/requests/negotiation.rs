//! Media types with several headers or without a body, and that a refusal leaves nothing done. Not
//! here: the rules of the standard (`standard`).

use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::{complaints, rows};
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    repeated_content_types, content_types_without_a_body, refusals_write_nothing,
}

fn post(world: &World, path: &str, types: &[&str]) -> Answer {
    let mut headers = vec![("X-Auth-Token", world.token.as_str())];
    headers.extend(types.iter().map(|media| ("Content-Type", *media)));
    let body = document("deals", json!({"name": "D"}), &[]).to_string();
    send(world.address(), "POST", &format!("/api/v2{path}"), &headers, body.as_bytes())
}

fn repeated_content_types(place: &Place) {
    let world = World::start(place);
    post(&world, "/deals", &[]).expect(415);
    post(&world, "/deals", &[JSON_API, JSON_API]).expect(415);
    post(&world, "/deals", &[JSON_API, "text/plain"]).expect(415);
    post(&world, "/deals", &["application/vnd.api+json, application/vnd.api+json"]).expect(415);
}

/// The `Content-Type` of a request without a body is ignored.
fn content_types_without_a_body(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |method: &str, path: &str, media: Option<&str>, status: u16| {
        let mut headers = vec![("X-Auth-Token", world.token.as_str())];
        headers.extend(media.map(|media| ("Content-Type", media)));
        let target = format!("/api/v2{path}");
        let answer = send(world.address(), method, &target, &headers, b"");
        assert_eq!(answer.status, status, "{method} {path} {media:?}");
    };
    for media in [None, Some("text/plain"), Some("application/vnd.api+json; charset=utf-8")] {
        check("GET", "/deals", media, 200);
        check("HEAD", "/deals/1", media, 200);
        check("POST", "/deals", media, 400);
        check("PATCH", "/deals/1", media, 400);
    }
    check("DELETE", "/deals/1", Some("text/plain"), 204);
}

fn refusals_write_nothing(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let before = rows(&world);
    let body = document("deals", json!({"name": "E"}), &[]).to_string();
    let check = |method: &str, path: &str, headers: [(&str, &str); 2], status: u16| {
        let mut all = vec![("X-Auth-Token", world.token.as_str())];
        all.extend(headers);
        let target = format!("/api/v2{path}");
        let answer = send(world.address(), method, &target, &all, body.as_bytes());
        assert_eq!(complaints(&answer.expect(status)).len(), 1);
        assert!(rows(&world) == before, "{method} {headers:?}");
    };
    for (method, path) in [("POST", "/deals"), ("PATCH", "/deals/1")] {
        check(method, path, [("Content-Type", "application/json"), ("Accept", JSON_API)], 415);
        check(method, path, [("Content-Type", JSON_API), ("Accept", "text/html")], 406);
    }
    check("DELETE", "/deals/1", [("Content-Type", JSON_API), ("Accept", "text/html")], 406);
}
