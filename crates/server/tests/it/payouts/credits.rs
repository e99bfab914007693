//! Metric credits: they cannot be changed or deleted, they add up to the metric of the open
//! distribution, and only some collaborators can be credited.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, person, shows, token_of};
use crate::support::rows::payouts::{make, owing, pool, trigger};
use crate::support::world::{World, document};

apportion_testing::cases! {
    metrics_follow, each_period_begins_anew, bad_values_are_refused, who_may_be_credited,
    credits_cannot_be_changed, links_to_others_are_refused, operations_add_them,
    many_at_once_add_up
}

const LINKS: [(&str, &str, &str); 2] =
    [("distributor", "distributors", "1"), ("collaborator", "collaborators", "1")];

/// Starts a server with Ann, who is a member of a pool, and Ben, who is not.
fn world(place: &Place) -> World {
    let world = World::start(place);
    for name in ["Ann", "Ben"] {
        world.create("collaborators", json!({"full_name": name}), &[]);
    }
    let mut body = document("distributors", pool(), &[]);
    let members = json!([{"type": "collaborators", "id": "1"}]);
    body["data"]["relationships"] = json!({"collaborators": {"data": members}});
    world.post("/distributors", &body).expect(201);
    world
}

#[track_caller]
fn credit(world: &World, points: i64) -> String {
    world.create("metric_credits", json!({"points": points}), &LINKS)
}

fn metrics_follow(place: &Place) {
    let mut world = world(place);
    assert_eq!(world.get("/metrics").json()["meta"]["total_count"], 0);
    let ada = person(&world);
    world.token = token_of(&world, &ada);
    let given = json!({"points": 3, "reason": "a\nb"});
    let id = world.create("metric_credits", given.clone(), &LINKS);
    let shown = world.get(&format!("/metric_credits/{id}")).expect(200).json();
    shows(&shown["data"]["attributes"], &given);
    assert_eq!(shown["data"]["relationships"]["creator"]["data"]["id"], json!(ada));
    let metric = || world.get("/metrics/1").expect(200);
    let first = metric();
    shows(&first.json()["data"]["attributes"], &json!({"metric_type": "manual", "score": 3}));
    credit(&world, 14);
    let second = metric();
    assert_eq!(second.json()["data"]["attributes"]["score"], 17);
    assert_ne!(second.header("ETag"), first.header("ETag"));
    for path in ["/metrics", "/distributors/1/metrics", "/collaborators/1/metrics"] {
        assert_eq!(world.get(path).expect(200).json()["meta"]["total_count"], 1, "{path}");
    }
    let counted = world.get("/metrics/1/distribution").expect(200).json();
    assert_eq!(counted["data"]["id"], "1");
}

fn each_period_begins_anew(place: &Place) {
    let world = world(place);
    credit(&world, 3);
    trigger(&world, world.organization, "1");
    // `trigger` does not open the next distribution; a change of the schedule does.
    change(&world, "/distributors/1", json!({"schedule": ["+1 month"]}));
    credit(&world, 4);
    let list = world.get("/metrics?sort=id").expect(200).json();
    let rows = list["data"].as_array().unwrap();
    let found: Vec<(&Value, &Value)> = rows
        .iter()
        .map(|row| {
            let period = &row["relationships"]["distribution"]["data"]["id"];
            (&row["attributes"]["score"], period)
        })
        .collect();
    assert_eq!(found, [(&json!(3), &json!("1")), (&json!(4), &json!("2"))]);
}

fn bad_values_are_refused(place: &Place) {
    let world = world(place);
    let cases: &[(&str, Value)] = &[
        ("points", json!(0)),
        ("points", json!(-1)),
        ("points", json!(i64::MIN)),
        ("points", json!(9_223_372_036_854_775_808_u64)),
        ("points", json!("1")),
        ("points", json!(1.5)),
        ("points", json!(null)),
        ("reason", json!("r".repeat(10_001))),
        ("reason", json!(7)),
        ("score", json!(7)),
    ];
    for (name, value) in cases {
        let mut attributes = json!({"points": 1});
        attributes[*name] = value.clone();
        let body = document("metric_credits", attributes, &LINKS).to_string();
        let fault = format!("422 /data/attributes/{name}");
        refused(&world, ("POST", "/metric_credits"), body, 422, &[&fault]);
    }
    let bare = document("metric_credits", json!({}), &[]).to_string();
    let missing = ["attributes/points", "relationships/distributor", "relationships/collaborator"];
    let missing = missing.map(|at| format!("422 /data/{at}"));
    let missing = missing.each_ref().map(String::as_str);
    refused(&world, ("POST", "/metric_credits"), bare, 422, &missing);
    // Each score fits into 64 bits, but not their sum.
    credit(&world, i64::MAX);
    let one = document("metric_credits", json!({"points": 1}), &LINKS).to_string();
    let fault = ["422 /data/attributes/points"];
    refused(&world, ("POST", "/metric_credits"), one, 422, &fault);
    assert_eq!(attributes(&world, "/metrics/1")["score"], i64::MAX);
}

