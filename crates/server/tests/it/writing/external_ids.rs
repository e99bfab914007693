//! `external_id`, by which another system knows a row: at most one row of a type and tenant has it,
//! and whoever is refused is told which.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attribute, change};
use crate::support::rows::payouts::{make, owing, pool};
use crate::support::world::{World, document};

apportion_testing::cases! {
    every_type_has_one, it_is_unique_in_its_type_and_tenant, bad_ones_are_refused,
    one_of_many_at_once_has_it, operations_link_to_nothing_that_is_gone
}

/// Attributes and links of a new row.
type New = (Value, Vec<(&'static str, &'static str, String)>);

/// Returns how rows of the types that have an external id are made. The rows of the first types are
/// referred to by the others, and are there already.
fn types(world: &World) -> Vec<(&'static str, New)> {
    let deal = world.deal("Deal", 100);
    let collaborator = world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let payer = world.create("distributors", owing(), &[]);
    let sharing = world.create("distributors", pool(), &[]);
    let members = json!({"data": [{"type": "collaborators", "id": collaborator}]});
    let path = format!("/distributors/{sharing}/relationships/collaborators");
    world.patch(&path, &members).expect(200);
    let of = |payer: &str| {
        vec![
            ("distributor", "distributors", payer.to_owned()),
            ("collaborator", "collaborators", collaborator.clone()),
        ]
    };
    let days = json!({"start_on": "2026-01-01", "end_on": "2026-01-31", "amount_percent": "50"});
    vec![
        ("people", (json!({"first_name": "Ada", "last_name": "L"}), Vec::new())),
        ("deals", (json!({"name": "Deal"}), Vec::new())),
        ("revenue_distributions", (days, vec![("deal", "deals", deal)])),
        ("collaborators", (json!({"full_name": "Ben"}), Vec::new())),
        ("distributors", (owing(), Vec::new())),
        ("obligations", (json!({"value": 5}), of(&payer))),
        ("metric_credits", (json!({"points": 2}), of(&sharing))),
    ]
}

fn document_of(kind: &str, (attributes, links): &New, external_id: Value) -> Value {
    let mut attributes = attributes.clone();
    attributes["external_id"] = external_id;
    let links: Vec<_> = links.iter().map(|(name, kind, id)| (*name, *kind, id.as_str())).collect();
    document(kind, attributes, &links)
}

#[track_caller]
fn create(world: &World, kind: &str, new: &New, external_id: Value) -> String {
    let body = document_of(kind, new, external_id);
    let answer = world.post(&format!("/{kind}"), &body).expect(201);
    answer.json()["data"]["id"].as_str().unwrap().to_owned()
}

fn every_type_has_one(place: &Place) {
    let world = World::start(place);
    for (kind, new) in types(&world) {
        // Texts are composed, and compared as they are written.
        let id = create(&world, kind, &new, json!("cre\u{300}me-1"));
        let path = format!("/{kind}/{id}");
        assert_eq!(attribute(&world, &path, "external_id"), "cr\u{e8}me-1");
        let found = world.get(&format!("/{kind}?filter[external_id]=cr%C3%A8me-1")).expect(200);
        assert_eq!(found.json()["data"][0]["id"], id.as_str(), "{kind}");
        assert_eq!(found.json()["meta"]["total_count"], 1);
        let upper = world.get(&format!("/{kind}?filter[external_id]=CR%C3%88ME-1")).expect(200);
        assert_eq!(upper.json()["meta"]["total_count"], 0);
        let others =
            [create(&world, kind, &new, json!("b")), create(&world, kind, &new, json!(null))];
        let sorted = world.get(&format!("/{kind}?sort=external_id&filter[id][gt_eq]={id}"));
        let sorted: Vec<Value> = sorted.expect(200).json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].clone())
            .collect();
        assert_eq!(sorted, [others[0].as_str(), id.as_str(), others[1].as_str()], "{kind}");
        if kind == "metric_credits" {
            continue;
        }
        let version = world.get(&path).expect(200).header("ETag").map(str::to_owned);
        let changed = change(&world, &path, json!({"external_id": "c"}));
        assert_eq!(changed["external_id"], "c");
        assert_ne!(world.get(&path).expect(200).header("ETag").map(str::to_owned), version);
        // What was given up is free, and what a row has it may keep.
        change(&world, &format!("/{kind}/{}", others[0]), json!({"external_id": "cr\u{e8}me-1"}));
        change(&world, &path, json!({"external_id": "c"}));
        change(&world, &path, json!({"external_id": null}));
        change(&world, &format!("/{kind}/{}", others[1]), json!({"external_id": "c"}));
        // A change of something else leaves it.
        change(&world, &format!("/{kind}/{}", others[1]), json!({}));
        assert_eq!(attribute(&world, &format!("/{kind}/{}", others[1]), "external_id"), "c");
    }
    world.check_laws();
}

