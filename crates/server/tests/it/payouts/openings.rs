//! The open distribution of a distributor: there is exactly one while the distributor is active and
//! has a schedule. It moves with the schedule and ends with it.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{YEARLY, make, owing, pool};
use crate::support::world::{World, document};

apportion_testing::cases! {
    one_opens_with_a_schedule, inactive_distributors_open_none, schedules_move_it,
    zones_move_it, empty_schedules_cancel_it, deletion_cancels_it, paused_distributors_keep_it,
    unchanged_schedules_do_not_move_it, units_and_resolvers_wait_for_the_next_period,
    other_organizations_open_their_own
}

/// Makes a distributor with a fixed pool, without a schedule unless `more` has one; returns its id.
fn made(world: &World, more: Value) -> String {
    let mut attributes = pool();
    attributes["schedule"] = json!([]);
    attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.create("distributors", attributes, &[])
}

/// Returns the states of a distributor's distributions, by id.
#[track_caller]
fn states(world: &World, id: &str) -> Vec<String> {
    let path = format!("/distributors/{id}/distributions?sort=id");
    let list = world.get(&path).expect(200).json();
    let rows = list["data"].as_array().unwrap().iter();
    rows.map(|row| row["attributes"]["status"].as_str().unwrap().to_owned()).collect()
}

/// Returns the open distribution that a distributor shows, and its trigger date.
#[track_caller]
fn open(world: &World, id: &str) -> (Value, Value) {
    let path = format!("/distributors/{id}?include=current_distribution");
    let shown = world.get(&path).expect(200).json();
    let linked = shown["data"]["relationships"]["current_distribution"]["data"].clone();
    let date = shown["data"]["attributes"]["next_trigger_date"].clone();
    let included = shown["included"].as_array().unwrap();
    match included.first() {
        Some(row) => {
            assert_eq!(row["id"], linked["id"]);
            assert_eq!(row["attributes"]["trigger_date"], date);
        }
        None => assert_eq!(linked, Value::Null),
    }
    (linked["id"].clone(), date)
}

fn one_opens_with_a_schedule(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    let (current, date) = open(&world, &id);
    assert_eq!(current, "1");
    assert!(date.as_str().unwrap().ends_with("-01-01T00:00:00.000Z"), "{date}");
    let expected = json!({"status": "pending", "value": 0, "trigger_date": date});
    shows(&attributes(&world, "/distributions/1"), &expected);
    let address = "/distributions/1?fields[distributions]=distributor_name,distributor_units,\
        allocation_count,explanation";
    let extended = json!({
        "distributor_name": "Pool", "distributor_units": "EUR", "allocation_count": 0,
        "explanation": null,
    });
    assert_eq!(attributes(&world, address), extended);
    // A schedule that is set later opens a distribution then.
    let late = made(&world, json!({}));
    assert_eq!(open(&world, &late), (Value::Null, Value::Null));
    change(&world, &format!("/distributors/{late}"), json!({"schedule": [YEARLY]}));
    assert_eq!(open(&world, &late).0, "2");
    assert_eq!(states(&world, &late), ["pending"]);
}

fn inactive_distributors_open_none(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"status": "inactive", "schedule": [YEARLY]}));
    assert_eq!(open(&world, &id).0, Value::Null);
    change(&world, &format!("/distributors/{id}"), json!({"status": "active"}));
    assert_eq!(open(&world, &id).0, "1");
}

fn schedules_move_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    let first = open(&world, &id);
    let later = YEARLY.replace("BYMONTH=1", "BYMONTH=2");
    let tag = world.get("/distributions/1").header("ETag").unwrap().to_owned();
    change(&world, &format!("/distributors/{id}"), json!({"schedule": [later]}));
    let second = open(&world, &id);
    assert_eq!(second.0, first.0);
    assert!(second.1.as_str().unwrap().contains("-02-01T"), "{second:?}");
    assert_ne!(world.get("/distributions/1").header("ETag"), Some(tag.as_str()));
    // With several schedules the earliest date counts.
    let both = json!({"schedule": [YEARLY, later, "+1 day"]});
    change(&world, &format!("/distributors/{id}"), both);
    assert!(open(&world, &id).1.as_str() < second.1.as_str());
    assert_eq!(states(&world, &id), ["pending"]);
}

fn zones_move_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    change(&world, &format!("/distributors/{id}"), json!({"time_zone": "Asia/Tokyo"}));
    let (current, date) = open(&world, &id);
    assert_eq!(current, "1");
    assert!(date.as_str().unwrap().ends_with("-12-31T15:00:00.000Z"), "{date}");
}

