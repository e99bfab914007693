//! Refunds of a pool, in whole and in parts.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attribute, change};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::{document, run_sql};

apportion_testing::cases! {
    parts_end_where_one_would, what_is_refunded_is_collected, refunds_that_need_approval,
    shares_that_wait_are_refunded, shares_that_wait_stay, nothing_is_taken_back_twice,
    one_unit_more_stays, parts_that_add_up_to_nothing_count, one_unit_more_that_is_void,
    refused_refunds, refunds_are_kept
}

/// Makes a pool of 100.00 EUR that was shared by 3 and 14 points.
#[track_caller]
fn shared(place: &Place, more: Value) -> Programme {
    let programme = Programme::start(place, more);
    programme.credit(&[("1", 3), ("2", 14)]);
    programme.tick_when_due();
    programme
}

#[track_caller]
fn refund(programme: &Programme, amount: i64) -> String {
    let link = [("distribution", "distributions", "1")];
    let attributes = json!({"amount": amount, "reason": "The customer left"});
    programme.world.create("distribution_refunds", attributes, &link)
}

/// Returns the obligations of a refund: collaborator, value, status.
#[track_caller]
fn parts(programme: &Programme, refund: &str) -> Vec<String> {
    let list = programme.list(&format!("/distribution_refunds/{refund}/obligations?sort=id"));
    let part = |row: &Value| {
        let shown = &row["attributes"];
        assert_eq!(shown["award_type"], "refund");
        assert_eq!(shown["reason"], "The customer left");
        format!(
            "{} {} {}",
            row["relationships"]["collaborator"]["data"]["id"].as_str().unwrap(),
            shown["value"],
            shown["status"].as_str().unwrap()
        )
    };
    list.iter().map(part).collect()
}

#[track_caller]
fn refuse(programme: &Programme, attributes: Value, status: u16, fault: &str) {
    let link = [("distribution", "distributions", "1")];
    let body = document("distribution_refunds", attributes, &link).to_string();
    let fault = format!("{status} {fault}");
    let to = ("POST", "/distribution_refunds");
    refused(&programme.world, to, body, status, &[fault.as_str()]);
}

fn parts_end_where_one_would(place: &Place) {
    let programme = shared(place, json!({}));
    assert_eq!(programme.paid("1"), ["1 1765 pending approved", "2 8235 pending approved"]);
    let first = refund(&programme, 3_000);
    assert_eq!(parts(&programme, &first), ["1 -530 approved", "2 -2470 approved"]);
    let second = refund(&programme, 2_000);
    assert_eq!(parts(&programme, &second), ["1 -353 approved", "2 -1647 approved"]);
    refuse(&programme, json!({"amount": 5_001}), 422, "/data/attributes/amount");
    let last = refund(&programme, 5_000);
    assert_eq!(parts(&programme, &last), ["1 -882 approved", "2 -4118 approved"]);
    refuse(&programme, json!({"amount": 1}), 422, "/data/attributes/amount");
    let path = format!("{}?fields[distributors]=accumulated_value", programme.path());
    assert_eq!(attribute(&programme.world, &path, "accumulated_value"), -10_000);
    programme.world.check_laws();
}

fn what_is_refunded_is_collected(place: &Place) {
    let programme = shared(place, json!({}));
    refund(&programme, 5_000);
    programme.credit(&[("1", 1), ("2", 1)]);
    programme.tick_when_due();
    let expected = [
        "1 5000 pending approved",
        "2 5000 pending approved",
        "1 -883 pending approved",
        "2 -4117 pending approved",
    ];
    assert_eq!(programme.paid("2"), expected);
    assert_eq!(programme.states()[1], "processing 5000");
    programme.world.check_laws();
}

