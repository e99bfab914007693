//! The writes of a pass of the engine: shares, obligations, allocations and the next distribution;
//! and the rows that a pass leaves alone.

use std::thread::sleep;
use std::time::{Duration, Instant};

use apportion_testing::Place;
use apportion_testing::http::send;
use serde_json::{Value, json};

use crate::support::refusal::rows;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{make, owing, pool};
use crate::support::rows::programme::{Programme, pass};
use crate::support::world::{World, document, run_sql};

apportion_testing::cases! {
    shares_are_written, the_top_score_takes_all, equal_parts_are_written, approval_is_awaited,
    nobody_to_pay, carried_pools, failures_lose_nothing, paused_distributors_wait,
    missed_periods_are_run_once, deleted_distributors_are_left_alone, obligations_are_collected,
    due_days_are_awaited, dry_runs_write_nothing, forecasts_are_refreshed,
    forecasts_follow_events, an_unreadable_row_stops_no_other, many_are_paid
}

fn shares_are_written(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 3), ("2", 14)]);
    let (world, path) = (&programme.world, programme.path());
    let tag = |path: &str| world.get(path).header("ETag").unwrap().to_owned();
    let before = [tag(&path), tag("/distributions/1")];
    let due = programme.due();
    let lines = programme.tick(&due);
    let next = programme.due();
    let next_told = next.replace(".000Z", "Z");
    let expected = format!(
        "organization 1 distributor 1 (Pool) distribution 1: processing, 100.00 EUR in \
         2 allocations; next {next_told}"
    );
    assert_eq!(lines, [expected]);
    assert!(next > due, "{next}");
    assert_eq!(programme.states(), ["processing 10000", "pending 0"]);
    assert_eq!(programme.paid("1"), ["1 1765 pending approved", "2 8235 pending approved"]);
    for (path, before) in [path.as_str(), "/distributions/1"].iter().zip(before) {
        assert_ne!(tag(path), before, "{path}");
    }
    let triggered = attributes(world, "/distributions/1");
    shows(&triggered, &json!({"trigger_date": due, "updated_at": due}));
    let expected = json!({
        "pool": 10_000, "carried": 0, "total_score": 17, "basis": {"amount": 10_000},
        "unpaid": [{"collaborator_id": "3", "share": null, "open": null, "net": null,
            "minimum": null, "reason": "No score in the period."}],
        "sentence": "The pool is 100.00 EUR. It is shared by 2 collaborators with 17 points.",
    });
    assert_eq!(programme.explanation("1"), expected);
    let allocation = attributes(world, "/allocations/1?fields[allocations]=explanation");
    let sentence = "17.65 EUR: 3 of 17 points of 100.00 EUR is 17.6470..., rounded up as the \
                    largest remainder.";
    shows(&allocation["explanation"], &json!({"exact": "30000/17", "sentence": sentence}));
    let obligation = attributes(world, "/obligations/1");
    let expected = json!({
        "award_type": "distribution", "units": "EUR", "created_at": due, "due_on": null,
    });
    shows(&obligation, &expected);
    assert_eq!(
        (programme.list("/obligations").len(), programme.list("/allocations").len()),
        (2, 2)
    );
    // The obligations that the pass made are allocated, so nothing is left to be paid.
    let address = format!("{path}?fields[distributors]=accumulated_value,collaborator_count");
    let expected = json!({"accumulated_value": 0, "collaborator_count": 3});
    assert_eq!(attributes(world, &address), expected);
    assert_eq!(programme.tick(&due), [""; 0]);
    settle_all(&programme);
    assert_eq!(programme.states(), ["complete 10000", "pending 0"]);
}

fn settle_all(programme: &Programme) {
    for row in programme.list("/obligations") {
        let path = format!("/obligations/{}", row["id"].as_str().unwrap());
        change(&programme.world, &path, json!({"status": "fulfilled"}));
    }
}

fn the_top_score_takes_all(place: &Place) {
    let more = json!({"distribution_resolver": "top_score_wins", "pool_amount": 101});
    let programme = Programme::start(place, more);
    programme.credit(&[("1", 5), ("2", 3), ("3", 5)]);
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["1 51 pending approved", "3 50 pending approved"]);
}

fn equal_parts_are_written(place: &Place) {
    let more = json!({"distribution_resolver": "evenly_shared_pool", "pool_amount": 1});
    let programme = Programme::start(place, more);
    programme.credit(&[("1", 1), ("2", 300)]);
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["1 1 pending approved"]);
    assert_eq!(programme.explanation("1")["unpaid"].as_array().unwrap().len(), 2);
}

