//! Requests that take too long: each is a 400 that says so, whatever takes the time: a statement or
//! a computation. Nobody else waits for it, nor for a document that takes long to read.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use apportion_server::import::Importer;
use apportion_testing::Place;
use apportion_testing::http::{Answer, send};
use serde_json::json;

use crate::support::atomic::ATOMIC;
use crate::support::world::{JSON_API, World, document};

apportion_testing::cases! { a_long_statement, a_long_computation, deep_documents }

fn import(world: &World, kind: &str, text: &str) {
    let mut importer = Importer::open(&world.database, world.organization).unwrap();
    importer.import(kind, text.as_bytes(), |_| {}).unwrap();
}

#[track_caller]
fn is_too_long(answer: &Answer, limit: &str) {
    let error = &answer.json()["errors"][0];
    assert_eq!((answer.status, &error["code"]), (400, &json!("too_costly")), "{error}");
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.starts_with(&format!("This takes longer than {limit}, which is")), "{detail}");
    assert_eq!(answer.header("Retry-After"), None, "another try would take as long");
}

fn a_long_statement(place: &Place) {
    const LIMIT: Duration = Duration::from_millis(500);
    let world = World::configured(place, |config| {
        config.service.limits.store.statement = LIMIT;
        config.service.limits.store.costs.comparisons = usize::MAX;
    });
    let name = "n".repeat(200);
    let lines: String = (0..50_000).map(|at| format!("{name}{at},1\n")).collect();
    import(&world, "deals", &format!("name,value\n{lines}"));
    let texts: Vec<String> = (0..50).map(|at| format!("{}{at}x", "n".repeat(90))).collect();
    let long = format!("/deals?page[size]=1&filter[name][not_contain]={}", texts.join(","));
    let began = Instant::now();
    is_too_long(&world.get(&long), "0.5 s");
    assert!(began.elapsed() < 10 * LIMIT, "{:?}", began.elapsed());
    // The connection is as good as before.
    world.get("/deals?page[size]=1").expect(200);
}

fn a_long_computation(place: &Place) {
    // Half a second is left for the answer.
    const LIMIT: Duration = Duration::from_secs(5);
    let world = World::configured(place, |config| {
        config.service.limits.store.work = LIMIT;
        config.service.limits.slices = u64::MAX;
    });
    world.deal("D", 1_000_000);
    let mut lines = "deal_id,start_on,end_on,amount_percent\n".to_owned();
    for _ in 0..4_000 {
        writeln!(lines, "1,2000-01-01,2099-12-31,0.0001").unwrap();
    }
    import(&world, "revenue_distributions", &lines);
    // It would be 503 if the deadline had not been noticed in time.
    is_too_long(&world.get("/reports/financial_item_reports?group=date:day&page[size]=1"), "5 s");
    world.get("/reports/financial_item_reports?group=date:year&page[size]=1").expect(200);
}

/// A body of 1 MiB in 60 levels is read before it waits for anybody, and once.
fn deep_documents(place: &Place) {
    let world = World::start(place);
    let (open, close) = ("[".repeat(55), "]".repeat(55));
    let filling = "1,".repeat(500_000) + "1";
    let deep = format!(
        r#"{{"atomic:operations":[{{"op":"add","data":{{"type":"deals","attributes":{{"name":"D","value":{open}{filling}{close}}}}}}}]}}"#
    );
    assert!((1_000_000..1_048_576).contains(&deep.len()), "{}", deep.len());
    let deal = document("deals", json!({"name": "E"}), &[]);
    let is_done = AtomicBool::new(false);
    let (mut longest, token) = (Duration::ZERO, world.token.as_str());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let headers = [("X-Auth-Token", token), ("Content-Type", ATOMIC)];
                while !is_done.load(Ordering::Relaxed) {
                    let to = world.address();
                    send(to, "POST", "/api/v2/operations", &headers, deep.as_bytes()).expect(422);
                }
            });
        }
        let body = serde_json::to_vec(&deal).unwrap();
        let headers = [("X-Auth-Token", world.stranger.as_str()), ("Content-Type", JSON_API)];
        for _ in 0..30 {
            let began = Instant::now();
            send(world.address(), "POST", "/api/v2/deals", &headers, &body).expect(201);
            longest = longest.max(began.elapsed());
        }
        is_done.store(true, Ordering::Relaxed);
    });
    // Without optimization one takes half a second to read. When it was read once a level, and by
    // the thread that writes, others waited sixty times as long.
    assert!(longest < Duration::from_secs(10), "{longest:?}");
}
