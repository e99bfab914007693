//! `Idempotency-Key`: a repeated request has its effect once.

use std::time::{Duration, Instant};

use apportion_server::store::{Error as StoreError, OrganizationId, Scope, Session, Tenant};
use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::world::{JSON_API, World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    a_create_is_replayed, a_refusal_is_replayed, keys_belong_to_requests, unreadable_keys,
    twins_have_one_effect, an_answer_survives_a_restart, answers_expire;
    postgres: a_twin_on_another_server
}

fn keyed(
    world: &World,
    token: &str,
    (method, path): (&str, &str),
    key: &str,
    body: &Value,
) -> Answer {
    let headers = [("X-Auth-Token", token), ("Content-Type", JSON_API), ("Idempotency-Key", key)];
    let target = format!("/api/v2{path}");
    send(world.address(), method, &target, &headers, body.to_string().as_bytes())
}

fn post(world: &World, key: &str, body: &Value) -> Answer {
    keyed(world, &world.token, ("POST", "/deals"), key, body)
}

fn deal(name: &str) -> Value {
    document("deals", json!({"name": name}), &[])
}

fn total(world: &World) -> Value {
    world.get("/deals").expect(200).json()["meta"]["total_count"].clone()
}

fn a_create_is_replayed(place: &Place) {
    let world = World::start(place);
    let first = post(&world, "k", &deal("Once")).expect(201);
    assert_eq!(first.header("Idempotency-Replayed"), None);
    let again = post(&world, "k", &deal("Once")).expect(201);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    for header in ["Location", "ETag", "Content-Type", "Vary"] {
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    assert_eq!((first.body, total(&world)), (again.body, json!(1)));
    // The repeated answer is the first one, although the row has changed since.
    let path = "/deals/1";
    keyed(&world, &world.token, ("PATCH", path), "p", &deal("Twice")).expect(200);
    world.patch(path, &deal("Thrice")).expect(200);
    let again = keyed(&world, &world.token, ("PATCH", path), "p", &deal("Twice")).expect(200);
    assert_eq!(again.json()["data"]["attributes"]["name"], "Twice");
    assert_eq!(world.get(path).json()["data"]["attributes"]["name"], "Thrice");
}

fn a_refusal_is_replayed(place: &Place) {
    let world = World::start(place);
    let days = ("2025-01-01", "2025-01-31");
    let attributes =
        json!({"start_on": days.0, "end_on": days.1, "amount_percent": "50", "deal_id": 1});
    let body = document("revenue_distributions", attributes, &[]);
    let create = |key| keyed(&world, &world.token, ("POST", "/revenue_distributions"), key, &body);
    let refused = create("k").expect(404);
    world.deal("Late", 100);
    let again = create("k").expect(404);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    // The ids of errors are those of each request, and all else is the first answer.
    let (first, mut second) = (refused.json(), again.json());
    assert_ne!(second["errors"][0]["id"], first["errors"][0]["id"]);
    second["errors"][0]["id"] = first["errors"][0]["id"].clone();
    assert_eq!(second, first);
    create("l").expect(201);
    // The answer to an invalid document is not stored.
    post(&world, "m", &json!({"data": []})).expect(400);
    post(&world, "m", &deal("Readable")).expect(201);
}

fn keys_belong_to_requests(place: &Place) {
    let world = World::start(place);
    post(&world, "k", &deal("One")).expect(201);
    let error = post(&world, "k", &deal("Two")).expect(422).json()["errors"][0].clone();
    assert_eq!(error["source"], json!({"header": "Idempotency-Key"}));
    assert_eq!(total(&world), json!(1));
    let people = document("people", json!({"first_name": "a", "last_name": "b"}), &[]);
    keyed(&world, &world.token, ("POST", "/people"), "k", &people).expect(201);
    keyed(&world, &world.stranger, ("POST", "/deals"), "k", &deal("Theirs")).expect(201);
    keyed(&world, &world.token, ("PATCH", "/deals/1"), "k", &deal("Changed")).expect(200);
    let slash = keyed(&world, &world.token, ("POST", "/deals/"), "k", &deal("One")).expect(201);
    assert_eq!(slash.header("Idempotency-Replayed"), Some("true"));
    let path = "/deals?fields[deals]=name";
    keyed(&world, &world.token, ("POST", path), "k", &deal("One")).expect(422);
    assert_eq!(total(&world), json!(1));
}

fn unreadable_keys(place: &Place) {
    let world = World::start(place);
    let long = |length| "x".repeat(length);
    for bad in ["", "a b", "ä", &long(256)] {
        post(&world, bad, &deal("Never")).expect(400);
    }
    post(&world, &long(255), &deal("Long")).expect(201);
    assert_eq!(total(&world), json!(1));
}

fn twins_have_one_effect(place: &Place) {
    let world = World::start(place);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let twins: Vec<_> =
            (0..16).map(|_| scope.spawn(|| post(&world, "k", &deal("Twin")))).collect();
        twins.into_iter().map(|twin| twin.join().unwrap()).collect()
    });
    for answer in answers {
        match answer.status {
            201 => assert_eq!(answer.json()["data"]["id"], "1"),
            409 => assert_eq!(answer.header("Retry-After"), Some("1")),
            other => panic!("{other}"),
        }
    }
    assert_eq!(total(&world), json!(1));
}

