//! A relationship that is given twice, as `<name>_id` among the attributes and as a relationship:
//! where both differ, this is refused, and neither of them is looked for. Every relationship to one
//! is tried, read off the declarations.

use apportion_jsonapi::Cardinality;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::operate;
use crate::support::rows::payouts;
use crate::support::world::{World, stored_types};
use apportion_testing::http::Answer;

apportion_testing::cases! { different_ones_are_one_fault, equal_ones_are_one, beside_a_misread_one }

fn filled(place: &Place) -> World {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    payouts::fill(&world, (&world.token, world.organization), &deal);
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    world
}

/// Checks that the answer is a 422 with one error about the relationship, and none about a row.
#[track_caller]
fn is_refused(answer: &Answer, name: &str, below: &str) {
    let document = answer.json();
    let errors = document["errors"].as_array().unwrap_or_else(|| panic!("{document}"));
    assert_eq!(answer.status, 422, "{name}: {document}");
    assert!(errors.iter().all(|error| error["status"] == "422"), "{document}");
    let own = |error: &&Value| {
        let pointer = error["source"]["pointer"].as_str().unwrap_or_default();
        pointer.ends_with(&format!("/{name}")) || pointer.ends_with(&format!("/{name}_id"))
    };
    let own: Vec<&Value> = errors.iter().filter(own).collect();
    assert_eq!(own.len(), 1, "{name}: {document}");
    assert_eq!(own[0]["source"]["pointer"], json!(format!("{below}/data/attributes/{name}_id")));
    let said = format!("{name} must be the same in 'attributes' and 'relationships'");
    assert_eq!(own[0]["detail"], json!(said));
}

fn different_ones_are_one_fault(place: &Place) {
    let world = filled(place);
    let mut tried = 0;
    for kind in stored_types().filter(|kind| kind.writable) {
        let to_one = kind.relationships.iter().filter(|it| it.cardinality == Cardinality::One);
        for declared in to_one {
            let (name, target) = (declared.name, declared.target);
            let link = |id: &str| json!({"data": {"type": target, "id": id}});
            for (attribute, relationship) in [
                (json!(1), link("999")),
                (json!("999"), link("1")),
                (json!(998), link("999")),
                (json!("x"), link("1")),
                (json!(1), link("x")),
                (json!(999), json!({"data": null})),
                (json!(null), link("999")),
            ] {
                let mut data = json!({"type": kind.name});
                data["attributes"] = json!({format!("{name}_id"): attribute});
                data["relationships"] = json!({name: relationship});
                let body = json!({"data": data});
                is_refused(&world.post(&format!("/{}", kind.name), &body), name, "");
                if !kind.restricted {
                    let operation = json!({"op": "add", "data": data});
                    is_refused(&operate(&world, &[operation]), name, "/atomic:operations/0");
                }
                if kind.is_changeable() {
                    is_refused(&world.patch(&format!("/{}/1", kind.name), &body), name, "");
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 100, "{tried}");
}

fn equal_ones_are_one(place: &Place) {
    let world = filled(place);
    let attributes = |id: Value| {
        json!({"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": "1",
               "deal_id": id})
    };
    let ask = |id: Value, linked: &str| {
        let link = json!({"deal": {"data": {"type": "deals", "id": linked}}});
        let data = json!({"type": "revenue_distributions", "attributes": attributes(id),
                          "relationships": link});
        world.post("/revenue_distributions", &json!({"data": data}))
    };
    ask(json!(1), "1").expect(201);
    ask(json!("1"), "1").expect(201);
    // One that does not exist is not found once.
    let missing = ask(json!(999), "999").expect(404).json();
    assert_eq!(missing["errors"].as_array().unwrap().len(), 1, "{missing}");
}

/// One that cannot be read is a fault of its form, and the other is not looked for either.
fn beside_a_misread_one(place: &Place) {
    let world = filled(place);
    for (attribute, relationship, status) in [
        (json!(true), json!({"data": {"type": "deals", "id": "999"}}), 422),
        (json!(999), json!({"data": {"type": "people", "id": "1"}}), 422),
        (json!(999), json!({"data": []}), 400),
        (json!(999), json!(1), 400),
    ] {
        let data = json!({"type": "revenue_distributions", "id": "1",
            "attributes": {"deal_id": attribute}, "relationships": {"deal": relationship}});
        let answer = world.patch("/revenue_distributions/1", &json!({"data": data}));
        let document = answer.json();
        assert_eq!(answer.status, status, "{document}");
        assert_eq!(document["errors"].as_array().unwrap().len(), 1, "{document}");
    }
}
