//! The addresses that answer plain JSON: crediting, and the recorded API. Not here: what they
//! answer, which `credit_metric` and `siren` know.

use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Code, Kind, ResourceType};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::operation::{operation, query, with_errors};
use super::schemas::shown_schema;
use super::shapes::{array, closed, integer, object, reference, text};
use crate::endpoints::credit_metric;
use crate::endpoints::siren::{
    self, DEFAULT_NUMBER, FILTERS, MAX_ALLOCATIONS, MAX_NUMBER, MEMBERS, ORDERS, Source,
};

/// Describes these addresses and what they answer. `distributions` is the declared type.
pub(super) fn describe(
    distributions: &ResourceType<Field>,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    schemas.insert("siren_distribution".to_owned(), distribution(distributions));
    schemas.insert("siren_error".to_owned(), error());
    let credited = object(&["success"], json!({"success": {"const": true}}));
    schemas.insert("credited".to_owned(), credited);

    let credited = success(&reference("credited"));
    let [path, recorded_path] = credit_metric::PATHS;
    let post = credit("credit_metric", with_errors(200, credited.clone()));
    paths.insert(path.to_owned(), json!({"post": post}));
    let post = credit("siren_credit_metric", with_recorded_errors(credited));
    paths.insert(recorded_path.to_owned(), json!({"post": post}));

    let list = format!("{}/{}", siren::ROOT, siren::TYPE);
    let shown = reference("siren_distribution");
    let parameters = vec![fields(distributions)];
    let responses = with_recorded_errors(success(&shown));
    let get = operation("siren_distribution", parameters, responses);
    let id = json!([{"$ref": "#/components/parameters/id"}]);
    paths.insert(format!("{list}/{{id}}"), json!({"parameters": id, "get": get}));

    let mut page = array(shown);
    page["maxItems"] = json!(MAX_NUMBER);
    let mut page = success(&page);
    page["headers"] = json!({"x-siren-estimated-count": {
        "description": "The number of distributions on all pages.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    }});
    let responses = with_recorded_errors(page);
    let get = operation("siren_distributions", list_parameters(distributions), responses);
    paths.insert(list, json!({"get": get}));
}

/// Describes the operation that credits a metric.
fn credit(id: &str, responses: Map<String, Value>) -> Value {
    let body = object(&["collaboratorId"], json!({"collaboratorId": integer()}));
    let mut operation = operation(id, Vec::new(), responses);
    operation["requestBody"] = json!({"required": true, "content": {PLAIN: {"schema": body}}});
    operation
}

/// Describes the response of success.
fn success(schema: &Value) -> Value {
    json!({"description": "Done", "content": {PLAIN: {"schema": schema}}})
}

/// Adds the errors of the recorded API to the response of success.
fn with_recorded_errors(success: Value) -> Map<String, Value> {
    let mut responses = Map::from_iter([("200".to_owned(), success)]);
    for code in Code::ALL {
        let content = json!({PLAIN: {"schema": reference("siren_error")}});
        let error = json!({"description": code.title(), "content": content});
        responses.entry(code.status().to_string()).or_insert(error);
    }
    responses
}

fn list_parameters(distributions: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for filter in FILTERS {
        let declared = distributions.filters.iter().find(|it| it.name == filter.declared);
        let schema = match declared.map(|it| it.kind) {
            Some(Kind::Enumeration(words)) => json!({"enum": words}),
            _ => integer(),
        };
        parameters.push(query(filter.recorded, &schema));
    }
    let number = json!({
        "type": "integer", "minimum": 1, "maximum": MAX_NUMBER, "default": DEFAULT_NUMBER,
    });
    let offset = json!({"type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0});
    parameters.push(query("number", &number));
    parameters.push(query("offset", &offset));
    let keys = ORDERS.map(|order| order.recorded);
    parameters.push(query("orderBy", &json!({"enum": keys, "default": "id"})));
    parameters.push(query("order", &json!({"enum": ["ASC", "DESC"], "default": "DESC"})));
    parameters.push(fields(distributions));
    parameters
}

/// Describes the parameter that asks for the members which are not always shown.
fn fields(distributions: &ResourceType<Field>) -> Value {
    let extended = MEMBERS.iter().filter(|(_, source)| source.is_extended(distributions));
    let names: Vec<&str> = extended.map(|(name, _)| *name).collect();
    query("fields", &array(json!({"enum": names})))
}

fn distribution(distributions: &ResourceType<Field>) -> Value {
    let mut properties = Map::new();
    let mut always = Vec::new();
    for (name, source) in MEMBERS {
        let schema = match source {
            Source::Id | Source::Relationship(_) => integer(),
            Source::Attribute(declared) => distributions
                .attribute(declared)
                .map_or_else(|| json!({}), |(_, attribute)| shown_schema(attribute)),
            Source::Allocations => allocations(),
        };
        properties.insert(name.to_owned(), schema);
        if !source.is_extended(distributions) {
            always.push(name);
        }
    }
    let mut schema = closed(properties);
    schema["required"] = json!(always);
    schema
}

fn allocations() -> Value {
    let allocation = object(
        &["distributionId", "obligationId", "status"],
        json!({"distributionId": integer(), "obligationId": integer(), "status": text()}),
    );
    let mut allocations = array(allocation);
    allocations["maxItems"] = json!(MAX_ALLOCATIONS);
    allocations
}

fn error() -> Value {
    let failed = json!({"type": "object", "additionalProperties": array(text())});
    let context = object(&["failedValidations"], json!({"failedValidations": failed}));
    object(&["message"], json!({"message": text(), "context": context}))
}
