//! Obligations: the rules of their fields, every change of state, and the effect of settling one on
//! the distribution that covers it.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{make, owing, pool, trigger};
use crate::support::world::{World, document, run_sql};

apportion_testing::cases! {
    they_are_written_and_read, bad_values_are_refused, links_are_checked, every_change_of_state,
    every_change_of_state_once_allocated, changes_allowed_in_each_state, deletion,
    settling_the_last_completes, rejecting_lowers_the_value, approved_obligations_add_up,
    names_of_other_rows_are_shown, explanations_of_allocations
}

const STATES: [&str; 5] = ["pending", "approved", "fulfilled", "rejected", "cancelled"];

/// Starts a server with a collaborator and a distributor that pays its obligations.
pub(super) fn world(place: &Place) -> World {
    let world = World::start(place);
    let ann = json!({"full_name": "Ann", "email": "ann@example.org"});
    world.create("collaborators", ann, &[]);
    world.create("distributors", owing(), &[]);
    world
}

pub(super) const LINKS: [(&str, &str, &str); 2] =
    [("distributor", "distributors", "1"), ("collaborator", "collaborators", "1")];

#[track_caller]
pub(super) fn owe(world: &World, attributes: Value) -> String {
    world.create("obligations", attributes, &LINKS)
}

/// Makes an obligation and brings it to that state by allowed changes; returns its id.
#[track_caller]
fn in_state(world: &World, state: &str) -> String {
    let first = if state == "pending" { "pending" } else { "approved" };
    let id = owe(world, json!({"value": 10, "status": first}));
    if first != state {
        change(world, &format!("/obligations/{id}"), json!({"status": state}));
    }
    id
}

fn they_are_written_and_read(place: &Place) {
    let world = world(place);
    let id = owe(&world, json!({"value": -5}));
    let path = format!("/obligations/{id}");
    let expected = json!({
        "status": "pending", "award_type": null, "value": -5, "units": "EUR", "reason": null,
        "reference": null, "due_on": null,
    });
    shows(&attributes(&world, &path), &expected);
    let all = json!({
        "status": "approved", "award_type": "bonus", "value": 7, "reason": "a\nb",
        "due_on": "2030-01-01",
    });
    shows(&change(&world, &path, all.clone()), &all);
    let address =
        format!("{path}?fields[obligations]=collaborator_name,collaborator_email,distributor_name");
    let names = json!({
        "collaborator_name": "Ann", "collaborator_email": "ann@example.org",
        "distributor_name": "Owing",
    });
    assert_eq!(attributes(&world, &address), names);
    let referred = owe(&world, json!({"value": 1, "status": "approved", "reference": "INV-1"}));
    let shown = attributes(&world, &format!("/obligations/{referred}"));
    shows(&shown, &json!({"status": "approved", "reference": "INV-1"}));
}

fn bad_values_are_refused(place: &Place) {
    let world = world(place);
    owe(&world, json!({"value": 1}));
    let cases: &[(&str, Value)] = &[
        ("value", json!(0)),
        ("value", json!(null)),
        ("value", json!("5")),
        ("value", json!(9_223_372_036_854_775_808_u64)),
        ("status", json!("paid")),
        ("status", json!(null)),
        ("award_type", json!("a".repeat(256))),
        ("award_type", json!("a\nb")),
        ("reason", json!("r".repeat(10_001))),
        ("reference", json!("\u{0}")),
        ("due_on", json!("2200-01-01")),
        ("due_on", json!("tomorrow")),
        ("units", json!("USD")),
        ("collaborator_name", json!("Eve")),
    ];
    for (name, value) in cases {
        let mut attributes = json!({"value": 2});
        attributes[*name] = value.clone();
        let body = document("obligations", attributes, &LINKS).to_string();
        let fault = format!("422 /data/attributes/{name}");
        refused(&world, ("POST", "/obligations"), &body, 422, &[&fault]);
        refused(&world, ("PATCH", "/obligations/1"), &body, 422, &[&fault]);
    }
    for state in &STATES[2..] {
        let body = document("obligations", json!({"value": 1, "status": state}), &LINKS);
        let fault = ["422 /data/attributes/status"];
        refused(&world, ("POST", "/obligations"), body.to_string(), 422, &fault);
    }
    let bare = document("obligations", json!({}), &[]).to_string();
    let missing = ["attributes/value", "relationships/distributor", "relationships/collaborator"];
    let missing = missing.map(|at| format!("422 /data/{at}"));
    refused(&world, ("POST", "/obligations"), bare, 422, &missing.each_ref().map(String::as_str));
}

