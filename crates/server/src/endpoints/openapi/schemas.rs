//! The schemas of each type: as documents show it, and as POST and PATCH take it.

use apportion_jsonapi::resource::{Cardinality, Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Bounds, Kind};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::shapes::{
    array, closed, document, integer, nullable, object, optional, reference, text,
};

/// Returns the schema of the id of a row. It has at most 18 digits, because a pattern cannot say
/// which ids of 19 digits fit 64 bits.
pub(super) fn id_schema() -> Value {
    json!({"type": "string", "pattern": "^[1-9][0-9]{0,17}$"})
}

/// Adds the schemas of a type, and of the documents that it is in.
pub(super) fn describe_schemas(resource: &ResourceType<Field>, schemas: &mut Map<String, Value>) {
    let name = resource.name;
    schemas.insert(name.to_owned(), resource_schema(resource));
    schemas.insert(format!("{name}_document"), document(reference(name), "links", "meta"));
    let or_null = nullable(reference(name));
    schemas.insert(format!("{name}_or_null_document"), document(or_null, "links", "meta"));
    let page = array(reference(name));
    schemas.insert(format!("{name}_page"), document(page, "page_links", "page_meta"));
    let written = |creates| object(&["data"], json!({"data": written_resource(resource, creates)}));
    if resource.writable {
        schemas.insert(format!("{name}_create"), written(true));
    }
    if resource.is_changeable() {
        schemas.insert(format!("{name}_update"), written(false));
    }
}

/// Returns the schema of the attributes of a type, as documents show them.
pub(super) fn shown_attributes(resource: &ResourceType<Field>) -> Value {
    let shown = resource.attributes.iter().map(|it| (it.name.to_owned(), shown_schema(it)));
    closed(Map::from_iter(shown))
}

/// Returns the schema of a resource of a type, as documents show it. Only resources with an address
/// have links.
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
            "id": text(),
            "type": {"const": resource.name},
            "attributes": shown_attributes(resource),
            "relationships": closed(Map::from_iter(linked)),
            "links": object(&["self"], json!({"self": text()})),
            "meta": reference("item_meta"),
        },
        "additionalProperties": false,
    })
}

/// Returns the schema of the value of an attribute, as documents show it.
pub(super) fn shown_schema(attribute: &Attribute<Field>) -> Value {
    let kind = match attribute.kind {
        Kind::Text | Kind::Id => text(),
        Kind::Integer => integer(),
        Kind::Decimal { .. } => json!({"type": "string", "pattern": "^-?[0-9]+\\.[0-9]+$"}),
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Instant => json!({"type": "string", "format": "date-time"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"type": "string", "enum": words}),
        // The schema is declared with the type. One that is not JSON would allow any value.
        Kind::Json(schema) => serde_json::from_str(schema).unwrap_or_else(|_| json!({})),
    };
    if attribute.nullable { nullable(kind) } else { kind }
}

/// Returns the schema of the value of an attribute, as POST and PATCH take it.
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

/// Returns the schema of a relationship, as documents show it.
fn linked_schema(relationship: &Relationship<Field>) -> Value {
    let identifier = identifier(relationship.target, text());
    let (data, required) = match relationship.cardinality {
        Cardinality::One => (nullable(identifier), json!(["links", "data"])),
        Cardinality::Many => (array(identifier), json!(["links"])),
    };
    json!({
        "type": "object",
        "required": required,
        "properties": {
            "data": data,
            "links": object(&["self", "related"], json!({"self": text(), "related": text()})),
            "meta": included_meta(),
        },
        "additionalProperties": false,
    })
}

/// Returns the schema of the meta of a relationship whose resources are not included.
pub(super) fn included_meta() -> Value {
    optional(json!({"included": {"type": "boolean"}}))
}

/// Returns the schema of an identifier of a resource of the type.
pub(super) fn identifier(kind: &str, id: Value) -> Value {
    object(&["type", "id"], json!({"type": {"const": kind}, "id": id}))
}

/// Returns the schema of linkage, as POST and PATCH take it.
pub(super) fn taken_linkage(relationship: &Relationship<Field>) -> Value {
    let identifier = identifier(relationship.target, id_schema());
    match relationship.cardinality {
        Cardinality::One if relationship.required => identifier,
        Cardinality::One => nullable(identifier),
        Cardinality::Many => {
            let mut linkage = array(identifier);
            linkage["maxItems"] = json!(apportion_jsonapi::input::MAX_LINKAGE);
            linkage
        }
    }
}

/// Returns the schema of a resource that is created or updated. A relationship without `data`
/// counts as absent.
pub(super) fn written_resource(resource: &ResourceType<Field>, creates: bool) -> Value {
    let attributes = resource.attributes.iter().filter(|it| it.writable);
    let attributes = attributes.map(|it| (it.name.to_owned(), taken_schema(it)));
    let relationships = resource.relationships.iter();
    let relationships =
        relationships.filter(|it| if creates { it.writable } else { it.is_changeable() });
    let relationships = relationships.map(|it| {
        let required: &[&str] = if creates && it.required { &["data"] } else { &[] };
        (it.name.to_owned(), object(required, json!({"data": taken_linkage(it)})))
    });
    let required_attributes: Vec<&str> =
        resource.attributes.iter().filter(|it| it.required).map(|it| it.name).collect();
    let required_relationships: Vec<&str> =
        resource.relationships.iter().filter(|it| it.required).map(|it| it.name).collect();
    let mut required_members = vec!["type"];
    if !required_attributes.is_empty() {
        required_members.push("attributes");
    }
    if !required_relationships.is_empty() {
        required_members.push("relationships");
    }
    // An update needs none of the members that are required at first.
    let required = |names: Vec<&str>| if creates { json!(names) } else { json!([]) };
    let mut properties = json!({
        "type": {"const": resource.name},
        "attributes": {
            "type": "object",
            "required": required(required_attributes),
            "properties": Map::from_iter(attributes),
            "additionalProperties": false,
        },
        "relationships": {
            "type": "object",
            "required": required(required_relationships),
            "properties": Map::from_iter(relationships),
            "additionalProperties": false,
        },
    });
    if !creates {
        let description = "The id in the address, or absent.";
        properties["id"] = json!({"type": "string", "description": description});
    }
    json!({"type": "object", "required": required(required_members), "properties": properties})
}

/// Returns the verbs of operations on a writable relationship.
pub(super) fn verbs(relationship: &Relationship<Field>) -> &'static [&'static str] {
    match relationship.cardinality {
        Cardinality::One => &["update"],
        Cardinality::Many => &["update", "add", "remove"],
    }
}
