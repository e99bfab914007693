//! Exchanges that clients of the recorded API have seen, sent again as they were. Every member that
//! was recorded must be in the answer. Deliberate differences are in the golden files, and none in
//! this code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::world::World;
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    list, get, create_refused, create, update, delete;
    plain: every_golden_file_is_replayed, what_is_missing_or_different_is_noticed
}

/// The host of the recording, which stands for ours when answers are compared.
const HOST: &str = "api-test.productive.io";

fn list(place: &Place) {
    let world = arranged(place, 10_000, 2);
    replay(&world, "list");
}

fn get(place: &Place) {
    let world = arranged(place, 10_000, 3);
    replay(&world, "get");
}

fn create_refused(place: &Place) {
    let world = arranged(place, 10_000, 1);
    replay(&world, "create_refused");
    assert_eq!(world.get("/revenue_distributions").json()["meta"]["total_count"], 1);
}

fn create(place: &Place) {
    let world = arranged(place, 0, 3);
    let answer = replay(&world, "create");
    assert_eq!(answer.header("Location"), Some("/api/v2/revenue_distributions/4"));
}

fn update(place: &Place) {
    let world = arranged(place, 10_000, 5);
    foreign_deal(&world, 0);
    replay(&world, "update");
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["distributed_percent"], "400.0");
}

fn delete(place: &Place) {
    let world = arranged(place, 10_000, 6);
    let answer = replay(&world, "delete");
    assert_eq!((answer.body.len(), answer.header("Content-Type")), (0, None));
    world.get("/revenue_distributions/6").expect(404);
    world.get("/revenue_distributions/5").expect(200);
}

/// Makes a deal in a foreign currency and that many distributions of all of it, on the day of the
/// recording.
fn arranged(place: &Place, value: i64, distributions: usize) -> World {
    let world = World::configured(place, |config| {
        config.service.public_url = Some(format!("http://{HOST}"));
    });
    let deal = foreign_deal(&world, value);
    for _ in 0..distributions {
        world.spread(&deal, "2025-09-20", "2025-09-20", "100");
    }
    world
}

fn foreign_deal(world: &World, value: i64) -> String {
    let deal = json!({"name": "D", "currency": "USD", "exchange_rate": "1.25", "value": value});
    world.create("deals", deal, &[])
}

/// Sends a recorded request and compares the answer with the recorded one.
#[track_caller]
fn replay(world: &World, name: &str) -> Answer {
    let path = directory().join(format!("{name}.json"));
    let mut golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let deals = world.get("/deals").json();
    let last = deals["data"].as_array().unwrap().last().unwrap()["id"].clone();
    rename(&mut golden, &json!(world.organization.to_string()), &last);

    let request = &golden["request"];
    let mut headers = vec![("Host", HOST), ("X-Auth-Token", world.token.as_str())];
    let recorded = request["headers"].as_object().unwrap().iter();
    headers.extend(recorded.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
    let body = request.get("body").map(|body| serde_json::to_vec(body).unwrap());
    let (method, target) = (text(request, "method"), text(request, "path"));
    let answer = send(world.address(), method, target, &headers, &body.unwrap_or_default());

    let faults = differences(&golden, &whole(&answer));
    assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
    answer
}

/// Replaces the ids of the recording's organization and deals by ours.
fn rename(value: &mut Value, organization: &Value, deal: &Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| rename(item, organization, deal));
        }
        Value::Object(members) => {
            let ours = match members.get("type").and_then(Value::as_str) {
                Some("organizations") => Some(organization),
                Some("deals") => Some(deal),
                _ => None,
            };
            if let (Some(ours), true) = (ours, members.contains_key("id")) {
                members.insert("id".to_owned(), ours.clone());
            }
            members.values_mut().for_each(|member| rename(member, organization, deal));
        }
        _ => {}
    }
}

/// Returns an answer in the form of a golden file.
fn whole(answer: &Answer) -> Value {
    let headers: serde_json::Map<String, Value> =
        answer.headers.iter().map(|(name, value)| (canonical(name), json!(value))).collect();
    let mut whole = json!({"status": answer.status, "headers": headers});
    if !answer.body.is_empty() {
        whole["body"] = answer.json();
    }
    whole
}

/// Writes a header's name as `Content-Type`.
fn canonical(name: &str) -> String {
    let words = name.split('-').map(|word| word[..1].to_uppercase() + &word[1..].to_lowercase());
    words.collect::<Vec<_>>().join("-")
}

/// Returns the places where an answer differs from the recorded one, except for the differences
/// that the golden file lists.
fn differences(golden: &Value, ours: &Value) -> Vec<String> {
    let mut expected = golden["response"].clone();
    let mut faults = Vec::new();
    for deviation in golden["deviations"].as_array().unwrap() {
        let at = text(deviation, "at");
        let place = expected.pointer_mut(at).unwrap_or_else(|| panic!("nothing recorded at {at}"));
        assert_eq!(*place, deviation["recorded"], "{at}");
        assert_ne!(deviation["recorded"], deviation["ours"], "{at} is no deviation");
        *place = deviation["ours"].clone();
    }
    for addition in golden["additions"].as_array().unwrap() {
        let at = text(addition, "at");
        assert_eq!(expected.pointer(at), None, "{at} is no addition");
        let found = ours.pointer(at).unwrap_or(&Value::Null);
        contained(&addition["value"], found, at, &mut faults);
    }
    contained(&expected, ours, "", &mut faults);
    faults
}

/// Notes every recorded member that is missing or has another value; additional members are
/// allowed.
fn contained(recorded: &Value, ours: &Value, at: &str, faults: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                let at = format!("{at}/{name}");
                match ours.get(name) {
                    Some(ours) => contained(value, ours, &at, faults),
                    None => faults.push(format!("{at}: recorded {value}, ours nothing")),
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
            for (index, (recorded, ours)) in recorded.iter().zip(ours).enumerate() {
                contained(recorded, ours, &format!("{at}/{index}"), faults);
            }
        }
        _ if recorded == ours => {}
        _ => faults.push(format!("{at}: recorded {recorded}, ours {ours}")),
    }
}

fn every_golden_file_is_replayed() {
    let files = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    // The subfolder has the recordings of `siren`.
    let files = files.filter(|path| path.is_file());
    let names: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let replayed = CASES.iter().filter(|case| matches!(case.run, apportion_testing::Run::Both(_)));
    let replayed: BTreeSet<String> = replayed.map(|case| case.name.to_owned()).collect();
    assert_eq!(names, replayed);
}

fn what_is_missing_or_different_is_noticed() {
    let golden = json!({
        "response": {"a": {"b": [1, 2]}, "c": "recorded"},
        "deviations": [{"at": "/c", "recorded": "recorded", "ours": "ours"}],
        "additions": [{"at": "/a/d", "value": true}],
    });
    let check = |ours: Value, faults: usize| {
        let found = differences(&golden, &ours);
        assert_eq!(found.len(), faults, "{ours}: {found:?}");
    };
    check(json!({"a": {"b": [1, 2], "d": true}, "c": "ours", "more": 1}), 0);
    check(json!({"a": {"b": [1, 2], "d": true}, "c": "recorded"}), 1);
    check(json!({"a": {"b": [1, 2]}, "c": "ours"}), 1);
    check(json!({"a": {"b": [1], "d": true}, "c": "ours"}), 1);
    check(json!({"a": {"b": [1, 3], "d": true}, "c": "ours"}), 1);
    check(json!({"a": {"d": true}}), 2);
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden")
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no text '{member}' in {value}"))
}
