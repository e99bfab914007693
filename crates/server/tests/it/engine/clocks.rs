//! Trigger dates while the clock goes backwards and forwards, at changes of daylight saving time
//! and at the ends of months: no date comes twice, none is lost and none drifts.

use std::thread::sleep;
use std::time::{Duration, Instant};

use apportion_server::Clock;
use apportion_testing::Place;
use apportion_testing::http::send;
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::support::resources::attribute;
use crate::support::rows::programme::Programme;
use crate::support::world::{JSON_API, World, document};

apportion_testing::cases! {
    backwards_an_hour, forwards_a_year, back_from_years_ahead, clocks_change, ends_of_months,
    leap_days, forecasts_follow_the_days, a_wrong_clock_pauses_what_cannot_be_undone
}

/// Returns the trigger dates that were executed, in order of their ids, cut to the minute.
#[track_caller]
fn executed(programme: &Programme) -> Vec<String> {
    let done = programme.executed().into_iter();
    done.map(|(_, date)| date[..16].to_owned()).collect()
}

#[track_caller]
fn daily(place: &Place) -> Programme {
    let programme = Programme::start(place, json!({"schedule": ["+1 day"]}));
    programme.begin_at("2025-03-01T12:00:00Z");
    programme
}

fn backwards_an_hour(place: &Place) {
    let programme = daily(place);
    programme.credit(&[("1", 1)]);
    assert_eq!(programme.tick("2025-03-02T12:10:00Z").len(), 1);
    for at in ["2025-03-02T11:10:00Z", "2025-03-02T12:00:00Z", "2025-03-02T12:10:00Z"] {
        assert_eq!(programme.tick(at), [""; 0], "{at}");
    }
    assert_eq!(programme.due(), "2025-03-03T12:00:00.000Z");
    assert_eq!(programme.tick("2025-03-03T12:00:00Z").len(), 1);
    assert_eq!(executed(&programme), ["2025-03-02T12:00", "2025-03-03T12:00"]);
}

/// Dates that were missed are executed once, under the first of them, and the next date is in the
/// future.
fn forwards_a_year(place: &Place) {
    let programme = daily(place);
    programme.credit(&[("1", 1)]);
    assert_eq!(programme.tick("2026-03-01T11:59:59.999Z").len(), 1);
    assert_eq!(programme.due(), "2026-03-01T12:00:00.000Z");
    assert_eq!(programme.tick("2026-03-01T12:00:00Z").len(), 1);
    assert_eq!(executed(&programme), ["2025-03-02T12:00", "2026-03-01T12:00"]);
    assert_eq!(programme.paid("2"), ["1 10000 pending approved"]);
}

/// The clock was ahead by mistake and is set back: no date comes again, and no later one is lost.
fn back_from_years_ahead(place: &Place) {
    let programme = daily(place);
    programme.tick("2027-01-01T00:00:00Z");
    programme.credit(&[("1", 1)]);
    for at in ["2025-03-02T12:00:00Z", "2025-12-31T00:00:00Z", "2027-01-01T11:59:59Z"] {
        assert_eq!(programme.tick(at), [""; 0], "{at}");
    }
    assert_eq!(programme.tick("2027-01-01T12:00:00Z").len(), 1);
    assert_eq!(executed(&programme), ["2025-03-02T12:00", "2027-01-01T12:00"]);
}

