//! Operations within their limits, once with a key, and of their tenant alone. What the extension
//! asks for is in `standard`.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::world::World;

apportion_testing::cases! {
    limits, once_with_a_key, tenancy
}

/// The media type of operations.
pub const ATOMIC: &str = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";

#[track_caller]
pub fn operate(world: &World, operations: &[Value]) -> Answer {
    operate_as(world, &[("X-Auth-Token", &world.token), ("Content-Type", ATOMIC)], operations)
}

#[track_caller]
pub fn operate_as(world: &World, headers: &[(&str, &str)], operations: &[Value]) -> Answer {
    let body = json!({"atomic:operations": operations}).to_string();
    send(world.address(), "POST", "/api/v2/operations", headers, body.as_bytes())
}

/// Adds a deal with that local id and name.
pub fn add_deal(lid: &str) -> Value {
    let attributes = json!({"name": lid, "value": 1000});
    json!({"op": "add", "data": {"type": "deals", "lid": lid, "attributes": attributes}})
}

/// Adds a distribution of 10 % of that deal.
pub fn add_distribution(deal: &Value) -> Value {
    json!({"op": "add", "data": {
        "type": "revenue_distributions",
        "attributes": {"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": "10"},
        "relationships": {"deal": {"data": deal}},
    }})
}

/// The deal of that local id.
pub fn local(lid: &str) -> Value {
    json!({"type": "deals", "lid": lid})
}

/// How many deals and distributions there are.
pub fn counts(world: &World) -> (Value, Value) {
    let count = |kind: &str| world.get(&format!("/{kind}")).json()["meta"]["total_count"].clone();
    (count("deals"), count("revenue_distributions"))
}

fn limits(place: &Place) {
    let world = World::start(place);
    let many = |count: usize| (0..count).map(|at| add_deal(&at.to_string())).collect::<Vec<_>>();
    operate(&world, &many(101)).expect(400);
    operate(&world, &many(100)).expect(200);
    assert_eq!(counts(&world).0, json!(100));
}

fn once_with_a_key(place: &Place) {
    let world = World::start(place);
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", ATOMIC),
        ("Idempotency-Key", "k"),
    ];
    let first = operate_as(&world, &headers, &[add_deal("a")]).expect(200);
    let first_type = first.header("Content-Type").map(str::to_owned);
    let again = operate_as(&world, &headers, &[add_deal("a")]).expect(200);
    assert_eq!(
        (first.body, again.header("Idempotency-Replayed")),
        (again.body.clone(), Some("true"))
    );
    assert_eq!(first_type, again.header("Content-Type").map(str::to_owned));
    assert_eq!(counts(&world).0, json!(1));
}

fn tenancy(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Ours", 100);
    let headers = [("X-Auth-Token", world.stranger.as_str()), ("Content-Type", ATOMIC)];
    let foreign = [
        json!({"op": "remove", "ref": {"type": "deals", "id": deal}}),
        json!({"op": "update", "data": {"type": "deals", "id": deal, "attributes": {"name": "x"}}}),
        add_distribution(&json!({"type": "deals", "id": deal})),
    ];
    for operation in foreign {
        operate_as(&world, &headers, &[operation]).expect(404);
    }
    assert_eq!(world.get(&format!("/deals/{deal}")).json()["data"]["attributes"]["name"], "Ours");
}
