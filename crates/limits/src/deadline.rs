//! The time by which the work of a thread must end.
//!
//! A thread that works on a database has two limits: one for all of a piece of work ([`within`]),
//! and one for each statement ([`statement`]). Both are kept for the thread, so that nothing has to
//! pass them on: what asks the database asks [`check`] before, a long computation asks it now and
//! then, and SQLite asks by itself while it runs a statement ([`install`]).
//!
//! Not here: what PostgreSQL does about its own statements (its `statement_timeout`), and what a
//! client is told.

use std::cell::Cell;
use std::time::{Duration, Instant};

pub use crate::sqlite::install;

thread_local! {
    static LIMITS: Cell<Limits> = const { Cell::new(Limits::NONE) };
}

/// The limits of a thread.
#[derive(Clone, Copy, Debug)]
struct Limits {
    deadline: Deadline,
    /// The time at which the last statement began.
    began: Option<Instant>,
}

impl Limits {
    const NONE: Self = Self { deadline: Deadline::NONE, began: None };

    /// Whether the work, or the statement that runs, should have ended.
    fn are_passed(&self) -> bool {
        if self.deadline == Deadline::NONE {
            return false;
        }
        let now = Instant::now();
        let statement = self.statement_took(now).zip(self.deadline.statement);
        self.deadline.work.is_some_and(|end| now >= end)
            || statement.is_some_and(|(took, most)| took >= most)
    }

    fn statement_took(&self, now: Instant) -> Option<Duration> {
        self.began.map(|began| now.saturating_duration_since(began))
    }
}

/// The limits of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The longest time that one statement may take; `None` for any.
    pub statement: Option<Duration>,
    /// The time by which all of the work must end; `None` for never.
    pub work: Option<Instant>,
    /// The longest time that all of the work may take, to be named where it has passed.
    pub work_limit: Option<Duration>,
}

impl Deadline {
    /// Work that may take any time.
    pub const NONE: Self = Self { statement: None, work: None, work_limit: None };

    /// Whether the work as a whole may go on.
    pub fn allows(&self) -> bool {
        self.work.is_none_or(|end| Instant::now() < end)
    }
}

/// Runs work within limits. They end with it, and those that were there before return.
pub fn within<T>(deadline: Deadline, work: impl FnOnce() -> T) -> T {
    struct Restore(Limits);
    impl Drop for Restore {
        fn drop(&mut self) {
            LIMITS.set(self.0);
        }
    }
    let _restore = Restore(LIMITS.replace(Limits { deadline, began: None }));
    work()
}

/// Returns the limits of this thread, for a thread that helps it.
pub fn current() -> Deadline {
    LIMITS.get().deadline
}

/// Notes that a statement begins. Returns false if the work should have ended already.
pub fn statement() -> bool {
    let limits = LIMITS.get();
    let began = Some(Instant::now());
    LIMITS.set(Limits { began, ..limits });
    began.zip(limits.deadline.work).is_none_or(|(now, end)| now < end)
}

/// Returns the time since the last statement of this thread began.
pub fn statement_took() -> Duration {
    LIMITS.get().statement_took(Instant::now()).unwrap_or_default()
}

/// Whether the work of this thread may go on: no limit is passed.
pub fn check() -> bool {
    !LIMITS.get().are_passed()
}
