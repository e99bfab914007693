//! A bounded queue from which every tenant gets its turn. Work waits in a line of its own tenant,
//! and the lines take turns, so that one that is long makes nobody else wait. No tenant has more
//! than its share of the places in the queue, nor of the threads that take work from it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::figures::QueueFigures;

/// The id of the tenant that work belongs to; 0 for work in no tenant's name.
pub(crate) type Owner = i64;

/// The number of times that a thread lets others run before it sleeps.
const YIELDS: usize = 8;

/// A queue of work for some threads.
pub(crate) struct Queue<W> {
    lines: Mutex<Lines<W>>,
    /// A number that changes when there may be work for a thread that waits.
    changes: AtomicUsize,
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
    /// The threads that wait for work. The last one is woken first: its connection and its caches
    /// are warm.
    idle: Vec<Thread>,
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
                idle: Vec::new(),
                taken: 0,
                waited: Duration::ZERO,
                is_closed: false,
            }),
            changes: AtomicUsize::new(0),
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
        self.wake(lines);
        true
    }

    /// Returns work whose turn it is, with its tenant, if there is any. The thread that gets it
    /// says when that has ended: here, with its tenant, or by [`Queue::done`].
    pub(crate) fn take(&self, ended: Option<Owner>) -> Option<(Owner, W)> {
        let mut lines = self.lock();
        if let Some(owner) = ended {
            lines.end(owner);
        }
        let next = lines.next(self.share, |_| true);
        self.wake(lines);
        next
    }

    /// Waits for work whose turn it is, as [`Queue::take`] returns it. Returns `None` once the
    /// queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<(Owner, W)> {
        let mut lines = self.lock();
        loop {
            if let Some(next) = lines.next(self.share, |_| true) {
                self.wake(lines);
                return Some(next);
            }
            if lines.is_closed && lines.count == 0 {
                return None;
            }
            lines = self.wait(lines, thread::park);
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
                self.wake(lines);
                return Some(next);
            }
            if lines.is_closed && lines.count == 0 {
                return None;
            }
            let left = until?.checked_duration_since(Instant::now())?;
            lines = self.wait(lines, || thread::park_timeout(left));
        }
    }

    /// Notes that work of a tenant has ended.
    pub(crate) fn done(&self, owner: Owner) {
        let mut lines = self.lock();
        lines.end(owner);
        self.wake(lines);
    }

    /// Wakes a thread if one is idle and there is work for it. It wakes the next one when it takes
    /// that. Waking one for nothing costs more than looking.
    fn wake(&self, mut lines: MutexGuard<'_, Lines<W>>) {
        self.changes.fetch_add(1, Ordering::Release);
        let awake = if lines.is_closed {
            0
        } else if !lines.idle.is_empty() && lines.first(self.share, |_| true).is_some() {
            lines.idle.len().saturating_sub(1)
        } else {
            return;
        };
        let woken = lines.idle.split_off(awake);
        drop(lines);
        woken.iter().for_each(Thread::unpark);
    }

    /// Lets this thread be woken while it is parked.
    fn wait<'l>(
        &'l self,
        lines: MutexGuard<'l, Lines<W>>,
        park: impl FnOnce(),
    ) -> MutexGuard<'l, Lines<W>> {
        let seen = self.changes.load(Ordering::Acquire);
        drop(lines);
        for _ in 0..YIELDS {
            thread::yield_now();
            if self.changes.load(Ordering::Acquire) != seen {
                return self.lock();
            }
        }
        let mut lines = self.lock();
        if self.changes.load(Ordering::Acquire) != seen {
            return lines;
        }
        let this = thread::current();
        let id = this.id();
        lines.idle.push(this);
        drop(lines);
        park();
        let mut lines = self.lock();
        // It is there still if it was not woken by anybody.
        lines.idle.retain(|idle| idle.id() != id);
        lines
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
        let mut lines = self.lock();
        lines.is_closed = true;
        self.wake(lines);
    }

    fn lock(&self) -> MutexGuard<'_, Lines<W>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> Lines<W> {
    /// Returns the place in turn of the first tenant that has not its share of threads yet.
    fn first(&self, share: usize, admits: impl Fn(Owner) -> bool) -> Option<usize> {
        let running = |owner: &Owner| self.running.get(owner).copied().unwrap_or(0);
        self.turns.iter().position(|owner| running(owner) < share && admits(*owner))
    }

    /// Notes that work of a tenant has ended. Whoever has come meanwhile has a turn before it has
    /// another.
    fn end(&mut self, owner: Owner) {
        if let Some(at) = self.turns.iter().position(|waiting| *waiting == owner) {
            let turn = self.turns.remove(at);
            self.turns.extend(turn);
        }
        if let Some(running) = self.running.get_mut(&owner) {
            *running = running.saturating_sub(1);
            if *running == 0 {
                self.running.remove(&owner);
            }
        }
    }

    /// Takes the next work of the first tenant in turn that has not its share of threads yet.
    fn next(&mut self, share: usize, admits: impl Fn(Owner) -> bool) -> Option<(Owner, W)> {
        let at = self.first(share, admits)?;
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
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

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
    fn who_was_served_is_last() {
        let queue = Queue::new(10, 1);
        (0..3).for_each(|work| assert!(queue.push(1, work)));
        assert_eq!(queue.take(None), Some((1, 0)));
        assert!(queue.push(2, 7));
        assert_eq!(queue.take(Some(1)), Some((2, 7)));
        assert_eq!(queue.take(Some(2)), Some((1, 1)));
        assert!(queue.push(2, 8));
        queue.done(1);
        assert_eq!(queue.pop(), Some((2, 8)));
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

    /// No piece of work waits beside a thread that could take it, whoever arrives and ends when.
    #[test]
    fn all_work_is_taken() {
        const OF_EACH: u64 = 5_000;
        let (queue, taken) = (Queue::new(100, 4), AtomicU64::new(0));
        let serve = || {
            let mut ended = None;
            while let Some((owner, ())) = queue.take(ended).or_else(|| queue.pop()) {
                taken.fetch_add(1, Ordering::Relaxed);
                ended = Some(owner);
            }
        };
        let (queue, taken) = (&queue, &taken);
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(serve)));
            let push = |owner: i64| {
                move || {
                    for at in 0..OF_EACH {
                        while !queue.push(owner, ()) {
                            std::thread::yield_now();
                        }
                        if at % 7 == 0 {
                            std::thread::sleep(Duration::from_micros(50));
                        }
                    }
                }
            };
            let pushing = [1, 2, 3].map(|owner| scope.spawn(push(owner)));
            pushing.into_iter().for_each(|thread| thread.join().unwrap());
            let began = Instant::now();
            let is_done = || taken.load(Ordering::Relaxed) == 3 * OF_EACH;
            while !is_done() && began.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let is_done = is_done();
            queue.close();
            assert!(is_done, "{:?}", queue.figures());
        });
    }

    #[test]
    fn nobody_fills_the_queue() {
        let queue = Queue::new(10, 1);
        assert_eq!((0..20).filter(|work| queue.push(1, *work)).count(), 5);
        assert_eq!((0..20).filter(|work| queue.push(2, *work)).count(), 5);
        assert!(!queue.push(3, 0));
    }
}