fn who_may_be_credited(place: &Place) {
    let world = world(place);
    let check = |links: &[(&str, &str, &str)], at: &str| {
        let body = document("metric_credits", json!({"points": 1}), links).to_string();
        let fault = format!("422 /data/relationships/{at}");
        refused(&world, ("POST", "/metric_credits"), body, 422, &[&fault]);
    };
    let ben = ("collaborator", "collaborators", "2");
    check(&[LINKS[0], ben], "distributor");
    change(&world, "/collaborators/1", json!({"status": "inactive"}));
    check(&LINKS, "collaborator");
    change(&world, "/collaborators/1", json!({"status": "active"}));
    change(&world, "/distributors/1", json!({"status": "inactive"}));
    check(&LINKS, "distributor");
    change(&world, "/distributors/1", json!({"status": "active", "metric_types": []}));
    check(&LINKS, "distributor");
    let manual = json!([{"type": "manual", "points": 2}]);
    change(&world, "/distributors/1", json!({"metric_types": manual, "schedule": []}));
    check(&LINKS, "distributor");
    change(&world, "/distributors/1", json!({"schedule": ["+1 day"]}));
    credit(&world, 1);
    world.delete("/distributors/1").expect(204);
    check(&LINKS, "distributor");
    // This distributor has no metrics.
    world.create("distributors", owing(), &[]);
    check(&[("distributor", "distributors", "2"), LINKS[1]], "distributor");
}

fn credits_cannot_be_changed(place: &Place) {
    let world = world(place);
    credit(&world, 1);
    let body = document("metric_credits", json!({"points": 2}), &[]).to_string();
    for (method, path, allow) in [
        ("PATCH", "/metric_credits/1", "GET, HEAD, OPTIONS"),
        ("DELETE", "/metric_credits/1", "GET, HEAD, OPTIONS"),
        ("PATCH", "/metric_credits/1/relationships/collaborator", "GET, HEAD, OPTIONS"),
        ("PUT", "/metric_credits", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/metrics", "GET, HEAD, OPTIONS"),
        ("PATCH", "/metrics/1", "GET, HEAD, OPTIONS"),
        ("DELETE", "/distributions/1", "GET, HEAD, OPTIONS"),
        ("POST", "/distributions", "GET, HEAD, OPTIONS"),
        ("POST", "/allocations", "GET, HEAD, OPTIONS"),
    ] {
        refused(&world, (method, path), &body, 405, &["405"]);
        let answer = world.request(method, path, None);
        assert_eq!(answer.header("Allow"), Some(allow), "{method} {path}");
    }
}

fn links_to_others_are_refused(place: &Place) {
    let world = world(place);
    let theirs = make(&world, &world.stranger, "collaborators", json!({"full_name": "E"}), &[]);
    let payer = make(&world, &world.stranger, "distributors", pool(), &[]);
    let check = |links: &[(&str, &str, &str)], at: &str| {
        let body = document("metric_credits", json!({"points": 1}), links).to_string();
        let fault = format!("404 /data/relationships/{at}");
        refused(&world, ("POST", "/metric_credits"), body, 404, &[&fault]);
    };
    check(&[LINKS[0], ("collaborator", "collaborators", &theirs)], "collaborator");
    check(&[LINKS[1], ("distributor", "distributors", &payer)], "distributor");
    credit(&world, 1);
    world.request_as(&world.stranger, "GET", "/metric_credits/1", None).expect(404);
    world.request_as(&world.stranger, "GET", "/metrics/1", None).expect(404);
}

fn operations_add_them(place: &Place) {
    let world = world(place);
    let run = |operations: &[Value]| {
        let body = serde_json::to_vec(&json!({"atomic:operations": operations})).unwrap();
        let media = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", media)];
        apportion_testing::http::send(
            world.address(),
            "POST",
            "/api/v2/operations",
            &headers,
            &body,
        )
    };
    let data = document("metric_credits", json!({"points": 2}), &LINKS)["data"].clone();
    let add = json!({"op": "add", "data": data});
    run(&[add.clone(), add]).expect(200);
    assert_eq!(attributes(&world, "/metrics/1")["score"], 4);
    let reference = json!({"type": "metric_credits", "id": "1"});
    run(&[json!({"op": "remove", "ref": reference})]).expect(400);
    let data = json!({"type": "metric_credits", "id": "1", "attributes": {"points": 9}});
    run(&[json!({"op": "update", "data": data})]).expect(400);
    assert_eq!(attributes(&world, "/metric_credits/1")["points"], 2);
}

fn many_at_once_add_up(place: &Place) {
    let world = world(place);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (1..=5).for_each(|points| drop(credit(&world, points))));
        }
    });
    assert_eq!(attributes(&world, "/metrics/1")["score"], 8 * 15);
    assert_eq!(world.get("/metrics").json()["meta"]["total_count"], 1);
    assert_eq!(world.get("/metric_credits").json()["meta"]["total_count"], 40);
}