/// The first request waits for a lock that somebody has. Its twin is refused at once, though the
/// server that it reaches knows nothing of the first.
fn a_twin_on_another_server(place: &Place) {
    let world = World::start(place);
    let other = world.start_beside();
    world.deal("D", 1);
    let (path, body) = ("/api/v2/deals/1", deal("Twin").to_string());
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", JSON_API),
        ("Idempotency-Key", "k"),
    ];
    let ask = |to| send(to, "PATCH", path, &headers, body.as_bytes());
    let mut session = Session::open(&world.database).unwrap();
    let scope = Scope::of(OrganizationId(world.organization));
    let (first, refused, took) = std::thread::scope(|scope_of_threads| {
        let mut tenant = Tenant::new(scope, &mut session);
        tenant
            .transaction(|tenant| {
                let connection = tenant.connection()?;
                connection.batch_execute("SELECT id FROM deals WHERE id = 1 FOR UPDATE")?;
                let first = scope_of_threads.spawn(|| ask(world.address()));
                wait_for_lock(place);
                let began = Instant::now();
                let refused = ask(other.address());
                Ok::<_, StoreError>((first, refused, began.elapsed()))
            })
            .map(|(first, refused, took)| (first.join().unwrap(), refused, took))
            .unwrap()
    });
    let errors = refused.expect(409);
    assert_eq!(errors.header("Retry-After"), Some("1"));
    assert_eq!(errors.json()["errors"][0]["source"], json!({"header": "Idempotency-Key"}));
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(first.expect(200).header("Idempotency-Replayed"), None);
    let again = ask(other.address()).expect(200);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["name"], "Twin");
}

/// Waits until a connection to the database waits for a lock.
fn wait_for_lock(place: &Place) {
    let waits = "SELECT COUNT(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let began = Instant::now();
    while place.cluster().unwrap().query(&place.url, waits).trim() == "0" {
        assert!(began.elapsed() < Duration::from_secs(2), "nobody waits");
    }
}

fn an_answer_survives_a_restart(place: &Place) {
    let mut world = World::start(place);
    let first = post(&world, "k", &deal("Kept")).expect(201);
    world.restart();
    assert_eq!(post(&world, "k", &deal("Kept")).expect(201).body, first.body);
    assert_eq!(total(&world), json!(1));
}

/// The store takes the time as an argument, so the test need not wait for a day.
fn answers_expire(place: &Place) {
    use apportion_server::store::idempotency::{Claim, LIFETIME, Request, claim};
    let world = World::start(place);
    let mut session = Session::open(&world.database).unwrap();
    let scope = Scope::of(OrganizationId(world.organization));
    let request = |key: &str| Request {
        method: "POST".to_owned(),
        path: "/x".to_owned(),
        key: key.to_owned(),
        hash: [7; 32],
        is_clock_sound: true,
    };
    let now = "2125-01-01T00:00:00".parse::<chrono::NaiveDateTime>().unwrap();
    let mut claim = |key: &str, now| {
        Tenant::new(scope, &mut session)
            .transaction(|tenant| claim(tenant, &request(key), now))
            .unwrap()
    };
    assert_eq!(claim("a", now), Claim::First);
    assert!(matches!(claim("a", now + LIFETIME), Claim::Answered(_)));
    assert_eq!(claim("b", now + LIFETIME + chrono::TimeDelta::milliseconds(1)), Claim::First);
    assert_eq!(claim("a", now + LIFETIME + chrono::TimeDelta::milliseconds(1)), Claim::First);
}
