//! Crediting by the recorded request, at both of its addresses: every distributor that counts the
//! collaborator gives its points, either all of them do or none, and a repeated key credits once.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::rows;
use crate::support::resources::{attributes, change, person, token_of};
use crate::support::rows::payouts::{make, owing, pool, trigger};
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    every_distributor_that_counts_gives_its_points, no_distributor_that_counts_is_no_fault,
    unreadable_bodies, collaborators_that_cannot_be_credited, all_or_none, keys, methods_and_rights,
    it_takes_no_parameters, many_at_once
}

/// The address under `/api/v2` and that of the recorded API.
pub const PATHS: [&str; 2] =
    ["/api/v2/distributors/credit-metric", "/siren/v1/distributors/credit-metric"];

#[track_caller]
pub fn credit(world: &World, path: &str, body: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers =
        vec![("X-Auth-Token", world.token.as_str()), ("Content-Type", "application/json")];
    headers.extend(more);
    send(world.address(), "POST", path, &headers, body.as_bytes())
}

#[track_caller]
fn credited(answer: Answer) {
    let answer = answer.expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.body, b"{\"success\":true}");
}

/// Starts a server with the collaborators Ann and Ben.
fn world(place: &Place) -> World {
    let world = World::start(place);
    for name in ["Ann", "Ben"] {
        world.create("collaborators", json!({"full_name": name}), &[]);
    }
    world
}

/// Makes a distributor with Ann that gives `points` for a credit, with these attributes changed;
/// returns its id.
#[track_caller]
fn counting(world: &World, points: i64, changes: Value) -> String {
    let mut attributes = pool();
    attributes["metric_types"] = json!([{"type": "manual", "points": points}]);
    attributes.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let mut body = document("distributors", attributes, &[]);
    let members = json!([{"type": "collaborators", "id": "1"}]);
    body["data"]["relationships"] = json!({"collaborators": {"data": members}});
    let answer = world.post("/distributors", &body).expect(201);
    answer.json()["data"]["id"].as_str().unwrap().to_owned()
}

/// Returns distributor, collaborator and points of every credit.
fn credits(world: &World) -> Vec<(String, String, i64)> {
    let list = world.get("/metric_credits?sort=id").expect(200).json();
    let linked = |row: &Value, name: &str| {
        row["relationships"][name]["data"]["id"].as_str().unwrap().to_owned()
    };
    let credit = |row: &Value| {
        let points = row["attributes"]["points"].as_i64().unwrap();
        (linked(row, "distributor"), linked(row, "collaborator"), points)
    };
    list["data"].as_array().unwrap().iter().map(credit).collect()
}

