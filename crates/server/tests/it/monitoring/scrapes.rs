//! `/metrics` and the address beside the main one: who may read the figures, what is served, and
//! that the number of series grows with nothing that clients send.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use apportion_testing::Place;

use crate::support::exposition::{Scrape, Series};
use crate::support::refusal::complaints;
use crate::support::scraped::{beside, scrape, until, watched};
use crate::support::world::World;
use apportion_testing::http::{Answer, exchange, send};

apportion_testing::cases! {
    it_takes_an_administrator, it_is_served_beside, scrapes_have_a_rate,
    nothing_grows_with_what_clients_send;
    postgres: lost_connections_are_counted, it_is_served_while_the_database_is_away
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

/// As many scrapes are answered as a monitor needs, whoever asks.
fn scrapes_have_a_rate(place: &Place) {
    let world = World::configured(place, |config| {
        config.metrics_bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.service.limit_rates = true;
    });
    for to in [world.address(), beside(&world)] {
        std::thread::sleep(Duration::from_millis(1100));
        let token = [("X-Auth-Token", world.admin.as_str())];
        let ask = |_| send(to, "GET", "/metrics", &token, b"").status;
        let statuses: Vec<u16> = (0..80).map(ask).collect();
        let count = |of: u16| statuses.iter().filter(|status| **status == of).count();
        assert!(count(200) >= 20 && count(429) > 0, "{to}: {statuses:?}");
        assert_eq!(count(200) + count(429), 80, "{to}: {statuses:?}");
        std::thread::sleep(Duration::from_millis(1100));
        assert_eq!(ask(0), 200, "{to}");
    }
    for _ in 0..40 {
        send(beside(&world), "GET", "/health/live", &[], b"").expect(200);
    }
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

/// The figures of a server are needed most while its database is away.
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

fn lost_connections_are_counted(place: &Place) {
    let world = watched(place);
    world.deal("D", 1);
    let reopened =
        |scrape: &Scrape| scrape.whole("apportion_store_reopened_connections_total", &[]);
    assert_eq!(reopened(&scrape(&world)), 0);
    kill_connections(place);
    until(&world, |scrape| reopened(scrape) > 0);
}
