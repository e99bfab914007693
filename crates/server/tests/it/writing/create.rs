//! POST: the defaults of a new resource, and the values that it takes.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, refused, send_body};
use crate::support::resources::{attributes, person, shows, sums, token_of};
use crate::support::world::{World, document};
use apportion_testing::http::Answer;

apportion_testing::cases! {
    deals_need_a_name_only, people_need_names_only, distributions_follow_their_deal,
    deals_take_what_they_are_given, people_take_what_they_are_given,
    distributions_take_what_they_are_given, rates_go_with_foreign_currencies,
    the_creator_is_the_person_of_the_token,
    read_only_members_may_be_null, ids_have_no_gaps, ids_are_not_used_again,
    identity_is_the_servers, the_query_shapes_the_answer
}

fn deals_need_a_name_only(place: &Place) {
    let world = World::start(place);
    let answer = made(&world, "deals", json!({"name": "D"}));
    let expected = json!({
        "name": "D", "currency": "EUR", "value": 0, "exchange_rate": null, "exchange_date": null,
        "probability": 100, "status": "won", "date": null, "end_date": null, "value_default": 0,
        "distributed_percent": "0.0", "distributed_amount": 0, "undistributed_amount": 0,
        "external_id": null,
    });
    has_attributes(&answer, expected);
    let related = answer.json()["data"]["relationships"].clone();
    assert_eq!(related["organization"]["data"], json!({"type": "organizations", "id": "1"}));
    assert_eq!(related["creator"]["data"], json!(null));
}

fn people_need_names_only(place: &Place) {
    let world = World::start(place);
    let answer = made(&world, "people", json!({"first_name": "A", "last_name": "B"}));
    let expected = json!({"first_name": "A", "last_name": "B", "email": null, "external_id": null});
    has_attributes(&answer, expected);
}

fn distributions_follow_their_deal(place: &Place) {
    let world = World::start(place);
    let deal = json!({"name": "D", "currency": "USD", "exchange_rate": 1.25, "value": 10_000});
    world.create("deals", deal, &[]);
    let days = json!({"start_on": "2025-09-20", "end_on": "2025-09-29", "amount_percent": "50"});
    let body = document("revenue_distributions", days, &[("deal", "deals", "1")]);
    let answer = world.post("/revenue_distributions", &body).expect(201);
    is_where_it_says(&world, "revenue_distributions", &answer);
    let expected = json!({
        "start_on": "2025-09-20", "end_on": "2025-09-29", "amount_percent": "50.0",
        "amount": 5_000, "amount_default": 6_250, "amount_normalized": 5_000,
        "currency": "USD", "currency_default": "EUR", "currency_normalized": "USD",
        "external_id": null,
    });
    let shown = answer.json()["data"]["attributes"].clone();
    assert_eq!(shown, expected);
    assert_eq!(sums(&world, "1"), ("50.0".to_owned(), 5_000, 5_000));
}

/// Makes a resource; it is found at the address in its answer.
#[track_caller]
fn made(world: &World, kind: &str, attributes: Value) -> Answer {
    let answer = world.post(&format!("/{kind}"), &document(kind, attributes, &[])).expect(201);
    is_where_it_says(world, kind, &answer);
    answer
}

#[track_caller]
fn is_where_it_says(world: &World, kind: &str, answer: &Answer) {
    let document = answer.json();
    let address = format!("/api/v2/{kind}/{}", document["data"]["id"].as_str().unwrap());
    assert_eq!(answer.header("Location"), Some(address.as_str()));
    assert_eq!(document["data"]["links"]["self"], json!(address));
    assert_eq!(document["data"]["type"], json!(kind));
    let shown = world.get(address.strip_prefix("/api/v2").unwrap()).expect(200).json();
    assert_eq!(shown, document);
}

/// Checks that the resource has these attributes and no others, apart from the instants at which it
/// was made and last changed, which are equal.
#[track_caller]
fn has_attributes(answer: &Answer, expected: Value) {
    let mut shown = answer.json()["data"]["attributes"].clone();
    let shown = shown.as_object_mut().unwrap();
    let (created, updated) = (shown.remove("created_at"), shown.remove("updated_at"));
    assert_eq!(created, updated);
    let created = created.unwrap();
    let instant = created.as_str().unwrap();
    assert!(instant.len() == "2025-09-20T10:11:12.345Z".len(), "{instant}");
    assert!(instant.starts_with("20") && instant.ends_with('Z'), "{instant}");
    assert_eq!(json!(shown), expected);
}

/// Makes a resource and checks its attributes.
#[track_caller]
fn takes(world: &World, kind: &str, attributes: Value, expected: Value) {
    let answer = made(world, kind, attributes);
    shows(&answer.json()["data"]["attributes"], &expected);
}

