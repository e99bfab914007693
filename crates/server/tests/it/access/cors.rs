//! Pages of other origins (CORS): what a server allows the configured origins, and that it allows
//! nothing to any other. Not here: a real browser, which is in tests/clients/browser.

use apportion_testing::Place;

use crate::support::world::{JSON_API, World};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    browsers_ask_beforehand, known_pages_read_answers, other_pages_do_not,
    without_origins_nothing_changes
}

const APP: &str = "https://app.example.com";
const ALLOWED: &str = "Access-Control-Allow-Origin";

fn world(place: &Place) -> World {
    let origins = vec![APP.to_owned(), "http://127.0.0.1:3000".to_owned()];
    World::configured(place, |config| config.service.cors_origins = origins)
}

#[track_caller]
fn ask(world: &World, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(world.address(), method, &format!("/api/v2{path}"), headers, body.as_bytes())
}

fn preflight(origin: &str) -> [(&str, &str); 3] {
    [
        ("Origin", origin),
        ("Access-Control-Request-Method", "PATCH"),
        ("Access-Control-Request-Headers", "x-auth-token,content-type,if-match"),
    ]
}

/// A preflight request is answered without a token, since a browser has none to send.
fn browsers_ask_beforehand(place: &Place) {
    let world = world(place);
    for path in ["/deals/1", "/operations", "/reports/financial_item_reports", "/nowhere"] {
        let answer = ask(&world, "OPTIONS", path, &preflight(APP), "").expect(204);
        assert_eq!(answer.header(ALLOWED), Some(APP));
        let methods = answer.header("Access-Control-Allow-Methods").unwrap();
        assert_eq!(methods, "GET, HEAD, POST, PATCH, DELETE, OPTIONS");
        let carried = answer.header("Access-Control-Allow-Headers").unwrap().to_lowercase();
        let carried: Vec<&str> = carried.split(", ").collect();
        for header in ["x-auth-token", "authorization", "content-type", "if-match"] {
            assert!(carried.contains(&header), "{header}");
        }
        assert_eq!(answer.header("Access-Control-Max-Age"), Some("600"));
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), None);
        assert!(answer.header("Vary").unwrap().contains("Origin"));
    }
}

fn known_pages_read_answers(place: &Place) {
    let world = world(place);
    let token = ("X-Auth-Token", world.token.as_str());
    let origin = ("Origin", "http://127.0.0.1:3000");
    let list = ask(&world, "GET", "/deals", &[token, origin], "").expect(200);
    assert_eq!(list.header(ALLOWED), Some("http://127.0.0.1:3000"));
    let read = list.header("Access-Control-Expose-Headers").unwrap();
    for header in ["ETag", "Location", "Retry-After", "X-Request-Id"] {
        assert!(read.split(", ").any(|name| name == header), "{header} in {read}");
    }
    // Pages can read errors as well.
    let origin = ("Origin", APP);
    let kind = ("Content-Type", JSON_API);
    let refused = ask(&world, "POST", "/deals", &[token, kind, origin], "{}").expect(400);
    assert_eq!(refused.header(ALLOWED), Some(APP));
    let nobody = ask(&world, "GET", "/deals", &[origin], "").expect(401);
    assert_eq!(nobody.header(ALLOWED), Some(APP));
    let methods = ask(&world, "OPTIONS", "/deals", &[token, origin], "").expect(204);
    assert_eq!(methods.header("Allow"), Some("GET, HEAD, OPTIONS, POST"));
    assert_eq!(methods.header(ALLOWED), Some(APP));
}

fn other_pages_do_not(place: &Place) {
    let world = world(place);
    let token = ("X-Auth-Token", world.token.as_str());
    let others = [
        "https://app.example.com.evil.example",
        "https://app.example.com:444",
        "http://app.example.com",
        "https://APP.example.com",
        "null",
        "*",
        "",
    ];
    for other in others {
        let answer = ask(&world, "OPTIONS", "/deals/1", &preflight(other), "").expect(401);
        assert_eq!(answer.header(ALLOWED), None, "{other}");
        let answer = ask(&world, "GET", "/deals", &[token, ("Origin", other)], "").expect(200);
        assert_eq!(answer.header(ALLOWED), None, "{other}");
        assert!(answer.header("Vary").unwrap().contains("Origin"), "{other}");
    }
    let twice = [token, ("Origin", APP), ("Origin", APP)];
    assert_eq!(ask(&world, "GET", "/deals", &twice, "").header(ALLOWED), None);
    // `Vary` keeps answers to requests without an origin apart in caches.
    let plain = ask(&world, "GET", "/deals", &[token], "").expect(200);
    assert_eq!(plain.header(ALLOWED), None);
    assert!(plain.header("Vary").unwrap().contains("Origin"));
}

fn without_origins_nothing_changes(place: &Place) {
    let world = World::start(place);
    ask(&world, "OPTIONS", "/deals/1", &preflight(APP), "").expect(401);
    let headers = [("X-Auth-Token", world.token.as_str()), ("Origin", APP)];
    let answer = ask(&world, "GET", "/deals", &headers, "").expect(200);
    assert_eq!(answer.header(ALLOWED), None);
    assert!(!answer.header("Vary").unwrap().contains("Origin"));
}
