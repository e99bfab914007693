//! J90 to J93: the atomic operations extension and its refusals. Not here: its results (`results`),
//! limits, keys and organizations (`writing::operations`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{
    ATOMIC, add_deal, add_distribution, counts, local, operate, operate_as, refused,
};
use crate::support::refusal::rows;
use crate::support::resources::attribute;
use crate::support::standard::every_answer::ask;
use crate::support::world::{JSON_API, World};

apportion_testing::cases! {
    j90_operations_are_posted_by_the_extension_alone,
    j91_an_operation_says_what_it_does_to_what,
    j92_operations_are_done_in_order_or_not_at_all,
    j93_faults_point_at_their_operation,
}

fn j90_operations_are_posted_by_the_extension_alone(place: &Place) {
    let world = World::start(place);
    let token = ("X-Auth-Token", world.token.as_str());
    let check = |content: &str, accept: &str, status| {
        let headers = [token, ("Content-Type", content), ("Accept", accept)];
        operate_as(&world, &headers, &[add_deal("a")]).expect(status);
    };
    check(ATOMIC, ATOMIC, 200);
    check(ATOMIC, "*/*", 200);
    check(JSON_API, ATOMIC, 415);
    check("application/vnd.api+json; ext=bulk", ATOMIC, 415);
    check(ATOMIC, "application/vnd.api+json; ext=\"https://example.com\"", 406);
    let reader = [("X-Auth-Token", world.reader.as_str()), ("Content-Type", ATOMIC)];
    operate_as(&world, &reader, &[add_deal("a")]).expect(403);
    for method in ["GET", "HEAD", "PATCH", "DELETE"] {
        let answer = world.request(method, "/operations", None).expect(405);
        assert_eq!(answer.header("Allow"), Some("OPTIONS, POST"));
    }
    let before = rows(&world);
    let post = |body: Value| {
        let headers = [("Content-Type", ATOMIC)];
        ask(&world, "POST", "/operations", &headers, body.to_string().as_bytes())
    };
    let operations = json!([add_deal("b")]);
    for name in ["data", "included", "errors"] {
        let answer = post(json!({"atomic:operations": operations, name: []})).expect(400);
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["source"], json!({"pointer": format!("/{name}")}));
    }
    for body in [json!({}), json!([]), json!({"atomic:operations": {}}), json!({"data": null})] {
        post(body).expect(400);
    }
    assert!(rows(&world) == before);
    let answer = post(json!({"atomic:operations": operations, "meta": {}})).expect(200).json();
    let mut members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(members, ["atomic:results", "jsonapi"]);
    post(json!({"atomic:operations": operations, "atomic:results": []})).expect(400);
}

fn j91_an_operation_says_what_it_does_to_what(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    let check = |operation: Value, below: &str| {
        refused(&world, &[operation], 400, &format!("/atomic:operations/0{below}"));
    };
    check(json!(1), "");
    check(json!({"op": "delete", "ref": {"type": "deals", "id": deal}}), "/op");
    check(json!({"op": "Add"}), "/op");
    check(json!({"ref": {"type": "deals", "id": deal}}), "/op");
    let address = format!("/api/v2/deals/{deal}");
    let both = json!({"op": "remove", "ref": {"type": "deals", "id": deal}, "href": address});
    check(both, "/href");
    let remove = |reference: Value| json!({"op": "remove", "ref": reference});
    check(remove(json!("deals")), "/ref/type");
    check(remove(json!({"id": deal})), "/ref/type");
    check(remove(json!({"type": "deals"})), "/ref/id");
    check(remove(json!({"type": "deals", "id": 1})), "/ref/id");
    check(remove(json!({"type": 1, "id": deal})), "/ref/type");
    check(remove(json!({"type": "deals", "lid": 1})), "/ref/lid");
    check(remove(json!({"type": "deals", "id": deal, "lid": "a"})), "/ref/lid");
    check(remove(json!({"type": "deals", "id": deal, "relationship": 1})), "/ref/relationship");
    check(json!({"op": "remove", "href": 1}), "/href");
    let elsewhere = ["/nowhere", "deals", "", "/api/v2", "/api/v2x/deals", "/x/api/v2/deals"];
    let elsewhere = elsewhere.map(str::to_owned).into_iter().chain([
        format!("https://example.com{address}"),
        format!("http://{}.example.com{address}", world.address()),
        format!("{address}?include=creator"),
        format!("{address}#x"),
    ]);
    for href in elsewhere {
        check(json!({"op": "remove", "href": href}), "/href");
    }
    check(json!({"op": "add", "href": "/api/v2/deals"}), "/data");
    check(json!({"op": "update", "href": address}), "/data");
    check(json!({"op": "add", "href": address, "data": {}}), "");
    let own = format!("http://{}{address}", world.address());
    operate(&world, &[json!({"op": "remove", "href": own})]).expect(200);
    world.get(&format!("/deals/{deal}")).expect(404);
}

