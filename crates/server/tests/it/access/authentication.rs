//! Authentication of requests: tokens, their rights and when they end, and the organization that a
//! request names.

use std::time::{Duration, Instant};

use apportion_server::admin;
use apportion_server::token::Token;
use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::{complaints, rows};
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    tokens_in_either_header, no_token_or_a_bad_one, strangers_learn_nothing, rights,
    revocation_takes_a_second, organizations_in_the_header, organizations_in_the_query,
    header_and_query_must_agree;
    postgres: tokens_expire
}

fn get(world: &World, target: &str, headers: &[(&str, &str)]) -> Answer {
    send(world.address(), "GET", &format!("/api/v2{target}"), headers, b"")
}

fn tokens_in_either_header(place: &Place) {
    let world = World::start(place);
    let token = &world.token;
    get(&world, "/deals", &[("X-Auth-Token", token)]).expect(200);
    get(&world, "/deals", &[("x-auth-token", token)]).expect(200);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        get(&world, "/deals", &[("Authorization", &format!("{scheme} {token}"))]).expect(200);
    }
}

fn no_token_or_a_bad_one(place: &Place) {
    let world = World::start(place);
    let token = world.token.as_str();
    let check = |headers: &[(&str, &str)]| {
        let answer = get(&world, "/deals", headers);
        assert_eq!(answer.status, 401, "{headers:?}");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        assert_eq!(complaints(&answer), ["401"]);
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (&error["code"], &error["title"]),
            (&json!("unauthenticated"), &json!("Unauthenticated"))
        );
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!body.contains("apt_"), "{body}");
    };
    check(&[]);
    // A request with both headers is refused, though each is good by itself.
    let bearer = format!("Bearer {token}");
    check(&[("X-Auth-Token", token), ("Authorization", &bearer)]);
    check(&[("X-Auth-Token", token), ("Authorization", "Basic eDp5")]);
    check(&[("X-Auth-Token", token), ("X-Auth-Token", token)]);
    check(&[("Authorization", &bearer), ("Authorization", &bearer)]);
    for value in [
        token,
        "Basic eDp5",
        "Bearer",
        "Bearer ",
        "Token x",
        &format!("Bearer{token}"),
        &format!("Bearer {token} x"),
        &format!("Bearer {token},{token}"),
    ] {
        check(&[("Authorization", value)]);
    }
    let (head, last) = token.split_at(token.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    let unknown = Token::random().unwrap();
    let swapped = token.replacen("apt_", "apx_", 1);
    let bad = [
        "",
        "x",
        "apt_",
        head,
        &format!("{head}{other}"),
        &format!("{token}0"),
        &token.to_lowercase(),
        &token.to_uppercase(),
        &swapped,
        unknown.reveal(),
        &"a".repeat(4_000),
        "apt_ÄÖÜ",
        "apt_' OR 1=1 --",
    ];
    for value in bad {
        check(&[("X-Auth-Token", value)]);
    }
    // A token in the address would stand in every log on the way.
    get(&world, &format!("/deals?X-Auth-Token={token}"), &[]).expect(401);
}

/// Without a token nobody can find out what exists.
fn strangers_learn_nothing(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let ask = |method: &str, path: &str| {
        let headers = [("Content-Type", "text/plain"), ("Accept", "text/html")];
        let answer = send(world.address(), method, path, &headers, b"{");
        let mut document = answer.expect(401).json();
        document["errors"][0]["id"] = json!(null);
        document
    };
    let refusal = ask("GET", "/api/v2/deals");
    for method in ["GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"] {
        for path in [
            "/",
            "/api/v2",
            "/api/v2/nothing",
            "/api/v2/deals/1",
            "/api/v2/deals/9",
            "/api/v2/deals?x=1",
            "/api/v2/deals?X-Organization-Id=2",
        ] {
            assert_eq!(ask(method, path), refusal, "{method} {path}");
        }
    }
}

fn rights(place: &Place) {
    let world = World::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    world.request_as(&world.admin, "POST", "/deals", Some(&deal)).expect(201);
    world.request_as(&world.token, "POST", "/deals", Some(&deal)).expect(201);
    let before = rows(&world);
    let reader = |method: &str, path: &str| {
        let answer = world.request_as(&world.reader, method, path, Some(&deal)).expect(403);
        assert_eq!(complaints(&answer), ["403"]);
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (&error["code"], &error["title"]),
            (&json!("access_denied"), &json!("Access Denied"))
        );
    };
    reader("POST", "/deals");
    reader("PATCH", "/deals/1");
    reader("DELETE", "/deals/1");
    // The refusal is the same whether or not the row exists.
    reader("PATCH", "/deals/9");
    reader("DELETE", "/deals/9");
    assert!(rows(&world) == before);
    for method in ["GET", "HEAD", "OPTIONS"] {
        let answer = world.request_as(&world.reader, method, "/deals/1", None);
        assert!(answer.status < 300, "{method}: {}", answer.status);
    }
}

