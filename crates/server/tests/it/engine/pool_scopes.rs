//! Which deals make a pool of recognised revenue: those that are won, and in the scope of the
//! distributor, which never becomes all deals by itself.

use std::thread::sleep;
use std::time::{Duration, Instant};

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attribute, change};
use crate::support::rows::programme::Programme;
use crate::support::rows::sample::ids;
use crate::support::world::{World, document};

apportion_testing::cases! {
    only_won_deals_make_a_pool, a_change_of_the_status_is_in_the_next_preview_and_forecast,
    a_running_server_forecasts_it_anew, the_scope_follows_the_deals_that_are_given,
    taking_the_last_deal_leaves_a_pool_of_nothing, all_is_never_said_beside_deals,
    all_takes_the_deals_away
}

/// Returns the attributes of a distributor that shares a tenth of the revenue every day at midnight
/// UTC.
fn sharing() -> Value {
    json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "10",
        "schedule": ["FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"],
    })
}

/// Makes a deal that brings 10.00 EUR on each day of July 2025; returns its id.
fn july(world: &World, status: &str) -> String {
    let attributes = json!({"name": status, "value": 31_000, "status": status});
    let deal = world.create("deals", attributes, &[]);
    world.spread(&deal, "2025-07-01", "2025-07-31", "100");
    deal
}

/// Starts a programme with deals 1 to 3, which are open, won and lost, on the first of July 2025.
fn programme(place: &Place) -> Programme {
    let programme = Programme::start(place, sharing());
    for status in ["open", "won", "lost"] {
        july(&programme.world, status);
    }
    programme.begin_at("2025-07-01T00:00:00Z");
    programme
}

/// Returns the revenue that the open distribution would share after its first day.
#[track_caller]
fn foreseen(programme: &Programme) -> i64 {
    let due = programme.due();
    let path = format!("{}/preview?filter[at]={due}", programme.path());
    let shown = programme.world.get(&path).expect(200).json();
    shown["data"]["attributes"]["explanation"]["basis"]["recognized"].as_i64().unwrap()
}

fn scope(programme: &Programme) -> (String, Vec<i64>) {
    let scope = attribute(&programme.world, &programme.path(), "revenue_scope");
    let deals = programme.world.get(&format!("{}/deals", programme.path())).expect(200).json();
    (scope.as_str().unwrap().to_owned(), ids(&deals))
}

fn linkage(deals: &[&str]) -> Value {
    let deals = deals.iter().map(|id| json!({"type": "deals", "id": id}));
    json!({"data": deals.collect::<Vec<_>>()})
}

