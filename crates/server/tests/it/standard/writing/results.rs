//! J94 to J97: the results of operations, and how operations name their targets.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{add_deal, add_distribution, counts, local, operate, refused};
use crate::support::world::World;

apportion_testing::cases! {
    j94_there_is_a_result_for_each_operation_in_order,
    j95_a_result_has_the_created_or_changed_resource,
    j96_local_ids_link_operations,
    j97_removals_and_relationships_are_named,
}

fn j94_there_is_a_result_for_each_operation_in_order(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Old", 1000);
    let mut operations: Vec<Value> = ["a", "b", "c"].map(add_deal).to_vec();
    let change = json!({"type": "deals", "id": deal, "attributes": {"name": "New"}});
    operations.insert(1, json!({"op": "update", "data": change}));
    operations.insert(3, json!({"op": "remove", "ref": local("b")}));
    let results = operate(&world, &operations).expect(200).json()["atomic:results"].clone();
    let names: Vec<&Value> =
        results.as_array().unwrap().iter().map(|it| &it["data"]["attributes"]["name"]).collect();
    assert_eq!(names, [&json!("a"), &json!("New"), &json!("b"), &json!(null), &json!("c")]);
    let gone = operate(&world, &[json!({"op": "remove", "ref": {"type": "deals", "id": deal}})]);
    match gone.status {
        204 => assert!(gone.body.is_empty()),
        status => assert_eq!((status, gone.json()["atomic:results"].clone()), (200, json!([{}]))),
    }
}

fn j95_a_result_has_the_created_or_changed_resource(place: &Place) {
    let world = World::start(place);
    let (deal, other) = (world.deal("Old", 1000), world.deal("Other", 500));
    let kept = world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let address = format!("/api/v2/revenue_distributions/{kept}");
    let linkage = json!({"type": "deals", "id": other});
    let update = |reference: Value, attributes: Value| {
        let data = json!({"attributes": attributes});
        json!({"op": "update", "ref": reference, "data": data})
    };
    let operations = [
        json!({"op": "add", "href": "/api/v2/deals", "data": add_deal("a")["data"]}),
        update(json!({"type": "deals", "id": deal}), json!({"value": 2000})),
        update(local("a"), json!({"name": "By lid"})),
        json!({"op": "update", "href": address, "data": {"attributes": {"amount_percent": "25"}}}),
        json!({"op": "update", "href": format!("{address}/relationships/deal"), "data": linkage}),
        json!({"op": "remove", "href": address}),
    ];
    let json = operate(&world, &operations).expect(200).json();
    let results = json["atomic:results"].as_array().unwrap();
    let made = &results[0]["data"];
    assert!(made["id"].is_string() && made["links"]["self"].is_string(), "{made}");
    assert_eq!(made["attributes"]["name"], "a");
    assert_eq!(results[1]["data"]["attributes"]["distributed_amount"], 1000);
    assert_eq!(results[2]["data"]["attributes"]["name"], "By lid");
    assert_eq!(results[3]["data"]["attributes"]["amount"], 500);
    assert_eq!((&results[4], &results[5]), (&json!({}), &json!({})));
    world.get(&format!("/revenue_distributions/{kept}")).expect(404);
}

fn j96_local_ids_link_operations(place: &Place) {
    let world = World::start(place);
    let operations = [add_deal("a"), add_distribution(&local("a"))];
    let results = operate(&world, &operations).expect(200).json()["atomic:results"].clone();
    let deal = &results[0]["data"]["id"];
    assert_eq!(results[1]["data"]["relationships"]["deal"]["data"]["id"], *deal);
    assert_eq!(results[1]["data"]["attributes"]["amount"], 100);
    let moved = json!({"type": "revenue_distributions", "id": "1", "relationship": "deal"});
    let steps = [
        add_deal("b"),
        json!({"op": "update", "ref": moved, "data": local("b")}),
        json!({"op": "update", "ref": local("b"), "data": {"attributes": {"name": "B"}}}),
    ];
    let results = operate(&world, &steps).expect(200).json()["atomic:results"].clone();
    let row = world.get("/revenue_distributions/1").expect(200).json();
    assert_eq!(row["data"]["relationships"]["deal"]["data"]["id"], results[0]["data"]["id"]);
    let before = counts(&world);
    let first = "/atomic:operations/0";
    refused(&world, &[add_distribution(&local("a"))], 400, first);
    refused(&world, &[add_distribution(&local("x")), add_deal("x")], 400, first);
    let unknown = json!({"op": "remove", "ref": local("x")});
    refused(&world, &[unknown], 400, "/atomic:operations/0/ref/lid");
    refused(&world, &[add_deal("a"), add_deal("a")], 400, "/atomic:operations/1/data/lid");
    let bare = json!({"op": "add", "data": {"type": "deals", "lid": "a"}});
    refused(&world, &[bare], 422, "/atomic:operations/0/data/attributes/name");
    // A local id belongs to its type.
    let person = json!({"op": "remove", "ref": {"type": "people", "lid": "a"}});
    refused(&world, &[add_deal("a"), person], 400, "/atomic:operations/1/ref/lid");
    assert_eq!(counts(&world), before);
}

/// Writes of relationships to many are in `embedding`, on a type that has one.
fn j97_removals_and_relationships_are_named(place: &Place) {
    let world = World::start(place);
    let (deal, other) = (world.deal("D", 100), world.deal("E", 100));
    let row = world.spread(&deal, "2025-01-01", "2025-01-31", "10");
    let data = json!({"type": "deals", "id": deal});
    refused(&world, &[json!({"op": "remove", "data": data})], 400, "/atomic:operations/0/ref");
    let reference = json!({"type": "revenue_distributions", "id": row, "relationship": "deal"});
    let to = |op: &str, data: Value| json!({"op": op, "ref": reference, "data": data});
    for op in ["add", "remove"] {
        refused(&world, &[to(op, data.clone())], 400, "/atomic:operations/0/op");
    }
    refused(&world, &[to("update", json!([data]))], 400, "/atomic:operations/0/data");
    refused(&world, &[to("update", json!(null))], 422, "/atomic:operations/0/data");
    let moved = json!({"type": "deals", "id": other});
    operate(&world, &[to("update", moved.clone())]).expect(200);
    let path = format!("/revenue_distributions/{row}/relationships/deal");
    assert_eq!(world.get(&path).expect(200).json()["data"], moved);
    let href = json!({"op": "update", "href": format!("/api/v2{path}"), "data": data});
    operate(&world, &[href]).expect(200);
    assert_eq!(world.get(&path).expect(200).json()["data"], data);
}
