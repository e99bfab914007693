//! All faults of a request are reported at once, each at its place, under one status.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, refused, send_body};
use crate::support::world::{World, document};

apportion_testing::cases! {
    names_must_be_declared, all_faults_at_once, statuses_that_differ_become_400,
    fifty_faults_are_listed, names_are_escaped_and_cut
}

fn names_must_be_declared(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    for name in [
        "nothing",
        "Name",
        "name ",
        "id",
        "type",
        "revenue_distributions",
        "revenue_distributions_id",
        "nothing_id",
        "organization",
        "links",
    ] {
        let body = document("deals", json!({"name": "E", name: 1}), &[]).to_string();
        let fault = format!("422 /data/attributes/{name}");
        refused(&world, ("POST", "/deals"), &body, 422, &[&fault]);
        refused(&world, ("PATCH", "/deals/1"), &body, 422, &[&fault]);
    }
    let data = r#"{"data": {"type": "deals", "attributes": {"name": "E", "@name": 7},
        "relationships": {"@creator": 7}, "links": 7, "meta": 7, "more": [7], "@data": 7},
        "included": 7, "links": null, "jsonapi": [], "extra:member": {}, "@more": 7}"#;
    send_body(&world, "POST", "/deals", data).expect(201);
    send_body(&world, "PATCH", "/deals/1", data).expect(200);
}

fn all_faults_at_once(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let body = r#"{"data": {"type": "deals", "attributes": {"name": "", "probability": 101,
        "value": "x", "date": "2025-13-01", "exchange_rate": 0, "currency": "EURO", "color": 1,
        "value_default": 7}, "relationships": {"boss": {}, "creator": {"data": {"type": "people",
        "id": "9"}}}}}"#;
    let names = [
        "attributes/name",
        "attributes/probability",
        "attributes/value",
        "attributes/date",
        "attributes/exchange_rate",
        "attributes/currency",
        "attributes/color",
        "attributes/value_default",
        "relationships/boss",
        "relationships/creator",
    ];
    let expected = names.map(|at| format!("422 /data/{at}"));
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    refused(&world, ("POST", "/deals"), body, 422, &expected);
    refused(&world, ("PATCH", "/deals/1"), body, 422, &expected);
}

fn statuses_that_differ_become_400(place: &Place) {
    let world = World::start(place);
    let post = ("POST", "/revenue_distributions");
    let body = r#"{"data": {"type": "revenue_distributions", "attributes": {"amount_percent": 0,
        "start_on": "2025-01-01", "end_on": "2025-01-01", "deal_id": 9}}}"#;
    let (percent, deal) = ("422 /data/attributes/amount_percent", "404 /data/attributes/deal_id");
    refused(&world, post, body, 400, &[percent, deal]);
    let body = r#"{"data": {"type": "deals", "attributes": [], "relationships": {"creator": 1}}}"#;
    refused(
        &world,
        ("POST", "/deals"),
        body,
        400,
        &["400 /data/attributes", "400 /data/relationships/creator", "422 /data/attributes/name"],
    );
    // Faults of the query are reported as well.
    let body = document("deals", json!({"name": ""}), &[]).to_string();
    refused(
        &world,
        ("POST", "/deals?include=x&page[number]=1"),
        body,
        400,
        &["400 include", "422 /data/attributes/name"],
    );
}

fn fifty_faults_are_listed(place: &Place) {
    let world = World::start(place);
    let names: serde_json::Map<String, Value> =
        (0..60).map(|n| (format!("n{n}"), json!(1))).collect();
    let answer = world.post("/deals", &document("deals", json!(names), &[])).expect(422);
    assert_eq!(complaints(&answer).len(), 50);
}

fn names_are_escaped_and_cut(place: &Place) {
    let world = World::start(place);
    let check = |name: &str, pointer: &str| {
        let body = json!({"data": {"type": "deals", "attributes": {"name": "D", name: 1}, "relationships": {name: {}}}});
        let expected =
            ["attributes", "relationships"].map(|family| format!("422 /data/{family}/{pointer}"));
        refused(&world, ("POST", "/deals"), body.to_string(), 422, &[&expected[0], &expected[1]]);
    };
    check("a/b", "a~1b");
    check("a~b", "a~0b");
    check("~1/~0", "~01~1~00");
    check("", "");
    check("\u{1f600}\"\\\n", "\u{1f600}\"\\\n");
    check(&"x".repeat(101), &"x".repeat(100));
    check(&"/".repeat(200), &"~1".repeat(100));
    check(&"ä".repeat(5000), &"ä".repeat(100));
    let answer =
        world.post("/deals", &document("deals", json!({"v".repeat(5000): 1}), &[])).expect(422);
    let details = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["detail"].as_str().unwrap().len())
        .max();
    assert!(details.unwrap() < 300, "{details:?}");
}
