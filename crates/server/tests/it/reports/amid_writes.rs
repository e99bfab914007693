//! Reports while others write: each shows one moment of the book, no earlier than the writes that
//! were answered before it was requested, and no later than those begun before its answer came. On
//! PostgreSQL there are two servers.

use std::array::from_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use apportion_server::serve::Running;
use apportion_server::store::{AnyConnection, OrganizationId, Scope, Session};
use apportion_testing::{Place, rounds};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::atomic::ATOMIC;
use crate::support::world::{World, config, document};
use apportion_testing::http::send;

apportion_testing::cases! { reports_beside_writers, long_ledgers_are_read_in_pieces }

/// The number of reports of a whole run.
const CALLS: usize = 10_000;
/// The least number of writes that each writer is through with in a whole run.
const LEAST_WRITES: usize = 50;
const READERS: usize = 6;
/// The deals that no writer touches, so that those that change are few among them and read one by
/// one.
const IDLE: usize = 200;
/// The writers; each moves one cent with each write from one of its two deals to the other.
const WRITERS: usize = 6;
/// The value of two such deals together, in minor units.
const SUM: i64 = 1_000_000;
/// The value of the deal of which a tenth is distributed and deleted again, over and over.
const SHORT: i64 = 1_000;

/// The numbers of writes that were begun, and of those that were answered.
#[derive(Default)]
struct Progress {
    begun: AtomicI64,
    answered: AtomicI64,
}

impl Progress {
    /// Runs the next write.
    fn write(&self, write: impl FnOnce(i64)) {
        let next = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        write(next);
        self.answered.store(next, Ordering::SeqCst);
    }
}

fn reports_beside_writers(place: &Place) {
    let world = World::start(place);
    let spread = |name: &str, value: i64| {
        let deal = world.deal(name, value);
        world.spread(&deal, "2025-01-30", "2025-02-02", "100");
        deal
    };
    let from: [String; WRITERS] = from_fn(|_| spread("from", SUM));
    let short = world.deal("short", SHORT);
    for _ in 0..IDLE {
        world.deal("idle", 0);
    }
    let pairs = from.map(|from| [from, spread("to", 0)]);
    let second = place.url.starts_with("postgres").then(|| beside(&world));
    let servers: Vec<SocketAddr> = [Some(world.address()), second.as_ref().map(Running::address)]
        .into_iter()
        .flatten()
        .collect();
    let progress: [Progress; WRITERS + 1] = Default::default();
    let reports = rounds(CALLS);
    let (done, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (world, pairs, progress, servers) = (&world, &pairs, &progress, &servers);
    std::thread::scope(|threads| {
        for (writer, pair) in pairs.iter().enumerate() {
            let done = &done;
            threads.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    progress[writer].write(|next| {
                        let at = servers[usize::try_from(next).unwrap() % servers.len()];
                        move_to(world, at, pair, next);
                    });
                }
            });
        }
        threads.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let mut row = String::new();
                progress[WRITERS]
                    .write(|_| row = world.spread(&short, "2025-01-01", "2025-01-01", "10"));
                progress[WRITERS].write(|_| {
                    world.delete(&format!("/revenue_distributions/{row}")).expect(204);
                });
            }
        });
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let calls = &calls;
                threads.spawn(move || {
                    while calls.fetch_add(1, Ordering::Relaxed) < reports {
                        check(world, servers[reader % servers.len()], pairs, progress);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = readers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a report was of no moment of its time");
    });
    for progress in progress {
        let answered = progress.answered.load(Ordering::SeqCst);
        assert!(answered > i64::try_from(rounds(LEAST_WRITES)).unwrap(), "a writer hardly wrote");
    }
}

/// Starts another server on the same database.
fn beside(world: &World) -> Running {
    Running::start(config(&world.database)).unwrap()
}

