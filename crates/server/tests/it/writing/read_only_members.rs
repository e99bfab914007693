//! Clients send whole resources back. A member that they may not set is accepted only unchanged,
//! and then has no effect. The members are read off the declarations of all types.

use apportion_jsonapi::resource::{Cardinality, Relationship};
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{refused, rows};
use crate::support::resources::{attribute, person, token_of};
use crate::support::rows::payouts;
use crate::support::world::{World, document, stored_types};

apportion_testing::cases! {
    unchanged_is_accepted, unchanged_as_ids_is_accepted, another_value_is_refused,
    another_link_is_refused, a_value_is_refused_on_a_new_row, a_new_row_has_no_links_yet
}

/// Starts a server with a row of each type, with all attributes set, made in a person's name.
fn world(place: &Place) -> World {
    let mut world = World::start(place);
    let ada = person(&world);
    world.token = token_of(&world, &ada);
    let deal = json!({
        "name": "D", "currency": "USD", "exchange_rate": "0.92", "exchange_date": "2025-01-01",
        "value": 12_345, "probability": 50, "status": "open", "date": "2025-01-01", "end_date": "2025-12-31",
    });
    let deal = world.create("deals", deal, &[]);
    world.spread(&deal, "2025-01-01", "2025-01-31", "33.3333");
    payouts::fill(&world, (&world.token, world.organization), &deal);
    let named = json!({"email": "c@example.org"});
    world.patch("/collaborators/1", &document("collaborators", named, &[])).expect(200);
    world
        .patch("/people/1", &document("people", json!({"email": "a@example.org"}), &[]))
        .expect(200);
    world
}

/// Returns the address that shows all of a row.
fn everything(kind: &str) -> String {
    let resource = stored_types().find(|it| it.name == kind).unwrap();
    let attributes = resource.attributes.iter().map(|attribute| attribute.name);
    let names: Vec<&str> =
        attributes.chain(resource.relationships.iter().map(|it| it.name)).collect();
    let many = resource.relationships.iter().filter(|it| it.cardinality == Cardinality::Many);
    let many: Vec<&str> = many.map(|it| it.name).collect();
    format!("/{kind}/1?fields[{kind}]={}&include={}", names.join(","), many.join(","))
}

/// Returns the types to try. Tokens are not among them: a row that has a value in each attribute is
/// one that has ended, and cannot be changed (`access::tokens`).
fn writable() -> impl Iterator<Item = &'static str> {
    let kinds = stored_types().filter(|resource| resource.is_changeable());
    kinds.map(|resource| resource.name).filter(|name| *name != "tokens")
}

/// Returns a resource without the instant of its last change.
fn settled(mut resource: Value) -> Value {
    resource["attributes"].as_object_mut().unwrap().remove("updated_at");
    resource
}

fn unchanged_is_accepted(place: &Place) {
    let world = world(place);
    for kind in writable() {
        for address in [format!("/{kind}/1"), everything(kind)] {
            let shown = world.get(&address).expect(200).json();
            let answer = world.patch(&address, &json!({"data": shown["data"]})).expect(200).json();
            assert_eq!(settled(answer["data"].clone()), settled(shown["data"].clone()), "{kind}");
            // The whole document is sent, with all members around the resource.
            let shown = world.get(&address).expect(200).json();
            world.patch(&address, &shown).expect(200);
        }
    }
    assert_eq!(writable().count(), 6);
}

fn unchanged_as_ids_is_accepted(place: &Place) {
    let world = world(place);
    for kind in writable() {
        let path = format!("/{kind}/1");
        let shown = world.get(&path).json()["data"].clone();
        let mut attributes = shown["attributes"].clone();
        for (name, relationship) in shown["relationships"].as_object().unwrap() {
            if let Some(id) = relationship["data"]["id"].as_str() {
                attributes[format!("{name}_id")] = json!(id.parse::<i64>().unwrap());
            }
        }
        world.patch(&path, &document(kind, attributes, &[])).expect(200);
    }
}

/// Returns another value of the same kind.
fn another(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::String(text) if text.contains('T') => json!("2001-01-01T00:00:00.000Z"),
        Value::String(text) if text.contains('.') => json!("0.5"),
        Value::String(_) => json!("XXX"),
        _ => json!("something"),
    }
}

