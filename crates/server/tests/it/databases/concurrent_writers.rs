//! Many writers at once: the sums are right in the end, whatever the order, and no writer gets an
//! error that is not its own fault.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::operate;
use crate::support::resources::{attributes, change};
use crate::support::scraped::{scrape, watched};
use crate::support::world::{World, document};
use apportion_testing::http::Answer;

apportion_testing::cases! {
    distributions_of_one_deal, distributions_of_many_deals, distributions_that_move_about,
    deletions_race;
    postgres: documents_in_opposite_orders
}

const THREADS: usize = 16;
const TURNS: usize = 12;

/// Runs `work` on all threads at once, each with its own number.
fn together(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
}

fn spread(deal: &str, percent: &str) -> Value {
    let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": percent});
    document("revenue_distributions", days, &[("deal", "deals", deal)])
}

fn value(value: i64) -> Value {
    document("deals", json!({"value": value}), &[])
}

/// Reads all rows of a list, page by page.
fn all(world: &World, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let list =
            world.get(&format!("{path}?page[size]=200&page[number]={page}")).expect(200).json();
        rows.extend(list["data"].as_array().unwrap().iter().cloned());
        if page >= list["meta"]["total_pages"].as_i64().unwrap() {
            assert_eq!(list["meta"]["total_count"], rows.len(), "{path}");
            break;
        }
    }
    rows
}

/// Checks that every distribution has its part of its deal's value, and that the sums of every deal
/// are those of its distributions.
#[track_caller]
fn is_consistent(world: &World, distributions: usize) {
    let spread = all(world, "/revenue_distributions");
    assert_eq!(spread.len(), distributions);
    let mut counted = 0;
    for deal in all(world, "/deals") {
        let (deal, id) = (&deal["attributes"], &deal["id"]);
        let own: Vec<&Value> = spread
            .iter()
            .filter(|row| &row["relationships"]["deal"]["data"]["id"] == id)
            .map(|row| &row["attributes"])
            .collect();
        counted += own.len();
        let worth = deal["value"].as_i64().unwrap();
        let (mut amount, mut percent) = (0, 0);
        for row in own {
            let part: i64 = row["amount_percent"]
                .as_str()
                .unwrap()
                .strip_suffix(".0")
                .unwrap()
                .parse()
                .unwrap();
            // Values are whole hundreds and percentages whole numbers, so nothing is rounded.
            assert_eq!(row["amount"], worth / 100 * part);
            assert_eq!(row["amount_default"], row["amount"]);
            amount += worth / 100 * part;
            percent += part;
        }
        assert_eq!(deal["distributed_percent"], format!("{percent}.0"), "deal {id}");
        assert_eq!(deal["distributed_amount"], amount);
        assert_eq!(deal["undistributed_amount"], worth - amount);
        assert_eq!(deal["value_default"], worth);
    }
    assert_eq!(counted, distributions);
}

/// Checks that the status is one of these: a writer gets no error that is not its own fault.
#[track_caller]
fn one_of(answer: &Answer, statuses: &[u16]) {
    assert!(
        statuses.contains(&answer.status),
        "{}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
}

fn distributions_of_one_deal(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    together(|thread| {
        for turn in 0..TURNS {
            if thread % 4 == 0 {
                let new = i64::try_from(thread * TURNS + turn).unwrap() * 100;
                one_of(&world.patch(&format!("/deals/{deal}"), &value(new)), &[200]);
            } else {
                one_of(&world.post("/revenue_distributions", &spread(&deal, "3")), &[201]);
            }
        }
    });
    is_consistent(&world, THREADS / 4 * 3 * TURNS);
    change(&world, "/deals/1", json!({"value": 12_300}));
    is_consistent(&world, THREADS / 4 * 3 * TURNS);
}

fn distributions_of_many_deals(place: &Place) {
    let world = World::start(place);
    let deals: Vec<String> = (0..THREADS).map(|_| world.deal("D", 700)).collect();
    together(|thread| {
        for turn in 0..TURNS {
            let own = &deals[thread];
            one_of(&world.post("/revenue_distributions", &spread(own, "7")), &[201]);
            let other = &deals[(thread * 5 + turn) % THREADS];
            let new = i64::try_from(turn).unwrap() * 1_000;
            one_of(&world.patch(&format!("/deals/{other}"), &value(new)), &[200]);
        }
    });
    is_consistent(&world, THREADS * TURNS);
}

/// Each move locks two deals, in either order. No client sees a deadlock.
fn distributions_that_move_about(place: &Place) {
    let world = World::start(place);
    let deals: Vec<String> = (1..=3).map(|hundreds| world.deal("D", hundreds * 100)).collect();
    let spreads = 6;
    for _ in 0..spreads {
        world.spread(&deals[0], "2025-01-01", "2025-01-31", "10");
    }
    together(|thread| {
        for turn in 0..TURNS {
            let row = (thread + turn) % spreads + 1;
            let body = spread(&deals[(thread * 7 + turn) % deals.len()], "10");
            one_of(&world.patch(&format!("/revenue_distributions/{row}"), &body), &[200]);
        }
    });
    is_consistent(&world, spreads);
}

/// Exactly one deletion of each row succeeds, and the deal can be deleted only once it has no
/// distributions.
fn deletions_race(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    for _ in 0..TURNS {
        world.spread("1", "2025-01-01", "2025-01-31", "5");
    }
    let gone = std::sync::atomic::AtomicUsize::new(0);
    together(|thread| {
        for row in 1..=TURNS {
            let answer = world.delete(&format!("/revenue_distributions/{row}"));
            one_of(&answer, &[204, 404]);
            gone.fetch_add(usize::from(answer.status == 204), std::sync::atomic::Ordering::Relaxed);
            if thread == 0 && row < TURNS / 2 {
                one_of(&world.delete("/deals/1"), &[409, 204, 404]);
            }
        }
    });
    assert_eq!(gone.into_inner(), TURNS);
    if world.get("/deals/1").status == 200 {
        assert_eq!(attributes(&world, "/deals/1")["distributed_percent"], "0.0");
        world.delete("/deals/1").expect(204);
    }
    is_consistent(&world, 0);
}

/// Documents that change the same deals in opposite orders take turns: none is interrupted, and so
/// run again.
fn documents_in_opposite_orders(place: &Place) {
    let world = watched(place);
    let deals: Vec<String> = (0..8).map(|_| world.deal("D", 1)).collect();
    together(|thread| {
        for turn in 0..TURNS {
            let value = (thread * TURNS + turn) as i64;
            let change = |id: &String| {
                let data = json!({"type": "deals", "id": id, "attributes": {"value": value}});
                json!({"op": "update", "data": data})
            };
            let mut changes: Vec<Value> = deals.iter().map(change).collect();
            if thread % 2 == 1 {
                changes.reverse();
            }
            operate(&world, &changes).expect(200);
        }
    });
    let values: Vec<Value> = deals
        .iter()
        .map(|id| attributes(&world, &format!("/deals/{id}"))["value"].clone())
        .collect();
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    assert_eq!(scrape(&world).whole("apportion_store_run_again_total", &[]), 0);
}
