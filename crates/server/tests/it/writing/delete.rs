//! DELETE: a row is deleted unless others refer to it.

use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::{complaints, refused};
use crate::support::resources::{person, sums, token_of};
use crate::support::world::{World, document};

apportion_testing::cases! {
    deals_with_distributions_stay, people_referred_to_stay,
    missing_rows_are_not_found, read_only_types_take_no_delete, queries_are_checked
}

fn deals_with_distributions_stay(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    let spread = world.spread(&deal, "2025-01-01", "2025-01-01", "10");
    refused(&world, ("DELETE", "/deals/1"), "", 409, &["409"]);
    assert_eq!(sums(&world, &deal), ("10.0".to_owned(), 10, 90));
    world.delete(&format!("/revenue_distributions/{spread}")).expect(204);
    world.delete("/deals/1").expect(204);
}

fn people_referred_to_stay(place: &Place) {
    let world = World::start(place);
    let (ada, bob) = (person(&world), person(&world));
    let token = token_of(&world, &ada);
    refused(&world, ("DELETE", "/people/1"), "", 409, &["409"]);
    let deal = document("deals", json!({"name": "D"}), &[]);
    world.request_as(&token, "POST", "/deals", Some(&deal)).expect(201);
    refused(&world, ("DELETE", &format!("/people/{ada}")), "", 409, &["409"]);
    world.delete(&format!("/people/{bob}")).expect(204);
}

fn missing_rows_are_not_found(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let paths = [
        "/deals/2",
        "/people/1",
        "/revenue_distributions/1",
        "/deals/x",
        "/deals/01",
        "/deals/9223372036854775808",
        "/nothing/1",
        "/deals/1/x",
    ];
    for path in paths {
        refused(&world, ("DELETE", path), "", 404, &["404"]);
    }
    // A deal of another organization is not found, with distributions or without.
    let before =
        complaints(&world.request_as(&world.stranger, "DELETE", "/deals/1", None).expect(404));
    world.spread("1", "2025-01-01", "2025-01-01", "10");
    let after =
        complaints(&world.request_as(&world.stranger, "DELETE", "/deals/1", None).expect(404));
    assert_eq!(before, after);
    world.get("/deals/1").expect(200);
}

fn read_only_types_take_no_delete(place: &Place) {
    let world = World::start(place);
    refused(&world, ("DELETE", "/organizations/1"), "", 405, &["405"]);
    refused(&world, ("DELETE", "/deals"), "", 405, &["405"]);
    refused(&world, ("DELETE", "/deals/1/creator"), "", 405, &["405"]);
}

fn queries_are_checked(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    refused(&world, ("DELETE", "/deals/1?force=true"), "", 400, &["400 force"]);
    refused(&world, ("DELETE", "/deals/1?filter[name]=D"), "", 400, &["400 filter[name]"]);
    refused(&world, ("DELETE", "/deals/9?force=true"), "", 404, &["404"]);
    world.delete("/deals/1?X-Organization-Id=1").expect(204);
}
