//! Money that is called back: obligations that are withdrawn before it left, and payments that came
//! back after it did.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attribute, attributes, change};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::document;

apportion_testing::cases! {
    withdrawn, returned, returned_more_than_once, reasons_are_needed, reasons_may_be_given,
    deleted_distributors_owe_nothing
}

/// Makes a distributor that has allocated 500 to the first collaborator and 700 to the second.
#[track_caller]
fn allocated(place: &Place) -> (Programme, [String; 2]) {
    let programme = Programme::start(place, owing());
    let ids = [("1", 500), ("2", 700)].map(|(who, value)| programme.owe(who, value, json!({})));
    programme.tick_when_due();
    (programme, ids)
}

#[track_caller]
fn to(programme: &Programme, id: &str, attributes: Value) -> Value {
    change(&programme.world, &format!("/obligations/{id}"), attributes)
}

#[track_caller]
fn allocation_of(programme: &Programme, id: &str) -> Value {
    let shown = programme.world.get(&format!("/obligations/{id}")).expect(200).json();
    shown["data"]["relationships"]["allocation"]["data"]["id"].clone()
}

/// The rest of the distribution stays as it is.
fn withdrawn(place: &Place) {
    let (programme, [one, two]) = allocated(place);
    let shown = to(&programme, &one, json!({"status": "cancelled", "reason": "Wrong score"}));
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("cancelled"), &json!("Wrong score")));
    assert_eq!(programme.paid("1"), ["1 500 cancelled cancelled", "2 700 pending approved"]);
    assert_eq!(programme.states(), ["processing 700", "pending 0"]);
    to(&programme, &two, json!({"status": "fulfilled"}));
    assert_eq!(programme.states(), ["complete 700", "pending 0"]);
    // It is not paid by a later one.
    programme.tick_when_due();
    assert_eq!(programme.states(), ["complete 700", "complete 0", "pending 0"]);
    programme.world.check_laws();
}

/// The obligation waits for the next trigger, and the distribution stays complete.
fn returned(place: &Place) {
    let (programme, [one, two]) = allocated(place);
    let world = &programme.world;
    for id in [&one, &two] {
        to(&programme, id, json!({"status": "fulfilled", "reference": "SEPA 1"}));
    }
    assert_eq!(programme.states(), ["complete 1200", "pending 0"]);
    let back = json!({"status": "approved", "reason": "The account is closed"});
    assert_eq!(to(&programme, &one, back)["status"], "approved");
    assert_eq!(allocation_of(&programme, &one), Value::Null);
    assert_eq!(attribute(world, "/allocations/1", "status"), "returned");
    assert_eq!(programme.states()[0], "complete 700");
    let path = format!("{}?fields[distributors]=accumulated_value", programme.path());
    assert_eq!(attribute(world, &path, "accumulated_value"), 500);
    programme.world.check_laws();
    // Until it is paid again it can be changed, as any that waits, but what was paid is kept.
    let path = format!("/obligations/{one}");
    let refusal = world.delete(&path).expect(409).json();
    let detail = refusal["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("The obligation was paid and its payment came back"), "{detail}");
    to(&programme, &one, json!({"value": 450, "reference": null}));
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), ["1 450 pending approved"]);
    to(&programme, &one, json!({"status": "fulfilled"}));
    assert_eq!(programme.states(), ["complete 700", "complete 450", "pending 0"]);
    assert_eq!(attributes(world, "/allocations/1")["value"], 500);
    programme.world.check_laws();
}

fn returned_more_than_once(place: &Place) {
    let (programme, [one, two]) = allocated(place);
    to(&programme, &two, json!({"status": "cancelled", "reason": "Not owed"}));
    for round in 1..=3 {
        to(&programme, &one, json!({"status": "fulfilled"}));
        to(&programme, &one, json!({"status": "approved", "reason": "Came back"}));
        let states = programme.states();
        assert_eq!(states[round - 1], "complete 0");
        programme.world.check_laws();
        programme.tick_when_due();
        assert_eq!(programme.states()[round], "processing 500");
    }
    let parts = programme.list("/allocations?filter[obligation_id]=1&sort=id");
    let states: Vec<_> = parts.iter().map(|part| part["attributes"]["status"].clone()).collect();
    assert_eq!(states, ["returned", "returned", "returned", "pending"]);
}

/// Both are money that somebody expects: without a reason they are refused.
fn reasons_are_needed(place: &Place) {
    let (programme, [one, two]) = allocated(place);
    to(&programme, &two, json!({"status": "fulfilled"}));
    let world = &programme.world;
    for (id, status) in [(&one, "cancelled"), (&two, "approved")] {
        for reason in
            [json!({}), json!({"reason": null}), json!({"reason": ""}), json!({"reason": " "})]
        {
            let mut wanted = json!({"status": status});
            wanted.as_object_mut().unwrap().extend(reason.as_object().unwrap().clone());
            let body = document("obligations", wanted, &[]).to_string();
            let fault = ["422 /data/attributes/reason"];
            refused(world, ("PATCH", &format!("/obligations/{id}")), body, 422, &fault);
        }
    }
    // The reason alone stays locked, and so does everything else.
    let path = format!("/obligations/{one}");
    let body = document("obligations", json!({"reason": "Other"}), &[]).to_string();
    refused(world, ("PATCH", &path), body, 409, &["409 /data/attributes/reason"]);
    let more = json!({"status": "cancelled", "reason": "R", "value": 1});
    let body = document("obligations", more, &[]).to_string();
    refused(world, ("PATCH", &path), body, 409, &["409 /data/attributes/value"]);
    let rejected = document("obligations", json!({"status": "rejected"}), &[]).to_string();
    refused(world, ("PATCH", &path), rejected, 409, &["409 /data/attributes/status"]);
}

/// Of a pending obligation that is allocated, too.
fn reasons_may_be_given(place: &Place) {
    let programme = Programme::start(place, json!({"requires_approval": true}));
    programme.credit(&[("1", 1), ("2", 1)]);
    programme.tick_when_due();
    for (id, status) in [("1", "rejected"), ("2", "cancelled")] {
        let shown = to(&programme, id, json!({"status": status, "reason": "Not earned"}));
        assert_eq!(shown["reason"], "Not earned");
    }
    programme.world.check_laws();
}

fn deleted_distributors_owe_nothing(place: &Place) {
    let (programme, [one, two]) = allocated(place);
    for id in [&one, &two] {
        to(&programme, id, json!({"status": "fulfilled"}));
    }
    let world = &programme.world;
    world.delete(&programme.path()).expect(204);
    let back = json!({"status": "approved", "reason": "It came back"});
    let body = document("obligations", back, &[]).to_string();
    let path = format!("/obligations/{one}");
    refused(world, ("PATCH", &path), body, 409, &["409 /data/attributes/status"]);
}
