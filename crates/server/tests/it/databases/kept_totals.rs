//! The total of an unfiltered list is stored, not counted. It must be the number of rows after any
//! write, also while PostgreSQL folds the changes of writers into it.

use std::sync::atomic::{AtomicBool, Ordering};

use apportion_server::store::{Session, fold_totals};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::dice::Dice;
use crate::support::world::{World, document};

apportion_testing::cases! {
    after_random_writes, refused_writes_count_nothing, each_tenant_its_own, while_others_write;
    postgres: kept_sums_are_counts, folding_changes_nothing
}

/// The ids of the rows that there should be, by type.
#[derive(Default)]
struct Rows {
    deals: Vec<String>,
    distributions: Vec<String>,
    people: Vec<String>,
}

impl Rows {
    /// Adds or removes a random row.
    #[track_caller]
    fn change(&mut self, world: &World, dice: &mut Dice) {
        match dice.place(6) {
            0 => self.deals.push(world.deal("Deal", 100)),
            1 | 2 if !self.deals.is_empty() => {
                let deal = &self.deals[dice.place(self.deals.len())];
                self.distributions.push(world.spread(deal, "2025-01-01", "2025-01-31", "1"));
            }
            3 if !self.distributions.is_empty() => {
                let id = self.distributions.swap_remove(dice.place(self.distributions.len()));
                world.delete(&format!("/revenue_distributions/{id}")).expect(204);
            }
            4 if !self.people.is_empty() => {
                let id = self.people.swap_remove(dice.place(self.people.len()));
                world.delete(&format!("/people/{id}")).expect(204);
            }
            _ => {
                let attributes = json!({"first_name": "Ada", "last_name": "Lovelace"});
                self.people.push(world.create("people", attributes, &[]));
            }
        }
    }

    #[track_caller]
    fn check(&self, world: &World) {
        for (kind, expected) in [
            ("deals", self.deals.len()),
            ("revenue_distributions", self.distributions.len()),
            ("people", self.people.len()),
        ] {
            assert_eq!(total(world, &format!("/{kind}")), expected, "{kind}");
            assert_eq!(total(world, &format!("/{kind}?page[size]=1&page[number]=99")), expected);
            assert_eq!(total(world, &format!("/{kind}?filter[id][gt]=0")), expected, "{kind}");
        }
    }
}

#[track_caller]
fn total(world: &World, path: &str) -> usize {
    let meta = world.get(path).expect(200).json()["meta"]["total_count"].clone();
    meta.as_u64().unwrap().try_into().unwrap()
}

fn fold(world: &World) -> usize {
    fold_totals(&mut Session::open(&world.database).unwrap()).unwrap()
}

fn after_random_writes(place: &Place) {
    let world = World::start(place);
    let (mut rows, mut dice) = (Rows::default(), Dice(71_993));
    rows.check(&world);
    for round in 0..120 {
        rows.change(&world, &mut dice);
        if round % 10 == 9 {
            rows.check(&world);
        }
        if round % 17 == 16 {
            fold(&world);
            rows.check(&world);
        }
    }
    let left = [rows.deals.len(), rows.distributions.len(), rows.people.len()];
    assert!(left.iter().all(|&count| count > 3), "{left:?}");
}

fn refused_writes_count_nothing(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 100);
    world.spread(&deal, "2025-01-01", "2025-01-31", "1");
    let bad = document("deals", json!({"name": ""}), &[]);
    world.post("/deals", &bad).expect(422);
    let missing = document(
        "revenue_distributions",
        json!({"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": "1"}),
        &[("deal", "deals", "999")],
    );
    world.post("/revenue_distributions", &missing).expect(404);
    world.delete(&format!("/deals/{deal}")).expect(409);
    world.delete("/deals/999").expect(404);
    assert_eq!(total(&world, "/deals"), 1);
    assert_eq!(total(&world, "/revenue_distributions"), 1);
}

