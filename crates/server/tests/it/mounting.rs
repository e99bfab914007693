//! The service as a part of somebody else's application: below a prefix, beside other routes and
//! under other middleware, and more than once in a process.

use std::time::{Duration, Instant};

use apportion_server::store::Address;
use apportion_server::{Apportion, Config, Parts};
use apportion_testing::Place;
use apportion_testing::http::{Answer, send};
use serde_json::{Value, json};

use crate::support::host::{Host, MIDDLEWARE};
use crate::support::resources::attributes;
use crate::support::rows::programme::Programme;
use crate::support::world::{JSON_API, World, document};

apportion_testing::cases! {
    links_carry_the_prefix, writes, operations, descriptions, recorded_addresses,
    others_are_left_alone, two_do_not_meet, parts, hosts, a_public_url_has_a_path, engine
}

/// A service at `/money` of the database of the place, and one deeper of another database.
struct Mounted {
    host: Host,
    /// The server that made the tenants, which serves the same database beside.
    world: World,
    books: World,
    _other: Place,
}

impl Mounted {
    fn start(place: &Place) -> Self {
        Self::configured(place, |_| {})
    }

    fn configured(place: &Place, change: impl FnOnce(&mut Config)) -> Self {
        let world = World::start(place);
        let other = place.another();
        let books = World::start(&other);
        let open =
            |database: &Address| Config { limit_rates: false, ..Config::of(database.clone()) };
        let mut config = open(&world.database);
        change(&mut config);
        let money = Apportion::open(&config).unwrap();
        let host = Host::start(money, Apportion::open(&open(&books.database)).unwrap());
        Self { host, world, books, _other: other }
    }

    /// Sends a request to the whole path, with a token.
    #[track_caller]
    fn send(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(|body| serde_json::to_vec(body).unwrap()).unwrap_or_default();
        let mut headers = vec![("X-Auth-Token", token)];
        if !body.is_empty() {
            headers.push(("Content-Type", JSON_API));
        }
        send(self.host.address, method, path, &headers, &body)
    }

    #[track_caller]
    fn get(&self, path: &str) -> Answer {
        self.send(&self.world.token, "GET", &format!("/money{path}"), None)
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(&self.world.token, "POST", &format!("/money{path}"), Some(body))
    }

    fn origin(&self) -> String {
        format!("http://{}", self.host.address)
    }
}

