//! Distributors: defaults, rules of fields, members, deals, and deletion.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{make, owing, pool};
use crate::support::rows::sample::ids;
use crate::support::world::{World, document};

apportion_testing::cases! {
    defaults_are_filled_in, everything_can_be_set, bad_values_are_refused,
    points_may_be_written_as_any_integer,
    resolvers_that_do_not_go_together, required_members, members_and_deals,
    members_of_other_organizations_are_missing, units_spell_a_currency_in_capitals,
    deleted_distributors_are_read_only
}

fn defaults_are_filled_in(place: &Place) {
    let world = World::start(place);
    let given = json!({
        "name": "D", "units": "points", "pool_resolver": "fixed_amount", "pool_amount": 0,
        "distribution_resolver": "top_score_wins",
    });
    world.create("distributors", given.clone(), &[]);
    let shown = attributes(&world, "/distributors/1");
    shows(&shown, &given);
    let defaults = json!({
        "description": null, "status": "active", "revenue_percentage": null,
        "minimum_value": null, "revenue_scope": "all", "requires_approval": false,
        "carry_over": false, "schedule": [],
        "time_zone": "UTC", "metric_types": [], "next_trigger_date": null,
    });
    shows(&shown, &defaults);
    assert_eq!(shown.get("collaborator_count"), None);
    let address = "/distributors/1?fields[distributors]=collaborator_count,accumulated_value";
    let expected = json!({"collaborator_count": 0, "accumulated_value": 0});
    assert_eq!(attributes(&world, address), expected);
}

fn everything_can_be_set(place: &Place) {
    let world = World::start(place);
    world.create("distributors", owing(), &[]);
    let all = json!({
        "name": "N", "description": "a\nb", "units": "USD", "status": "inactive",
        "pool_resolver": "recognized_revenue", "distribution_resolver": "evenly_shared_pool",
        "pool_amount": i64::MAX, "revenue_percentage": "0.0000000001", "minimum_value": 5,
        "revenue_scope": "deals", "requires_approval": true, "carry_over": true,
        "schedule": ["+1 month 09:00", "FREQ=WEEKLY;BYDAY=MO", "Last Day of next month"],
        "time_zone": "America/New_York", "metric_types": [{"type": "manual", "points": 7}],
    });
    shows(&change(&world, "/distributors/1", all.clone()), &all);
    shows(&attributes(&world, "/distributors/1"), &all);
    let cleared = json!({"description": null, "pool_amount": null, "minimum_value": null});
    shows(&change(&world, "/distributors/1", cleared.clone()), &cleared);
    let whole = json!({"revenue_percentage": 100});
    shows(&change(&world, "/distributors/1", whole), &json!({"revenue_percentage": "100.0"}));
}

fn points_may_be_written_as_any_integer(place: &Place) {
    let world = World::start(place);
    let mut sound = pool();
    sound["revenue_percentage"] = json!("5");
    sound["metric_types"] = json!([{"type": "manual", "points": 246.0}]);
    let id = world.create("distributors", sound, &[]);
    let shown = world.get(&format!("/distributors/{id}")).expect(200).json();
    let expected = json!([{"type": "manual", "points": 246}]);
    assert_eq!(shown["data"]["attributes"]["metric_types"], expected);
}

/// An attribute, a value that it must not have, and the attribute that the error points at.
type Bad = (&'static str, Value, &'static str);