fn approval_is_awaited(place: &Place) {
    let programme = Programme::start(place, json!({"requires_approval": true}));
    programme.credit(&[("1", 1), ("2", 1)]);
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["1 5000 pending pending", "2 5000 pending pending"]);
    change(&programme.world, "/obligations/1", json!({"status": "rejected"}));
    assert_eq!(programme.states(), ["processing 5000", "pending 0"]);
    change(&programme.world, "/obligations/2", json!({"status": "approved"}));
    change(&programme.world, "/obligations/2", json!({"status": "fulfilled"}));
    assert_eq!(programme.states(), ["complete 5000", "pending 0"]);
}

fn nobody_to_pay(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.tick_when_due();
    assert_eq!(programme.states(), ["complete 0", "pending 0"]);
    let explanation = programme.explanation("1");
    shows(&explanation, &json!({"pool": 10_000, "total_score": 0}));
    assert_eq!(explanation["unpaid"].as_array().unwrap().len(), 3);
    programme.credit(&[("1", 1)]);
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), ["1 10000 pending approved"]);
}

fn carried_pools(place: &Place) {
    let programme = Programme::start(place, json!({"carry_over": true}));
    programme.tick_when_due();
    programme.tick_when_due();
    programme.credit(&[("1", 1)]);
    programme.tick_when_due();
    assert_eq!(programme.states(), ["complete 0", "complete 0", "processing 30000", "pending 0"]);
    shows(&programme.explanation("3"), &json!({"pool": 30_000, "carried": 20_000}));
    let path = "/allocations/1?fields[allocations]=explanation";
    let explanation = attributes(&programme.world, path)["explanation"].clone();
    shows(&explanation, &json!({"pool": 30_000, "carried": 20_000}));
    programme.credit(&[("1", 1)]);
    programme.tick_when_due();
    assert_eq!(programme.paid("4"), ["1 10000 pending approved"]);
}

/// A pool that does not fit into 64 bits fails its distribution. The next one takes over its period
/// with all metrics and obligations.
fn failures_lose_nothing(place: &Place) {
    let programme = Programme::start(place, json!({"carry_over": true, "pool_amount": i64::MAX}));
    let (world, path) = (&programme.world, programme.path());
    let other = programme.add(json!({"name": "Other"}));
    let first = programme.due();
    assert_eq!(programme.tick(&first).len(), 2);
    programme.credit(&[("1", 2), ("2", 1)]);
    let metric = world.get("/metrics/1");
    let lines = programme.tick(&programme.due());
    assert!(lines[0].contains("failed: the pool with what was carried over does not"), "{lines:?}");
    assert!(lines[1].contains(&format!("distributor {other} (Other)")), "{lines:?}");
    assert_eq!(programme.states(), ["complete 0", "failed 0", "pending 0"]);
    let explanation = programme.explanation("3");
    shows(&explanation, &json!({"pool": 0, "carried": i64::MAX, "unpaid": []}));
    assert!(
        explanation["sentence"].as_str().unwrap().starts_with("Failed: the pool"),
        "{explanation}"
    );
    assert_eq!(programme.list("/obligations"), Vec::<Value>::new());
    let taken = world.get("/metrics/1").expect(200);
    assert_eq!(taken.json()["data"]["relationships"]["distribution"]["data"]["id"], "5");
    assert_ne!(taken.header("ETag"), metric.header("ETag"));
    programme.credit(&[("1", 2)]);
    change(world, &path, json!({"pool_amount": 0}));
    programme.tick(&programme.due());
    let paid = programme.paid("5");
    let (most, least) = (7_378_697_629_483_820_646_i64, 1_844_674_407_370_955_161_i64);
    assert_eq!(paid, [format!("1 {most} pending approved"), format!("2 {least} pending approved")]);
}

fn paused_distributors_wait(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1)]);
    let (due, path) = (programme.due(), programme.path());
    change(&programme.world, &path, json!({"status": "inactive"}));
    assert_eq!(programme.tick(&due), [""; 0]);
    assert_eq!(programme.due(), due);
    change(&programme.world, &path, json!({"status": "active"}));
    assert_eq!(programme.due(), due);
    let later = due.replacen("-01-01", "-01-09", 1);
    assert_eq!(programme.tick(&later).len(), 1);
    shows(&attributes(&programme.world, "/distributions/1"), &json!({"trigger_date": due}));
    assert_eq!(programme.states(), ["processing 10000", "pending 0"]);
}

fn missed_periods_are_run_once(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1)]);
    let due = programme.due();
    let year: i64 = due[..4].parse().unwrap();
    let at = format!("{}-06-01T00:00:00Z", year + 3);
    assert_eq!(programme.tick(&at).len(), 1);
    assert_eq!(programme.tick(&at), [""; 0]);
    assert_eq!(programme.states(), ["processing 10000", "pending 0"]);
    assert_eq!(programme.due(), format!("{}-01-01T00:00:00.000Z", year + 4));
    shows(&attributes(&programme.world, "/distributions/1"), &json!({"trigger_date": due}));
}

