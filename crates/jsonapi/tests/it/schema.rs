//! The schema of answers refuses what the standard refuses, and points at each fault.

use serde_json::Value;

#[test]
fn every_case_is_judged() {
    let schema: Value = serde_json::from_str(include_str!("../../schema/response-1.1.schema.json"))
        .expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    let cases: Value =
        serde_json::from_str(include_str!("../../schema/cases.json")).expect("the cases are JSON");
    let of = |kind: &str| cases[kind].as_array().expect("cases").clone();
    for case in of("valid") {
        let fault = schema.validate(&case["document"]).err().map(|error| error.to_string());
        assert_eq!(fault, None, "{}", case["why"]);
    }
    let invalid = of("invalid");
    assert!(invalid.len() > 100, "{}", invalid.len());
    for case in invalid {
        let error = schema.iter_errors(&case["document"]).next();
        let error = error.unwrap_or_else(|| panic!("{} passes", case["why"]));
        let (at, place) = (case["at"].as_str().unwrap_or(""), error.instance_path().to_string());
        assert!(at.starts_with(&place), "{}: at {place}, not {at}", case["why"]);
    }
}
