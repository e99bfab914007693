//! Figures that move by exactly what was done: requests, refusals, writes, and the engine.

use std::net::SocketAddr;
use std::time::Duration;

use apportion_server::Clock;
use apportion_testing::Place;
use serde_json::json;

use crate::support::exposition::Scrape;
use crate::support::rows::payouts::pool;
use crate::support::scraped::{scrape, until, watched, watched_at};
use crate::support::world::{World, document};
use apportion_testing::http::send;

apportion_testing::cases! {
    requests_are_counted, refusals_are_counted, writes_are_counted, the_engine_is_counted,
    what_is_due_grows_old, a_wrong_clock_is_seen
}

fn requests_are_counted(place: &Place) {
    let world = watched(place);
    let deal = world.deal("D", 1);
    let count = |scrape: &Scrape, method, route, status| {
        let labels = [("method", method), ("route", route), ("status", status)];
        scrape.get("apportion_requests_total", &labels).map_or(0, |value| value as i64)
    };
    let before = scrape(&world);
    for _ in 0..3 {
        world.get(&format!("/deals/{deal}")).expect(200);
    }
    world.get("/deals/99").expect(404);
    world.get("/deals?filter[name]=D").expect(200);
    world.request("PUT", "/deals", None).expect(405);
    world.get("/nothing/1").expect(404);
    send(world.address(), "GET", "/health/ready", &[], b"").expect(200);
    let after = scrape(&world);
    let expected = [
        ("GET", "/api/v2/deals/{id}", "200", 3),
        ("GET", "/api/v2/deals/{id}", "404", 1),
        ("GET", "/api/v2/deals", "200", 1),
        ("PUT", "/api/v2/deals", "405", 1),
        ("GET", "other", "404", 1),
        ("GET", "/health/ready", "200", 1),
        ("GET", "/metrics", "200", 1),
    ];
    for (method, route, status, more) in expected {
        let moved = count(&after, method, route, status) - count(&before, method, route, status);
        assert_eq!(moved, more, "{method} {route} {status}");
    }
    let all: i64 = expected.iter().map(|(.., more)| more).sum();
    let sum = |scrape: &Scrape| scrape.sum("apportion_requests_total", &[]);
    assert_eq!(sum(&after) - sum(&before), all);
    let times = |scrape: &Scrape| scrape.sum("apportion_request_duration_seconds_count", &[]);
    assert_eq!(times(&after), sum(&after), "each request has its time");
    let labels = [("method", "GET"), ("route", "/api/v2/deals/{id}"), ("le", "10")];
    assert_eq!(after.whole("apportion_request_duration_seconds_bucket", &labels), 4);
}

fn refusals_are_counted(place: &Place) {
    let world = World::configured(place, |config| {
        config.metrics_bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.service.limit_rates = true;
    });
    let before = scrape(&world);
    // Each kind is there from the beginning, so that its growth is seen.
    for code in ["busy", "too_many_requests", "too_costly", "unavailable", "server_error"] {
        assert_eq!(before.whole("apportion_refusals_total", &[("code", code)]), 0, "{code}");
    }
    world.request_as("", "GET", "/deals", None).expect(401);
    world.request_as(&world.reader, "POST", "/deals", Some(&json!({}))).expect(403);
    world.get("/deals/1").expect(404);
    world.get("/deals?sort=x").expect(400);
    let mut rate = 0;
    for _ in 0..110 {
        rate += i64::from(world.get("/people").status == 429);
    }
    assert!(rate > 0);
    let after = scrape(&world);
    let expected = [
        ("unauthenticated", 1),
        ("access_denied", 1),
        ("record_not_found", 1),
        ("unsupported_sort", 1),
        ("too_many_requests", rate),
        ("busy", 0),
        ("conflict", 0),
    ];
    for (code, more) in expected {
        assert_eq!(after.whole("apportion_refusals_total", &[("code", code)]), more, "{code}");
    }
    assert_eq!(after.sum("apportion_refusals_total", &[]), 4 + rate);
}

