//! Compares a pass of the engine over a thousand pools and a million metrics on SQLite with a bulk
//! insert of the rows that it writes: the same obligations and allocations are inserted into a copy
//! of the database, by one prepared statement for each table, in one transaction. The pass does
//! more: it reads the metrics, shares the pools, commits a thousand times and opens a thousand
//! distributions.

use std::path::Path;
use std::time::{Duration, Instant};

use apportion_core::organization::OrganizationDraft;
use apportion_server::admin;
use apportion_server::engine::{Tick, tick};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::place::directory;

/// The rows of a round.
#[derive(Clone, Copy)]
struct Size {
    pools: i64,
    /// The number of metrics of each pool.
    metrics: i64,
}

const SIZE: Size = Size { pools: 1_000, metrics: 1_000 };
const ROUNDS: usize = 3;

/// The settings of the store's writer.
const SETTINGS: &str = "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384;";

diesel::table! {
    obligations (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
        allocation_id -> Nullable<BigInt>,
        shared_in_id -> Nullable<BigInt>,
        weight -> Nullable<BigInt>,
        rank -> Nullable<BigInt>,
        status -> Text,
        award_type -> Nullable<Text>,
        value -> BigInt,
        units -> Text,
        version -> BigInt,
        created_at -> Text,
        updated_at -> Text,
    }
}

diesel::table! {
    allocations (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distribution_id -> BigInt,
        obligation_id -> BigInt,
        collaborator_id -> BigInt,
        status -> Text,
        value -> BigInt,
        version -> BigInt,
        created_at -> Text,
        updated_at -> Text,
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = obligations, treat_none_as_default_value = false)]
struct Obligation {
    id: i64,
    organization_id: i64,
    distributor_id: i64,
    collaborator_id: i64,
    allocation_id: Option<i64>,
    shared_in_id: Option<i64>,
    weight: Option<i64>,
    rank: Option<i64>,
    status: String,
    award_type: Option<String>,
    value: i64,
    units: String,
    version: i64,
    created_at: String,
    updated_at: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = allocations, treat_none_as_default_value = false)]
struct Allocation {
    id: i64,
    organization_id: i64,
    distribution_id: i64,
    obligation_id: i64,
    collaborator_id: i64,
    status: String,
    value: i64,
    version: i64,
    created_at: String,
    updated_at: String,
}

pub(crate) fn run() {
    println!("{} pools, {} metrics, SQLite", SIZE.pools, SIZE.pools * SIZE.metrics);
    let mut ratios: Vec<f64> = (0..ROUNDS).map(|number| round(SIZE, number)).collect();
    ratios.sort_by(f64::total_cmp);
    println!("the pass takes {:.2} times as long (median of {ROUNDS})", ratios[ROUNDS / 2]);
}

/// Runs both sides once. Returns the time of the pass as a multiple of that of the bulk insert.
fn round(size: Size, number: usize) -> f64 {
    let files = directory();
    let [ours, plain] = ["ours.db", "plain.db"].map(|name| files.path().join(name));
    fill(&ours, size);
    std::fs::copy(&ours, &plain).unwrap();
    let address = format!("sqlite://{}", ours.display()).parse().unwrap();
    let at = "2025-02-01T00:00:00Z".parse().unwrap();
    let began = Instant::now();
    let summary = tick(&address, Tick { at, dry_run: false }, |_| {}).unwrap();
    let pass = began.elapsed();
    if number == 0 {
        // In later rounds the peak includes the rows that the first round compared.
        println!("at most {} MiB in the process", peak_memory());
    }
    assert_eq!((summary.triggered, summary.left), (size.pools.try_into().unwrap(), 0));
    let (obligations, allocations) = rows(&ours);
    let shares = usize::try_from(size.pools * size.metrics).unwrap();
    assert_eq!((obligations.len(), allocations.len()), (shares, shares));
    let bulk = insert(&plain, &obligations, &allocations);
    let ratio = pass.as_secs_f64() / bulk.as_secs_f64();
    println!(
        "pass {:.1} s, bulk insert {:.1} s: {ratio:.2} times",
        pass.as_secs_f64(),
        bulk.as_secs_f64(),
    );
    ratio
}

