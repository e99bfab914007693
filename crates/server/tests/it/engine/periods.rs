//! The days of periods: each of a distributor's days is in one period, whatever happens to its
//! zone, its schedule and its status.

use apportion_testing::{Place, rounds};
use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change};
use crate::support::rows::payouts::{YEARLY, pool};
use crate::support::rows::programme::Programme;
use crate::support::world::document;

apportion_testing::cases! {
    another_zone_repeats_no_day, an_emptied_schedule_loses_nothing, a_first_day_is_stated,
    random_changes_leave_no_day_out
}

/// The number of histories in a whole run.
const HISTORIES: usize = 40;
const MIDNIGHT: &str = "FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0";
const ZONES: [&str; 5] =
    ["Europe/Vienna", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"];

fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// Makes a distributor that shares all revenue of the days of its periods.
#[track_caller]
fn sharing_all(place: &Place, more: Value) -> Programme {
    let mut terms = json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "100", "pool_amount": null,
        "schedule": [MIDNIGHT],
    });
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let programme = Programme::start(place, terms);
    let (from, days) = (today() - Days::new(400), 1_000);
    let deal = programme.world.deal("D", 1_000 * days);
    let until = from + Days::new(days.unsigned_abs() - 1);
    programme.world.spread(&deal, &from.to_string(), &until.to_string(), "100");
    programme
}

/// Returns the first day, the day after the last, and the pool of each distribution that was
/// executed.
#[track_caller]
fn periods(programme: &Programme) -> Vec<(NaiveDate, NaiveDate, i64)> {
    let date = |row: &Value, name: &str| row["attributes"][name].as_str().unwrap().parse().unwrap();
    let rows = programme.list(&format!("{}/distributions?sort=id", programme.path()));
    let done = rows.iter().filter(|row| !row["attributes"]["period_until"].is_null());
    done.map(|row| {
        let value = row["attributes"]["value"].as_i64().unwrap();
        (date(row, "period_from"), date(row, "period_until"), value)
    })
    .collect()
}

/// Checks that the periods follow each other, and that each has paid the revenue of its days.
#[track_caller]
fn check(programme: &Programme) {
    let done = periods(programme);
    for pair in done.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "{done:?}");
    }
    for (from, until, paid) in &done {
        assert_eq!(*paid, (*until - *from).num_days() * 1_000, "{done:?}");
    }
    let law = attributes(&programme.world, "/checks/periods-adjoin");
    assert_eq!(law["result"], "pass", "{law}");
}

/// Eastward and westward, and over the date line.
fn another_zone_repeats_no_day(place: &Place) {
    let programme = sharing_all(place, json!({"time_zone": ZONES[0]}));
    for zone in [ZONES[1], ZONES[0], ZONES[3], ZONES[2], ZONES[3]] {
        change(&programme.world, &programme.path(), json!({"time_zone": zone}));
        for _ in 0..3 {
            programme.credit(&[("1", 1)]);
            programme.tick_when_due();
            check(&programme);
        }
    }
    let done = periods(&programme);
    assert!(done.len() == 15 && done[14].1 > done[0].0 + Days::new(9), "{done:?}");
}

fn an_emptied_schedule_loses_nothing(place: &Place) {
    let terms = json!({"carry_over": true, "schedule": [YEARLY]});
    let programme = Programme::start(place, terms);
    let (world, path) = (&programme.world, programme.path());
    programme.begin_at("2024-03-01T12:00:00Z");
    programme.tick("2025-01-01T00:00:00Z");
    assert_eq!(programme.states()[1..], ["complete 0", "pending 0"]);
    programme.amid_period(|| {
        programme.credit(&[("1", 3), ("2", 1)]);
    });
    // What is due when the schedule is emptied is triggered first.
    change(world, &path, json!({"schedule": []}));
    assert_eq!(programme.states()[1..], ["complete 0", "processing 20000", "cancelled 0"]);
    change(world, &path, json!({"schedule": [YEARLY]}));
    programme.credit(&[("2", 5)]);
    let before = attributes(world, "/distributions/5");
    assert_eq!(before["period_from"], "2026-01-01");
    for schedule in [json!([]), json!([YEARLY]), json!([]), json!(["+1 day"])] {
        change(world, &path, json!({"schedule": schedule}));
    }
    programme.tick_when_due();
    let (last, _) = programme.executed().pop().unwrap();
    assert_eq!(programme.paid(&last), ["2 10000 pending approved"]);
    assert_eq!(attributes(world, &format!("/distributions/{last}"))["period_from"], "2026-01-01");
    let law = attributes(world, "/checks/periods-adjoin");
    assert_eq!(law["result"], "pass", "{law}");
}

fn a_first_day_is_stated(place: &Place) {
    let programme =
        sharing_all(place, json!({"starts_on": (today() - Days::new(366)).to_string()}));
    programme.credit(&[("1", 1)]);
    programme.tick_when_due();
    check(&programme);
    assert_eq!(periods(&programme)[0].0, today() - Days::new(366));
    let (world, path) = (&programme.world, programme.path());
    let refuse = |method: &str, path: &str, starts_on: Value| {
        let mut attributes = if method == "POST" { pool() } else { json!({}) };
        attributes["starts_on"] = starts_on;
        let body = document("distributors", attributes, &[]).to_string();
        refused(world, (method, path), body, 422, &["422 /data/attributes/starts_on"]);
    };
    for day in [today() - Days::new(368), today() + Days::new(2)] {
        refuse("POST", "/distributors", json!(day.to_string()));
    }
    for other in [json!(today().to_string()), json!(null)] {
        refuse("PATCH", &path, other);
    }
    let same = json!({"starts_on": (today() - Days::new(366)).to_string()});
    change(world, &path, same);
}

/// Zones, schedules, pauses and passes in any order.
fn random_changes_leave_no_day_out(place: &Place) {
    let programme = sharing_all(place, json!({}));
    let (world, path) = (&programme.world, programme.path());
    let mut seed = 7_u64;
    let mut roll = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let schedules = [MIDNIGHT, "+1 day", "+2 days", "FREQ=DAILY;BYHOUR=23;BYMINUTE=59;BYSECOND=59"];
    for _ in 0..rounds(HISTORIES * 10) {
        let pick = |roll: u64| schedules[usize::try_from(roll).unwrap() % schedules.len()];
        match roll(8) {
            0 | 1 => {
                let zone = ZONES[usize::try_from(roll(5)).unwrap()];
                change(world, &path, json!({"time_zone": zone}));
            }
            2 => {
                change(world, &path, json!({"schedule": [pick(roll(4))]}));
            }
            3 => {
                change(world, &path, json!({"schedule": []}));
                change(world, &path, json!({"schedule": [pick(roll(4))]}));
            }
            4 => {
                for status in ["inactive", "active"] {
                    change(world, &path, json!({"status": status}));
                }
            }
            _ => {
                programme.credit(&[("1", 1)]);
                programme.tick_when_due();
            }
        }
    }
    check(&programme);
    assert!(periods(&programme).len() > 5);
}
