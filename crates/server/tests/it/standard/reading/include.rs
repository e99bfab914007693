//! J49 to J52: the resources that an `include` adds. Not here: the rules of every compound document
//! (`compound`).

use std::collections::BTreeSet;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{ATOMIC, add_deal};
use crate::support::included::{identity, linked};
use crate::support::refusal::complaints;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{addresses, include_paths};
use crate::support::standard::document_parts::several;
use crate::support::standard::every_answer::ask;
use crate::support::world::document;

apportion_testing::cases! {
    j49_requests_without_resources_refuse_include,
    j50_an_unknown_path_is_400,
    j51_included_is_what_was_requested_even_if_empty,
    j52_paths_bring_what_lies_between_wherever_resources_are_shown,
}

/// These requests have no document that could include anything.
fn j49_requests_without_resources_refuse_include(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let body = json!({"atomic:operations": [add_deal("a")]}).to_string();
    let content = [("Content-Type", ATOMIC)];
    let path = "/operations?include=creator";
    let refused = ask(world, "POST", path, &content, body.as_bytes()).expect(400);
    assert_eq!(complaints(&refused), ["400 include"]);
    let refused = world.delete("/revenue_distributions/2?include=deal").expect(400);
    assert_eq!(complaints(&refused), ["400 include"]);
    world.get("/revenue_distributions/2").expect(200);
}

fn j50_an_unknown_path_is_400(place: &Place) {
    let sample = Sample::make(place);
    for address in addresses(&sample.world) {
        let mut unknown = vec!["nothing".to_owned(), "id".to_owned(), ".".to_owned()];
        unknown.extend(address.kind.attributes.iter().map(|it| it.name.to_owned()));
        unknown.extend(address.kind.relationships.iter().map(|it| format!("{}.x", it.name)));
        for include in unknown {
            let path = format!("{}?include={include}", address.path);
            let answer = sample.world.get(&path);
            assert_eq!(answer.status, 400, "{path}");
            assert_eq!(complaints(&answer), ["400 include"], "{path}");
        }
    }
    let deal = document("deals", json!({"name": "D"}), &[]);
    for (method, path) in [("POST", "/deals?include=x"), ("PATCH", "/deals/2?include=creator.x")] {
        let answer = sample.world.request(method, path, Some(&deal)).expect(400);
        assert_eq!(complaints(&answer), ["400 include"], "{path}");
    }
}

fn j51_included_is_what_was_requested_even_if_empty(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.has_resources()) {
        let plain = world.get(&address.path).expect(200).json();
        assert_eq!(plain.get("included"), None, "{}", address.path);
        let none = world.get(&format!("{}?include=", address.path)).expect(200).json();
        assert_eq!(none["included"], json!([]), "{}", address.path);
        assert_eq!(none["data"], plain["data"], "{}", address.path);
        for relationship in &address.kind.relationships {
            let path = format!("{}?include={}", address.path, relationship.name);
            let included = world.get(&path).expect(200).json()["included"].clone();
            let rows = included.as_array().unwrap_or_else(|| panic!("{path}: {included}"));
            let requested = |row: &Value| row["type"] == relationship.target;
            assert!(rows.iter().all(requested), "{path}: {included}");
        }
    }
    // The deal has no creator to include.
    let nobody = world.get("/deals/3?include=creator").expect(200).json();
    assert_eq!(nobody["included"], json!([]));
    let empty = world.get("/deals?filter[id]=99&include=creator").expect(200).json();
    assert_eq!(empty["included"], json!([]));
}

type Identities = BTreeSet<(String, String)>;

/// Returns the resources that a document includes, as `type/id`.
#[track_caller]
fn included(document: &Value) -> Vec<String> {
    let rows = document["included"].as_array().unwrap_or_else(|| panic!("{document}"));
    let found: Identities = rows.iter().map(identity).collect();
    found.into_iter().map(|(kind, id)| format!("{kind}/{id}")).collect()
}

fn j52_paths_bring_what_lies_between_wherever_resources_are_shown(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let brings = |path: &str, expected: &[&str]| {
        assert_eq!(included(&world.get(path).expect(200).json()), expected, "{path}");
    };
    brings("/revenue_distributions/3?include=deal.creator", &["deals/2", "people/2"]);
    brings(
        "/revenue_distributions/3?include=creator,deal.organization",
        &["deals/2", "organizations/1", "people/2"],
    );
    brings("/revenue_distributions/5?include=creator%2Cdeal", &["deals/4", "people/3"]);
    // A path of two steps adds all that its first step adds.
    for address in addresses(world).iter().filter(|address| address.has_resources()) {
        for path in include_paths(address.kind).iter().filter(|path| path.contains('.')) {
            let document = |include: &str| {
                world.get(&format!("{}?include={include}", address.path)).expect(200).json()
            };
            let short = linked(&document(path.split('.').next().unwrap())).unwrap();
            let long = linked(&document(path)).unwrap();
            assert!(long.is_superset(&short), "{}: {path}", address.path);
        }
    }
    let deal = document("deals", json!({"name": "New"}), &[]);
    let made = world.post("/deals?include=organization,creator", &deal).expect(201).json();
    assert_eq!(included(&made), ["organizations/1"]);
    let changed = world.patch("/deals/2?include=revenue_distributions.creator", &deal);
    let expected = ["people/2", "revenue_distributions/2", "revenue_distributions/3"];
    assert_eq!(included(&changed.expect(200).json()), expected);
    // At the address of a relationship a path begins with the relationship's name.
    let linkage = "/deals/2/relationships";
    brings(
        &format!("{linkage}/creator?include=creator.organization"),
        &["organizations/1", "people/2"],
    );
    brings(
        &format!("{linkage}/revenue_distributions?include=revenue_distributions.creator"),
        &["people/2", "revenue_distributions/2", "revenue_distributions/3"],
    );
    brings(&format!("{linkage}/creator?include="), &[]);
    brings("/deals/3/relationships/creator?include=creator", &[]);
    let plain = world.get(&format!("{linkage}/creator")).expect(200).json();
    assert_eq!(plain.get("included"), None);
    for row in several(&plain["data"]) {
        assert_eq!(row.get("attributes"), None);
    }
    let moved = json!({"data": {"type": "deals", "id": "4"}});
    let path = "/revenue_distributions/3/relationships/deal?include=deal.creator";
    let moved = world.patch(path, &moved).expect(200).json();
    assert_eq!(included(&moved), ["deals/4", "people/3"]);
}