fn refunds_that_need_approval(place: &Place) {
    let programme = shared(place, json!({"requires_approval": true}));
    let first = refund(&programme, 1_700);
    assert_eq!(parts(&programme, &first), ["1 -300 pending", "2 -1400 pending"]);
    // A share that is refunded is not rejected meanwhile; that the part is can be decided.
    let world = &programme.world;
    let body = document("obligations", json!({"status": "rejected"}), &[]).to_string();
    refused(world, ("PATCH", "/obligations/1"), body, 409, &["409 /data/attributes/status"]);
    // How much a part is, its pool says.
    let body = document("obligations", json!({"value": -1}), &[]).to_string();
    refused(world, ("PATCH", "/obligations/3"), body, 409, &["409 /data/attributes/value"]);
    change(world, "/obligations/3", json!({"status": "rejected"}));
    change(world, "/obligations/4", json!({"status": "approved"}));
    // What was decided is not asked for again.
    let second = refund(&programme, 1_700);
    assert_eq!(parts(&programme, &second), ["1 -300 pending", "2 -1400 pending"]);
    programme.world.check_laws();
}

fn shares_that_wait_are_refunded(place: &Place) {
    let programme = shared(place, json!({"minimum_value": 5_000}));
    assert_eq!(programme.paid("1"), ["2 8235 pending approved"]);
    let first = refund(&programme, 10_000);
    assert_eq!(parts(&programme, &first), ["1 -1765 approved", "2 -8235 approved"]);
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), Vec::<String>::new());
    programme.world.check_laws();
}

/// A share that waits, or whose payment came back, is a part of its pool: it is neither changed nor
/// deleted, and can be cancelled.
fn shares_that_wait_stay(place: &Place) {
    let programme = shared(place, json!({"minimum_value": 5_000}));
    let world = &programme.world;
    change(world, "/obligations/1", json!({"status": "fulfilled"}));
    change(world, "/obligations/1", json!({"status": "approved", "reason": "It came back"}));
    let body = document("obligations", json!({"value": 10}), &[]).to_string();
    for path in ["/obligations/1", "/obligations/2"] {
        refused(world, ("PATCH", path), &body, 409, &["409 /data/attributes/value"]);
        refused(world, ("DELETE", path), "", 409, &["409"]);
        change(world, path, json!({"due_on": "2026-01-01"}));
    }
    change(world, "/obligations/2", json!({"status": "cancelled"}));
    programme.world.check_laws();
}

/// Neither by a reversal beside a refund, nor by a refund beside a reversal.
fn nothing_is_taken_back_twice(place: &Place) {
    let programme = shared(place, json!({}));
    let world = &programme.world;
    let links = [
        ("distributor", "distributors", programme.id.as_str()),
        ("collaborator", "collaborators", "1"),
        ("reverses", "obligations", "1"),
    ];
    refund(&programme, 5_000);
    let body = document("obligations", json!({"value": -883}), &links).to_string();
    refused(world, ("POST", "/obligations"), body, 422, &["422 /data/attributes/value"]);
    let reversal = world.create("obligations", json!({"value": -882}), &links);
    refuse(&programme, json!({"amount": 100}), 409, "/data/attributes/amount");
    change(world, &format!("/obligations/{reversal}"), json!({"status": "cancelled"}));
    refund(&programme, 100);
    programme.world.check_laws();
    // A share of which a part was taken back is not withdrawn.
    let path = "/obligations/2";
    let withdrawn = json!({"status": "cancelled", "reason": "R"});
    let body = document("obligations", withdrawn, &[]).to_string();
    refused(world, ("PATCH", path), body, 409, &["409 /data/attributes/status"]);
}

/// A share of which one unit more was given and one taken back is taken back all the same.
fn parts_that_add_up_to_nothing_count(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": 11}));
    programme.credit(&[("1", 1), ("2", 3), ("3", 3)]);
    programme.tick_when_due();
    let first = refund(&programme, 1);
    assert_eq!(parts(&programme, &first), ["1 1 approved", "2 -1 approved", "3 -1 approved"]);
    let second = refund(&programme, 1);
    assert_eq!(parts(&programme, &second), ["1 -1 approved"]);
    let withdrawn = json!({"status": "cancelled", "reason": "R"});
    let body = document("obligations", withdrawn, &[]).to_string();
    let fault = ["409 /data/attributes/status"];
    refused(&programme.world, ("PATCH", "/obligations/1"), body, 409, &fault);
    programme.world.check_laws();
    // The law sees it as well.
    let set = "UPDATE obligations SET status = 'cancelled' WHERE id = 1";
    run_sql(&programme.world, set);
    let broken = programme.world.get("/checks?filter[id]=reversals-within").expect(200).json();
    assert_eq!(broken["data"][0]["attributes"]["result"], "fail");
}

