//! A row of another organization is answered exactly as a missing one.

use apportion_testing::Place;
use serde_json::json;

use crate::support::world::{World, document};

apportion_testing::cases! { foreign_rows_are_missing, lists_hold_own_rows }

fn foreign_rows_are_missing(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Ours", 100);
    let foreign = world.request_as(&world.stranger, "GET", &format!("/deals/{deal}"), None);
    let missing = world.request_as(&world.stranger, "GET", "/deals/999", None);
    assert_eq!(foreign.status, 404);
    let strip = |answer: &apportion_testing::http::Answer| {
        let mut json = answer.json();
        json["errors"][0]["id"] = json!(null);
        json
    };
    assert_eq!(strip(&foreign), strip(&missing));
    let body = document("deals", json!({"name": "Mine"}), &[]);
    let path = format!("/deals/{deal}");
    world.request_as(&world.stranger, "PATCH", &path, Some(&body)).expect(404);
    world.request_as(&world.stranger, "DELETE", &path, None).expect(404);
    assert_eq!(world.get(&path).json()["data"]["attributes"]["name"], "Ours");
}

fn lists_hold_own_rows(place: &Place) {
    let world = World::start(place);
    world.deal("Ours", 100);
    let theirs = world.request_as(&world.stranger, "GET", "/deals", None).expect(200).json();
    assert_eq!(theirs["meta"]["total_count"], 0);
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 1);
}
