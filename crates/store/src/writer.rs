//! The one writer of SQLite: what is queued while a commit is under way goes into the next one, so
//! that many answers share one `fsync`. Each piece of work has a savepoint of its own, and its
//! answer leaves only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tokio::sync::oneshot;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::executor::{Lazy, Start, answer, spawn};
use crate::session::Session;

/// How many pieces of work share a commit at most.
const MAX_GROUP: usize = 256;
/// How long a commit waits at most for those who were answered by the last one to come back.
const MAX_GATHERING: Duration = Duration::from_micros(500);

/// Tells the requester how it ended, once that is known.
type Answer = Box<dyn FnOnce(Result<()>)>;
/// Runs within its savepoint; says whether to keep it, and how to answer.
type Job = Box<dyn FnOnce(Result<&mut Session>) -> Option<(bool, Answer)> + Send>;

/// The way to the writer.
pub(crate) struct Writer {
    sender: Sender<Job>,
    patience: Duration,
}

impl Writer {
    pub(crate) fn start(address: &Address, queue: usize, patience: Duration) -> Result<Self> {
        let (sender, receiver) = bounded(queue);
        let address = address.clone();
        spawn("writer", move || Group::new(&address, receiver).serve())?;
        Ok(Self { sender, patience })
    }

    /// Runs work in a transaction that may be shared; answered after its commit.
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
                // A refusal was rolled back by itself: whether the others were kept is not its
                // concern.
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
    /// How many were answered by the last commit: as many are likely to come back at once.
    expected: usize,
}

impl Group {
    fn new(address: &Address, receiver: Receiver<Job>) -> Self {
        Self { connection: Lazy::new(address), receiver, expected: 0 }
    }

    fn serve(mut self) {
        while let Ok(first) = self.receiver.recv() {
            let jobs = self.gather(first);
            self.expected = self.run(jobs);
        }
    }

    /// The first piece of work and those that arrive soon enough to share its commit.
    fn gather(&self, first: Job) -> Vec<Job> {
        let mut jobs = vec![first];
        let until = Instant::now().checked_add(MAX_GATHERING);
        while jobs.len() < MAX_GROUP {
            let next = match self.receiver.try_recv() {
                Ok(job) => Ok(job),
                Err(_) if jobs.len() >= self.expected => break,
                Err(_) => match until {
                    Some(until) => self.receiver.recv_deadline(until),
                    None => Err(RecvTimeoutError::Timeout),
                },
            };
            match next {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        jobs
    }

    /// Runs the group as one transaction and answers; says how many were.
    fn run(&mut self, jobs: Vec<Job>) -> usize {
        let mut answers: Vec<Answer> = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.into_iter();
        let begun = self.connection.get().and_then(|session| session.begin());
        if let Err(error) = begun {
            let reason = error.to_string();
            self.connection.drop_session();
            for job in jobs {
                if let Some((_, answer)) = job(Err(Error::Unavailable(reason.clone()))) {
                    answer(Ok(()));
                }
            }
            return 0;
        }
        let mut sound = true;
        for job in jobs.by_ref() {
            match self.one(job) {
                Ok(Some(answer)) => answers.push(answer),
                Ok(None) => {}
                Err(()) => {
                    sound = false;
                    break;
                }
            }
        }
        let committed = if sound {
            self.connection.get().and_then(|session| session.commit())
        } else {
            Err(Error::Unavailable("the transaction was lost".to_owned()))
        };
        if let Err(error) = &committed {
            log::error!("a group of {} writes was not committed: {error}", answers.len());
            if let Ok(session) = self.connection.get() {
                session.rollback();
            }
            self.connection.drop_session();
        }
        let answered = answers.len();
        for answer in answers {
            let lost = |error: &Error| Error::Unavailable(error.to_string());
            answer(committed.as_ref().copied().map_err(lost));
        }
        for job in jobs {
            if let Some((_, answer)) = job(Err(Error::Busy)) {
                answer(Ok(()));
            }
        }
        answered
    }

    /// One piece of work in its savepoint. An error means that the whole transaction is lost.
    fn one(&mut self, job: Job) -> Result<Option<Answer>, ()> {
        let session = self.connection.get().map_err(|_| ())?;
        session.begin().map_err(|_| ())?;
        let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| job(Ok(session)))) else {
            // Its requester learns of it by the answer that was dropped.
            let session = self.connection.get().map_err(|_| ())?;
            session.rollback();
            return Ok(None);
        };
        let session = self.connection.get().map_err(|_| ())?;
        match outcome {
            Some((true, answer)) => {
                session.commit().map_err(|_| ())?;
                Ok(Some(answer))
            }
            Some((false, answer)) => {
                session.rollback();
                Ok(Some(answer))
            }
            None => {
                session.rollback();
                Ok(None)
            }
        }
    }
}
