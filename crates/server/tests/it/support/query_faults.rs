//! The faults of a query as clients see them: status, code, title, parameter and detail.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::sample::each;
use crate::support::world::World;

/// A path, the code of its one error, its parameter, and a part of its detail.
pub type Case = (&'static str, &'static str, &'static str, &'static str);

/// Returns the title of a code, written apart from the code of the server.
pub fn title(code: &str) -> &'static str {
    match code {
        "bad_request" => "Bad Request",
        "unsupported_parameter" => "Unsupported Parameter",
        "unsupported_filter" => "Unsupported Filter",
        "unsupported_filter_value" => "Unsupported Filter Value",
        "unsupported_sort" => "Unsupported Sort",
        "unsupported_include" => "Unsupported Include",
        "unsupported_field" => "Unsupported Field",
        "invalid_page" => "Invalid Page",
        other => panic!("{other} is no code of a query"),
    }
}

pub fn errors(world: &World, path: &str) -> Result<Vec<Value>, String> {
    let answer = world.get(path);
    if answer.status != 400 || answer.header("Content-Type") != Some("application/vnd.api+json") {
        let body = String::from_utf8_lossy(&answer.body);
        return Err(format!("{path}: {} {body}", answer.status));
    }
    let document = answer.json();
    if document["jsonapi"] != json!({"version": "1.1"}) || document.get("data").is_some() {
        return Err(format!("{path}: {document}"));
    }
    Ok(document["errors"].as_array().unwrap().clone())
}

/// Checks that each case is refused for its one fault, on a server with one deal and one
/// distribution.
pub fn check(place: &Place, cases: &[Case]) {
    let world = World::start(place);
    let deal = world.deal("Deal", 100);
    world.spread(&deal, "2025-01-01", "2025-01-31", "100");
    each(cases, |&(path, code, parameter, detail)| {
        let errors = errors(&world, path)?;
        let [error] = errors.as_slice() else { return Err(format!("{path}: {errors:?}")) };
        let said = error["detail"].as_str().is_some_and(|said| said.contains(detail));
        let mut members = error.clone();
        for varying in ["id", "detail"] {
            let text = members[varying].take();
            if text.as_str().is_none_or(str::is_empty) {
                return Err(format!("{path}: no {varying} in {error}"));
            }
        }
        let expected = json!({
            "id": null, "status": "400", "code": code, "title": title(code), "detail": null,
            "source": {"parameter": parameter},
        });
        if said && members == expected { Ok(()) } else { Err(format!("{path}: {error}")) }
    });
}
