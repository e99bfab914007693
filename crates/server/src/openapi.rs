//! The OpenAPI description of the service, made from the declarations that the service runs on:
//! what is declared is described, and nothing else.

#![expect(
    clippy::indexing_slicing,
    reason = "members are set on JSON objects that are made right here"
)]

use std::sync::LazyLock;

use apportion_jsonapi::query::{MAX_VALUES, Operator, Page};
use apportion_jsonapi::resource::{Cardinality, Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Code, Kind};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use crate::operations;
use crate::resources::{ROOT, registry};

const MEDIA_TYPE: &str = apportion_jsonapi::media::MEDIA_TYPE;

/// Where the description is, for everybody.
pub(crate) const PATH: &str = "/api/v2/openapi.json";

/// The description as JSON text, made once.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));
    &TEXT
}

/// The description as OpenAPI 3.1.
pub fn document() -> Value {
    let mut paths = Map::new();
    let mut schemas = common_schemas();
    for resource in registry().types() {
        describe_paths(resource, &mut paths);
        describe_schemas(resource, &mut schemas);
    }
    paths.insert(operations::PATH.to_owned(), json!({"post": operations_operation()}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Apportion",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Revenue in, by the day; payouts out, to the cent. JSON:API 1.1.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "parameters": {
                "id": {
                    "name": "id", "in": "path", "required": true,
                    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
                },
                "organization": {
                    "name": "X-Organization-Id", "in": "header",
                    "description": "The token's own organization; any other is a 404.",
                    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
                },
            },
            "responses": refusals(),
            "schemas": schemas,
        },
    })
}

fn describe_paths(resource: &ResourceType<Field>, paths: &mut Map<String, Value>) {
    let name = resource.name;
    let collection = format!("{ROOT}/{name}");
    let row = format!("{collection}/{{id}}");
    let mut list = json!({
        "get": operation(&format!("list_{name}"), list_parameters(resource), &format!("{name}_page")),
    });
    let mut one = json!({
        "parameters": [{"$ref": "#/components/parameters/id"}],
        "get": operation(&format!("get_{name}"), shape_parameters(resource), &format!("{name}_document")),
    });
    if resource.writable {
        let shown = shape_parameters(resource);
        list["post"] = writing(&format!("create_{name}"), shown.clone(), name, "create", 201);
        one["patch"] = writing(&format!("update_{name}"), shown, name, "update", 200);
        let mut delete = operation(&format!("delete_{name}"), Vec::new(), "error_document");
        delete["responses"] = responses(&[(204, None)]);
        one["delete"] = delete;
    }
    paths.insert(collection, list);
    for relationship in &resource.relationships {
        describe_relationship((name, &row), relationship, resource.writable, paths);
    }
    paths.insert(row, one);
}

fn describe_relationship(
    (name, row): (&str, &str),
    relationship: &Relationship<Field>,
    writable: bool,
    paths: &mut Map<String, Value>,
) {
    let Some((_, target)) = registry().find(relationship.target) else { return };
    let many = relationship.cardinality == Cardinality::Many;
    let (related, linkage) = if many {
        (format!("{}_page", target.name), "linkage_page")
    } else {
        (format!("{}_document", target.name), "linkage_document")
    };
    let id = json!([{"$ref": "#/components/parameters/id"}]);
    let (parameters, linkage_parameters) = if many {
        (list_parameters(target), narrowing_parameters(target))
    } else {
        (shape_parameters(target), Vec::new())
    };
    let suffix = format!("{name}_{}", relationship.name);
    let get = operation(&format!("get_{suffix}"), parameters, &related);
    paths.insert(format!("{row}/{}", relationship.name), json!({"parameters": id, "get": get}));
    let get = operation(&format!("get_{suffix}_linkage"), linkage_parameters, linkage);
    let mut linked = json!({"parameters": id, "get": get});
    if writable && relationship.writable && !many {
        let mut patch = operation(&format!("update_{suffix}_linkage"), Vec::new(), linkage);
        patch["requestBody"] = body("linkage_document");
        linked["patch"] = patch;
    }
    paths.insert(format!("{row}/relationships/{}", relationship.name), linked);
}

fn operation(id: &str, parameters: Vec<Value>, schema: &str) -> Value {
    let organization = json!({"$ref": "#/components/parameters/organization"});
    let parameters: Vec<Value> = std::iter::once(organization).chain(parameters).collect();
    json!({
        "operationId": id,
        "parameters": parameters,
        "responses": responses(&[(200, Some(schema))]),
    })
}

fn writing(id: &str, parameters: Vec<Value>, name: &str, what: &str, status: u16) -> Value {
    let mut operation = operation(id, parameters, &format!("{name}_document"));
    operation["requestBody"] = body(&format!("{name}_{what}"));
    operation["responses"] = responses(&[(status, Some(&format!("{name}_document")))]);
    operation
}