fn bad_values_are_refused(place: &Place) {
    let world = World::start(place);
    let mut sound = pool();
    sound["revenue_percentage"] = json!("5");
    world.create("distributors", sound.clone(), &[]);
    let manual = |points: Value| json!([{"type": "manual", "points": points}]);
    let cases: Vec<Bad> = vec![
        ("name", json!(null), "name"),
        ("name", json!(""), "name"),
        ("name", json!("a\u{7f}"), "name"),
        ("description", json!("d".repeat(10_001)), "description"),
        ("description", json!("\u{0}"), "description"),
        ("units", json!(""), "units"),
        ("units", json!("a1"), "units"),
        ("units", json!("u".repeat(33)), "units"),
        ("units", json!(7), "units"),
        ("status", json!("deleted"), "status"),
        ("status", json!("paused"), "status"),
        ("pool_resolver", json!("nothing"), "pool_resolver"),
        ("pool_resolver", json!(null), "pool_resolver"),
        ("distribution_resolver", json!("nothing"), "distribution_resolver"),
        ("pool_amount", json!(i64::MIN), "pool_amount"),
        ("pool_amount", json!(-1), "pool_amount"),
        ("pool_amount", json!(9_223_372_036_854_775_808_u64), "pool_amount"),
        ("pool_amount", json!(null), "pool_amount"),
        ("minimum_value", json!(-1), "minimum_value"),
        ("minimum_value", json!("5"), "minimum_value"),
        ("revenue_percentage", json!("100.0000000001"), "revenue_percentage"),
        ("revenue_percentage", json!("0.00000000000000000001"), "revenue_percentage"),
        ("revenue_percentage", json!(0), "revenue_percentage"),
        ("revenue_percentage", json!("-5"), "revenue_percentage"),
        ("revenue_percentage", json!("many"), "revenue_percentage"),
        ("revenue_scope", json!(null), "revenue_scope"),
        ("revenue_scope", json!("none"), "revenue_scope"),
        ("requires_approval", json!(null), "requires_approval"),
        ("requires_approval", json!("yes"), "requires_approval"),
        ("carry_over", json!(1), "carry_over"),
        ("time_zone", json!("Mars/Olympus"), "time_zone"),
        ("time_zone", json!("+01:00"), "time_zone"),
        ("time_zone", json!(null), "time_zone"),
        ("schedule", json!(null), "schedule"),
        ("schedule", json!("+1 day"), "schedule"),
        ("schedule", json!({"a": "+1 day"}), "schedule"),
        ("schedule", json!(["whenever"]), "schedule/0"),
        ("schedule", json!(["+1 day", 7]), "schedule/1"),
        ("schedule", json!(["+1 day", "FREQ=HOURLY"]), "schedule/1"),
        ("schedule", json!(["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]), "schedule/0"),
        ("schedule", json!(["+1 day".repeat(50)]), "schedule/0"),
        ("schedule", json!(vec!["+1 day"; 11]), "schedule/10"),
        ("metric_types", json!(null), "metric_types"),
        ("metric_types", json!("manual"), "metric_types"),
        ("metric_types", json!({"type": "manual", "points": 1}), "metric_types"),
        ("metric_types", json!([7]), "metric_types"),
        ("metric_types", json!([{"type": "clicks", "points": 1}]), "metric_types"),
        ("metric_types", manual(json!(0)), "metric_types"),
        ("metric_types", manual(json!(-5)), "metric_types"),
        ("metric_types", manual(json!(9_223_372_036_854_775_808_u64)), "metric_types"),
        ("metric_types", json!([{"type": "manual"}]), "metric_types"),
        ("next_trigger_date", json!("2001-01-01T00:00:00.000Z"), "next_trigger_date"),
        ("collaborator_count", json!(9), "collaborator_count"),
        ("accumulated_value", json!(9), "accumulated_value"),
    ];
    for (name, value, at) in cases {
        let mut attributes = sound.clone();
        attributes[name] = value;
        let body = document("distributors", attributes, &[]).to_string();
        let fault = format!("422 /data/attributes/{at}");
        refused(&world, ("POST", "/distributors"), &body, 422, &[&fault]);
        refused(&world, ("PATCH", "/distributors/1"), &body, 422, &[&fault]);
    }
}

/// Each case is two resolvers, units, and the attribute at fault.
fn resolvers_that_do_not_go_together(place: &Place) {
    let world = World::start(place);
    let check = |pool: &str, distribution: &str, units: &str, at: &str| {
        let attributes = json!({
            "name": "D", "units": units, "pool_resolver": pool,
            "distribution_resolver": distribution, "pool_amount": 1, "revenue_percentage": 1,
        });
        let body = document("distributors", attributes, &[]).to_string();
        let fault = format!("422 /data/attributes/{at}");
        refused(&world, ("POST", "/distributors"), body, 422, &[&fault]);
    };
    check("obligations", "top_score_wins", "EUR", "distribution_resolver");
    check("fixed_amount", "accumulated_obligations", "EUR", "distribution_resolver");
    check("recognized_revenue", "accumulated_obligations", "EUR", "distribution_resolver");
    check("recognized_revenue", "evenly_shared_pool", "points", "units");
}

fn required_members(place: &Place) {
    let world = World::start(place);
    let check = |attributes: Value, expected: &[&str]| {
        let body = document("distributors", attributes, &[]).to_string();
        let faults: Vec<String> =
            expected.iter().map(|at| format!("422 /data/attributes/{at}")).collect();
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        refused(&world, ("POST", "/distributors"), body, 422, &faults);
    };
    check(json!({}), &["name", "units", "pool_resolver", "distribution_resolver"]);
    let mut without = pool();
    without.as_object_mut().unwrap().remove("pool_amount");
    check(without.clone(), &["pool_amount"]);
    without["pool_resolver"] = json!("recognized_revenue");
    check(without, &["revenue_percentage"]);
}

fn members_and_deals(place: &Place) {
    let world = World::start(place);
    let people: Vec<String> = ["Ann", "Ben", "Cem"]
        .map(|name| world.create("collaborators", json!({"full_name": name}), &[]))
        .to_vec();
    let deal = world.deal("D", 1);
    let linkage = |kind: &str, ids: &[&str]| {
        let ids = ids.iter().map(|id| json!({"type": kind, "id": id}));
        json!({"data": ids.collect::<Vec<_>>()})
    };
    let mut body = document("distributors", pool(), &[]);
    body["data"]["relationships"] = json!({
        "collaborators": linkage("collaborators", &[&people[0], &people[1]]),
        "deals": linkage("deals", &[&deal]),
    });
    world.post("/distributors", &body).expect(201);
    let members = || ids(&world.get("/distributors/1/collaborators").expect(200).json());
    let count = || {
        let path = "/distributors/1?fields[distributors]=collaborator_count";
        attributes(&world, path)["collaborator_count"].clone()
    };
    assert_eq!((members(), count()), (vec![1, 2], json!(2)));
    assert_eq!(ids(&world.get("/distributors/1/relationships/deals").expect(200).json()), [1]);
    let tag = || world.get("/distributors/1").expect(200).header("ETag").unwrap().to_owned();
    let before = tag();
    let path = "/distributors/1/relationships/collaborators";
    world.post(path, &linkage("collaborators", &[&people[2], &people[0]])).expect(200);
    assert_eq!((members(), count()), (vec![1, 2, 3], json!(3)));
    assert_ne!(tag(), before);
    let gone = linkage("collaborators", &[&people[1]]);
    world.request("DELETE", path, Some(&gone)).expect(200);
    assert_eq!((members(), count()), (vec![1, 3], json!(2)));
    // A change that does not name members and deals leaves them.
    change(&world, "/distributors/1", json!({"name": "N"}));
    assert_eq!(members(), [1, 3]);
    let found = world.get("/distributors?filter[collaborator_count]=2").expect(200).json();
    assert_eq!(ids(&found), [1]);
    // A deal that a distributor is about cannot be deleted.
    refused(&world, ("DELETE", "/deals/1"), "", 409, &["409"]);
    world.patch("/distributors/1/relationships/deals", &linkage("deals", &[])).expect(200);
    world.delete("/deals/1").expect(204);
}

fn members_of_other_organizations_are_missing(place: &Place) {
    let world = World::start(place);
    world.create("distributors", pool(), &[]);
    make(&world, &world.stranger, "collaborators", json!({"full_name": "Eve"}), &[]);
    make(&world, &world.stranger, "deals", json!({"name": "T"}), &[]);
    for (name, kind) in [("collaborators", "collaborators"), ("deals", "deals")] {
        let mut body = document("distributors", pool(), &[]);
        body["data"]["relationships"] = json!({name: {"data": [{"type": kind, "id": "1"}]}});
        let fault = format!("404 /data/relationships/{name}");
        refused(&world, ("POST", "/distributors"), body.to_string(), 404, &[&fault]);
        refused(&world, ("PATCH", "/distributors/1"), body.to_string(), 404, &[&fault]);
    }
    world.request_as(&world.stranger, "GET", "/distributors/1", None).expect(404);
    world.request_as(&world.stranger, "DELETE", "/distributors/1", None).expect(404);
}

/// The currency of the organization or of one of its deals in other letters would be a plain unit
/// without decimals, and amounts a hundred times too large.
fn units_spell_a_currency_in_capitals(place: &Place) {
    let world = World::start(place);
    make(
        &world,
        &world.stranger,
        "deals",
        json!({"name": "T", "currency": "GBP",
        "exchange_rate": "1.2"}),
        &[],
    );
    let in_units = |units: &str| {
        let mut attributes = pool();
        attributes["units"] = json!(units);
        document("distributors", attributes, &[])
    };
    let takes = |units: &str| {
        let made = world.post("/distributors", &in_units(units)).expect(201).json();
        assert_eq!(made["data"]["attributes"]["units"], units);
        format!("/distributors/{}", made["data"]["id"].as_str().unwrap())
    };
    let refuses = |units: &str, path: &str, code: &str| {
        let method = if path.ends_with("distributors") { "POST" } else { "PATCH" };
        let body = in_units(units).to_string();
        refused(&world, (method, path), body, 422, &["422 /data/attributes/units"]);
        let told = world.request(method, path, Some(&in_units(units))).json();
        let expected =
            format!("units must be {code} for the currency; {units} would have no decimals");
        assert_eq!(told["errors"][0]["detail"], expected);
    };
    let first = takes("EUR");
    for units in ["eur", "Eur", "eUR"] {
        refuses(units, "/distributors", "EUR");
        refuses(units, &first, "EUR");
    }
    // No deal of ours is in dollars yet, and the pounds are another organization's.
    let dollars = takes("usd");
    for plain in ["gbp", "points", "euro", "xau", "eu"] {
        takes(plain);
    }
    let deal = json!({"name": "D", "currency": "USD", "exchange_rate": "0.9", "status": "lost"});
    world.create("deals", deal, &[]);
    refuses("usd", "/distributors", "USD");
    refuses("Usd", &dollars, "USD");
    // Units that were set before stay, and so do the other terms of who has them.
    let kept = json!({"name": "N", "units": "usd"});
    shows(&change(&world, &dollars, kept.clone()), &kept);
    refuses("eur", &dollars, "EUR");
}

fn deleted_distributors_are_read_only(place: &Place) {
    let world = World::start(place);
    world.create("distributors", pool(), &[]);
    world.create("distributors", owing(), &[]);
    world.delete("/distributors/1").expect(204);
    let shown = attributes(&world, "/distributors/1");
    shows(&shown, &json!({"status": "deleted", "next_trigger_date": null, "name": "Pool"}));
    let lists: &[(&str, &[i64])] = &[
        ("", &[2]),
        ("?page[after]=", &[2]),
        ("?filter[name][contains]=o", &[2]),
        ("?filter[status]=active", &[2]),
        ("?filter[status]=deleted", &[1]),
        ("?filter[status]=deleted,active", &[1, 2]),
        ("?filter[status][not_eq]=deleted", &[2]),
        ("?filter[status][not_eq]=active", &[]),
        ("?filter[$op]=or&filter[0][status]=deleted&filter[1][name]=Owing", &[1, 2]),
    ];
    for (query, expected) in lists {
        let list = world.get(&format!("/distributors{query}")).expect(200).json();
        assert_eq!(ids(&list), *expected, "{query}");
        if !query.contains("after") {
            assert_eq!(list["meta"]["total_count"], expected.len(), "{query}");
        }
    }
    let body = document("distributors", json!({"name": "N"}), &[]).to_string();
    refused(&world, ("PATCH", "/distributors/1"), &body, 409, &["409"]);
    let revived = document("distributors", json!({"status": "active"}), &[]).to_string();
    refused(&world, ("PATCH", "/distributors/1"), &revived, 409, &["409"]);
    refused(&world, ("DELETE", "/distributors/1"), "", 409, &["409"]);
    let none = json!({"data": []}).to_string();
    let path = "/distributors/1/relationships/collaborators";
    refused(&world, ("PATCH", path), none, 409, &["409"]);
}
