//! The preview of a distributor: what it shows of the plan, what it includes, what it refuses, and
//! that it writes nothing. Not here: that the trigger then does the same (`preview_scenarios`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, rows};
use crate::support::resources::{change, shows};
use crate::support::rows::payouts::owing;
use crate::support::rows::programme::Programme;
use crate::support::world::{JSON_API, World};

apportion_testing::cases! {
    shares_are_shown, obligations_are_shown, an_instant_may_be_chosen,
    reasons_why_nothing_is_triggered,
    failures_are_foreseen, includes_and_fields, nothing_is_written, bad_requests
}

#[track_caller]
fn preview(world: &World, id: &str, query: &str) -> Value {
    let answer = world.get(&format!("/distributors/{id}/preview{query}")).expect(200);
    assert_eq!(answer.header("Content-Type"), Some(JSON_API));
    answer.json()
}

fn shares_are_shown(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 3), ("2", 14)]);
    let (world, due) = (&programme.world, programme.due());
    let shown = preview(world, "1", "");
    let data = &shown["data"];
    assert_eq!((&data["type"], &data["id"]), (&json!("distribution_previews"), &json!("1")));
    assert_eq!(data.get("links"), None);
    assert_eq!(shown["links"]["self"], "/api/v2/distributors/1/preview");
    let waits = format!("The trigger date {due} has not come.");
    let expected = json!({
        "value": 10_000, "units": "EUR", "status": "processing", "trigger_date": due,
        "pool": 10_000,
        "reasons": [
            {"collaborator_id": null, "reason": waits},
            {"collaborator_id": "3", "reason": "No score in the period."},
        ],
    });
    shows(&data["attributes"], &expected);
    let sentence = "The pool is 100.00 EUR. It is shared by 2 collaborators with 17 points.";
    assert_eq!(data["attributes"]["explanation"]["sentence"], sentence);
    let links = &data["relationships"];
    assert_eq!(links["distributor"]["data"], json!({"type": "distributors", "id": "1"}));
    assert_eq!(links["distribution"]["data"], json!({"type": "distributions", "id": "1"}));
    let part = |id: &str| json!({"type": "allocation_previews", "id": id});
    assert_eq!(links["allocation_previews"]["data"], json!([part("1-1"), part("1-2")]));
    let included = shown["included"].as_array().unwrap();
    assert_eq!(included.len(), 2);
    shows(&included[0]["attributes"], &json!({"value": 1_765}));
    assert_eq!(included[0]["attributes"]["explanation"]["exact"], "30000/17");
    let linked = &included[1]["relationships"];
    assert_eq!(linked["collaborator"]["data"], json!({"type": "collaborators", "id": "2"}));
    assert_eq!(linked["obligation"]["data"], json!(null));
}

fn obligations_are_shown(place: &Place) {
    let mut owing = owing();
    owing["minimum_value"] = json!(100);
    owing["pool_amount"] = json!(null);
    owing["metric_types"] = json!([]);
    let programme = Programme::start(place, owing);
    programme.owe("1", 500, json!({}));
    programme.owe("1", -200, json!({}));
    programme.owe("2", 99, json!({}));
    let due = programme.due();
    let shown = preview(&programme.world, "1", &format!("?filter[at]={due}"));
    shows(&shown["data"]["attributes"], &json!({"value": 300, "pool": 300}));
    let reasons = shown["data"]["attributes"]["reasons"].as_array().unwrap();
    let texts: Vec<&str> = reasons.iter().map(|it| it["reason"].as_str().unwrap()).collect();
    let waits = "The net of 0.99 EUR is below the minimum of 1.00 EUR and waits.";
    assert_eq!(texts, [waits, "Nothing is owed and due."]);
    let included = shown["included"].as_array().unwrap();
    let ids: Vec<&Value> = included.iter().map(|part| &part["id"]).collect();
    assert_eq!(ids, ["1-1-1", "1-1-2"]);
    assert_eq!(included[1]["attributes"]["value"], -200);
    let linked = &included[1]["relationships"]["obligation"]["data"];
    assert_eq!(*linked, json!({"type": "obligations", "id": "2"}));
}

fn an_instant_may_be_chosen(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 1)]);
    let (world, due) = (&programme.world, programme.due());
    let reasons = |query: String| {
        let shown = preview(world, "1", &query);
        assert_eq!(shown["data"]["attributes"]["trigger_date"], due, "{query}");
        shown["data"]["attributes"]["reasons"].as_array().unwrap().len()
    };
    // The reasons are two collaborators without a score, and the trigger date unless it has come.
    assert_eq!(reasons(String::new()), 3);
    assert_eq!(reasons("?filter[at]=2025-01-01T00:00:00Z".to_owned()), 3);
    assert_eq!(reasons(format!("?filter[at]={due}")), 2);
    assert_eq!(reasons("?filter[at]=2199-12-31T23:59:59.9999%2B00:00".to_owned()), 2);
    let target = format!("?filter%5Bat%5D={}", due.replace(':', "%3A"));
    let own = preview(world, "1", &target)["links"]["self"].as_str().unwrap().to_owned();
    let again = own.split_once("/api/v2").unwrap().1;
    assert_eq!(world.get(again).expect(200).json()["links"]["self"], own);
}

