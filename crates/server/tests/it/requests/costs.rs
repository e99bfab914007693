//! The cost of a request is known before it is carried out, and has a limit: slices of a report,
//! texts that a filter compares, rows that a change rewrites, bytes that are kept for a key.

use std::fmt::Write;

use apportion_server::import::Importer;
use apportion_testing::http::{Answer, send};
use apportion_testing::{Backend, Place};
use serde_json::{Value, json};

use crate::support::world::{JSON_API, World, document, run_sql};

apportion_testing::cases! {
    slices_of_a_report, rewritten_distributions, compared_texts, an_answer_too_large_to_keep,
    results_too_large_to_keep, what_was_kept_may_be_gone, answers_too_long_to_send,
    included_texts
}

fn import(world: &World, kind: &str, text: &str) {
    let mut importer = Importer::open(&world.database, world.organization).unwrap();
    importer.import(kind, text.as_bytes(), |_| {}).unwrap();
}

/// Small distributions of deal 1 over the whole calendar.
fn distributions(count: usize) -> String {
    let mut text = "deal_id,start_on,end_on,amount_percent\n".to_owned();
    for _ in 0..count {
        writeln!(text, "1,2000-01-01,2099-12-31,0.0001").unwrap();
    }
    text
}

fn detail(answer: &Answer) -> String {
    let error = &answer.json()["errors"][0];
    assert_eq!((&error["code"], &error["title"]), (&json!("too_costly"), &json!("Too Costly")));
    error["detail"].as_str().unwrap().to_owned()
}

fn slices_of_a_report(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    world.deal("E", 100);
    world.spread("2", "2025-01-01", "2025-01-31", "100");
    import(&world, "revenue_distributions", &distributions(2738));
    let report = |query: &str| world.get(&format!("/reports/financial_item_reports?{query}"));
    let began = std::time::Instant::now();
    let refused = report("group=date:day&page[size]=1").expect(400);
    assert_eq!(refused.json()["errors"][0]["source"]["parameter"], "group");
    let detail = detail(&refused);
    assert!(detail.contains("2739 revenue distributions into 100005481 slices"), "{detail}");
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    for narrower in [
        "group=date:month&page[size]=1",
        "group=date:day&page[size]=1&filter[date][gt_eq]=2098-01-01",
        "group=date:day&page[size]=1&filter[deal_id]=2",
    ] {
        report(narrower).expect(200);
    }
}

fn rewritten_distributions(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    import(&world, "revenue_distributions", &distributions(3_334));
    let change = |value: i64| document("deals", json!({"value": value}), &[])["data"].clone();
    let operation = |value: i64| {
        let mut data = change(value);
        data["id"] = json!("1");
        json!({"op": "update", "data": data})
    };
    let operate = |values: &[i64]| {
        let list: Vec<Value> = values.iter().map(|value| operation(*value)).collect();
        crate::support::atomic::operate(&world, &list)
    };
    let detail = detail(&operate(&[1, 2, 3, 4]).expect(400));
    assert!(detail.contains("10002 revenue distributions, and at most 10000"), "{detail}");
    // Nothing was kept, and a request by itself has the whole limit again.
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["value"], 100);
    operate(&[1, 2]).expect(200);
    operate(&[3, 4]).expect(200);
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["value"], 4);
}

/// Each text of a filter is compared with each row, unless an id says which rows.
fn compared_texts(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    let filter = |count: usize| {
        let texts: Vec<String> = (0..count).map(|at| format!("x{at}")).collect();
        format!("filter[name][not_contain]={}", texts.join(","))
    };
    world.get(&format!("/deals?{}", filter(50))).expect(200);
    // As if there were as many.
    let (organization, rows) = (world.organization, 2_000_000);
    run_sql(
        &world,
        &match place.backend {
            Backend::Sqlite => format!("UPDATE row_counts SET row_count = {rows}"),
            Backend::Postgres => format!(
                "INSERT INTO row_count_deltas (organization_id, table_name, delta) \
             VALUES ({organization}, 'deals', {rows} - 1)"
            ),
        },
    );
    let refused = world.get(&format!("/deals?{}", filter(3))).expect(400);
    assert!(detail(&refused).contains("compares 6000000 texts, and at most 5000000"));
    world.get(&format!("/deals?{}", filter(2))).expect(200);
    world.get(&format!("/deals?filter[id]=1&{}", filter(20))).expect(200);
    // The same of events, which have as many rows as there are changes.
    run_sql(
        &world,
        &match place.backend {
            Backend::Sqlite => format!("UPDATE row_counts SET row_count = {}", 1_000_000),
            Backend::Postgres => format!(
                "INSERT INTO row_count_deltas (organization_id, table_name, delta) \
                 VALUES ({organization}, 'events', 1000000 - (SELECT COUNT(*) FROM events))"
            ),
        },
    );
    let texts: Vec<String> = (0..55).map(|at| format!("x{at}")).collect();
    let path = format!("/events?filter[request_id][not_contain]={}", texts.join(","));
    let refused = world.get(&path).expect(400);
    assert!(detail(&refused).contains("compares 55000000 texts, and at most 5000000"));
}

fn keyed(world: &World, method: &str, target: &str, key: &str, body: &Value) -> Answer {
    let token = ("X-Auth-Token", world.token.as_str());
    let content = if target.ends_with("operations") {
        "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\""
    } else {
        JSON_API
    };
    let headers = [token, ("Content-Type", content), ("Accept", content), ("Idempotency-Key", key)];
    send(
        world.address(),
        method,
        &format!("/api/v2{target}"),
        &headers,
        body.to_string().as_bytes(),
    )
}

