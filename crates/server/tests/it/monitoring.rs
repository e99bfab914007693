//! `/metrics`: who may read it, where it is served, that its figures move by what was done and
//! that they grow with nothing that clients send. `support::exposition` reads its format.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use apportion_server::Clock;
use apportion_testing::Place;
use serde_json::json;

use crate::support::exposition::{Scrape, Series};
use crate::support::refusal::complaints;
use crate::support::rows::payouts::pool;
use crate::support::world::{World, document};
use apportion_testing::http::{Answer, exchange, send};

apportion_testing::cases! {
    it_takes_an_administrator, it_is_served_beside, requests_are_counted, refusals_are_counted,
    writes_are_counted, the_engine_is_counted, what_is_due_grows_old, a_wrong_clock_is_seen,
    nothing_grows_with_what_clients_send;
    postgres: lost_connections_are_counted, it_is_served_while_the_database_is_away
}

/// Starts a server that serves `/metrics` at an address of its own.
fn watched(place: &Place) -> World {
    watched_at(place, Clock::system(), None)
}

fn watched_at(place: &Place, clock: Clock, engine_interval: Option<Duration>) -> World {
    World::configured(place, |config| {
        config.monitoring.bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.monitoring.dropped_log_lines = Some(|| 17);
        config.clock = clock;
        config.engine_interval = engine_interval;
    })
}

fn beside(world: &World) -> SocketAddr {
    world.running.metrics_address().unwrap()
}

#[track_caller]
fn scrape(world: &World) -> Scrape {
    let answer = send(beside(world), "GET", "/metrics", &[], b"").expect(200);
    Scrape::read(&String::from_utf8(answer.body).unwrap())
}

