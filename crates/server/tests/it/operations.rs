//! The atomic operations extension: in order, all or nothing, with local ids.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::world::World;

apportion_testing::cases! {
    local_ids_lead_from_one_to_the_next, every_kind_of_operation, a_fault_anywhere_changes_nothing,
    malformed_documents, media_types, limits, once_with_a_key, tenancy
}

const ATOMIC: &str = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";

fn operate(world: &World, operations: &[Value]) -> Answer {
    operate_as(world, &[("X-Auth-Token", &world.token), ("Content-Type", ATOMIC)], operations)
}

fn operate_as(world: &World, headers: &[(&str, &str)], operations: &[Value]) -> Answer {
    let body = json!({"atomic:operations": operations}).to_string();
    send(world.address(), "POST", "/api/v2/operations", headers, body.as_bytes())
}

fn add_deal(lid: &str) -> Value {
    json!({"op": "add", "data": {"type": "deals", "lid": lid, "attributes": {"name": lid, "value": 1000}}})
}

fn add_distribution(deal: &Value) -> Value {
    json!({"op": "add", "data": {
        "type": "revenue_distributions",
        "attributes": {"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": "10"},
        "relationships": {"deal": {"data": deal}},
    }})
}

fn local(lid: &str) -> Value {
    json!({"type": "deals", "lid": lid})
}

fn counts(world: &World) -> (Value, Value) {
    let count = |kind: &str| world.get(&format!("/{kind}")).json()["meta"]["total_count"].clone();
    (count("deals"), count("revenue_distributions"))
}

fn local_ids_lead_from_one_to_the_next(place: &Place) {
    let world = World::start(place);
    let answer = operate(&world, &[add_deal("a"), add_distribution(&local("a"))]).expect(200);
    assert_eq!(answer.header("Content-Type"), Some(ATOMIC));
    let json = answer.json();
    assert_eq!(json["jsonapi"]["ext"], json!(["https://jsonapi.org/ext/atomic"]));
    let results = json["atomic:results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let deal = &results[0]["data"]["id"];
    assert_eq!(results[1]["data"]["relationships"]["deal"]["data"]["id"], *deal);
    assert_eq!(results[1]["data"]["attributes"]["amount"], 100);
    assert_eq!(counts(&world), (json!(1), json!(1)));
}

fn every_kind_of_operation(place: &Place) {
    let world = World::start(place);
    let (deal, other) = (world.deal("Old", 1000), world.deal("Other", 500));
    let kept = world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let moved = world.spread(&deal, "2025-01-01", "2025-01-31", "20");
    let operations = [
        json!({"op": "update", "data": {"type": "deals", "id": deal, "attributes": {"name": "New"}}}),
        json!({"op": "update", "ref": {"type": "deals", "id": deal}, "data": {"attributes": {"value": 2000}}}),
        json!({"op": "update", "href": format!("/api/v2/revenue_distributions/{kept}"), "data": {"attributes": {"amount_percent": "25"}}}),
        json!({"op": "update", "ref": {"type": "revenue_distributions", "id": moved, "relationship": "deal"}, "data": {"type": "deals", "id": other}}),
        add_deal("a"),
        json!({"op": "update", "ref": {"type": "deals", "lid": "a"}, "data": {"attributes": {"name": "By lid"}}}),
        json!({"op": "update", "href": format!("/api/v2/revenue_distributions/{moved}/relationships/deal"), "data": local("a")}),
        json!({"op": "add", "href": "/api/v2/people", "data": {"type": "people", "attributes": {"first_name": "a", "last_name": "b"}}}),
        json!({"op": "remove", "ref": {"type": "revenue_distributions", "id": kept}}),
        json!({"op": "remove", "href": format!("/api/v2/deals/{deal}")}),
    ];
    let json = operate(&world, &operations).expect(200).json();
    let results = json["atomic:results"].as_array().unwrap();
    assert_eq!(results.len(), operations.len());
    assert_eq!(results[0]["data"]["attributes"]["name"], "New");
    assert_eq!(results[2]["data"]["attributes"]["amount"], 500);
    assert_eq!(results[5]["data"]["attributes"]["name"], "By lid");
    for without in [3, 6, 8, 9] {
        assert_eq!(results[without], json!({}), "{without}");
    }
    let lid = &results[4]["data"]["id"];
    let row = world.get(&format!("/revenue_distributions/{moved}")).expect(200).json();
    assert_eq!(row["data"]["relationships"]["deal"]["data"]["id"], *lid);
    world.get(&format!("/deals/{deal}")).expect(404);
}

/// A hundred operations, with a fault at each position in turn.
fn a_fault_anywhere_changes_nothing(place: &Place) {
    let world = World::start(place);
    let good: Vec<Value> = (0..100)
        .map(|at| {
            if at % 2 == 0 {
                add_deal(&at.to_string())
            } else {
                add_distribution(&local(&(at - 1).to_string()))
            }
        })
        .collect();
    for fault in 0..100 {
        let mut operations = good.clone();
        operations[fault] = json!({"op": "remove", "ref": {"type": "deals", "id": "999999999"}});
        let mut answer = operate(&world, &operations);
        if fault % 2 == 0 && fault > 0 {
            answer = answer.expect(404);
        }
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["source"]["pointer"], json!(format!("/atomic:operations/{fault}")));
        assert_eq!(error["status"], "404");
    }
    assert_eq!(counts(&world), (json!(0), json!(0)));
    operate(&world, &good).expect(200);
    assert_eq!(counts(&world), (json!(50), json!(50)));
}

