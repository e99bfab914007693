//! Events: every write leaves one that says what it did, in whose name and on which request, and
//! nothing else leaves any. Who may read them, and that they cannot be changed.

use apportion_jsonapi::media::MEDIA_TYPE;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::import::Importer;
use apportion_server::store::{OrganizationId, Scope, Session};
use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use crate::support::atomic::{add_deal, add_distribution, local, operate};
use crate::support::refusal::complaints;
use crate::support::resources::{attributes, change, person, token_of};
use crate::support::rows::programme::{Programme, pass};
use crate::support::rows::sample::Sample;
use crate::support::world::{World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    writes_leave_events, consequences_leave_events, refused_writes_leave_no_events,
    steps_of_the_engine, collected_obligations_leave_events, failures_leave_events,
    commands_leave_events, administrators_read_them, they_are_read_only,
    databases_refuse_to_change_them, the_actor_may_be_gone, every_version_has_its_event
}

/// Returns the events of our organization after the first `after`, each as a line.
#[track_caller]
fn lines(world: &World, after: usize) -> Vec<String> {
    let list = world.get("/events?page[size]=200&sort=id").expect(200).json();
    let rows = list["data"].as_array().unwrap();
    assert_eq!(list["meta"]["total_count"], rows.len());
    rows.iter().skip(after).map(|row| line(&row["attributes"])).collect()
}

fn line(event: &Value) -> String {
    let version = |name: &str| event[name].as_i64().map_or("-".to_owned(), |it| it.to_string());
    let text = |name: &str| event[name].as_str().unwrap();
    format!(
        "{} {} {}: {} to {}",
        text("action"),
        text("subject_type"),
        event["subject_id"],
        version("version_before"),
        version("version_after"),
    )
}

#[track_caller]
fn count(world: &World) -> usize {
    lines(world, 0).len()
}

fn request_id(answer: &Answer) -> String {
    answer.header("X-Request-Id").unwrap().to_owned()
}

fn writes_leave_events(place: &Place) {
    let mut world = World::start(place);
    let ada = person(&world);
    let before = count(&world);
    world.token = token_of(&world, &ada);
    let body = document("people", json!({"first_name": "Ben", "last_name": "B"}), &[]);
    let made = world.post("/people", &body).expect(201);
    let path = made.header("Location").unwrap().trim_start_matches("/api/v2").to_owned();
    let id = path.rsplit('/').next().unwrap();
    let changed = world.patch(&path, &document("people", json!({"last_name": "C"}), &[]));
    let removed = world.delete(&path).expect(204);
    let expected = [
        "create tokens 5: - to 1".to_owned(),
        format!("create people {id}: - to 1"),
        format!("update people {id}: 1 to 2"),
        format!("delete people {id}: 2 to -"),
    ];
    assert_eq!(lines(&world, before), expected);
    let filter = format!("filter[subject_type]=people&filter[subject_id]={id}");
    let list = world.get(&format!("/events?{filter}&include=person")).expect(200).json();
    let events = list["data"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    for (event, answer) in events.iter().zip([made, changed, removed]) {
        assert_eq!(event["attributes"]["request_id"], request_id(&answer));
        assert_eq!(event["attributes"]["token_id"], 5);
        assert_eq!(event["relationships"]["person"]["data"], json!({"type": "people", "id": ada}));
    }
    assert_eq!(list["included"][0]["id"], json!(ada));
    let newest = world.get("/events?sort=-created_at,-id&page[size]=1").json();
    assert_eq!(line(&newest["data"][0]["attributes"]), expected[3]);
}

fn consequences_leave_events(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    world.spread(&deal, "2025-01-01", "2025-01-31", "10");
    world.spread(&deal, "2025-02-01", "2025-02-28", "20");
    let before = count(&world);
    let body = document("deals", json!({"value": 1000}), &[]);
    let answer = world.patch(&format!("/deals/{deal}"), &body).expect(200);
    let expected = [
        // It stands for the distributions that it rewrote.
        "update deals 1: 3 to 4",
    ];
    assert_eq!(lines(&world, before), expected);
    let filter = format!("/events?filter[request_id]={}", request_id(&answer));
    assert_eq!(world.get(&filter).json()["meta"]["total_count"], 1);
    world.delete("/revenue_distributions/2").expect(204);
    let expected = ["update deals 1: 4 to 5", "delete revenue_distributions 2: 2 to -"];
    assert_eq!(lines(&world, before + 1), expected);
}

fn refused_writes_leave_no_events(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    let before = count(&world);
    let path = format!("/deals/{deal}");
    world.patch(&path, &document("deals", json!({"value": "x"}), &[])).expect(422);
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", MEDIA_TYPE),
        ("If-Match", "\"0-0\""),
    ];
    let body = document("deals", json!({"name": "E"}), &[]).to_string();
    let target = format!("/api/v2{path}");
    send(world.address(), "PATCH", &target, &headers, body.as_bytes()).expect(412);
    world.post("/deals", &json!({"data": {}})).expect(400);
    // The second operation fails after the first was carried out, so neither leaves an event.
    let nowhere = add_distribution(&json!({"type": "deals", "id": "99"}));
    operate(&world, &[add_deal("a"), nowhere]).expect(404);
    assert_eq!(lines(&world, before), [""; 0]);
    // A repeated request with the same key is done once.
    let headers = [
        ("X-Auth-Token", world.token.as_str()),
        ("Content-Type", MEDIA_TYPE),
        ("Idempotency-Key", "once"),
    ];
    let body = document("deals", json!({"name": "F", "value": 1}), &[]).to_string();
    for _ in 0..2 {
        send(world.address(), "POST", "/api/v2/deals", &headers, body.as_bytes()).expect(201);
    }
    assert_eq!(lines(&world, before).len(), 1);
    let whole = operate(&world, &[add_deal("a"), add_distribution(&local("a"))]).expect(200);
    assert_eq!(lines(&world, before + 1).len(), 3);
    let filter = format!("/events?filter[request_id]={}", request_id(&whole));
    assert_eq!(world.get(&filter).json()["meta"]["total_count"], 3);
}

