//! J24 to J30: resource objects, their identification and their attributes. Not here: their
//! relationships (`linkage`).

use std::collections::{BTreeSet, HashMap};

use apportion_server::resources::registry;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{add_deal, add_distribution, local, operate};
use crate::support::refusal::refused;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{addresses, another, written};
use crate::support::standard::document_parts::{identifiers, resources, several};
use crate::support::standard::every_answer::documents;
use crate::support::world::{World, stored_types};

apportion_testing::cases! {
    j24_type_and_id_are_strings,
    j25_a_new_resource_may_have_a_local_id,
    j26_type_and_id_identify_a_resource,
    j27_a_type_has_one_name_everywhere,
    j28_fields_share_one_namespace,
    j29_attributes_are_an_object,
    j30_foreign_keys_are_no_attributes,
}

/// PATCH takes an absent id or type from the URL (wire conventions).
fn j24_type_and_id_are_strings(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let mut seen = 0;
    for (request, document) in documents(place) {
        for object in resources(document).into_iter().chain(identifiers(document)) {
            for name in ["type", "id"] {
                let text = object[name].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{request}: '{name}' in {object}");
            }
            seen += 1;
        }
    }
    assert!(seen > 300, "{seen}");
    for (kind, row) in written(world) {
        let list = format!("/{}", kind.name);
        let check = |method: &str, path: &str, data: Value, at: &str| {
            let body = json!({"data": data}).to_string();
            refused(world, (method, path), body, 400, &[&format!("400 {at}")]);
        };
        let data = another(world, kind)["data"].clone();
        check("POST", &list, json!({"attributes": data["attributes"]}), "/data");
        check("POST", &list, json!({"type": 1}), "/data/type");
        check("POST", &list, json!({"type": kind.name, "id": 1}), "/data/id");
        check("PATCH", &row, json!({"type": null}), "/data/type");
        check("PATCH", &row, json!({"type": kind.name, "id": 1}), "/data/id");
        world.patch(&row, &json!({"data": {}})).expect(200);
        world.post(&list, &json!({"data": data})).expect(201);
    }
}

fn j25_a_new_resource_may_have_a_local_id(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, _) in written(world) {
        let path = format!("/{}", kind.name);
        let mut body = another(world, kind);
        body["data"]["lid"] = json!("a");
        let made = world.post(&path, &body).expect(201).json()["data"].clone();
        assert!(made["id"].is_string() && made.get("lid").is_none(), "{made}");
    }
    // A local id names the same resource everywhere in a document.
    let operations = [
        add_deal("a"),
        add_distribution(&local("a")),
        json!({"op": "update", "data": {"type": "deals", "lid": "a", "attributes": {"name": "b"}}}),
    ];
    let results = operate(world, &operations).expect(200).json()["atomic:results"].clone();
    let made = results[0]["data"]["id"].clone();
    assert_eq!(results[1]["data"]["relationships"]["deal"]["data"]["id"], made);
    assert_eq!(results[2]["data"]["id"], made);
    // Only resources of the same document have a local id.
    let lost = operate(world, &[add_distribution(&local("a"))]).expect(400).json();
    assert_eq!(lost["errors"][0]["status"], "400");
    let mut body = json!({"data": add_distribution(&local("a"))["data"]});
    let at = "400 /data/relationships/deal/data/id";
    refused(world, ("POST", "/revenue_distributions"), body.to_string(), 400, &[at]);
    body = json!({"data": local("a")});
    let path = "/revenue_distributions/3/relationships/deal";
    refused(world, ("PATCH", path), body.to_string(), 400, &["400 /data/id"]);
    for (kind, _) in written(world) {
        let mut body = another(world, kind);
        body["data"]["lid"] = json!(1);
        let path = format!("/{}", kind.name);
        refused(world, ("POST", &path), body.to_string(), 400, &["400 /data/lid"]);
    }
}

fn identity(object: &Value) -> (String, String) {
    (object["type"].as_str().unwrap().to_owned(), object["id"].as_str().unwrap().to_owned())
}