/// A hundred operations fail with a fault at each position in turn.
fn j92_operations_are_done_in_order_or_not_at_all(place: &Place) {
    let world = World::start(place);
    let good: Vec<Value> = (0..100)
        .map(|at| match at % 2 {
            0 => add_deal(&at.to_string()),
            _ => add_distribution(&local(&(at - 1).to_string())),
        })
        .collect();
    for fault in 0..100 {
        let mut operations = good.clone();
        operations[fault] = json!({"op": "remove", "ref": {"type": "deals", "id": "999999999"}});
        let error = operate(&world, &operations).json()["errors"][0].clone();
        assert_eq!(error["source"]["pointer"], json!(format!("/atomic:operations/{fault}")));
        assert_eq!(error["status"], "404");
    }
    assert_eq!(counts(&world), (json!(0), json!(0)));
    operate(&world, &good).expect(200);
    assert_eq!(counts(&world), (json!(50), json!(50)));
    // The last operation on a row decides, and a row can be used until it is removed.
    let lone = world.deal("D", 1);
    let name = |name: &str| {
        let data = json!({"type": "deals", "id": lone, "attributes": {"name": name}});
        json!({"op": "update", "data": data})
    };
    operate(&world, &[name("b"), name("c"), name("a")]).expect(200);
    assert_eq!(attribute(&world, &format!("/deals/{lone}"), "name"), "a");
    let gone = json!({"op": "remove", "ref": {"type": "deals", "id": lone}});
    let after = json!({"op": "update", "data": {"type": "deals", "id": lone}});
    refused(&world, &[gone.clone(), after.clone()], 404, "/atomic:operations/1");
    operate(&world, &[after, gone]).expect(200);
}

fn j93_faults_point_at_their_operation(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Kept", 100);
    let distribution = world.spread(&deal, "2025-01-01", "2025-01-31", "10");
    let check = |operation: Value, status: u16, below: &str| {
        refused(
            &world,
            std::slice::from_ref(&operation),
            status,
            &format!("/atomic:operations/0{below}"),
        );
        let second = format!("/atomic:operations/1{below}");
        refused(&world, &[add_deal("z"), operation], status, &second);
    };
    refused(&world, &[], 400, "/atomic:operations");
    let remove = |kind: &str, id: &str| json!({"op": "remove", "ref": {"type": kind, "id": id}});
    check(remove("bogus", "1"), 400, "/ref/type");
    check(remove("deals", "x"), 404, "/ref/id");
    check(remove("deals", &deal), 409, "");
    check(json!({"op": "remove", "href": "/api/v2/nowhere"}), 404, "/href");
    let add = |data: Value| json!({"op": "add", "data": data});
    check(add(json!({"type": "deals", "attributes": {}})), 422, "/data/attributes/name");
    check(add(json!({"type": "deals", "id": 7})), 400, "/data/id");
    check(add(json!({"type": "deals", "id": "7"})), 403, "/data/id");
    check(add(json!({"type": "organizations"})), 400, "/data/type");
    let missing = add_distribution(&json!({"type": "deals", "id": "999"}));
    check(missing, 404, "/data/relationships/deal");
    let link = |name: &str, data: Value| {
        let reference =
            json!({"type": "revenue_distributions", "id": distribution, "relationship": name});
        json!({"op": "update", "ref": reference, "data": data})
    };
    check(link("creator", json!(null)), 403, "");
    check(link("bogus", json!(null)), 404, "/ref/relationship");
    check(link("deal", json!(null)), 422, "/data");
    check(link("deal", json!([])), 400, "/data");
    // Every malformed operation is reported.
    let both = [json!({"op": "x"}), json!({"op": "remove"})];
    let errors = operate(&world, &both).expect(400).json()["errors"].clone();
    let pointers: Vec<&Value> =
        errors.as_array().unwrap().iter().map(|error| &error["source"]["pointer"]).collect();
    assert_eq!(pointers, ["/atomic:operations/0/op", "/atomic:operations/1/ref"]);
}
