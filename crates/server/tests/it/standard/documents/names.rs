//! J42 to J44: member names in requests and in answers.

use std::collections::BTreeSet;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{ATOMIC, add_deal, operate};
use crate::support::refusal::refused;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{another, written};
use crate::support::standard::every_answer::{ask, documents};

apportion_testing::cases! {
    j42_member_names_are_of_safe_characters,
    j43_at_members_are_ignored,
    j44_extension_members_have_a_namespace,
}

/// Returns every member name in these documents.
#[track_caller]
fn names(documents: &[(String, Value)]) -> BTreeSet<String> {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => {
                found.extend(members.keys().cloned());
                members.values().for_each(|value| collect(value, found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    documents.iter().for_each(|(_, document)| collect(document, &mut found));
    assert!(found.len() > 50, "{found:?}");
    found
}

/// Returns whether a name has only characters that need no escape in a URL, and neither begins nor
/// ends with a dash.
fn is_safe(name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    name.bytes().all(inside) && ends(bytes.first()) && ends(bytes.last())
}

/// An undeclared name among attributes or relationships is refused (wire conventions), and with it
/// every name that differs in case or is not a valid one.
fn j42_member_names_are_of_safe_characters(place: &Place) {
    let sample = Sample::make(place);
    for name in names(documents(place)) {
        let parts: Vec<&str> = name.split(':').collect();
        assert!(parts.len() <= 2 && parts.iter().all(|part| is_safe(part)), "'{name}'");
    }
    for name in ["Name", "NAME", "", "-name", "name_", "na me", "na+me", "näme", "na[me]"] {
        let body = json!({"data": {"type": "deals", "attributes": {name: "E"}}}).to_string();
        let at = format!("422 /data/attributes/{name}");
        refused(&sample.world, ("PATCH", "/deals/2"), body, 422, &[&at]);
    }
}

fn j43_at_members_are_ignored(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, row) in written(world) {
        let mut body = another(world, kind);
        let path = format!("/{}", kind.name);
        let plain = world.post(&path, &body).expect(201).json()["data"].clone();
        body["@data"] = json!([]);
        body["data"]["@id"] = json!(1);
        body["data"]["@attributes"] = json!([]);
        for family in ["attributes", "relationships"] {
            body["data"][family]["@any"] = json!({"data": 1});
            for name in plain[family].as_object().unwrap().keys() {
                body["data"][family][format!("@{name}")] = json!(null);
            }
        }
        for relationship in body["data"]["relationships"].as_object_mut().unwrap().values_mut() {
            relationship["@data"] = json!([]);
            if relationship["data"].is_object() {
                relationship["data"]["@type"] = json!("x");
            }
        }
        let made = world.post(&path, &body).expect(201).json()["data"].clone();
        let settled = |row: &Value| {
            let mut attributes = row["attributes"].clone();
            let members = attributes.as_object_mut().unwrap();
            members.retain(|name, _| !name.ends_with("_at"));
            attributes
        };
        assert_eq!(settled(&made), settled(&plain), "{path}");
        world.patch(&row, &body).expect(200);
    }
    let operation =
        json!({"op": "remove", "@op": "x", "ref": {"type": "deals", "id": "4", "@id": 1}});
    let removed = operate(world, &[operation]);
    assert_ne!(removed.status, 400, "{}", String::from_utf8_lossy(&removed.body));
}

fn j44_extension_members_have_a_namespace(place: &Place) {
    let sample = Sample::make(place);
    let documents = documents(place);
    for (request, document) in documents {
        let mut foreign = document.as_object().unwrap().keys().filter(|name| name.contains(':'));
        let expected = (request == "operations").then_some("atomic:results");
        assert_eq!(foreign.next().map(String::as_str), expected, "{request}");
        assert_eq!(foreign.next(), None, "{request}");
    }
    let spaced: Vec<String> =
        names(documents).into_iter().filter(|name| name.contains(':')).collect();
    assert_eq!(spaced, ["atomic:results"]);
    // Members of an extension that is not applied are ignored.
    let mut body = json!({"data": {"type": "deals", "attributes": {"name": "D"}}});
    body["atomic:operations"] = json!([1]);
    body["data"]["version:id"] = json!(1);
    sample.world.post("/deals", &body).expect(201);
    let body = json!({"atomic:operations": [add_deal("a")], "version:id": 1}).to_string();
    let content = [("Content-Type", ATOMIC)];
    ask(&sample.world, "POST", "/operations", &content, body.as_bytes()).expect(200);
}