fn malformed_documents(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Kept", 100);
    let distribution = world.spread(&deal, "2025-01-01", "2025-01-31", "10");
    let before = world.get("/deals").body;
    let check = |operations: &[Value], status: u16, pointer: &str| {
        let json = operate(&world, operations).expect(status).json();
        assert_eq!(json["errors"][0]["source"]["pointer"], json!(pointer), "{operations:?}");
    };
    let at = |below: &str| format!("/atomic:operations/0{below}");
    check(&[], 400, "/atomic:operations");
    check(&[json!(1)], 400, &at(""));
    check(&[json!({"op": "delete"})], 400, &at("/op"));
    check(&[json!({"op": "add"})], 400, &at("/data"));
    check(&[json!({"op": "remove"})], 400, &at("/ref"));
    check(&[json!({"op": "remove", "ref": {"type": "deals"}})], 400, &at("/ref/id"));
    check(&[json!({"op": "remove", "ref": {"type": "deals", "id": 1}})], 400, &at("/ref/id"));
    check(&[json!({"op": "remove", "ref": {"type": "bogus", "id": "1"}})], 400, &at("/ref/type"));
    check(&[json!({"op": "remove", "ref": {"type": "deals", "id": "x"}})], 404, &at("/ref/id"));
    check(&[json!({"op": "remove", "ref": {"type": "deals", "lid": "x"}})], 400, &at("/ref/lid"));
    check(
        &[json!({"op": "remove", "ref": {"type": "deals", "id": "1"}, "href": "/api/v2/deals/1"})],
        400,
        &at("/href"),
    );
    check(&[json!({"op": "remove", "href": "/nowhere"})], 404, &at("/href"));
    check(&[json!({"op": "update", "data": {"type": "deals"}})], 400, &at("/data/id"));
    check(
        &[json!({"op": "add", "data": {"type": "deals", "attributes": {}}})],
        422,
        &at("/data/attributes/name"),
    );
    check(&[json!({"op": "add", "data": {"type": "deals", "id": "7"}})], 403, &at("/data/id"));
    check(&[json!({"op": "add", "data": {"type": "organizations"}})], 400, &at("/data/type"));
    check(&[add_distribution(&local("x"))], 400, &at(""));
    check(&[json!({"op": "remove", "ref": {"type": "deals", "id": deal}})], 409, &at(""));
    let link = |op: &str, name: &str| json!({"op": op, "ref": {"type": "revenue_distributions", "id": distribution, "relationship": name}, "data": null});
    check(&[link("add", "deal")], 400, &at("/op"));
    check(&[link("update", "creator")], 403, &at(""));
    check(&[link("update", "bogus")], 404, &at("/ref/relationship"));
    check(&[link("update", "deal")], 422, &at("/data"));
    check(&[add_deal("a"), add_deal("a")], 400, "/atomic:operations/1/data/lid");
    let both = [json!({"op": "x"}), json!({"op": "remove"})];
    let errors = operate(&world, &both).expect(400).json()["errors"].as_array().unwrap().len();
    assert_eq!(errors, 2);
    let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", ATOMIC)];
    for body in
        ["{}", "[]", "x", r#"{"atomic:operations":{}}"#, r#"{"atomic:operations":[],"data":1}"#]
    {
        send(world.address(), "POST", "/api/v2/operations", &headers, body.as_bytes()).expect(400);
    }
    assert_eq!(world.get("/deals").body, before);
}

fn media_types(place: &Place) {
    let world = World::start(place);
    let token = ("X-Auth-Token", world.token.as_str());
    let check = |content: &str, accept: &str, status| {
        let headers = [token, ("Content-Type", content), ("Accept", accept)];
        operate_as(&world, &headers, &[add_deal("a")]).expect(status);
    };
    check(ATOMIC, ATOMIC, 200);
    check(ATOMIC, "*/*", 200);
    check("application/vnd.api+json", ATOMIC, 415);
    check("application/vnd.api+json; ext=bulk", ATOMIC, 415);
    check(ATOMIC, "application/vnd.api+json; ext=\"https://example.com\"", 406);
    let other =
        send(world.address(), "POST", "/api/v2/deals", &[token, ("Content-Type", ATOMIC)], b"{}");
    other.expect(415);
    for method in ["GET", "HEAD", "PATCH", "DELETE"] {
        let answer = world.request(method, "/operations", None).expect(405);
        assert_eq!(answer.header("Allow"), Some("OPTIONS, POST"));
    }
    let reader = [("X-Auth-Token", world.reader.as_str()), ("Content-Type", ATOMIC)];
    operate_as(&world, &reader, &[add_deal("a")]).expect(403);
    let headers = [token, ("Content-Type", ATOMIC)];
    send(world.address(), "POST", "/api/v2/operations?include=deal", &headers, b"{}").expect(400);
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
    let again = operate_as(&world, &headers, &[add_deal("a")]).expect(200);
    assert_eq!(
        (first.body, again.header("Idempotency-Replayed")),
        (again.body.clone(), Some("true"))
    );
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
