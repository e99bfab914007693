//! The documents of each type, as they are written and read.

use apportion_jsonapi::resource::{Cardinality, Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Bounds, Kind};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::documents::{document, members, nullable};
use super::reference;

/// The id of a row: what it may be beyond its digits, no pattern says.
pub(super) fn id_schema() -> Value {
    json!({"type": "string", "pattern": "^[1-9][0-9]{0,17}$"})
}

/// The schemas of a type.
pub(super) fn describe_schemas(resource: &ResourceType<Field>, schemas: &mut Map<String, Value>) {
    let name = resource.name;
    schemas.insert(name.to_owned(), resource_schema(resource));
    schemas.insert(format!("{name}_document"), document(reference(name), "links", "meta"));
    let none = nullable(reference(name));
    schemas.insert(format!("{name}_or_null_document"), document(none, "links", "meta"));
    let page = json!({"type": "array", "items": reference(name)});
    schemas.insert(format!("{name}_page"), document(page, "page_links", "page_meta"));
    if resource.writable {
        let update = resource.is_changeable().then_some(("update", false));
        for (what, creates) in std::iter::once(("create", true)).chain(update) {
            let data = written_resource(resource, creates);
            let written =
                json!({"type": "object", "required": ["data"], "properties": {"data": data}});
            schemas.insert(format!("{name}_{what}"), written);
        }
    }
}

/// What a type shows of itself.
pub(super) fn shown_attributes(resource: &ResourceType<Field>) -> Value {
    let shown = resource.attributes.iter().map(|it| (it.name.to_owned(), shown_schema(it)));
    members(Map::from_iter(shown))
}

/// A resource of a type, as it is shown.
pub(super) fn resource_schema(resource: &ResourceType<Field>) -> Value {
    let linked = resource.relationships.iter().map(|it| (it.name.to_owned(), linked_schema(it)));
    let linked = linked.map(|(name, mut schema)| {
        if !resource.addressed {
            schema["required"] = json!([]);
        }
        (name, schema)
    });
    let mut needed = vec!["id", "type", "attributes", "relationships"];
    if resource.addressed {
        needed.push("links");
    }
    json!({
        "type": "object",
        "required": needed,
        "properties": {
            "id": {"type": "string"},
            "type": {"const": resource.name},
            "attributes": shown_attributes(resource),
            "relationships": members(Map::from_iter(linked)),
            "links": {
                "type": "object",
                "required": ["self"],
                "properties": {"self": {"type": "string"}},
            },
            "meta": reference("item_meta"),
        },
        "additionalProperties": false,
    })
}

