//! Promises to clients, read off the OpenAPI description: every promise of the last release is
//! kept, or CHANGELOG.md names it as broken. Running this with `RENEW_PROMISES=1` writes the
//! promises of a new release.

use std::collections::BTreeSet;

use apportion_server::{openapi, resources};
use serde_json::{Value, json};

use crate::support::openapi::written;

apportion_testing::cases! { plain: promises_are_kept_or_named, breaking_changes_are_noticed }

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/openapi/promises.txt");

type Lines = BTreeSet<String>;

fn promises_are_kept_or_named() {
    let now = promises(&current());
    if std::env::var_os("RENEW_PROMISES").is_some() {
        let text: Vec<&str> = now.iter().map(String::as_str).collect();
        std::fs::write(FILE, text.join("\n") + "\n").unwrap();
    }
    let released = std::fs::read_to_string(FILE).unwrap();
    let released: Lines = released.lines().map(str::to_owned).collect();
    assert!(released.len() > 500, "{} promises", released.len());
    let changelog = include_str!("../../../../../CHANGELOG.md");
    let broken = broken(&released, &now);
    let unnamed: Vec<&String> = broken.iter().filter(|it| !changelog.contains(*it)).collect();
    assert!(unnamed.is_empty(), "name these in CHANGELOG.md, word for word: {unnamed:#?}");
}

/// Each case is a change of the description and the promise that it breaks.
fn breaking_changes_are_noticed() {
    type Change = fn(&mut Value);
    let parameter: Change = |document| {
        let list = document["paths"]["/api/v2/deals"]["get"]["parameters"].as_array_mut().unwrap();
        let reference = "#/components/parameters/filter.name";
        let length = list.len();
        list.retain(|it| it["name"] != "filter[name]" && it["$ref"] != reference);
        assert!(list.len() < length);
    };
    let cases: &[(Change, &str)] = &[
        (
            |it| drop(it["paths"].as_object_mut().unwrap().remove("/api/v2/people")),
            "GET /api/v2/people",
        ),
        (parameter, "GET /api/v2/deals takes filter[name]"),
        (
            |it| {
                let deal = &mut it["components"]["schemas"]["deals"]["properties"];
                deal["attributes"]["properties"]["value"] = json!({"type": "string"});
            },
            "deals.attributes.value is integer",
        ),
        (
            |it| {
                let made = &mut it["components"]["schemas"]["deals_create"]["properties"]["data"];
                made["properties"]["attributes"]["required"] = json!(["name", "value"]);
            },
            "deals_create.data.attributes needs value",
        ),
        (
            |it| {
                let page = &mut it["components"]["schemas"]["events_page"]["properties"]["data"];
                page["items"] = json!({"type": "object"});
            },
            "events_page.data[] is events",
        ),
        (
            |it| {
                let owed = &mut it["components"]["schemas"]["obligations_create"]["properties"];
                let given = &mut owed["data"]["properties"]["attributes"]["properties"];
                given["status"]["enum"] = json!(["pending"]);
            },
            "obligations_create.data.attributes.status may be \"approved\"",
        ),
    ];
    let before = promises(&current());
    assert_eq!(broken(&before, &before), Lines::new());
    for (change, expected) in cases {
        let mut document = current();
        change(&mut document);
        let broken = broken(&before, &promises(&document));
        assert!(broken.contains(*expected), "{expected}: {broken:?}");
    }
}

fn current() -> Value {
    serde_json::from_str(&openapi::description(&resources::own())).unwrap()
}

/// Returns the promises that are gone, and the new needs of schemas that were already promised.
fn broken(before: &Lines, now: &Lines) -> Lines {
    let needed = |line: &&String| line.contains(" needs ");
    let gone = before.difference(now).filter(|line| !needed(line));
    // A new schema may need anything, since no client uses it yet.
    let schema = |line: &str| line.split([' ', '.']).next().unwrap_or_default().to_owned();
    let known: Lines = before.iter().map(|line| schema(line)).collect();
    let more = now.difference(before).filter(needed).filter(|line| known.contains(&schema(line)));
    gone.chain(more).cloned().collect()
}

/// Returns a line for each address with its parameters and answers, and for each member of every
/// schema.
fn promises(document: &Value) -> Lines {
    let mut lines = Lines::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let name = format!("{} {path}", method.to_uppercase());
            // An address below a row has the parameters of the type that it leads to.
            let own = !path.contains("{id}/");
            let parameters = operation["parameters"].as_array().unwrap();
            for parameter in parameters.iter().filter(|_| own) {
                let parameter = written(document, parameter);
                lines.insert(format!("{name} takes {}", parameter["name"].as_str().unwrap()));
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                for content in response["content"].as_object().into_iter().flatten() {
                    lines.insert(format!("{name} answers {status} {}", kind(&content.1["schema"])));
                }
            }
            lines.insert(name);
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        members(name, schema, &mut lines);
    }
    lines
}

fn members(name: &str, schema: &Value, lines: &mut Lines) {
    let taken = name.contains("_create") || name.contains("_update");
    for needed in schema["required"].as_array().into_iter().flatten() {
        // A member that is always in an answer is promised; one that a request must have is needed.
        let word = if taken { "needs" } else { "has" };
        lines.insert(format!("{name} {word} {}", needed.as_str().unwrap()));
    }
    for word in schema["enum"].as_array().into_iter().flatten().filter(|_| taken) {
        lines.insert(format!("{name} may be {word}"));
    }
    if schema["items"].is_object() {
        let name = format!("{name}[]");
        lines.insert(format!("{name} is {}", kind(&schema["items"])));
        members(&name, &schema["items"], lines);
    }
    for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
        let name = format!("{name}.{member}");
        lines.insert(format!("{name} is {}", kind(schema)));
        members(&name, schema, lines);
    }
}

/// Describes the type of a schema in a word or several.
fn kind(schema: &Value) -> String {
    let choices = schema["anyOf"].as_array().into_iter().flatten().map(kind);
    let mut choices: Vec<String> = choices.collect();
    choices.sort();
    choices.dedup();
    match (&schema["$ref"], &schema["type"], &schema["const"]) {
        (Value::String(reference), ..) => reference.rsplit('/').next().unwrap().to_owned(),
        (_, Value::String(kind), _) => kind.clone(),
        (_, _, Value::String(text)) => format!("'{text}'"),
        _ => choices.join(" or "),
    }
}