fn every_distributor_that_counts_gives_its_points(place: &Place) {
    let mut world = world(place);
    counting(&world, 3, json!({}));
    counting(&world, 5, json!({"status": "inactive"}));
    counting(&world, 7, json!({"schedule": []}));
    counting(&world, 9, json!({"metric_types": []}));
    counting(&world, 14, json!({}));
    world.create("distributors", pool(), &[]);
    let deleted = counting(&world, 11, json!({}));
    world.delete(&format!("/distributors/{deleted}")).expect(204);
    let theirs = make(&world, &world.stranger, "collaborators", json!({"full_name": "Eve"}), &[]);
    assert_ne!(theirs, "1");
    let ada = person(&world);
    world.token = token_of(&world, &ada);
    credited(credit(&world, PATHS[0], r#"{"collaboratorId": 1}"#, &[]));
    let given = |of: &str, points| (of.to_owned(), "1".to_owned(), points);
    assert_eq!(credits(&world), [given("1", 3), given("5", 14)]);
    // Unknown members are ignored, and a whole number may be written with decimals.
    credited(credit(&world, PATHS[1], r#"{"x": [], "collaboratorId": 1.0}"#, &[]));
    let all = [given("1", 3), given("5", 14), given("1", 3), given("5", 14)];
    assert_eq!(credits(&world), all);
    for (metric, score) in [("1", 6), ("2", 28)] {
        assert_eq!(attributes(&world, &format!("/metrics/{metric}"))["score"], score);
    }
    let shown = world.get("/metric_credits/3").json();
    assert_eq!(shown["data"]["relationships"]["creator"]["data"]["id"], json!(ada));
    assert_eq!(shown["data"]["attributes"]["reason"], Value::Null);
    // A period that was triggered is over: later credits count for the next one.
    trigger(&world, world.organization, "1");
    credited(credit(&world, PATHS[0], r#"{"collaboratorId": 1}"#, &[]));
    assert_eq!(credits(&world)[4..], [given("1", 3), given("5", 14)]);
    assert_eq!(attributes(&world, "/metrics/1")["score"], 6);
    assert_eq!(attributes(&world, "/metrics/3")["score"], 3);
}

fn no_distributor_that_counts_is_no_fault(place: &Place) {
    let world = world(place);
    world.create("distributors", owing(), &[]);
    counting(&world, 1, json!({}));
    for path in PATHS {
        credited(credit(&world, path, r#"{"collaboratorId": 2}"#, &[]));
    }
    assert_eq!(credits(&world), []);
}

/// Checks that both addresses refuse the body, each in its own format, and that nothing is written;
/// returns the error of ours.
#[track_caller]
fn refused(world: &World, body: &str, status: u16) -> Value {
    let before = rows(world);
    let ours = credit(world, PATHS[0], body, &[]).expect(status);
    assert_eq!(ours.header("Content-Type"), Some(JSON_API), "{body}");
    let error = ours.json()["errors"][0].clone();
    let recorded = credit(world, PATHS[1], body, &[]).expect(status);
    assert_eq!(recorded.header("Content-Type"), Some("application/json"), "{body}");
    assert_eq!(recorded.json()["message"], error["detail"], "{body}");
    assert!(rows(world) == before, "{body} wrote something");
    error
}

fn unreadable_bodies(place: &Place) {
    let world = world(place);
    counting(&world, 1, json!({}));
    for body in [
        "",
        "{",
        "[]",
        "null",
        "1",
        "\"1\"",
        "\u{feff}{\"collaboratorId\": 1}",
        r#"{"collaboratorId": 1, "collaboratorId": 1}"#,
    ] {
        let error = refused(&world, body, 400);
        assert_eq!(error.get("source"), None, "{body}");
    }
    for id in ["null", "\"1\"", "true", "[1]", "{}", "1.5", "1e-1", "1e400"] {
        let error = refused(&world, &format!("{{\"collaboratorId\": {id}}}"), 400);
        assert_eq!(error["source"], json!({"pointer": "/collaboratorId"}), "{id}");
    }
    assert_eq!(refused(&world, "{}", 400)["source"], json!({"pointer": "/collaboratorId"}));
    let recorded = credit(&world, PATHS[1], "{}", &[]).expect(400).json();
    let said = json!({"collaboratorId": ["collaboratorId is required"]});
    assert_eq!(recorded["context"]["failedValidations"], said);
    for (path, kind) in [(PATHS[0], JSON_API), (PATHS[1], "text/plain"), (PATHS[0], "a/b, c/d")] {
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", kind)];
        let body = br#"{"collaboratorId": 1}"#;
        send(world.address(), "POST", path, &headers, body).expect(415);
    }
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", "application/json; charset=UTF-8"),
    ];
    let body = br#"{"collaboratorId": 1}"#;
    credited(send(world.address(), "POST", PATHS[1], &headers, body));
}

fn collaborators_that_cannot_be_credited(place: &Place) {
    let world = world(place);
    counting(&world, 1, json!({}));
    for _ in 0..3 {
        make(&world, &world.stranger, "collaborators", json!({"full_name": "Eve"}), &[]);
    }
    // The last id belongs to another organization.
    for id in ["0", "-1", "99", "9223372036854775807", "9223372036854775808", "5"] {
        let error = refused(&world, &format!("{{\"collaboratorId\": {id}}}"), 404);
        assert_eq!(error["source"], json!({"pointer": "/collaboratorId"}), "{id}");
    }
    change(&world, "/collaborators/1", json!({"status": "inactive"}));
    let error = refused(&world, r#"{"collaboratorId": 1}"#, 422);
    assert_eq!(error["source"], json!({"pointer": "/collaboratorId"}));
    change(&world, "/collaborators/2", json!({"status": "inactive"}));
    refused(&world, r#"{"collaboratorId": 2}"#, 422);
}

/// The score in the second distributor would not fit, so the first gives nothing either.
fn all_or_none(place: &Place) {
    let world = world(place);
    counting(&world, 1, json!({}));
    counting(&world, i64::MAX, json!({}));
    credited(credit(&world, PATHS[0], r#"{"collaboratorId": 1}"#, &[]));
    refused(&world, r#"{"collaboratorId": 1}"#, 422);
    assert_eq!(attributes(&world, "/metrics/1")["score"], 1);
}

fn keys(place: &Place) {
    let world = world(place);
    counting(&world, 3, json!({}));
    for (at, path) in PATHS.into_iter().enumerate() {
        let ann = r#"{"collaboratorId": 1}"#;
        let keyed = |body| credit(&world, path, body, &[("Idempotency-Key", "k")]);
        let first = keyed(ann);
        assert_eq!(first.header("Idempotency-Replayed"), None);
        credited(first);
        let again = keyed(ann);
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        credited(again);
        assert_eq!(credits(&world).len(), at + 1);
        keyed(r#"{"collaboratorId": 2}"#).expect(422);
        // A refusal is repeated too, in the format of its address.
        let refuse = || {
            credit(&world, path, r#"{"collaboratorId": 9}"#, &[("Idempotency-Key", "r")])
                .expect(404)
        };
        let (first, again) = (refuse(), refuse());
        assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
        assert_eq!(first.header("Content-Type"), again.header("Content-Type"));
        // Each answer has ids of its own.
        let bare = |answer: &Answer| {
            let mut answer = answer.json();
            answer.pointer_mut("/errors/0/id").map(Value::take);
            answer
        };
        assert_eq!(bare(&first), bare(&again));
        credit(&world, path, "{", &[("Idempotency-Key", "u")]).expect(400);
        credited(credit(&world, path, r#"{"collaboratorId": 2}"#, &[("Idempotency-Key", "u")]));
    }
}

fn methods_and_rights(place: &Place) {
    let world = world(place);
    counting(&world, 3, json!({}));
    for path in PATHS.into_iter().flat_map(|path| [path.to_owned(), format!("{path}/")]) {
        let ask = |method: &str, token: &str| {
            let headers = [("X-Auth-Token", token), ("Content-Type", "application/json")];
            let body: &[u8] = if method == "POST" { br#"{"collaboratorId":1}"# } else { b"" };
            send(world.address(), method, &path, &headers, body)
        };
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
            let answer = ask(method, &world.token).expect(405);
            assert_eq!(answer.header("Allow"), Some("OPTIONS, POST"), "{method} {path}");
        }
        let answer = ask("OPTIONS", &world.token).expect(204);
        assert_eq!(answer.header("Allow"), Some("OPTIONS, POST"), "{path}");
        ask("POST", &world.reader).expect(403);
        ask("POST", "apt_x").expect(401);
        ask("POST", &world.stranger).expect(404);
        credited(ask("POST", &world.token));
        let other = [("X-Organization-Id", "2")];
        credit(&world, &path, r#"{"collaboratorId": 1}"#, &other).expect(404);
    }
    assert_eq!(credits(&world).len(), 4);
}

fn it_takes_no_parameters(place: &Place) {
    let world = world(place);
    let ask = |query: &str| {
        credit(&world, &format!("{}{query}", PATHS[0]), r#"{"collaboratorId": 1}"#, &[])
    };
    let error = ask("?include=creator").expect(400).json()["errors"][0].clone();
    assert_eq!(error["source"], json!({"parameter": "include"}));
    credited(ask("?X-Organization-Id=1"));
    credited(ask("?"));
    // The recorded API ignores parameters that were not recorded.
    credited(credit(&world, &format!("{}?_locale=de", PATHS[1]), r#"{"collaboratorId": 1}"#, &[]));
}

fn many_at_once(place: &Place) {
    let world = world(place);
    for points in 1..=3 {
        counting(&world, points, json!({}));
    }
    std::thread::scope(|scope| {
        for path in PATHS.into_iter().cycle().take(8) {
            let world = &world;
            let ask = move || credited(credit(world, path, r#"{"collaboratorId": 1}"#, &[]));
            scope.spawn(move || (0..5).for_each(|_| ask()));
        }
    });
    for (metric, score) in [("1", 40), ("2", 80), ("3", 120)] {
        assert_eq!(attributes(&world, &format!("/metrics/{metric}"))["score"], score);
    }
}