/// A value as it stands in a document.
pub(super) fn shown_schema(attribute: &Attribute<Field>) -> Value {
    let kind = match attribute.kind {
        Kind::Text | Kind::Id => json!({"type": "string"}),
        Kind::Integer => json!({"type": "integer", "format": "int64"}),
        Kind::Decimal { .. } => json!({"type": "string", "pattern": "^-?[0-9]+\\.[0-9]+$"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Instant => json!({"type": "string", "format": "date-time"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"type": "string", "enum": words}),
        // Declared with the type; `openapi` shows what cannot be read as anything.
        Kind::Json(schema) => serde_json::from_str(schema).unwrap_or_else(|_| json!({})),
    };
    if attribute.nullable { nullable(kind) } else { kind }
}

/// A value as POST and PATCH take it.
fn taken_schema(attribute: &Attribute<Field>) -> Value {
    let plain = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";
    let kind = match attribute.bounds {
        Bounds::Unbounded => return shown_schema(attribute),
        Bounds::Line(max) => {
            json!({"type": "string", "minLength": 1, "maxLength": max, "pattern": plain})
        }
        Bounds::Text { max, lines: true } => {
            json!({"type": "string", "maxLength": max, "pattern": "^[^\\u0000]*$"})
        }
        Bounds::Text { max, lines: false } => {
            json!({"type": "string", "maxLength": max, "pattern": plain})
        }
        Bounds::Email(max) => json!({"type": "string", "maxLength": max, "format": "email"}),
        Bounds::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
        Bounds::Between(min, max) => {
            json!({"type": "integer", "format": "int64", "minimum": min, "maximum": max})
        }
        Bounds::Nonzero => json!({"type": "integer", "format": "int64", "not": {"const": 0}}),
        Bounds::Positive { digits, decimals } => json!({"anyOf": [
            {
                "type": "string",
                "pattern": format!("^(?=.*[1-9])[0-9]{{1,{digits}}}(\\.[0-9]{{1,{decimals}}})?$"),
            },
            {
                "type": "number",
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 10_i64.saturating_pow(digits),
            },
        ]}),
        Bounds::Percentage(decimals) => json!({"anyOf": [
            {
                "type": "string",
                "pattern": format!(
                    "^(?=.*[1-9])\
                     (100(\\.0{{1,{decimals}}})?|[0-9]{{1,2}}(\\.[0-9]{{1,{decimals}}})?)$"
                ),
            },
            {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
        ]}),
        Bounds::Dates(pattern) => {
            json!({"type": "string", "format": "date", "pattern": pattern})
        }
    };
    if attribute.nullable { nullable(kind) } else { kind }
}

/// A relationship as it stands in a document.
fn linked_schema(relationship: &Relationship<Field>) -> Value {
    let identifier = identifier(relationship.target, json!({"type": "string"}));
    let (data, needed) = match relationship.cardinality {
        Cardinality::One => (nullable(identifier), json!(["links", "data"])),
        Cardinality::Many => (json!({"type": "array", "items": identifier}), json!(["links"])),
    };
    json!({
        "type": "object",
        "required": needed,
        "properties": {
            "data": data,
            "links": {
                "type": "object",
                "required": ["self", "related"],
                "properties": {"self": {"type": "string"}, "related": {"type": "string"}},
            },
            "meta": {"type": "object", "properties": {"included": {"type": "boolean"}}},
        },
        "additionalProperties": false,
    })
}

/// An object that names a resource of the type.
pub(super) fn identifier(kind: &str, id: Value) -> Value {
    json!({
        "type": "object",
        "required": ["type", "id"],
        "properties": {"type": {"const": kind}, "id": id},
    })
}

/// Linkage as POST and PATCH take it.
pub(super) fn taken_linkage(relationship: &Relationship<Field>) -> Value {
    let identifier = identifier(relationship.target, id_schema());
    match relationship.cardinality {
        Cardinality::One if relationship.required => identifier,
        Cardinality::One => nullable(identifier),
        Cardinality::Many => json!({
            "type": "array",
            "items": identifier,
            "maxItems": apportion_jsonapi::input::MAX_LINKAGE,
        }),
    }
}

/// A resource that is made or changed. A relationship without `data` is as if absent.
pub(super) fn written_resource(resource: &ResourceType<Field>, creates: bool) -> Value {
    let written = resource.attributes.iter().filter(|it| it.writable);
    let attributes = written.map(|it| (it.name.to_owned(), taken_schema(it)));
    let taken = |it: &&Relationship<_>| if creates { it.writable } else { it.is_changeable() };
    let linked = resource.relationships.iter().filter(taken);
    let relationships = linked.map(|it| {
        let needed = if creates && it.required { json!(["data"]) } else { json!([]) };
        let data = json!({"data": taken_linkage(it)});
        (it.name.to_owned(), json!({"type": "object", "required": needed, "properties": data}))
    });
    let required = |names: Vec<&str>| if creates { json!(names) } else { json!([]) };
    let needed: Vec<&str> =
        resource.attributes.iter().filter(|it| it.required).map(|it| it.name).collect();
    let leads: Vec<&str> =
        resource.relationships.iter().filter(|it| it.required).map(|it| it.name).collect();
    let mut own = vec!["type", "attributes"];
    if !leads.is_empty() {
        own.push("relationships");
    }
    let mut properties = json!({
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
    });
    if !creates {
        properties["id"] =
            json!({"type": "string", "description": "That of the address, or absent."});
    }
    json!({"type": "object", "required": required(own), "properties": properties})
}
