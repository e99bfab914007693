//! A fixed set of threads, each with one connection, behind a bounded queue. No work waits for
//! ever, no more work waits than the queue holds, and work that has not begun is dropped when its
//! requester gives up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::address::Address;
use crate::error::{Cause, Error, Result};
use crate::pool::limits::Limits;
use crate::session::Session;
use crate::session::books::Ledgers;

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

/// Waits for the answer of a piece of work: at most `patience` until it starts, and then as long as
/// it takes.
pub(crate) async fn answer<T>(
    start: Start,
    mut receiver: oneshot::Receiver<T>,
    patience: Duration,
) -> Result<T> {
    match tokio::time::timeout(patience, &mut receiver).await {
        Ok(answer) => answer.map_err(|_| Error::Panicked),
        Err(_) if start.abandon() => Err(Error::Busy),
        Err(_) => receiver.await.map_err(|_| Error::Panicked),
    }
}

/// A piece of work that sends its answer itself, and returns whether the connection is sound.
type Job = Box<dyn FnOnce(Result<&mut Session>) -> bool + Send>;

/// Threads that run pieces of work.
pub(crate) struct Executor {
    sender: Sender<Job>,
    patience: Duration,
}

impl Executor {
    /// Starts the threads, under that name. Each opens its connection when it first needs one.
    pub(crate) fn start(address: &Address, name: &str, limits: Limits) -> Result<Self> {
        let (sender, receiver) = bounded(limits.queue);
        let ledgers = Arc::<Ledgers>::default();
        for _ in 0..limits.threads {
            let connection = Lazy { ledgers: Arc::clone(&ledgers), ..Lazy::new(address) };
            let receiver = receiver.clone();
            spawn(name, move || serve(connection, &receiver))?;
        }
        Ok(Self { sender, patience: limits.patience })
    }

    /// Runs work on one of the threads.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let start = Start::default();
        let begun = start.clone();
        let job: Job = Box::new(move |session| {
            if !begun.begin() {
                return true;
            }
            let result = session.map_err(E::from).and_then(work);
            let cause = result.as_ref().err().and_then(Cause::cause);
            let sound = !matches!(cause, Some(Error::Unavailable(_)));
            let _ = sender.send(result);
            sound
        });
        match self.sender.try_send(job) {
            Ok(()) => answer(start, receiver, self.patience).await.map_err(E::from)?,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(E::from(Error::Busy)),
        }
    }
}

/// Starts a named thread.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map(|_| ()).map_err(|error| Error::Unavailable(error.to_string()))
}

/// A connection that is opened when it is needed, and opened again after it broke.
pub(crate) struct Lazy {
    address: Address,
    session: Option<Session>,
    ledgers: Arc<Ledgers>,
}

impl Lazy {
    pub(crate) fn new(address: &Address) -> Self {
        Self { address: address.clone(), session: None, ledgers: Arc::default() }
    }

    pub(crate) fn get(&mut self) -> Result<&mut Session> {
        match &mut self.session {
            Some(session) => Ok(session),
            empty => Ok(empty.insert(
                Session::sharing(&self.address, Arc::clone(&self.ledgers))
                    .map_err(|error| Error::Unavailable(error.to_string()))?,
            )),
        }
    }

    /// Drops the connection if a job may have left it unusable.
    pub(crate) fn inspect(&mut self, sound: bool) {
        if !sound || self.session.as_mut().is_some_and(Session::is_broken) {
            self.session = None;
        }
    }

    pub(crate) fn drop_session(&mut self) {
        self.session = None;
    }
}

fn serve(mut connection: Lazy, receiver: &Receiver<Job>) {
    while let Ok(job) = receiver.recv() {
        let run = catch_unwind(AssertUnwindSafe(|| job(connection.get())));
        connection.inspect(run.unwrap_or(false));
    }
}
