//! Several engines at once, and clients who write meanwhile: every trigger date is executed once,
//! nobody is refused, and nothing is lost.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use apportion_testing::{Backend, Place};
use serde_json::json;

use crate::programme::{Programme, pass};

apportion_testing::cases! { each_trigger_once, clients_write_meanwhile }

const ENGINES: usize = 8;

fn each_trigger_once(place: &Place) {
    let distributors = if place.backend == Backend::Postgres { 500 } else { 60 };
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1), ("2", 2)]);
    for at in 1..distributors {
        let name = format!("D{at}");
        programme.also(json!({"name": name, "pool_amount": at})).credit(&[("1", 1), ("2", 2)]);
    }
    let (world, due) = (&programme.world, programme.due());
    let told = thread::scope(|scope| {
        let engines: Vec<_> =
            (0..ENGINES).map(|_| scope.spawn(|| pass(world, &due, false))).collect();
        engines.into_iter().map(|engine| engine.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(told.iter().all(|(passed, _)| passed.left == 0), "{told:?}");
    let lines: Vec<&String> = told.iter().flat_map(|(_, lines)| lines).collect();
    assert_eq!(lines.len(), distributors);
    assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), distributors);
    let total = |path: &str| world.get(path).expect(200).json()["meta"]["total_count"].clone();
    assert_eq!(total("/distributions?filter[status]=pending"), distributors);
    assert_eq!(total("/distributions?filter[status]=processing"), distributors);
    assert_eq!(total("/distributions"), 2 * distributors);
    // A pool of 1 is one unit, and goes to one.
    assert_eq!(total("/allocations"), 2 * distributors - 1);
    assert_eq!(total("/obligations"), 2 * distributors - 1);
    assert_eq!(pass(world, &due, false).1, [""; 0]);
}

/// Tells the clients that it is over, also where the test fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Credits go to the distribution that is open when they are written: before the trigger or after.
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
        let told = programme.explanation(&id);
        shared += told["total_score"].as_i64().unwrap();
        let counted = metrics
            .iter()
            .filter(|row| row["relationships"]["distribution"]["data"]["id"] == json!(id));
        let scores = counted.map(|row| row["attributes"]["score"].as_i64().unwrap());
        assert_eq!(told["total_score"], scores.sum::<i64>(), "distribution {id}");
    }
    assert!(shared > 0, "no credit was in time");
}
