//! The database goes away, hangs or is locked: the answer is a 503 that reveals nothing, no write
//! is reported as done that was not, and the server recovers by itself.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use apportion_server::store::{self, Session};
use apportion_testing::{Cluster, Place};
use serde_json::json;

use crate::support::refusal::complaints;
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    ;
    postgres: killed_connections_are_opened_again, connections_killed_at_work,
        a_locked_row_is_busy, a_crowd_at_a_locked_row,
        a_database_that_refuses_comes_back, a_restart_while_nobody_asks, a_crash_of_the_database,
        sessions_that_become_read_only, a_database_that_hangs;
    sqlite: a_locked_file_is_busy, a_crowd_at_a_locked_file, a_file_that_is_removed
}

/// Ends every connection of the service and returns their number.
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
    let body = String::from_utf8_lossy(&answer.body).to_lowercase();
    for word in ["postgres", "sqlite", "connection", "terminat", "sql", "lock"] {
        assert!(!body.contains(word), "{body}");
    }
}

/// Sends the request until the answer has that status. Until then the server may only say that it
/// is unavailable.
#[track_caller]
fn recovers(ask: impl Fn() -> Answer, status: u16) -> Answer {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return answer;
        }
        is_busy(&answer.expect(503));
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

fn killed_connections_are_opened_again(place: &Place) {
    let world = World::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    for made in 1..=5 {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| recovers(|| world.get("/deals"), 200));
            }
        });
        assert!(kill_connections(place) > 0);
        recovers(|| world.get("/deals"), 200);
        kill_connections(place);
        // A write that was answered with 503 was not done.
        recovers(|| world.post("/deals", &deal), 201);
        let list = recovers(|| world.get("/deals"), 200).json();
        assert_eq!(list["meta"]["total_count"], made);
    }
}

/// Kills connections while all of them are writing. A write that was answered with 201 is there;
/// one that was answered with 503 may be, and the stored counts agree with the rows.
fn connections_killed_at_work(place: &Place) {
    let world = World::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let (made, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let answer = world.post("/deals", &deal);
                    if answer.status == 201 {
                        made.fetch_add(1, Ordering::Relaxed);
                    } else {
                        is_busy(&answer.expect(503));
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for _ in 0..10 {
            kill_connections(place);
        }
    });
    let count =
        recovers(|| world.get("/deals"), 200).json()["meta"]["total_count"].as_u64().unwrap();
    let (made, lost) = (made.into_inner() as u64, lost.into_inner() as u64);
    assert!((made..=made + lost).contains(&count), "{made} made, {lost} lost, {count} there");
    let counted = "SET apportion.mode = 'engine'; SELECT count(*) FROM deals";
    assert_eq!(place.cluster().unwrap().query(&place.url, counted), count.to_string());
}

/// Runs `work` while another session holds locks on all deals that it does not release by itself.
fn while_deals_are_held(place: &Place, work: impl FnOnce()) {
    let cluster = place.cluster().unwrap();
    let admin = cluster.admin_url();
    let name = place.url.rsplit('/').next().unwrap();
    let hold =
        "SET apportion.mode = 'engine'; BEGIN; SELECT 1 FROM deals FOR UPDATE; SELECT pg_sleep(60)";
    let holders =
        format!("FROM pg_stat_activity WHERE datname = '{name}' AND wait_event = 'PgSleep'");
    std::thread::scope(|scope| {
        scope.spawn(|| cluster.try_query(&place.url, hold));
        let began = Instant::now();
        while cluster.query(&admin, &format!("SELECT count(*) {holders}")) != "1" {
            assert!(began.elapsed() < Duration::from_secs(20), "nobody holds the deals");
        }
        // The holder is ended even if `work` panics.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        cluster.query(&admin, &format!("SELECT count(pg_terminate_backend(pid)) {holders}"));
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    });
}

fn a_locked_row_is_busy(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let change = document("deals", json!({"name": "E"}), &[]);
    while_deals_are_held(place, || {
        is_busy(&world.patch("/deals/1", &change).expect(503));
        // Reads go on, and so do writes of other rows.
        assert_eq!(world.get("/deals/1").expect(200).json()["data"]["attributes"]["name"], "D");
        world.deal("Another", 1);
    });
    recovers(|| world.patch("/deals/1", &change), 200);
}

