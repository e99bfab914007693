//! The baseline of the writer: clients that each have a database connection of their own, and
//! insert by `BEGIN IMMEDIATE; INSERT; COMMIT` into the same table with the same indexes.
//! Deliberately absent: HTTP, JSON and rules.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::figures::Figures;

pub(crate) const COMMAND: &str = "baseline";

/// The settings of the store, but with a longer timeout, so that no client gives up.
const SETTINGS: &str = "PRAGMA busy_timeout = 60000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;";

diesel::table! {
    revenue_distributions (id) {
        id -> BigInt,
        organization_id -> BigInt,
        deal_id -> BigInt,
        start_on -> Text,
        end_on -> Text,
        amount_percent_e10 -> BigInt,
        amount -> BigInt,
        amount_default -> BigInt,
        currency -> Text,
        currency_default -> Text,
        created_at -> Text,
        updated_at -> Text,
    }
}

/// Inserts rows. The arguments are: file, number of clients, inserts of each client, id of the
/// first deal, number of deals. Prints the time of the whole run and then of each insert, in
/// microseconds.
pub(crate) fn run(arguments: &[&str]) {
    let [file, numbers @ ..] = arguments else { panic!("no file") };
    let numbers: Vec<usize> = numbers.iter().map(|number| number.parse().unwrap()).collect();
    let [clients, each, first, deals] = numbers[..] else { panic!("four numbers are needed") };
    let barrier = Barrier::new(clients + 1);
    let (times, elapsed) = thread::scope(|scope| {
        let work = |client: usize| {
            let barrier = &barrier;
            move || {
                let mut connection = SqliteConnection::establish(file).unwrap();
                connection.batch_execute(SETTINGS).unwrap();
                barrier.wait();
                let insert = |at| {
                    let began = Instant::now();
                    let chance = crate::place::scatter(client * each + at);
                    insert(&mut connection, first + chance % deals, chance);
                    began.elapsed()
                };
                (0..each).map(insert).collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..clients).map(|client| scope.spawn(work(client))).collect();
        barrier.wait();
        let began = Instant::now();
        let times: Vec<_> = threads.into_iter().flat_map(|it| it.join().unwrap()).collect();
        (times, began.elapsed())
    });
    let times: Vec<String> = times.iter().map(|time| time.as_micros().to_string()).collect();
    println!("{} {}", elapsed.as_micros(), times.join(" "));
}

fn insert(connection: &mut SqliteConnection, deal: usize, chance: usize) {
    use revenue_distributions as table;
    let (month, day) = (1 + chance / 3 % 12, 1 + chance / 36 % 28);
    connection.batch_execute("BEGIN IMMEDIATE").unwrap();
    diesel::insert_into(table::table)
        .values((
            table::organization_id.eq(1),
            table::deal_id.eq(deal as i64),
            table::start_on.eq(format!("2026-{month:02}-{day:02}")),
            table::end_on.eq(format!("2027-{month:02}-{day:02}")),
            table::amount_percent_e10.eq(10_000_000),
            table::amount.eq(chance as i64),
            table::amount_default.eq(chance as i64),
            table::currency.eq("EUR"),
            table::currency_default.eq("EUR"),
            table::created_at.eq("2026-01-01 00:00:00.000"),
            table::updated_at.eq("2026-01-01 00:00:00.000"),
        ))
        .execute(connection)
        .unwrap();
    connection.batch_execute("COMMIT").unwrap();
}

/// Parses the line that [`run`] prints.
pub(crate) fn parse(line: &str) -> Figures {
    let mut micros = line.split(' ').map(|micros| Duration::from_micros(micros.parse().unwrap()));
    let elapsed = micros.next().unwrap();
    Figures::new(micros.collect(), elapsed)
}