fn steps_of_the_engine(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 3), ("2", 14)]);
    let world = &programme.world;
    let before = count(world);
    // A forecast leaves no event.
    let (_, foreseen) = pass(world, "2020-01-01T00:00:00Z", false);
    assert_eq!(foreseen, [""; 0]);
    assert_eq!(attributes(world, "/distributions/1")["value"], 10_000);
    assert_eq!(lines(world, before), [""; 0]);
    let due = programme.tick_when_due();
    let expected = [
        "allocate distributions 1: - to -",
        "trigger distributions 1: 1 to 2",
        "create distributions 2: - to 1",
        "update distributors 1: 1 to 2",
    ];
    assert_eq!(lines(world, before), expected);
    let list = world.get("/events?filter[action]=allocate,trigger").expect(200).json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    for event in list["data"].as_array().unwrap() {
        assert_eq!(event["attributes"]["created_at"], json!(due));
        assert_eq!(event["attributes"]["request_id"], Value::Null);
        assert_eq!(event["attributes"]["token_id"], Value::Null);
        assert_eq!(event["relationships"]["person"]["data"], Value::Null);
    }
    change(world, "/obligations/1", json!({"status": "fulfilled"}));
    let expected = ["update obligations 1: 1 to 2", "update allocations 1: 1 to 2"];
    let mut found = lines(world, before + 4);
    found.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(found, expected);
}

fn collected_obligations_leave_events(place: &Place) {
    let owed = json!({
        "pool_resolver": "obligations", "distribution_resolver": "accumulated_obligations",
        "pool_amount": null, "metric_types": [],
    });
    let programme = Programme::start(place, owed);
    programme.owe("1", 300, json!({}));
    programme.owe("1", 400, json!({}));
    let before = count(&programme.world);
    programme.tick_when_due();
    let expected = [
        "update obligations 1: 1 to 2",
        "update obligations 2: 1 to 2",
        "allocate distributions 1: - to -",
        "trigger distributions 1: 1 to 2",
        "create distributions 2: - to 1",
        "update distributors 1: 3 to 4",
    ];
    assert_eq!(lines(&programme.world, before), expected);
}

