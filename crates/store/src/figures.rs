//! The figures of a store: how much work waits, runs and was done, for whoever watches it. Counting
//! takes no lock but those that are held anyway. Not here: how long statements take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The figures of a store. Those that are called counts begin at 0 when it is opened, and grow.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The figures of its pools of threads.
    pub pools: Vec<PoolFigures>,
    /// The count of commits that kept something.
    pub commits: u64,
    /// The count of pieces of work that were kept by these commits; on SQLite several share one.
    pub writes: u64,
    /// The count of commits that failed. Nothing of them was kept.
    pub failed_commits: u64,
    /// The count of transactions that were begun again, because others interrupted them or their
    /// connection was lost.
    pub run_again: u64,
    /// The count of connections that were opened in the place of one that was lost or dropped.
    pub reopened: u64,
    /// The size of the write-ahead log of SQLite in bytes, and 0 without one; `None` on PostgreSQL.
    pub log_bytes: Option<u64>,
}

/// The figures of threads that take work from one queue.
#[derive(Clone, Copy, Debug)]
pub struct PoolFigures {
    /// The name of the pool: `store`, `front` or, on SQLite, `writer`.
    pub name: &'static str,
    /// The number of threads.
    pub threads: usize,
    /// The number of pieces of work that wait.
    pub waiting: usize,
    /// The number of pieces of work that threads are at.
    pub running: usize,
    /// The count of pieces of work that have waited and were taken.
    pub taken: u64,
    /// The time that they waited, all together.
    pub waited: Duration,
}

/// The figures of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueFigures {
    pub(crate) waiting: usize,
    pub(crate) running: usize,
    pub(crate) taken: u64,
    pub(crate) waited: Duration,
}

impl QueueFigures {
    /// Says of which threads these figures are.
    pub(crate) fn of(self, name: &'static str, threads: usize) -> PoolFigures {
        let Self { waiting, running, taken, waited } = self;
        PoolFigures { name, threads, waiting, running, taken, waited }
    }
}

/// The counts of what the threads of a store have done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commits: Count,
    pub(crate) writes: Count,
    pub(crate) failed_commits: Count,
    pub(crate) run_again: Count,
    pub(crate) reopened: Count,
}

impl Counts {
    /// Counts a commit of this number of pieces of work, or its failure.
    pub(crate) fn committed(&self, writes: usize, has_failed: bool) {
        if has_failed {
            self.failed_commits.add(1);
        } else if writes > 0 {
            self.commits.add(1);
            self.writes.add(writes);
        }
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: usize) {
        self.0.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
