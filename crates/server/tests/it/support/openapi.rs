//! The description of the service as the tests read it.

use serde_json::Value;

/// A part of the description, where it is written.
pub fn written<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    match part["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => part,
    }
}
