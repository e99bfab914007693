//! An operation of the description: its parameters, its body and its responses. Not here: which
//! parameters an address takes (`parameters`).

use apportion_jsonapi::Code;
use apportion_jsonapi::media::MEDIA_TYPE;
use serde_json::{Map, Value, json};

use super::shapes::reference;

/// Describes an operation, which takes the header of the organization besides its parameters.
pub(super) fn operation(id: &str, parameters: Vec<Value>, responses: Map<String, Value>) -> Value {
    let organization = json!({"$ref": "#/components/parameters/organization"});
    let parameters: Vec<Value> = std::iter::once(organization).chain(parameters).collect();
    json!({"operationId": id, "parameters": parameters, "responses": responses})
}

/// Describes a query parameter, whose values are separated by commas if it takes several.
pub(super) fn query(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "style": "form", "explode": false})
}

/// Describes the body of a request as a JSON:API document.
pub(super) fn body(schema: Value) -> Value {
    json!({"required": true, "content": {MEDIA_TYPE: {"schema": schema}}})
}

/// Describes a success with a document, and every error.
pub(super) fn responses(status: u16, schema: &str) -> Map<String, Value> {
    let mut success = done();
    success["content"] = json!({MEDIA_TYPE: {"schema": reference(schema)}});
    with_errors(status, success)
}

/// Describes a success without a body, and every error.
pub(super) fn empty_responses() -> Map<String, Value> {
    with_errors(204, done())
}

/// Adds the errors that any request can meet to the response of success.
pub(super) fn with_errors(status: u16, success: Value) -> Map<String, Value> {
    let mut responses = Map::from_iter([(status.to_string(), success)]);
    for code in Code::ALL {
        let status = code.status().to_string();
        let error = json!({"$ref": format!("#/components/responses/{status}")});
        responses.entry(status).or_insert(error);
    }
    responses
}

/// Describes the response of each status of an error. Codes that share a status are described by
/// the title of the first.
pub(super) fn errors() -> Map<String, Value> {
    let mut errors = Map::new();
    for code in Code::ALL {
        let content = json!({MEDIA_TYPE: {"schema": reference("error_document")}});
        let error = json!({"description": code.title(), "headers": headers(), "content": content});
        errors.entry(code.status().to_string()).or_insert(error);
    }
    errors
}

fn done() -> Value {
    json!({"description": "Done", "headers": headers()})
}

/// Describes the headers that every response has.
fn headers() -> Value {
    let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    json!({"X-Request-Id": reference("request"), "RateLimit": reference("rate")})
}