fn reasons_why_nothing_is_triggered(place: &Place) {
    let programme = Programme::start(place, json!({"schedule": []}));
    let world = &programme.world;
    let reason = |id: &str, query: &str| {
        let shown = preview(world, id, query);
        let attributes = shown["data"]["attributes"].clone();
        (attributes["value"].clone(), attributes["reasons"][0]["reason"].clone())
    };
    let nothing = "The distributor has no open distribution.";
    assert_eq!(reason("1", ""), (json!(0), json!(nothing)));
    let shown = preview(world, "1", "");
    let expected = json!({
        "pool": 0, "status": null, "trigger_date": null, "explanation": null, "units": "EUR",
    });
    shows(&shown["data"]["attributes"], &expected);
    assert_eq!(shown["data"]["relationships"]["distribution"]["data"], json!(null));
    assert_eq!(shown["included"], json!([]));
    let paused = programme.also(json!({}));
    paused.credit(&[("1", 1)]);
    let due = paused.due();
    change(world, &paused.path(), json!({"status": "inactive"}));
    let shown = reason(&paused.id, &format!("?filter[at]={due}"));
    assert_eq!(shown, (json!(10_000), json!("The distributor is not active.")));
    let idle = programme.also(json!({}));
    let shown = reason(&idle.id, &format!("?filter[at]={due}"));
    let nobody = "The pool is 100.00 EUR. Nobody has a score above 0, so nothing is shared.";
    assert_eq!(shown, (json!(0), json!(nobody)));
    world.delete(&idle.path()).expect(204);
    assert_eq!(reason(&idle.id, ""), (json!(0), json!(nothing)));
}

fn failures_are_foreseen(place: &Place) {
    let programme = Programme::start(place, json!({"pool_amount": i64::MAX, "carry_over": true}));
    programme.tick_when_due();
    programme.credit(&[("1", 1)]);
    let shown = preview(&programme.world, "1", &format!("?filter[at]={}", programme.due()));
    let attributes = &shown["data"]["attributes"];
    shows(attributes, &json!({"value": 0, "status": "failed"}));
    let text = attributes["reasons"][0]["reason"].as_str().unwrap();
    assert!(text.starts_with("Failed: the pool with what was carried over"), "{text}");
}

fn includes_and_fields(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 3), ("2", 14)]);
    let world = &programme.world;
    let kinds = |query: &str| -> Vec<String> {
        let shown = preview(world, "1", query);
        let included = shown["included"].as_array().unwrap();
        included.iter().map(|it| it["type"].as_str().unwrap().to_owned()).collect()
    };
    let parts = ["allocation_previews", "allocation_previews"];
    assert_eq!(kinds(""), parts);
    assert_eq!(kinds("?include="), [""; 0]);
    assert_eq!(kinds("?include=distributor"), ["distributors"]);
    let deep = kinds("?include=allocation_previews.collaborator,distribution");
    assert_eq!(deep[..2], parts);
    assert_eq!(deep[2..], ["collaborators", "collaborators", "distributions"]);
    let narrow = "?fields[distribution_previews]=value&fields[allocation_previews]=value";
    let shown = preview(world, "1", narrow);
    assert_eq!(shown["data"]["attributes"], json!({"value": 10_000}));
    assert_eq!(shown["included"][0]["attributes"], json!({"value": 1_765}));
    for query in ["?include=x", "?include=allocation_previews.x", "?fields[x]=y", "?sort=value"] {
        world.get(&format!("/distributors/1/preview{query}")).expect(400);
    }
    // As on any single resource, a page is ignored, since real clients send one.
    preview(world, "1", "?page[size]=1");
}

fn nothing_is_written(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.credit(&[("1", 3)]);
    programme.owe("1", 5, json!({}));
    let before = rows(&programme.world);
    for query in ["", &format!("?filter[at]={}", programme.due())] {
        preview(&programme.world, "1", query);
    }
    assert!(rows(&programme.world) == before);
}

fn bad_requests(place: &Place) {
    let programme = Programme::start(place, json!({}));
    let world = &programme.world;
    for at in [
        "",
        "now",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01%2000:00:00Z",
        "2026-01-01T00:00:00+01:00",
        "2026-13-01T00:00:00Z",
        "1899-12-31T00:00:00Z",
        "2200-01-01T00:00:00Z",
        "%ff",
    ] {
        let answer = world.get(&format!("/distributors/1/preview?filter[at]={at}")).expect(400);
        assert_eq!(complaints(&answer), ["400 filter[at]"], "{at}");
    }
    let twice = "filter[at]=2026-01-01T00:00:00Z&filter[at]=2026-01-01T00:00:00Z";
    world.get(&format!("/distributors/1/preview?{twice}")).expect(400);
    let answer = world.get("/distributors/1/preview?filter[at]=x&filter[x]=1&include=y");
    assert_eq!(complaints(&answer.expect(400)).len(), 3);
    for id in ["0", "2", "x", "01", "9223372036854775808", "-1"] {
        let path = format!("/distributors/{id}/preview");
        assert_eq!(complaints(&world.get(&path).expect(404)), ["404"], "{id}");
        // A missing row is reported before anything that is wrong with the query.
        world.get(&format!("{path}?filter[at]=x")).expect(404);
    }
    let path = "/distributors/1/preview";
    world.request_as(&world.stranger, "GET", path, None).expect(404);
    world.request_as(&world.reader, "GET", path, None).expect(200);
    assert!(world.request("HEAD", path, None).expect(200).body.is_empty());
    for path in [path, "/distributors/1/preview/"] {
        for method in ["POST", "PATCH", "DELETE", "PUT"] {
            let answer = world.request(method, path, None).expect(405);
            assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method}");
        }
        world.request("OPTIONS", path, None).expect(204);
    }
    let headers = [("X-Auth-Token", world.token.as_str()), ("Accept", "text/html")];
    let target = "/api/v2/distributors/1/preview";
    apportion_testing::http::send(world.address(), "GET", target, &headers, b"").expect(406);
}
