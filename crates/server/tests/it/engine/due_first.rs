//! Writes that come after a trigger date and before the engine: they find the distribution
//! triggered, by the terms, members, scores and obligations of the trigger date.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::{document, run_sql};

apportion_testing::cases! {
    late_credits_count_for_the_next, late_credits_in_plain_json, late_changes_of_terms,
    late_members_and_deals, late_obligations, late_settlements, late_deletions,
    missed_while_paused, versions_are_compared_first, refused_writes_trigger_nothing
}

/// Makes a pool of 100.00 EUR whose trigger date passed at the turn of the year, before which the
/// first collaborator was credited 1 point.
#[track_caller]
fn due(place: &Place, more: Value) -> Programme {
    let programme = Programme::start(place, more);
    programme.begin_at("2025-03-01T12:00:00Z");
    programme.credit(&[("1", 1)]);
    programme
}

/// Checks what the distribution that was due has paid; a first one was cancelled.
#[track_caller]
fn paid(programme: &Programme, expected: &[&str], what: &str) {
    assert_eq!(programme.paid("2"), expected, "{what}");
    assert_eq!(programme.executed()[0].1, "2026-01-01T00:00:00.000Z", "{what}");
}

fn late_credits_count_for_the_next(place: &Place) {
    let programme = due(place, json!({}));
    let links = [
        ("distributor", "distributors", programme.id.as_str()),
        ("collaborator", "collaborators", "2"),
    ];
    programme.world.create("metric_credits", json!({"points": 9}), &links);
    paid(&programme, &["1 10000 pending approved"], "a credit");
    programme.tick_when_due();
    assert_eq!(programme.paid("3"), ["2 10000 pending approved"]);
}

fn late_credits_in_plain_json(place: &Place) {
    let programme = due(place, json!({}));
    let body = json!({"collaboratorId": 2});
    let headers =
        [("X-Auth-Token", programme.world.token.as_str()), ("Content-Type", "application/json")];
    let path = "/api/v2/distributors/credit-metric";
    let body = body.to_string();
    let address = programme.world.address();
    apportion_testing::http::send(address, "POST", path, &headers, body.as_bytes()).expect(200);
    paid(&programme, &["1 10000 pending approved"], "a credit");
    programme.tick_when_due();
    assert_eq!(programme.paid("3"), ["2 10000 pending approved"]);
}

/// None of these is what the distribution that was due is paid by.
fn late_changes_of_terms(place: &Place) {
    let changes = [
        json!({"name": "Renamed"}),
        json!({"pool_amount": 5}),
        json!({"requires_approval": true}),
        json!({"distribution_resolver": "evenly_shared_pool"}),
        json!({"time_zone": "America/New_York"}),
        json!({"schedule": ["+1 month"]}),
        json!({"schedule": []}),
        json!({"schedule": ["freq=yearly;bymonth=1;bymonthday=1;byhour=0;byminute=0;bysecond=0"]}),
        json!({"status": "inactive"}),
    ];
    let first = Programme::start(place, json!({}));
    for terms in changes {
        let programme = first.also(json!({}));
        programme.begin_at("2025-03-01T12:00:00Z");
        programme.credit(&[("1", 1)]);
        let shown = change(&programme.world, &programme.path(), terms.clone());
        for (name, value) in terms.as_object().unwrap() {
            assert_eq!(shown[name], *value);
        }
        let (distribution, date) = programme.executed()[0].clone();
        assert_eq!(date, "2026-01-01T00:00:00.000Z", "{terms}");
        assert_eq!(programme.paid(&distribution), ["1 10000 pending approved"], "{terms}");
    }
    first.world.check_laws();
}

fn late_members_and_deals(place: &Place) {
    let programme = due(place, json!({}));
    let path = format!("{}/relationships/collaborators", programme.path());
    let gone = json!({"data": [{"type": "collaborators", "id": "1"}]});
    programme.world.request("DELETE", &path, Some(&gone)).expect(200);
    paid(&programme, &["1 10000 pending approved"], "a member that goes");
    let share = json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "100", "pool_amount": null,
    });
    let programme = programme.also(share);
    let deal = programme.world.deal("D", 700);
    programme.world.spread(&deal, "2025-06-01", "2025-06-07", "100");
    let other = programme.world.deal("Other", 100);
    programme.begin_at("2025-03-01T12:00:00Z");
    programme.credit(&[("2", 1)]);
    let path = format!("{}/relationships/deals", programme.path());
    let one = json!({"data": [{"type": "deals", "id": other}]});
    programme.world.patch(&path, &one).expect(200);
    let (distribution, _) = programme.executed()[0].clone();
    assert_eq!(programme.paid(&distribution), ["2 700 pending approved"]);
}

