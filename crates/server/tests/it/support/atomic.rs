//! Atomic operations as the tests send them, and the check that refused ones write nothing.

use serde_json::{Value, json};

use crate::support::refusal::rows;
use crate::support::world::World;
use apportion_testing::http::{Answer, send};

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

/// Returns an operation that adds a deal with that local id and name.
pub fn add_deal(lid: &str) -> Value {
    let attributes = json!({"name": lid, "value": 1000});
    json!({"op": "add", "data": {"type": "deals", "lid": lid, "attributes": attributes}})
}

/// Returns an operation that adds a distribution of 10 % of that deal.
pub fn add_distribution(deal: &Value) -> Value {
    json!({"op": "add", "data": {
        "type": "revenue_distributions",
        "attributes": {"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": "10"},
        "relationships": {"deal": {"data": deal}},
    }})
}

/// Returns the identifier of a deal with that local id.
pub fn local(lid: &str) -> Value {
    json!({"type": "deals", "lid": lid})
}

/// Counts the deals and the distributions.
pub fn counts(world: &World) -> (Value, Value) {
    let count = |kind: &str| world.get(&format!("/{kind}")).json()["meta"]["total_count"].clone();
    (count("deals"), count("revenue_distributions"))
}

/// Checks that the operations are refused with one error at that pointer, and that nothing is
/// written.
#[track_caller]
pub fn refused(world: &World, operations: &[Value], status: u16, pointer: &str) {
    let before = rows(world);
    let errors = operate(world, operations).expect(status).json()["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
    assert_eq!(errors[0]["source"], json!({"pointer": pointer}), "{operations:?}");
    assert!(rows(world) == before, "{operations:?}");
}
