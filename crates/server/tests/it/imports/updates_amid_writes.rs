//! Files that change rows while others write the same rows: each row of a file is there once in the
//! end, with the amount that the file says.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use apportion_server::import::TypeSummary;
use apportion_testing::Place;
use serde_json::json;

use super::updates::{UPDATE, update};
use super::{count, import, rows, told, world};
use crate::support::resources::{attributes, change};
use crate::support::world::World;

apportion_testing::cases! {
    others_write_meanwhile, units_that_change_meanwhile, rows_that_go_and_come
}

/// Tells another thread to end, also if a check fails.
struct End<'e>(&'e AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The imports of a case beside another writer.
const IMPORTS: usize = 15;

/// Imports a file of deals again and again, while another thread writes now and then. Looks at
/// the world after each import.
fn beside(
    world: &World,
    writes: impl Fn() + Send,
    text: impl Fn(usize) -> String,
    look: impl Fn(&TypeSummary),
) {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let is_done = &is_done;
        let _end = End(is_done);
        scope.spawn(move || {
            while !is_done.load(Ordering::Relaxed) {
                // Without a pause no import would find the rows as they were judged.
                std::thread::sleep(Duration::from_millis(10));
                writes();
            }
        });
        for turn in 0..IMPORTS {
            let done = import(world, UPDATE, &[("deals", &text(turn))])
                .unwrap_or_else(|error| panic!("{:?}", told(&error)));
            look(&done[0]);
        }
    });
}

/// Many commands change and insert the same rows at once: each row is there once in the end.
fn others_write_meanwhile(place: &Place) {
    let world = world(place);
    std::thread::scope(|scope| {
        for turn in 0..6 {
            let world = &world;
            scope.spawn(move || {
                let line = |at: i64| format!("{at},{}.00,{at}\n", at + turn);
                let lines: String = (0..20).map(line).collect();
                let text = format!("name,value,external_id\n{lines}");
                import(world, UPDATE, &[("deals", &text)])
                    .unwrap_or_else(|error| panic!("{:?}", told(&error)));
            });
        }
    });
    assert_eq!(count(&world, "deals"), 20);
    for row in rows(&world, "deals") {
        let named = |name: &str| row["attributes"][name].as_str().unwrap().parse::<i64>().unwrap();
        let value = row["attributes"]["value"].as_i64().unwrap();
        assert_eq!(named("name"), named("external_id"));
        assert!((named("name")..named("name") + 6).contains(&(value / 100)), "{row}");
    }
    world.check_laws();
}

/// Amounts are read by the units that the row has when it is written.
fn units_that_change_meanwhile(place: &Place) {
    let world = world(place);
    update(&world, &[("deals", "name,value,external_id\nA,1.00,a\n")]);
    let toggle = || {
        let yen = json!({"currency": "JPY", "value": 2, "exchange_rate": "0.01"});
        change(&world, "/deals/1", yen);
        let euro = json!({"currency": "EUR", "value": 1, "exchange_rate": null});
        change(&world, "/deals/1", euro);
    };
    let possible =
        [("JPY", 2), ("EUR", 1), ("JPY", 12), ("JPY", 112), ("EUR", 1_200), ("EUR", 11_200)];
    let text = |turn: usize| format!("value,external_id\n{}12,a\n", turn % 2);
    beside(&world, toggle, text, |_| {
        let shown = attributes(&world, "/deals/1");
        let seen = (shown["currency"].as_str().unwrap(), shown["value"].as_i64().unwrap());
        assert!(possible.contains(&seen), "{seen:?}");
    });
}

/// A row that is deleted while the files are judged is inserted again.
fn rows_that_go_and_come(place: &Place) {
    let world = world(place);
    let delete = || {
        let named = world.get("/deals?filter[external_id]=a").expect(200).json();
        if let Some(id) = named["data"][0]["id"].as_str() {
            world.delete(&format!("/deals/{id}"));
        }
    };
    let text = |turn: usize| format!("name,external_id\nA{turn},a\n");
    beside(&world, delete, text, |done| {
        let TypeSummary { rows, changed, unchanged, .. } = *done;
        assert_eq!(rows + changed + unchanged, 1, "{done:?}");
    });
}
