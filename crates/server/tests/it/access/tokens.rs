//! The type `tokens`: made by administrators, shown once, listed, changed, replaced and ended. Not
//! here: how a request shows its token (`authentication`), and the commands of operators.

use std::time::{Duration, Instant};

use apportion_testing::Place;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::atomic::{ATOMIC, operate_as};
use crate::support::refusal::complaints;
use crate::support::resources::person;
use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    a_token_is_shown_once, none_is_made_that_nobody_sees, administrators_only, another_tenants,
    one_is_ended_within_a_second, one_ends_by_itself, what_can_be_changed, one_replaces_another,
    replacing_is_checked, each_write_is_an_event
}

fn ask(world: &World, method: &str, path: &str, body: Option<&Value>) -> Answer {
    world.request_as(&world.admin, method, path, body)
}

fn make(world: &World, attributes: Value, links: &[(&str, &str, &str)]) -> Answer {
    ask(world, "POST", "/tokens", Some(&document("tokens", attributes, links)))
}

/// Makes a token; returns its id and its secret.
#[track_caller]
fn made(world: &World, attributes: Value, links: &[(&str, &str, &str)]) -> (String, String) {
    let made = make(world, attributes, links).expect(201).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["data"]["id"]), text(&made["meta"]["token"]))
}

#[track_caller]
fn shown(world: &World, id: &str) -> Value {
    ask(world, "GET", &format!("/tokens/{id}"), None).expect(200).json()["data"].clone()
}

fn status(world: &World, token: &str) -> u16 {
    world.request_as(token, "GET", "/deals", None).status
}

fn total(world: &World) -> Value {
    ask(world, "GET", "/tokens", None).expect(200).json()["meta"]["total_count"].clone()
}

