//! The memory that reports may take together. A report takes room by the most rows that it can
//! have. One that finds none waits a while for others to end, and tenants take turns: whoever had
//! room last is the last to have some again.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use apportion_core::report::{Group, Report, ReportQuery};
use apportion_limits::deadline;
use apportion_store::Ledger;

/// The largest number of rows that a report may have on all its pages.
pub(crate) const MAX_ROWS: usize = 1_000_000;
/// The bytes that a row takes while a report is computed, measured with a million rows of one
/// period each.
const BYTES_A_ROW: usize = 256;
/// The number of rows up to which a report is not counted.
const SMALL: usize = 10_000;
/// The longest time that a report waits for room: no longer than other work waits for a thread,
/// since it has one.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most tenants that are known to have had room.
const MAX_SERVED: usize = 1_000;

/// A report that waits: the number of its turn among all, and its tenant.
type Waiting = (u64, i64);

/// The reports that are computed or wait.
#[derive(Default)]
struct Taken {
    /// The bytes that they take at present.
    bytes: usize,
    /// Those that wait, in the order in which they came.
    waiting: Vec<Waiting>,
    /// The number of the last one that came.
    last: u64,
    /// Tenants that had room, the last one at the end.
    served: Vec<i64>,
}

impl Taken {
    /// Returns the report whose turn it is: the first one of the tenant that had no room for
    /// longest.
    fn next(&self) -> Option<Waiting> {
        let since = |tenant: i64| self.served.iter().position(|served| *served == tenant);
        self.waiting.iter().copied().min_by_key(|(number, tenant)| (since(*tenant), *number))
    }

    /// Notes that a tenant has room.
    fn serve(&mut self, tenant: i64) {
        self.served.retain(|served| *served != tenant);
        if self.served.len() >= MAX_SERVED {
            self.served.remove(0);
        }
        self.served.push(tenant);
    }
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

    /// Takes room for a report of a tenant. Returns `None` if there is still none after a while, or
    /// after half of the time that is left for the work.
    pub(crate) fn take(&self, tenant: i64, rows: usize) -> Option<Room> {
        let bytes = if rows <= SMALL { 0 } else { rows.saturating_mul(BYTES_A_ROW) };
        if bytes == 0 {
            return Some(Room(self.clone(), 0));
        }
        let left = deadline::current().work.map(|end| end.duration_since(Instant::now()));
        let half = left.and_then(|left| left.checked_div(2));
        let patience = half.map_or(PATIENCE, |half| half.min(PATIENCE));
        let (all, freed) = &*self.taken;
        let mut taken = all.lock().unwrap_or_else(PoisonError::into_inner);
        taken.last = taken.last.wrapping_add(1);
        let this = (taken.last, tenant);
        taken.waiting.push(this);
        let must_wait = |taken: &mut Taken| {
            let is_full = taken.bytes > 0 && taken.bytes.saturating_add(bytes) > self.most;
            is_full || taken.next() != Some(this)
        };
        let waited = freed.wait_timeout_while(taken, patience, must_wait);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let has_room = !must_wait(&mut taken);
        taken.waiting.retain(|waiting| *waiting != this);
        if has_room {
            taken.bytes = taken.bytes.saturating_add(bytes);
            taken.serve(tenant);
        }
        // It is the turn of another.
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

    /// Lets reports wait, one after the other, while one of the first tenant has all of the room.
    /// Returns the tenants in the order in which they had room then.
    fn order(room: &ReportRoom, waiting: &[(i64, usize)]) -> Vec<i64> {
        let first = room.take(1, MAX_ROWS).unwrap();
        let order = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for (tenant, rows) in waiting.iter().copied() {
                let (order, before) = (&order, room.waiting());
                scope.spawn(move || {
                    let taken = room.take(tenant, rows).unwrap();
                    order.lock().unwrap().push(tenant);
                    drop(taken);
                });
                while room.waiting() == before {
                    std::thread::yield_now();
                }
            }
            drop(first);
        });
        order.into_inner().unwrap()
    }

    /// However many reports a tenant has that wait, and however large another's is.
    #[test]
    fn tenants_take_turns() {
        const ALL: usize = MAX_ROWS;
        const FEW: usize = SMALL + 1;
        for _ in 0..50 {
            let room = ReportRoom::within(MAX_ROWS * BYTES_A_ROW);
            let two = [(1, ALL), (1, ALL), (1, ALL), (2, ALL)];
            assert_eq!(order(&room, &two), [2, 1, 1, 1]);
            let three = [(1, ALL), (1, ALL), (2, ALL), (2, ALL), (3, ALL), (3, ALL)];
            assert_eq!(order(&room, &three), [3, 2, 1, 3, 2, 1]);
            // Small ones do not pass by a large one whose turn it is.
            let small = [(1, FEW), (2, FEW), (3, ALL), (1, FEW), (2, FEW)];
            assert_eq!(order(&room, &small)[0], 3);
        }
    }
}
