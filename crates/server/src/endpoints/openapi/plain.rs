//! The addresses that speak plain JSON: crediting, and the surface that was recorded. Not here:
//! what they answer, which `credit_metric` and `siren` know.

use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Code, Kind, ResourceType};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::documents::members;
use super::schemas::shown_schema;
use super::{reference, responses};
use crate::endpoints::credit_metric;
use crate::endpoints::siren::{
    self, DEFAULT_NUMBER, FILTERS, MAX_ALLOCATIONS, MAX_NUMBER, MEMBERS, ORDERS,
};

/// Describes these addresses and what they answer. `distributions` is the declared type.
pub(super) fn describe(
    distributions: &ResourceType<Field>,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    schemas.insert("siren_distribution".to_owned(), distribution(distributions));
    schemas.insert("siren_error".to_owned(), error());
    schemas
        .insert("credited".to_owned(), object(json!({"success": {"const": true}}), &["success"]));
    for (path, name, is_recorded) in [
        (credit_metric::PATHS[0], "credit_metric", false),
        (credit_metric::PATHS[1], "siren_credit_metric", true),
    ] {
        paths.insert(path.to_owned(), json!({"post": credit(name, is_recorded)}));
    }
    let list = format!("{}/{}", siren::ROOT, siren::TYPE);
    let id = json!([{"$ref": "#/components/parameters/id"}]);
    let one = operation(
        "siren_distribution",
        vec![fields(distributions)],
        &reference("siren_distribution"),
    );
    paths.insert(format!("{list}/{{id}}"), json!({"parameters": id, "get": one}));
    let page =
        json!({"type": "array", "items": reference("siren_distribution"), "maxItems": MAX_NUMBER});
    let mut get = operation("siren_distributions", list_parameters(distributions), &page);
    get["responses"]["200"]["headers"] = json!({"x-siren-estimated-count": {
        "description": "How many there are on all pages.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    }});
    paths.insert(list, json!({"get": get}));
}

fn credit(name: &str, is_recorded: bool) -> Value {
    let mut operation = operation(name, Vec::new(), &reference("credited"));
    if !is_recorded {
        operation["responses"] = responses(&[]);
        operation["responses"]["200"] = done(&reference("credited"));
    }
    let body = object(
        json!({"collaboratorId": {"type": "integer", "format": "int64"}}),
        &["collaboratorId"],
    );
    operation["requestBody"] = json!({"required": true, "content": {PLAIN: {"schema": body}}});
    operation
}

fn operation(id: &str, parameters: Vec<Value>, answer: &Value) -> Value {
    let organization = json!({"$ref": "#/components/parameters/organization"});
    let parameters: Vec<Value> = std::iter::once(organization).chain(parameters).collect();
    let mut responses = Map::new();
    responses.insert("200".to_owned(), done(answer));
    for code in Code::ALL {
        let content = json!({PLAIN: {"schema": reference("siren_error")}});
        let refusal = json!({"description": code.title(), "content": content});
        responses.entry(code.status().to_string()).or_insert(refusal);
    }
    json!({"operationId": id, "parameters": parameters, "responses": responses})
}

fn done(schema: &Value) -> Value {
    json!({"description": "Done", "content": {PLAIN: {"schema": schema}}})
}

fn list_parameters(distributions: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for (name, declared) in FILTERS {
        let kind = distributions.filters.iter().find(|it| it.name == declared).map(|it| it.kind);
        let schema = match kind {
            Some(Kind::Enumeration(words)) => json!({"enum": words}),
            _ => json!({"type": "integer", "format": "int64"}),
        };
        parameters.push(query(name, &schema));
    }
    let number = json!({
        "type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": DEFAULT_NUMBER,
    });
    let offset = json!({"type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0});
    parameters.push(query("number", &number));
    parameters.push(query("offset", &offset));
    let keys = ORDERS.map(|(name, _)| name);
    parameters.push(query("orderBy", &json!({"enum": keys, "default": "id"})));
    parameters.push(query("order", &json!({"enum": ["ASC", "DESC"], "default": "DESC"})));
    parameters.push(fields(distributions));
    parameters
}

fn fields(distributions: &ResourceType<Field>) -> Value {
    let extended = MEMBERS.iter().filter(|(_, source)| source.is_extended(distributions));
    let names: Vec<&str> = extended.map(|(name, _)| *name).collect();
    query("fields", &json!({"type": "array", "items": {"enum": names}}))
}

fn query(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "style": "form", "explode": false})
}

fn distribution(distributions: &ResourceType<Field>) -> Value {
    let id = json!({"type": "integer", "format": "int64"});
    let part = object(
        json!({"distributionId": id, "obligationId": id, "status": {"type": "string"}}),
        &["distributionId", "obligationId", "status"],
    );
    let mut shown = Map::new();
    let mut always = Vec::new();
    for (name, source) in MEMBERS {
        let schema = match source {
            siren::Source::Id | siren::Source::Relationship(_) => id.clone(),
            siren::Source::Attribute(of) => distributions
                .attribute(of)
                .map_or_else(|| json!({}), |(_, attribute)| shown_schema(attribute)),
            siren::Source::Allocations => {
                json!({"type": "array", "items": part, "maxItems": MAX_ALLOCATIONS})
            }
        };
        shown.insert(name.to_owned(), schema);
        if !source.is_extended(distributions) {
            always.push(name);
        }
    }
    let mut schema = members(shown);
    schema["required"] = json!(always);
    schema
}

fn error() -> Value {
    let messages = json!({"type": "array", "items": {"type": "string"}});
    let failed = json!({"type": "object", "additionalProperties": messages});
    object(
        json!({
            "message": {"type": "string"},
            "context": object(json!({"failedValidations": failed}), &["failedValidations"]),
        }),
        &["message"],
    )
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}
