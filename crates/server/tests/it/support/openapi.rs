//! The OpenAPI description of the service as the tests read it.

use serde_json::Value;

/// Returns a part of the description, or the part that its `$ref` leads to.
pub fn written<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => part,
    }
}
