//! Cursor walks while others write: a row that is there all the time is met exactly once, whatever
//! other rows come, go and move around it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use apportion_testing::{Place, rounds};
use serde_json::{Value, json};

use crate::support::world::{World, document};

apportion_testing::cases! { walks_beside_sixteen_writers }

/// The number of walks of a whole run.
const WALKS: usize = 1000;
const WALKERS: usize = 6;
const WRITERS: usize = 16;
/// The rows that no writer touches; in each order they stand among those that move.
const KEPT: i64 = 60;

/// Orders with ties, with nulls, in both directions, and by text.
const SORTS: &[&str] = &["id", "-value,name", "date", "-name", "probability,-date"];

fn deal(at: i64, name: &str) -> Value {
    let date = if at % 4 == 0 { Value::Null } else { json!(format!("2025-01-{:02}", at % 28 + 1)) };
    let attributes = json!({
        "name": format!("{name} {}", at % 23), "value": at % 7 * 100, "date": date,
        "probability": at % 5 * 25,
    });
    document("deals", attributes, &[])
}

fn walks_beside_sixteen_writers(place: &Place) {
    let walks = rounds(WALKS);
    let world = World::start(place);
    let kept: Vec<String> = (0..KEPT)
        .map(|at| {
            let made = world.post("/deals", &deal(at, "kept")).expect(201).json();
            made["data"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let (done, next, written) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let (world, kept) = (&world, &kept);
    std::thread::scope(|threads| {
        for writer in 0..WRITERS {
            let (done, written) = (&done, &written);
            threads.spawn(move || {
                let mut at = i64::try_from(writer).unwrap();
                while !done.load(Ordering::Relaxed) {
                    at += 17;
                    let made = world.post("/deals", &deal(at, "moves")).expect(201).json();
                    let path = format!("/deals/{}", made["data"]["id"].as_str().unwrap());
                    world.patch(&path, &deal(at * 3, "moved")).expect(200);
                    world.delete(&path).expect(204);
                    written.fetch_add(3, Ordering::Relaxed);
                }
            });
        }
        let walkers: Vec<_> = (0..WALKERS)
            .map(|_| {
                threads.spawn(|| {
                    loop {
                        let walk = next.fetch_add(1, Ordering::Relaxed);
                        if walk >= walks {
                            return;
                        }
                        let sort = SORTS[walk % SORTS.len()];
                        let met = walked(world, sort, 20 + walk % 30);
                        let mut of_kept: Vec<&String> =
                            met.iter().filter(|id| kept.contains(id)).collect();
                        of_kept.sort_by_key(|id| id.parse::<i64>().unwrap());
                        assert_eq!(of_kept, kept.iter().collect::<Vec<_>>(), "{sort}");
                    }
                })
            })
            .collect();
        let ended: Vec<_> = walkers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a walk met a row twice, or not at all");
    });
    assert!(written.into_inner() > walks / 10, "the writers hardly wrote");
}

/// Returns the ids that a walk meets, in order.
fn walked(world: &World, sort: &str, size: usize) -> Vec<String> {
    let mut met = Vec::new();
    let mut path = format!("/deals?sort={sort}&page[size]={size}&page[after]=&fields[deals]=name");
    loop {
        let page = world.get(&path).expect(200).json();
        let rows = page["data"].as_array().unwrap().iter();
        met.extend(rows.map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["links"]["next"].as_str() {
            Some(next) => path = next.split_once("/api/v2").unwrap().1.to_owned(),
            None => return met,
        }
    }
}