fn links_are_checked(place: &Place) {
    let world = world(place);
    owe(&world, json!({"value": 1}));
    let theirs = make(&world, &world.stranger, "collaborators", json!({"full_name": "E"}), &[]);
    let payer = make(&world, &world.stranger, "distributors", owing(), &[]);
    let check = |links: &[(&str, &str, &str)], status: u16, fault: &str| {
        let body = document("obligations", json!({"value": 2}), links).to_string();
        refused(&world, ("POST", "/obligations"), body, status, &[fault]);
    };
    let collaborator = "/data/relationships/collaborator";
    let distributor = "/data/relationships/distributor";
    let not_found = |at: &str| format!("404 {at}");
    check(&[LINKS[0], ("collaborator", "collaborators", &theirs)], 404, &not_found(collaborator));
    check(&[LINKS[0], ("collaborator", "collaborators", "x")], 404, &not_found(collaborator));
    check(&[LINKS[1], ("distributor", "distributors", &payer)], 404, &not_found(distributor));
    check(&[LINKS[1], ("distributor", "people", "1")], 422, &format!("422 {distributor}"));
    let odd = [LINKS[0], LINKS[1], ("reverses", "obligations", "9")];
    let body = document("obligations", json!({"value": 2}), &odd).to_string();
    refused(&world, ("POST", "/obligations"), body, 404, &["404 /data/relationships/reverses"]);
    // The links of an obligation cannot be changed, but sent as they are.
    let other = world.create("collaborators", json!({"full_name": "Ben"}), &[]);
    let moved = document("obligations", json!({}), &[("collaborator", "collaborators", &other)]);
    let fault = format!("422 {collaborator}");
    refused(&world, ("PATCH", "/obligations/1"), moved.to_string(), 422, &[&fault]);
    let linkage = json!({"data": {"type": "collaborators", "id": other}}).to_string();
    let path = "/obligations/1/relationships/collaborator";
    refused(&world, ("PATCH", path), linkage, 403, &["403"]);
    let same = document("obligations", json!({}), &[("collaborator", "collaborators", "1")]);
    world.patch("/obligations/1", &same).expect(200);
    // No new obligation can be made for a deleted distributor; one that owes is not deleted.
    refused(&world, ("DELETE", "/distributors/1"), "", 409, &["409"]);
    let gone = world.create("distributors", owing(), &[]);
    world.delete(&format!("/distributors/{gone}")).expect(204);
    check(&[LINKS[1], ("distributor", "distributors", &gone)], 422, &format!("422 {distributor}"));
}

/// Returns whether an obligation that no distribution covers may change from one state to the
/// other.
fn allowed(from: &str, to: &str) -> bool {
    match from {
        "pending" => to != "fulfilled",
        "approved" => to != "pending",
        "fulfilled" => to == "approved" || to == from,
        settled => settled == to,
    }
}

fn every_change_of_state(place: &Place) {
    let world = world(place);
    for from in STATES {
        for to in STATES {
            let path = format!("/obligations/{}", in_state(&world, from));
            let body = match (from, to) {
                ("fulfilled", "approved") => json!({"status": to, "reason": "It came back"}),
                _ => json!({"status": to}),
            };
            let body = document("obligations", body, &[]);
            if allowed(from, to) {
                let shown = world.patch(&path, &body).expect(200).json();
                assert_eq!(shown["data"]["attributes"]["status"], to, "{from} to {to}");
                continue;
            }
            let fault = ["409 /data/attributes/status"];
            refused(&world, ("PATCH", &path), body.to_string(), 409, &fault);
            let detail = world.patch(&path, &body).json()["errors"][0]["detail"].clone();
            let detail = detail.as_str().unwrap().to_owned();
            assert!(detail.contains(from) && detail.contains(to), "{from} to {to}: {detail}");
        }
    }
}

/// Makes an obligation in that state that is allocated by a distribution; returns its id.
fn allocated(world: &World, state: &str) -> String {
    let mut sharing = pool();
    sharing["requires_approval"] = json!(state == "pending");
    let id = world.create("distributors", sharing, &[]);
    let members = json!({"data": [{"type": "collaborators", "id": "1"}]});
    let path = format!("/distributors/{id}/relationships/collaborators");
    world.patch(&path, &members).expect(200);
    let links = [("distributor", "distributors", id.as_str()), LINKS[1]];
    world.create("metric_credits", json!({"points": 3}), &links);
    trigger(world, world.organization, &id);
    let path = format!("/obligations?filter[distributor_id]={id}");
    let list = world.get(&path).expect(200).json();
    assert_eq!(list["data"][0]["attributes"]["status"], state);
    list["data"][0]["id"].as_str().unwrap().to_owned()
}

