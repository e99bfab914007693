//! The memory that reports may take together. A report takes room by the most rows that it can
//! have. One that finds none waits a while for others to end, and tenants take turns.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use apportion_core::report::{Group, Report, ReportQuery};
use apportion_store::Ledger;

/// The largest number of rows that a report may have on all its pages.
pub(crate) const MAX_ROWS: usize = 1_000_000;
/// The bytes that a row takes while a report is computed, measured with a million rows of one
/// period each.
const BYTES_A_ROW: usize = 256;
/// The number of rows up to which a report is not counted.
const SMALL: usize = 10_000;
/// The longest time that a report waits for room: as long as the largest one takes on a busy
/// machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// The reports that are computed or wait.
#[derive(Default)]
struct Taken {
    /// The bytes that they take at present.
    bytes: usize,
    /// The tenant that took room last.
    last: Option<i64>,
    /// The tenants of those that wait.
    waiting: Vec<i64>,
}

/// The room for reports, and those that are in it.
#[derive(Clone)]
pub(crate) struct ReportRoom {
    taken: Arc<(Mutex<Taken>, Condvar)>,
    /// The most bytes that reports take together. One by itself may take more.
    most: usize,
}

/// The room that a report takes, until this is dropped.
pub(crate) struct Room(ReportRoom, usize);

impl ReportRoom {
    /// Makes room for reports, up to a limit in bytes.
    pub(crate) fn within(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// Takes room for a report of a tenant. Returns `None` if there is still none after a while.
    pub(crate) fn take(&self, tenant: i64, rows: usize) -> Option<Room> {
        let bytes = if rows <= SMALL { 0 } else { rows.saturating_mul(BYTES_A_ROW) };
        if bytes == 0 {
            return Some(Room(self.clone(), 0));
        }
        let must_wait = |taken: &mut Taken| {
            let is_full = taken.bytes > 0 && taken.bytes.saturating_add(bytes) > self.most;
            is_full || taken.last == Some(tenant) && taken.waiting.iter().any(|it| *it != tenant)
        };
        let (all, freed) = &*self.taken;
        let mut taken = all.lock().unwrap_or_else(PoisonError::into_inner);
        taken.waiting.push(tenant);
        let waited = freed.wait_timeout_while(taken, PATIENCE, must_wait);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let has_room = !must_wait(&mut taken);
        if let Some(at) = taken.waiting.iter().position(|it| *it == tenant) {
            taken.waiting.swap_remove(at);
        }
        if has_room {
            taken.bytes = taken.bytes.saturating_add(bytes);
            taken.last = Some(tenant);
        }
        // It may have been the turn of this one.
        freed.notify_all();
        has_room.then(|| Room(self.clone(), bytes))
    }

    /// Returns the number of reports that wait for room.
    pub(crate) fn waiting(&self) -> usize {
        let (taken, _) = &*self.taken;
        taken.lock().unwrap_or_else(PoisonError::into_inner).waiting.len()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let (taken, freed) = &*self.0.taken;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.bytes = taken.bytes.saturating_sub(self.1);
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

    use super::{BYTES_A_ROW, MAX_ROWS, PATIENCE, ReportRoom, SMALL};

    #[test]
    fn large_ones_take_turns() {
        let room = ReportRoom::within(MAX_ROWS * BYTES_A_ROW);
        let first = room.take(1, MAX_ROWS + 1).unwrap();
        assert!(room.take(1, SMALL).is_some(), "a small one needs none");
        let began = Instant::now();
        assert!(room.take(1, MAX_ROWS).is_none() && began.elapsed() >= PATIENCE);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| room.take(1, MAX_ROWS).is_some());
            while room.waiting() == 0 {
                std::thread::yield_now();
            }
            drop(first);
            assert!(second.join().unwrap());
        });
    }

    /// However many reports a tenant has that wait, another's is the next.
    #[test]
    fn tenants_take_turns() {
        let room = ReportRoom::within(MAX_ROWS * BYTES_A_ROW);
        for _ in 0..100 {
            let first = room.take(1, MAX_ROWS).unwrap();
            let order = std::sync::Mutex::new(Vec::new());
            std::thread::scope(|scope| {
                for tenant in [1, 1, 1, 2] {
                    let (room, order, waiting) = (&room, &order, room.waiting());
                    scope.spawn(move || {
                        let taken = room.take(tenant, MAX_ROWS).unwrap();
                        order.lock().unwrap().push(tenant);
                        drop(taken);
                    });
                    while room.waiting() == waiting {
                        std::thread::yield_now();
                    }
                }
                drop(first);
            });
            assert_eq!(order.into_inner().unwrap(), [2, 1, 1, 1]);
        }
    }
}
