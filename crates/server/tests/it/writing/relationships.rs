//! Writing relationships through their own addresses (JSON:API 1.1, "Updating Relationships").

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::world::World;

apportion_testing::cases! {
    a_distribution_moves, refusals, amounts_that_do_not_fit, read_only_relationships
}

fn linkage(kind: &str, id: &str) -> Value {
    json!({"data": {"type": kind, "id": id}})
}

fn a_distribution_moves(place: &Place) {
    let world = World::start(place);
    let (from, to) = (world.deal("From", 1000), world.deal("To", 500));
    let distribution = world.spread(&from, "2025-01-01", "2025-01-31", "50");
    let path = format!("/revenue_distributions/{distribution}/relationships/deal");
    let answer = world.patch(&path, &linkage("deals", &to)).expect(200);
    assert_eq!(answer.json()["data"], linkage("deals", &to)["data"]);
    assert_eq!(answer.json()["links"], world.get(&path).expect(200).json()["links"]);
    let amount = |deal: &str| {
        world.get(&format!("/deals/{deal}")).json()["data"]["attributes"]["distributed_amount"]
            .clone()
    };
    assert_eq!((amount(&from), amount(&to)), (json!(0), json!(250)));
    world.patch(&path, &linkage("deals", &to)).expect(200);
    assert_eq!(amount(&to), json!(250), "once more changes nothing");
}

fn refusals(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 1000);
    let distribution = world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let path = format!("/revenue_distributions/{distribution}/relationships/deal");
    let check = |body: &Value, status: u16, pointer: &str| {
        let error = world.patch(&path, body).expect(status).json()["errors"][0].clone();
        assert_eq!(error["source"]["pointer"], json!(pointer), "{body}");
    };
    check(&json!({}), 400, "/data");
    check(&json!([]), 400, "/data");
    check(&json!({"data": []}), 400, "/data");
    check(&json!({"data": "1"}), 400, "/data");
    check(&json!({"data": {"type": "deals", "id": 1}}), 400, "/data/id");
    check(&json!({"data": {"type": "deals"}}), 400, "/data/id");
    check(&json!({"data": null}), 422, "/data");
    check(&linkage("people", "1"), 422, "/data");
    check(&linkage("deals", "999"), 404, "/data");
    check(&linkage("deals", "x"), 404, "/data");
    let foreign = world.request_as(&world.stranger, "PATCH", &path, Some(&linkage("deals", &deal)));
    foreign.expect(404);
    world.request_as(&world.reader, "PATCH", &path, Some(&linkage("deals", &deal))).expect(403);
    for method in ["POST", "DELETE"] {
        let answer = world.request(method, &path, Some(&linkage("deals", &deal))).expect(405);
        assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS, PATCH"));
    }
}

/// The amount would not fit into 64 bits in the other deal.
fn amounts_that_do_not_fit(place: &Place) {
    let world = World::start(place);
    let (small, large) = (world.deal("Small", 1), world.deal("Large", i64::MAX));
    let distribution = world.spread(&small, "2025-01-01", "2025-01-31", "200");
    let path = format!("/revenue_distributions/{distribution}/relationships/deal");
    let error =
        world.patch(&path, &linkage("deals", &large)).expect(422).json()["errors"][0].clone();
    assert_eq!(error["source"]["pointer"], "/data");
    assert_eq!(world.get(&path).json()["data"], linkage("deals", &small)["data"]);
}

fn read_only_relationships(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 1000);
    let nobody = json!({"data": null});
    world.patch(&format!("/deals/{deal}/relationships/creator"), &nobody).expect(403);
    world.patch("/deals/999/relationships/creator", &nobody).expect(404);
    let many = format!("/deals/{deal}/relationships/revenue_distributions");
    for method in ["PATCH", "POST", "DELETE"] {
        world.request(method, &many, Some(&json!({"data": []}))).expect(403);
    }
    let related = world.request("PATCH", &format!("/deals/{deal}/creator"), Some(&nobody));
    assert_eq!(related.expect(405).header("Allow"), Some("GET, HEAD, OPTIONS"));
}
