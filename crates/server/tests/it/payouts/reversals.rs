//! Reversals: obligations that take back others, in whole or in parts.

use apportion_testing::Place;
use serde_json::{Value, json};

use super::obligations::{LINKS, owe, world};
use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{pool, trigger};
use crate::support::world::document;

apportion_testing::cases! { in_whole, in_parts }

fn in_whole(place: &Place) {
    let world = world(place);
    let first = owe(&world, json!({"value": 30, "status": "approved"}));
    world.create("collaborators", json!({"full_name": "Ben"}), &[]);
    world.create("distributors", pool(), &[]);
    let reverse = |id: &str, attributes: Value, links: [(&str, &str, &str); 2]| {
        let links = [links[0], links[1], ("reverses", "obligations", id)];
        document("obligations", attributes, &links)
    };
    let fault = ["422 /data/relationships/reverses"];
    let refuse = |body: Value| {
        refused(&world, ("POST", "/obligations"), body.to_string(), 422, &fault);
    };
    refuse(reverse(&first, json!({}), [LINKS[0], ("collaborator", "collaborators", "2")]));
    refuse(reverse(&first, json!({}), [LINKS[1], ("distributor", "distributors", "2")]));
    let made = world.post("/obligations", &reverse(&first, json!({}), LINKS)).expect(201).json();
    assert_eq!(made["data"]["attributes"]["value"], -30);
    assert_eq!(made["data"]["relationships"]["reverses"]["data"]["id"], json!(first));
    let reversal = made["data"]["id"].as_str().unwrap();
    // An obligation can be reversed in whole once, and a reversal not at all.
    refuse(reverse(&first, json!({}), LINKS));
    refuse(reverse(reversal, json!({}), LINKS));
    refused(&world, ("DELETE", &format!("/obligations/{first}")), "", 409, &["409"]);
    world.delete(&format!("/obligations/{reversal}")).expect(204);
    // The smallest value is taken back in parts, whose sum does not fit.
    let least = owe(&world, json!({"value": i64::MIN, "status": "approved"}));
    let body = reverse(&least, json!({}), LINKS).to_string();
    refused(&world, ("POST", "/obligations"), body, 422, &["422 /data/attributes/value"]);
    for value in [i64::MAX, 1] {
        world.post("/obligations", &reverse(&least, json!({"value": value}), LINKS)).expect(201);
    }
    refuse(reverse(&least, json!({"value": 1}), LINKS));
    change(&world, &format!("/obligations/{least}"), json!({"reason": "Taken back"}));
    // A row that is not there is the only fault of a reversal without a value.
    let body = reverse("999", json!({}), LINKS).to_string();
    let fault = ["404 /data/relationships/reverses"];
    refused(&world, ("POST", "/obligations"), body, 404, &fault);
}

/// Any number of parts, in any order, come to the whole: a part that is cancelled or rejected is
/// free again, and what is reversed is neither withdrawn nor changed meanwhile.
fn in_parts(place: &Place) {
    let world = world(place);
    let first = owe(&world, json!({"value": 100, "status": "approved"}));
    let links = [LINKS[0], LINKS[1], ("reverses", "obligations", first.as_str())];
    let reverse = |attributes: Value| world.create("obligations", attributes, &links);
    let refuse_value = |value: i64| {
        let body = document("obligations", json!({"value": value}), &links).to_string();
        refused(&world, ("POST", "/obligations"), body, 422, &["422 /data/attributes/value"]);
    };
    let state = |id: &str, to: &str| {
        change(&world, &format!("/obligations/{id}"), json!({"status": to}));
    };
    [10, -101].into_iter().for_each(refuse_value);
    let (one, two) = (reverse(json!({"value": -30})), reverse(json!({"value": -50})));
    [-21, 20].into_iter().for_each(refuse_value);
    let path = format!("/obligations/{first}");
    for to in ["cancelled", "rejected"] {
        let body = document("obligations", json!({"status": to}), &[]).to_string();
        refused(&world, ("PATCH", &path), body, 409, &["409 /data/attributes/status"]);
    }
    let body = document("obligations", json!({"value": 90}), &[]).to_string();
    refused(&world, ("PATCH", &path), body, 409, &["409 /data/attributes/value"]);
    refused(&world, ("DELETE", &path), "", 409, &["409"]);
    // A part may grow as far as something is left.
    let part = format!("/obligations/{one}");
    let body = document("obligations", json!({"value": -51}), &[]).to_string();
    refused(&world, ("PATCH", &part), body, 422, &["422 /data/attributes/value"]);
    change(&world, &part, json!({"value": -50}));
    let none = document("obligations", json!({}), &links).to_string();
    refused(&world, ("POST", "/obligations"), none, 422, &["422 /data/relationships/reverses"]);
    state(&one, "cancelled");
    state(&two, "rejected");
    let whole = reverse(json!({}));
    assert_eq!(attributes(&world, &format!("/obligations/{whole}"))["value"], -100);
    state(&whole, "cancelled");
    // Only what is owed can be taken back, and what is free can be withdrawn.
    state(&first, "cancelled");
    let body = document("obligations", json!({"value": -1}), &links).to_string();
    refused(&world, ("POST", "/obligations"), body, 422, &["422 /data/relationships/reverses"]);
    let second = owe(&world, json!({"value": 100, "status": "approved"}));
    trigger(&world, world.organization, "1");
    let paid = attributes(&world, &format!("/obligations/{second}"));
    shows(&paid, &json!({"status": "approved", "value": 100}));
    shows(&attributes(&world, "/distributions/1"), &json!({"value": 100}));
}