/// The pool does not fit into 64 bits, so the next distribution takes over the metrics.
fn failures_leave_events(place: &Place) {
    let programme = Programme::start(place, json!({"carry_over": true, "pool_amount": i64::MAX}));
    programme.tick_when_due();
    programme.credit(&[("2", 5)]);
    let before = count(&programme.world);
    programme.tick_when_due();
    let expected = [
        "trigger distributions 2: 1 to 2",
        "create distributions 3: - to 1",
        "update metrics 1: 1 to 2",
        "update distributors 1: 2 to 3",
    ];
    assert_eq!(lines(&programme.world, before), expected);
    assert_eq!(attributes(&programme.world, "/distributions/2")["status"], "failed");
}

fn commands_leave_events(place: &Place) {
    let world = World::start(place);
    let (organization, scope) = (world.organization, "read");
    let expected = ["create organizations 1: - to 1", "create tokens 1: - to 1"];
    assert_eq!(lines(&world, 0)[..2], expected);
    let before = count(&world);
    let draft = TokenDraft { organization, person: None, scope, label: None };
    admin::create_token(&world.database, draft).unwrap();
    // Revoking a token again changes nothing.
    admin::revoke_token(&world.database, 5).unwrap();
    admin::revoke_token(&world.database, 5).unwrap();
    assert_eq!(lines(&world, before), ["create tokens 5: - to 1", "update tokens 5: 1 to 2"]);
    let mut importer = Importer::open(&world.database, organization).unwrap();
    let file = "name,value\nA,1\nB,2\n";
    importer.import("deals", file.as_bytes(), |_| ()).unwrap();
    let expected = ["create deals 1: - to 1", "create deals 2: - to 1"];
    assert_eq!(lines(&world, before + 2), expected);
    // A file with one bad line leaves no event, although many good lines come before it.
    let good: String = (0..2000).map(|line| format!("N{line},1\n")).collect();
    let file = format!("name,value\n{good}C,x\n");
    importer.import("deals", file.as_bytes(), |_| ()).unwrap_err();
    assert_eq!(count(&world), before + 4);
    let file = format!("name,value\n{good}");
    importer.import("deals", file.as_bytes(), |_| ()).unwrap();
    let total = world.get("/events?page[size]=1").json()["meta"]["total_count"].clone();
    assert_eq!(total, before + 2004);
}

fn administrators_read_them(place: &Place) {
    let world = World::start(place);
    let places = ["/events", "/events/1", "/events/1/person", "/events/1/relationships/person"];
    for path in places {
        for token in [&world.token, &world.reader] {
            let answer = world.request_as(token, "GET", path, None);
            assert_eq!(complaints(&answer), ["403"], "{path}");
        }
        assert_eq!(world.request_as(&world.admin, "GET", path, None).status, 200, "{path}");
    }
    let list = world.request_as(&world.stranger, "GET", "/events", None).expect(200).json();
    for event in list["data"].as_array().unwrap() {
        let owner = &event["relationships"]["organization"]["data"]["id"];
        assert_eq!(*owner, json!(world.other.to_string()));
    }
}

fn they_are_read_only(place: &Place) {
    let world = World::start(place);
    let before = count(&world);
    for (method, path) in [("POST", "/events"), ("PATCH", "/events/1"), ("DELETE", "/events/1")] {
        let answer = world.request(method, path, Some(&json!({"data": {}})));
        assert_eq!(complaints(&answer), ["405"]);
        assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"));
    }
    assert_eq!(count(&world), before);
}

fn databases_refuse_to_change_them(place: &Place) {
    let world = World::start(place);
    let before = world.get("/events").body;
    let scope = Scope::of(OrganizationId(world.organization));
    for statement in ["UPDATE events SET subject_id = 7", "DELETE FROM events"] {
        let mut session = Session::open(&world.database).unwrap();
        let refused = session.tenant(&scope).unwrap().batch_execute(statement).unwrap_err();
        assert!(refused.to_string().starts_with("events are "), "{refused}");
    }
    assert_eq!(world.get("/events").body, before);
}

