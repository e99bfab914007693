//! Settlements: many obligations that are fulfilled at once.

use apportion_testing::Place;
use chrono::Utc;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::document;

apportion_testing::cases! {
    of_a_distribution, of_named_obligations, what_is_not_ready_stays, refused_settlements,
    settlements_are_kept, after_a_return, many_at_once
}

/// Makes a distributor that has allocated 500, 700 and 900.
#[track_caller]
fn allocated(place: &Place) -> Programme {
    let programme = Programme::start(place, owing());
    for (who, value) in [("1", 500), ("2", 700), ("3", 900)] {
        programme.owe(who, value, json!({}));
    }
    programme.tick_when_due();
    programme
}

/// Returns a document with these obligations.
fn naming(ids: &[&str], attributes: Value) -> Value {
    let mut body = document("settlements", attributes, &[]);
    let ids: Vec<Value> = ids.iter().map(|id| json!({"type": "obligations", "id": id})).collect();
    body["data"]["relationships"] = json!({"obligations": {"data": ids}});
    body
}

fn of_one(id: &str, attributes: Value) -> Value {
    document("settlements", attributes, &[("distribution", "distributions", id)])
}

#[track_caller]
fn refuse(programme: &Programme, body: &Value, status: u16, fault: &str) {
    let fault = format!("{status} {fault}");
    let to = ("POST", "/settlements");
    refused(&programme.world, to, body.to_string(), status, &[fault.as_str()]);
}

fn of_a_distribution(place: &Place) {
    let programme = allocated(place);
    let world = &programme.world;
    change(world, "/obligations/2", json!({"reference": "CASH"}));
    let body = of_one("1", json!({"reference": "SEPA 7", "settled_on": "2026-02-27"}));
    let made = world.post("/settlements", &body).expect(201).json();
    let shown = &made["data"]["attributes"];
    assert_eq!(
        (&shown["reference"], &shown["settled_on"]),
        (&json!("SEPA 7"), &json!("2026-02-27"))
    );
    assert_eq!(made["data"]["relationships"]["distribution"]["data"]["id"], "1");
    let expected =
        ["1 500 complete fulfilled", "2 700 complete fulfilled", "3 900 complete fulfilled"];
    assert_eq!(programme.paid("1"), expected);
    assert_eq!(programme.states(), ["complete 2100", "pending 0"]);
    let settled = programme.list("/settlements/1/obligations?sort=id");
    let references: Vec<_> =
        settled.iter().map(|row| row["attributes"]["reference"].clone()).collect();
    assert_eq!(references, ["SEPA 7", "CASH", "SEPA 7"]);
    refuse(&programme, &body, 409, "/data/relationships/distribution");
    programme.world.check_laws();
}

fn of_named_obligations(place: &Place) {
    let programme = allocated(place);
    let world = &programme.world;
    let today = || json!(Utc::now().date_naive().to_string());
    let before = today();
    let made = world.post("/settlements", &naming(&["1", "3"], json!({}))).expect(201).json();
    let shown = &made["data"]["attributes"];
    assert_eq!(shown["reference"], Value::Null);
    assert!([before, today()].contains(&shown["settled_on"]), "{shown}");
    assert_eq!(made["data"]["relationships"]["distribution"]["data"], Value::Null);
    let expected =
        ["1 500 complete fulfilled", "2 700 pending approved", "3 900 complete fulfilled"];
    assert_eq!(programme.paid("1"), expected);
    assert_eq!(programme.states(), ["processing 2100", "pending 0"]);
    // One that is not ready is named, and nothing is settled.
    let place = "/data/relationships/obligations";
    refuse(&programme, &naming(&["2", "3"], json!({})), 409, place);
    let answer = world.post("/settlements", &naming(&["2", "3"], json!({})));
    let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Obligation 3 is fulfilled"), "{detail}");
    world.post("/settlements", &naming(&["2"], json!({}))).expect(201);
    assert_eq!(programme.states(), ["complete 2100", "pending 0"]);
    programme.world.check_laws();
}