/// A part that gave one unit more and was cancelled cannot be refunded.
fn one_unit_more_that_is_void(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": 11}));
    programme.credit(&[("1", 1), ("2", 3), ("3", 3)]);
    programme.tick_when_due();
    refund(&programme, 1);
    change(&programme.world, "/obligations/4", json!({"status": "cancelled"}));
    refuse(&programme, json!({"amount": 10}), 422, "/data/attributes/amount");
    refund(&programme, 4);
    refund(&programme, 5);
    let left = programme.list("/obligations?filter[status]=approved");
    let values = left.iter().map(|row| row["attributes"]["value"].as_i64().unwrap());
    assert_eq!(values.sum::<i64>(), 0);
    programme.world.check_laws();
}

/// By largest remainder a smaller pool can give somebody one unit more. What other parts have taken
/// back of it since is not to be more than there was.
fn one_unit_more_stays(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": 11}));
    programme.credit(&[("1", 6), ("2", 6), ("3", 2)]);
    programme.tick_when_due();
    let first = refund(&programme, 1);
    assert_eq!(parts(&programme, &first), ["1 -1 approved", "2 -1 approved", "3 1 approved"]);
    let world = &programme.world;
    let more = "/obligations/6";
    assert_eq!(attribute(world, more, "value"), 1);
    refund(&programme, 10);
    for to in ["rejected", "cancelled"] {
        let body = document("obligations", json!({"status": to}), &[]).to_string();
        refused(world, ("PATCH", more), body, 409, &["409 /data/attributes/status"]);
    }
    change(world, "/obligations/9", json!({"status": "rejected", "reason": "Too much"}));
    change(world, more, json!({"status": "rejected"}));
    programme.world.check_laws();
}

fn refused_refunds(place: &Place) {
    let programme = shared(place, json!({}));
    for amount in [json!(null), json!(0), json!(-1), json!("1"), json!(1.5)] {
        refuse(&programme, json!({"amount": amount}), 422, "/data/attributes/amount");
    }
    refuse(&programme, json!({}), 422, "/data/attributes/amount");
    let to = ("POST", "/distribution_refunds");
    let body = |id: &str| {
        let link = [("distribution", "distributions", id)];
        document("distribution_refunds", json!({"amount": 1}), &link).to_string()
    };
    let place = "/data/relationships/distribution";
    // One that waits, and one that shared nothing.
    refused(&programme.world, to, body("2"), 422, &[&format!("422 {place}")]);
    let other = programme.also(owing());
    other.owe("1", 5, json!({}));
    other.tick(&other.due());
    let id = &other.executed()[0].0;
    refused(&programme.world, to, body(id), 422, &[&format!("422 {place}")]);
    refused(&programme.world, to, body("999"), 404, &[&format!("404 {place}")]);
}

fn refunds_are_kept(place: &Place) {
    let programme = shared(place, json!({}));
    let id = refund(&programme, 1_700);
    let world = &programme.world;
    let path = format!("/distribution_refunds/{id}");
    world.delete(&path).expect(405);
    world.patch(&path, &document("distribution_refunds", json!({"amount": 1}), &[])).expect(405);
    refused(world, ("DELETE", "/obligations/3"), "", 409, &["409"]);
    let body = document("obligations", json!({"value": -1}), &[]).to_string();
    refused(world, ("PATCH", "/obligations/3"), body, 409, &["409 /data/attributes/value"]);
    let shown = world.get("/obligations/3?include=reverses").expect(200).json();
    assert_eq!(shown["included"][0]["id"], "1");
    let list = world.get("/distribution_refunds?filter[distribution_id]=1").expect(200).json();
    assert_eq!(list["data"][0]["attributes"]["amount"], 1_700);
}
