//! The description of the service: as committed, served to everybody, and naming every address.

use apportion_server::resources::Resources;
use apportion_testing::Place;

use crate::http::send;
use crate::world::World;

apportion_testing::cases! { it_is_served_to_everybody; plain: it_is_what_is_committed }

const COMMITTED: &str = include_str!("../../../../docs/openapi.json");

fn it_is_served_to_everybody(place: &Place) {
    let world = World::start(place);
    let answer = send(world.address(), "GET", "/api/v2/openapi.json", &[], b"").expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(String::from_utf8(answer.body).unwrap(), Resources::own().description());
    let answer = send(world.address(), "POST", "/api/v2/openapi.json", &[], b"x").expect(405);
    assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"));
}

fn it_is_what_is_committed() {
    let same = COMMITTED == Resources::own().description();
    assert!(same, "look at what changed, then: apportion openapi > docs/openapi.json");
}
