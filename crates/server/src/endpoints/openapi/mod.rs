//! The OpenAPI description of the service. It is made from the declarations that the service runs
//! on, so that it describes what is declared and nothing else.

#![expect(
    clippy::indexing_slicing,
    reason = "members are set on JSON objects that are made right here"
)]

mod components;
mod documents;
mod operation;
mod parameters;
mod paths;
mod plain;
mod reports;
mod schemas;
mod shapes;

use apportion_jsonapi::resource::Registry;
use apportion_store::Field;
use serde_json::{Map, Value, json};

use self::documents::common_schemas;
use self::schemas::describe_schemas;
use crate::catalog::Resources;
use crate::endpoints::siren;
use crate::http::reply::Reply;

/// The address of the description, which takes no token.
pub(crate) const PATH: &str = "/api/v2/openapi.json";

/// Answers with the description, which is made at the first request and then kept.
pub(crate) fn answer(resources: &Resources) -> Reply {
    let body = resources.description.get_or_init(|| description(resources).into());
    Reply::plain(body.clone(), "application/json")
}

/// Returns the description of these types as JSON text.
pub fn description(resources: &Resources) -> String {
    format!("{:#}\n", document(resources.registry(), resources.prefix()))
}

/// Returns the description of a service behind this prefix as OpenAPI 3.1.
fn document(registry: &Registry<Field>, prefix: &str) -> Value {
    let mut paths = Map::new();
    let mut schemas = common_schemas(registry);
    for resource in registry.types().iter().filter(|resource| resource.addressed) {
        paths::describe_type(registry, resource, &mut paths);
        describe_schemas(resource, &mut schemas);
    }
    paths::describe_preview(registry, &mut paths, &mut schemas);
    paths::describe_operations(&mut paths);
    reports::describe(registry, &mut paths, &mut schemas);
    if let Some((_, distributions)) = registry.find(siren::TYPE) {
        plain::describe(distributions, &mut paths, &mut schemas);
    }
    let mut parameters = components::share(&mut paths);
    let id_pattern = json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"});
    let id = json!({"name": "id", "in": "path", "required": true, "schema": id_pattern});
    parameters.insert("id".to_owned(), id);
    let organization = json!({
        "name": "X-Organization-Id", "in": "header", "schema": id_pattern,
        "description": "The id of the token's own organization; any other id is answered with 404.",
    });
    parameters.insert("organization".to_owned(), organization);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Apportion",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Spreads revenue over days and shares payouts to the cent. \
                            Speaks JSON:API 1.1.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": if prefix.is_empty() { "/" } else { prefix }}],
        "security": [{"token": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "parameters": parameters,
            "headers": {
                "request": {
                    "description": "The id of the request, which events and log lines repeat.",
                    "schema": {"type": "string", "format": "uuid"},
                },
                "rate": {
                    "description": "The tightest limit that the request was counted against.",
                    "schema": {
                        "type": "string",
                        "pattern": "^limit=[0-9]+, remaining=[0-9]+, reset=[0-9]+$",
                    },
                },
            },
            "responses": operation::errors(),
            "schemas": schemas,
        },
    })
}
