//! Media types both ways (JSON:API 1.1, "Content Negotiation"; J1 to J12 of our checklist).

use apportion_testing::Place;
use serde_json::json;

use crate::complaints::{complaints, rows};
use crate::http::{Answer, send};
use crate::world::{JSON_API, World, document};

apportion_testing::cases! {
    content_types, repeated_content_types, bodies_that_are_not_there, accepts, repeated_accepts,
    refusals_write_nothing, every_answer_is_plain_json_api, every_answer_varies
}

fn post(world: &World, path: &str, types: &[&str]) -> Answer {
    let mut headers = vec![("X-Auth-Token", world.token.as_str())];
    headers.extend(types.iter().map(|media| ("Content-Type", *media)));
    let body = document("deals", json!({"name": "D"}), &[]).to_string();
    send(world.address(), "POST", &format!("/api/v2{path}"), &headers, body.as_bytes())
}

fn content_types(place: &Place) {
    let world = World::start(place);
    let check = |media: &str, status: u16| {
        let answer = post(&world, "/deals", &[media]);
        assert_eq!(answer.status, status, "{media}");
        if status == 415 {
            assert_eq!(complaints(&answer), ["415 Content-Type"], "{media}");
        }
    };
    check("application/vnd.api+json", 201);
    check("Application/Vnd.API+JSON", 201);
    check("application/vnd.api+json;", 201);
    // J6: profiles are never refused.
    check("application/vnd.api+json; profile=\"https://example.org/a https://example.org/b\"", 201);
    check("application/vnd.api+json;PROFILE=x", 201);
    // The old bulk extension has no effect.
    check("application/vnd.api+json; ext=\"bulk\"", 201);
    check("application/vnd.api+json; ext=bulk; profile=x", 201);
    check("application/vnd.api+json; ext=\"\"", 201);
    // J10: quoted strings may hold what parts other lists.
    check("application/vnd.api+json ; profile=\"a,b;charset=c \\\" d\"", 201);
    // J2, J3.
    check("application/vnd.api+json; charset=utf-8", 415);
    check("application/vnd.api+json; profile=x; charset=utf-8", 415);
    check("application/vnd.api+json; version=1", 415);
    check("application/vnd.api+json; ext=\"https://example.org/ext\"", 415);
    check("application/vnd.api+json; ext=\"bulk https://example.org/ext\"", 415);
    check("application/vnd.api+json; ext=\"Bulk\"", 415);
    // J12.
    for media in [
        "application/json",
        "text/plain",
        "*/*",
        "application/*",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/vnd.api+jsonx",
        "vnd.api+json",
        "",
    ] {
        check(media, 415);
    }
}

fn repeated_content_types(place: &Place) {
    let world = World::start(place);
    post(&world, "/deals", &[]).expect(415);
    post(&world, "/deals", &[JSON_API, JSON_API]).expect(415);
    post(&world, "/deals", &[JSON_API, "text/plain"]).expect(415);
    post(&world, "/deals", &["application/vnd.api+json, application/vnd.api+json"]).expect(415);
}