fn writes_are_counted(place: &Place) {
    let world = watched(place);
    // The first use of a token is written beside the request, and expired answers are deleted.
    world.deal("D", 1);
    let written = |scrape: &Scrape| scrape.whole("apportion_store_writes_total", &[]);
    let first = until(&world, |scrape| written(scrape) == 3);
    let deal = document("deals", json!({"name": "E"}), &[]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| drop(world.post("/deals", &deal).expect(201))));
        }
    });
    world.post("/deals", &document("deals", json!({"name": ""}), &[])).expect(422);
    let after = scrape(&world);
    assert_eq!(written(&after) - written(&first), 20, "refused writes keep nothing");
    let name = "apportion_store_commits_total";
    let commits = after.whole(name, &[]) - first.whole(name, &[]);
    let is_sqlite = place.cluster().is_none();
    assert!(if is_sqlite { (1..=20).contains(&commits) } else { commits == 20 }, "{commits}");
    assert_eq!(after.whole("apportion_store_failed_commits_total", &[]), 0);
    let pool = [("pool", if is_sqlite { "writer" } else { "store" })];
    let waits = |scrape: &Scrape| scrape.whole("apportion_store_waits_total", &pool);
    assert!(waits(&after) - waits(&first) >= 20);
    let waited = after.get("apportion_store_wait_seconds_total", &pool).unwrap();
    assert!(waited > 0.0 && waited < 60.0, "{waited}");
    for pool in ["store", "front"] {
        assert_eq!(after.whole("apportion_store_waiting", &[("pool", pool)]), 0);
    }
    if is_sqlite {
        assert!(after.whole("apportion_store_log_bytes", &[]) > 0);
    }
    assert_eq!(after.whole("apportion_answers_in_flight_bytes", &[]), 0);
    assert_eq!(after.whole("apportion_reports_waiting", &[]), 0);
}

/// Makes a distributor with nobody to pay, whose first distribution is due a month later.
fn pay_monthly(world: &World) {
    let mut terms = pool();
    terms["schedule"] = json!(["+1 month"]);
    world.post("/distributors", &document("distributors", terms, &[])).expect(201);
}

fn the_engine_is_counted(place: &Place) {
    let clock = Clock::standing("2026-03-01T12:00:00Z".parse().unwrap());
    let world = watched_at(place, clock.clone(), Some(Duration::from_millis(50)));
    pay_monthly(&world);
    let passes = |scrape: &Scrape| scrape.whole("apportion_engine_passes_total", &[]);
    let triggers = |scrape: &Scrape| scrape.sum("apportion_engine_triggers_total", &[]);
    let first = until(&world, |scrape| passes(scrape) >= 2);
    assert_eq!(triggers(&first), 0);
    assert_eq!(first.get("apportion_oldest_due_distribution_age_seconds", &[]), Some(0.0));
    clock.set("2026-04-02T12:00:00Z".parse().unwrap());
    until(&world, |scrape| triggers(scrape) == 1);
    let later = passes(&scrape(&world));
    let last = until(&world, |scrape| passes(scrape) >= later + 2);
    assert_eq!(triggers(&last), 1, "each is counted once");
    let took = last.get("apportion_engine_last_pass_duration_seconds", &[]).unwrap();
    assert!(took > 0.0 && took < 10.0, "{took}");
    for name in ["apportion_engine_failures_total", "apportion_engine_failed_passes_total"] {
        assert_eq!(last.whole(name, &[]), 0, "{name}");
    }
}

fn what_is_due_grows_old(place: &Place) {
    let clock = Clock::standing("2026-03-01T12:00:00Z".parse().unwrap());
    let world = watched_at(place, clock.clone(), None);
    pay_monthly(&world);
    let age = |scrape: &Scrape| scrape.get("apportion_oldest_due_distribution_age_seconds", &[]);
    assert_eq!(age(&scrape(&world)), Some(0.0));
    let due = world.get("/distributions").json()["data"][0]["attributes"]["trigger_date"].clone();
    let due: chrono::DateTime<chrono::Utc> = serde_json::from_value(due).unwrap();
    // The database is asked once a second, however often somebody scrapes.
    for seconds in [90, 86_400] {
        clock.set(due + chrono::TimeDelta::seconds(seconds));
        until(&world, |scrape| age(scrape) == Some(seconds as f64));
    }
}

fn a_wrong_clock_is_seen(place: &Place) {
    let clock = Clock::standing("2026-03-01T12:00:00Z".parse().unwrap());
    let world = watched_at(place, clock.clone(), None);
    let is_paused = || scrape(&world).whole("apportion_engine_paused", &[]);
    assert_eq!(is_paused(), 0);
    clock.jump("2026-04-10T12:00:00Z".parse().unwrap());
    assert_eq!(is_paused(), 1);
    clock.jump("2026-03-01T12:00:00Z".parse().unwrap());
    assert_eq!(is_paused(), 0);
}