/// A time that occurs twice on a day is taken the first time, and one that does not occur is moved.
fn clocks_change(place: &Place) {
    let cases = [
        ("Europe/Berlin 02:30", "2025-03-28T12:00:00Z", ["29T01:30", "30T01:30", "31T00:30"]),
        ("Europe/Berlin 02:30", "2025-10-24T12:00:00Z", ["25T00:30", "26T00:30", "27T01:30"]),
        ("America/New_York 02:30", "2025-03-07T12:00:00Z", ["08T07:30", "09T07:30", "10T06:30"]),
        ("America/New_York 01:30", "2025-10-31T12:00:00Z", ["01T05:30", "02T05:30", "03T06:30"]),
        // Lord Howe Island moves its clocks by half an hour only.
        ("Australia/Lord_Howe 02:15", "2025-10-03T00:00:00Z", ["03T15:45", "04T15:45", "05T15:15"]),
        ("Australia/Lord_Howe 01:45", "2025-04-04T00:00:00Z", ["04T14:45", "05T14:45", "06T15:15"]),
    ];
    let first = Programme::start(place, json!({}));
    for (zone_and_time, from, expected) in cases {
        let (zone, time) = zone_and_time.split_once(' ').unwrap();
        let (hour, minute) = time.split_once(':').unwrap();
        let rule = format!("FREQ=DAILY;BYHOUR={hour};BYMINUTE={minute};BYSECOND=0");
        let programme = first.also(json!({"schedule": [rule], "time_zone": zone}));
        programme.begin_at(from);
        for _ in expected {
            let due: DateTime<Utc> = programme.due().parse().unwrap();
            let near = |seconds| (due + chrono::TimeDelta::seconds(seconds)).to_rfc3339();
            assert_eq!(programme.tick(&near(-1)), [""; 0], "{zone} before {due}");
            assert_eq!(programme.tick(&near(0)).len(), 1, "{zone} at {due}");
            assert_eq!(programme.tick(&near(3_600)), [""; 0], "{zone} after {due}");
        }
        let done = executed(&programme);
        let done: Vec<&str> = done.iter().map(|date| &date[8..]).collect();
        assert_eq!(done, expected, "{zone} from {from}");
        programme.world.delete(&programme.path()).expect(204);
    }
}

fn ends_of_months(place: &Place) {
    let programme = Programme::start(place, json!({"schedule": ["+1 month"]}));
    programme.begin_at("2025-01-31T12:00:00Z");
    for _ in 0..5 {
        programme.tick_when_due();
    }
    let expected = ["02-28T12:00", "03-31T12:00", "04-30T12:00", "05-31T12:00", "06-30T12:00"];
    let done = executed(&programme);
    assert_eq!(done.iter().map(|date| &date[5..]).collect::<Vec<_>>(), expected);
    // Missed dates do not move it either.
    programme.tick("2026-03-30T00:00:00Z");
    assert_eq!(programme.due(), "2026-03-31T12:00:00.000Z");
}

fn leap_days(place: &Place) {
    let yearly = Programme::start(place, json!({"schedule": ["+1 year"]}));
    yearly.begin_at("2024-02-29T12:00:00Z");
    for _ in 0..4 {
        yearly.tick_when_due();
    }
    let expected = ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"];
    let done = executed(&yearly);
    assert_eq!(done.iter().map(|date| &date[..10]).collect::<Vec<_>>(), expected);
    let rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=12;BYMINUTE=0;BYSECOND=0";
    let rare = yearly.also(json!({"schedule": [rule]}));
    rare.begin_at("2024-02-29T12:00:00Z");
    assert_eq!(rare.due(), "2028-02-29T12:00:00.000Z");
    rare.tick("2028-02-29T12:00:00Z");
    assert_eq!(rare.due(), "2032-02-29T12:00:00.000Z");
}

