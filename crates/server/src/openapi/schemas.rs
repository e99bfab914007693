//! The documents of each type, as they are written and read.

use apportion_jsonapi::resource::{Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Code, Kind};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::reference;

/// A value as it stands in a document.
fn value_schema(attribute: &Attribute<Field>, written: bool) -> Value {
    let kind = match attribute.kind {
        Kind::Text | Kind::Id => json!({"type": "string"}),
        Kind::Integer => json!({"type": "integer", "format": "int64"}),
        Kind::Decimal { .. } if written => json!({"type": ["string", "number"]}),
        Kind::Decimal { .. } => json!({"type": "string", "pattern": "^-?[0-9]+\\.[0-9]+$"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Instant => json!({"type": "string", "format": "date-time"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"type": "string", "enum": words}),
    };
    if attribute.nullable { json!({"anyOf": [kind, {"type": "null"}]}) } else { kind }
}

pub(super) fn describe_schemas(resource: &ResourceType<Field>, schemas: &mut Map<String, Value>) {
    let name = resource.name;
    let shown = resource.attributes.iter().map(|it| (it.name.to_owned(), value_schema(it, false)));
    let relationships =
        resource.relationships.iter().map(|it| (it.name.to_owned(), reference("relationship")));
    let object = json!({
        "type": "object",
        "required": ["id", "type", "attributes", "relationships", "links"],
        "properties": {
            "id": {"type": "string"},
            "type": {"const": name},
            "attributes": members(Map::from_iter(shown)),
            "relationships": members(Map::from_iter(relationships)),
            "links": {"type": "object"},
        },
    });
    schemas.insert(name.to_owned(), object);
    let data = json!({"anyOf": [reference(name), {"type": "null"}]});
    schemas.insert(format!("{name}_document"), document_schema(&data));
    let data = json!({"type": "array", "items": reference(name)});
    schemas.insert(format!("{name}_page"), document_schema(&data));
    if resource.writable {
        for (what, creates) in [("create", true), ("update", false)] {
            schemas.insert(format!("{name}_{what}"), written_schema(resource, creates));
        }
    }
}

/// An object that has no members but these.
fn members(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn document_schema(data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["data", "links", "meta", "jsonapi"],
        "properties": {
            "data": data,
            "included": {"type": "array", "items": {"type": "object"}},
            "links": {"type": "object"},
            "meta": {"type": "object"},
            "jsonapi": {"type": "object"},
        },
    })
}

/// A document that makes or changes a resource.
fn written_schema(resource: &ResourceType<Field>, creates: bool) -> Value {
    let written = resource.attributes.iter().filter(|it| it.writable);
    let attributes = written.map(|it| (it.name.to_owned(), value_schema(it, true)));
    let linked = resource.relationships.iter().filter(|it| it.writable);
    let relationships = linked.map(|it| (it.name.to_owned(), linked_schema(it)));
    let required = |names: Vec<&str>| if creates { json!(names) } else { json!([]) };
    let needed: Vec<&str> =
        resource.attributes.iter().filter(|it| it.required).map(|it| it.name).collect();
    let leads: Vec<&str> =
        resource.relationships.iter().filter(|it| it.required).map(|it| it.name).collect();
    let mut members = vec!["type", "attributes"];
    if !leads.is_empty() {
        members.push("relationships");
    }
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {
            "type": "object",
            "required": required(members),
            "properties": {
                "type": {"const": resource.name},
                "attributes": {
                    "type": "object",
                    "required": required(needed),
                    "properties": Map::from_iter(attributes),
                    "additionalProperties": false,
                },
                "relationships": {
                    "type": "object",
                    "required": required(leads),
                    "properties": Map::from_iter(relationships),
                    "additionalProperties": false,
                },
            },
        }},
    })
}

fn linked_schema(relationship: &Relationship<Field>) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {
            "type": "object",
            "required": ["type", "id"],
            "properties": {
                "type": {"const": relationship.target},
                "id": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
            },
        }},
    })
}

/// A document that writes a relationship.
fn linkage_schema(data: &Value) -> Value {
    json!({"type": "object", "required": ["data"], "properties": {"data": data}})
}

pub(super) fn common_schemas() -> Map<String, Value> {
    let identifier = json!({
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
    });
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let error = json!({
        "type": "object",
        "required": ["id", "status", "code", "title", "detail"],
        "properties": {
            "id": {"type": "string"},
            "status": {"type": "string"},
            "code": {"type": "string", "enum": codes},
            "title": {"type": "string"},
            "detail": {"type": "string"},
            "source": {"type": "object"},
            "links": {"type": "object"},
            "meta": {"type": "object"},
        },
    });
    let schemas = json!({
        "error_document": {
            "type": "object",
            "required": ["errors"],
            "properties": {
                "errors": {"type": "array", "items": error, "minItems": 1},
                "jsonapi": {"type": "object"},
            },
        },
        "identifier": identifier,
        "relationship": {
            "type": "object",
            "required": ["links"],
            "properties": {
                "links": {"type": "object"},
                "meta": {"type": "object"},
                "data": {"anyOf": [
                    reference("identifier"),
                    {"type": "array", "items": reference("identifier")},
                    {"type": "null"},
                ]},
            },
        },
        "linkage_document": document_schema(&json!({
            "anyOf": [reference("identifier"), {"type": "null"}],
        })),
        "linkage_page": document_schema(&json!({
            "type": "array", "items": reference("identifier"),
        })),
        "linkage_one": linkage_schema(&json!({
            "anyOf": [reference("identifier"), {"type": "null"}],
        })),
        "linkage_many": linkage_schema(&json!({
            "type": "array",
            "items": reference("identifier"),
            "maxItems": apportion_jsonapi::input::MAX_LINKAGE,
        })),
        "operations": {
            "type": "object",
            "required": ["atomic:operations"],
            "properties": {"atomic:operations": {
                "type": "array",
                "minItems": 1,
                "maxItems": apportion_jsonapi::operations::MAX_OPERATIONS,
                "items": {
                    "type": "object",
                    "required": ["op"],
                    "properties": {
                        "op": {"enum": ["add", "update", "remove"]},
                        "ref": {"type": "object"},
                        "href": {"type": "string"},
                        "data": {},
                    },
                },
            }},
        },
        "operations_results": {
            "type": "object",
            "required": ["atomic:results"],
            "properties": {"atomic:results": {"type": "array", "items": {"type": "object"}}},
        },
    });
    match schemas {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
}
