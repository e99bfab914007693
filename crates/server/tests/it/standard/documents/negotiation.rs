//! J2 to J6 and J10 to J12: the media types of requests (JSON:API 1.1, "Content Negotiation"; RFC
//! 9110, section 12.5.1). Not here: those of answers (`media_types`).

use apportion_testing::Place;
use serde_json::json;

use crate::support::atomic::{ATOMIC, add_deal};
use crate::support::refusal::{complaints, rows};
use crate::support::standard::every_answer::{PROFILE, ask};
use crate::support::world::{JSON_API, World, document};

apportion_testing::cases! {
    j2_a_foreign_parameter_of_content_type_is_415,
    j3_an_unsupported_extension_in_content_type_is_415,
    j4_a_foreign_parameter_in_every_accept_is_406,
    j5_an_unsupported_extension_in_every_accept_is_406,
    j6_profiles_are_never_refused_and_known_ones_are_applied,
    j10_parameters_are_quoted_lists_and_names_ignore_case,
    j11_the_jsonapi_member_negotiates_nothing,
    j12_any_range_is_served_and_another_type_is_415,
}

/// Sends a new deal, a changed one, and linkage with that media type: either all are accepted, or
/// all are refused for it and nothing is written.
#[track_caller]
fn sent_as(world: &World, media: &str, served: bool) {
    let deal = document("deals", json!({"name": "D"}), &[]);
    let linkage = json!({"data": {"type": "deals", "id": "1"}});
    let before = rows(world);
    for (method, path, body) in [
        ("POST", "/deals", &deal),
        ("PATCH", "/deals/1", &deal),
        ("PATCH", "/revenue_distributions/1/relationships/deal", &linkage),
    ] {
        let content = [("Content-Type", media)];
        let answer = ask(world, method, path, &content, body.to_string().as_bytes());
        if served {
            assert!(matches!(answer.status, 200 | 201), "{method} as {media}: {}", answer.status);
        } else {
            assert_eq!(answer.status, 415, "{method} as {media}");
            assert_eq!(complaints(&answer), ["415 Content-Type"], "{method} as {media}");
        }
    }
    assert_eq!(rows(world) != before, served, "{media}");
}

/// Starts a server with a deal and a distribution of it.
fn world(place: &Place) -> World {
    let world = World::start(place);
    world.spread(&world.deal("D", 100), "2025-01-01", "2025-01-31", "1");
    world
}

fn j2_a_foreign_parameter_of_content_type_is_415(place: &Place) {
    let world = world(place);
    sent_as(&world, "application/vnd.api+json", true);
    sent_as(&world, "application/vnd.api+json;", true);
    sent_as(&world, "application/vnd.api+json; charset=utf-8", false);
    sent_as(&world, "application/vnd.api+json; profile=x; charset=utf-8", false);
    sent_as(&world, "application/vnd.api+json; version=1", false);
}

/// The old bulk extension is tolerated (wire conventions), since real clients send it on every
/// request.
fn j3_an_unsupported_extension_in_content_type_is_415(place: &Place) {
    let world = world(place);
    sent_as(&world, "application/vnd.api+json; ext=\"\"", true);
    sent_as(&world, "application/vnd.api+json; ext=\"bulk\"", true);
    sent_as(&world, "application/vnd.api+json; ext=bulk; profile=x", true);
    sent_as(&world, "application/vnd.api+json; ext=\"https://example.org/ext\"", false);
    sent_as(&world, "application/vnd.api+json; ext=\"bulk https://example.org/ext\"", false);
    sent_as(&world, "application/vnd.api+json; ext=\"Bulk\"", false);
    // An extension is supported at the addresses that apply it, and nowhere else.
    sent_as(&world, ATOMIC, false);
}

/// Requests every kind of address with these values of `Accept`.
#[track_caller]
fn all_answer(world: &World, accepts: &[&str], status: u16) {
    for path in ["/deals", "/deals/1", "/deals/1/organization", "/deals/9?x=1"] {
        let headers: Vec<(&str, &str)> = accepts.iter().map(|one| ("Accept", *one)).collect();
        let answer = ask(world, "GET", path, &headers, b"");
        if status == 406 {
            assert_eq!(answer.status, 406, "{path} as {accepts:?}");
            assert_eq!(complaints(&answer), ["406 Accept"], "{path} as {accepts:?}");
        } else {
            let status = if path.contains('9') { 404 } else { status };
            assert_eq!(answer.status, status, "{path} as {accepts:?}");
        }
    }
}

fn j4_a_foreign_parameter_in_every_accept_is_406(place: &Place) {
    let world = world(place);
    let (plain, foreign) = (JSON_API, "application/vnd.api+json; charset=utf-8");
    all_answer(&world, &[plain], 200);
    all_answer(&world, &[&format!("{foreign}, {plain}")], 200);
    all_answer(&world, &[foreign, plain], 200);
    all_answer(&world, &[foreign], 406);
    all_answer(&world, &[&format!("{foreign}, {plain}; version=1")], 406);
    // The most specific range counts.
    all_answer(&world, &[&format!("{foreign}, */*")], 406);
    // Parameters after `q` do not belong to the media type.
    all_answer(&world, &["application/vnd.api+json; q=0.5; accept-extension=1"], 200);
}