fn operations_operation() -> Value {
    let mut operation = operation("operate", Vec::new(), "operations_results");
    let media_type = format!("{MEDIA_TYPE}; ext=\"{}\"", apportion_jsonapi::operations::EXTENSION);
    operation["requestBody"] = json!({
        "required": true,
        "content": {media_type: {"schema": reference("operations")}},
    });
    operation
}

fn body(schema: &str) -> Value {
    json!({"required": true, "content": {MEDIA_TYPE: {"schema": reference(schema)}}})
}

/// The answers of success that are given, and every error that any request can meet.
fn responses(successes: &[(u16, Option<&str>)]) -> Value {
    let mut responses = Map::new();
    for (status, schema) in successes {
        let content = schema.map(|schema| json!({MEDIA_TYPE: {"schema": reference(schema)}}));
        let mut response = json!({"description": "Done"});
        if let Some(content) = content {
            response["content"] = content;
        }
        responses.insert(status.to_string(), response);
    }
    for code in Code::ALL {
        let status = code.status().to_string();
        let refused = json!({"$ref": format!("#/components/responses/{status}")});
        responses.entry(status).or_insert(refused);
    }
    Value::Object(responses)
}

/// Every error by its status.
fn refusals() -> Value {
    let mut refusals = Map::new();
    for code in Code::ALL {
        let content = json!({MEDIA_TYPE: {"schema": reference("error_document")}});
        let refusal = json!({"description": code.title(), "content": content});
        refusals.entry(code.status().to_string()).or_insert(refusal);
    }
    Value::Object(refusals)
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

/// Everything that a list takes.
fn list_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = narrowing_parameters(resource);
    parameters.extend(shape_parameters(resource));
    parameters
}

/// Filters, sort and page.
fn narrowing_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = Vec::new();
    for filter in &resource.filters {
        let values =
            json!({"type": "array", "items": text_schema(filter.kind), "maxItems": MAX_VALUES});
        parameters.push(query(&format!("filter[{}]", filter.name), &values));
        for (word, operator) in Operator::of(filter.kind) {
            let one = operator.orders();
            let schema = if one { text_schema(filter.kind) } else { values.clone() };
            parameters.push(query(&format!("filter[{}][{word}]", filter.name), &schema));
        }
    }
    let keys: Vec<String> = resource
        .sorts
        .iter()
        .flat_map(|sort| [sort.name.clone(), format!("-{}", sort.name)])
        .collect();
    parameters
        .push(query("sort", &json!({"type": "array", "items": {"enum": keys}, "maxItems": 5})));
    let size = json!({"type": "integer", "minimum": 1, "maximum": Page::MAX_SIZE, "default": Page::DEFAULT_SIZE});
    parameters.push(query("page[size]", &size));
    parameters.push(query("page[number]", &json!({"type": "integer", "minimum": 1, "default": 1})));
    for side in ["page[after]", "page[before]"] {
        parameters.push(query(side, &json!({"type": "string"})));
    }
    parameters
}

/// Includes and sparse fieldsets.
fn shape_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = Vec::new();
    if !resource.relationships.is_empty() {
        let names: Vec<&str> = resource.relationships.iter().map(|it| it.name).collect();
        let schema = json!({"type": "array", "items": {"enum": names}, "maxItems": 10});
        parameters.push(query("include", &schema));
    }
    for shown in registry().types() {
        let attributes = shown.attributes.iter().map(|attribute| attribute.name);
        let relationships = shown.relationships.iter().map(|relationship| relationship.name);
        let names: Vec<&str> = attributes.chain(relationships).collect();
        let schema = json!({"type": "array", "items": {"enum": names}});
        parameters.push(query(&format!("fields[{}]", shown.name), &schema));
    }
    parameters
}

fn query(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "style": "form", "explode": false})
}

/// A value as it stands in a query.
fn text_schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({"type": "string", "minLength": 1, "maxLength": 100}),
        Kind::Integer | Kind::Id => json!({"type": "integer", "format": "int64"}),
        Kind::Decimal { .. } => {
            json!({"type": "string", "pattern": "^-?[0-9]{1,6}(\\.[0-9]{1,6})?$"})
        }
        Kind::Date | Kind::Instant => json!({"type": "string", "format": "date"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"enum": words}),
    }
}

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

fn describe_schemas(resource: &ResourceType<Field>, schemas: &mut Map<String, Value>) {
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
            "attributes": {"type": "object", "properties": Map::from_iter(shown), "additionalProperties": false},
            "relationships": {"type": "object", "properties": Map::from_iter(relationships), "additionalProperties": false},
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

fn common_schemas() -> Map<String, Value> {
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
        "linkage_document": document_schema(&json!({"anyOf": [reference("identifier"), {"type": "null"}]})),
        "linkage_page": document_schema(&json!({"type": "array", "items": reference("identifier")})),
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