fn deleted_distributors_are_left_alone(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1)]);
    let due = programme.due();
    programme.world.delete(&programme.path()).expect(204);
    assert_eq!(programme.tick(&due), [""; 0]);
    let shown = attributes(&programme.world, "/distributions/1");
    shows(&shown, &json!({"status": "cancelled", "value": 0}));
}

fn owing_with(more: Value) -> Value {
    let mut attributes = owing();
    attributes["pool_amount"] = Value::Null;
    attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    attributes
}

fn obligations_are_collected(place: &Place) {
    let programme = Programme::start(place, owing_with(json!({"minimum_value": 100})));
    let world = &programme.world;
    programme.owe("1", 150, json!({}));
    programme.owe("1", -30, json!({}));
    programme.owe("2", 99, json!({}));
    programme.owe("3", -500, json!({}));
    programme.owe("2", 1_000, json!({"status": "pending"}));
    let due = programme.due();
    let tag = world.get("/obligations/1").header("ETag").unwrap().to_owned();
    programme.tick(&due);
    assert_ne!(world.get("/obligations/1").header("ETag"), Some(tag.as_str()));
    assert_eq!(programme.paid("1"), ["1 150 pending approved", "1 -30 pending approved"]);
    assert_eq!(programme.states(), ["processing 120", "pending 0"]);
    let expected = json!({
        "pool": 120, "carried": 0, "total_score": 0, "basis": {"collected": 120},
        "unpaid": [
            {"collaborator_id": "2", "share": null, "open": 99, "net": 99, "minimum": 100,
             "reason": "The net of 0.99 EUR is below the minimum of 1.00 EUR and waits."},
            {"collaborator_id": "3", "share": null, "open": -500, "net": -500, "minimum": 100,
             "reason": "The net of -5.00 EUR is not above zero and waits."},
        ],
        "sentence":
            "1.20 EUR is owed and due: 2 obligations to 1 collaborator. 2 collaborators must wait.",
    });
    assert_eq!(programme.explanation("1"), expected);
    let allocation = attributes(world, "/allocations/2?fields[allocations]=explanation");
    shows(&allocation["explanation"], &json!({"net": 120, "parts": 2}));
    let accumulated = format!("{}?fields[distributors]=accumulated_value", programme.path());
    assert_eq!(attributes(world, &accumulated), json!({"accumulated_value": -401}));
    // Obligations below the minimum are collected once they reach it together.
    programme.owe("2", 1, json!({}));
    programme.owe("3", 700, json!({}));
    programme.tick_when_due();
    let expected = [
        "2 99 pending approved",
        "2 1 pending approved",
        "3 -500 pending approved",
        "3 700 pending approved",
    ];
    assert_eq!(programme.paid("2"), expected);
    assert_eq!(attributes(world, &accumulated), json!({"accumulated_value": 0}));
}

/// An obligation is due from the day, in the distributor's time zone, on which the trigger falls.
fn due_days_are_awaited(place: &Place) {
    let more = json!({"time_zone": "America/Los_Angeles", "schedule": ["+1 day 20:00"]});
    let programme = Programme::start(place, owing_with(more));
    let local = |due: &str| {
        let due: chrono::DateTime<chrono::Utc> = due.parse().unwrap();
        due.with_timezone(&"America/Los_Angeles".parse::<apportion_core::schedule::Tz>().unwrap())
            .date_naive()
    };
    let day = local(&programme.due());
    programme.owe("1", 5, json!({"due_on": day.to_string()}));
    programme.owe("2", 7, json!({"due_on": day.succ_opt().unwrap().to_string()}));
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["1 5 pending approved"]);
    assert_eq!(programme.explanation("1")["unpaid"][0]["reason"], "Nothing is owed and due.");
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), ["2 7 pending approved"]);
}

fn dry_runs_write_nothing(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.add(json!({"name": "Other"}));
    programme.credit(&[("1", 1)]);
    let (world, due) = (&programme.world, programme.due());
    let before = rows(world);
    let foreseen = pass(world, &due, true);
    assert!(rows(world) == before, "a dry run wrote something");
    assert_eq!(foreseen.1.len(), 2);
    assert_eq!(pass(world, &due, false), foreseen);
}

