//! The OpenAPI description of the service, made from the declarations that the service runs on:
//! what is declared is described, and nothing else.

#![expect(
    clippy::indexing_slicing,
    reason = "members are set on JSON objects that are made right here"
)]

mod components;
mod documents;
mod parameters;
mod plain;
mod reports;
mod schemas;

use apportion_jsonapi::Code;
use apportion_jsonapi::resource::{Cardinality, Registry, Relationship, ResourceType};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use self::documents::common_schemas;
use self::parameters::{
    linkage_parameters, list_parameters, narrowing_parameters, shape_parameters,
};
use self::schemas::{describe_schemas, taken_linkage};
use crate::app::App;
use crate::catalog::ROOT;
use crate::catalog::Resources;
use crate::endpoints::operations;
use crate::endpoints::preview;
use crate::endpoints::siren;
use crate::http::reply::Reply;
use crate::payouts::preview_types;

const MEDIA_TYPE: &str = apportion_jsonapi::media::MEDIA_TYPE;

/// The address of the description, for everybody.
pub(crate) const PATH: &str = "/api/v2/openapi.json";

/// Answers with the description, which is made once.
pub(crate) fn answer(app: &App) -> Reply {
    let body = app.description.get_or_init(|| description(&app.resources).into());
    Reply::plain(body.clone(), "application/json")
}

/// Returns the description of these types as JSON text.
pub fn description(resources: &Resources) -> String {
    format!("{:#}\n", document(resources.registry()))
}

/// Returns the description as OpenAPI 3.1.
fn document(registry: &Registry<Field>) -> Value {
    let mut paths = Map::new();
    let previews = [preview_types::distribution_previews(), preview_types::allocation_previews()];
    let mut schemas = common_schemas(registry);
    for resource in registry.types().iter().filter(|resource| resource.addressed) {
        describe_paths(registry, resource, &mut paths);
        describe_schemas(resource, &mut schemas);
    }
    for preview in &previews {
        schemas.insert(preview.name.to_owned(), schemas::resource_schema(preview));
    }
    let [whole, _] = &previews;
    let document = documents::document(reference(whole.name), "links", "meta");
    schemas.insert(format!("{}_document", whole.name), document);
    paths.insert(preview::PATH.to_owned(), preview_path(registry, whole));
    paths.insert(operations::PATH.to_owned(), json!({"post": operations_operation()}));
    reports::describe(registry, &mut paths, &mut schemas);
    if let Some((_, distributions)) = registry.find(siren::TYPE) {
        plain::describe(distributions, &mut paths, &mut schemas);
    }
    let mut parameters = components::share(&mut paths);
    let row = json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"});
    let id = json!({"name": "id", "in": "path", "required": true, "schema": row});
    parameters.insert("id".to_owned(), id);
    let organization = json!({
        "name": "X-Organization-Id", "in": "header", "schema": row,
        "description": "The token's own organization; any other is a 404.",
    });
    parameters.insert("organization".to_owned(), organization);
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
            "parameters": parameters,
            "headers": {"request": {
                "description": "What events and log lines call the request.",
                "schema": {"type": "string", "format": "uuid"},
            }},
            "responses": refusals(),
            "schemas": schemas,
        },
    })
}

/// The id in an address. Those of computed rows are words of their own.
fn id_parameter(resource: &ResourceType<Field>) -> Value {
    if resource.ids.decimal {
        return json!([{"$ref": "#/components/parameters/id"}]);
    }
    json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}])
}

/// What can be done to a writable relationship.
fn verbs(relationship: &Relationship<Field>) -> &'static [&'static str] {
    match relationship.cardinality {
        Cardinality::One => &["update"],
        Cardinality::Many => &["update", "add", "remove"],
    }
}

fn describe_paths(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
    paths: &mut Map<String, Value>,
) {
    let name = resource.name;
    let collection = format!("{ROOT}/{name}");
    let row = format!("{collection}/{{id}}");
    let mut list = json!({
        "get": operation(
            &format!("list_{name}"),
            list_parameters(registry, resource),
            &format!("{name}_page"),
        ),
    });
    let mut one = json!({
        "parameters": id_parameter(resource),
        "get": operation(
            &format!("get_{name}"),
            shape_parameters(registry, resource),
            &format!("{name}_document"),
        ),
    });
    if resource.restricted {
        for get in [&mut list["get"], &mut one["get"]] {
            get["description"] = json!("Takes a token with the scope `admin`.");
        }
    }
    if resource.writable {
        let shown = shape_parameters(registry, resource);
        list["post"] = writing(&format!("create_{name}"), shown, name, "create", 201);
    }
    if resource.is_changeable() {
        let shown = shape_parameters(registry, resource);
        one["patch"] = writing(&format!("update_{name}"), shown, name, "update", 200);
        let mut delete = operation(&format!("delete_{name}"), Vec::new(), "error_document");
        delete["responses"] = responses(&[(204, None)]);
        one["delete"] = delete;
    }
    paths.insert(collection, list);
    for relationship in &resource.relationships {
        describe_relationship(registry, resource, &row, relationship, paths);
    }
    paths.insert(row, one);
}

