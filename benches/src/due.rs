//! Measures the write that finds a pool of 10,000 payees due and triggers it first: how long it
//! takes, and how long another client waits meanwhile.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use apportion_server::store::{Address, OrganizationId, Scope, Session};
use diesel::connection::SimpleConnection;

use crate::client::{Client, request};
use crate::figures::median;
use crate::place::{Backend, Tenant, directory};
use crate::process::{Process, Watch};

const PAYEES: usize = 10_000;
/// The number of pools that are due, each for one round.
const ROUNDS: usize = 9;
/// The number of credits of a distributor that is not due, for comparison.
const CALM: usize = 500;

pub(crate) fn run() {
    println!("{ROUNDS} pools of {PAYEES} payees are due, one for each round");
    Backend::all().iter().for_each(measure);
}

fn measure(backend: &Backend) {
    let url = backend.database("due");
    let token = Tenant::fill_deals(&url, 1, 1).token;
    fill(&url);
    backend.settle(&url);
    let files = directory();
    let server = Process::without_engine(&url, &Watch::none(files.path()));
    let address = server.address();
    let mut client = Client::connect(address);
    let calm = ROUNDS + 1;
    let calm_time = median((0..CALM).map(|_| timed(&mut client, &credit(&token, calm))));
    let (mut times, mut waits) = (Vec::new(), Vec::new());
    for due in 1..=ROUNDS {
        let (time, wait) = beside(address, &credit(&token, due), &credit(&token, calm));
        times.push(time);
        waits.push(wait);
    }
    println!(
        "{}: a credit takes {calm_time:.2} ms, one that triggers {:.0} ms (median), and another \
         client waits for at most {:.0} ms meanwhile (median)",
        backend.name(),
        median(times),
        median(waits),
    );
}

/// Returns the milliseconds of a request, and the longest of the requests that another client sent
/// meanwhile.
fn beside(address: SocketAddr, trigger: &[u8], other: &[u8]) -> (f64, f64) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let (mut client, mut longest) = (Client::connect(address), 0.0_f64);
            while !ended.load(Ordering::Acquire) {
                longest = longest.max(timed(&mut client, other));
            }
            longest
        });
        std::thread::sleep(Duration::from_millis(50));
        let time = timed(&mut Client::connect(address), trigger);
        ended.store(true, Ordering::Release);
        (time, waiting.join().unwrap())
    })
}

/// Returns the milliseconds until a request is answered with 201.
fn timed(client: &mut Client, request: &[u8]) -> f64 {
    let began = Instant::now();
    client.expect(201, request);
    began.elapsed().as_secs_f64() * 1_000.0
}

fn credit(token: &str, distributor: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"data":{{"type":"metric_credits","attributes":{{"points":1}},"relationships":{{
        "distributor":{{"data":{{"type":"distributors","id":"{distributor}"}}}},
        "collaborator":{{"data":{{"type":"collaborators","id":"1"}}}}}}}}}}"#
    );
    request("POST", "/api/v2/metric_credits", token, &body)
}

/// Fills a database with pools that are due and one that is not, by SQL.
fn fill(url: &str) {
    let database: Address = url.parse().unwrap();
    let mut session = Session::open(&database).unwrap();
    let connection = session.tenant(&Scope::of(OrganizationId(1))).unwrap();
    let dates = "'2025-01-01 00:00:00', '2025-01-01 00:00:00'";
    let count = |to: usize| {
        format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
             SELECT"
        )
    };
    let statements = [
        format!(
            "INSERT INTO collaborators (organization_id, full_name, status, created_at, \
             updated_at) {} 1, 'N' || i, 'active', {dates} FROM n",
            count(PAYEES)
        ),
        format!(
            "INSERT INTO distributors (organization_id, name, units, status, pool_resolver, \
             distribution_resolver, pool_amount, revenue_scope, requires_approval, carry_over, \
             schedule, anchor_at, time_zone, metric_types, created_at, updated_at) \
             {} 1, 'D' || i, 'EUR', 'active', 'fixed_amount', 'performance_shared_pool', \
             100000000, 'all', false, false, '[\"+1 month\"]', '2025-01-01 00:00:00', 'UTC', \
             '[{{\"type\":\"manual\",\"points\":1}}]', {dates} FROM n",
            count(ROUNDS + 1)
        ),
        format!(
            "INSERT INTO distributions (organization_id, distributor_id, status, value, units, \
             opened_at, period_from, trigger_date, carried, created_at, updated_at) \
             SELECT 1, id, 'pending', 0, units, '2025-01-01 00:00:00', '2025-01-01', \
             CASE WHEN id <= {ROUNDS} THEN TIMESTAMP '2025-02-01 00:00:00' \
             ELSE TIMESTAMP '2199-01-01 00:00:00' END, 0, {dates} FROM distributors"
        ),
        "INSERT INTO distributor_collaborators (organization_id, distributor_id, \
         collaborator_id) SELECT 1, id, 1 FROM distributors"
            .to_owned(),
        format!(
            "INSERT INTO metrics (organization_id, distributor_id, collaborator_id, \
             distribution_id, metric_type, score, created_at, updated_at) \
             SELECT 1, distributions.distributor_id, collaborators.id, distributions.id, \
             'manual', 1 + (distributions.id * 7919 + collaborators.id * 104729) % 997, {dates} \
             FROM distributions CROSS JOIN collaborators \
             WHERE distributions.distributor_id <= {ROUNDS}"
        ),
    ];
    for statement in statements {
        // Only PostgreSQL has literals of instants.
        let is_sqlite = matches!(database, Address::Sqlite(_));
        let statement = if is_sqlite { statement.replace("TIMESTAMP '", "'") } else { statement };
        connection.batch_execute(&statement).unwrap();
    }
}