/// Fills a database with distributions that are due, by SQL, because requests would take too long.
fn fill(file: &Path, size: Size) {
    let Size { pools, metrics } = size;
    let address = format!("sqlite://{}", file.display()).parse().unwrap();
    let draft = OrganizationDraft {
        name: "Bench".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    admin::create_organization(&address, &draft).unwrap();
    let mut connection = open(file);
    let dates = "'2025-01-01 00:00:00', '2025-01-01 00:00:00'";
    let statements = format!(
        "BEGIN IMMEDIATE;
        INSERT INTO collaborators (organization_id, full_name, status, created_at, updated_at)
        WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {metrics})
        SELECT 1, 'N' || i, 'active', {dates} FROM n;
        INSERT INTO distributors (organization_id, name, units, status, pool_resolver,
            distribution_resolver, pool_amount, revenue_scope, requires_approval, carry_over,
            schedule, anchor_at, time_zone, metric_types, created_at, updated_at)
        WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {pools})
        SELECT 1, 'D' || i, 'EUR', 'active', 'fixed_amount', 'performance_shared_pool',
            100000000 + i, 'all', 0, 0, '[\"+1 month\"]', '2025-01-01 00:00:00', 'UTC',
            '[{{\"type\":\"manual\",\"points\":1}}]', {dates} FROM n;
        INSERT INTO distributions (organization_id, distributor_id, status, value, units,
            opened_at, period_from, trigger_date, carried, created_at, updated_at)
        SELECT 1, id, 'pending', 0, units, '2025-01-01 00:00:00', '2025-01-01',
            '2025-02-01 00:00:00', 0, {dates}
        FROM distributors;
        INSERT INTO metrics (organization_id, distributor_id, collaborator_id, distribution_id,
            metric_type, score, created_at, updated_at)
        SELECT 1, distributions.distributor_id, collaborators.id, distributions.id, 'manual',
            1 + (distributions.id * 7919 + collaborators.id * 104729) % 997, {dates}
        FROM distributions CROSS JOIN collaborators;
        INSERT INTO row_counts (organization_id, table_name, row_count) VALUES
            (1, 'collaborators', {metrics}), (1, 'distributors', {pools}),
            (1, 'distributions', {pools}), (1, 'metrics', {pools} * {metrics});
        COMMIT;
        PRAGMA wal_checkpoint(TRUNCATE);"
    );
    connection.batch_execute(&statements).unwrap();
}

fn open(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute(SETTINGS).unwrap();
    connection
}

fn rows(file: &Path) -> (Vec<Obligation>, Vec<Allocation>) {
    let mut connection = open(file);
    let obligations = obligations::table.order(obligations::id).load(&mut connection).unwrap();
    let allocations = allocations::table.order(allocations::id).load(&mut connection).unwrap();
    (obligations, allocations)
}

/// Inserts the rows. Obligations and allocations refer to each other, so that foreign keys are
/// checked at the commit only.
fn insert(file: &Path, obligations: &[Obligation], allocations: &[Allocation]) -> Duration {
    let mut connection = open(file);
    let began = Instant::now();
    connection.batch_execute("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON").unwrap();
    for row in obligations {
        diesel::insert_into(obligations::table).values(row).execute(&mut connection).unwrap();
    }
    for row in allocations {
        diesel::insert_into(allocations::table).values(row).execute(&mut connection).unwrap();
    }
    connection.batch_execute("COMMIT").unwrap();
    began.elapsed()
}

/// Returns the peak of the memory of this process, in MiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns that are filled by SQL here are those that the tables have.
    #[test]
    fn a_small_round_is_measured() {
        assert!(round(Size { pools: 2, metrics: 3 }, 0) > 0.0);
    }
}
