//! Other ways than tokens to say who asks: whom they admit, what events call them, how they are
//! counted, and how a refusal reads.

use actix_web::dev::RequestHead;
use apportion_server::{Authentication, Authenticator, Identity, Refusal, Right};
use apportion_testing::Place;
use apportion_testing::http::{Answer, send};
use serde_json::{Value, json};

use crate::support::world::{JSON_API, World, document};

apportion_testing::cases! {
    an_identity_writes_in_its_name, rights_hold, refusals_are_documents, strangers_are_refused,
    actors_are_counted, tokens_beside, names_have_a_length
}

/// Believes the header `X-User`: organization, person or `-`, right, and name, each after a slash.
struct Gullible;

impl Authenticator for Gullible {
    async fn authenticate(&self, request: &RequestHead) -> Result<Identity, Refusal> {
        let given = request.headers().get("x-user").and_then(|value| value.to_str().ok());
        let given = given.ok_or_else(|| Refusal::Unauthenticated("Send 'X-User'".to_owned()))?;
        let parts: Vec<&str> = given.splitn(4, '/').collect();
        let [organization, person, right, actor] = parts[..] else {
            return Err(match given {
                "late" => Refusal::Unavailable("The directory is away".to_owned()),
                _ => Refusal::Denied("You may not use this".to_owned()),
            });
        };
        Ok(Identity {
            organization: organization.parse::<i64>().unwrap().into(),
            person: person.parse::<i64>().ok().map(Into::into),
            right: match right {
                "admin" => Right::Admin,
                "write" => Right::Write,
                _ => Right::Read,
            },
            actor: actor.to_owned(),
        })
    }
}

fn world(place: &Place) -> World {
    World::configured(place, |config| {
        config.service.authentication = Authentication::by(Gullible);
    })
}

#[track_caller]
fn ask(world: &World, user: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let body = body.map(|body| serde_json::to_vec(body).unwrap()).unwrap_or_default();
    let mut headers = vec![("X-User", user)];
    if !body.is_empty() {
        headers.push(("Content-Type", JSON_API));
    }
    send(world.address(), method, &format!("/api/v2{path}"), &headers, &body)
}

fn deal() -> Value {
    document("deals", json!({"name": "D", "value": 5}), &[])
}

fn an_identity_writes_in_its_name(place: &Place) {
    let world = world(place);
    let person = document("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    ask(&world, "1/-/write/first", "POST", "/people", Some(&person)).expect(201);
    let made = ask(&world, "1/1/write/auth0|a", "POST", "/deals", Some(&deal()));
    let made = made.expect(201).json();
    assert_eq!(made["data"]["relationships"]["creator"]["data"]["id"], "1");
    let path = "/events?filter[subject_type]=deals&include=person";
    let events = ask(&world, "1/-/admin/root", "GET", path, None).expect(200).json();
    let event = &events["data"][0];
    assert_eq!(event["attributes"]["actor"], "auth0|a");
    assert_eq!(event["attributes"]["token_id"], Value::Null);
    assert_eq!(event["relationships"]["person"]["data"]["id"], "1");
    let found = "/events?filter[actor]=first&fields[events]=actor";
    let found = ask(&world, "1/-/admin/root", "GET", found, None).expect(200).json();
    assert_eq!(found["data"].as_array().unwrap().len(), 1);
    // Whoever belongs to another organization sees nothing of it.
    let other = ask(&world, "2/-/admin/root", "GET", "/deals", None).expect(200).json();
    assert_eq!(other["data"], json!([]));
}

fn rights_hold(place: &Place) {
    let world = world(place);
    ask(&world, "1/-/read/r", "GET", "/deals", None).expect(200);
    ask(&world, "1/-/read/r", "POST", "/deals", Some(&deal())).expect(403);
    ask(&world, "1/-/write/w", "GET", "/tokens", None).expect(403);
    ask(&world, "1/-/admin/a", "GET", "/tokens", None).expect(200);
}

fn refusals_are_documents(place: &Place) {
    let world = world(place);
    for (user, status, code, said) in [
        ("late", 503, "unavailable", "The directory is away"),
        ("other", 403, "access_denied", "You may not use this"),
    ] {
        let answer = ask(&world, user, "GET", "/deals", None).expect(status);
        let error = &answer.json()["errors"][0];
        assert_eq!((&error["code"], &error["detail"]), (&json!(code), &json!(said)));
    }
    let answer = world.get("/deals").expect(401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.json()["errors"][0]["detail"], "Send 'X-User'");
}

fn strangers_are_refused(place: &Place) {
    let world = world(place);
    for (user, said) in [
        ("3/-/read/x", "The organization 3 of whoever asks does not exist here"),
        ("1/7/read/x", "The person 7 of whoever asks does not exist here"),
    ] {
        let answer = ask(&world, user, "GET", "/deals", None).expect(403);
        assert_eq!(answer.json()["errors"][0]["detail"], said);
    }
    // Nobody may name another organization than their own.
    let headers = [("X-User", "1/-/read/x"), ("X-Organization-Id", "2")];
    send(world.address(), "GET", "/api/v2/deals", &headers, b"").expect(404);
}

fn actors_are_counted(place: &Place) {
    let world = World::configured(place, |config| {
        config.service.authentication = Authentication::by(Gullible);
        config.service.limit_rates = true;
        config.service.limits.rates.token = 3;
        config.service.limits.rates.stranger = 2;
    });
    for _ in 0..3 {
        ask(&world, "1/-/read/a", "GET", "/deals", None).expect(200);
    }
    let refused = ask(&world, "1/-/read/a", "GET", "/deals", None).expect(429).json();
    let said = refused["errors"][0]["detail"].as_str().unwrap();
    assert!(said.starts_with("At most 3 requests of one client are served in 10 s"), "{said}");
    // Another one, and one of the same name in another organization, have their own.
    ask(&world, "1/-/read/b", "GET", "/deals", None).expect(200);
    ask(&world, "2/-/read/a", "GET", "/deals", None).expect(200);
    let unknown = || send(world.address(), "GET", "/api/v2/deals", &[], b"").status;
    assert_eq!([unknown(), unknown(), unknown()], [401, 401, 429]);
}

fn tokens_beside(place: &Place) {
    let world = World::configured(place, |config| {
        config.service.authentication = Authentication::by(Gullible).or_tokens();
    });
    ask(&world, "1/-/read/a", "GET", "/deals", None).expect(200);
    world.get("/deals").expect(200);
    let bearer = format!("Bearer {}", world.token);
    let get = |value: &str| {
        let headers = [("Authorization", value), ("X-User", "1/-/read/a")];
        send(world.address(), "GET", "/api/v2/deals", &headers, b"")
    };
    get(&bearer).expect(200);
    // Another bearer token is for the authenticator, a wrong one of ours is not.
    get("Bearer eyJhbGciOiJub25lIn0.e30.").expect(200);
    get("Bearer apt_wrong").expect(401);
}

fn names_have_a_length(place: &Place) {
    let world = world(place);
    let longest = format!("1/-/read/{}", "n".repeat(120));
    ask(&world, &longest, "GET", "/deals", None).expect(200);
    let long = ("n".repeat(121), "must have at most 120 bytes");
    for (name, rule) in [long, (String::new(), "must not be empty")] {
        let answer = ask(&world, &format!("1/-/read/{name}"), "GET", "/deals", None).expect(403);
        let said = format!("The name of whoever asks {rule}");
        assert_eq!(answer.json()["errors"][0]["detail"], said);
    }
}
