//! A bounded queue from which every tenant gets its turn. Work waits in a line of its own tenant,
//! and the lines take turns, so that one that is long makes nobody else wait. No tenant has more
//! than its share of the places in the queue, nor of the threads that take work from it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::figures::QueueFigures;

/// The id of the tenant that work belongs to; 0 for work in no tenant's name.
pub(crate) type Owner = i64;

/// A queue of work for some threads.
pub(crate) struct Queue<W> {
    lines: Mutex<Lines<W>>,
    arrived: Condvar,
    /// The most pieces of work that wait.
    limit: usize,
    /// The most pieces of work of one tenant that wait.
    limit_of_one: usize,
    /// The most threads that work for one tenant at once.
    share: usize,
}

struct Lines<W> {
    /// The tenants whose work waits. The first one's turn is next.
    turns: VecDeque<Owner>,
    /// The work that waits, with the time since when. A tenant without any has no entry.
    waiting: HashMap<Owner, VecDeque<(Instant, W)>>,
    count: usize,
    /// The number of threads that work for each tenant.
    running: HashMap<Owner, usize>,
    /// The number of pieces of work that were taken, and the time that they waited together.
    taken: u64,
    waited: Duration,
    is_closed: bool,
}

impl<W> Queue<W> {
    /// Makes a queue for that many threads. Where there are two or more, one is always left to the
    /// other tenants; where there are four or more, half of them.
    pub(crate) fn new(limit: usize, threads: usize) -> Self {
        let share = if threads >= 4 { threads / 2 } else { threads.saturating_sub(1).max(1) };
        Self {
            lines: Mutex::new(Lines {
                turns: VecDeque::new(),
                waiting: HashMap::new(),
                count: 0,
                running: HashMap::new(),
                taken: 0,
                waited: Duration::ZERO,
                is_closed: false,
            }),
            arrived: Condvar::new(),
            limit,
            limit_of_one: (limit / 2).max(1),
            share,
        }
    }

    /// Makes a queue for work in no tenant's name, which may take all places and all threads.
    pub(crate) fn of_nobody(limit: usize) -> Self {
        Self { limit_of_one: limit, share: usize::MAX, ..Self::new(limit, 1) }
    }

    /// Adds work to the line of its tenant. Returns false if there is no place for it.
    pub(crate) fn push(&self, owner: Owner, work: W) -> bool {
        let mut lines = self.lock();
        let own = lines.waiting.get(&owner).map_or(0, VecDeque::len);
        if lines.count >= self.limit || own >= self.limit_of_one {
            return false;
        }
        lines.waiting.entry(owner).or_default().push_back((Instant::now(), work));
        lines.count = lines.count.saturating_add(1);
        if own == 0 {
            lines.turns.push_back(owner);
        }
        drop(lines);
        self.arrived.notify_one();
        true
    }