fn revocation_takes_a_second(place: &Place) {
    let world = World::start(place);
    world.get("/deals").expect(200);
    let tokens = admin::list_tokens(&world.database, Some(world.organization)).unwrap();
    let written = tokens.iter().find(|token| token.scope == "write").unwrap();
    admin::revoke_token(&world.database, written.id.0).unwrap();
    let revoked = Instant::now();
    loop {
        let elapsed = revoked.elapsed();
        match world.get("/deals").status {
            200 => assert!(elapsed < Duration::from_secs(1), "still good after {elapsed:?}"),
            401 => break,
            status => panic!("{status}"),
        }
    }
    // A token is revoked for good, and no other token with it.
    world.get("/deals").expect(401);
    world.post("/deals", &document("deals", json!({"name": "D"}), &[])).expect(401);
    world.request_as(&world.reader, "GET", "/deals", None).expect(200);
    admin::revoke_token(&world.database, written.id.0).unwrap();
    assert!(admin::revoke_token(&world.database, 999).is_err());
}

fn tokens_expire(place: &Place) {
    let world = World::start(place);
    let ends_in = |interval: &str| {
        let sql = format!(
            "SET apportion.mode = 'engine'; UPDATE tokens SET \
             expires_at = (now() AT TIME ZONE 'UTC') + interval '{interval}' WHERE scope = 'read'"
        );
        place.cluster().unwrap().query(&place.url, &sql);
    };
    ends_in("1 hour");
    world.request_as(&world.reader, "GET", "/deals", None).expect(200);
    ends_in("-1 second");
    let began = Instant::now();
    while world.request_as(&world.reader, "GET", "/deals", None).status != 401 {
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    world.get("/deals").expect(200);
}

/// Values of `X-Organization-Id` that do not name our organization.
const FOREIGN: &[&str] =
    &["2", "", "0", "-1", "+1", "01", "1.0", "x", "1,1", "1 1", "999", "9223372036854775808", "*"];

fn organizations_in_the_header(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let ask = |named: &[&str]| {
        let mut headers = vec![("X-Auth-Token", world.token.as_str())];
        headers.extend(named.iter().map(|name| ("X-Organization-Id", *name)));
        get(&world, "/deals/1", &headers)
    };
    ask(&[]).expect(200);
    ask(&["1"]).expect(200);
    let missing = world.get("/deals/9").json()["errors"][0]["detail"].clone();
    for name in FOREIGN {
        let answer = ask(&[name]);
        assert_eq!(answer.status, 404, "{name}");
        assert_eq!(answer.json()["errors"][0]["detail"], missing);
    }
    ask(&[&world.other.to_string()]).expect(404);
    ask(&["1", "1"]).expect(400);
    ask(&["1", "2"]).expect(400);
    ask(&["2", "1"]).expect(400);
    // The header is checked before anything else, on every method.
    let body = document("deals", json!({"name": "E"}), &[]).to_string();
    for method in ["POST", "PUT", "DELETE"] {
        let headers = [
            ("X-Auth-Token", world.token.as_str()),
            ("X-Organization-Id", "2"),
            ("Content-Type", JSON_API),
        ];
        send(world.address(), method, "/api/v2/deals", &headers, body.as_bytes()).expect(404);
    }
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 1);
}

fn organizations_in_the_query(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let ask = |query: &str| world.get(&format!("/deals/1?{query}"));
    ask("X-Organization-Id=1").expect(200);
    ask("page[number]=1&X-Organization-Id=1&include=creator").expect(200);
    // Percent escapes are decoded as in every other parameter.
    ask("X-Organization-Id=%31").expect(200);
    ask("X%2DOrganization-Id=1").expect(200);
    ask("X%2DOrganization-Id=2").expect(404);
    for name in FOREIGN {
        let name = name.replace('+', "%2B").replace(' ', "%20");
        let answer = ask(&format!("X-Organization-Id={name}"));
        assert_eq!(answer.status, 404, "{name}");
    }
    ask("X-Organization-Id").expect(404);
    ask("X-Organization-Id=1&X-Organization-Id=1").expect(400);
    ask("X-Organization-Id=1&X-Organization-Id=2").expect(400);
    world
        .post("/deals?X-Organization-Id=2", &document("deals", json!({"name": "E"}), &[]))
        .expect(404);
    world
        .post("/deals?X-Organization-Id=1", &document("deals", json!({"name": "E"}), &[]))
        .expect(201);
}

fn header_and_query_must_agree(place: &Place) {
    let world = World::start(place);
    let ask = |header: &str, query: &str, status: u16| {
        let headers = [("X-Auth-Token", world.token.as_str()), ("X-Organization-Id", header)];
        get(&world, &format!("/deals?X-Organization-Id={query}"), &headers).expect(status);
    };
    ask("1", "1", 200);
    ask("1", "2", 404);
    ask("2", "1", 404);
    ask("2", "2", 404);
    ask("1", "", 404);
    ask("", "1", 404);
}