/// Returns all links below a value.
fn links(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("links", Value::Object(found)) => {
                    found.values().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => links(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(links).collect(),
        _ => Vec::new(),
    }
}

/// Each link of each kind of document leads somewhere, through the prefix.
fn links_carry_the_prefix(place: &Place) {
    let mounted = Mounted::start(place);
    let deal = mounted.world.deal("D", 1_000);
    for _ in 0..3 {
        mounted.world.spread(&deal, "2025-01-01", "2025-01-31", "1");
    }
    let origin = mounted.origin();
    let mut seen = 0;
    for path in [
        "/deals",
        "/deals/",
        "/deals/1",
        "/revenue_distributions?page[size]=1&page[number]=2&include=deal",
        "/revenue_distributions/1/deal",
        "/revenue_distributions/1/relationships/deal",
        "/deals/1/revenue_distributions?page[size]=2",
        "/deals/1/relationships/revenue_distributions",
        "/reports/financial_item_reports?page[size]=1",
    ] {
        let document = mounted.get(&format!("/api/v2{path}")).expect(200).json();
        let all = links(&document);
        assert!(!all.is_empty(), "{path}");
        for link in all {
            let below = link.strip_prefix(&origin).unwrap_or(&link);
            assert!(below.starts_with("/money/api/v2/"), "{path}: {link}");
            mounted.send(&mounted.world.token, "GET", below, None).expect(200);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
    let walk = [("X-Auth-Token", mounted.world.token.as_str()), ("Accept", CURSORS)];
    let path = "/money/api/v2/revenue_distributions?page%5Bsize%5D=1";
    let next = send(mounted.host.address, "GET", path, &walk, b"").expect(200).json();
    let next = next["links"]["next"].as_str().unwrap().strip_prefix(&origin).unwrap().to_owned();
    assert!(next.starts_with("/money/"));
    send(mounted.host.address, "GET", &next, &walk, b"").expect(200);
}

const CURSORS: &str = "application/vnd.api+json;\
                       profile=\"https://jsonapi.org/profiles/ethanresnick/cursor-pagination/\"";

fn writes(place: &Place) {
    let mounted = Mounted::start(place);
    let body = document("deals", json!({"name": "D", "value": 5, "external_id": "x"}), &[]);
    let made = mounted.post("/api/v2/deals", &body).expect(201);
    assert_eq!(made.header("location"), Some("/money/api/v2/deals/1"));
    assert_eq!(made.json()["data"]["links"]["self"], "/money/api/v2/deals/1");
    // The record that has the value already is named by an address that works.
    let taken = mounted.post("/api/v2/deals", &body).expect(409).json();
    assert_eq!(taken["errors"][0]["links"]["about"], "/money/api/v2/deals/1");
    let patch = json!({"data": {"type": "deals", "id": "1", "attributes": {"value": 6}}});
    let token = &mounted.world.token;
    let changed = mounted.send(token, "PATCH", "/money/api/v2/deals/1", Some(&patch)).expect(200);
    assert_eq!(changed.json()["data"]["attributes"]["value"], 6);
    mounted.send(token, "DELETE", "/money/api/v2/deals/1", None).expect(204);
}

fn operations(place: &Place) {
    let mounted = Mounted::start(place);
    mounted.world.deal("D", 1);
    let operate = |href: &str| {
        let update = json!({"op": "update", "href": href, "data": {
            "type": "deals", "id": "1", "attributes": {"value": 9}}});
        let body = serde_json::to_vec(&json!({"atomic:operations": [update]})).unwrap();
        let media = "application/vnd.api+json;ext=\"https://jsonapi.org/ext/atomic\"";
        let headers = [
            ("X-Auth-Token", mounted.world.token.as_str()),
            ("Content-Type", media),
            ("Accept", media),
        ];
        send(mounted.host.address, "POST", "/money/api/v2/operations", &headers, &body)
    };
    let done = operate("/money/api/v2/deals/1").expect(200).json();
    assert_eq!(done["atomic:results"][0]["data"]["links"]["self"], "/money/api/v2/deals/1");
    operate(&format!("{}/money/api/v2/deals/1", mounted.origin())).expect(200);
    let refused = operate("/api/v2/deals/1").expect(400).json();
    let said = "'href' must be a path that begins with /money/api/v2/, and have no query";
    assert_eq!(refused["errors"][0]["detail"], said);
}

fn descriptions(place: &Place) {
    let mounted = Mounted::start(place);
    for (prefix, world) in [("/money", &mounted.world), ("/of/ours/books", &mounted.books)] {
        let get = |path: &str| mounted.send(&world.token, "GET", &format!("{prefix}{path}"), None);
        let description = get("/api/v2/openapi.json").expect(200).json();
        assert_eq!(description["servers"], json!([{"url": prefix}]));
        let own = send(world.address(), "GET", "/api/v2/openapi.json", &[], b"").json();
        assert_eq!(description["paths"], own["paths"]);
        let page = get("/docs").expect(200);
        let page = String::from_utf8(page.body).unwrap();
        let addresses: Vec<&str> = page.split('"').filter(|it| it.starts_with('/')).collect();
        assert_eq!(addresses.len(), 6, "{page}");
        for address in addresses {
            assert!(address.starts_with(&format!("{prefix}/")), "{address}");
            mounted.send(&world.token, "GET", address, None).expect(200);
        }
    }
}

fn recorded_addresses(place: &Place) {
    let mounted = Mounted::start(place);
    mounted.get("/siren/v1/distributions").expect(200);
    // Errors below these addresses have their own form.
    let refused = mounted.get("/siren/v1/distributions/0").expect(404).json();
    assert!(refused["message"].is_string(), "{refused}");
}

fn others_are_left_alone(place: &Place) {
    let mounted = Mounted::start(place);
    let token = &mounted.world.token;
    let theirs = mounted.send(token, "GET", "/", None).expect(200);
    assert_eq!(theirs.body, b"theirs");
    mounted.send(token, "GET", "/moneybox", None).expect(200);
    assert_eq!(mounted.send(token, "GET", "/api/v2/deals", None).expect(404).body, b"");
    // What is below the prefix is answered here, and passes their middleware.
    for (path, status) in
        [("", 404), ("/", 404), ("/nothing", 404), ("/api/v2/deals", 200), ("/health/live", 200)]
    {
        let answer = mounted.get(path).expect(status);
        assert_eq!(answer.header(MIDDLEWARE), Some("seen"), "{path}");
        assert!(answer.header("x-request-id").is_some(), "{path}");
        if status == 404 {
            assert_eq!(answer.json()["errors"][0]["status"], "404");
        }
    }
    // A prefix that is written otherwise is the same one.
    mounted.send(token, "GET", "/mon%65y/api/v2/deals", None).expect(200);
    let odd = mounted.send(&mounted.books.token, "GET", "/of/a%22b%2Fc/books/api/v2/deals", None);
    let odd = odd.expect(200).json();
    let path = "/of/a%22b%2Fc/books/api/v2/deals?page%5Bnumber%5D=1&page%5Bsize%5D=30";
    assert_eq!(odd["links"]["self"], format!("{}{path}", mounted.origin()));
}

fn two_do_not_meet(place: &Place) {
    let mounted = Mounted::start(place);
    mounted.world.deal("D", 1);
    let (ours, theirs) = (&mounted.world.token, &mounted.books.token);
    let count = |token: &str, path: &str| {
        mounted.send(token, "GET", path, None).expect(200).json()["data"].as_array().unwrap().len()
    };
    assert_eq!(count(ours, "/money/api/v2/deals"), 1);
    assert_eq!(count(theirs, "/of/theirs/books/api/v2/deals"), 0);
    mounted.send(ours, "GET", "/of/theirs/books/api/v2/deals", None).expect(401);
    mounted.send(theirs, "GET", "/money/api/v2/deals", None).expect(401);
}

fn parts(place: &Place) {
    let all = Mounted::start(place);
    let paths = ["/health/live", "/health/ready", "/docs", "/docs/docs.js", "/metrics"];
    let get = |mounted: &Mounted, path: &str| {
        mounted.send(&mounted.world.admin, "GET", &format!("/money{path}"), None)
    };
    for path in paths {
        get(&all, path).expect(200);
    }
    let other = place.another();
    let none = Mounted::configured(&other, |config| {
        config.parts = Parts { health: false, docs: false, metrics: false };
    });
    for path in paths {
        get(&none, path).expect(404);
    }
    get(&none, "/api/v2/openapi.json").expect(200);
}

/// A server on a loopback address answers to no other Host, also if it is somebody else's.
fn hosts(place: &Place) {
    let mounted = Mounted::start(place);
    let ask = |host: &str| {
        let headers = [("X-Auth-Token", mounted.world.token.as_str()), ("Host", host)];
        send(mounted.host.address, "GET", "/money/api/v2/deals", &headers, b"")
    };
    ask("localhost").expect(200);
    ask("evil.example").expect(400);
}

/// A proxy may hand on what it has below a path of its own.
fn a_public_url_has_a_path(place: &Place) {
    let mounted = Mounted::configured(place, |config| {
        config.public_url = Some("https://example.com/shop/".to_owned());
    });
    mounted.world.deal("D", 1);
    let document = mounted.get("/api/v2/deals").expect(200).json();
    let page = "api/v2/deals?page%5Bnumber%5D=1&page%5Bsize%5D=30";
    assert_eq!(document["links"]["self"], format!("https://example.com/shop/money/{page}"));
    let deal = &document["data"][0];
    assert_eq!(deal["links"]["self"], "/shop/money/api/v2/deals/1");
}

fn engine(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1)]);
    programme.move_due("2020-01-01T00:00:00Z");
    let status = || attributes(&programme.world, "/distributions/1")["status"].clone();
    assert_eq!(status(), "pending");
    let apportion = Apportion::open(&Config::of(programme.world.database.clone())).unwrap();
    let running = apportion.engine().every(Duration::from_secs(3_600)).unwrap();
    let began = Instant::now();
    while status() == "pending" {
        assert!(began.elapsed() < Duration::from_secs(20), "the engine does nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
    running.stop();
}
