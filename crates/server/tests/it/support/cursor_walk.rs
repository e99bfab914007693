//! Walks over cursor pages: rows to walk over, and the ids that a walk meets.

use serde_json::{Value, json};

use crate::support::standard::document_parts::href;
use crate::support::world::World;

/// Makes deals with nulls and equal values in the attributes that they are sorted by.
pub fn deals(world: &World) {
    for (at, name) in ["b", "a", "a", "Ä", "B", "c", "b"].iter().enumerate() {
        let date = if at % 3 == 0 { Value::Null } else { json!(format!("2025-01-0{}", 9 - at)) };
        let value = i64::try_from(at % 3).unwrap() * 100 - 100;
        world.create("deals", json!({"name": name, "value": value, "date": date}), &[]);
    }
}

/// Returns the ids of a page.
pub fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the page of a link that we gave.
#[track_caller]
pub fn follow(world: &World, link: &Value) -> Value {
    let target = href(link).unwrap().split_once("/api/v2").unwrap().1;
    world.get(target).expect(200).json()
}

/// Returns all ids of a walk, and the number of its pages.
#[track_caller]
pub fn walk(world: &World, first: &str, direction: &str) -> (Vec<String>, usize) {
    let mut page = world.get(first).expect(200).json();
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let found = ids(&page);
        all = if direction == "next" { [all, found].concat() } else { [found, all].concat() };
        pages += 1;
        assert!(pages < 100, "the walk has an end");
        match &page["links"][direction] {
            Value::Null => return (all, pages),
            link => page = follow(world, link),
        }
    }
}
