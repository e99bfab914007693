//! The first reading of a long ledger, by several connections each with its own view: what comes
//! out is of one moment all the same.

use std::sync::atomic::{AtomicBool, Ordering};

use apportion_store::{Error, Tenant, ledger};
use apportion_testing::{Place, rounds};

use super::{check_rows, shift, sum};
use crate::support::requester::block_on;
use crate::support::rows::{insert_deal, raise_deal};
use crate::support::{Dice, World, as_superuser, eventually, number, run};

apportion_testing::cases! {
    of_many_rows, while_others_write, of_ids_far_apart;
    postgres: of_rows_behind_the_ends
}

/// From this many ids on there is a draft.
const PIECE: i64 = 32 * 1024;
const ROWS: i64 = 40_000;
const DEALS: i64 = 40;
/// Rows that lie far apart, so that they are read in many pieces: one after the other, while others
/// write.
const FAR_ROWS: i64 = 4_000;
const FAR: i64 = 10_000;
/// The number of times that the ledger is read while others write, in a whole run.
const READINGS: usize = 100;

/// Inserts distributions of the deals by turns, for all numbers that a query yields as `n`.
fn insert_lines(tenant: &mut Tenant<'_>, columns: &str, values: &str, numbers: &str) {
    let statement = format!(
        "WITH RECURSIVE numbers (n) AS ({numbers}) \
         INSERT INTO revenue_distributions (organization_id, {columns}, start_on, end_on, \
         amount_percent_e10, amount, amount_default, currency, currency_default, created_at, \
         updated_at) SELECT 1, {values}, '2025-01-01', '2025-12-31', 1, n % 97, n % 89, 'EUR', \
         'EUR', '2025-01-01 00:00:00', '2025-01-01 00:00:00' FROM numbers"
    );
    run(tenant, &statement);
}

fn with_deals(place: &Place) -> World {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let ids = tenant.transaction(|tenant| {
        (0..DEALS).map(|_| insert_deal(tenant, "D")).collect::<Result<Vec<_>, Error>>()
    });
    assert_eq!(ids.unwrap(), (1..=DEALS).collect::<Vec<_>>());
    world
}

/// The numbers from one to another, as a query that yields them as `n`.
fn numbers_from(first: i64, last: i64) -> String {
    format!("SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}")
}

fn of_many_rows(place: &Place) {
    const STEP: i64 = 10_000;
    let world = with_deals(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    for first in (0..ROWS).step_by(STEP as usize) {
        let numbers = numbers_from(first, first + STEP - 1);
        insert_lines(&mut tenant, "deal_id", &format!("n % {DEALS} + 1"), &numbers);
    }
    let seen = ledger(&mut tenant).unwrap();
    assert_eq!(seen.len() as i64, ROWS);
    check_rows(&mut tenant, &seen);
    // What follows is not a first reading.
    raise_deal(&mut tenant, 7).unwrap();
    let again = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &again);
}

fn while_others_write(place: &Place) {
    let world = with_deals(place);
    let store = world.store();
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    // PostgreSQL gives new rows the ids from 1 on, SQLite those behind the last.
    let values = format!("n % {DEALS} + 1, (n + 1) * CAST({FAR} AS BIGINT)");
    insert_lines(&mut tenant, "deal_id, id", &values, &numbers_from(1, FAR_ROWS));
    let total = "SELECT CAST(SUM(amount) AS BIGINT) FROM revenue_distributions";
    let total = number(&mut tenant, total);
    let reading = AtomicBool::new(true);
    std::thread::scope(|threads| {
        for seed in 0..2 {
            let (store, scope, reading) = (&store, world.ours, &reading);
            threads.spawn(move || {
                let mut dice = Dice(seed);
                while reading.load(Ordering::Acquire) {
                    let rolled = [0; 4].map(|_| dice.roll(1 << 20));
                    block_on(store.write(scope, move |it| shift(it, rolled))).unwrap();
                }
            });
        }
        // Each connection of its own begins with nothing.
        let sums: Vec<i64> = (0..rounds(READINGS))
            .map(|_| {
                let mut session = world.session();
                let seen = ledger(&mut Tenant::new(world.ours, &mut session));
                seen.map_or(-1, |seen| sum(&seen))
            })
            .collect();
        reading.store(false, Ordering::Release);
        assert!(sums.iter().all(|sum| *sum == total), "{sums:?}, and not {total}");
    });
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let seen = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &seen);
}

/// Few rows, at the edges of the pieces in which they are read, and so far apart that pieces are
/// longer.
fn of_ids_far_apart(place: &Place) {
    let world = with_deals(place);
    for last in [PIECE - 1, PIECE, PIECE + 1, 10 * PIECE, 1_000 * PIECE, 1 << 52] {
        // A connection of its own begins with nothing.
        let mut session = world.session();
        let mut tenant = Tenant::new(world.ours, &mut session);
        run(&mut tenant, "DELETE FROM revenue_distributions");
        let (first, step) = (7, PIECE.max(last / 256));
        let mut ids = vec![first, first + last];
        for piece in [1, 2, 3, 255, 256] {
            ids.extend([-1, 0, 1].map(|beside| first + piece * step + beside));
        }
        ids.retain(|id| *id <= first + last);
        ids.sort_unstable();
        ids.dedup();
        let numbers: Vec<String> = ids.iter().map(|id| format!("SELECT {id}")).collect();
        let values = format!("n % {DEALS} + 1, n");
        insert_lines(&mut tenant, "deal_id, id", &values, &numbers.join(" UNION ALL "));
        let seen = ledger(&mut tenant).unwrap();
        assert_eq!(seen.len(), ids.len(), "up to {last}");
        check_rows(&mut tenant, &seen);
    }
}

/// Rows that are committed before the first and behind the last, after both ends were asked for and
/// before the deals are read. Only PostgreSQL has a lock that stops the reader there.
fn of_rows_behind_the_ends(place: &Place) {
    let world = with_deals(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    insert_lines(&mut tenant, "deal_id, id", "1, n * 10000", &numbers_from(2, 9));
    let seen = std::thread::scope(|threads| {
        let reading = tenant.transaction(|tenant| {
            run(tenant, "LOCK TABLE deals IN ACCESS EXCLUSIVE MODE");
            let reading = threads.spawn(|| {
                let mut session = world.session();
                ledger(&mut Tenant::new(world.ours, &mut session))
            });
            let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted \
                           AND relation = 'deals'::regclass";
            eventually("the reader waits", || as_superuser(place, waiting).trim() == "1");
            insert_lines(tenant, "deal_id, id", "1, n", &numbers_from(1, 2));
            insert_lines(tenant, "deal_id, id", "1, n * 100000", &numbers_from(1, 2));
            raise_deal(tenant, 1)?;
            Ok::<_, Error>(reading)
        });
        reading.unwrap().join().unwrap().unwrap()
    });
    check_rows(&mut tenant, &seen);
}