/// Changes the values of both deals in one request.
fn move_to(world: &World, server: SocketAddr, pair: &[String; 2], cents: i64) {
    let update = |(id, value): (&String, i64)| json!({"op": "update", "data": {"type": "deals", "id": id, "attributes": {"value": value}}});
    let operations = [(&pair[0], SUM - cents), (&pair[1], cents)].map(update);
    let body = json!({"atomic:operations": operations}).to_string();
    let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", ATOMIC)];
    send(server, "POST", "/api/v2/operations", &headers, body.as_bytes()).expect(200);
}

fn check(
    world: &World,
    server: SocketAddr,
    pairs: &[[String; 2]; WRITERS],
    progress: &[Progress; WRITERS + 1],
) {
    let least: [i64; WRITERS + 1] = from_fn(|at| progress[at].answered.load(Ordering::SeqCst));
    let path = "/api/v2/reports/financial_item_reports?group=deal";
    let headers = [("X-Auth-Token", world.token.as_str())];
    let document = send(server, "GET", path, &headers, b"").expect(200).json();
    let most: [i64; WRITERS + 1] = from_fn(|at| progress[at].begun.load(Ordering::SeqCst));
    let rows = document["data"].as_array().unwrap();
    let revenue = |figures: &Value| figures["total_revenue"].as_i64().unwrap();
    let of = |deal: &str| {
        let row = rows.iter().find(|row| row["id"] == deal);
        row.map_or(0, |row| revenue(&row["attributes"]))
    };
    for (at, [from, to]) in pairs.iter().enumerate() {
        let (left, moved) = (of(from), of(to));
        assert_eq!(left + moved, SUM, "half of a write shows");
        let range = least[at]..=most[at];
        assert!(range.contains(&moved), "{moved} cents were moved, not {range:?}");
    }
    let pairs = i64::try_from(WRITERS).unwrap() * SUM;
    let short = revenue(&document["meta"]["totals"][0]) - pairs;
    assert!(short == 0 || short == SHORT / 10, "{short}");
    if least[WRITERS] == most[WRITERS] {
        assert_eq!(short != 0, least[WRITERS] % 2 == 1, "{least:?}");
    }
}

/// Ids that are far apart make a ledger long enough to be read in pieces.
fn long_ledgers_are_read_in_pieces(place: &Place) {
    const GAP: &str = "100000";
    let world = World::start(place);
    let deals: Vec<String> = (1..=3).map(|value| world.deal("deal", value * 1_000)).collect();
    let mut expected = vec![0_i64; deals.len()];
    for round in 0..3_usize {
        for (at, deal) in deals.iter().enumerate().skip(round % 2) {
            world.spread(deal, "2025-01-01", "2025-01-10", "10");
            expected[at] += i64::try_from(at + 1).unwrap() * 100;
        }
        let mut session = Session::open(&world.database).unwrap();
        let scope = Scope::of(OrganizationId(world.organization));
        let skip = match session.tenant(&scope).unwrap() {
            AnyConnection::Sqlite(_) => format!(
                "UPDATE sqlite_sequence SET seq = seq + {GAP} WHERE name = 'revenue_distributions'"
            ),
            AnyConnection::Postgres(_) => format!(
                "SELECT setval(s, nextval(s) + {GAP}) \
                 FROM pg_get_serial_sequence('revenue_distributions', 'id') AS s"
            ),
        };
        session.tenant(&scope).unwrap().batch_execute(&skip).unwrap();
    }
    let report = || {
        let path = "/reports/financial_item_reports?group=deal";
        let document = world.get(path).expect(200).json();
        let rows = document["data"].as_array().unwrap().iter();
        rows.map(|row| row["attributes"]["total_revenue"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(report(), expected);
    // A ledger that was read in pieces is kept up to date like any other.
    world.patch("/deals/1", &document("deals", json!({"value": 5_000}), &[])).expect(200);
    expected[0] *= 5;
    assert_eq!(report(), expected);
}
