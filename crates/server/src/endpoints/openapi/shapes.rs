//! JSON Schema in the shapes that the description is put together from. Not here: the schemas of
//! types (`schemas`) and of whole documents (`documents`).

use serde_json::{Map, Value, json};

/// Returns the schema of any text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// Returns the schema of an integer of 64 bits.
pub(super) fn integer() -> Value {
    json!({"type": "integer", "format": "int64"})
}

/// Returns the schema of an array.
pub(super) fn array(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

/// Returns the schema of an object that may have further members.
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}

/// Returns the schema of an object that may have further members, and needs none.
pub(super) fn optional(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// Returns the schema of an object that has no members but these, and needs none.
pub(super) fn closed(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Returns a schema that also allows null.
pub(super) fn nullable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// Returns a reference to a schema of the components.
pub(super) fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// Returns the schema of a document with primary data; `links` and `meta` name schemas.
pub(super) fn document(data: Value, links: &str, meta: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data", "links", "meta", "jsonapi"],
        "properties": {
            "data": data,
            "included": array(reference("included")),
            "links": reference(links),
            "meta": reference(meta),
            "jsonapi": reference("jsonapi"),
        },
        "additionalProperties": false,
    })
}
