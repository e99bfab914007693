//! Money that is called back: obligations that are withdrawn before it left, and payments that came
//! back after it did.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attribute, attributes, change};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::{document, run_sql};

apportion_testing::cases! {
    withdrawn, returned, returned_more_than_once, reasons_are_needed, reasons_may_be_given,
    nothing_comes_back_in_other_units, what_arrives_late_comes_after_the_trigger,
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
    assert!(detail.starts_with("Payments or reversals of the obligation are kept"), "{detail}");
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

/// A distributor that pays in other units now does not collect what it paid in the old ones.
fn nothing_comes_back_in_other_units(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": 1_000}));
    programme.credit(&[("1", 1), ("2", 1)]);
    programme.tick_when_due();
    to(&programme, "1", json!({"status": "fulfilled"}));
    let world = &programme.world;
    change(world, &programme.path(), json!({"units": "JPY"}));
    let refuse = |(method, path): (&str, &str), body: Value, status: u16, at: &str| {
        let fault = format!("{status} {at}");
        refused(world, (method, path), body.to_string(), status, &[&fault]);
    };
    let back = json!({"status": "approved", "reason": "It came back"});
    let body = document("obligations", back, &[]);
    refuse(("PATCH", "/obligations/1"), body, 409, "/data/attributes/status");
    let of = [("distribution", "distributions", "1")];
    let body = document("distribution_refunds", json!({"amount": 1}), &of);
    refuse(("POST", "/distribution_refunds"), body, 409, "/data/relationships/distribution");
    let links = [
        ("distributor", "distributors", programme.id.as_str()),
        ("collaborator", "collaborators", "2"),
        ("reverses", "obligations", "2"),
    ];
    let body = document("obligations", json!({"value": -1}), &links);
    refuse(("POST", "/obligations"), body, 422, "/data/relationships/reverses");
    // What does not come back can still be settled, and in the old units again all is possible.
    to(&programme, "2", json!({"status": "fulfilled"}));
    world.check_laws();
    run_sql(world, "UPDATE obligations SET units = 'JPY' WHERE id = 2");
    let broken = world.get("/checks?filter[id]=allocations-sum").expect(200).json();
    assert_eq!(broken["data"][0]["attributes"]["result"], "fail");
    run_sql(world, "UPDATE obligations SET units = 'EUR' WHERE id = 2");
    change(world, &programme.path(), json!({"units": "EUR"}));
    to(&programme, "1", json!({"status": "approved", "reason": "It came back"}));
    world.check_laws();
}

/// A request may begin before a trigger date and be carried out after it. It counts for the next
/// one, as all that is written after a trigger does.
fn what_arrives_late_comes_after_the_trigger(place: &Place) {
    let programme = Programme::long_ago(place, "2024-06-01T12:00:00Z", owing());
    let due = programme.due();
    programme.owe("1", 500, json!({}));
    programme.owe("2", 700, json!({"status": "pending"}));
    programme.tick(&due);
    // The clock of this server still shows the time before.
    let late = programme.owe("1", 900, json!({}));
    let shown = attributes(&programme.world, &format!("/obligations/{late}"));
    assert_eq!((&shown["created_at"], &shown["updated_at"]), (&json!(due), &json!(due)));
    let approved = to(&programme, "2", json!({"status": "approved"}));
    assert_eq!(approved["updated_at"], json!(due));
    programme.world.check_laws();
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), ["1 900 pending approved", "2 700 pending approved"]);
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
