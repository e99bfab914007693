//! Several engines at once, and clients that write meanwhile: every trigger date is executed once,
//! no client is refused, and nothing is lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use apportion_testing::{Backend, Place, is_whole, rounds};
use serde_json::json;

use crate::support::atomic::ATOMIC;
use crate::support::rows::programme::{Programme, pass};
use apportion_testing::http::send;

apportion_testing::cases! { each_trigger_once, clients_write_meanwhile }

const ENGINES: usize = 8;

/// One engine executes a trigger date of each distributor, and then eight engines at once execute
/// the next.
fn each_trigger_once(place: &Place) {
    let is_postgres = place.backend == Backend::Postgres;
    let distributors = rounds(if is_postgres { 500 } else { 60 });
    let first = Programme::start(place, json!({}));
    let others = (1..distributors).map(|at| first.also(json!({"pool_amount": at}))).collect();
    let all: Vec<Programme> = [vec![first], others].concat();
    let world = &all[0].world;
    let (mut took, mut pools) = (Vec::new(), 0);
    for engines in [1, ENGINES] {
        credit(&all);
        let due = all[0].due();
        let begun = Instant::now();
        let passes = thread::scope(|scope| {
            let engines = (0..engines).map(|_| scope.spawn(|| pass(world, &due, false)));
            let engines: Vec<_> = engines.collect();
            engines.into_iter().map(|engine| engine.join().unwrap()).collect::<Vec<_>>()
        });
        took.push(begun.elapsed());
        assert!(passes.iter().all(|(passed, _)| passed.left == 0), "{passes:?}");
        let lines: BTreeSet<&String> = passes.iter().flat_map(|(_, lines)| lines).collect();
        assert_eq!(passes.iter().map(|(_, lines)| lines.len()).sum::<usize>(), distributors);
        assert_eq!(lines.len(), distributors, "a distribution was executed twice");
        pools += distributors;
        let total = |path: &str| world.get(path).expect(200).json()["meta"]["total_count"].clone();
        assert_eq!(total("/distributions?filter[status]=pending"), distributors);
        assert_eq!(total("/distributions?filter[status]=processing"), pools);
        assert_eq!(total("/distributions"), pools + distributors);
        // A pool of one unit goes to one of the two collaborators.
        let parts = 2 * pools - pools / distributors;
        assert_eq!((total("/allocations"), total("/obligations")), (json!(parts), json!(parts)));
        assert_eq!(pass(world, &due, false).1, [""; 0]);
    }
    // A few distributors take too little time to compare, and SQLite has one writer.
    let in_time = took[1] < took[0] * 2 || !is_postgres || !is_whole();
    assert!(in_time, "one engine {:?}, eight {:?}", took[0], took[1]);
}

/// Credits the first two collaborators in every distributor.
#[track_caller]
fn credit(all: &[Programme]) {
    let one = |programme: &Programme, who: i64| {
        let to = |kind: &str, id: &str| json!({"data": {"type": kind, "id": id}});
        json!({"op": "add", "data": {
            "type": "metric_credits", "attributes": {"points": who},
            "relationships": {
                "distributor": to("distributors", &programme.id),
                "collaborator": to("collaborators", &who.to_string()),
            },
        }})
    };
    for some in all.chunks(50) {
        let operations: Vec<_> =
            some.iter().flat_map(|programme| [one(programme, 1), one(programme, 2)]).collect();
        let body = serde_json::to_vec(&json!({"atomic:operations": operations})).unwrap();
        let world = &all[0].world;
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", ATOMIC)];
        send(world.address(), "POST", "/api/v2/operations", &headers, &body).expect(200);
    }
}

/// Stops the clients when it is dropped, also when the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A credit goes to the distribution that is open when it is written, either before the trigger or
/// after it.
fn clients_write_meanwhile(place: &Place) {
    let programme = Programme::start(place, json!({"schedule": ["+1 day"], "carry_over": true}));
    let over = AtomicBool::new(false);
    let credited: i64 = thread::scope(|scope| {
        let ending = Ending(&over);
        let clients: Vec<_> = ["1", "2", "3"]
            .map(|who| {
                let (programme, over) = (&programme, &over);
                scope.spawn(move || {
                    let mut points = 0;
                    while !over.load(Ordering::Acquire) {
                        programme.credit(&[(who, 1)]);
                        points += 1;
                    }
                    points
                })
            })
            .into_iter()
            .collect();
        for _ in 0..20 {
            programme.tick_when_due();
        }
        drop(ending);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    let metrics = programme.list("/metrics");
    let scores = metrics.iter().map(|row| row["attributes"]["score"].as_i64().unwrap());
    assert_eq!(scores.sum::<i64>(), credited);
    let mut shared = 0;
    for (id, _) in programme.executed() {
        let explanation = programme.explanation(&id);
        shared += explanation["total_score"].as_i64().unwrap();
        let counted = metrics
            .iter()
            .filter(|row| row["relationships"]["distribution"]["data"]["id"] == json!(id));
        let scores = counted.map(|row| row["attributes"]["score"].as_i64().unwrap());
        assert_eq!(explanation["total_score"], scores.sum::<i64>(), "distribution {id}");
    }
    assert!(shared > 0, "no credit was in time");
}