fn j5_an_unsupported_extension_in_every_accept_is_406(place: &Place) {
    let world = world(place);
    let foreign = "application/vnd.api+json; ext=\"https://example.org/ext\"";
    all_answer(&world, &[foreign], 406);
    all_answer(&world, &[ATOMIC], 406);
    all_answer(&world, &["application/vnd.api+json; ext=\"bulk https://example.org/ext\""], 406);
    all_answer(&world, &[&format!("{foreign}, {ATOMIC}")], 406);
    all_answer(&world, &[&format!("{foreign}, {JSON_API}")], 200);
    all_answer(&world, &["application/vnd.api+json; ext=\"bulk\""], 200);
    let operate = |accept: &str, status| {
        let body = json!({"atomic:operations": [add_deal("a")]}).to_string();
        let headers = [("Content-Type", ATOMIC), ("Accept", accept)];
        ask(&world, "POST", "/operations", &headers, body.as_bytes()).expect(status);
    };
    operate(ATOMIC, 200);
    operate(foreign, 406);
}

fn j6_profiles_are_never_refused_and_known_ones_are_applied(place: &Place) {
    let world = world(place);
    let unknown = "application/vnd.api+json; profile=\"https://example.org/a urn:b\"";
    sent_as(&world, unknown, true);
    all_answer(&world, &[unknown], 200);
    let applied = |uris: &str| {
        let accept = format!("{JSON_API}; profile=\"{uris}\"");
        let answer = ask(&world, "GET", "/deals", &[("Accept", &accept)], b"").expect(200);
        answer.json()["jsonapi"]["profile"].clone()
    };
    assert_eq!(applied("https://example.org/a"), json!(null));
    assert_eq!(applied(PROFILE), json!([PROFILE]));
    assert_eq!(applied(&format!("https://example.org/a {PROFILE}")), json!([PROFILE]));
}

fn j10_parameters_are_quoted_lists_and_names_ignore_case(place: &Place) {
    let world = world(place);
    sent_as(&world, "Application/Vnd.API+JSON", true);
    sent_as(&world, "application/vnd.api+json;PROFILE=x", true);
    sent_as(&world, "application/vnd.api+json ; profile=\"a,b;charset=c \\\" d\"", true);
    sent_as(&world, "application/vnd.api+json; EXT=\"bulk https://example.org/ext\"", false);
    sent_as(&world, "application/vnd.api+json, application/vnd.api+json", false);
    all_answer(&world, &["APPLICATION/VND.API+JSON"], 200);
    all_answer(&world, &["application/vnd.api+json; profile=\"a,b;c\", text/html"], 200);
    all_answer(&world, &["application/vnd.api+json ; q=1, text/html"], 200);
    all_answer(&world, &["text/html", JSON_API], 200);
    all_answer(&world, &["application/vnd.api+json;q=0"], 406);
    all_answer(&world, &["application/vnd.api+json;q=0.000, */*"], 406);
    let list = format!("application/vnd.api+json; profile=\"urn:a,;b {PROFILE}\";q=0.1");
    let answer = ask(&world, "GET", "/deals", &[("Accept", &list)], b"").expect(200);
    assert_eq!(answer.json()["jsonapi"]["profile"], json!([PROFILE]));
}

fn j11_the_jsonapi_member_negotiates_nothing(place: &Place) {
    let world = world(place);
    let mut body = document("deals", json!({"name": "D"}), &[]);
    body["jsonapi"] = json!({"version": "9", "ext": ["https://example.org/ext"], "profile": [1]});
    let made = world.post("/deals", &body).expect(201);
    assert_eq!(made.header("Content-Type"), Some(JSON_API));
    let extension = ["https://jsonapi.org/ext/atomic"];
    let operations =
        json!({"jsonapi": {"ext": extension}, "atomic:operations": [add_deal("a")]}).to_string();
    let content = [("Content-Type", JSON_API)];
    ask(&world, "POST", "/operations", &content, operations.as_bytes()).expect(415);
}

fn j12_any_range_is_served_and_another_type_is_415(place: &Place) {
    let world = world(place);
    all_answer(&world, &[], 200);
    let browser = "text/xml,application/xml,text/html;q=0.9,image/png,*/*;q=0.5";
    for accept in ["", "*/*", "application/*", "text/html, */*;q=0.1", browser] {
        all_answer(&world, &[accept], 200);
    }
    for accept in ["text/html", "application/json", "image/*", "*/*;q=0", "application", "json"] {
        all_answer(&world, &[accept], 406);
    }
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
        sent_as(&world, media, false);
    }
    ask(&world, "POST", "/deals", &[], b"{}").expect(415);
}
