//! The one writer of SQLite. Work that arrives while a transaction runs goes into it, and work that
//! arrives while it is committed goes into the next, so that many answers share one `fsync`. Each
//! piece of work has a savepoint of its own, and is answered only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::pool::executor::{Lazy, Start, answer, spawn};
use crate::pool::limits::Limits;
use crate::session::Session;

/// The most pieces of work that share a commit.
const MAX_GROUP: usize = 256;
/// The shortest time that a transaction stays open for clients which may come back after the last
/// commit. It stays open as long as that commit took, from this to [`MAX_GATHERING`].
const MIN_GATHERING: Duration = Duration::from_millis(1);
/// The longest time that a transaction stays open for clients which may come back.
const MAX_GATHERING: Duration = Duration::from_millis(5);

/// Answers the requester, once it is known how the commit ended.
type Answer = Box<dyn FnOnce(Result<()>)>;
/// A piece of work that runs within its savepoint, and returns whether to keep it and how to
/// answer.
type Job = Box<dyn FnOnce(Result<&mut Session>) -> Option<(bool, Answer)> + Send>;

/// The way to the writer.
pub(crate) struct Writer {
    sender: Sender<Job>,
    patience: Duration,
}

impl Writer {
    /// Starts the thread of the writer.
    pub(crate) fn start(address: &Address, limits: Limits) -> Result<Self> {
        let (sender, receiver) = bounded(limits.queue);
        let address = address.clone();
        spawn("writer", move || Group::new(&address, receiver).serve())?;
        Ok(Self { sender, patience: limits.patience })
    }

    /// Runs work in a transaction that it may share with other work, and answers after the commit.
    pub(crate) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel::<Result<T, E>>();
        let start = Start::default();
        let begun = start.clone();
        let job: Job = Box::new(move |session| {
            if !begun.begin() {
                return None;
            }
            let result = session.map_err(E::from).and_then(work);
            let keep = result.is_ok();
            let answer = move |committed: Result<()>| {
                // Work that failed was rolled back by itself, whether the others are kept or not.
                let result = match committed {
                    Err(error) if keep => Err(E::from(error)),
                    _ => result,
                };
                let _ = sender.send(result);
            };
            let answer: Answer = Box::new(answer);
            Some((keep, answer))
        });
        self.sender.try_send(job).map_err(|_| E::from(Error::Busy))?;
        answer(start, receiver, self.patience).await.map_err(E::from)?
    }
}

struct Group {
    connection: Lazy,
    receiver: Receiver<Job>,
    /// The number of pieces of work that are likely to share the next commit: as many as the last
    /// one answered, whose clients may come back at once, and as many as waited for its end; or
    /// nearly as many as before that, because a client that is late once is not gone.
    expected: usize,
    /// The end of the last commit.
    ended: Instant,
    /// The duration of the last commit.
    took: Duration,
}

impl Group {
    fn new(address: &Address, receiver: Receiver<Job>) -> Self {
        let (ended, took) = (Instant::now(), Duration::ZERO);
        Self { connection: Lazy::new(address), receiver, expected: 0, ended, took }
    }

    fn serve(mut self) {
        while let Ok(first) = self.receiver.recv() {
            self.run(first);
        }
    }

    /// Runs the first piece of work and those that arrive meanwhile as one transaction, and answers
    /// them.
    fn run(&mut self, first: Job) {
        if let Err(error) = self.connection.get().and_then(|session| session.begin()) {
            self.connection.drop_session();
            if let Some((_, answer)) = first(Err(Error::Unavailable(error.to_string()))) {
                answer(Ok(()));
            }
            return;
        }
        let began = Instant::now();
        if self.ended.elapsed() > MAX_GATHERING {
            self.expected = 0;
        }
        let until = began.checked_add(self.took.clamp(MIN_GATHERING, MAX_GATHERING));
        let until = until.unwrap_or(began);
        let (mut answers, mut jobs, mut sound) = (Vec::new(), 0_usize, true);
        let mut next = Some(first);
        while let Some(job) = next {
            let done = self.one(job);
            sound = done.is_ok();
            answers.extend(done.ok().flatten());
            jobs = jobs.saturating_add(1);
            next = if sound { self.next(jobs, until) } else { None };
        }
        let began = Instant::now();
        let committed = self.end(sound);
        if let Err(error) = &committed {
            log::error!("a group of {} writes was not committed: {error}", answers.len());
        }
        let present = answers.len().saturating_add(self.receiver.len());
        self.expected = present.max(self.expected.saturating_mul(3) / 4);
        self.ended = Instant::now();
        self.took = self.ended.saturating_duration_since(began);
        for answer in answers {
            let lost = |error: &Error| Error::Unavailable(error.to_string());
            answer(committed.as_ref().copied().map_err(lost));
        }
    }

    /// Returns the next piece of work that shares the commit. Waits for it only as long as one is
    /// likely to come, and no longer than another commit would take.
    fn next(&self, jobs: usize, until: Instant) -> Option<Job> {
        if jobs >= MAX_GROUP {
            return None;
        }
        match self.receiver.try_recv() {
            Ok(job) => Some(job),
            Err(_) if jobs >= self.expected => None,
            Err(_) => self.receiver.recv_deadline(until).ok(),
        }
    }

    /// Commits the transaction, unless it was lost.
    fn end(&mut self, sound: bool) -> Result<()> {
        let committed = if sound {
            self.connection.get().and_then(|session| session.commit())
        } else {
            Err(Error::Unavailable("the transaction was lost".to_owned()))
        };
        if committed.is_err() {
            if let Ok(session) = self.connection.get() {
                session.rollback();
            }
            self.connection.drop_session();
        }
        committed
    }

    /// Runs one piece of work in its savepoint. An error means that the whole transaction is lost.
    fn one(&mut self, job: Job) -> Result<Option<Answer>, ()> {
        let session = self.connection.get().map_err(|_| ())?;
        session.begin().map_err(|_| ())?;
        let outcome = catch_unwind(AssertUnwindSafe(|| job(Ok(session))));
        let session = self.connection.get().map_err(|_| ())?;
        let (keep, answer) = match outcome {
            Ok(Some((keep, answer))) => (keep, Some(answer)),
            // Nobody waits for it; or it panicked, which its requester learns from the dropped
            // answer.
            Ok(None) | Err(_) => (false, None),
        };
        if keep {
            session.commit().map_err(|_| ())?;
        }
        // A panic may have left more savepoints open than its own.
        for _ in 1..session.depth() {
            session.rollback();
        }
        if session.depth() == 1 { Ok(answer) } else { Err(()) }
    }
}