fn every_change_of_state_once_allocated(place: &Place) {
    let world = world(place);
    let may = |from: &str, to: &str| match from {
        "pending" => to != "fulfilled",
        _ => matches!(to, "approved" | "fulfilled" | "cancelled"),
    };
    for from in ["pending", "approved"] {
        for to in STATES {
            let path = format!("/obligations/{}", allocated(&world, from));
            let body = match (from, to) {
                ("approved", "cancelled") => json!({"status": to, "reason": "Wrong"}),
                _ => json!({"status": to}),
            };
            let body = document("obligations", body, &[]);
            if may(from, to) {
                world.patch(&path, &body).expect(200);
            } else {
                let fault = ["409 /data/attributes/status"];
                refused(&world, ("PATCH", &path), body.to_string(), 409, &fault);
            }
        }
    }
}

/// Each case is a member, a new value, and the states in which it is accepted.
fn changes_allowed_in_each_state(place: &Place) {
    let world = world(place);
    let members = [
        ("value", json!(11)),
        ("award_type", json!("bonus")),
        ("reason", json!("because")),
        ("due_on", json!("2030-05-05")),
        ("reference", json!("INV-7")),
    ];
    for (name, value) in members {
        let body = document("obligations", json!({name: value}), &[]);
        for state in STATES {
            let path = format!("/obligations/{}", in_state(&world, state));
            if matches!(state, "pending" | "approved") {
                world.patch(&path, &body).expect(200);
            } else {
                let fault = format!("409 /data/attributes/{name}");
                refused(&world, ("PATCH", &path), body.to_string(), 409, &[&fault]);
            }
        }
        let path = format!("/obligations/{}", allocated(&world, "approved"));
        if name == "reference" {
            let paid = json!({"status": "fulfilled", name: value});
            shows(&change(&world, &path, paid.clone()), &paid);
        } else {
            let fault = format!("409 /data/attributes/{name}");
            refused(&world, ("PATCH", &path), body.to_string(), 409, &[&fault]);
        }
    }
}

fn deletion(place: &Place) {
    let world = world(place);
    for state in STATES {
        let path = format!("/obligations/{}", in_state(&world, state));
        if matches!(state, "pending" | "approved") {
            world.delete(&path).expect(204);
            world.get(&path).expect(404);
        } else {
            refused(&world, ("DELETE", &path), "", 409, &["409"]);
        }
    }
    for state in ["pending", "approved"] {
        let path = format!("/obligations/{}", allocated(&world, state));
        refused(&world, ("DELETE", &path), "", 409, &["409"]);
    }
}

fn settling_the_last_completes(place: &Place) {
    let world = world(place);
    let ids = [40, 60].map(|value| owe(&world, json!({"value": value, "status": "approved"})));
    trigger(&world, world.organization, "1");
    let state = || attributes(&world, "/distributions/1");
    shows(&state(), &json!({"status": "processing", "value": 100}));
    let tag = || world.get("/distributions/1").header("ETag").unwrap().to_owned();
    let before = tag();
    change(&world, &format!("/obligations/{}", ids[0]), json!({"status": "fulfilled"}));
    shows(&state(), &json!({"status": "processing", "value": 100}));
    assert_eq!(tag(), before);
    let allocation = |id: &str| attributes(&world, &format!("/obligations/{id}/allocation"));
    shows(&allocation(&ids[0]), &json!({"status": "complete", "value": 40}));
    shows(&allocation(&ids[1]), &json!({"status": "pending", "value": 60}));
    change(&world, &format!("/obligations/{}", ids[1]), json!({"status": "fulfilled"}));
    shows(&state(), &json!({"status": "complete", "value": 100}));
    assert_ne!(tag(), before);
}

