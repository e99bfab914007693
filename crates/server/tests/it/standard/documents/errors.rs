//! J103 to J107: error documents. Not here: the errors of particular requests.

use std::collections::BTreeMap;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, send_body};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::addresses;
use crate::support::standard::every_answer::{PROFILE, refusals};
use crate::support::world::{World, document};
use apportion_testing::http::Answer;

apportion_testing::cases! {
    j103_errors_are_an_array_of_known_members,
    j104_statuses_are_strings_and_the_most_general_one_is_answered,
    j105_a_source_is_one_place_in_the_request,
    j106_titles_do_not_vary_and_kinds_are_addresses,
    j107_every_refusal_is_an_error_document;
    postgres: j107_a_fault_of_the_server_is_one_too
}

/// Returns every error of every refusal, with the status of its answer.
#[track_caller]
fn errors(sample: &Sample) -> Vec<(u16, Value)> {
    let mut found = Vec::new();
    for (_, answer) in refusals(&sample.world) {
        let document = answer.json();
        let errors = document["errors"].as_array().unwrap_or_else(|| panic!("{document}"));
        found.extend(errors.iter().map(|error| (answer.status, error.clone())));
    }
    assert!(found.len() > 20, "{}", found.len());
    found
}

fn j103_errors_are_an_array_of_known_members(place: &Place) {
    let sample = Sample::make(place);
    let known = ["id", "links", "status", "code", "title", "detail", "source", "meta"];
    for (_, answer) in refusals(&sample.world) {
        let document = answer.json();
        let errors = document["errors"].as_array().unwrap_or_else(|| panic!("{document}"));
        assert!(!errors.is_empty(), "{document}");
        for error in errors {
            let members = error.as_object().unwrap_or_else(|| panic!("{document}"));
            assert!(!members.is_empty(), "{document}");
            assert!(members.keys().all(|name| known.contains(&name.as_str())), "{error}");
        }
    }
}

fn j104_statuses_are_strings_and_the_most_general_one_is_answered(place: &Place) {
    let sample = Sample::make(place);
    let mut ids = Vec::new();
    for (status, error) in errors(&sample) {
        for name in ["id", "status", "code", "title", "detail"] {
            let text = error[name].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "'{name}' in {error}");
        }
        // Only the answer below mixes statuses.
        assert_eq!(error["status"], json!(status.to_string()), "{error}");
        ids.push(error["id"].as_str().unwrap().to_owned());
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an error has an id of its own");
    let deal = [("deal", "deals", "987654321")];
    let dates = json!({"start_on": "2025-01-01", "end_on": "x", "amount_percent": "1"});
    let mixed = document("revenue_distributions", dates.clone(), &deal);
    let path = "/revenue_distributions";
    let found = complaints(&sample.world.post(path, &mixed).expect(400));
    assert_eq!(found, ["422 /data/attributes/end_on", "404 /data/relationships/deal"]);
    let mut alike = document("revenue_distributions", dates, &[]);
    alike["data"]["attributes"]["start_on"] = json!("y");
    assert_eq!(complaints(&sample.world.post(path, &alike).expect(422)).len(), 3);
}

