//! The most that a command changes because of others, and the time that many rows take in a
//! database that has no statistics yet.

use std::fmt::Write;
use std::time::{Duration, Instant};

use apportion_testing::{Place, rounds};
use serde_json::json;

use super::updates::UPDATE;
use super::{count, good, import, told, world};
use crate::support::world::{document, run_sql};

apportion_testing::cases! {
    rewritten_distributions, a_large_deal_is_changed_by_a_file, a_fresh_database,
    many_distributions_of_one_deal
}

/// A file of distributions, of these deals by turns.
fn distributions(count: usize, deals: usize) -> String {
    let mut text = "deal_id,start_on,end_on,amount_percent\n".to_owned();
    for at in 0..count {
        let deal = at % deals + 1;
        writeln!(text, "{deal},2026-01-01,2026-01-31,0.001").unwrap();
    }
    text
}

fn deals(count: usize) -> String {
    let mut text = "name,value,external_id\n".to_owned();
    for at in 0..count {
        writeln!(text, "Deal {at},100,{at}").unwrap();
    }
    text
}

fn rewritten_distributions(place: &Place) {
    let world = world(place);
    good(&world, "deals", &deals(2));
    good(&world, "revenue_distributions", &distributions(2, 2));
    // As many as a file has, and more quickly.
    run_sql(
        &world,
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers \
         WHERE n < 99999) INSERT INTO revenue_distributions (organization_id, deal_id, start_on, \
         end_on, amount_percent_e10, amount, amount_default, currency, currency_default, \
         created_at, updated_at) SELECT organization_id, deal_id, start_on, end_on, \
         amount_percent_e10, amount, amount_default, currency, currency_default, created_at, \
         updated_at FROM revenue_distributions, numbers WHERE deal_id = 2",
    );
    let events = count(&world, "events");
    let files = [("deals", "external_id,value\n0,200\n"), ("deals", "external_id,value\n1,200\n")];
    let expected = "2: -: is one too many: a command rewrites at most 100000 revenue \
                    distributions because their deals change; give this line and the rest to \
                    another command";
    assert_eq!(told(&import(&world, UPDATE, &files).unwrap_err()), [expected]);
    let both = "external_id,value\n0,200\n1,200\n";
    let expected = expected.replacen('2', "3", 1);
    assert_eq!(told(&import(&world, UPDATE, &[("deals", both)]).unwrap_err()), [expected]);
    assert_eq!(count(&world, "events"), events);
    assert_eq!(world.get("/deals/1").json()["data"]["attributes"]["value"], 10_000);
}

fn a_large_deal_is_changed_by_a_file(place: &Place) {
    let world = world(place);
    good(&world, "deals", &deals(1));
    // Of a day each, since laws are checked by the day.
    let of_a_day = distributions(10_001, 1).replace("2026-01-31", "2026-01-01");
    good(&world, "revenue_distributions", &of_a_day);
    world.patch("/deals/1", &document("deals", json!({"value": 20_000}), &[])).expect(400);
    import(&world, UPDATE, &[("deals", "external_id,value\n0,2000000\n")]).unwrap();
    let deal = &world.get("/deals/1").json()["data"]["attributes"];
    assert_eq!([&deal["value"], &deal["distributed_amount"]], [200_000_000, 20_002_000]);
    world.check_laws();
}

/// No statement reads all of a table for each row while nothing is known of that table.
fn a_fresh_database(place: &Place) {
    let world = world(place);
    let rows = rounds(95_000);
    let text = distributions(rows, 1_900);
    let began = Instant::now();
    good(&world, "deals", &deals(1_900));
    good(&world, "revenue_distributions", &text);
    let took = began.elapsed();
    // An optimized program takes 3 s.
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert_eq!(count(&world, "revenue_distributions"), rows as i64);
}

fn many_distributions_of_one_deal(place: &Place) {
    let world = world(place);
    good(&world, "deals", &deals(1));
    let (text, began) = (distributions(5_000, 1), Instant::now());
    good(&world, "revenue_distributions", &text);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(count(&world, "revenue_distributions"), 5_000);
}