/// Scrapes until something holds.
#[track_caller]
fn until(world: &World, holds: impl Fn(&Scrape) -> bool) -> Scrape {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let scrape = scrape(world);
        if holds(&scrape) {
            return scrape;
        }
        assert!(Instant::now() < end, "it never holds: {scrape:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn it_takes_an_administrator(place: &Place) {
    let world = World::start(place);
    assert_eq!(world.running.metrics_address(), None);
    let ask = |method: &str, token: Option<&str>| {
        let headers: Vec<_> = token.iter().map(|token| ("X-Auth-Token", *token)).collect();
        send(world.address(), method, "/metrics", &headers, b"")
    };
    for token in [None, Some("apt_malformed")] {
        assert_eq!(complaints(&ask("GET", token).expect(401)), ["401"]);
    }
    for token in [&world.reader, &world.token] {
        let refused = ask("GET", Some(token)).expect(403);
        assert_eq!(complaints(&refused), ["403"]);
        assert_eq!(refused.json()["errors"][0]["code"], "access_denied");
        ask("HEAD", Some(token)).expect(403);
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(complaints(&ask(method, None).expect(401)), ["401"]);
        let refused = ask(method, Some(&world.admin)).expect(405);
        assert_eq!(
            (complaints(&refused), refused.header("Allow")),
            (vec!["405".to_owned()], Some("GET, HEAD, OPTIONS"))
        );
    }
    for admin in [&world.admin, &world.stranger] {
        let answer = ask("GET", Some(admin)).expect(200);
        let media = "text/plain; version=0.0.4; charset=utf-8";
        assert_eq!(answer.header("Content-Type"), Some(media));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let read = Scrape::read(&String::from_utf8(answer.body).unwrap());
        assert_eq!(read.whole("apportion_database_up", &[]), 1);
        assert!(ask("HEAD", Some(admin)).expect(200).body.is_empty());
    }
}

fn it_is_served_beside(place: &Place) {
    let world = watched(place);
    let ask = |method: &str, path: &str| send(beside(&world), method, path, &[], b"");
    let scrape = scrape(&world);
    let database = if place.cluster().is_some() { "postgres" } else { "sqlite" };
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("database", database)];
    assert_eq!(scrape.whole("apportion_build_info", &labels), 1);
    assert_eq!(scrape.whole("apportion_log_lines_dropped_total", &[]), 17);
    let now = chrono::Utc::now().timestamp();
    let started = scrape.whole("process_start_time_seconds", &[]);
    assert!((now - 600..=now).contains(&started), "{started}");
    for pool in ["store", "front"] {
        assert!(scrape.whole("apportion_store_threads", &[("pool", pool)]) > 0);
    }
    assert_eq!(scrape.get("apportion_store_log_bytes", &[]).is_some(), database == "sqlite");
    let live = ask("GET", "/health/live").expect(200);
    assert_eq!(live.json()["meta"]["status"], "ok");
    assert!(ask("HEAD", "/metrics").expect(200).body.is_empty());
    for path in ["/metrics", "/health/live"] {
        assert_eq!(complaints(&ask("POST", path).expect(405)), ["405"]);
        ask("OPTIONS", path).expect(204);
    }
    // Nothing else is there, with a token or without.
    let token = [("X-Auth-Token", world.admin.as_str())];
    for path in
        ["/health/ready", "/docs", "/api/v2/openapi.json", "/api/v2/deals", "/", "/metrics/x"]
    {
        assert_eq!(complaints(&ask("GET", path).expect(404)), ["404"], "{path}");
        assert_eq!(send(beside(&world), "GET", path, &token, b"").status, 404, "{path}");
    }
    // A page elsewhere cannot make a browser read it under a name of its own.
    send(beside(&world), "GET", "/metrics", &[("Host", "evil.example")], b"").expect(400);
    // The main address asks for a token all the same.
    send(world.address(), "GET", "/metrics", &[], b"").expect(401);
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
        config.monitoring.bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.limit_rates = true;
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

/// No path, id, token, organization, method or header of a client becomes a series.
fn nothing_grows_with_what_clients_send(place: &Place) {
    let world = watched(place);
    let round = |turn: usize| {
        let deal = world.deal(&format!("deal {turn}"), 1);
        let paths = [
            format!("/api/v2/deals/{deal}"),
            format!("/api/v2/deals/{deal}/relationships/creator"),
            format!("/api/v2/deals/{deal}?fields[deals]=name&turn={turn}"),
            format!("/api/v2/nothing{turn}"),
            format!("/api/v2/deals/x{turn}"),
            format!("/path{turn}"),
            format!("/docs/{turn}"),
            format!("/health/{turn}"),
            format!("/metrics/{turn}"),
            format!("/api/v2/distributors/{turn}/preview"),
            format!("/api/v2/deals/{turn}/%22%0A%5C"),
        ];
        let unknown = format!("apt_{turn:030}");
        for path in &paths {
            for token in [&world.token, &world.stranger, &world.reader, &unknown] {
                for method in ["GET", "PATCH", &format!("WORD{turn}")] {
                    let host = format!("a{turn}.example");
                    send(world.address(), method, path, &[("X-Auth-Token", token)], b"");
                    send(world.address(), method, path, &[("Host", &host)], b"");
                }
                send(beside(&world), "GET", path, &[("X-Auth-Token", token)], b"");
            }
        }
        let origin = format!("Origin: https://a{turn}.example\r\n");
        let head = format!("GET /api/v2/deals/{turn} HTTP/1.0\r\n{origin}\r\n");
        let _: Answer = exchange(world.address(), head.as_bytes());
        scrape(&world).series()
    };
    scrape(&world);
    let first = round(1);
    let rounds: Vec<BTreeSet<Series>> = (2..5).map(round).collect();
    for later in rounds {
        let new: Vec<_> = later.difference(&first).collect();
        assert!(new.is_empty(), "{new:?}");
    }
    let shown = format!("{first:?}");
    for secret in [&world.token, &world.stranger, "WORD1", "path1", "nothing1", "a1.example"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let labels: BTreeSet<&str> =
        first.iter().flat_map(|(_, labels)| labels.keys().map(String::as_str)).collect();
    let known = ["code", "database", "le", "method", "pool", "route", "status", "version"];
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), known);
}

/// Ends every connection of the service.
fn kill_connections(place: &Place) {
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    cluster.query(&cluster.admin_url(), &sql);
}

fn lost_connections_are_counted(place: &Place) {
    let world = watched(place);
    world.deal("D", 1);
    let reopened =
        |scrape: &Scrape| scrape.whole("apportion_store_reopened_connections_total", &[]);
    assert_eq!(reopened(&scrape(&world)), 0);
    kill_connections(place);
    until(&world, |scrape| reopened(scrape) > 0);
}

/// Whoever watches a server needs its figures most while its database is away.
fn it_is_served_while_the_database_is_away(place: &Place) {
    let world = watched(place);
    world.deal("D", 1);
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let allow = |is_allowed: bool| {
        let sql = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {is_allowed}");
        cluster.query(&cluster.admin_url(), &sql);
        kill_connections(place);
    };
    let is_up = |scrape: &Scrape| scrape.whole("apportion_database_up", &[]) == 1;
    assert!(is_up(&scrape(&world)));
    allow(false);
    let away = until(&world, |scrape| !is_up(scrape));
    assert_eq!(away.get("apportion_oldest_due_distribution_age_seconds", &[]), None);
    let refused =
        |scrape: &Scrape| scrape.whole("apportion_refusals_total", &[("code", "unavailable")]);
    world.get("/deals").expect(503);
    assert_eq!(refused(&scrape(&world)) - refused(&away), 1);
    allow(true);
    let back = until(&world, is_up);
    assert!(back.get("apportion_oldest_due_distribution_age_seconds", &[]).is_some());
}
