//! The memory that reports may take together. A report takes room by the most rows that it can
//! have, and one that finds none waits a while for others to end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use apportion_core::report::{Group, Report, ReportQuery};
use apportion_store::Ledger;

/// The largest number of rows that a report may have on all its pages.
pub(crate) const MAX_ROWS: usize = 1_000_000;
/// The bytes that a row takes while a report is computed, measured with a million rows of one
/// period each.
const BYTES_A_ROW: usize = 256;
/// The bytes that all reports take together, above what the largest needs.
const MAX_BYTES: usize = (MAX_ROWS + 1) * BYTES_A_ROW;
/// The number of rows up to which a report is not counted.
const SMALL: usize = 10_000;
/// The longest time that a report waits for room.
const PATIENCE: Duration = Duration::from_secs(2);

/// The bytes that reports take at present, and the number of those that wait for some.
#[derive(Clone, Default)]
pub(crate) struct ReportRoom(Arc<(Mutex<usize>, Condvar)>, Arc<AtomicUsize>);

/// The room that a report takes, until this is dropped.
pub(crate) struct Room(ReportRoom, usize);

impl ReportRoom {
    /// Takes room for a report. Returns `None` if there is still none after a while.
    pub(crate) fn take(&self, rows: usize) -> Option<Room> {
        let bytes = if rows <= SMALL { 0 } else { rows.saturating_mul(BYTES_A_ROW) };
        let (taken, freed) = &*self.0;
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut usize| taken.saturating_add(bytes) > MAX_BYTES;
        self.1.fetch_add(1, Ordering::Relaxed);
        let waited = freed.wait_timeout_while(taken, PATIENCE, is_full);
        self.1.fetch_sub(1, Ordering::Relaxed);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if is_full(&mut taken) {
            return None;
        }
        *taken = taken.saturating_add(bytes);
        Some(Room(self.clone(), bytes))
    }

    /// Returns the number of reports that wait for room.
    pub(crate) fn waiting(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let (taken, freed) = &*self.0.0;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(self.1);
        freed.notify_all();
    }
}

/// Returns the most rows that a report can have, or one more than it may.
pub(crate) fn most_rows(ledger: &Ledger, query: &ReportQuery) -> usize {
    let has = |group| query.grouping.has(group);
    let entities = if has(Group::RevenueDistribution) || has(Group::Creator) {
        ledger.len()
    } else if has(Group::Deal) {
        ledger.deals()
    } else {
        1
    };
    let periods = Report::new(query.clone()).periods();
    entities.saturating_mul(periods).min(query.max_rows.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{MAX_ROWS, PATIENCE, ReportRoom, SMALL};

    #[test]
    fn large_ones_take_turns() {
        let room = ReportRoom::default();
        let first = room.take(MAX_ROWS).unwrap();
        assert!(room.take(SMALL).is_some(), "a small one needs none");
        let began = Instant::now();
        assert!(room.take(MAX_ROWS).is_none() && began.elapsed() >= PATIENCE);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| room.take(MAX_ROWS).is_some());
            while room.waiting() == 0 {
                std::thread::yield_now();
            }
            drop(first);
            assert!(second.join().unwrap());
        });
    }
}