/// The value of an open distribution is forecast anew, and nothing else of it changes. A server
/// does this where something was written, and only there.
fn forecasts_follow_events(place: &Place) {
    let interval = Duration::from_millis(20);
    let world = World::configured(place, |config| config.engine_interval = Some(interval));
    let open = |token: &str, id: &str| {
        make(&world, token, "collaborators", json!({"full_name": "Ann"}), &[]);
        let mut body = document("distributors", pool(), &[]);
        let members = json!({"data": [{"type": "collaborators", "id": id}]});
        body["data"]["relationships"] = json!({"collaborators": members});
        world.request_as(token, "POST", "/distributors", Some(&body)).expect(201);
        let links = [("distributor", "distributors", id), ("collaborator", "collaborators", id)];
        make(&world, token, "metric_credits", json!({"points": 1}), &links);
    };
    let value = |token: &str, id: &str| {
        let answer = world.request_as(token, "GET", &format!("/distributions/{id}"), None);
        answer.expect(200).json()["data"]["attributes"]["value"].clone()
    };
    let becomes = |token: &str, id: &str, expected: i64| {
        let end = Instant::now() + Duration::from_secs(20);
        while value(token, id) != expected {
            assert!(Instant::now() < end, "{} is not {expected}", value(token, id));
            sleep(interval);
        }
    };
    let (ours, theirs) = (world.token.as_str(), world.stranger.as_str());
    open(ours, "1");
    becomes(ours, "1", 10_000);
    // A write past the service leaves no event, and is seen with the next one that does; not by
    // passes that see only events of another organization, the second of which began after it.
    run_sql(&world, "UPDATE distributions SET value = 7");
    open(theirs, "2");
    becomes(theirs, "2", 10_000);
    let less = document("distributors", json!({"pool_amount": 9}), &[]);
    world.request_as(theirs, "PATCH", "/distributors/2", Some(&less)).expect(200);
    becomes(theirs, "2", 9);
    assert_eq!(value(ours, "1"), 7);
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    becomes(ours, "1", 10_000);
    change(&world, "/distributors/1", json!({"pool_amount": 5}));
    becomes(ours, "1", 5);
}

fn forecasts_are_refreshed(place: &Place) {
    let programme = Programme::start(place, json!({}));
    let now = "2020-01-01T00:00:00Z";
    let shown = || programme.world.get("/distributions/1").expect(200).json()["data"].clone();
    let mut expected = shown();
    assert_eq!(programme.tick(now), [""; 0]);
    assert_eq!(shown(), expected);
    programme.credit(&[("2", 1)]);
    assert_eq!(shown(), expected);
    let tag = programme.world.get("/distributions/1").header("ETag").unwrap().to_owned();
    programme.tick(now);
    expected["attributes"]["value"] = json!(10_000);
    assert_eq!(shown(), expected);
    // A client that knows the value before does not go on with it.
    let token = programme.world.token.as_str();
    let known = [("X-Auth-Token", token), ("If-None-Match", tag.as_str())];
    let path = "/api/v2/distributions/1";
    send(programme.world.address(), "GET", path, &known, b"").expect(200);
    let path = programme.path();
    change(&programme.world, &path, json!({"status": "inactive", "pool_amount": 7}));
    programme.tick(now);
    expected["attributes"]["value"] = json!(7);
    assert_eq!(shown(), expected);
}

/// A row that cannot be parsed is left alone, and other distributors are paid.
fn an_unreadable_row_stops_no_other(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.add(json!({"name": "Other"}));
    programme.rewrite(|content| content.time_zone = "Mars/Olympus".to_owned());
    let world = &programme.world;
    let (passed, lines) = pass(world, &programme.due(), false);
    assert_eq!((passed.triggered, passed.left), (1, 1));
    assert!(lines[0].contains("(Other)"), "{lines:?}");
    assert_eq!(programme.states(), ["pending 0"]);
}

/// The rows are more than fit into one statement.
fn many_are_paid(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": 5_000}));
    let world = &programme.world;
    let mut ids = programme.people.clone();
    for at in ids.len()..150 {
        ids.push(world.create("collaborators", json!({"full_name": format!("N{at}")}), &[]));
    }
    let members: Vec<Value> =
        ids.iter().map(|id| json!({"type": "collaborators", "id": id})).collect();
    let path = format!("{}/relationships/collaborators", programme.path());
    world.post(&path, &json!({"data": members})).expect(200);
    for (at, id) in ids.iter().enumerate() {
        programme.credit(&[(id, 1 + i64::try_from(at).unwrap() % 7)]);
    }
    programme.tick_when_due();
    let allocations = programme.list("/allocations?sort=id");
    assert_eq!(allocations.len(), 150);
    let sum: i64 = allocations.iter().map(|row| row["attributes"]["value"].as_i64().unwrap()).sum();
    assert_eq!(sum, 5_000);
    for (row, id) in allocations.iter().zip(&ids) {
        assert_eq!(row["relationships"]["collaborator"]["data"]["id"], json!(id));
        assert_eq!(row["relationships"]["obligation"]["data"]["id"], row["id"]);
    }
}
