//! A fixed set of threads, each with one connection, behind a bounded queue in which tenants take
//! turns. No work waits for ever, none takes for ever, no more work waits than the queue holds, and
//! work that has not begun is dropped when its requester gives up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use apportion_limits::deadline::within;
use tokio::sync::oneshot;

use crate::address::Address;
use crate::error::{Cause, Error, Outage, Result};
use crate::figures::PoolFigures;
use crate::pool::lazy::{Lazy, Shared};
use crate::pool::limits::Limits;
use crate::pool::queue::{Owner, Queue};
use crate::session::books::Ledgers;

/// The time after which a thread without work gives memory back.
const IDLE: Duration = Duration::from_secs(1);
/// The time after which it does that once more.
const LONG_IDLE: Duration = Duration::from_secs(5);

const QUEUED: u8 = 0;
const STARTED: u8 = 1;
const ABANDONED: u8 = 2;

/// The state of a piece of work, which the thread that does it and the task that waits agree upon:
/// queued, started or abandoned.
#[derive(Clone, Default)]
pub(crate) struct Start(Arc<AtomicU8>);

impl Start {
    /// Starts the work. Returns false if it was abandoned.
    pub(crate) fn begin(&self) -> bool {
        self.exchange(STARTED)
    }

    /// Abandons the work. Returns false if it has started.
    fn abandon(&self) -> bool {
        self.exchange(ABANDONED)
    }

    fn exchange(&self, to: u8) -> bool {
        self.0.compare_exchange(QUEUED, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Waits for the answer of a piece of work that was handed in now: a while until it starts, and
/// then until its time is over. Work ends itself before that, unless the database does not answer.
pub(crate) async fn answer<T>(
    start: Start,
    mut receiver: oneshot::Receiver<T>,
    limits: Limits,
) -> Result<T> {
    match tokio::time::timeout(limits.patience, &mut receiver).await {
        Ok(answer) => return answer.map_err(|_| Error::Panicked),
        Err(_) if start.abandon() => return Err(Error::Busy),
        Err(_) => {}
    }
    let left = limits.work.saturating_sub(limits.patience);
    match tokio::time::timeout(left, receiver).await {
        Ok(answer) => answer.map_err(|_| Error::Panicked),
        Err(_) => {
            let why = format!("no answer within {:?}", limits.work);
            Err(Error::Unavailable(Outage::Unreachable, why))
        }
    }
}

/// A piece of work that sends its answer itself, and returns whether the connection is sound.
pub(crate) type Job = Box<dyn FnOnce(&mut Lazy) -> bool + Send>;

/// Threads that run pieces of work.
pub(crate) struct Executor {
    name: &'static str,
    threads: usize,
    queue: Arc<Queue<Job>>,
}

impl Executor {
    /// Starts the threads, under that name, before a queue. Each opens its connection when it first
    /// needs one.
    pub(crate) fn start(
        shared: &Shared,
        name: &'static str,
        limits: Limits,
        queue: Queue<Job>,
    ) -> Result<Self> {
        let queue = Arc::new(queue);
        let executor = Self { name, threads: limits.threads, queue: Arc::clone(&queue) };
        let ledgers = Arc::new(Ledgers::within(limits.ledger_memory));
        for _ in 0..limits.threads {
            let connection = Lazy::new(shared).sharing(&ledgers).reading();
            let queue = Arc::clone(&queue);
            spawn(name, move || serve(connection, &queue))?;
        }
        Ok(executor)
    }

    /// Returns the figures of the threads and their queue.
    pub(crate) fn figures(&self) -> PoolFigures {
        self.queue.figures().of(self.name, self.threads)
    }

    /// Runs work of a tenant on one of the threads.
    pub(crate) async fn run<T, E>(
        &self,
        owner: Owner,
        limits: Limits,
        work: impl FnOnce(&mut Lazy) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let start = Start::default();
        let (begun, deadline) = (start.clone(), limits.deadline());
        let job: Job = Box::new(move |connection| {
            if !begun.begin() {
                return true;
            }
            let result = within(deadline, || work(connection));
            let cause = result.as_ref().err().and_then(Cause::cause);
            let sound = !cause.is_some_and(Error::is_outage);
            let _ = sender.send(result);
            sound
        });
        if !self.queue.push(owner, job) {
            return Err(E::from(Error::Busy));
        }
        answer(start, receiver, limits).await.map_err(E::from)?
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// Starts a named thread.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    let refused = |error: std::io::Error| Error::Open {
        address: Address::Sqlite(name.into()),
        reason: error.to_string(),
    };
    thread.map(|_| ()).map_err(refused)
}

fn serve(mut connection: Lazy, queue: &Queue<Job>) {
    let mut ended = None;
    loop {
        let next = queue
            .take(ended)
            .or_else(|| queue.pop_until(connection.rests_at(), |_| true))
            .or_else(|| {
                connection.rest();
                queue.pop_until(Instant::now().checked_add(IDLE), |_| true)
            })
            .or_else(|| {
                apportion_limits::memory::collect();
                queue.pop_until(Instant::now().checked_add(LONG_IDLE), |_| true)
            })
            .or_else(|| {
                // The last answers have been sent by now.
                apportion_limits::memory::collect();
                queue.pop()
            });
        let Some((owner, job)) = next else { return };
        let run = catch_unwind(AssertUnwindSafe(|| job(&mut connection)));
        connection.inspect(run.unwrap_or(false));
        ended = Some(owner);
    }
}
