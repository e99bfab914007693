//! Outages of the database, which the log tells twice: when they begin and when they end. The lines
//! of the requests that failed meanwhile are not repeated here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Cause, Error, Outage, Result};

/// The time for which a disk counts as full after a write failed, unless another succeeds.
const FULL_FOR: Duration = Duration::from_secs(30);

/// The kinds of work, by what their success shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// The outage of a database, if there is one.
#[derive(Default)]
pub(crate) struct Outages {
    /// Whether there is one, so that work that succeeds need not wait for others to learn that.
    is_open: AtomicBool,
    open: Mutex<Option<Open>>,
}

/// An outage that has not ended.
struct Open {
    outage: Outage,
    began: Instant,
    /// The time of the last work that failed.
    last: Instant,
    failures: u64,
}

impl Outages {
    /// Notes how work ended, and returns that. An outage ends when work succeeds that it would have
    /// let fail: a database that cannot be written, or whose file is gone, may be read all the
    /// same.
    pub(crate) fn note<T, E: Cause>(&self, access: Access, done: Result<T, E>) -> Result<T, E> {
        match &done {
            Ok(_) if self.is_open.load(Ordering::Relaxed) => self.worked(access),
            Ok(_) => {}
            Err(error) => match error.cause() {
                // The clock is not the database's, and has lines of its own.
                Some(Error::Unavailable(Outage::Clock, _)) | None => {}
                Some(Error::Unavailable(outage, why)) => self.failed(*outage, why),
                Some(_) => {}
            },
        }
        done
    }

    /// Whether a write failed lately because the disk of the database is full.
    pub(crate) fn is_full(&self) -> bool {
        let is_full = |open: &Open| open.outage == Outage::Full && open.last.elapsed() < FULL_FOR;
        self.open().as_ref().is_some_and(is_full)
    }

    fn failed(&self, outage: Outage, why: &str) {
        let (mut open, now) = (self.open(), Instant::now());
        if let Some(open) = open.as_mut() {
            (open.outage, open.last) = (outage, now);
            open.failures = open.failures.saturating_add(1);
            return;
        }
        *open = Some(Open { outage, began: now, last: now, failures: 1 });
        self.is_open.store(true, Ordering::Relaxed);
        drop(open);
        log::error!("an outage begins: {outage}: {why}");
    }

    fn worked(&self, access: Access) {
        let mut open = self.open();
        let ends = |it: &mut Open| access == Access::Write || it.outage == Outage::Unreachable;
        let Some(ended) = open.take_if(ends) else { return };
        self.is_open.store(false, Ordering::Relaxed);
        drop(open);
        let (failures, outage) = (ended.failures, ended.outage);
        let took = ended.began.elapsed().as_secs_f64();
        log::warn!(
            "the outage has ended after {took:.1} s ({outage}): {failures} times work failed"
        );
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
