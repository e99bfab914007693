//! The ground that the cases stand on: a database with two tenants, raw SQL next to the store's
//! own, and one thread that is many requesters. No cases here.

pub mod catalog;
pub mod fill;
pub mod known;
pub mod requester;
pub mod rows;
pub mod write_ahead_log;

use std::time::{Duration, Instant};

use apportion_store::{Address, Costs, Error, Limits, OrganizationId, Result, Scope, Session};
use apportion_store::{Store, Tenant};
use apportion_testing::Place;
use chrono::{DateTime, NaiveDateTime};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// The longest that a case waits for something that has to happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The limits of a store that is patient.
pub const USUAL: Limits = Limits {
    threads: 4,
    queue: 1024,
    patience: DEADLINE,
    statement: DEADLINE,
    work: DEADLINE,
    lock: DEADLINE,
    ledger_memory: 256 * 1024 * 1024,
    costs: Costs::USUAL,
};

/// Brings a template up to date; the connection to it is closed afterwards.
pub fn migrate(url: &str) {
    Session::open(&url.parse().unwrap()).unwrap().migrate().unwrap();
}

/// A migrated database with two tenants.
pub struct World {
    /// Where it is.
    pub address: Address,
    /// The tenant of most cases.
    pub ours: Scope,
    /// Another tenant, whose rows must stay out of sight.
    pub theirs: Scope,
}

impl World {
    /// Inserts the tenants.
    pub fn make(place: &Place) -> Self {
        let address: Address = place.url.parse().unwrap();
        let mut session = Session::open(&address).unwrap();
        let [ours, theirs] =
            ["Ours", "Theirs"].map(|name| rows::insert_organization(&mut session, name));
        Self { address, ours, theirs }
    }

    /// Opens a connection of its own.
    pub fn session(&self) -> Session {
        Session::open(&self.address).unwrap()
    }

    /// Opens a store that is patient.
    pub fn store(&self) -> Store {
        self.store_within(USUAL)
    }

    /// Opens a store with these limits.
    pub fn store_within(&self, limits: Limits) -> Store {
        Store::open(&self.address, limits).unwrap()
    }
}

/// Returns the scope of a tenant by its id.
pub fn scope(organization: i64) -> Scope {
    Scope::of(OrganizationId(organization))
}

/// Returns the instant that is this number of milliseconds after the beginning of 2025.
pub fn instant(milliseconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(1_735_689_600_000 + milliseconds).unwrap().naive_utc()
}

/// Runs statements on the connection of a tenant.
#[track_caller]
pub fn run(tenant: &mut Tenant<'_>, statements: &str) {
    try_run(tenant, statements).unwrap();
}

/// Runs statements on the connection of a tenant, or returns the database's refusal.
pub fn try_run(tenant: &mut Tenant<'_>, statements: &str) -> Result<()> {
    tenant.connection()?.batch_execute(statements).map_err(Error::from)
}

/// Returns the one number that a query yields on the connection of a tenant.
#[track_caller]
pub fn number(tenant: &mut Tenant<'_>, query: &str) -> i64 {
    sql::<BigInt>(query).get_result(tenant.connection().unwrap()).unwrap()
}

/// Returns the numbers that a query yields on the connection of a tenant.
#[track_caller]
pub fn numbers(tenant: &mut Tenant<'_>, query: &str) -> Vec<i64> {
    sql::<BigInt>(query).load(tenant.connection().unwrap()).unwrap()
}

/// Returns the texts that a query yields on the connection of a tenant.
#[track_caller]
pub fn texts(tenant: &mut Tenant<'_>, query: &str) -> Vec<String> {
    sql::<Text>(query).load(tenant.connection().unwrap()).unwrap()
}

/// Counts the rows of a tenant in a table, one by one.
#[track_caller]
pub fn count(tenant: &mut Tenant<'_>, table: &str) -> i64 {
    let organization = tenant.organization();
    number(tenant, &format!("SELECT COUNT(*) FROM {table} WHERE organization_id = {organization}"))
}

/// Returns what PostgreSQL itself answers, which row-level security would hide from other roles.
#[track_caller]
pub fn as_superuser(place: &Place, statements: &str) -> String {
    let cluster = place.cluster().unwrap();
    let admin = cluster.admin_url();
    let (server, _) = admin.rsplit_once('/').unwrap();
    let (_, database) = place.url.rsplit_once('/').unwrap();
    cluster.query(&format!("{server}/{database}"), statements).trim().to_owned()
}

/// The time between two looks at something that nobody signals.
const PAUSE: Duration = Duration::from_millis(2);

/// Waits until something holds that nobody signals.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "{what}");
        std::thread::sleep(PAUSE);
    }
}

/// Numbers that look random and are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// Returns a number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % sides
    }
}
