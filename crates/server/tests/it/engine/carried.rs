//! A pool or credits that a period leaves for the next one are kept, whatever happens in between.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change};
use crate::support::rows::payouts::{YEARLY, owing};
use crate::support::rows::programme::Programme;
use crate::support::world::{document, run_sql};

apportion_testing::cases! {
    pools_outlive_an_emptied_schedule, pools_outlive_a_schedule_that_ends, pools_keep_their_units,
    credits_keep_their_units, credits_outlive_a_failure, sums_too_large_fail
}

/// A schedule with one date in the calendar, tonight.
const ONCE: &str = "FREQ=DAILY;INTERVAL=100000;BYHOUR=23;BYMINUTE=59;BYSECOND=59";

/// Makes a pool of 100.00 EUR that nobody took last year.
#[track_caller]
fn carrying(place: &Place) -> Programme {
    let programme = Programme::start(place, json!({"carry_over": true}));
    programme.tick_when_due();
    assert_eq!(programme.states(), ["complete 0", "pending 0"]);
    programme
}

#[track_caller]
fn stays(programme: &Programme, body: &Value) {
    let body = document("distributors", body.clone(), &[]).to_string();
    let answer = programme.world.patch(&programme.path(), &serde_json::from_str(&body).unwrap());
    assert_eq!(answer.status, 409, "{body}");
}

/// Returns the pool that the open distribution would share, and the part that was carried to it.
#[track_caller]
fn pool(programme: &Programme) -> (i64, i64) {
    let path = format!("{}/preview?include=", programme.path());
    let shown = attributes(&programme.world, &path);
    let figure = |name: &str| shown["explanation"][name].as_i64().unwrap();
    (figure("pool"), figure("carried"))
}

fn pools_outlive_an_emptied_schedule(place: &Place) {
    let programme = carrying(place);
    let (world, path) = (&programme.world, programme.path());
    change(world, &path, json!({"schedule": []}));
    refused(world, ("DELETE", &path), "", 409, &["409"]);
    stays(&programme, &json!({"units": "JPY"}));
    change(world, &path, json!({"schedule": ["next friday"]}));
    assert_eq!(pool(&programme), (20_000, 10_000));
    programme.world.check_laws();
}

fn pools_outlive_a_schedule_that_ends(place: &Place) {
    let programme = Programme::start(place, json!({"carry_over": true, "schedule": [ONCE]}));
    let (world, path) = (&programme.world, programme.path());
    programme.tick_when_due();
    assert_eq!(programme.states(), ["complete 0"]);
    refused(world, ("DELETE", &path), "", 409, &["409"]);
    stays(&programme, &json!({"units": "JPY"}));
    change(world, &path, json!({"schedule": ["next friday"]}));
    assert_eq!(pool(&programme), (20_000, 10_000));
    programme.world.check_laws();
}

fn pools_keep_their_units(place: &Place) {
    let programme = carrying(place);
    let owing = json!({
        "pool_resolver": "obligations", "distribution_resolver": "accumulated_obligations",
    });
    for other in [json!({"units": "JPY"}), owing] {
        stays(&programme, &other);
    }
    assert_eq!(pool(&programme), (20_000, 10_000));
    programme.world.check_laws();
}

fn credits_keep_their_units(place: &Place) {
    let programme = Programme::start(place, json!({}));
    let (world, path) = (&programme.world, programme.path());
    programme.credit(&[("1", 1)]);
    stays(&programme, &json!({"units": "JPY"}));
    change(world, &path, json!({"schedule": []}));
    stays(&programme, &json!({"units": "JPY", "distribution_resolver": "top_score_wins"}));
    change(world, &path, json!({"schedule": [YEARLY]}));
    programme.tick_when_due();
    assert_eq!(programme.paid("2"), ["1 10000 pending approved"]);
}

fn credits_outlive_a_failure(place: &Place) {
    let most = json!({"carry_over": true, "pool_amount": i64::MAX});
    let programme = Programme::start(place, most);
    let (world, path) = (&programme.world, programme.path());
    programme.begin_at("2025-03-01T12:00:00Z");
    programme.tick("2026-01-01T00:00:00Z");
    change(world, &path, json!({"schedule": [ONCE]}));
    programme.credit(&[("1", 5)]);
    programme.tick_when_due();
    assert_eq!(programme.states()[1..], ["complete 0", "failed 0"]);
    change(world, &path, json!({"schedule": ["next friday"], "pool_amount": 0}));
    programme.tick_when_due();
    assert_eq!(programme.paid("4"), [format!("1 {} pending approved", i64::MAX)]);
    programme.world.check_laws();
}

/// A distributor whose sums do not fit fails, and is not in the way of its clients.
fn sums_too_large_fail(place: &Place) {
    let programme = Programme::start(place, owing());
    programme.begin_at("2025-03-01T12:00:00Z");
    let ids = [("1", i64::MAX), ("2", -i64::MAX), ("2", -i64::MAX)];
    let ids = ids.map(|(who, value)| programme.owe(who, value, json!({})));
    let set = "UPDATE obligations SET created_at = '2025-06-01 00:00:00'";
    run_sql(&programme.world, set);
    let (world, path) = (&programme.world, format!("/obligations/{}", ids[2]));
    change(world, &path, json!({"status": "rejected"}));
    assert_eq!(programme.states()[1..], ["failed 0", "pending 0"]);
    let owed = attributes(world, &format!("/obligations/{}", ids[0]));
    assert_eq!(owed["status"], "approved");
    programme.tick_when_due();
    assert_eq!(programme.paid("3"), [format!("1 {} pending approved", i64::MAX)]);
}