/// A way to change the deals of a programme, and its name.
type Way = (&'static str, fn(&Programme));

/// Sends a change of the links to deals at their own address.
#[track_caller]
fn relate(programme: &Programme, method: &str, deals: &[&str]) {
    let path = format!("{}/relationships/deals", programme.path());
    programme.amid_period(|| {
        programme.world.request(method, &path, Some(&linkage(deals))).expect(200);
    });
}

/// Sends attributes and links to deals in one change.
#[track_caller]
fn update(programme: &Programme, attributes: Value, deals: Option<&[&str]>) {
    let mut body = document("distributors", attributes, &[]);
    if let Some(deals) = deals {
        body["data"]["relationships"] = json!({"deals": linkage(deals)});
    }
    programme.amid_period(|| {
        programme.world.patch(&programme.path(), &body).expect(200);
    });
}

fn only_won_deals_make_a_pool(place: &Place) {
    let programme = programme(place);
    assert_eq!(foreseen(&programme), 1_000);
    programme.tick("2025-07-02T00:00:00Z");
    let basis = programme.explanation("2")["basis"].clone();
    assert_eq!(basis["recognized"], 1_000);
    // The same holds among deals that are named.
    relate(&programme, "PATCH", &["1", "3"]);
    assert_eq!(foreseen(&programme), 0);
    relate(&programme, "POST", &["2"]);
    assert_eq!(foreseen(&programme), 1_000);
}

fn a_change_of_the_status_is_in_the_next_preview_and_forecast(place: &Place) {
    let programme = programme(place);
    let world = &programme.world;
    programme.credit(&[("1", 1)]);
    programme.move_due("2025-07-03T00:00:00Z");
    let value = || {
        // A pass before the trigger date only refreshes the value.
        assert_eq!(programme.tick("2025-07-02T12:00:00Z"), [""; 0]);
        attribute(world, "/distributions/2", "value")
    };
    assert_eq!(value(), 100);
    for (deal, status, days) in [
        ("1", "won", 2),
        ("3", "won", 3),
        ("2", "lost", 2),
        ("3", "open", 1),
        ("1", "lost", 0),
        ("2", "won", 1),
    ] {
        change(world, &format!("/deals/{deal}"), json!({"status": status}));
        assert_eq!(value(), days * 100, "{deal} is {status}");
        let path = format!("{}/preview?filter[at]=2025-07-02T12:00:00Z", programme.path());
        assert_eq!(attribute(world, &path, "pool"), days * 100, "{deal} is {status}");
    }
}

/// A change of the status is seen, although a server remembers its forecasts.
fn a_running_server_forecasts_it_anew(place: &Place) {
    let interval = Duration::from_millis(20);
    let world = World::configured(place, |config| config.engine_interval = Some(interval));
    let ann = world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let attributes = json!({
        "name": "D", "units": "EUR", "pool_resolver": "recognized_revenue",
        "revenue_percentage": "100", "distribution_resolver": "evenly_shared_pool",
        "metric_types": [{"type": "manual", "points": 1}], "schedule": ["+1 year"],
        "starts_on": chrono::Utc::now().date_naive().pred_opt(),
    });
    let mut body = document("distributors", attributes, &[]);
    let members = json!([{"type": "collaborators", "id": ann}]);
    body["data"]["relationships"] = json!({"collaborators": {"data": members}});
    world.post("/distributors", &body).expect(201);
    let links = [("distributor", "distributors", "1"), ("collaborator", "collaborators", "1")];
    world.create("metric_credits", json!({"points": 1}), &links);
    let deal = world.create("deals", json!({"name": "D", "value": 500, "status": "open"}), &[]);
    let yesterday = chrono::Utc::now().date_naive().pred_opt().unwrap().to_string();
    world.spread(&deal, &yesterday, &yesterday, "100");
    for (status, expected) in [("won", 500), ("lost", 0), ("won", 500), ("open", 0)] {
        change(&world, "/deals/1", json!({"status": status}));
        let end = Instant::now() + Duration::from_secs(20);
        while attribute(&world, "/distributions/1", "value") != expected {
            assert!(Instant::now() < end, "{status}: the value is not {expected}");
            sleep(interval);
        }
    }
}

fn the_scope_follows_the_deals_that_are_given(place: &Place) {
    let programme = programme(place);
    let world = &programme.world;
    let deals = |scope: &str, deals: &[i64]| (scope.to_owned(), deals.to_vec());
    assert_eq!(scope(&programme), deals("all", &[]));
    let ways: [Way; 4] = [
        ("PATCH", |programme| relate(programme, "PATCH", &["2"])),
        ("POST", |programme| relate(programme, "POST", &["2"])),
        ("members", |programme| update(programme, json!({}), Some(&["2"]))),
        ("both", |programme| update(programme, json!({"revenue_scope": "deals"}), Some(&["2"]))),
    ];
    for (name, give) in ways {
        give(&programme);
        assert_eq!(scope(&programme), deals("deals", &[2]), "{name}");
        update(&programme, json!({"revenue_scope": "all"}), None);
        assert_eq!(scope(&programme), deals("all", &[]), "{name}");
    }
    // What adds no deal leaves the scope as it is.
    relate(&programme, "PATCH", &[]);
    relate(&programme, "POST", &[]);
    relate(&programme, "DELETE", &["2"]);
    update(&programme, json!({"name": "N"}), Some(&[]));
    assert_eq!(scope(&programme), deals("all", &[]));
    // A new distributor has the scope that it states, or the one of the deals that it is given.
    let made = |attributes: Value, given: Option<&[&str]>| {
        let mut all = sharing();
        let base = json!({"name": "N", "units": "EUR", "distribution_resolver": "top_score_wins"});
        for more in [base, attributes] {
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        let mut body = document("distributors", all, &[]);
        if let Some(given) = given {
            body["data"]["relationships"] = json!({"deals": linkage(given)});
        }
        let answer = world.post("/distributors", &body).expect(201).json();
        answer["data"]["attributes"]["revenue_scope"].as_str().unwrap().to_owned()
    };
    assert_eq!(made(json!({}), None), "all");
    assert_eq!(made(json!({}), Some(&[])), "all");
    assert_eq!(made(json!({}), Some(&["1"])), "deals");
    assert_eq!(made(json!({"revenue_scope": "deals"}), Some(&["1"])), "deals");
    assert_eq!(made(json!({"revenue_scope": "deals"}), None), "deals");
    assert_eq!(made(json!({"revenue_scope": "all"}), Some(&[])), "all");
    let found = world.get("/distributors?filter[revenue_scope]=deals&sort=revenue_scope,-id");
    assert_eq!(ids(&found.expect(200).json()), [6, 5, 4]);
}

fn taking_the_last_deal_leaves_a_pool_of_nothing(place: &Place) {
    let programme = programme(place);
    let ways: [Way; 4] = [
        ("DELETE", |programme| relate(programme, "DELETE", &["2"])),
        ("PATCH", |programme| relate(programme, "PATCH", &[])),
        ("members", |programme| update(programme, json!({}), Some(&[]))),
        ("named", |programme| update(programme, json!({"revenue_scope": "deals"}), Some(&[]))),
    ];
    for (name, take) in ways {
        relate(&programme, "PATCH", &["2"]);
        assert_eq!(foreseen(&programme), 1_000, "{name}");
        take(&programme);
        assert_eq!(scope(&programme), ("deals".to_owned(), Vec::new()), "{name}");
        assert_eq!(foreseen(&programme), 0, "{name}");
    }
    programme.credit(&[("1", 1)]);
    programme.tick("2025-07-02T00:00:00Z");
    assert_eq!(programme.paid("2"), [""; 0]);
    assert_eq!(programme.states()[1], "complete 0");
}

fn all_is_never_said_beside_deals(place: &Place) {
    let programme = programme(place);
    let world = &programme.world;
    relate(&programme, "PATCH", &["1"]);
    // The trigger date is not to come in between, because a trigger would be written.
    programme.move_due("2199-12-31T00:00:00Z");
    let mut body = document("distributors", json!({"revenue_scope": "all"}), &[]);
    body["data"]["relationships"] = json!({"deals": linkage(&["2"])});
    let fault = "422 /data/attributes/revenue_scope";
    refused(world, ("PATCH", &programme.path()), body.to_string(), 422, &[fault]);
    let mut new = sharing();
    let base = json!({"name": "N", "units": "EUR", "distribution_resolver": "top_score_wins",
        "revenue_scope": "all"});
    new.as_object_mut().unwrap().extend(base.as_object().unwrap().clone());
    body["data"]["attributes"] = new;
    refused(world, ("POST", "/distributors"), body.to_string(), 422, &[fault]);
    assert_eq!(scope(&programme), ("deals".to_owned(), vec![1]));
}

/// One that counts all deals names none, so that those of before do not come back with the next.
fn all_takes_the_deals_away(place: &Place) {
    let programme = programme(place);
    change(&programme.world, "/deals/1", json!({"status": "won"}));
    relate(&programme, "PATCH", &["2"]);
    assert_eq!(foreseen(&programme), 1_000);
    update(&programme, json!({"revenue_scope": "all"}), None);
    assert_eq!(foreseen(&programme), 2_000);
    update(&programme, json!({"revenue_scope": "deals"}), None);
    assert_eq!((foreseen(&programme), scope(&programme).1), (0, Vec::new()));
    relate(&programme, "POST", &["1"]);
    assert_eq!(scope(&programme), ("deals".to_owned(), vec![1]));
}
