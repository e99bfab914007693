//! Every endpoint of every type, requested without a token, as another organization and as a
//! reader. The list follows from the declarations; a type that has no row here fails the test.

use apportion_jsonapi::resource::Cardinality;
use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::{complaints, rows};
use crate::support::resources::person;
use crate::support::rows::payouts;
use crate::support::world::{World, stored_types};
use apportion_testing::http::send;

apportion_testing::cases! {
    the_table_is_complete, nobody_gets_401, other_organizations_get_404, readers_get_403_for_writes,
    owners_get_what_there_is
}

/// The types, and the id of a row of ours in each.
const ROWS: &[(&str, &str)] = &[
    ("organizations", "1"),
    ("people", "1"),
    ("deals", "1"),
    ("revenue_distributions", "1"),
    ("collaborators", "1"),
    ("distributors", "1"),
    ("metrics", "1"),
    ("metric_credits", "1"),
    ("obligations", "1"),
    ("distributions", "1"),
    ("allocations", "1"),
    ("settlements", "1"),
    ("distribution_refunds", "1"),
    ("events", "1"),
    ("tokens", "1"),
];

#[derive(Debug)]
struct Endpoint {
    method: &'static str,
    path: String,
    /// Whether a row of ours is named.
    row: bool,
}

fn world(place: &Place) -> World {
    let world = World::start(place);
    person(&world);
    let deal = world.deal("D", 100);
    world.spread(&deal, "2025-01-01", "2025-01-01", "1");
    payouts::fill(&world, (&world.token, world.organization), &deal);
    world
}

fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for resource in stored_types() {
        let name = resource.name;
        let Some((_, id)) = ROWS.iter().find(|(known, _)| *known == name) else { continue };
        let mut add = |method, path: String, row| endpoints.push(Endpoint { method, path, row });
        for method in ["GET", "HEAD", "OPTIONS"] {
            add(method, format!("/{name}"), false);
            add(method, format!("/{name}/{id}"), true);
        }
        for relationship in &resource.relationships {
            add("GET", format!("/{name}/{id}/{}", relationship.name), true);
            let linkage = format!("/{name}/{id}/relationships/{}", relationship.name);
            let methods: &[&str] = match (resource.is_changeable(), relationship.cardinality) {
                (false, _) => &["GET"],
                (true, Cardinality::One) => &["GET", "PATCH"],
                (true, Cardinality::Many) => &["GET", "PATCH", "POST", "DELETE"],
            };
            methods.iter().for_each(|method| add(method, linkage.clone(), true));
        }
        if resource.writable {
            add("POST", format!("/{name}"), false);
        }
        if resource.is_changeable() {
            add("PATCH", format!("/{name}/{id}"), true);
            add("DELETE", format!("/{name}/{id}"), true);
        }
    }
    endpoints
}

fn the_table_is_complete(place: &Place) {
    let world = world(place);
    let mut declared: Vec<&str> = stored_types().map(|resource| resource.name).collect();
    let mut walked: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    declared.sort_unstable();
    walked.sort_unstable();
    assert_eq!(declared, walked, "a type needs a row in ROWS, made in `world`");
    for (name, id) in ROWS {
        assert_eq!(world.get(&format!("/{name}/{id}")).expect(200).json()["data"]["id"], json!(id));
    }
}

fn is_write(method: &str) -> bool {
    matches!(method, "POST" | "PATCH" | "DELETE")
}

fn nobody_gets_401(place: &Place) {
    let world = world(place);
    let before = rows(&world);
    for Endpoint { method, path, .. } in endpoints() {
        let answer = send(world.address(), method, &format!("/api/v2{path}"), &[], b"");
        assert_eq!(answer.status, 401, "{method} {path}");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    }
    assert!(rows(&world) == before);
}

fn other_organizations_get_404(place: &Place) {
    let world = world(place);
    let before = rows(&world);
    for endpoint in endpoints() {
        let Endpoint { method, path, row } = &endpoint;
        let body = is_write(method).then(|| json!({"data": {}}));
        let answer = world.request_as(&world.stranger, method, path, body.as_ref());
        if *row && *method != "OPTIONS" {
            assert_eq!(answer.status, 404, "{endpoint:?}");
            if *method != "HEAD" {
                assert_eq!(complaints(&answer), ["404"], "{endpoint:?}");
            }
        }
        if !*row && *method == "GET" {
            let shown = String::from_utf8_lossy(&answer.body).into_owned();
            // The other organization sees itself and its token, and the events of the making of
            // both.
            let own = match path.as_str() {
                "/organizations" | "/tokens" => 1,
                "/events" => 2,
                _ => 0,
            };
            assert_eq!(answer.json()["meta"]["total_count"], own, "{endpoint:?}");
            assert!(!shown.contains("Acme"), "{shown}");
        }
    }
    assert!(rows(&world) == before);
}

fn readers_get_403_for_writes(place: &Place) {
    let world = world(place);
    let before = rows(&world);
    for endpoint in endpoints() {
        let Endpoint { method, path, .. } = &endpoint;
        let answer = world.request_as(&world.reader, method, path, None);
        let expected = match *method {
            "GET" | "HEAD" if path.starts_with("/events") || path.starts_with("/tokens") => 403,
            "GET" | "HEAD" => 200,
            "OPTIONS" => 204,
            _ => 403,
        };
        assert_eq!(answer.status, expected, "{endpoint:?}");
    }
    assert!(rows(&world) == before);
}

fn owners_get_what_there_is(place: &Place) {
    let world = world(place);
    for Endpoint { method, path, .. } in endpoints() {
        let answer = world.request(method, &path, None);
        // A write without a body gets no further than its body, a deletion needs no body, and some
        // relationships are not the client's to set.
        let linkage = path.contains("/relationships/");
        let fits = match method {
            "POST" | "PATCH" | "DELETE" if linkage => matches!(answer.status, 400 | 403),
            "GET" | "HEAD" => answer.status == 200,
            "OPTIONS" => answer.status == 204,
            "DELETE" => matches!(answer.status, 204 | 409),
            _ => answer.status == 400,
        };
        assert!(fits, "{method} {path}: {}", answer.status);
    }
}
