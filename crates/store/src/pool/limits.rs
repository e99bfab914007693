//! The limits of a store: how much work it takes on at once, and how long work waits.

use std::time::Duration;

use crate::address::Address;

/// The limits of a store.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The number of threads, each with a connection: readers on SQLite, all work on PostgreSQL.
    pub threads: usize,
    /// The most pieces of work that wait. One more is refused.
    pub queue: usize,
    /// The longest time that a piece of work waits before it begins.
    pub patience: Duration,
}

impl Limits {
    /// Returns the limits that fit a database of this kind on this machine.
    pub fn of(address: &Address) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let threads = match address {
            Address::Sqlite(_) => cores.saturating_mul(2),
            Address::Postgres(_) => cores.saturating_mul(8).min(32),
        };
        Self { threads, queue: 1024, patience: Duration::from_secs(2) }
    }
}