fn deals_take_what_they_are_given(place: &Place) {
    let world = World::start(place);
    let takes = |name: &str, given: Value, shown: Value| {
        takes(&world, "deals", json!({"name": "D", name: given}), json!({name: shown}));
    };
    takes("value", json!(i64::MAX), json!(i64::MAX));
    takes("value", json!(i64::MIN), json!(i64::MIN));
    takes("value", json!(-1), json!(-1));
    takes("probability", json!(0), json!(0));
    takes("probability", json!(100), json!(100));
    for status in ["open", "won", "lost"] {
        takes("status", json!(status), json!(status));
    }
    takes("date", json!("1900-01-01"), json!("1900-01-01"));
    takes("end_date", json!("2199-12-31"), json!("2199-12-31"));
    takes("exchange_date", json!("2024-02-29"), json!("2024-02-29"));
    takes("exchange_date", json!(null), json!(null));
    takes("name", json!("ä\u{1f600}\"\\/ <>&"), json!("ä\u{1f600}\"\\/ <>&"));
    takes("name", json!("'; DROP TABLE deals; --"), json!("'; DROP TABLE deals; --"));
    takes("name", json!("n".repeat(255)), json!("n".repeat(255)));
    takes("name", json!("\u{1f600}".repeat(255)), json!("\u{1f600}".repeat(255)));
    takes("@ignored", json!({"any": ["thing"]}), json!(null));
}

fn people_take_what_they_are_given(place: &Place) {
    let world = World::start(place);
    let takes = |name: &str, given: Value| {
        let mut attributes = json!({"first_name": "A", "last_name": "B"});
        attributes[name] = given.clone();
        takes(&world, "people", attributes, json!({name: given}));
    };
    takes("email", json!("ada@example.org"));
    takes("email", json!(null));
    takes("first_name", json!("n".repeat(255)));
    takes("last_name", json!("Ωμέγα"));
}

fn distributions_take_what_they_are_given(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 0);
    let takes = |given: Value, shown: Value| {
        let mut attributes = json!({"start_on": "2025-01-01", "end_on": "2025-01-31"});
        attributes["amount_percent"] = json!("1");
        attributes["deal_id"] = json!(deal);
        for (name, value) in given.as_object().unwrap() {
            attributes[name] = value.clone();
        }
        takes(&world, "revenue_distributions", attributes, shown);
    };
    let percent = |given: &str, shown: &str| {
        let as_number: Value = serde_json::from_str(given).unwrap();
        takes(json!({"amount_percent": given}), json!({"amount_percent": shown}));
        takes(json!({"amount_percent": as_number}), json!({"amount_percent": shown}));
    };
    percent("100", "100.0");
    percent("33.33", "33.33");
    percent("0.1", "0.1");
    percent("100.50", "100.5");
    percent("1e2", "100.0");
    percent("2.5E-1", "0.25");
    takes(
        json!({"amount_percent": "99999999.9999999999"}),
        json!({"amount_percent": "99999999.9999999999"}),
    );
    takes(json!({"amount_percent": "0.0000000001"}), json!({"amount_percent": "0.0000000001"}));
    takes(
        json!({"start_on": "2025-01-02", "end_on": "2125-01-02"}),
        json!({"start_on": "2025-01-02", "end_on": "2125-01-02"}),
    );
    takes(json!({"start_on": "2199-12-31", "end_on": "2199-12-31"}), json!({"amount": 0}));
}

fn rates_go_with_foreign_currencies(place: &Place) {
    let world = World::start(place);
    let takes = |given: Value, shown: Value| {
        let mut attributes = json!({"name": "D", "value": 10_000});
        for (name, value) in given.as_object().unwrap() {
            attributes[name] = value.clone();
        }
        takes(&world, "deals", attributes, shown);
    };
    takes(json!({"exchange_rate": null}), json!({"exchange_rate": null, "value_default": 10_000}));
    takes(json!({"exchange_rate": "1.000"}), json!({"exchange_rate": null, "currency": "EUR"}));
    takes(json!({"exchange_rate": 1, "currency": "EUR"}), json!({"exchange_rate": null}));
    takes(
        json!({"exchange_rate": "0.92", "currency": "USD", "exchange_date": "2025-07-01"}),
        json!({"exchange_rate": "0.92", "value_default": 9_200, "exchange_date": "2025-07-01"}),
    );
    takes(
        json!({"exchange_rate": 1, "currency": "USD"}),
        json!({"exchange_rate": "1.0", "value_default": 10_000}),
    );
    takes(
        json!({"exchange_rate": "0.000000000001", "currency": "USD"}),
        json!({"exchange_rate": "0.000000000001", "value_default": 0}),
    );
    takes(json!({"exchange_rate": "0.0061", "currency": "JPY"}), json!({"value_default": 6_100}));
    takes(json!({"exchange_rate": "3", "currency": "KWD"}), json!({"value_default": 3_000}));
}