/// A running server makes its forecast again when a day has passed in the distributor's time zone,
/// although nobody has written anything.
fn forecasts_follow_the_days(place: &Place) {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let clock = Clock::standing(at("2026-03-28T12:00:00Z"));
    let interval = Duration::from_millis(20);
    let world = World::configured(place, |config| {
        config.engine_interval = Some(interval);
        config.service.clock = clock.clone();
    });
    let ann = world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let mut body = document(
        "distributors",
        json!({
            "name": "D", "units": "EUR", "pool_resolver": "recognized_revenue",
            "revenue_percentage": "100", "distribution_resolver": "evenly_shared_pool",
            "metric_types": [{"type": "manual", "points": 1}], "schedule": ["+1 month"],
            "time_zone": "Europe/Vienna",
        }),
        &[],
    );
    let members = json!([{"type": "collaborators", "id": ann}]);
    body["data"]["relationships"] = json!({"collaborators": {"data": members}});
    world.post("/distributors", &body).expect(201);
    let deal = world.deal("D", 1_000);
    world.spread(&deal, "2026-03-28", "2026-04-06", "100");
    let links = [("distributor", "distributors", "1"), ("collaborator", "collaborators", "1")];
    world.create("metric_credits", json!({"points": 1}), &links);
    // Midnight in Vienna is an hour before that of UTC, and two after the clocks have changed.
    for (now, expected) in [
        ("2026-03-28T23:00:00Z", 100),
        ("2026-03-29T22:00:00Z", 200),
        ("2026-03-31T21:59:59Z", 300),
        ("2026-04-02T00:00:00Z", 500),
    ] {
        clock.set(at(now));
        let end = Instant::now() + Duration::from_secs(20);
        while attribute(&world, "/distributions/1", "value") != expected {
            assert!(Instant::now() < end, "{now}: the value is not {expected}");
            sleep(interval);
        }
    }
}

/// Somebody sets the clock 40 days ahead, and back again. A year that passes is no such jump.
fn a_wrong_clock_pauses_what_cannot_be_undone(place: &Place) {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let clock = Clock::standing(at("2026-03-01T12:00:00Z"));
    let interval = Duration::from_millis(20);
    let world = World::configured(place, |config| {
        config.engine_interval = Some(interval);
        config.service.clock = clock.clone();
    });
    let terms = json!({
        "name": "D", "units": "EUR", "schedule": ["+1 month"], "pool_resolver": "fixed_amount",
        "pool_amount": 100, "distribution_resolver": "evenly_shared_pool",
        "metric_types": [{"type": "manual", "points": 1}],
    });
    world.post("/distributors", &document("distributors", terms, &[])).expect(201);
    let keyed = |key: &str| {
        let token = ("X-Auth-Token", world.token.as_str());
        let headers = [token, ("Content-Type", JSON_API), ("Idempotency-Key", key)];
        let body = document("deals", json!({"name": key}), &[]).to_string();
        send(world.address(), "POST", "/api/v2/deals", &headers, body.as_bytes())
    };
    let ready = || send(world.address(), "GET", "/health/ready", &[], b"");
    let triggered = || world.get("/distributions").json()["meta"]["total_count"] != 1;
    keyed("k").expect(201);
    for wrong in ["2026-04-10T12:00:00Z", "2025-03-01T12:00:00Z", "1969-01-01T00:00:00Z"] {
        clock.jump(at(wrong));
        let reason = ready().expect(503).json()["errors"][0]["detail"].clone();
        assert!(reason.as_str().unwrap().starts_with("The clock of the server has jumped"));
        // Many passes would have been made.
        sleep(interval * 10);
        assert!(!triggered(), "{wrong}");
        assert_eq!(keyed("k").expect(201).header("Idempotency-Replayed"), Some("true"));
        keyed(wrong).expect(201);
    }
    // A write that would trigger it waits as well.
    clock.jump(at("2026-04-10T12:00:00Z"));
    let renamed = document("distributors", json!({"pool_amount": 200}), &[]);
    world.patch("/distributors/1", &renamed).expect(503);
    clock.jump(at("2026-03-01T12:00:00Z"));
    ready().expect(200);
    world.patch("/distributors/1", &renamed).expect(200);
    assert!(!triggered());
    clock.set(at("2027-03-01T12:00:00Z"));
    ready().expect(200);
    let end = Instant::now() + Duration::from_secs(20);
    while !triggered() {
        assert!(Instant::now() < end, "the engine does not go on");
        sleep(interval);
    }
    assert_eq!(keyed("k").expect(201).header("Idempotency-Replayed"), None, "it has expired");
}
