//! The documentation page: its files, their headers, and addresses that are not files of it; and
//! the other addresses that need no token. Not here: the page in a browser.

use apportion_testing::Place;

use crate::support::world::World;
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    files, other_names_are_missing, open_addresses_take_reads_and_a_slash,
    known_files_are_not_sent_again
}

/// A file, its media type, and whether it is stored compressed.
const FILES: &[(&str, &str, bool)] = &[
    ("", "text/html; charset=utf-8", false),
    ("/", "text/html; charset=utf-8", false),
    ("/index.html", "text/html; charset=utf-8", false),
    ("/docs.js", "text/javascript; charset=utf-8", false),
    ("/docs.css", "text/css; charset=utf-8", false),
    ("/swagger-ui-bundle.js", "text/javascript; charset=utf-8", true),
    ("/swagger-ui.css", "text/css; charset=utf-8", true),
    ("/swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8", false),
];

fn ask(world: &World, method: &str, path: &str) -> Answer {
    send(world.address(), method, path, &[], b"")
}

fn files(place: &Place) {
    let world = World::start(place);
    for (name, media_type, packed) in FILES {
        let path = format!("/docs{name}");
        let answer = ask(&world, "GET", &path).expect(200);
        assert_eq!(answer.header("Content-Type"), Some(*media_type), "{path}");
        assert_eq!(answer.header("Content-Encoding"), packed.then_some("gzip"), "{path}");
        assert_eq!(answer.body.starts_with(&[0x1f, 0x8b]), *packed, "{path}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        let policy = answer.header("Content-Security-Policy").unwrap();
        let rules: Vec<&str> = policy.split("; ").collect();
        for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(rules.contains(&rule), "{rule} of {path}: {policy}");
        }
        assert!(!policy.contains("inline"), "{path}: {policy}");
        assert!(ask(&world, "HEAD", &path).expect(200).body.is_empty());
    }
}

fn other_names_are_missing(place: &Place) {
    let world = World::start(place);
    for path in ["/docs/x", "/docs//", "/docs/docs.js//", "/docs/../docs.js", "/docs/Docs.js"] {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PURGE"] {
            assert_eq!(ask(&world, method, path).status, 404, "{method} {path}");
        }
    }
}

/// The files are large and change only with the program, so a known one is not sent again.
fn known_files_are_not_sent_again(place: &Place) {
    let world = World::start(place);
    for path in ["/docs", "/docs/swagger-ui-bundle.js", "/api/v2/openapi.json"] {
        let answer = ask(&world, "GET", path).expect(200);
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"), "{path}");
        let tag = answer.header("ETag").unwrap();
        let again = |tag: &str| send(world.address(), "GET", path, &[("If-None-Match", tag)], b"");
        let known = again(tag).expect(304);
        assert_eq!((known.header("ETag"), known.body.len()), (Some(tag), 0), "{path}");
        assert_eq!(again("\"00000000\"").expect(200).body, answer.body, "{path}");
    }
    assert_eq!(ask(&world, "GET", "/health/live").header("Cache-Control"), Some("no-store"));
}

fn open_addresses_take_reads_and_a_slash(place: &Place) {
    let world = World::start(place);
    let paths = ["/docs", "/docs/docs.js", "/health/live", "/health/ready", "/api/v2/openapi.json"];
    for path in paths {
        let slash = format!("{path}/");
        let (plain, other) = (ask(&world, "GET", path), ask(&world, "GET", &slash));
        assert_eq!((plain.status, plain.body), (200, other.expect(200).body), "{path}");
        for path in [path, &slash] {
            let head = ask(&world, "HEAD", path).expect(200);
            assert!(head.body.is_empty(), "{path}");
            let options = ask(&world, "OPTIONS", path).expect(204);
            assert_eq!(options.header("Allow"), Some("GET, HEAD, OPTIONS"), "{path}");
            for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
                let answer = ask(&world, method, path).expect(405);
                assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method} {path}");
            }
        }
    }
    for method in ["GET", "POST"] {
        assert_eq!(ask(&world, method, "/health/other").status, 404, "{method}");
        assert_eq!(ask(&world, method, "/health/live//").status, 404, "{method}");
    }
}
