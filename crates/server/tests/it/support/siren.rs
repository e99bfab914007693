//! Requests to the recorded API under `/siren/v1`.

use crate::support::world::World;
use apportion_testing::http::{Answer, send};

/// Sends a request without a body; `target` is the whole address.
#[track_caller]
pub fn ask(world: &World, token: &str, method: &str, target: &str) -> Answer {
    send(world.address(), method, target, &[("X-Auth-Token", token)], b"")
}

/// Reads distributions with our token; `rest` follows their address.
#[track_caller]
pub fn get(world: &World, rest: &str) -> Answer {
    ask(world, &world.token, "GET", &format!("/siren/v1/distributions{rest}"))
}
