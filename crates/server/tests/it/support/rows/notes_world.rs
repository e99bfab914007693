//! A server with notes in it, the type of a program that embeds the server (`notes`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::notes;
use crate::support::world::World;

/// Starts a server with a deal, two people (1 and 2), and three notes, of which the first has a
/// deal and a reader.
pub fn world(place: &Place) -> World {
    notes::migrate(&place.url);
    let world = World::serving(&place.url, notes::resources(), |_| {});
    let deal = world.deal("D", 100);
    for name in ["a", "b"] {
        world.create("people", json!({"first_name": name, "last_name": "x"}), &[]);
    }
    for (text, weight) in [("first", 2), ("second", 1), ("third", 2)] {
        world.create("notes", json!({"text": text, "weight": weight}), &[]);
    }
    let first = json!({"data": {"type": "notes", "id": "1", "relationships": {
        "deal": {"data": {"type": "deals", "id": deal}},
        "readers": readers(&["1"]),
    }}});
    world.patch("/notes/1", &first).expect(200);
    world
}

pub fn readers(ids: &[&str]) -> Value {
    json!({"data": ids.iter().map(|id| json!({"type": "people", "id": id})).collect::<Vec<_>>()})
}

/// Returns the ids of the readers of the first note.
pub fn linked(world: &World) -> Vec<String> {
    ids(&world.get("/notes/1/relationships/readers").expect(200).json())
}

pub fn ids(document: &Value) -> Vec<String> {
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}
