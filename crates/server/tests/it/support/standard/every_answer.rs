//! Answers to requests of every kind: reads of every address, writes, and refusals of every status.
//! Not here: the rules that they must follow.

use std::sync::OnceLock;

use apportion_testing::{Backend, Place};
use serde_json::{Value, json};

use super::addresses::{addresses, include_all};
use crate::support::atomic::{add_deal, operate};
use crate::support::rows::sample::Sample;
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

/// The profile of cursor pages.
pub const PROFILE: &str = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination";

/// A request in words, and its answer.
pub type Exchange = (String, Answer);

/// Reads every address, plainly and with parameters of every family.
#[track_caller]
pub fn reads(world: &World) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
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
            exchanges.push((format!("GET {path}"), answer));
        }
    }
    exchanges
}

/// Sends writes of every kind, and requests whose answers have no document.
#[track_caller]
fn writes(world: &World) -> Vec<Exchange> {
    let deal = document("deals", json!({"name": "Written"}), &[]);
    let linkage = json!({"data": {"type": "deals", "id": "3"}});
    let person = world.get("/people/2");
    let tag = person.header("ETag").unwrap();
    let known = ask(world, "GET", "/people/2", &[("If-None-Match", tag)], b"");
    let exchange = |request: &str, answer: Answer| (request.to_owned(), answer);
    vec![
        exchange("POST", world.post("/deals", &deal).expect(201)),
        exchange("POST, included", world.post("/deals?include=creator", &deal).expect(201)),
        exchange("PATCH", world.patch("/deals/2", &deal).expect(200)),
        exchange(
            "PATCH of linkage",
            world.patch("/revenue_distributions/3/relationships/deal", &linkage).expect(200),
        ),
        exchange("operations", operate(world, &[add_deal("a")]).expect(200)),
        exchange("DELETE", world.delete("/revenue_distributions/2").expect(204)),
        exchange("HEAD", world.request("HEAD", "/deals", None).expect(200)),
        exchange("OPTIONS", world.request("OPTIONS", "/deals", None).expect(204)),
        exchange("GET of what is known", known.expect(304)),
        exchange("health", send(world.address(), "GET", "/health/live", &[], b"").expect(200)),
    ]
}

/// Sends requests that are refused with every status that clients meet; nothing is written.
#[track_caller]
pub fn refusals(world: &World) -> Vec<Exchange> {
    let deal = document("deals", json!({"name": "D"}), &[]);
    let owned = json!({"data": {"type": "deals", "id": "7"}});
    let foreign = document("people", json!({}), &[]);
    let large = vec![b' '; 1024 * 1024 + 1];
    let path = "/deals/2";
    let stale = [("Content-Type", JSON_API), ("If-Match", "\"x\"")];
    let exchanges = [
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
    exchanges.into_iter().map(label).collect()
}

/// A request in words, and the document that answers it.
pub type Documented = (String, Value);

/// Something that is asked for once in a run of each kind of database, since many cases look at it.
pub struct Once<T>([OnceLock<T>; 2]);

impl<T> Once<T> {
    pub const fn new() -> Self {
        Self([const { OnceLock::new() }; 2])
    }

    /// Returns it, and makes it first if nobody has yet.
    #[track_caller]
    pub fn of(&self, place: &Place, make: impl FnOnce() -> T) -> &T {
        let [sqlite, postgres] = &self.0;
        let slot = if place.backend == Backend::Sqlite { sqlite } else { postgres };
        slot.get_or_init(make)
    }
}

/// Returns answers to every kind of request.
#[track_caller]
pub fn answers(place: &Place) -> &'static [Exchange] {
    static ANSWERS: Once<Vec<Exchange>> = Once::new();
    ANSWERS.of(place, || {
        let another = place.another();
        let world = Sample::make(&another).world;
        [refusals(&world), reads(&world), writes(&world)].concat()
    })
}

/// Returns the documents among the answers.
#[track_caller]
pub fn documents(place: &Place) -> &'static [Documented] {
    static DOCUMENTS: Once<Vec<Documented>> = Once::new();
    let full = || answers(place).iter().filter(|(_, answer)| !answer.body.is_empty());
    DOCUMENTS
        .of(place, || full().map(|(request, answer)| (request.clone(), answer.json())).collect())
}

/// Sends a request with the token that the address needs, and with these headers; `path` follows
/// `/api/v2`.
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