fn another_value_is_refused(place: &Place) {
    let world = world(place);
    let mut walked = 0;
    for kind in writable() {
        let resource = stored_types().find(|it| it.name == kind).unwrap();
        let shown = world.get(&everything(kind)).expect(200).json()["data"].clone();
        for read_only in resource.attributes.iter().filter(|attribute| !attribute.writable) {
            let name = read_only.name;
            let fault = format!("422 /data/attributes/{name}");
            let stored = &shown["attributes"][name];
            assert!(!stored.is_null(), "{name} of {kind}");
            for value in [another(stored), json!(null), json!(true), json!([stored])] {
                let body = document(kind, json!({name: value}), &[]).to_string();
                refused(&world, ("PATCH", &format!("/{kind}/1")), body, 422, &[&fault]);
            }
            walked += 1;
        }
    }
    assert!(walked > 15, "{walked}");
}

fn another_link_is_refused(place: &Place) {
    let world = world(place);
    for kind in writable() {
        let resource = stored_types().find(|it| it.name == kind).unwrap();
        for fixed in resource.relationships.iter().filter(|it| !it.writable) {
            let fault = format!("422 /data/relationships/{}", fixed.name);
            let other = json!({"type": fixed.target, "id": "2"});
            let linkages = match fixed.cardinality {
                Cardinality::One => [json!(null), other],
                Cardinality::Many => [json!([]), json!([other])],
            };
            for linkage in linkages {
                let relationships = json!({fixed.name: {"data": linkage}});
                let data = json!({"type": kind, "relationships": relationships});
                let body = json!({"data": data}).to_string();
                refused(&world, ("PATCH", &format!("/{kind}/1")), body, 422, &[&fault]);
            }
        }
    }
}

fn a_value_is_refused_on_a_new_row(place: &Place) {
    let world = world(place);
    let before = rows(&world);
    for kind in writable() {
        let resource = stored_types().find(|it| it.name == kind).unwrap();
        let shown = world.get(&everything(kind)).expect(200).json()["data"].clone();
        for read_only in resource.attributes.iter().filter(|attribute| !attribute.writable) {
            // A simple client sends a copy of a row.
            let mut attributes = json!({read_only.name: shown["attributes"][read_only.name]});
            for sound in resource.attributes.iter().filter(|attribute| attribute.writable) {
                attributes[sound.name] = shown["attributes"][sound.name].clone();
            }
            if kind == "revenue_distributions" {
                attributes["deal_id"] = json!(1);
            }
            let answer = world.post(&format!("/{kind}"), &document(kind, attributes, &[]));
            let errors = answer.expect(422).json()["errors"].clone();
            let pointer = format!("/data/attributes/{}", read_only.name);
            assert_eq!(errors[0]["source"]["pointer"], json!(pointer));
        }
    }
    assert!(rows(&world) == before);
    assert_eq!(attribute(&world, "/deals/1", "value"), 12_345);
}

/// A new row may say of each link that it may not set that there is none, and of its tenant also
/// which it is. Other faults of such a request do not matter here.
fn a_new_row_has_no_links_yet(place: &Place) {
    let world = world(place);
    let mut walked = 0;
    // Nothing has to be given for a token, so that it has no other faults.
    for resource in stored_types().filter(|it| it.writable && it.name != "tokens") {
        let kind = resource.name;
        let faults = |members: Value| {
            let mut data = json!({"type": kind});
            members.as_object().unwrap().iter().for_each(|(name, it)| data[name] = it.clone());
            let answer = world.post(&format!("/{kind}"), &json!({"data": data}));
            String::from_utf8(answer.expect(422).body).unwrap()
        };
        let to_one = |it: &&Relationship<Field>| it.cardinality == Cardinality::One && !it.writable;
        for fixed in resource.relationships.iter().filter(to_one) {
            let (name, linked) = (fixed.name, format!("{}_id", fixed.name));
            let link = |data: Value| faults(json!({"relationships": {name: {"data": data}}}));
            let id = |id: Value| faults(json!({"attributes": {&linked: id}}));
            let is_own = fixed.target == "organizations";
            let own = json!({"type": fixed.target, "id": "1"});
            for (answer, accepted) in [
                (link(json!(null)), true),
                (id(json!(null)), true),
                (link(own), is_own),
                (id(json!(1)), is_own),
                (link(json!({"type": fixed.target, "id": "2"})), false),
                (id(json!(2)), false),
            ] {
                let named = answer.contains(&format!("{name} is read-only"));
                assert_eq!(named, !accepted, "{kind}: {name}: {answer}");
            }
            walked += 1;
        }
    }
    assert!(walked > 8, "{walked}");
}