fn describe_relationship(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
    row: &str,
    relationship: &Relationship<Field>,
    paths: &mut Map<String, Value>,
) {
    let Some((_, target)) = registry.find(relationship.target) else { return };
    let many = relationship.cardinality == Cardinality::Many;
    let (related, linkage) = if many {
        (format!("{}_page", target.name), "linkage_page")
    } else {
        (format!("{}_or_null_document", target.name), "linkage_document")
    };
    let id = id_parameter(resource);
    let (parameters, mut shown) = if many {
        (list_parameters(registry, target), narrowing_parameters(target))
    } else {
        (shape_parameters(registry, target), Vec::new())
    };
    shown.extend(linkage_parameters(registry, relationship));
    let suffix = format!("{}_{}", resource.name, relationship.name);
    let get = operation(&format!("get_{suffix}"), parameters, &related);
    paths.insert(format!("{row}/{}", relationship.name), json!({"parameters": id, "get": get}));
    let get = operation(&format!("get_{suffix}_linkage"), shown.clone(), linkage);
    let mut linked = json!({"parameters": id, "get": get});
    if resource.is_changeable() && relationship.is_changeable() {
        for verb in verbs(relationship) {
            let method = match *verb {
                "add" => "post",
                "remove" => "delete",
                _ => "patch",
            };
            let name = format!("{verb}_{suffix}_linkage");
            let mut write = operation(&name, shown.clone(), linkage);
            let data = json!({"data": taken_linkage(relationship)});
            write["requestBody"] =
                body(json!({"type": "object", "required": ["data"], "properties": data}));
            linked[method] = write;
        }
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
    operation["requestBody"] = body(reference(&format!("{name}_{what}")));
    operation["responses"] = responses(&[(status, Some(&format!("{name}_document")))]);
    operation
}

fn preview_path(registry: &Registry<Field>, whole: &ResourceType<Field>) -> Value {
    let at = json!({"type": "string", "format": "date-time"});
    let at = json!({"name": "filter[at]", "in": "query", "schema": at});
    let mut parameters = vec![at];
    parameters.extend(shape_parameters(registry, whole));
    let get = operation("preview_distributors", parameters, &format!("{}_document", whole.name));
    json!({"parameters": [{"$ref": "#/components/parameters/id"}], "get": get})
}

fn operations_operation() -> Value {
    let mut operation = operation("operate", Vec::new(), "operations_results");
    let media_type = format!("{MEDIA_TYPE}; ext=\"{}\"", apportion_jsonapi::operations::EXTENSION);
    operation["requestBody"] = json!({
        "required": true,
        "content": {&media_type: {"schema": reference("operations"), "example": example()}},
    });
    operation["responses"]["200"]["content"] =
        json!({media_type: {"schema": reference("operations_results")}});
    operation
}

/// Operations that do something anywhere.
fn example() -> Value {
    let attributes = json!({"first_name": "Ada", "last_name": "Byron"});
    let data = json!({"type": "people", "lid": "new", "attributes": attributes});
    let remove = json!({"op": "remove", "ref": {"type": "people", "lid": "new"}});
    json!({"atomic:operations": [{"op": "add", "data": data}, remove]})
}

fn body(schema: Value) -> Value {
    json!({"required": true, "content": {MEDIA_TYPE: {"schema": schema}}})
}

/// The answers of success that are given, and every error that any request can meet.
fn responses(successes: &[(u16, Option<&str>)]) -> Value {
    let mut responses = Map::new();
    for (status, schema) in successes {
        let content = schema.map(|schema| json!({MEDIA_TYPE: {"schema": reference(schema)}}));
        let mut response = json!({"description": "Done", "headers": headers()});
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

/// What every answer has.
fn headers() -> Value {
    json!({"X-Request-Id": {"$ref": "#/components/headers/request"}})
}

/// Every error by its status.
fn refusals() -> Value {
    let mut refusals = Map::new();
    for code in Code::ALL {
        let content = json!({MEDIA_TYPE: {"schema": reference("error_document")}});
        let refusal =
            json!({"description": code.title(), "headers": headers(), "content": content});
        refusals.entry(code.status().to_string()).or_insert(refusal);
    }
    Value::Object(refusals)
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
