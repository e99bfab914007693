//! Outages of the database, which the log tells twice: when they begin and when they end. The lines
//! of the requests that failed meanwhile are not repeated here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Cause, Error, Outage, Result};

/// The time for which a disk counts as full after a write failed, unless another succeeds.
const FULL_FOR: Duration = Duration::from_secs(30);

/// The kinds of work, by what their success shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// The outage of a database, if there is one.
#[derive(Default)]
pub(crate) struct Outages {
    /// Whether there is one, so that work that succeeds need not wait for others to learn that.
    is_open: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// The time of the last write that failed because a disk is full.
    full: Option<Instant>,
}

/// An outage that has not ended.
struct Open {
    outage: Outage,
    /// Whether a write failed, so that only a write shows its end.
    is_of_writes: bool,
    began: Instant,
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
                // A probe finds these before any write fails.
                Some(Error::Unavailable(Outage::Full | Outage::Unwritable, _))
                    if access == Access::Read => {}
                Some(Error::Unavailable(outage, why)) => self.failed(access, *outage, why),
                Some(_) => {}
            },
        }
        done
    }

    /// Whether a write failed lately because the disk of the database is full.
    pub(crate) fn is_full(&self) -> bool {
        self.state().full.is_some_and(|since| since.elapsed() < FULL_FOR)
    }

    fn failed(&self, access: Access, outage: Outage, why: &str) {
        let (mut state, now) = (self.state(), Instant::now());
        let is_of_writes = access == Access::Write;
        if is_of_writes && outage == Outage::Full {
            state.full = Some(now);
        }
        if let Some(open) = state.open.as_mut() {
            open.is_of_writes |= is_of_writes;
            open.failures = open.failures.saturating_add(1);
            return;
        }
        state.open = Some(Open { outage, is_of_writes, began: now, failures: 1 });
        self.is_open.store(true, Ordering::Relaxed);
        drop(state);
        log::error!("an outage begins: {outage}: {why}");
    }

    fn worked(&self, access: Access) {
        let mut state = self.state();
        let is_of_reads = |it: &Open| it.outage == Outage::Unreachable && !it.is_of_writes;
        let Some(ended) = state.open.take_if(|it| access == Access::Write || is_of_reads(it))
        else {
            return;
        };
        state.full = None;
        self.is_open.store(false, Ordering::Relaxed);
        drop(state);
        let (failures, outage) = (ended.failures, ended.outage);
        let took = ended.began.elapsed().as_secs_f64();
        log::warn!(
            "the outage has ended after {took:.1} s ({outage}): {failures} times work failed"
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Error, Outage, Outages};

    /// Whether an outage is open after work that ended so.
    fn is_open(outages: &Outages, access: Access, failed: Option<Outage>) -> bool {
        let why = |outage| Error::Unavailable(outage, String::new());
        let _ = outages.note::<(), Error>(access, failed.map_or(Ok(()), |it| Err(why(it))));
        outages.state().open.is_some()
    }

    #[test]
    fn an_outage_ends_by_what_it_stopped() {
        use {Access::*, Outage::*};
        let outages = Outages::default();
        for (access, failed, open) in [
            (Read, Some(Full), false),
            (Read, Some(Clock), false),
            (Read, Some(Unreachable), true),
            (Read, None, false),
            (Write, Some(Unreachable), true),
            (Read, None, true),
            (Write, None, false),
            (Read, Some(Gone), true),
            (Read, None, true),
            (Write, None, false),
        ] {
            assert_eq!(is_open(&outages, access, failed), open, "{access:?} {failed:?}");
        }
    }

    #[test]
    fn a_full_disk_is_one_until_a_write_succeeds() {
        use {Access::*, Outage::*};
        let outages = Outages::default();
        is_open(&outages, Write, Some(Full));
        is_open(&outages, Read, Some(Unreachable));
        is_open(&outages, Read, None);
        assert!(outages.is_full());
        is_open(&outages, Write, None);
        assert!(!outages.is_full());
    }
}
