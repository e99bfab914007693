//! The host names that a server answers to, and the origin that its links begin with.

use std::net::SocketAddr;

use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::complaints;
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, exchange, send};

apportion_testing::cases! {
    a_loopback_server_answers_to_loopback_names, it_answers_to_its_public_name_too,
    elsewhere_links_repeat_the_host, malformed_hosts_are_refused, refusals_come_first,
    single_documents_have_relative_links
}

/// Hosts that mean this machine.
const LOOPBACK: &[&str] = &[
    "localhost",
    "LocalHost:80",
    "localhost:1",
    "127.0.0.1",
    "127.9.9.9:8080",
    "[::1]",
    "[::1]:80",
    "[::1]:",
    "localhost:",
    "[::ffff:127.0.0.1]:80",
];

/// Hosts that mean another machine, or may, or are no hosts.
const ELSEWHERE: &[&str] = &[
    "example.com",
    "10.0.0.1",
    "0.0.0.0",
    "192.168.0.1:80",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.0.0.1.example.com:80",
    "[::1].example.com",
    "[::1].example.com:80",
    "[::1]example.com",
    "[::1]:80.example.com",
    "[::1]:example.com",
    "[::1]80",
    "[::1]:80:80",
    "[::1]]",
    "[[::1]]",
    "[::1%25lo]",
    "[v1.::1]",
    "[127.0.0.1]",
    "[localhost]",
    "example.com[::1]",
    "example.com#[::1]",
    "user@localhost",
    "localhost:80@example.com",
    "user:localhost@example.com",
    "[::1]@example.com",
    "localhost:x",
    "localhost:+80",
    "localhost:65536",
    "localhost:80:80",
    "localhost:80.example.com",
    ":80",
    // These names need not mean this machine wherever they are looked up.
    "localhost.",
    "127.0.0.1.",
    "127.0.0.1.:80",
    ".localhost",
    "localhost.localdomain",
    "127.0.0.1:127.0.0.1",
    "127.0.0.01",
    "127.0.0.1%2eexample.com",
    "localhost@example.com",
    "example.com:127.0.0.1",
    "xlocalhost",
    "local host",
    "localhost/x",
    "localhost?x",
    "[::2]",
    "[::1",
    "::1",
    "2130706433",
    "0x7f000001",
    "127.1",
    "",
    "localhost,example.com",
    "localhost\"",
    "<localhost>",
];

fn get(world: &World, host: &str) -> Answer {
    let headers = [("Host", host), ("X-Auth-Token", world.token.as_str())];
    send(world.address(), "GET", "/api/v2/deals", &headers, b"")
}

/// Returns the link of a list to itself.
fn own_link(answer: &Answer) -> String {
    answer.json()["links"]["self"].as_str().unwrap().to_owned()
}

fn a_loopback_server_answers_to_loopback_names(place: &Place) {
    let world = World::start(place);
    for host in LOOPBACK {
        let link = own_link(&get(&world, host).expect(200));
        assert!(link.starts_with(&format!("http://{host}/api/v2/deals?")), "{link}");
    }
    for host in ELSEWHERE {
        let answer = get(&world, host);
        assert_eq!(answer.status, 400, "{host}");
        assert_eq!(complaints(&answer), ["400"], "{host}");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("example"), "{body}");
    }
}

fn it_answers_to_its_public_name_too(place: &Place) {
    let public = "https://apportion.example:8443/base/";
    let world =
        World::configured(place, |config| config.service.public_url = Some(public.to_owned()));
    for host in ["apportion.example:8443", "APPORTION.example:8443", "localhost", "127.0.0.1:9"] {
        let link = own_link(&get(&world, host).expect(200));
        assert!(link.starts_with("https://apportion.example:8443/base/api/v2/deals?"), "{link}");
    }
    for host in ["example", "x.apportion.example:8443", "apportion.example:8443.example.com"] {
        get(&world, host).expect(400);
    }
}

fn elsewhere_links_repeat_the_host(place: &Place) {
    let world =
        World::configured(place, |config| config.bind = SocketAddr::from(([0, 0, 0, 0], 0)));
    for host in ["apportion.example", "apportion.example:8080", "10.0.0.1", "[2001:db8::1]:80"] {
        let link = own_link(&get(&world, host).expect(200));
        assert!(link.starts_with(&format!("http://{host}/api/v2/deals?")), "{link}");
    }
    let malformed =
        ["[::1].example.com", "[::1]x", "[::1", "::1", "a:b", "a:65536", "a:80:80", ":80"];
    for host in
        ["a/b", "a b", "a?b", "a#b", "a@b", "a\"b", "a<b", "a\\b", ""].iter().chain(&malformed)
    {
        get(&world, host).expect(400);
    }
}

fn malformed_hosts_are_refused(place: &Place) {
    let world = World::start(place);
    let ask = |version: &str, hosts: &str| {
        let token = &world.token;
        let request = format!(
            "GET /api/v2/deals HTTP/{version}\r\n{hosts}Connection: close\r\nX-Auth-Token: {token}\r\n\r\n"
        );
        exchange(world.address(), request.as_bytes())
    };
    // A request has exactly one `Host` (RFC 9112, section 3.2); HTTP/1.0 does not have it.
    ask("1.1", "Host: localhost\r\n").expect(200);
    ask("1.1", "Host: localhost\r\nHost: example.com\r\n").expect(400);
    ask("1.1", "Host: localhost\r\nHost: localhost\r\n").expect(400);
    ask("1.1", "").expect(400);
    let link = own_link(&ask("1.0", "").expect(200));
    assert!(link.starts_with(&format!("http://{}/api/v2/deals?", world.address())), "{link}");
}

fn refusals_come_first(place: &Place) {
    let world = World::start(place);
    let headers = [
        ("Host", "example.com"),
        ("Content-Type", JSON_API),
        ("X-Auth-Token", world.token.as_str()),
    ];
    let body = document("deals", json!({"name": "D"}), &[]).to_string();
    for (method, headers) in [("GET", &headers[..1]), ("POST", &headers), ("PUT", &headers)] {
        send(world.address(), method, "/api/v2/deals", headers, body.as_bytes()).expect(400);
    }
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 0);
}

fn single_documents_have_relative_links(place: &Place) {
    let public = "https://apportion.example";
    let world =
        World::configured(place, |config| config.service.public_url = Some(public.to_owned()));
    let body = document("deals", json!({"name": "D"}), &[]);
    let answer = world.post("/deals", &body).expect(201);
    assert_eq!(answer.header("Location"), Some("/api/v2/deals/1"));
    let shown = world.get("/deals/1").json();
    assert_eq!(shown["links"]["self"], "/api/v2/deals/1");
    assert_eq!(shown["data"]["links"]["self"], "/api/v2/deals/1");
    let related = &shown["data"]["relationships"]["creator"]["links"];
    assert_eq!(related["self"], "/api/v2/deals/1/relationships/creator");
    assert_eq!(related["related"], "/api/v2/deals/1/creator");
}