fn it_is_unique_in_its_type_and_tenant(place: &Place) {
    let world = World::start(place);
    make(&world, &world.stranger, "deals", json!({"name": "Theirs", "external_id": "7"}), &[]);
    for (kind, new) in types(&world) {
        let first = create(&world, kind, &new, json!("7"));
        let second = create(&world, kind, &new, json!(null));
        let taken = document_of(kind, &new, json!("7")).to_string();
        let fault = ["409 /data/attributes/external_id"];
        refused(&world, ("POST", &format!("/{kind}")), &taken, 409, &fault);
        let answer = world.post(&format!("/{kind}"), &serde_json::from_str(&taken).unwrap());
        let error = &answer.json()["errors"][0];
        let detail = format!("external_id '7' is that of another record of type {kind}");
        assert_eq!(error["detail"], detail.as_str());
        let about = format!("/api/v2/{kind}/{first}");
        assert_eq!(error["links"], json!({"about": about}));
        let shown = world.get(about.strip_prefix("/api/v2").unwrap()).expect(200).json();
        assert_eq!(shown["data"]["attributes"]["external_id"], "7");
        if kind != "metric_credits" {
            let body = document(kind, json!({"external_id": "7"}), &[]).to_string();
            refused(&world, ("PATCH", &format!("/{kind}/{second}")), &body, 409, &fault);
        }
    }
    // It is told together with all else.
    let body = document("deals", json!({"name": "", "external_id": "7"}), &[]).to_string();
    let faults = ["409 /data/attributes/external_id", "422 /data/attributes/name"];
    refused(&world, ("POST", "/deals"), &body, 400, &faults);
}

fn bad_ones_are_refused(place: &Place) {
    let world = World::start(place);
    for (kind, new) in types(&world) {
        for bad in [json!(""), json!("a\nb"), json!("n".repeat(256)), json!(7), json!(["7"])] {
            let body = document_of(kind, &new, bad).to_string();
            let fault = ["422 /data/attributes/external_id"];
            refused(&world, ("POST", &format!("/{kind}")), &body, 422, &fault);
        }
        create(&world, kind, &new, json!("\u{1f98a}".repeat(255)));
    }
}

fn one_of_many_at_once_has_it(place: &Place) {
    let world = World::start(place);
    for (kind, new) in types(&world) {
        let body = document_of(kind, &new, json!("at once"));
        let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
            let post = || {
                let answer = world.post(&format!("/{kind}"), &body);
                let document = answer.json();
                let made =
                    document["data"]["id"].as_str().map(|id| json!(format!("/api/v2/{kind}/{id}")));
                (
                    answer.status,
                    made.unwrap_or_else(|| document["errors"][0]["links"]["about"].clone()),
                )
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(post)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let made = answers.iter().filter(|(status, _)| *status == 201).count();
        let refused = answers.iter().filter(|(status, _)| *status == 409).count();
        assert_eq!((made, refused), (1, 7), "{kind}: {answers:?}");
        let one = &answers[0].1;
        assert!(answers.iter().all(|(_, about)| about == one), "{kind}: {answers:?}");
    }
}

/// A row that an operation of the same document added is gone once the document is refused.
fn operations_link_to_nothing_that_is_gone(place: &Place) {
    let world = World::start(place);
    let deal = world.create("deals", json!({"name": "There", "external_id": "there"}), &[]);
    let add = |external_id: &str| {
        let data = document("deals", json!({"name": "A", "external_id": external_id}), &[]);
        json!({"op": "add", "data": data["data"]})
    };
    let perform = |operations: Value| {
        let body = json!({"atomic:operations": operations}).to_string();
        let kind = "application/vnd.api+json;ext=\"https://jsonapi.org/ext/atomic\"";
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", kind)];
        let path = "/api/v2/operations";
        let answer =
            apportion_testing::http::send(world.address(), "POST", path, &headers, body.as_bytes());
        answer.expect(409).json()["errors"][0].clone()
    };
    let error = perform(json!([add("new"), add("new")]));
    assert_eq!(error["source"]["pointer"], "/atomic:operations/1/data/attributes/external_id");
    assert_eq!(error["links"], Value::Null);
    let error = perform(json!([add("new"), add("there")]));
    assert_eq!(error["links"], json!({"about": format!("/api/v2/deals/{deal}")}));
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 1);
}