    /// Waits for work whose turn it is, and returns it with its tenant. The thread that gets it
    /// says so with [`Queue::done`] when it has ended. Returns `None` once the queue is closed and
    /// empty.
    pub(crate) fn pop(&self) -> Option<(Owner, W)> {
        let mut lines = self.lock();
        loop {
            if let Some(next) = lines.next(self.share, |_| true) {
                return Some(next);
            }
            if lines.is_closed && lines.count == 0 {
                return None;
            }
            lines = self.arrived.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns work whose turn it is among the tenants that are admitted, if there is any until
    /// then; `None` does not wait.
    pub(crate) fn pop_until(
        &self,
        until: Option<Instant>,
        admits: impl Fn(Owner) -> bool,
    ) -> Option<(Owner, W)> {
        let mut lines = self.lock();
        loop {
            if let Some(next) = lines.next(self.share, &admits) {
                return Some(next);
            }
            let left = until?.checked_duration_since(Instant::now())?;
            let waited = self.arrived.wait_timeout(lines, left);
            lines = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes that work of a tenant has ended.
    pub(crate) fn done(&self, owner: Owner) {
        let mut lines = self.lock();
        if let Some(running) = lines.running.get_mut(&owner) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                lines.running.remove(&owner);
            }
        }
        let (may_go_on, is_closed) = (lines.waiting.contains_key(&owner), lines.is_closed);
        drop(lines);
        if is_closed {
            self.arrived.notify_all();
        } else if may_go_on {
            self.arrived.notify_one();
        }
    }

    /// Returns the number of pieces of work that wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().count
    }

    /// Returns the figures of the queue.
    pub(crate) fn figures(&self) -> QueueFigures {
        let lines = self.lock();
        QueueFigures {
            waiting: lines.count,
            running: lines.running.values().fold(0, |all, one| all.saturating_add(*one)),
            taken: lines.taken,
            waited: lines.waited,
        }
    }

    /// Lets the threads end once nothing waits any more.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Lines<W>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Lines<W> {
    /// Takes the next work of the first tenant in turn that has not its share of threads yet.
    fn next(&mut self, share: usize, admits: impl Fn(Owner) -> bool) -> Option<(Owner, W)> {
        let running = |owner: &Owner| self.running.get(owner).copied().unwrap_or(0);
        let is_free = |owner: &Owner| running(owner) < share && admits(*owner);
        let at = self.turns.iter().position(is_free)?;
        let owner = self.turns.remove(at)?;
        let line = self.waiting.get_mut(&owner)?;
        let (since, work) = line.pop_front()?;
        if line.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.turns.push_back(owner);
        }
        self.count = self.count.saturating_sub(1);
        let running = self.running.entry(owner).or_default();
        *running = running.saturating_add(1);
        self.taken = self.taken.saturating_add(1);
        self.waited = self.waited.saturating_add(since.elapsed());
        Some((owner, work))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Queue;

    #[test]
    fn lines_take_turns() {
        let queue = Queue::new(10, 1);
        for (owner, work) in [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (3, "e"), (3, "f")] {
            assert!(queue.push(owner, work));
        }
        let mut order = String::new();
        while let Some((owner, work)) = queue.pop_until(None, |_| true) {
            queue.done(owner);
            order.push_str(work);
        }
        assert_eq!(order, "adebfc");
    }

    #[test]
    fn nobody_has_more_than_a_share() {
        for (threads, share) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (32, 16)] {
            let queue = Queue::new(100, threads);
            (0..40).for_each(|work| assert!(queue.push(1, work)));
            let taken = std::iter::from_fn(|| queue.pop_until(None, |_| true)).count();
            assert_eq!(taken, share, "of {threads} threads");
            assert!(queue.push(2, 0));
            assert_eq!(queue.pop_until(None, |_| true), Some((2, 0)));
            queue.done(1);
            assert_eq!(queue.pop_until(None, |_| true).map(|(owner, _)| owner), Some(1));
        }
    }

    #[test]
    fn work_is_counted_where_it_is() {
        let queue = Queue::new(10, 4);
        (0..5).for_each(|work| assert!(queue.push(work % 2, work)));
        let of = |queue: &Queue<i64>| {
            let figures = queue.figures();
            (figures.waiting, figures.running, figures.taken)
        };
        assert_eq!(of(&queue), (5, 0, 0));
        assert_eq!(queue.figures().waited, Duration::ZERO);
        std::thread::sleep(Duration::from_millis(20));
        let (owner, _) = queue.pop().unwrap();
        assert!(queue.pop().is_some());
        assert_eq!(of(&queue), (3, 2, 2));
        let waited = queue.figures().waited;
        assert!(waited >= Duration::from_millis(40) && waited < Duration::from_secs(20));
        queue.done(owner);
        assert_eq!(of(&queue), (3, 1, 2));
    }

    #[test]
    fn work_of_nobody_has_all_threads() {
        let queue = Queue::of_nobody(10);
        assert_eq!((0..20).filter(|work| queue.push(0, *work)).count(), 10);
        assert_eq!(std::iter::from_fn(|| queue.pop_until(None, |_| true)).count(), 10);
    }

    #[test]
    fn nobody_fills_the_queue() {
        let queue = Queue::new(10, 1);
        assert_eq!((0..20).filter(|work| queue.push(1, *work)).count(), 5);
        assert_eq!((0..20).filter(|work| queue.push(2, *work)).count(), 5);
        assert!(!queue.push(3, 0));
    }
}