fn each_tenant_its_own(place: &Place) {
    let world = World::start(place);
    world.deal("Ours", 100);
    let theirs = document("deals", json!({"name": "Theirs"}), &[]);
    for _ in 0..3 {
        world.request_as(&world.stranger, "POST", "/deals", Some(&theirs)).expect(201);
    }
    assert_eq!(total(&world, "/deals"), 1);
    let list = world.request_as(&world.stranger, "GET", "/deals", None).expect(200).json();
    assert_eq!(list["meta"]["total_count"], 3);
    world.request_as(&world.stranger, "DELETE", "/deals/2", None).expect(204);
    let list = world.request_as(&world.stranger, "GET", "/deals", None).expect(200).json();
    assert_eq!(list["meta"]["total_count"], 2);
    assert_eq!(total(&world, "/deals"), 1);
    assert_eq!(total(&world, "/organizations"), 1);
}

/// The rows and the total of an answer come from one snapshot, so that they agree during writes.
fn while_others_write(place: &Place) {
    let world = World::start(place);
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..8 {
                        let kept = world.deal("Kept", 100);
                        let gone = world.deal("Gone", 100);
                        world.delete(&format!("/deals/{gone}")).expect(204);
                        assert_ne!(kept, gone);
                    }
                })
            })
            .collect();
        let folds = scope.spawn(|| {
            let mut session = Session::open(&world.database).unwrap();
            while writing.load(Ordering::Relaxed) {
                fold_totals(&mut session).unwrap();
            }
        });
        let reads = scope.spawn(|| {
            let mut disagreeing: Vec<Value> = Vec::new();
            while writing.load(Ordering::Relaxed) {
                let list = world.get("/deals?page[size]=200").expect(200).json();
                let shown = u64::try_from(list["data"].as_array().unwrap().len()).ok();
                if list["meta"]["total_count"].as_u64() != shown {
                    disagreeing.push(list["meta"].clone());
                }
            }
            disagreeing
        });
        let written: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        writing.store(false, Ordering::Relaxed);
        folds.join().unwrap();
        assert_eq!(reads.join().unwrap(), Vec::<Value>::new());
        assert!(written.into_iter().all(|written| written.is_ok()));
    });
    assert_eq!(total(&world, "/deals"), 24);
}

/// Queries the database as its superuser, because row-level security hides rows from other roles.
fn ask(place: &Place, sql: &str) -> String {
    let cluster = place.cluster().unwrap();
    let (server, _) =
        cluster.admin_url().rsplit_once('/').map(|(s, d)| (s.to_owned(), d.to_owned())).unwrap();
    let (_, database) = place.url.rsplit_once('/').unwrap();
    cluster.query(&format!("{server}/{database}"), sql).trim().to_owned()
}

fn kept_sums_are_counts(place: &Place) {
    let world = World::start(place);
    let (mut rows, mut dice) = (Rows::default(), Dice(11));
    for _ in 0..40 {
        rows.change(&world, &mut dice);
    }
    for (table, expected) in [
        ("deals", rows.deals.len()),
        ("revenue_distributions", rows.distributions.len()),
        ("people", rows.people.len()),
    ] {
        let counted = format!("SELECT COUNT(*) FROM {table} WHERE organization_id = 1");
        let kept = format!(
            "SELECT COALESCE((SELECT SUM(row_count) FROM row_counts WHERE organization_id = 1 \
             AND table_name = '{table}'), 0) + COALESCE((SELECT SUM(delta) FROM row_count_deltas \
             WHERE organization_id = 1 AND table_name = '{table}'), 0)"
        );
        assert_eq!(ask(place, &counted), expected.to_string(), "{table}");
        assert_eq!(ask(place, &kept), expected.to_string(), "{table}");
    }
}

fn folding_changes_nothing(place: &Place) {
    let world = World::start(place);
    let deals: Vec<String> = (0..5).map(|_| world.deal("Deal", 100)).collect();
    world.delete(&format!("/deals/{}", deals[0])).expect(204);
    assert_eq!(ask(place, "SELECT COUNT(*) FROM row_count_deltas WHERE table_name = 'deals'"), "6");
    assert_eq!(total(&world, "/deals"), 4);
    // The deals and their events are each counted.
    assert_eq!(fold(&world), 2);
    assert_eq!(ask(place, "SELECT COUNT(*) FROM row_count_deltas"), "0");
    assert_eq!(ask(place, "SELECT row_count FROM row_counts WHERE table_name = 'deals'"), "4");
    assert_eq!(total(&world, "/deals"), 4);
    assert_eq!(fold(&world), 0);
    world.delete(&format!("/deals/{}", deals[1])).expect(204);
    assert_eq!(total(&world, "/deals"), 3);
}