/// A pointer to a missing member names its place (wire conventions); the object that should have it
/// is there.
fn j105_a_source_is_one_place_in_the_request(place: &Place) {
    let sample = Sample::make(place);
    for (_, error) in errors(&sample) {
        let Some(source) = error.get("source") else { continue };
        let members = source.as_object().unwrap_or_else(|| panic!("{error}"));
        let known = |name: &String| matches!(name.as_str(), "pointer" | "parameter" | "header");
        assert!(members.len() == 1 && members.keys().all(known), "{error}");
        assert!(members.values().all(Value::is_string), "{error}");
    }
    let bodies = [
        json!({}),
        json!({"data": 1}),
        json!({"data": {"type": 1}}),
        json!({"data": {"type": "revenue_distributions", "id": 1}}),
        json!({"data": {"type": "revenue_distributions", "attributes": 1, "relationships": 1}}),
        json!({"data": {"type": "revenue_distributions"}}),
        json!({"data": {"type": "revenue_distributions", "attributes": {
            "start_on": 1, "end_on": null, "a/b~c": 1, "amount": 1, "deal_id": []}}}),
        json!({"data": {"type": "revenue_distributions", "attributes": {"deal_id": 999}}}),
        json!({"data": {"type": "revenue_distributions", "relationships": {"deal": 1, "x": 1}}}),
        json!({"data": {"type": "revenue_distributions", "relationships": {"deal": {"data": []}}}}),
    ];
    for body in bodies {
        let answer = sample.world.post("/revenue_distributions", &body);
        for error in answer.json()["errors"].as_array().unwrap() {
            let pointer = error["source"]["pointer"].as_str().unwrap_or_else(|| panic!("{error}"));
            let mut holder = pointer.rsplit_once('/').unwrap_or_default().0;
            // Where the family itself is missing, a required field in it is reported as well.
            if body.pointer(holder).is_none() {
                holder = holder.rsplit_once('/').unwrap().0;
            }
            assert!(body.pointer(holder).is_some(), "{pointer} in {body}");
        }
    }
    let escaped = json!({"data": {"type": "deals", "attributes": {"a/b~c": 1}}});
    let faults = complaints(&sample.world.patch("/deals/2", &escaped).expect(422));
    assert_eq!(faults, ["422 /data/attributes/a~1b~0c"]);
    let unreadable = send_body(&sample.world, "POST", "/deals", "{").expect(400).json();
    assert_eq!(unreadable["errors"][0].get("source"), None);
}

fn j106_titles_do_not_vary_and_kinds_are_addresses(place: &Place) {
    let sample = Sample::make(place);
    let mut titles: BTreeMap<String, String> = BTreeMap::new();
    let mut kinds = 0;
    for (_, error) in errors(&sample) {
        let word = |name: &str| error[name].as_str().unwrap().to_owned();
        let title = titles.entry(word("code")).or_insert_with(|| word("title"));
        assert_eq!(*title, word("title"), "{error}");
        let Some(links) = error.get("links") else { continue };
        for (name, link) in links.as_object().unwrap_or_else(|| panic!("{error}")) {
            assert!(matches!(name.as_str(), "about" | "type"), "{error}");
            assert!(link.as_str().unwrap().starts_with(&format!("{PROFILE}/")), "{error}");
            kinds += 1;
        }
    }
    assert!(titles.len() > 12 && kinds > 1, "{titles:?} {kinds}");
    let detail = |path: &str| {
        let error = sample.world.get(path).expect(400).json()["errors"][0].clone();
        (error["title"].clone(), error["detail"].clone())
    };
    let (one, other) = (detail("/deals?sort=x"), detail("/deals?sort=y"));
    assert_eq!(one.0, other.0);
    assert_ne!(one.1, other.1, "what varies is the detail");
}

#[track_caller]
fn is_error_document(answer: &Answer) {
    let document = answer.json();
    let mut members: Vec<&String> = document.as_object().unwrap().keys().collect();
    members.retain(|name| !matches!(name.as_str(), "jsonapi" | "links" | "meta"));
    assert_eq!(members, ["errors"], "{document}");
    assert!(!complaints(answer).is_empty());
}

fn j107_every_refusal_is_an_error_document(place: &Place) {
    let sample = Sample::make(place);
    let mut statuses = Vec::new();
    for (_, answer) in refusals(&sample.world) {
        is_error_document(&answer);
        if answer.status == 405 {
            assert!(answer.header("Allow").is_some_and(|allow| allow.contains("GET")));
        }
        statuses.push(answer.status);
    }
    statuses.dedup();
    assert_eq!(statuses, [400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 422]);
    let limited = World::configured(place, |config| config.service.limit_rates = true);
    let refused = (0..101).map(|_| limited.get("/organizations")).find(|it| it.status != 200);
    is_error_document(&refused.expect("there is a limit").expect(429));
    let plain = addresses(&sample.world).into_iter().map(|address| address.path);
    let wrong = ["/deals?x=1", "/deals/999", "/nothing"].map(str::to_owned);
    for path in plain.chain(wrong) {
        let (get, head) = (sample.world.get(&path), sample.world.request("HEAD", &path, None));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["Content-Type", "Content-Length", "ETag", "Vary"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
    }
}

fn j107_a_fault_of_the_server_is_one_too(place: &Place) {
    let world = World::start(place);
    place.cluster().unwrap().query(&place.url, "ALTER TABLE deals RENAME TO gone");
    for path in ["/deals", "/deals/1"] {
        is_error_document(&world.get(path).expect(500));
    }
}