/// The size of what is kept for keys, in bytes.
fn kept(world: &World) -> i64 {
    use diesel::prelude::*;
    let mut session = apportion_server::store::Session::open(&world.database).unwrap();
    let scope = apportion_server::store::Scope::of(apportion_server::store::OrganizationId(
        world.organization,
    ));
    let size = "SELECT CAST(COALESCE(MAX(LENGTH(body)), 0) AS BIGINT) FROM idempotency_keys";
    let connection = session.tenant(&scope).unwrap();
    diesel::dsl::sql::<diesel::sql_types::BigInt>(size).get_result(connection).unwrap()
}

fn an_answer_too_large_to_keep(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    import(&world, "revenue_distributions", &distributions(300));
    let target = "/deals/1?include=revenue_distributions";
    let body = |name: &str| {
        let mut body = document("deals", json!({"name": name}), &[]);
        body["data"]["id"] = json!("1");
        body
    };
    let first = keyed(&world, "PATCH", target, "k", &body("Large")).expect(200);
    assert!(first.body.len() > 64 * 1024 && first.json()["included"].is_array());
    assert_eq!(kept(&world), 0);
    world.patch("/deals/1", &body("Later")).expect(200);
    let again = keyed(&world, "PATCH", target, "k", &body("Large")).expect(200);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(again.json()["included"], Value::Null);
    assert_eq!(again.json()["data"]["attributes"]["name"], "Later");
    // It had its effect once, and the key still belongs to that request alone.
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["name"], "Later");
    keyed(&world, "PATCH", target, "k", &body("Other")).expect(422);
}

fn results_too_large_to_keep(place: &Place) {
    let world = World::start(place);
    let add = |at: usize| {
        let name = format!("{at:03}{}", "x".repeat(240));
        json!({"op": "add", "data": document("deals", json!({"name": name}), &[])["data"]})
    };
    let list: Vec<Value> = (0..100).map(add).collect();
    let body = json!({"atomic:operations": list});
    let first = keyed(&world, "POST", "/operations", "k", &body).expect(200);
    assert!(first.body.len() > 64 * 1024, "{}", first.body.len());
    assert!((1..=64 * 1024).contains(&kept(&world)));
    let again = keyed(&world, "POST", "/operations", "k", &body).expect(200);
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(again.header("Content-Type"), first.header("Content-Type"));
    let results = again.json()["atomic:results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 100);
    assert_eq!(results[99], json!({"data": {"type": "deals", "id": "100"}}));
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 100);
}

fn what_was_kept_may_be_gone(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    import(&world, "revenue_distributions", &distributions(300));
    let target = "/deals?include=revenue_distributions";
    let body = document("deals", json!({"name": "E"}), &[]);
    keyed(&world, "POST", target, "k", &body).expect(201);
    // As if its answer had been too large.
    run_sql(&world, "UPDATE idempotency_keys SET body = NULL");
    let again = keyed(&world, "POST", target, "k", &body).expect(201);
    assert_eq!(again.header("Location"), Some("/api/v2/deals/2"));
    assert_eq!(again.json()["data"]["id"], "2");
    world.delete("/deals/2").expect(204);
    keyed(&world, "POST", target, "k", &body).expect(404);
}

/// An answer that is longer than a tenant's may ever be is refused as such; a write that is done is
/// answered all the same.
fn answers_too_long_to_send(place: &Place) {
    let world =
        World::configured(place, |config| config.service.limits.answer_memory = 1024 * 1024);
    world.deal("D", 100);
    import(&world, "revenue_distributions", &distributions(900));
    let target = "/deals/1?include=revenue_distributions";
    let said = detail(&world.get(target).expect(400));
    assert!(said.starts_with("The answer is longer than the 524288 bytes"), "{said}");
    let mut body = document("deals", json!({"name": "E"}), &[]);
    body["data"]["id"] = json!("1");
    let done = world.patch(target, &body).expect(200);
    assert!(done.body.len() > 524_288, "{}", done.body.len());
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["name"], "E");
}

/// Long texts are counted before they are loaded, unless they are of few rows.
fn included_texts(place: &Place) {
    let world =
        World::configured(place, |config| config.service.limits.store.costs.text = 1_000_000);
    for name in ["Ann", "Bob", "Cid"] {
        world.create("collaborators", json!({"full_name": name}), &[]);
    }
    let terms = json!({
        "name": "P", "units": "EUR", "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations", "schedule": ["+1 month"],
    });
    world.create("distributors", terms, &[]);
    let mut file = "distributor,collaborator_id,value,reason\n".to_owned();
    // Bob's reasons take more bytes than they have characters.
    for (collaborator, count, reason) in [(1, 600, "r"), (2, 501, "\u{20ac}"), (3, 500, "r")] {
        for _ in 0..count {
            let reason = reason.repeat(if collaborator == 3 { 9_000 } else { 1_000 });
            writeln!(file, "P,{collaborator},1.00,{reason}").unwrap();
        }
    }
    import(&world, "obligations", &file);
    let included = |path: &str| {
        let answer = world.get(path).expect(200).json();
        answer["included"].as_array().unwrap().len()
    };
    assert_eq!(included("/collaborators/1?include=obligations"), 600);
    assert_eq!(included("/collaborators/3?include=obligations"), 500);
    for path in ["/collaborators/2?include=obligations", "/collaborators?include=obligations"] {
        let detail = detail(&world.get(path).expect(400));
        let bytes = if path.contains("/2") { "1503000" } else { "6603000" };
        let said = format!("{bytes} bytes of reasons and descriptions, and at most 1000000 are");
        assert!(detail.contains(&said), "{path}: {detail}");
    }
    // The next request has the whole limit again.
    assert_eq!(included("/collaborators/1?include=obligations"), 600);
}
