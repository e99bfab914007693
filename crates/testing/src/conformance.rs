//! Checks of every answer of the suite: the schema of JSON:API 1.1 responses, rules that no schema
//! can express, and two published clients, which must read what was written.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::Answer;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema = include_str!("../../jsonapi/schema/response-1.1.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
});

/// The members that these clients do not read, by name or by the name of their parent.
const NOT_READ: &[&str] = &["meta", "header", "ext", "profile"];

/// Returns whether a client reads a member. `jsonapi_core` reads only the linkage of a
/// relationship.
fn is_read(client: &str, parents: [&str; 2], name: &str, value: &Value) -> bool {
    let bare = |value: &Value| value.get("data").is_none();
    let relationship = client == "jsonapi_core"
        && (parents[0] == "relationships" && name == "links"
            || parents[1] == "relationships" && bare(value)
            || name == "relationships" && value.as_object().unwrap().values().all(bare));
    let empty = value.is_null() || *value == json!({}) || *value == json!([]);
    !relationship && !empty && !NOT_READ.contains(&name)
}

/// Panics if the answer claims to be JSON:API and is not. With `narrowed`, sparse fieldsets may
/// hide linkage.
#[track_caller]
pub(crate) fn check(answer: &Answer, narrowed: bool) {
    let media = answer.header("Content-Type").unwrap_or_default();
    if answer.body.is_empty() || !media.starts_with("application/vnd.api+json") {
        return;
    }
    let document = answer.json();
    if let Err(error) = SCHEMA.validate(&document) {
        panic!("not JSON:API 1.1: {error} at {}: {document}", error.instance_path());
    }
    check_media(media, &document);
    check_ids(answer, &document);
    let resources = resources(&document);
    check_names(&resources);
    if document.get("included").is_some() && !narrowed {
        check_linkage(&document, &resources);
    }
    if document.get("atomic:results").is_none() {
        check_clients(&document);
    }
}

/// Checks that the ids of errors are that of the request, each with its number.
#[track_caller]
fn check_ids(answer: &Answer, document: &Value) {
    let request = answer.header("X-Request-Id").expect("every answer has the id of its request");
    let errors = document["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (error, number) in errors.iter().zip(1..) {
        assert_eq!(error["id"], json!(format!("{request}-{number}")), "{document}");
    }
}

/// Checks that `jsonapi.ext` and `jsonapi.profile` are those of the media type.
fn check_media(media: &str, document: &Value) {
    for name in ["ext", "profile"] {
        let said = media.split_once(&format!("{name}=\"")).map(|(_, rest)| rest);
        let said = said.and_then(|rest| rest.split('"').next());
        let uris = document["jsonapi"][name].as_array();
        let listed = uris
            .map(|uris| uris.iter().map(|uri| uri.as_str().unwrap()).collect::<Vec<_>>().join(" "));
        assert_eq!(said, listed.as_deref(), "{name} of {media} in {}", document["jsonapi"]);
    }
}

type Identity<'d> = (&'d str, &'d str);

fn identity(object: &Value) -> Identity<'_> {
    (object["type"].as_str().unwrap(), object["id"].as_str().unwrap())
}

fn listed(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Object(_) => std::slice::from_ref(value),
        _ => &[],
    }
}

/// Returns every resource object of a document, each of which stands there once.
fn resources(document: &Value) -> HashMap<Identity<'_>, &Value> {
    let mut resources = HashMap::new();
    let primary = listed(&document["data"]).iter();
    // Linkage has identifiers and no resource objects.
    let primary = primary.filter(|object| object.get("attributes").is_some());
    for object in primary.chain(listed(&document["included"])) {
        let again = resources.insert(identity(object), object);
        assert!(again.is_none(), "{:?} stands twice in {document}", identity(object));
    }
    resources
}

/// Checks that no attribute has the name of a relationship.
fn check_names(resources: &HashMap<Identity<'_>, &Value>) {
    for object in resources.values() {
        let Some(attributes) = object["attributes"].as_object() else { continue };
        let relationships = object["relationships"].as_object();
        for name in relationships.into_iter().flat_map(|members| members.keys()) {
            assert!(!attributes.contains_key(name), "{name} twice in {object}");
        }
    }
}

/// Checks full linkage: every included resource is reached from primary data.
fn check_linkage(document: &Value, resources: &HashMap<Identity<'_>, &Value>) {
    let mut reached: HashSet<Identity<'_>> =
        listed(&document["data"]).iter().map(identity).collect();
    let mut open: Vec<Identity<'_>> = reached.iter().copied().collect();
    while let Some(next) = open.pop() {
        let relationships = resources.get(&next).and_then(|it| it["relationships"].as_object());
        for relationship in relationships.into_iter().flat_map(|members| members.values()) {
            for linked in listed(&relationship["data"]).iter().map(identity) {
                if reached.insert(linked) {
                    open.push(linked);
                }
            }
        }
    }
    for object in listed(&document["included"]) {
        assert!(reached.contains(&identity(object)), "{object} is not linked in {document}");
    }
}

fn check_clients(document: &Value) {
    let read = jsonapi::api::JsonApiDocument::deserialize(document)
        .unwrap_or_else(|error| panic!("jsonapi: {error}: {document}"));
    agree("jsonapi", [""; 2], &serde_json::to_value(read).unwrap(), document);
    let read = jsonapi_core::Document::<jsonapi_core::Resource>::deserialize(document)
        .unwrap_or_else(|error| panic!("jsonapi_core: {error}: {document}"));
    agree("jsonapi_core", [""; 2], &serde_json::to_value(read).unwrap(), document);
}

/// Checks that a client read what was written. `parents` are the names of the member that holds the
/// value, last, and of the one that holds that.
fn agree(client: &str, parents: [&str; 2], read: &Value, written: &Value) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            for (name, value) in read {
                match written.get(name) {
                    Some(was) => agree(client, [parents[1], name], value, was),
                    // The client adds defaults.
                    None => assert!(
                        value.is_null() || *value == json!({}),
                        "{client} read {name}: {value}"
                    ),
                }
            }
            for (name, value) in written {
                let lost = is_read(client, parents, name, value) && !read.contains_key(name);
                assert!(!lost, "{client} lost {name}: {value}");
            }
        }
        (Value::Array(read), Value::Array(written)) => {
            assert_eq!(read.len(), written.len(), "{client}");
            let pairs = read.iter().zip(written);
            pairs.for_each(|(read, written)| agree(client, parents, read, written));
        }
        _ => assert_eq!(read, written, "{client}"),
    }
}