/// Only what is approved is settled; the rest of a distribution stays pending.
fn what_is_not_ready_stays(place: &Place) {
    let programme = Programme::start(place, json!({"requires_approval": true}));
    programme.credit(&[("1", 1), ("2", 1)]);
    programme.tick_when_due();
    refuse(&programme, &of_one("1", json!({})), 409, "/data/relationships/distribution");
    change(&programme.world, "/obligations/1", json!({"status": "approved"}));
    programme.world.post("/settlements", &of_one("1", json!({}))).expect(201);
    assert_eq!(programme.paid("1"), ["1 5000 complete fulfilled", "2 5000 pending pending"]);
    assert_eq!(programme.states()[0], "processing 10000");
    programme.world.check_laws();
}

fn refused_settlements(place: &Place) {
    let programme = allocated(place);
    let [distribution, obligations] =
        ["/data/relationships/distribution", "/data/relationships/obligations"];
    refuse(&programme, &document("settlements", json!({}), &[]), 422, obligations);
    refuse(&programme, &naming(&[], json!({})), 422, obligations);
    let mut both = naming(&["1"], json!({}));
    both["data"]["relationships"]["distribution"] =
        json!({"data": {"type": "distributions", "id": "1"}});
    refuse(&programme, &both, 422, obligations);
    refuse(&programme, &naming(&["1", "999"], json!({})), 404, obligations);
    refuse(&programme, &of_one("999", json!({})), 404, distribution);
    refuse(&programme, &of_one("2", json!({})), 409, distribution);
    refuse(&programme, &naming(&["x"], json!({})), 404, obligations);
    refuse(&programme, &of_one("x", json!({})), 404, distribution);
    let waits = programme.owe("1", 5, json!({}));
    refuse(&programme, &naming(&[&waits], json!({})), 409, obligations);
    let bad = json!({"settled_on": "2200-01-01"});
    refuse(&programme, &of_one("1", bad), 422, "/data/attributes/settled_on");
    let bad = json!({"reference": "a\nb"});
    refuse(&programme, &of_one("1", bad), 422, "/data/attributes/reference");
}

fn settlements_are_kept(place: &Place) {
    let programme = allocated(place);
    let world = &programme.world;
    world.post("/settlements", &naming(&["1"], json!({"reference": "A"}))).expect(201);
    world.delete("/settlements/1").expect(405);
    world.patch("/settlements/1", &document("settlements", json!({}), &[])).expect(405);
    let more = json!({"data": [{"type": "obligations", "id": "2"}]});
    let path = "/settlements/1/relationships/obligations";
    for method in ["POST", "PATCH", "DELETE"] {
        let status = world.request(method, path, Some(&more)).status;
        assert!([403, 405].contains(&status), "{method}: {status}");
    }
    let list = world.get("/settlements?filter[reference]=A&include=obligations").expect(200);
    assert_eq!(list.json()["included"][0]["id"], "1");
}

/// A payment that came back is settled again, by another settlement.
fn after_a_return(place: &Place) {
    let programme = allocated(place);
    let world = &programme.world;
    world.post("/settlements", &of_one("1", json!({}))).expect(201);
    change(world, "/obligations/2", json!({"status": "approved", "reason": "Came back"}));
    programme.world.check_laws();
    programme.tick_when_due();
    world.post("/settlements", &of_one("2", json!({}))).expect(201);
    assert_eq!(programme.states(), ["complete 1400", "complete 700", "pending 0"]);
    assert_eq!(attributes(world, "/allocations/2")["status"], "returned");
    // Both have paid it out, the first in vain.
    for settlement in ["1", "2"] {
        let rows = programme.list(&format!("/settlements/{settlement}/obligations"));
        assert!(rows.iter().any(|row| row["id"] == "2"), "{settlement}");
    }
    programme.world.check_laws();
}

/// More than one statement has room for.
fn many_at_once(place: &Place) {
    let programme = Programme::start(place, owing());
    let world = &programme.world;
    let ids: Vec<String> = (0..1_001).map(|_| programme.owe("1", 1, json!({}))).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    programme.tick_when_due();
    refuse(&programme, &naming(&ids, json!({})), 400, "/data/relationships/obligations/data");
    world.post("/settlements", &naming(&ids[..1_000], json!({}))).expect(201);
    assert_eq!(programme.states()[0], "processing 1001");
    world.post("/settlements", &of_one("1", json!({}))).expect(201);
    assert_eq!(programme.states()[0], "complete 1001");
    programme.world.check_laws();
}