fn the_creator_is_the_person_of_the_token(place: &Place) {
    let world = World::start(place);
    let ada = person(&world);
    let token = token_of(&world, &ada);
    let creator = json!({"type": "people", "id": ada});
    let body = document("deals", json!({"name": "D"}), &[]);
    let deal = world.request_as(&token, "POST", "/deals", Some(&body)).expect(201).json();
    assert_eq!(deal["data"]["relationships"]["creator"]["data"], creator);
    let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "1"});
    let body = document("revenue_distributions", days, &[("deal", "deals", "1")]);
    let path = "/revenue_distributions";
    let spread = world.request_as(&token, "POST", path, Some(&body)).expect(201).json();
    assert_eq!(spread["data"]["relationships"]["creator"]["data"], creator);
}

fn read_only_members_may_be_null(place: &Place) {
    let world = World::start(place);
    let deal = json!({
        "type": "deals",
        "attributes": {
            "name": "D", "value_default": null, "distributed_percent": null, "created_at": null,
            "distributed_amount": null, "undistributed_amount": null, "updated_at": null,
        },
        "relationships": {
            "organization": {"data": {"type": "organizations", "id": "1"}},
            "creator": {"data": null},
            "revenue_distributions": {"data": []},
        },
    });
    world.post("/deals", &json!({"data": deal})).expect(201);
    for organization in [json!(1), json!("1"), json!(null)] {
        let person = json!({"first_name": "A", "last_name": "B", "organization_id": organization});
        world.post("/people", &document("people", person, &[])).expect(201);
    }
    let read_only = ["amount", "amount_default", "amount_normalized", "currency", "day_count"];
    let mut days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "1"});
    read_only.iter().for_each(|name| days[*name] = json!(null));
    days["creator_id"] = json!(null);
    world.create("revenue_distributions", days, &[("deal", "deals", "1")]);
}

fn ids_have_no_gaps(place: &Place) {
    let world = World::start(place);
    assert_eq!(world.deal("D", i64::MAX), "1");
    refused(
        &world,
        ("POST", "/deals"),
        r#"{"data": {"type": "deals", "attributes": {}}}"#,
        422,
        &["422 /data/attributes/name"],
    );
    assert_eq!(world.deal("D", 1), "2");
    let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "100"});
    let path = "/revenue_distributions";
    for (deal, percent, status) in [("1", "101", 422), ("9", "1", 404), ("1", "0", 422)] {
        let mut days = days.clone();
        days["amount_percent"] = json!(percent);
        let body = document("revenue_distributions", days, &[("deal", "deals", deal)]);
        world.post(path, &body).expect(status);
    }
    assert_eq!(world.spread("1", "2025-01-01", "2025-01-01", "1"), "1");
    assert_eq!(person(&world), "1");
}

fn ids_are_not_used_again(place: &Place) {
    let world = World::start(place);
    let first = world.deal("D", 1);
    world.delete(&format!("/deals/{first}")).expect(204);
    assert_eq!(world.deal("D", 1), "2");
}

fn identity_is_the_servers(place: &Place) {
    let world = World::start(place);
    let post = |data: &str, status: u16, expected: &str| {
        let answer = send_body(&world, "POST", "/deals", format!("{{\"data\": {data}}}"));
        assert_eq!(complaints(&answer.expect(status)), [expected], "{data}");
    };
    // The id is refused alone; the attributes are not checked.
    post(r#"{"type": "deals", "id": "7", "attributes": {"name": 1}}"#, 403, "403 /data/id");
    post(r#"{"type": "deals", "id": 7, "attributes": {"name": 1}}"#, 400, "400 /data/id");
    post(r#"{"type": "people", "attributes": {"name": 1}}"#, 409, "409 /data/type");
    post(r#"{"type": 1, "attributes": {"name": 1}}"#, 400, "400 /data/type");
    post(r#"{"attributes": {"name": 1}}"#, 400, "400 /data");
    let local = json!({"data": {"type": "deals", "lid": "a", "attributes": {"name": "D"}}});
    world.post("/deals", &local).expect(201);
}

fn the_query_shapes_the_answer(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-02", "amount_percent": "1"});
    let body = document("revenue_distributions", days, &[("deal", "deals", "1")]);
    let path = "/revenue_distributions?include=deal&fields[revenue_distributions]=day_count,deal";
    let answer = world.post(path, &body).expect(201).json();
    assert_eq!(answer["data"]["attributes"], json!({"day_count": 2}));
    assert_eq!(answer["included"][0]["attributes"]["distributed_percent"], "1.0");
    world.post("/revenue_distributions?include=nothing", &body).expect(400);
    world.post("/revenue_distributions?sort=id", &body).expect(400);
    let shown = attributes(&world, "/deals/1");
    assert_eq!(shown["distributed_percent"], "1.0");
}
