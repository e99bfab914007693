//! Methods: a route lists those that it takes, and lists them when it refuses another.

use apportion_jsonapi::resource::Cardinality;
use apportion_testing::Place;

use crate::support::refusal::{complaints, rows};
use crate::support::resources::person;
use crate::support::rows::payouts;
use crate::support::world::{World, stored_types};

apportion_testing::cases! { every_route_names_its_methods, heads_are_gets_without_bodies, options }

const METHODS: &[&str] =
    &["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE", "PUT", "TRACE", "PURGE", "get"];

/// A path, the methods that it lists, and those of them that it refuses by another status than 405.
type Named = (String, &'static str, &'static [&'static str]);

/// Returns every route of every type.
fn routes() -> Vec<Named> {
    let mut routes: Vec<Named> = Vec::new();
    for resource in stored_types() {
        let name = resource.name;
        let list =
            if resource.writable { "GET, HEAD, OPTIONS, POST" } else { "GET, HEAD, OPTIONS" };
        let row = match resource.is_changeable() {
            true => "GET, HEAD, OPTIONS, PATCH, DELETE",
            false => "GET, HEAD, OPTIONS",
        };
        routes.push((format!("/{name}"), list, &[]));
        routes.push((format!("/{name}/"), list, &[]));
        routes.push((format!("/{name}/1"), row, &[]));
        for relationship in &resource.relationships {
            const READ: &str = "GET, HEAD, OPTIONS";
            let writable = (resource.is_changeable(), relationship.is_changeable());
            let (named, refused): (_, &'static [_]) = match (writable, relationship.cardinality) {
                ((false, _), _) => (READ, &[]),
                ((true, false), Cardinality::One) => (READ, &["PATCH"]),
                ((true, false), Cardinality::Many) => (READ, &["PATCH", "POST", "DELETE"]),
                ((true, true), Cardinality::One) => ("GET, HEAD, OPTIONS, PATCH", &[]),
                ((true, true), Cardinality::Many) => {
                    ("GET, HEAD, OPTIONS, PATCH, POST, DELETE", &[])
                }
            };
            routes.push((format!("/{name}/1/{}", relationship.name), READ, &[]));
            let linkage = format!("/{name}/1/relationships/{}", relationship.name);
            routes.push((linkage, named, refused));
        }
    }
    routes
}

fn world(place: &Place) -> World {
    let world = World::start(place);
    person(&world);
    let deal = world.deal("D", 1);
    world.spread(&deal, "2025-01-01", "2025-01-01", "1");
    payouts::fill(&world, (&world.token, world.organization), &deal);
    world
}

fn every_route_names_its_methods(place: &Place) {
    let world = world(place);
    let before = rows(&world);
    for (path, allowed, refused) in routes() {
        for method in METHODS {
            let taken = allowed.split(", ").any(|one| one == *method);
            if taken && !matches!(*method, "GET" | "HEAD" | "OPTIONS") {
                continue;
            }
            let answer = world.request(method, &path, None);
            if refused.contains(method) {
                assert_eq!(answer.status, 403, "{method} {path}");
            } else if taken {
                assert!(matches!(answer.status, 200 | 204), "{method} {path}: {}", answer.status);
            } else {
                assert_eq!(answer.status, 405, "{method} {path}");
                assert_eq!(answer.header("Allow"), Some(allowed), "{method} {path}");
                assert_eq!(complaints(&answer), ["405"], "{method} {path}");
            }
        }
    }
    assert!(rows(&world) == before);
}

fn heads_are_gets_without_bodies(place: &Place) {
    let world = world(place);
    let paths = ["/deals", "/deals/1", "/deals/1/revenue_distributions", "/deals/9", "/deals?x=1"];
    for path in paths {
        let (head, get) = (world.request("HEAD", path, None), world.get(path));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for name in ["Content-Type", "Content-Length", "Vary", "Cache-Control"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        let length = get.header("Content-Length").unwrap();
        assert_eq!(length, get.body.len().to_string());
    }
}

fn options(place: &Place) {
    let world = world(place);
    for (path, allowed, _) in routes() {
        let answer = world.request("OPTIONS", &path, None).expect(204);
        assert_eq!((answer.header("Allow"), answer.body.len()), (Some(allowed), 0), "{path}");
    }
    world.request("OPTIONS", "/nothing", None).expect(404);
    world.request_as("", "OPTIONS", "/deals", None).expect(401);
    world.request_as(&world.reader, "OPTIONS", "/deals", None).expect(204);
}