/// Sends more writes than can wait for a lock. Each is answered soon, and none is carried out after
/// it was answered with 503.
fn crowd(world: &World) {
    let change = document("deals", json!({"name": "E"}), &[]);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| is_busy(&world.patch("/deals/1", &change).expect(503)));
        }
    });
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

fn a_crowd_at_a_locked_row(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    while_deals_are_held(place, || crowd(&world));
    let shown = recovers(|| world.get("/deals/1"), 200).json();
    assert_eq!(shown["data"]["attributes"]["name"], "D");
}

fn a_crowd_at_a_locked_file(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let mut other = Session::open(&world.database).unwrap();
    let held = other.transaction(|_| {
        crowd(&world);
        Ok::<_, store::Error>(())
    });
    held.unwrap();
    recovers(|| world.post("/deals", &document("deals", json!({"name": "F"}), &[])), 201);
    assert_eq!(world.get("/deals/1").expect(200).json()["data"]["attributes"]["name"], "D");
}

/// The service cannot connect for a while.
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
        for answer in [world.get("/deals"), world.post("/deals", &deal)] {
            is_busy(&answer);
            let detail = &answer.json()["errors"][0]["detail"];
            assert_eq!(detail, "The database cannot be reached; try again in 1 s");
        }
    }
    allow(true);
    recovers(|| world.get("/deals"), 200);
    recovers(|| world.post("/deals", &deal), 201);
    let list = recovers(|| world.get("/deals"), 200).json();
    assert_eq!(list["meta"]["total_count"], 2);
}

fn a_locked_file_is_busy(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let deal = document("deals", json!({"name": "E"}), &[]);
    let mut other = Session::open(&world.database).unwrap();
    let held = other.transaction(|_| {
        is_busy(&world.post("/deals", &deal).expect(503));
        is_busy(&world.delete("/deals/1").expect(503));
        // Reads do not wait for a writer.
        assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 1);
        Ok::<_, store::Error>(())
    });
    held.unwrap();
    recovers(|| world.post("/deals", &deal), 201);
    let list = world.get("/deals").expect(200).json();
    assert_eq!(list["meta"]["total_count"], 2);
    // A refused write uses up no id.
    assert_eq!(list["data"][1]["id"], "2");
}

/// Sixteen connections that nobody uses are lost, and nobody notices.
fn a_restart_while_nobody_asks(place: &Place) {
    let world = World::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let crowd = |round: usize| {
        std::thread::scope(|scope| {
            for at in 0..32 {
                let (world, deal) = (&world, &deal);
                scope.spawn(move || match at % 2 {
                    0 => world.get("/deals").expect(200),
                    _ => world.post("/deals", deal).expect(201),
                });
            }
        });
        let list = world.get("/deals").expect(200).json();
        assert_eq!(list["meta"]["total_count"], round * 16);
    };
    for round in 1..=4 {
        crowd(round);
        assert!(kill_connections(place) > 1);
    }
}

/// A session is killed like by the system that is out of memory: the server ends all others, starts
/// again from its log, and refuses connections meanwhile.
fn a_crash_of_the_database(_: &Place) {
    let cluster = Cluster::start().unwrap();
    let world = World::at(&cluster.database("crash"), |_| {});
    let deal = document("deals", json!({"name": "D"}), &[]);
    let pids = "SELECT pid FROM pg_stat_activity WHERE datname LIKE 'crash%' LIMIT 1";
    let body = serde_json::to_vec(&deal).unwrap();
    // Whoever is told that a write failed sends it again, and it is done once.
    let post = |key: usize| {
        let key = format!("key-{key}");
        let headers = [
            ("X-Auth-Token", &*world.token),
            ("Content-Type", JSON_API),
            ("Idempotency-Key", &key),
        ];
        recovers(|| send(world.address(), "POST", "/api/v2/deals", &headers, &body), 201);
    };
    for round in 0..3 {
        post(9 * round);
        let pid = cluster.query(&cluster.admin_url(), pids);
        assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        let post = &post;
        std::thread::scope(|scope| {
            for at in 1..9 {
                scope.spawn(move || post(9 * round + at));
            }
        });
        let list = recovers(|| world.get("/deals"), 200).json();
        assert_eq!(list["meta"]["total_count"], 9 * (round + 1));
    }
}