fn rejecting_lowers_the_value(place: &Place) {
    let world = world(place);
    let owed = allocated(&world, "pending");
    let path = format!("/obligations/{owed}");
    let whole = format!("{path}/allocation?include=distribution");
    let shown = || world.get(&whole).expect(200).json();
    shows(&shown()["included"][0]["attributes"], &json!({"status": "processing", "value": 10_000}));
    change(&world, &path, json!({"status": "approved"}));
    shows(&shown()["included"][0]["attributes"], &json!({"status": "processing", "value": 10_000}));
    assert_eq!(shown()["data"]["attributes"]["status"], "pending");
    let other = format!("/obligations/{}", allocated(&world, "pending"));
    change(&world, &other, json!({"status": "rejected"}));
    let shown = world.get(&format!("{other}/allocation?include=distribution")).expect(200).json();
    assert_eq!(shown["data"]["attributes"]["status"], "cancelled");
    shows(&shown["included"][0]["attributes"], &json!({"status": "complete", "value": 0}));
    let path = format!("/obligations/{}", allocated(&world, "pending"));
    run_sql(&world, "UPDATE distributions SET value = -9223372036854775807 WHERE value > 0");
    let body = document("obligations", json!({"status": "rejected"}), &[]);
    refused(&world, ("PATCH", &path), body.to_string(), 409, &["409"]);
}

fn approved_obligations_add_up(place: &Place) {
    let world = world(place);
    let sum = || {
        let path = "/distributors/1?fields[distributors]=accumulated_value";
        attributes(&world, path)["accumulated_value"].as_i64().unwrap()
    };
    let pending = owe(&world, json!({"value": 5}));
    assert_eq!(sum(), 0);
    let path = format!("/obligations/{pending}");
    change(&world, &path, json!({"status": "approved"}));
    assert_eq!(sum(), 5);
    change(&world, &path, json!({"value": 7}));
    owe(&world, json!({"value": -3, "status": "approved"}));
    assert_eq!(sum(), 4);
    change(&world, &path, json!({"status": "cancelled"}));
    assert_eq!(sum(), -3);
    let large = owe(&world, json!({"value": i64::MAX, "status": "approved"}));
    let more = document("obligations", json!({"value": 4, "status": "approved"}), &LINKS);
    let fault = ["422 /data/attributes/value"];
    refused(&world, ("POST", "/obligations"), more.to_string(), 422, &fault);
    world.delete(&format!("/obligations/{large}")).expect(204);
    assert_eq!(sum(), -3);
    let found = world.get("/distributors?filter[accumulated_value][lt]=0").expect(200).json();
    assert_eq!(found["meta"]["total_count"], 1);
}

/// An obligation shows members of other rows, which must be no older than those rows.
fn names_of_other_rows_are_shown(place: &Place) {
    let world = world(place);
    owe(&world, json!({"value": 1}));
    let path = "/obligations/1?fields[obligations]=collaborator_name,distributor_name";
    let tag = || world.get(path).header("ETag").unwrap().to_owned();
    let first = tag();
    change(&world, "/collaborators/1", json!({"full_name": "Anna"}));
    let second = tag();
    change(&world, "/distributors/1", json!({"name": "Paying"}));
    let third = tag();
    assert!(first != second && second != third, "{first} {second} {third}");
    let names = json!({"collaborator_name": "Anna", "distributor_name": "Paying"});
    assert_eq!(attributes(&world, path), names);
    for (name, value) in names.as_object().unwrap() {
        let query = format!("/obligations?filter[{name}]={}", value.as_str().unwrap());
        assert_eq!(world.get(&query).expect(200).json()["meta"]["total_count"], 1, "{name}");
    }
}

fn explanations_of_allocations(place: &Place) {
    let world = world(place);
    let shared = allocated(&world, "approved");
    let owed = owe(&world, json!({"value": 25, "status": "approved"}));
    owe(&world, json!({"value": -5, "status": "approved"}));
    trigger(&world, world.organization, "1");
    let explained = |id: &str| {
        let path = format!("/obligations/{id}/allocation?fields[allocations]=explanation");
        attributes(&world, &path)["explanation"].clone()
    };
    let expected = json!({
        "pool": 10_000, "score": 3, "total_score": 3, "exact": "10000/1", "floor": 10_000,
        "remainder": "0/1", "rank": 1, "extra_unit": false, "carried": 0,
    });
    let explanation = explained(&shared);
    shows(&explanation, &expected);
    assert!(explanation["sentence"].as_str().unwrap().starts_with("100.00 EUR: 3 of 3 points"));
    let sentence = "0.25 EUR: one of 2 obligations, 0.20 EUR together.";
    assert_eq!(explained(&owed), json!({"net": 20, "parts": 2, "sentence": sentence}));
}
