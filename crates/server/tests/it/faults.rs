//! The database goes away, hangs or is locked: the answer is a 503 that says nothing, never a
//! success that was none, and the server recovers by itself.

use std::time::{Duration, Instant};

use apportion_server::store::{self, Session};
use apportion_testing::Place;
use serde_json::json;

use crate::complaints::complaints;
use crate::http::Answer;
use crate::world::{World, document};

apportion_testing::cases! {
    ;
    postgres: killed_connections_are_opened_again, a_locked_row_is_busy,
        a_database_that_refuses_comes_back;
    sqlite: a_locked_file_is_busy
}

/// Ends every connection of the service.
fn kill_connections(place: &Place) -> usize {
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    cluster.query(&cluster.admin_url(), &sql).parse().unwrap()
}

#[track_caller]
fn is_busy(answer: &Answer) {
    assert_eq!(complaints(answer), ["503"]);
    assert!(answer.header("Retry-After").is_some());
    let error = &answer.json()["errors"][0];
    assert_eq!((&error["code"], &error["title"]), (&json!("unavailable"), &json!("Unavailable")));
    let told = String::from_utf8_lossy(&answer.body).to_lowercase();
    for word in ["postgres", "sqlite", "connection", "terminat", "sql", "lock"] {
        assert!(!told.contains(word), "{told}");
    }
}

/// Asks until it is answered as it should be; until then the server may say that it is busy.
#[track_caller]
fn recovers(ask: impl Fn() -> Answer, status: u16) {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return;
        }
        is_busy(&answer.expect(503));
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

fn killed_connections_are_opened_again(place: &Place) {
    let world = World::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let mut made = 0;
    for _ in 0..5 {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| recovers(|| world.get("/deals"), 200));
            }
        });
        assert!(kill_connections(place) > 0);
        recovers(|| world.get("/deals"), 200);
        kill_connections(place);
        // What was answered with 503 was not done.
        recovers(|| world.post("/deals", &deal), 201);
        made += 1;
        let list = world.get("/deals");
        if list.status == 200 {
            assert_eq!(list.json()["meta"]["total_count"], made);
        }
    }
    recovers(|| world.get("/deals?sort=-id"), 200);
    assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], made);
}

/// Somebody else holds the row for longer than anybody should wait.
fn a_locked_row_is_busy(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let cluster = place.cluster().unwrap();
    let admin = cluster.admin_url();
    let name = place.url.rsplit('/').next().unwrap();
    let holder =
        "SET apportion.mode = 'engine'; BEGIN; SELECT 1 FROM deals FOR UPDATE; SELECT pg_sleep(60)";
    std::thread::scope(|scope| {
        scope.spawn(|| cluster.try_query(&place.url, holder));
        let sleeping = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'PgSleep'"
        );
        let began = Instant::now();
        while cluster.query(&admin, &sleeping) != "1" {
            assert!(began.elapsed() < Duration::from_secs(20), "nobody holds the row");
        }
        let change = document("deals", json!({"name": "E"}), &[]);
        is_busy(&world.patch("/deals/1", &change).expect(503));
        // Reading goes on, and so does writing elsewhere.
        assert_eq!(world.get("/deals/1").expect(200).json()["data"]["attributes"]["name"], "D");
        world.deal("Another", 1);
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'PgSleep'"
        );
        cluster.query(&admin, &end);
        recovers(|| world.patch("/deals/1", &change), 200);
    });
}

/// No connection can be made for a while.
fn a_database_that_refuses_comes_back(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let allow = |allowed: bool| {
        let sql = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}");
        cluster.query(&cluster.admin_url(), &sql);
    };
    allow(false);
    kill_connections(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    for _ in 0..20 {
        is_busy(&world.get("/deals").expect(503));
        is_busy(&world.post("/deals", &deal).expect(503));
    }
    allow(true);
    recovers(|| world.get("/deals"), 200);
    recovers(|| world.post("/deals", &deal), 201);
    assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 2);
}

fn a_locked_file_is_busy(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let deal = document("deals", json!({"name": "E"}), &[]);
    let mut other = Session::open(&world.database).unwrap();
    let held = other.transaction(|_| {
        is_busy(&world.post("/deals", &deal).expect(503));
        is_busy(&world.delete("/deals/1").expect(503));
        // Readers do not wait for a writer.
        assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 1);
        Ok::<_, store::Error>(())
    });
    held.unwrap();
    recovers(|| world.post("/deals", &deal), 201);
    let list = world.get("/deals").expect(200).json();
    assert_eq!(list["meta"]["total_count"], 2);
    // A refused write used no id.
    assert_eq!(list["data"][1]["id"], "2");
}