fn the_actor_may_be_gone(place: &Place) {
    let mut world = World::start(place);
    let ada = person(&world);
    let hers = token_of(&world, &ada);
    let lasting = std::mem::replace(&mut world.token, hers);
    let id = world.create("collaborators", json!({"full_name": "C"}), &[]);
    world.token = lasting;
    let person = |world: &World| {
        let filter = format!("filter[subject_type]=collaborators&filter[subject_id]={id}");
        let list = world.get(&format!("/events?{filter}&include=person")).expect(200).json();
        (list["data"][0]["relationships"]["person"]["data"]["id"].clone(), list["included"].clone())
    };
    assert_eq!(person(&world).0, json!(ada));
    // Ada's token still names her; a person without a token can be deleted.
    world.delete(&format!("/people/{ada}")).expect(409);
    let scope = Scope::of(OrganizationId(world.organization));
    let mut session = Session::open(&world.database).unwrap();
    let gone = format!("DELETE FROM tokens WHERE person_id = {ada}");
    let gone = session.transaction(|session| {
        session.tenant(&scope)?.batch_execute(&gone).map_err(apportion_store::Error::from)
    });
    gone.unwrap();
    world.delete(&format!("/people/{ada}")).expect(204);
    assert_eq!(person(&world), (json!(ada), json!([])));
}

/// The tables whose rows have versions, and the number of versions of a row without an event of
/// their own: the first version of a row made for a triggered distribution is covered by the event
/// of the distribution.
const VERSIONED: &[(&str, &str)] = &[
    ("organizations", "0"),
    ("people", "0"),
    ("deals", "0"),
    ("collaborators", "0"),
    ("distributors", "0"),
    ("metrics", "0"),
    ("distributions", "0"),
    (
        "obligations",
        "(SELECT COUNT(*) FROM allocations JOIN events ON action = 'allocate' \
         AND subject_id = distribution_id WHERE allocations.obligation_id = obligations.id \
         AND obligations.award_type = 'distribution')",
    ),
    (
        "allocations",
        "(SELECT COUNT(*) FROM events WHERE action = 'allocate' \
         AND subject_id = allocations.distribution_id)",
    ),
];

fn every_version_has_its_event(place: &Place) {
    let Sample { world, .. } = Sample::make(place);
    let ask = |query: &str| -> i64 {
        let scope = Scope::of(OrganizationId(world.organization));
        let mut session = Session::open(&world.database).unwrap();
        sql::<BigInt>(query).get_result(session.tenant(&scope).unwrap()).unwrap()
    };
    let check = || {
        for (table, untold) in VERSIONED {
            assert_ne!(ask(&format!("SELECT COUNT(*) FROM {table}")), 0, "no rows of {table}");
            let events = format!(
                "(SELECT COUNT(*) FROM events WHERE version_after IS NOT NULL \
                 AND subject_type = '{table}' AND subject_id = {table}.id)"
            );
            let apart =
                format!("SELECT COUNT(*) FROM {table} WHERE version <> {events} + {untold}");
            assert_eq!(ask(&apart), 0, "{table}");
        }
        // A change of a deal rewrites its distributions, and its event stands for all of them.
        let own = "(SELECT COUNT(*) FROM events WHERE version_after IS NOT NULL AND subject_id = \
                   revenue_distributions.id AND subject_type = 'revenue_distributions')";
        let of_its_deal = "(SELECT COUNT(*) FROM events WHERE action = 'update' \
                           AND subject_id = deal_id AND subject_type = 'deals')";
        let apart = format!(
            "SELECT COUNT(*) FROM revenue_distributions \
             WHERE version NOT BETWEEN {own} AND {own} + {of_its_deal}"
        );
        assert_eq!(ask(&apart), 0, "revenue_distributions");
        // No version has two events, and each event goes on from the version of the one before.
        let twice = "SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE version_after IS NOT NULL \
                     GROUP BY subject_type, subject_id, version_after HAVING COUNT(*) > 1) AS twice";
        assert_eq!(ask(twice), 0);
        let apart = "SELECT COUNT(*) FROM events WHERE version_after IS NOT NULL \
                     AND version_after - 1 <> COALESCE(version_before, 0)";
        assert_eq!(ask(apart), 0);
    };
    check();
    // The engine executes what is open there.
    let (passed, _) = pass(&world, "2099-01-01T00:00:00Z", false);
    assert!(passed.triggered > 0, "{passed:?}");
    check();
    let made = "SELECT COUNT(*) FROM events WHERE action = 'allocate'";
    assert!(ask(made) > 0, "nothing was allocated");
}
