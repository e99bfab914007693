//! J84 to J86: writing relationships to many at their own addresses. No type of Apportion has a
//! writable one, so the type is one of a program that embeds the server (`notes`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::notes_world::{ids, linked, readers, world};
use crate::support::world::World;

apportion_testing::cases! {
    j84_patch_replaces_all_or_nothing, j85_post_adds_missing_members,
    j86_delete_removes_members,
}

const PATH: &str = "/notes/1/relationships/readers";

fn version(world: &World) -> String {
    world.get("/notes/1").header("ETag").unwrap().to_owned()
}

fn write(world: &World, method: &str, linkage: &Value) -> Vec<String> {
    let answer = world.request(method, PATH, Some(linkage)).expect(200).json();
    assert!(answer["links"]["self"].as_str().unwrap().starts_with("http://"), "{answer}");
    ids(&answer)
}

fn j84_patch_replaces_all_or_nothing(place: &Place) {
    let world = world(place);
    assert_eq!(write(&world, "PATCH", &readers(&["2"])), ["2"]);
    assert_eq!(write(&world, "PATCH", &readers(&["1", "2"])), ["1", "2"]);
    assert_eq!(write(&world, "PATCH", &readers(&[])), [""; 0]);
    let whole = json!({"data": {"type": "notes", "relationships": {"readers": readers(&["2"])}}});
    world.patch("/notes/1", &whole).expect(200);
    assert_eq!(linked(&world), ["2"]);
    world.patch(PATH, &readers(&["1", "9"])).expect(404);
    world.patch(PATH, &json!({"data": {"type": "people", "id": "1"}})).expect(400);
    world.patch(PATH, &json!({"data": null})).expect(400);
    assert_eq!(linked(&world), ["2"]);
}

fn j85_post_adds_missing_members(place: &Place) {
    let world = world(place);
    let before = version(&world);
    assert_eq!(write(&world, "POST", &readers(&["2", "1", "2"])), ["1", "2"]);
    assert_ne!(version(&world), before);
    assert_eq!(write(&world, "POST", &readers(&["2"])), ["1", "2"]);
    world.request("POST", PATH, Some(&readers(&["9"]))).expect(404);
    assert_eq!(linked(&world), ["1", "2"]);
}

fn j86_delete_removes_members(place: &Place) {
    let world = world(place);
    write(&world, "POST", &readers(&["2"]));
    assert_eq!(write(&world, "DELETE", &readers(&["1"])), ["2"]);
    assert_eq!(write(&world, "DELETE", &readers(&["1", "999"])), ["2"]);
    assert_eq!(write(&world, "DELETE", &readers(&["abc", "1"])), ["2"]);
    world.request("DELETE", PATH, None).expect(400);
    assert_eq!(linked(&world), ["2"]);
}