/// A standby takes the place of a primary, or an operator switches writing off.
fn sessions_that_become_read_only(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let ready = || send(world.address(), "GET", "/health/ready", &[], b"");
    ready().expect(200);
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let switch = |is_on: bool| {
        let sql = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {is_on}");
        cluster.query(&cluster.admin_url(), &sql);
        kill_connections(place);
    };
    switch(true);
    let deal = document("deals", json!({"name": "E"}), &[]);
    for _ in 0..20 {
        let answer = world.post("/deals", &deal).expect(503);
        is_busy(&answer);
        let detail = &answer.json()["errors"][0]["detail"];
        assert_eq!(detail, "The database cannot be written; try again in 1 s");
        world.get("/deals").expect(200);
    }
    ready().expect(503);
    // Only new sessions may write, and no old one stays.
    let sql = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = false");
    cluster.query(&cluster.admin_url(), &sql);
    if cluster.is_pooled() {
        // A pooler keeps its sessions, whoever ends theirs with it.
        kill_connections(place);
    }
    for _ in 0..20 {
        recovers(|| world.post("/deals", &deal), 201);
    }
    assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 21);
    recovers(ready, 200);
}

/// Rows that are written to a removed file are lost once nobody has it open any more.
fn a_file_that_is_removed(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let ready = || send(world.address(), "GET", "/health/ready", &[], b"");
    ready().expect(200);
    let path = world.database.path().unwrap().to_owned();
    let files = ["", "-wal", "-shm"].map(|end| format!("{}{end}", path.display()));
    let aside = |at: &str| format!("{at}.aside");
    let deal = document("deals", json!({"name": "E"}), &[]);
    let is_gone = |answer: Answer| {
        is_busy(&answer);
        let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("The file of the database is gone"), "{detail}");
    };
    // All files, and the log alone; and another file in the place of the first.
    for (moved, is_replaced) in [(0..3, false), (1..2, false), (0..3, true)] {
        for file in &files[moved.clone()] {
            std::fs::rename(file, aside(file)).unwrap();
        }
        if is_replaced {
            std::fs::copy(aside(&files[0]), &files[0]).unwrap();
        }
        for _ in 0..5 {
            is_gone(world.post("/deals", &deal).expect(503));
            is_gone(ready().expect(503));
        }
        if is_replaced {
            std::fs::remove_file(&files[0]).unwrap();
        } else {
            assert!(!std::path::Path::new(&files[moved.start]).exists(), "another was made");
        }
        for file in &files[moved] {
            let _ = std::fs::rename(aside(file), file);
        }
        recovers(|| world.post("/deals", &deal), 201);
        recovers(ready, 200);
    }
    assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 4);
}

/// All processes of a cluster of its own are stopped, so that the system still acknowledges what is
/// sent to them, and nobody answers.
fn a_database_that_hangs(_: &Place) {
    let cluster = Cluster::start().unwrap();
    let world = World::at(&cluster.database("hangs"), |_| {});
    let deal = document("deals", json!({"name": "D"}), &[]);
    world.post("/deals", &deal).expect(201);
    let signal = |name: &str| {
        let pid = cluster.pid().to_string();
        let _ = Command::new("pkill").args([name, "-P", &pid]).status();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    let within = |ask: &(dyn Fn() -> Answer + Sync)| {
        let began = Instant::now();
        is_busy(&ask().expect(503));
        assert!(began.elapsed() < Duration::from_millis(10_500), "{:?}", began.elapsed());
    };
    signal("-STOP");
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| within(&|| world.get("/deals")));
            scope.spawn(|| within(&|| world.post("/deals", &deal)));
        }
        scope.spawn(|| within(&|| send(world.address(), "GET", "/health/ready", &[], b"")));
    });
    signal("-CONT");
    recovers(|| world.get("/deals"), 200);
    recovers(|| world.post("/deals", &deal), 201);
    // Nothing was kept of what was answered with 503.
    assert_eq!(world.get("/deals").expect(200).json()["meta"]["total_count"], 2);
}
