//! What the tests of the standard walk over: every address of every declared type, and answers to
//! every kind of request. Not here: what must be so about them.

use apportion_jsonapi::{Cardinality, Relationship, ResourceType};
use apportion_server::store::Field;
use serde_json::{Value, json};

use crate::support::atomic::{add_deal, operate};
use crate::support::http::{Answer, send};
use crate::support::rows::sample::Sample;
use crate::support::world::{JSON_API, World, document, stored_types};

/// The profile of cursor pages.
pub const PROFILE: &str = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination";

/// What an address answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Collection,
    Resource,
    RelatedOne,
    RelatedMany,
    LinkageOne,
    LinkageMany,
}

/// An address that takes GET.
pub struct Address {
    pub path: String,
    pub shows: Shows,
    /// The type that its primary data are of.
    pub kind: &'static ResourceType<Field>,
    /// The relationship and the address of the resource that it belongs to.
    pub of: Option<(&'static Relationship<Field>, String)>,
}

impl Address {
    /// Whether primary data are many.
    pub fn is_many(&self) -> bool {
        matches!(self.shows, Shows::Collection | Shows::RelatedMany | Shows::LinkageMany)
    }

    /// Whether primary data are resources, not identifiers of them.
    pub fn has_resources(&self) -> bool {
        !matches!(self.shows, Shows::LinkageOne | Shows::LinkageMany)
    }
}

/// Every address of every type: its collection, its first two rows, and all their relationships.
/// Of these rows in a sample some relate to nothing.
#[track_caller]
pub fn addresses(world: &World) -> Vec<Address> {
    let mut found = Vec::new();
    for kind in stored_types() {
        let list = format!("/{}", kind.name);
        let rows = world.get(&format!("{list}?page[size]=2")).expect(200).json();
        let rows = rows["data"].as_array().unwrap();
        assert!(!rows.is_empty(), "the sample has no {}", kind.name);
        for row in rows {
            let row = format!("{list}/{}", row["id"].as_str().unwrap());
            for relationship in &kind.relationships {
                let target = stored_types().find(|it| it.name == relationship.target).unwrap();
                let name = relationship.name;
                let (related, linkage) = match relationship.cardinality {
                    Cardinality::One => (Shows::RelatedOne, Shows::LinkageOne),
                    Cardinality::Many => (Shows::RelatedMany, Shows::LinkageMany),
                };
                let ways = [("", related), ("relationships/", linkage)];
                found.extend(ways.map(|(way, shows)| Address {
                    path: format!("{row}/{way}{name}"),
                    shows,
                    kind: target,
                    of: Some((relationship, row.clone())),
                }));
            }
            found.push(Address { path: row, shows: Shows::Resource, kind, of: None });
        }
        found.push(Address { path: list, shows: Shows::Collection, kind, of: None });
    }
    found
}

/// What was asked, and the answer.
pub type Told = (String, Answer);

/// Every address, plainly and with all that shapes it.
#[track_caller]
pub fn reads(world: &World) -> Vec<Told> {
    let mut told = Vec::new();
    for address in addresses(world) {
        let mut queries = vec![String::new()];
        if address.has_resources() {
            queries.extend(include_all(address.kind).map(|include| format!("?{include}")));
        }
        if address.is_many() {
            queries.push("?page[size]=1&filter[id][gt_eq]=1&sort=-id".to_owned());
            queries.push("?page[after]=&page[size]=1".to_owned());
        }
        for query in queries {
            let path = format!("{}{query}", address.path);
            let answer = world.get(&path).expect(200);
            told.push((format!("GET {path}"), answer));
        }
    }
    told
}

/// `include=` with every relationship of the type.
pub fn include_all(kind: &ResourceType<Field>) -> Option<String> {
    let names: Vec<&str> = kind.relationships.iter().map(|it| it.name).collect();
    (!names.is_empty()).then(|| format!("include={}", names.join(",")))
}

/// Every path over relationships of a type, of one step or two.
pub fn include_paths(kind: &ResourceType<Field>) -> Vec<String> {
    let mut paths = Vec::new();
    for first in &kind.relationships {
        paths.push(first.name.to_owned());
        let next = stored_types().find(|it| it.name == first.target).unwrap();
        paths.extend(next.relationships.iter().map(|it| format!("{}.{}", first.name, it.name)));
    }
    paths
}

/// Writes of every kind, and answers without a document.
#[track_caller]
pub fn writes(world: &World) -> Vec<Told> {
    let deal = document("deals", json!({"name": "Written"}), &[]);
    let linkage = json!({"data": {"type": "deals", "id": "3"}});
    let person = world.get("/people/2");
    let tag = person.header("ETag").unwrap();
    let known = ask(world, "GET", "/people/2", &[("If-None-Match", tag)], b"");
    let told = |asked: &str, answer: Answer| (asked.to_owned(), answer);
    vec![
        told("POST", world.post("/deals", &deal).expect(201)),
        told("POST, included", world.post("/deals?include=creator", &deal).expect(201)),
        told("PATCH", world.patch("/deals/2", &deal).expect(200)),
        told(
            "PATCH of linkage",
            world.patch("/revenue_distributions/3/relationships/deal", &linkage).expect(200),
        ),
        told("operations", operate(world, &[add_deal("a")]).expect(200)),
        told("DELETE", world.delete("/revenue_distributions/2").expect(204)),
        told("HEAD", world.request("HEAD", "/deals", None).expect(200)),
        told("OPTIONS", world.request("OPTIONS", "/deals", None).expect(204)),
        told("GET of what is known", known.expect(304)),
        told("health", send(world.address(), "GET", "/health/live", &[], b"").expect(200)),
    ]
}

/// A refusal of every status that a client comes by; nothing is written.
#[track_caller]
pub fn refusals(world: &World) -> Vec<Told> {
    let deal = document("deals", json!({"name": "D"}), &[]);
    let owned = json!({"data": {"type": "deals", "id": "7"}});
    let foreign = document("people", json!({}), &[]);
    let large = vec![b' '; 1024 * 1024 + 1];
    let path = "/deals/2";
    let stale = [("Content-Type", JSON_API), ("If-Match", "\"x\"")];
    let told = [
        (400, world.get("/deals?x=1&sort=x&include=x&page[size]=0&fields[x]=x&filter[x]=1")),
        (400, world.get("/deals?page[after]=&page[size]=201")),
        (400, world.get("/deals?page[after]=&page[before]=")),
        (400, world.post("/deals", &json!({"data": []}))),
        (400, operate(world, &[json!({"op": "x"})])),
        (401, world.request_as("", "GET", "/deals", None)),
        (403, world.request_as(&world.reader, "POST", "/deals", Some(&deal))),
        (403, world.post("/deals", &owned)),
        (404, world.get("/deals/999")),
        (404, world.get("/nothing")),
        (404, send(world.address(), "GET", "/health/x", &[], b"")),
        (405, world.request("PUT", "/deals", None)),
        (406, ask(world, "GET", path, &[("Accept", "text/html")], b"")),
        (409, world.delete(path)),
        (409, world.post("/deals", &foreign)),
        (412, ask(world, "PATCH", path, &stale, deal.to_string().as_bytes())),
        (413, ask(world, "POST", "/deals", &[("Content-Type", JSON_API)], &large)),
        (414, world.get(&format!("/deals?{}", "x".repeat(9_000)))),
        (415, ask(world, "POST", "/deals", &[("Content-Type", "text/plain")], b"x")),
        (422, world.post("/deals", &document("deals", json!({"value": "x"}), &[]))),
    ];
    let label = |(status, answer): (u16, Answer)| (status.to_string(), answer.expect(status));
    told.into_iter().map(label).collect()
}

/// Answers to every kind of request.
#[track_caller]
pub fn answers(sample: &Sample) -> Vec<Told> {
    let world = &sample.world;
    [refusals(world), reads(world), writes(world)].concat()
}

/// The documents among the answers.
#[track_caller]
pub fn documents(sample: &Sample) -> Vec<(String, Value)> {
    let told = answers(sample).into_iter().filter(|(_, answer)| !answer.body.is_empty());
    told.map(|(asked, answer)| (asked, answer.json())).collect()
}

/// Sends a request with our token and these headers; `path` follows `/api/v2`.
#[track_caller]
pub fn ask(
    world: &World,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut all = vec![("X-Auth-Token", world.token_for(path))];
    all.extend(headers);
    send(world.address(), method, &format!("/api/v2{path}"), &all, body)
}

/// A document that makes another row like the first of a type.
#[track_caller]
pub fn another(world: &World, kind: &ResourceType<Field>) -> Value {
    let rows = world.get(&format!("/{}?page[size]=1", kind.name)).expect(200).json();
    let (mut attributes, mut relationships) = (json!({}), json!({}));
    for attribute in kind.attributes.iter().filter(|it| it.writable) {
        attributes[attribute.name] = rows["data"][0]["attributes"][attribute.name].clone();
    }
    for relationship in kind.relationships.iter().filter(|it| it.writable) {
        let linkage = &rows["data"][0]["relationships"][relationship.name]["data"];
        if relationship.cardinality == Cardinality::Many {
            continue;
        }
        relationships[relationship.name] = json!({"data": linkage});
    }
    let data = json!({"type": kind.name, "attributes": attributes, "relationships": relationships});
    json!({"data": data})
}

/// Linkage from a relationship to one row.
pub fn linkage_to(relationship: &Relationship<Field>, id: &str) -> Value {
    let identifier = json!({"type": relationship.target, "id": id});
    match relationship.cardinality {
        Cardinality::One => json!({"data": identifier}),
        Cardinality::Many => json!({"data": [identifier]}),
    }
}

/// The types whose rows are changed, with the address of their first row.
#[track_caller]
pub fn written(world: &World) -> Vec<(&'static ResourceType<Field>, String)> {
    let written = stored_types().filter(|kind| kind.is_changeable());
    let first = |kind: &'static ResourceType<Field>| {
        let rows = world.get(&format!("/{}?page[size]=1", kind.name)).expect(200).json();
        (kind, format!("/{}/{}", kind.name, rows["data"][0]["id"].as_str().unwrap()))
    };
    written.map(first).collect()
}