/// The Content-Type of a request without a body is ignored.
fn bodies_that_are_not_there(place: &Place) {
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

fn get(world: &World, accepts: &[&str]) -> Answer {
    let mut headers = vec![("X-Auth-Token", world.token.as_str())];
    headers.extend(accepts.iter().map(|accept| ("Accept", *accept)));
    send(world.address(), "GET", "/api/v2/deals", &headers, b"")
}

fn accepts(place: &Place) {
    let world = World::start(place);
    let check = |accept: &str, status: u16| {
        let answer = get(&world, &[accept]);
        assert_eq!(answer.status, status, "{accept}");
        assert_eq!(answer.header("Content-Type"), Some(JSON_API));
        if status == 406 {
            assert_eq!(complaints(&answer), ["406 Accept"], "{accept}");
        }
    };
    for accept in [
        "",
        "*/*",
        "application/*",
        JSON_API,
        "APPLICATION/VND.API+JSON",
        "text/html, */*;q=0.1",
        "application/vnd.api+json;q=0.1",
        "application/vnd.api+json ; q=1, text/html",
    ] {
        check(accept, 200);
    }
    check(
        "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
        200,
    );
    // J4: one plain instance is enough, but there must be one.
    check("application/vnd.api+json; charset=utf-8, application/vnd.api+json", 200);
    check("application/vnd.api+json; charset=utf-8", 406);
    check("application/vnd.api+json; charset=utf-8, application/vnd.api+json; version=1", 406);
    check("application/vnd.api+json; charset=utf-8, */*", 406);
    // J5, J6, J10.
    check("application/vnd.api+json; ext=\"https://example.org/ext\"", 406);
    check(
        "application/vnd.api+json; ext=\"https://example.org/ext\", application/vnd.api+json",
        200,
    );
    check("application/vnd.api+json; ext=\"bulk\"", 200);
    check("application/vnd.api+json; profile=\"https://example.org/unknown\"", 200);
    check("application/vnd.api+json; profile=\"a,b;c\", text/html", 200);
    check("application/vnd.api+json; q=0.5; accept-extension=1", 200);
    // J12.
    for accept in [
        "text/html",
        "application/json",
        "image/*",
        "text/html, application/xml;q=0.9",
        "application/vnd.api+json;q=0",
        "*/*;q=0",
        "*/*;q=0.000",
        "application",
        "json",
    ] {
        check(accept, 406);
    }
    // The most specific range counts (RFC 9110, section 12.5.1).
    check("application/vnd.api+json;q=0, */*", 406);
}

fn repeated_accepts(place: &Place) {
    let world = World::start(place);
    get(&world, &[]).expect(200);
    get(&world, &["text/html", JSON_API]).expect(200);
    get(&world, &["text/html", "application/xml"]).expect(406);
    get(&world, &["application/vnd.api+json; charset=utf-8", "application/vnd.api+json"])
        .expect(200);
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

/// Answers of every status that a client comes by.
fn answers(world: &World) -> Vec<Answer> {
    world.deal("D", 1);
    world.spread("1", "2025-01-01", "2025-01-01", "1");
    let deal = document("deals", json!({"name": "D"}), &[]);
    vec![
        world.get("/deals").expect(200),
        world.get("/deals/1").expect(200),
        world.post("/deals", &deal).expect(201),
        world.patch("/deals/1", &deal).expect(200),
        world.get("/deals?x=1").expect(400),
        world.request_as("", "GET", "/deals", None).expect(401),
        world.request_as(&world.reader, "POST", "/deals", Some(&deal)).expect(403),
        world.get("/deals/9").expect(404),
        world.get("/nothing").expect(404),
        world.request("PUT", "/deals", None).expect(405),
        get(world, &["text/html"]).expect(406),
        world.delete("/deals/1").expect(409),
        post(world, "/deals", &["text/plain"]).expect(415),
        world.post("/deals", &document("deals", json!({}), &[])).expect(422),
        world.get(&format!("/deals?{}", "x".repeat(9_000))).expect(414),
    ]
}

fn every_answer_is_plain_json_api(place: &Place) {
    let world = World::start(place);
    for answer in answers(&world) {
        let types =
            answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let types: Vec<&str> = types.map(|(_, value)| value.as_str()).collect();
        assert_eq!(types, [JSON_API], "{}", answer.status);
        assert_eq!(answer.json()["jsonapi"]["version"], "1.1");
    }
}

fn every_answer_varies(place: &Place) {
    let world = World::start(place);
    let mut answers = answers(&world);
    answers.push(world.delete("/deals/2").expect(204));
    answers.push(world.request("OPTIONS", "/deals", None));
    answers.push(world.request("HEAD", "/deals", None).expect(200));
    for answer in answers {
        let shown = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        let status = answer.status;
        assert_eq!(
            shown("Vary"),
            "Accept, Authorization, X-Auth-Token, X-Organization-Id",
            "{status}"
        );
        assert_eq!(shown("Cache-Control"), "no-store", "{status}");
        assert_eq!(shown("X-Content-Type-Options"), "nosniff", "{status}");
        assert_eq!((shown("Server"), shown("X-Powered-By")), (String::new(), String::new()));
    }
}