fn after(seconds: i64) -> String {
    (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn a_token_is_shown_once(place: &Place) {
    let world = World::start(place);
    let ada = person(&world);
    let attributes = json!({"scope": "read", "label": "monthly report"});
    let answer = make(&world, attributes, &[("person", "people", &ada)]).expect(201);
    let document = answer.json();
    let token = document["meta"]["token"].as_str().unwrap().to_owned();
    assert_eq!(document["meta"], json!({"token": token}));
    assert_eq!(answer.header("Location"), Some("/api/v2/tokens/5"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let row = &document["data"]["attributes"];
    assert_eq!((&row["scope"], &row["label"]), (&json!("read"), &json!("monthly report")));
    assert_eq!(row.get("last_used_at"), None, "it is shown on request");
    for name in ["expires_at", "revoked_at", "overlap"] {
        assert_eq!(row[name], Value::Null, "{name}");
    }
    assert_eq!(document["data"]["relationships"]["person"]["data"]["id"], json!(ada));
    // It does what it is for, and no more.
    assert_eq!(status(&world, &token), 200);
    let deal = crate::support::world::document("deals", json!({"name": "D"}), &[]);
    world.request_as(&token, "POST", "/deals", Some(&deal)).expect(403);
    // Nothing shows it again, and nothing ever shows what is stored of it.
    let hash = row.as_object().unwrap().keys().any(|name| name.contains("hash"));
    assert!(!hash, "{row}");
    for path in ["/tokens/5", "/tokens", "/tokens?format=csv", "/events", "/openapi.json"] {
        let answer = ask(&world, "GET", path, None).expect(200);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains(&token) && !text.contains("\"hash\""), "{path}: {text}");
    }
    assert_eq!(ask(&world, "GET", "/tokens/5", None).json()["meta"], json!({}));
    assert_eq!(total(&world), json!(4));
    let live = ask(&world, "GET", "/tokens?filter[scope]=read&filter[revoked_at]=&sort=-id", None);
    let ids: Vec<Value> =
        live.json()["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids, [json!("5"), json!("2")]);
    // Where nothing is said, it may write, in nobody's name.
    let plain = make(&world, json!({}), &[]).expect(201).json();
    assert_eq!(plain["data"]["attributes"]["scope"], "write");
    assert_eq!(plain["data"]["relationships"]["person"]["data"], Value::Null);
}

/// An answer that is kept, or that shows several rows, has no place for a secret.
fn none_is_made_that_nobody_sees(place: &Place) {
    let world = World::start(place);
    let body = document("tokens", json!({"scope": "admin"}), &[]);
    let headers = [
        ("X-Auth-Token", world.admin.as_str()),
        ("Content-Type", JSON_API),
        ("Idempotency-Key", "k"),
    ];
    for _ in 0..2 {
        let text = body.to_string();
        let refused = send(world.address(), "POST", "/api/v2/tokens", &headers, text.as_bytes());
        assert_eq!(complaints(&refused.expect(422)), ["422 Idempotency-Key"]);
    }
    let add = json!({"op": "add", "data": body["data"]});
    let by_reference = |verb: &str| {
        json!({"op": verb, "ref": {"type": "tokens", "id": "1"},
               "data": {"type": "tokens", "id": "1", "attributes": {"label": "x"}}})
    };
    let by_address = json!({"op": "remove", "href": "/api/v2/tokens/1"});
    let operations = [add, by_reference("update"), by_reference("remove"), by_address];
    // Neither do they widen what a token may do.
    for token in [&world.admin, &world.token] {
        for operation in &operations {
            let headers = [("X-Auth-Token", token.as_str()), ("Content-Type", ATOMIC)];
            let refused = operate_as(&world, &headers, std::slice::from_ref(operation));
            let document = refused.expect(403).json();
            assert_eq!(document["errors"][0]["code"], "access_denied", "{document}");
        }
    }
    assert_eq!(total(&world), json!(3));
    assert_eq!(shown(&world, "1")["attributes"]["label"], Value::Null);
    assert_eq!(status(&world, &world.token), 200);
}

fn administrators_only(place: &Place) {
    let world = World::start(place);
    let body = document("tokens", json!({"label": "x"}), &[]);
    for token in [&world.token, &world.reader] {
        for (method, path) in [
            ("GET", "/tokens"),
            ("GET", "/tokens/1"),
            ("GET", "/tokens/9"),
            ("GET", "/tokens/1/person"),
            ("GET", "/tokens/1/relationships/replaces"),
            ("POST", "/tokens"),
            ("PATCH", "/tokens/1"),
            ("DELETE", "/tokens/1"),
            ("DELETE", "/tokens/9"),
        ] {
            let body = matches!(method, "POST" | "PATCH").then_some(&body);
            let refused = world.request_as(token, method, path, body).expect(403);
            assert_eq!(complaints(&refused), ["403"], "{method} {path}");
        }
    }
    assert_eq!(total(&world), json!(3));
}

fn another_tenants(place: &Place) {
    let world = World::start(place);
    let theirs = World::request_as(&world, &world.stranger, "GET", "/tokens", None).expect(200);
    let theirs = theirs.json()["data"].clone();
    assert_eq!(theirs.as_array().unwrap().len(), 1);
    let id = theirs[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/tokens/{id}");
    let body = document("tokens", json!({"label": "x"}), &[]);
    let missing = |path: &str, method: &str| {
        let body = (method == "PATCH").then_some(&body);
        let mut document = ask(&world, method, path, body).expect(404).json();
        document["errors"][0]["id"] = Value::Null;
        document
    };
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(missing(&path, method), missing("/tokens/999", method), "{method}");
    }
    let links = [("replaces", "tokens", id.as_str())];
    let refused = make(&world, json!({}), &links).expect(404);
    assert_eq!(complaints(&refused), ["404 /data/relationships/replaces"]);
    // A token speaks for the organization whose administrator made it.
    let (_, token) = made(&world, json!({"scope": "admin"}), &[]);
    let own = world.request_as(&token, "GET", "/organizations", None).expect(200).json();
    assert_eq!(own["data"][0]["attributes"]["name"], "Acme");
    assert_eq!(status(&world, &world.stranger), 200);
}

/// Checks that no request that begins a second from now is let in.
#[track_caller]
fn is_refused_within_a_second(status: impl Fn() -> u16) {
    let ended = Instant::now();
    loop {
        let begins = ended.elapsed();
        if status() == 401 {
            return;
        }
        assert!(begins < Duration::from_secs(1), "still good after {begins:?}");
    }
}

fn one_is_ended_within_a_second(place: &Place) {
    let world = World::start(place);
    let other = world.start_beside();
    let (id, token) = made(&world, json!({}), &[]);
    let path = format!("/tokens/{id}");
    let elsewhere = || {
        let headers = [("X-Auth-Token", token.as_str())];
        send(other.address(), "GET", "/api/v2/deals", &headers, b"").status
    };
    assert_eq!((status(&world, &token), elsewhere()), (200, 200));
    ask(&world, "DELETE", &path, None).expect(204);
    let both = || if elsewhere() == 401 { status(&world, &token) } else { 200 };
    is_refused_within_a_second(both);
    // Its row stays, for events name it, and says when.
    let row = shown(&world, &id);
    let revoked = row["attributes"]["revoked_at"].clone();
    assert!(revoked.is_string(), "{row}");
    ask(&world, "DELETE", &path, None).expect(204);
    assert_eq!(shown(&world, &id)["attributes"]["revoked_at"], revoked);
    let body = document("tokens", json!({"label": "x"}), &[]);
    assert_eq!(complaints(&ask(&world, "PATCH", &path, Some(&body)).expect(409)), ["409"]);
    // An administrator may end the token that it uses.
    let own = ask(&world, "GET", "/tokens?filter[scope]=admin", None).json()["data"][0].clone();
    ask(&world, "DELETE", &format!("/tokens/{}", own["id"].as_str().unwrap()), None).expect(204);
    is_refused_within_a_second(|| status(&world, &world.admin));
}

fn one_ends_by_itself(place: &Place) {
    let world = World::start(place);
    let (id, token) = made(&world, json!({"expires_at": after(2)}), &[]);
    assert_eq!(status(&world, &token), 200);
    let began = Instant::now();
    while status(&world, &token) != 401 {
        assert!(began.elapsed() < Duration::from_secs(4), "still good");
    }
    // It may be put in force again by whoever may make one.
    let path = format!("/tokens/{id}");
    let later = document("tokens", json!({"expires_at": after(3_600)}), &[]);
    ask(&world, "PATCH", &path, Some(&later)).expect(200);
    assert_eq!(status(&world, &token), 200);
    for end in [
        json!("2020-01-01T00:00:00Z"),
        json!(after(-1)),
        json!("2030-01-01"),
        json!("soon"),
        json!("+12030-01-01T00:00:00Z"),
        json!(""),
    ] {
        let refused = make(&world, json!({"expires_at": end}), &[]);
        assert_eq!(refused.status, 422, "{end}");
        assert_eq!(complaints(&refused), ["422 /data/attributes/expires_at"], "{end}");
        let body = document("tokens", json!({"expires_at": end}), &[]);
        ask(&world, "PATCH", &path, Some(&body)).expect(422);
    }
    make(&world, json!({"expires_at": 1}), &[]).expect(422);
    let (_, offset) = made(&world, json!({"expires_at": "2999-01-01T00:00:00.0009+23:00"}), &[]);
    assert_eq!(status(&world, &offset), 200);
}

fn what_can_be_changed(place: &Place) {
    let world = World::start(place);
    let ada = person(&world);
    let (id, token) = made(&world, json!({"scope": "read", "expires_at": after(60)}), &[]);
    let path = format!("/tokens/{id}");
    let patch = |attributes: Value, links: &[(&str, &str, &str)]| {
        ask(&world, "PATCH", &path, Some(&document("tokens", attributes, links)))
    };
    let changed = patch(json!({"label": "new", "expires_at": null}), &[]).expect(200).json();
    let row = &changed["data"]["attributes"];
    assert_eq!((&row["label"], &row["expires_at"]), (&json!("new"), &Value::Null));
    assert_eq!(changed["meta"], json!({}));
    // The whole resource may be sent back, and says nothing new.
    let whole = document("tokens", shown(&world, &id)["attributes"].clone(), &[]);
    ask(&world, "PATCH", &path, Some(&whole)).expect(200);
    for (attributes, links, at) in [
        (json!({"scope": "admin"}), vec![], "attributes/scope"),
        (json!({"overlap": 5}), vec![], "attributes/overlap"),
        (json!({"revoked_at": null, "last_used_at": after(0)}), vec![], "attributes/last_used_at"),
        (json!({}), vec![("person", "people", ada.as_str())], "relationships/person"),
        (json!({}), vec![("replaces", "tokens", "1")], "relationships/replaces"),
        (json!({"label": "a\nb"}), vec![], "attributes/label"),
        (json!({"label": "\u{202e}"}), vec![], "attributes/label"),
        (json!({"label": ""}), vec![], "attributes/label"),
    ] {
        let refused = patch(attributes.clone(), &links);
        assert_eq!(refused.status, 422, "{attributes}");
        assert_eq!(complaints(&refused), [format!("422 /data/{at}")], "{attributes}");
    }
    patch(json!({"hash": "x"}), &[]).expect(422);
    // Its tag changes when it is used, because that is shown.
    let tag = ask(&world, "GET", &path, None).header("ETag").unwrap().to_owned();
    assert_eq!(status(&world, &token), 200);
    let began = Instant::now();
    while ask(&world, "GET", &path, None).header("ETag") == Some(tag.as_str()) {
        assert!(began.elapsed() < Duration::from_secs(5), "its use is not noted");
    }
    let used = ask(&world, "GET", &format!("{path}?fields[tokens]=last_used_at"), None).json();
    assert!(used["data"]["attributes"]["last_used_at"].is_string(), "{used}");
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

fn one_replaces_another(place: &Place) {
    let world = World::start(place);
    let ada = person(&world);
    let attributes = json!({"scope": "read", "label": "report"});
    let (old, old_token) = made(&world, attributes, &[("person", "people", &ada)]);
    let replaces = [("replaces", "tokens", old.as_str())];
    let before = Utc::now();
    let (new, new_token) = made(&world, json!({"overlap": 3_600}), &replaces);
    let row = shown(&world, &new);
    // What is not said is that of the one before.
    assert_eq!(row["attributes"]["scope"], "read");
    assert_eq!(row["attributes"]["label"], "report");
    assert_eq!(row["attributes"]["overlap"], 3_600);
    assert_eq!(row["relationships"]["person"]["data"]["id"], json!(ada));
    assert_eq!(row["relationships"]["replaces"]["data"]["id"], json!(old));
    let end = instant(&shown(&world, &old)["attributes"]["expires_at"]);
    let overlap = TimeDelta::seconds(3_600);
    let most = Utc::now() + overlap;
    assert!(end >= before + overlap - TimeDelta::milliseconds(1) && end <= most, "{end}");
    assert_eq!((status(&world, &old_token), status(&world, &new_token)), (200, 200));
    // A second one does not let the first live longer, and may cut it short.
    made(&world, json!({"overlap": 86_400}), &replaces);
    assert_eq!(instant(&shown(&world, &old)["attributes"]["expires_at"]), end);
    made(&world, json!({"overlap": 0, "label": "at once"}), &replaces);
    is_refused_within_a_second(|| status(&world, &old_token));
    assert_eq!(status(&world, &new_token), 200);
    // Without a word it is a day, and by the id among the attributes it is the same.
    let (third, _) = made(&world, json!({"replaces_id": new}), &[]);
    let end = instant(&shown(&world, &new)["attributes"]["expires_at"]);
    let day = end - Utc::now();
    assert!(day > TimeDelta::hours(23) && day <= TimeDelta::hours(24), "{day}");
    assert_eq!(shown(&world, &third)["attributes"]["overlap"], 86_400);
    let include = ask(&world, "GET", &format!("/tokens/{third}?include=replaces,person"), None);
    assert_eq!(include.expect(200).json()["included"].as_array().unwrap().len(), 2);
}

fn replacing_is_checked(place: &Place) {
    let world = World::start(place);
    let (revoked, _) = made(&world, json!({}), &[]);
    ask(&world, "DELETE", &format!("/tokens/{revoked}"), None).expect(204);
    let (ended, _) = made(&world, json!({}), &[]);
    made(&world, json!({"overlap": 0}), &[("replaces", "tokens", &ended)]);
    let before = total(&world);
    for (attributes, replaced, status, at) in [
        (json!({}), revoked.as_str(), 422, "relationships/replaces"),
        (json!({}), &ended, 422, "relationships/replaces"),
        (json!({}), "999", 404, "relationships/replaces"),
        (json!({"overlap": -1}), "1", 422, "attributes/overlap"),
        (json!({"overlap": 2_592_001}), "1", 422, "attributes/overlap"),
        (json!({"overlap": "1d"}), "1", 422, "attributes/overlap"),
        (json!({"overlap": 60}), "", 422, "attributes/overlap"),
        (json!({"scope": "owner"}), "1", 422, "attributes/scope"),
    ] {
        let links = [("replaces", "tokens", replaced)];
        let links = if replaced.is_empty() { &links[..0] } else { &links[..] };
        let refused = make(&world, attributes.clone(), links);
        assert_eq!(refused.status, status, "{attributes} {replaced}");
        assert_eq!(complaints(&refused), [format!("{status} /data/{at}")], "{attributes}");
    }
    assert_eq!(total(&world), before);
    assert_eq!(shown(&world, "1")["attributes"]["expires_at"], Value::Null);
    made(&world, json!({"overlap": 2_592_000}), &[("replaces", "tokens", "1")]);
}

fn each_write_is_an_event(place: &Place) {
    let world = World::start(place);
    let (old, _) = made(&world, json!({}), &[]);
    let (new, _) = made(&world, json!({}), &[("replaces", "tokens", &old)]);
    let path = format!("/tokens/{new}");
    let body = document("tokens", json!({"label": "x"}), &[]);
    ask(&world, "PATCH", &path, Some(&body)).expect(200);
    ask(&world, "DELETE", &path, None).expect(204);
    ask(&world, "DELETE", &path, None).expect(204);
    let filter = format!("filter[subject_type]=tokens&filter[subject_id]={old},{new}&sort=id");
    let events = ask(&world, "GET", &format!("/events?{filter}"), None).expect(200).json();
    let line = |event: &Value| {
        let it = &event["attributes"];
        assert_eq!(it["token_id"], 3, "{event}");
        format!(
            "{} {} to {}",
            it["action"].as_str().unwrap(),
            it["subject_id"],
            it["version_after"]
        )
    };
    let lines: Vec<String> = events["data"].as_array().unwrap().iter().map(line).collect();
    let expected = [
        format!("create {old} to 1"),
        format!("create {new} to 1"),
        format!("update {old} to 2"),
        format!("update {new} to 2"),
        format!("update {new} to 3"),
    ];
    assert_eq!(lines, expected);
}
