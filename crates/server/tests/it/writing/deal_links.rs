//! The deal of a distribution, named by linkage or by `deal_id`, and the faults of both.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{refused, send_body};
use crate::support::resources::sums;
use crate::support::world::{World, document};

apportion_testing::cases! {
    the_deal_may_be_an_attribute, faults_point_at_where_the_deal_is_named,
    a_patch_may_leave_the_deal_out, both_ways_must_agree, links_of_the_server_stay,
    the_link_has_an_address_of_its_own
}

fn the_deal_may_be_an_attribute(place: &Place) {
    let world = World::start(place);
    let deal: i64 = world.deal("D", 100).parse().unwrap();
    let both = |id: Value, relationships: Value| {
        let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "1",
            "deal_id": id});
        let kind = "revenue_distributions";
        let data = json!({"type": kind, "attributes": days, "relationships": relationships});
        let answer = world.post("/revenue_distributions", &json!({"data": data})).expect(201);
        let linked = answer.json()["data"]["relationships"]["deal"]["data"].clone();
        assert_eq!(linked, json!({"type": "deals", "id": deal.to_string()}));
    };
    both(json!(deal), json!({}));
    both(json!(deal.to_string()), json!({}));
    both(json!(deal), json!({"deal": {"data": {"type": "deals", "id": deal.to_string()}}}));
    both(json!(deal), json!({"deal": {}}));
    both(json!(deal), json!({"deal": {"meta": {"included": false}}, "@note": 1}));
}

/// Returns the body of a distribution with these attributes and relationships, sound otherwise.
fn spread(attributes: &str, relationships: &str) -> String {
    let comma = if attributes.is_empty() { "" } else { ", " };
    format!(
        r#"{{"data": {{"type": "revenue_distributions", "attributes": {{"start_on": "2025-01-01",
        "end_on": "2025-01-02", "amount_percent": "1"{comma}{attributes}}},
        "relationships": {{{relationships}}}}}}}"#
    )
}

/// Starts a server with two deals, a distribution of the first, and a deal of the other
/// organization; returns the id of that.
fn world(place: &Place) -> (World, String) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    world.deal("E", 100);
    world.spread(&deal, "2025-01-01", "2025-01-02", "10");
    let theirs = document("deals", json!({"name": "T"}), &[]);
    let theirs = world.request_as(&world.stranger, "POST", "/deals", Some(&theirs)).expect(201);
    let foreign = theirs.json()["data"]["id"].as_str().unwrap().to_owned();
    (world, foreign)
}

/// Checks that the body is refused both when a distribution is made and when it is changed.
#[track_caller]
fn both(world: &World, body: &str, status: u16, expected: &[&str]) {
    refused(world, ("POST", "/revenue_distributions"), body, status, expected);
    refused(world, ("PATCH", "/revenue_distributions/1"), body, status, expected);
}

