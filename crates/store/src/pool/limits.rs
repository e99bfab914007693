//! The limits of a store: how much work it takes on at once, how long work waits, how long it
//! takes, and what is kept in memory.

use std::time::{Duration, Instant};

use apportion_limits::deadline::Deadline;

use crate::address::Address;
use crate::session::books::LEDGER_MEMORY;
use crate::session::costs::Costs;

/// The limits of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The number of threads, each with a connection: readers on SQLite, all work on PostgreSQL.
    pub threads: usize,
    /// The most pieces of work that wait. One more is refused.
    pub queue: usize,
    /// The longest time that a piece of work waits before it begins.
    pub patience: Duration,
    /// The longest time that a statement takes. PostgreSQL has the same limit of its own.
    pub statement: Duration,
    /// The longest time from when a piece of work is handed in until it is answered.
    pub work: Duration,
    /// The longest time that the writer of SQLite waits for another process that writes.
    pub lock: Duration,
    /// The most bytes that the revenue of tenants takes in memory, for reports.
    pub ledger_memory: usize,
    /// The most that a piece of work may cost.
    pub costs: Costs,
}

/// The part of the time that is left for saying that it is over: the work of a thread ends by so
/// much earlier than the wait for it.
const FOR_THE_ANSWER: Duration = Duration::from_millis(500);

impl Limits {
    /// Returns the limits that fit a database of this kind on this machine.
    pub fn of(address: &Address) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let threads = match address {
            Address::Sqlite(_) => cores.saturating_mul(2),
            Address::Postgres(_) => cores.saturating_mul(8).min(32),
        };
        Self {
            threads,
            queue: 1024,
            patience: Duration::from_secs(2),
            statement: Duration::from_secs(5),
            work: Duration::from_secs(10),
            lock: Duration::from_secs(2),
            ledger_memory: LEDGER_MEMORY,
            costs: Costs::USUAL,
        }
    }

    /// Returns the deadline of work that is handed in now.
    pub(crate) fn deadline(&self) -> Deadline {
        let left = self.work.saturating_sub(FOR_THE_ANSWER);
        Deadline {
            statement: Some(self.statement),
            work: Instant::now().checked_add(left),
            work_limit: Some(self.work),
        }
    }
}