fn j26_type_and_id_identify_a_resource(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let list = sample.world.get(&format!("/{}?page[size]=200", kind.name)).expect(200).json();
        let rows = several(&list["data"]);
        let known: BTreeSet<(String, String)> = rows.iter().map(|row| identity(row)).collect();
        assert_eq!(known.len(), rows.len(), "{}", kind.name);
    }
    // A resource is the same at every address that shows it.
    let mut seen: HashMap<(String, String), Value> = HashMap::new();
    let reads = documents(place).iter().filter(|(request, _)| request.starts_with("GET /"));
    for (request, document) in reads {
        for resource in resources(document) {
            let shown = json!([resource["attributes"], resource["links"]]);
            let known = seen.entry(identity(resource)).or_insert_with(|| shown.clone());
            assert_eq!(*known, shown, "{request}");
        }
    }
    assert!(seen.len() > 20, "{}", seen.len());
}

fn j27_a_type_has_one_name_everywhere(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let valid = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        assert!(kind.name.chars().all(valid) && !kind.name.starts_with('_'), "{}", kind.name);
    }
    for address in addresses(&sample.world) {
        let document = sample.world.get(&address.path).expect(200).json();
        for object in several(&document["data"]) {
            assert_eq!(object["type"], address.kind.name, "{}", address.path);
        }
        for resource in resources(&document) {
            let (_, kind) = registry().find(resource["type"].as_str().unwrap()).unwrap();
            for relationship in &kind.relationships {
                let linked = &resource["relationships"][relationship.name]["data"];
                for identifier in several(linked) {
                    assert_eq!(identifier["type"], relationship.target, "{identifier}");
                }
            }
        }
    }
}

fn j28_fields_share_one_namespace(place: &Place) {
    for kind in stored_types() {
        let attributes = kind.attributes.iter().map(|attribute| attribute.name);
        let relationships = kind.relationships.iter().map(|relationship| relationship.name);
        let fields: Vec<&str> = attributes.chain(relationships).collect();
        let distinct: BTreeSet<&&str> = fields.iter().collect();
        assert_eq!(distinct.len(), fields.len(), "{}", kind.name);
        assert!(!fields.contains(&"id") && !fields.contains(&"type"), "{}", kind.name);
    }
    for (request, document) in documents(place) {
        for resource in resources(document) {
            let names = |family: &str| resource[family].as_object().unwrap().keys().cloned();
            let fields: Vec<String> = names("attributes").chain(names("relationships")).collect();
            let distinct: BTreeSet<&String> = fields.iter().collect();
            assert_eq!(distinct.len(), fields.len(), "{request}: {resource}");
        }
    }
}

fn j29_attributes_are_an_object(place: &Place) {
    let sample = Sample::make(place);
    for (request, document) in documents(place) {
        for resource in resources(document) {
            assert!(resource["attributes"].is_object(), "{request}: {resource}");
        }
    }
    let world: &World = &sample.world;
    for (kind, row) in written(world) {
        for value in [json!(null), json!([]), json!(1), json!("name"), json!([{"name": "D"}])] {
            let body = json!({"data": {"type": kind.name, "attributes": value}}).to_string();
            let faults = ["400 /data/attributes"];
            refused(world, ("PATCH", &row), &body, 400, &faults);
            let list = format!("/{}", kind.name);
            let answer = world.post(&list, &serde_json::from_str(&body).unwrap()).expect(400);
            assert!(crate::support::refusal::complaints(&answer).contains(&faults[0].to_owned()));
        }
    }
}

/// Clients may write a relationship as `<name>_id` (wire conventions), but never read it so.
fn j30_foreign_keys_are_no_attributes(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let every: Vec<&str> = kind.attributes.iter().map(|attribute| attribute.name).collect();
        let path = format!("/{0}?fields[{0}]={1}", kind.name, every.join(","));
        let rows = sample.world.get(&path).expect(200).json()["data"].clone();
        for row in several(&rows) {
            let shown = row["attributes"].as_object().unwrap();
            assert_eq!(shown.len(), every.len(), "{row}");
            let is_key = |name: &&String| name.ends_with("_id") || name.ends_with("_ids");
            // The subject of an event may be gone, tokens and requests are not resources, and an
            // external id is that of something elsewhere.
            let allowed = ["subject_id", "token_id", "request_id"];
            let is_allowed = |name: &&String| {
                let is_of_event = kind.name == "events" && allowed.contains(&name.as_str());
                is_of_event || name.as_str() == "external_id"
            };
            let key = shown.keys().filter(|name| !is_allowed(name)).find(is_key);
            assert_eq!(key, None, "{path}");
        }
    }
}
