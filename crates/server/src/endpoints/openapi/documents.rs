//! What the documents of all types are put together from, errors, and operations.

use apportion_jsonapi::resource::{Registry, ResourceType};
use apportion_jsonapi::{Code, operations};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::reference;
use crate::revenue::report_row;

use super::schemas::{id_schema, taken_linkage, written_resource};

/// An object that has no members but these.
pub(super) fn members(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Null too.
pub(super) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// A document with primary data.
pub(super) fn document(data: Value, links: &str, meta: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "links", "meta", "jsonapi"],
        "properties": {
            "data": data,
            "included": {"type": "array", "items": reference("included")},
            "links": reference(links),
            "meta": reference(meta),
            "jsonapi": reference("jsonapi"),
        },
        "additionalProperties": false,
    })
}

/// The schemas that all types share.
pub(super) fn common_schemas(registry: &Registry<Field>) -> Map<String, Value> {
    let included = registry.types().iter().filter(|it| it.name != report_row::NAME);
    let included: Vec<Value> = included.map(|it| reference(it.name)).collect();
    let linkage = json!({"type": "array", "items": reference("identifier")});
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "format": "int64"});
    let uris = json!({"type": "array", "items": text});
    let schemas = [
        ("error_document", error_document()),
        ("included", json!({"anyOf": included})),
        (
            "jsonapi",
            json!({
                "type": "object",
                "required": ["version"],
                "properties": {"version": {"const": "1.1"}, "ext": uris, "profile": uris},
            }),
        ),
        (
            "links",
            json!({
                "type": "object",
                "required": ["self", "describedby"],
                "properties": {"self": text, "related": text, "describedby": text},
            }),
        ),
        (
            "page_links",
            json!({
                "type": "object",
                "required": ["self", "first", "prev", "next", "describedby"],
                "properties": {
                    "self": {"anyOf": [text, {
                        "type": "object",
                        "required": ["href"],
                        "properties": {"href": text, "type": text},
                    }]},
                    "first": text,
                    "last": text,
                    "prev": nullable(text.clone()),
                    "next": nullable(text.clone()),
                    "related": text,
                    "describedby": text,
                },
            }),
        ),
        ("meta", json!({"type": "object"})),
        (
            "page_meta",
            json!({
                "type": "object",
                "description": "A page by cursors says nothing of numbers and counts.",
                "required": ["page_size", "max_page_size"],
                "properties": {
                    "current_page": count,
                    "total_pages": count,
                    "total_count": count,
                    "page_size": count,
                    "max_page_size": count,
                },
            }),
        ),
        (
            "item_meta",
            json!({
                "type": "object",
                "description": "Of an item of a page by cursors.",
                "properties": {
                    "page": {"type": "object", "properties": {"cursor": text}},
                },
            }),
        ),
        (
            "identifier",
            json!({
                "type": "object",
                "required": ["type", "id"],
                "properties": {"type": text, "id": text, "meta": reference("item_meta")},
            }),
        ),
        ("linkage_document", document(nullable(reference("identifier")), "links", "meta")),
        ("linkage_page", document(linkage, "page_links", "page_meta")),
        ("operations", operations_schema(registry)),
        ("operations_results", results_schema()),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn error_document() -> Value {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let text = json!({"type": "string"});
    let error = json!({
        "type": "object",
        "required": ["id", "status", "code", "title", "detail"],
        "properties": {
            "id": text,
            "status": {"type": "string", "pattern": "^[45][0-9]{2}$"},
            "code": {"type": "string", "enum": codes},
            "title": text,
            "detail": text,
            "source": {
                "type": "object",
                "properties": {"pointer": text, "parameter": text, "header": text},
            },
            "links": {"type": "object", "properties": {"type": text}},
            "meta": {
                "type": "object",
                "properties": {"page": {
                    "type": "object",
                    "properties": {"maxSize": {"type": "integer"}},
                }},
            },
        },
    });
    json!({
        "type": "object",
        "required": ["errors"],
        "properties": {
            "errors": {"type": "array", "items": error, "minItems": 1},
            "jsonapi": reference("jsonapi"),
        },
    })
}

/// Each verb on each writable type and relationship.
fn operations_schema(registry: &Registry<Field>) -> Value {
    let writable = registry.types().iter().filter(|it| it.writable);
    let items: Vec<Value> = writable.flat_map(operations_on).collect();
    json!({
        "type": "object",
        "description": "Instead of `ref`, `href` may name the address; a local id (`lid`) of an \
                        earlier addition may stand for an id.",
        "required": ["atomic:operations"],
        "properties": {"atomic:operations": {
            "type": "array",
            "minItems": 1,
            "maxItems": operations::MAX_OPERATIONS,
            "items": {"anyOf": items},
        }},
    })
}

fn operations_on(resource: &ResourceType<Field>) -> Vec<Value> {
    let operation = |verb: &str, needed: &[&str], members: Value| {
        let needed: Vec<&str> = std::iter::once("op").chain(needed.iter().copied()).collect();
        let mut properties = members;
        properties["op"] = json!({"const": verb});
        json!({"type": "object", "required": needed, "properties": properties})
    };
    let (kind, id) = (json!({"const": resource.name}), id_schema());
    let mut added = written_resource(resource, true);
    added["properties"]["lid"] = json!({"type": "string"});
    let mut changed = written_resource(resource, false);
    changed["required"] = json!(["type", "id"]);
    changed["properties"]["id"] = id.clone();
    let row = json!({
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": kind, "id": id, "relationship": false},
    });
    let added = operation("add", &["data"], json!({"data": added}));
    if resource.append_only {
        return vec![added];
    }
    let mut all = vec![
        added,
        operation("update", &["data"], json!({"data": changed})),
        operation("remove", &["ref"], json!({"ref": row})),
    ];
    for relationship in resource.relationships.iter().filter(|it| it.writable) {
        let mut end = row.clone();
        end["required"] = json!(["type", "id", "relationship"]);
        end["properties"]["relationship"] = json!({"const": relationship.name});
        let data = json!({"ref": end, "data": taken_linkage(relationship)});
        for verb in super::verbs(relationship) {
            all.push(operation(verb, &["ref", "data"], data.clone()));
        }
    }
    all
}

fn results_schema() -> Value {
    let result = json!({
        "type": "object",
        "properties": {"data": reference("included")},
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "required": ["atomic:results", "jsonapi"],
        "properties": {
            "atomic:results": {"type": "array", "items": result},
            "jsonapi": reference("jsonapi"),
        },
    })
}