fn late_obligations(place: &Place) {
    let programme = Programme::start(place, owing());
    programme.begin_at("2025-03-01T12:00:00Z");
    let id = programme.owe("1", 500, json!({"status": "pending"}));
    let set = "UPDATE obligations SET created_at = '2025-06-01 00:00:00'";
    run_sql(&programme.world, set);
    // It was pending at the trigger date, whatever it becomes.
    change(&programme.world, &format!("/obligations/{id}"), json!({"status": "approved"}));
    assert_eq!(programme.states()[1..], ["complete 0", "pending 0"]);
    programme.tick_when_due();
    assert_eq!(programme.paid("3"), ["1 500 pending approved"]);
}

fn late_settlements(place: &Place) {
    let programme = Programme::start(place, owing());
    programme.begin_at("2025-03-01T12:00:00Z");
    let id = programme.owe("1", 500, json!({}));
    let set = "UPDATE obligations SET created_at = '2025-06-01 00:00:00'";
    run_sql(&programme.world, set);
    let (world, path) = (&programme.world, format!("/obligations/{id}"));
    // Once it is covered by what was due, it can neither be changed nor be deleted.
    let body = document("obligations", json!({"value": 1}), &[]).to_string();
    refused(world, ("PATCH", &path), body, 409, &["409 /data/attributes/value"]);
    refused(world, ("DELETE", &path), "", 409, &["409"]);
    let settled = json!({"status": "fulfilled", "reference": "X"});
    assert_eq!(change(world, &path, settled)["status"], "fulfilled");
    paid(&programme, &["1 500 complete fulfilled"], "a payment");
    assert_eq!(programme.states()[1..], ["complete 500", "pending 0"]);
}

fn late_deletions(place: &Place) {
    let programme = due(place, json!({}));
    // It owes what was due, so that it stays.
    refused(&programme.world, ("DELETE", &programme.path()), "", 409, &["409"]);
    let carrying = programme.also(json!({"carry_over": true}));
    carrying.begin_at("2025-03-01T12:00:00Z");
    refused(&carrying.world, ("DELETE", &carrying.path()), "", 409, &["409"]);
    let nothing = programme.also(json!({}));
    nothing.begin_at("2025-03-01T12:00:00Z");
    nothing.world.delete(&nothing.path()).expect(204);
    assert_eq!(nothing.states()[1..], ["complete 0", "cancelled 0"]);
}

fn missed_while_paused(place: &Place) {
    let programme = due(place, json!({"status": "active"}));
    programme.amid_period(|| {
        change(&programme.world, &programme.path(), json!({"status": "inactive"}));
    });
    assert_eq!(programme.tick("2026-06-01T00:00:00Z"), [""; 0]);
    let again = json!({"status": "active", "pool_amount": 1});
    let shown = change(&programme.world, &programme.path(), again);
    assert_eq!((&shown["status"], &shown["pool_amount"]), (&json!("active"), &json!(1)));
    paid(&programme, &["1 10000 pending approved"], "the period that was missed");
    assert_eq!(programme.states()[1..], ["processing 10000", "pending 0"]);
}

/// The version that a client has read is the one before the trigger that its write causes.
fn versions_are_compared_first(place: &Place) {
    let programme = due(place, json!({}));
    let (world, path) = (&programme.world, programme.path());
    let tag = world.get(&path).header("ETag").unwrap().to_owned();
    let body = document("distributors", json!({"pool_amount": 7}), &[]).to_string();
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", "application/vnd.api+json"),
        ("If-Match", tag.as_str()),
    ];
    let target = format!("/api/v2{path}");
    let send = || {
        apportion_testing::http::send(world.address(), "PATCH", &target, &headers, body.as_bytes())
    };
    send().expect(200);
    paid(&programme, &["1 10000 pending approved"], "a write with If-Match");
    send().expect(412);
}

fn refused_writes_trigger_nothing(place: &Place) {
    let programme = due(place, json!({}));
    let body = document("distributors", json!({"pool_amount": -1}), &[]).to_string();
    let fault = ["422 /data/attributes/pool_amount"];
    refused(&programme.world, ("PATCH", &programme.path()), body, 422, &fault);
    assert_eq!(programme.states()[1..], ["pending 0"]);
    assert_eq!(attributes(&programme.world, &programme.path())["pool_amount"], 10_000);
}
