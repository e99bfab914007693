//! Atomic operations: their limits, their keys and their organization. Not here: the rules of the
//! extension (`standard`).

use apportion_testing::Place;
use serde_json::json;

use crate::support::atomic::{ATOMIC, add_deal, add_distribution, counts, operate, operate_as};
use crate::support::world::World;

apportion_testing::cases! {
    limits, once_with_a_key, tenancy
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