fn empty_schedules_cancel_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    change(&world, &format!("/distributors/{id}"), json!({"schedule": []}));
    assert_eq!(open(&world, &id), (Value::Null, Value::Null));
    assert_eq!(states(&world, &id), ["cancelled"]);
    change(&world, &format!("/distributors/{id}"), json!({"schedule": [YEARLY]}));
    assert_eq!(states(&world, &id), ["cancelled", "pending"]);
    assert_eq!(open(&world, &id).0, "2");
}

fn deletion_cancels_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    world.delete(&format!("/distributors/{id}")).expect(204);
    assert_eq!(open(&world, &id), (Value::Null, Value::Null));
    let shown = attributes(&world, "/distributions/1");
    shows(&shown, &json!({"status": "cancelled", "value": 0}));
}

fn paused_distributors_keep_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    let path = format!("/distributors/{id}");
    let before = open(&world, &id);
    change(&world, &path, json!({"status": "inactive"}));
    assert_eq!(open(&world, &id), before);
    let later = YEARLY.replace("BYMONTH=1", "BYMONTH=2");
    change(&world, &path, json!({"schedule": [later]}));
    assert!(open(&world, &id).1.as_str().unwrap().contains("-02-01T"));
    change(&world, &path, json!({"status": "active"}));
    assert_eq!(open(&world, &id).0, before.0);
    assert_eq!(states(&world, &id), ["pending"]);
}

/// A schedule of `+N` counts from when the schedule was set, not from the last change of the row.
fn unchanged_schedules_do_not_move_it(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": ["+1 day"]}));
    let path = format!("/distributors/{id}");
    let before = open(&world, &id);
    let tag = world.get("/distributions/1").header("ETag").unwrap().to_owned();
    let shown = world.get(&path).expect(200).json();
    world.patch(&path, &json!({"data": shown["data"]})).expect(200);
    let same = json!({"schedule": ["+1 day"], "time_zone": "UTC", "pool_amount": 5});
    change(&world, &path, same);
    assert_eq!(open(&world, &id), before);
    assert_eq!(world.get("/distributions/1").header("ETag"), Some(tag.as_str()));
    // The distribution shows the name too, so a new name changes its version.
    change(&world, &path, json!({"name": "New"}));
    assert_ne!(world.get("/distributions/1").header("ETag"), Some(tag.as_str()));
    let named = world.get("/distributions?filter[distributor_name]=New").expect(200).json();
    assert_eq!(named["meta"]["total_count"], 1);
}

fn units_and_resolvers_wait_for_the_next_period(place: &Place) {
    let world = World::start(place);
    let id = made(&world, json!({"schedule": [YEARLY]}));
    let path = format!("/distributors/{id}");
    let units = "/distributions/1?fields[distributions]=distributor_units";
    change(&world, &path, json!({"units": "points"}));
    assert_eq!(attributes(&world, units), json!({"distributor_units": "points"}));
    change(&world, &path, json!({"units": "EUR", "distribution_resolver": "top_score_wins"}));
    let ann = world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let members = json!({"data": [{"type": "collaborators", "id": ann}]});
    world.post(&format!("{path}/relationships/collaborators"), &members).expect(200);
    let links = [
        ("distributor", "distributors", id.as_str()),
        ("collaborator", "collaborators", ann.as_str()),
    ];
    world.create("metric_credits", json!({"points": 1}), &links);
    let locked = |path: &str, attributes: Value, at: &str| {
        let body = document("distributors", attributes, &[]).to_string();
        let fault = format!("409 /data/attributes/{at}");
        refused(&world, ("PATCH", path), body, 409, &[&fault]);
    };
    locked(&path, json!({"units": "USD"}), "units");
    locked(&path, json!({"distribution_resolver": "evenly_shared_pool"}), "distribution_resolver");
    let revenue = json!({"pool_resolver": "recognized_revenue", "revenue_percentage": 1});
    locked(&path, revenue, "pool_resolver");
    change(&world, &path, json!({"pool_amount": 7, "name": "N"}));
    // It cannot be deleted either while an obligation is not allocated.
    let owes = world.create("distributors", owing(), &[]);
    let links = [("distributor", "distributors", owes.as_str()), links[1]];
    let owed = world.create("obligations", json!({"value": 1}), &links);
    let path = format!("/distributors/{owes}");
    locked(&path, json!({"units": "USD"}), "units");
    change(&world, &format!("/obligations/{owed}"), json!({"status": "cancelled"}));
    change(&world, &path, json!({"units": "USD"}));
}

fn other_organizations_open_their_own(place: &Place) {
    let world = World::start(place);
    made(&world, json!({"schedule": [YEARLY]}));
    make(&world, &world.stranger, "distributors", pool(), &[]);
    assert_eq!(world.get("/distributions").json()["meta"]["total_count"], 1);
    world.request_as(&world.stranger, "GET", "/distributions/1", None).expect(404);
    world.get("/distributions/2").expect(404);
}
