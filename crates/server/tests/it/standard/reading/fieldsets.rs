//! J53 to J55: sparse fieldsets, over every field of every type.

use apportion_jsonapi::ResourceType;
use apportion_server::resources::registry;
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::complaints;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{addresses, another, include_all, written};
use crate::support::standard::document_parts::{resources, several};
use crate::support::world::stored_types;

apportion_testing::cases! {
    j53_a_fieldset_restricts_its_type_to_what_it_names,
    j54_an_empty_fieldset_leaves_no_fields,
    j55_fieldsets_hold_for_included_types_and_for_writes,
}

/// Returns the fields of a resource, attributes before relationships.
fn fields(resource: &Value) -> Vec<String> {
    let names = |family: &str| resource[family].as_object().unwrap().keys().cloned();
    let mut fields: Vec<String> = names("attributes").chain(names("relationships")).collect();
    fields.sort_unstable();
    fields
}

fn all(kind: &ResourceType<Field>) -> impl Iterator<Item = &'static str> {
    let attributes: Vec<&str> = kind.attributes.iter().map(|it| it.name).collect();
    attributes.into_iter().chain(kind.relationships.iter().map(|it| it.name).collect::<Vec<_>>())
}

fn j53_a_fieldset_restricts_its_type_to_what_it_names(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let shown = |names: &str| {
            let path = format!("/{0}?page[size]=2&fields[{0}]={names}", kind.name);
            let document = sample.world.get(&path).expect(200).json();
            let rows = several(&document["data"]).into_iter().map(fields);
            let rows: Vec<Vec<String>> = rows.collect();
            assert!(!rows.is_empty(), "{path}");
            rows
        };
        for one in all(kind) {
            for row in shown(one) {
                assert_eq!(row, [one], "{}", kind.name);
            }
            let other = all(kind).next().unwrap();
            let mut both = vec![one, other];
            both.sort_unstable();
            both.dedup();
            for row in shown(&format!("{one}%2C{other}")) {
                assert_eq!(row, both, "{}", kind.name);
            }
        }
    }
    // A fieldset of another type changes nothing.
    for address in addresses(&sample.world).iter().filter(|address| address.has_resources()) {
        let other = stored_types().find(|kind| kind.name != address.kind.name).unwrap();
        let path = format!("{}?fields[{}]=", address.path, other.name);
        let plain = sample.world.get(&address.path).expect(200).json();
        assert_eq!(sample.world.get(&path).expect(200).json()["data"], plain["data"], "{path}");
    }
}

fn j54_an_empty_fieldset_leaves_no_fields(place: &Place) {
    let sample = Sample::make(place);
    for address in addresses(&sample.world).iter().filter(|address| address.has_resources()) {
        for value in ["", "="] {
            let path = format!("{}?fields[{}]{value}", address.path, address.kind.name);
            let document = sample.world.get(&path).expect(200).json();
            for resource in several(&document["data"]) {
                let none = (&json!({}), &json!({}));
                let shown = (&resource["attributes"], &resource["relationships"]);
                assert_eq!(shown, none, "{path}");
                assert!(resource["id"].is_string() && resource["links"].is_object(), "{path}");
            }
        }
    }
}

/// An unknown type or field is a 400 (wire conventions).
fn j55_fieldsets_hold_for_included_types_and_for_writes(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.has_resources()) {
        let Some(include) = include_all(address.kind) else { continue };
        for relationship in &address.kind.relationships {
            let (_, target) = registry().find(relationship.target).unwrap();
            let one = all(target).next().unwrap();
            let path = format!("{}?{include}&fields[{}]={one}", address.path, target.name);
            let document = world.get(&path).expect(200).json();
            for resource in resources(&document) {
                let own = resource["type"] == target.name;
                assert_eq!(fields(resource) == [one], own, "{path}: {resource}");
            }
        }
    }
    for (kind, row) in written(world) {
        let body = another(world, kind);
        let one = all(kind).next().unwrap();
        let query = format!("?fields[{}]={one}", kind.name);
        let made = world.post(&format!("/{}{query}", kind.name), &body).expect(201).json();
        assert_eq!(fields(&made["data"]), [one]);
        let changed = world.patch(&format!("{row}{query}"), &body).expect(200).json();
        assert_eq!(fields(&changed["data"]), [one]);
    }
    for kind in stored_types() {
        for (name, value) in [(kind.name, "nothing"), (kind.name, "id"), ("nothing", "name")] {
            let answer = world.get(&format!("/{}?fields[{name}]={value}", kind.name)).expect(400);
            assert_eq!(complaints(&answer), [format!("400 fields[{name}]")]);
        }
    }
}