fn faults_point_at_where_the_deal_is_named(place: &Place) {
    let (world, foreign) = world(place);
    let post = ("POST", "/revenue_distributions");
    refused(&world, post, spread("", ""), 422, &["422 /data/relationships/deal"]);
    refused(&world, post, spread("", r#""deal": {}"#), 422, &["422 /data/relationships/deal"]);
    let related = |deal: &str, status: u16, expected: &str| {
        both(&world, &spread("", &format!(r#""deal": {deal}"#)), status, &[expected]);
    };
    let (deal, at) = ("/data/relationships/deal", "/data/relationships/deal/data");
    related(r#"{"data": null}"#, 422, &format!("422 {deal}"));
    related(
        &format!(r#"{{"data": {{"type": "deals", "id": "{foreign}"}}}}"#),
        404,
        &format!("404 {deal}"),
    );
    for id in ["999", "0", "-1", "01", "+1", "1.0", "x", "", " 1", "9223372036854775808"] {
        let linkage = format!(r#"{{"data": {{"type": "deals", "id": "{id}"}}}}"#);
        related(&linkage, 404, &format!("404 {deal}"));
    }
    related(r#"{"data": {"type": "people", "id": "1"}}"#, 422, &format!("422 {deal}"));
    related(r#"{"data": {"type": "deals", "id": 1}}"#, 400, &format!("400 {at}/id"));
    related(r#"{"data": {"type": 1, "id": "1"}}"#, 400, &format!("400 {at}/type"));
    related(r#"{"data": {"type": "deals"}}"#, 400, &format!("400 {at}/id"));
    related(r#"{"data": {"id": "1"}}"#, 400, &format!("400 {at}/type"));
    related(r#"{"data": [{"type": "deals", "id": "1"}]}"#, 400, &format!("400 {at}"));
    related(r#"{"data": "1"}"#, 400, &format!("400 {at}"));
    related("null", 400, &format!("400 {deal}"));
    related(r#""1""#, 400, &format!("400 {deal}"));
    let attribute = |id: &str, expected: &str| {
        let status = expected.split(' ').next().unwrap().parse().unwrap();
        both(&world, &spread(&format!(r#""deal_id": {id}"#), ""), status, &[expected]);
    };
    attribute("999", "404 /data/attributes/deal_id");
    attribute(&foreign, "404 /data/attributes/deal_id");
    attribute(r#""999""#, "404 /data/attributes/deal_id");
    attribute(r#""x""#, "404 /data/attributes/deal_id");
    attribute("1.5", "422 /data/attributes/deal_id");
    attribute("1e400", "422 /data/attributes/deal_id");
    attribute("null", "422 /data/attributes/deal_id");
    attribute("true", "422 /data/attributes/deal_id");
    attribute("[1]", "422 /data/attributes/deal_id");
    attribute(r#"{"id": "1"}"#, "422 /data/attributes/deal_id");
}

fn a_patch_may_leave_the_deal_out(place: &Place) {
    let (world, _) = world(place);
    let patch = |relationships: Value| {
        let kind = "revenue_distributions";
        let data = json!({"type": kind, "attributes": {}, "relationships": relationships});
        let answer = world.patch("/revenue_distributions/1", &json!({"data": data})).expect(200);
        answer.json()["data"]["relationships"]["deal"]["data"]["id"].clone()
    };
    assert_eq!(patch(json!({})), "1");
    assert_eq!(patch(json!({"deal": {}})), "1");
    assert_eq!(patch(json!({"deal": {"meta": {"included": false}, "links": {}}})), "1");
    assert_eq!(patch(json!({"deal": {"data": {"type": "deals", "id": "2", "x": 1}}})), "2");
    assert_eq!(sums(&world, "1"), ("0.0".to_owned(), 0, 100));
    assert_eq!(sums(&world, "2"), ("10.0".to_owned(), 10, 90));
}

fn both_ways_must_agree(place: &Place) {
    let (world, _) = world(place);
    let linked = |id: &str| format!(r#""deal": {{"data": {{"type": "deals", "id": "{id}"}}}}"#);
    let fault = &["422 /data/attributes/deal_id"];
    both(&world, &spread(r#""deal_id": 2"#, &linked("1")), 422, fault);
    both(&world, &spread(r#""deal_id": "2""#, &linked("1")), 422, fault);
    both(&world, &spread(r#""deal_id": null"#, &linked("1")), 422, fault);
    both(&world, &spread(r#""deal_id": 1"#, r#""deal": {"data": null}"#), 422, fault);
    world
        .post(
            "/revenue_distributions",
            &serde_json::from_str(&spread(r#""deal_id": "1""#, &linked("1"))).unwrap(),
        )
        .expect(201);
}

/// Clients cannot set these relationships.
fn links_of_the_server_stay(place: &Place) {
    let (world, _) = world(place);
    let check = |relationships: &str, expected: &str| {
        let body = spread(r#""deal_id": 1"#, relationships);
        both(&world, &body, 422, &[expected]);
    };
    check(
        r#""organization": {"data": {"type": "organizations", "id": "2"}}"#,
        "422 /data/relationships/organization",
    );
    check(
        r#""organization": {"data": {"type": "organizations", "id": "x"}}"#,
        "422 /data/relationships/organization",
    );
    check(
        r#""creator": {"data": {"type": "people", "id": "1"}}"#,
        "422 /data/relationships/creator",
    );
    check(r#""elsewhere": {"data": null}"#, "422 /data/relationships/elsewhere");
    check(r#""amount": 2"#, "422 /data/relationships/amount");
    let body = spread(r#""deal_id": 1, "creator_id": 1, "organization_id": "2""#, "");
    both(
        &world,
        &body,
        422,
        &["422 /data/attributes/creator_id", "422 /data/attributes/organization_id"],
    );
    // The distributions of a deal are written at the distributions.
    let many = |path: (&str, &str), ids: &[&str], status: u16, expected: &[&str]| {
        let ids: Vec<Value> =
            ids.iter().map(|id| json!({"type": "revenue_distributions", "id": id})).collect();
        let data = json!({"type": "deals", "attributes": {"name": "D"}, "relationships": {"revenue_distributions": {"data": ids}}});
        refused(&world, path, json!({"data": data}).to_string(), status, expected);
    };
    let at = &["422 /data/relationships/revenue_distributions"];
    many(("POST", "/deals"), &["1"], 422, at);
    many(("PATCH", "/deals/1"), &[], 422, at);
    many(("PATCH", "/deals/1"), &["1", "2"], 422, at);
    many(("PATCH", "/deals/2"), &["1"], 422, at);
}

/// The same faults are reported where the linkage is the document.
fn the_link_has_an_address_of_its_own(place: &Place) {
    let (world, foreign) = world(place);
    let path = "/revenue_distributions/1/relationships/deal";
    let check = |body: &str, status: u16, expected: &str| {
        refused(&world, ("PATCH", path), body, status, &[expected]);
    };
    let linkage = |kind: &str, id: &str| format!(r#"{{"data": {{"type": "{kind}", "id": {id}}}}}"#);
    check(&linkage("deals", &format!("\"{foreign}\"")), 404, "404 /data");
    check(&linkage("deals", "\"999\""), 404, "404 /data");
    check(&linkage("deals", "\"x\""), 404, "404 /data");
    check(&linkage("people", "\"1\""), 422, "422 /data");
    check(r#"{"data": null}"#, 422, "422 /data");
    check(&linkage("deals", "1"), 400, "400 /data/id");
    check(r#"{"data": {"type": "deals"}}"#, 400, "400 /data/id");
    check(r#"{"data": {"id": "1"}}"#, 400, "400 /data/type");
    check(r#"{"data": [{"type": "deals", "id": "1"}]}"#, 400, "400 /data");
    check("{}", 400, "400 /data");
    check("[]", 400, "400 /data");
    check("{", 400, "400");
    refused(&world, ("PATCH", &format!("{path}?x=1")), linkage("deals", "\"2\""), 400, &["400 x"]);
    // Every request on a row of another organization is answered as on a missing row.
    for body in ["{", "{}", r#"{"data": null}"#] {
        refused(
            &world,
            ("PATCH", "/revenue_distributions/9/relationships/deal"),
            body,
            404,
            &["404"],
        );
    }
    for (method, path) in [
        ("PATCH", "/revenue_distributions/1/relationships/organization"),
        ("PATCH", "/deals/1/relationships/creator"),
        ("PATCH", "/deals/1/relationships/revenue_distributions"),
        ("POST", "/deals/1/relationships/revenue_distributions"),
        ("DELETE", "/deals/1/relationships/revenue_distributions"),
    ] {
        refused(&world, (method, path), r#"{"data": null}"#, 403, &["403"]);
    }
    send_body(&world, "PATCH", path, linkage("deals", "\"2\"")).expect(200);
    assert_eq!(sums(&world, "1"), ("0.0".to_owned(), 0, 100));
    assert_eq!(sums(&world, "2"), ("10.0".to_owned(), 10, 90));
}
