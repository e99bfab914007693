//! The one writer of SQLite. Work that arrives while a transaction runs goes into it, and work that
//! arrives while it is committed goes into the next, so that many answers share one `fsync`. Each
//! piece of work has a savepoint of its own, and is answered only after the commit. A piece whose
//! time is up in the middle of a statement takes the transaction with it, as SQLite has it; the
//! others are run again without it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use apportion_limits::deadline::{Deadline, within};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::oneshot;

use crate::error::{Error, Outage, Result};
use crate::figures::PoolFigures;
use crate::pool::executor::{Start, answer, spawn};
use crate::pool::lazy::{Lazy, Shared};
use crate::pool::limits::Limits;
use crate::pool::queue::{Owner, Queue};
use crate::session::Session;

/// The most pieces of work that share a commit.
const MAX_GROUP: usize = 256;
/// The time of the processor after which a transaction takes no more work, so that its answers
/// leave.
const MAX_WORKING: Duration = Duration::from_millis(50);
/// The time after which a transaction takes no more work, whatever it waits for.
const MAX_OPEN: Duration = Duration::from_secs(1);
/// The time of the processor from which a piece of work is slow.
const SLOW: Duration = Duration::from_millis(20);
/// The most tenants that are known as slow.
const MAX_SLOW: usize = 1_000;
/// The shortest time that a transaction stays open for clients which may come back after the last
/// commit. It stays open as long as that commit took, from this to [`MAX_GATHERING`].
const MIN_GATHERING: Duration = Duration::from_millis(1);
/// The longest time that a transaction stays open for clients which may come back.
const MAX_GATHERING: Duration = Duration::from_millis(5);

/// A piece of work for the writer, and whoever waits for its answer.
trait Piece: Send {
    /// Runs the work within its savepoint. Returns whether its rows are to be kept.
    fn run(&mut self, session: &mut Session) -> bool;

    /// Whether the time is over by which its requester is answered.
    fn is_late(&self) -> bool;

    /// Answers, once it is known how the commit ended.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// A piece of work with its types.
struct Work<T, E, W> {
    work: W,
    deadline: Deadline,
    start: Start,
    /// Whether the work was begun before, by a transaction that was lost.
    is_begun: bool,
    result: Option<Result<T, E>>,
    sender: oneshot::Sender<Result<T, E>>,
}

impl<T, E, W> Piece for Work<T, E, W>
where
    T: Send,
    E: From<Error> + Send,
    W: Fn(&mut Session) -> Result<T, E> + Send,
{
    fn run(&mut self, session: &mut Session) -> bool {
        if !self.is_begun && !self.start.begin() {
            return false;
        }
        // A result of before is lost, also if the work panics now.
        (self.is_begun, self.result) = (true, None);
        let result = within(self.deadline, || {
            let done = (self.work)(session)?;
            // Nobody waits any more for what is late.
            if apportion_limits::deadline::statement() {
                Ok(done)
            } else {
                Err(Error::too_long().into())
            }
        });
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn is_late(&self) -> bool {
        !self.deadline.allows()
    }

    fn answer(self: Box<Self>, committed: Result<()>) {
        let result = match (self.result, committed) {
            // Work that failed was rolled back by itself, whether the others are kept or not.
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(E::from(error)),
            (Some(done), Ok(())) => done,
            // Nobody waits for it; or it panicked, which its requester learns from the sender that
            // is dropped.
            (None, Ok(())) => return,
        };
        let _ = self.sender.send(result);
    }
}

/// The way to the writer.
pub(crate) struct Writer {
    queue: Arc<Queue<Box<dyn Piece>>>,
}

impl Writer {
    /// Starts the thread of the writer.
    pub(crate) fn start(shared: &Shared, limits: Limits) -> Result<Self> {
        let queue = Arc::new(Queue::new(limits.queue, 1));
        let writer = Self { queue: Arc::clone(&queue) };
        // It waits for another process that writes for as long as a request may.
        let connection = Lazy::new(shared).waiting(limits.lock);
        spawn("writer", move || Group::new(connection, queue).serve())?;
        Ok(writer)
    }

    /// Returns the figures of the thread and its queue.
    pub(crate) fn figures(&self) -> PoolFigures {
        self.queue.figures().of("writer", 1)
    }

    /// Runs work in a transaction that it may share with other work, and answers after the commit.
    pub(crate) async fn run<T, E>(
        &self,
        owner: Owner,
        limits: Limits,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel::<Result<T, E>>();
        let (start, deadline) = (Start::default(), limits.deadline());
        let begun = start.clone();
        let piece = Work { work, deadline, start: begun, is_begun: false, result: None, sender };
        if !self.queue.push(owner, Box::new(piece)) {
            return Err(E::from(Error::Busy));
        }
        answer(start, receiver, limits).await.map_err(E::from)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The state of a transaction after a piece of work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It goes on, with the rows of the piece or without.
    Kept,
    Undone,
    /// It was rolled back as a whole.
    Lost,
}

struct Group {
    connection: Lazy,
    queue: Arc<Queue<Box<dyn Piece>>>,
    /// The tenants whose last piece of work was slow. They share no commit, so that nobody waits
    /// for them who has done its own.
    slow: HashSet<Owner>,
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
    fn new(connection: Lazy, queue: Arc<Queue<Box<dyn Piece>>>) -> Self {
        let (ended, took) = (Instant::now(), Duration::ZERO);
        let slow = HashSet::new();
        Self { connection, queue, slow, expected: 0, ended, took }
    }

    fn serve(mut self) {
        while let Some((owner, first)) = self.queue.pop() {
            self.run((owner, first));
        }
    }

    /// Runs the first piece of work and those that arrive meanwhile as one transaction, and answers
    /// them.
    fn run(&mut self, (owner, first): (Owner, Box<dyn Piece>)) {
        if let Err(error) = self.connection.begun(|session| session.begin(None)) {
            self.queue.done(owner);
            self.connection.drop_session();
            self.connection.counts().committed(1, true);
            return first.answer(Err(lost(&error)));
        }
        let began = Instant::now();
        if self.ended.elapsed() > MAX_GATHERING {
            self.expected = 0;
        }
        let until = began.checked_add(self.took.clamp(MIN_GATHERING, MAX_GATHERING));
        let until = until.unwrap_or(began);
        let mut done: Vec<Box<dyn Piece>> = Vec::new();
        let (mut undone, mut is_lost) = (Vec::new(), false);
        let mut worked = Duration::ZERO;
        let mut next = Some((owner, first));
        while let Some((owner, mut piece)) = next {
            let piece_began = processor_time();
            let state = self.one(piece.as_mut());
            self.queue.done(owner);
            let took = processor_time().saturating_sub(piece_began);
            let is_slow = self.note_pace(owner, took);
            worked = worked.saturating_add(took);
            match state {
                State::Kept => done.push(piece),
                State::Undone => undone.push(piece),
                State::Lost => {
                    is_lost = !self.run_again(&mut done, &mut undone);
                    // Whatever it did is lost, even if it succeeded.
                    piece.answer(Err(lost_transaction()));
                }
            }
            let jobs = done.len().saturating_add(undone.len());
            let ends = is_lost || is_slow || worked >= MAX_WORKING || began.elapsed() >= MAX_OPEN;
            next = if ends { None } else { self.next(jobs, until) };
        }
        // Nobody who has given up is to find its work done. Each round undoes what is late.
        while !is_lost && done.iter().any(|piece| piece.is_late()) {
            is_lost = !self.run_again(&mut done, &mut undone);
        }
        let began = Instant::now();
        let committed = self.end(!is_lost);
        if let Err(error) = committed.as_ref()
            && !error.is_outage()
        {
            log::error!("a group of {} writes was not committed: {error}", done.len());
        }
        self.connection.counts().committed(done.len(), committed.is_err());
        let answered = done.len().saturating_add(undone.len());
        let present = answered.saturating_add(self.queue.len());
        self.expected = present.max(self.expected.saturating_mul(3) / 4);
        self.ended = Instant::now();
        self.took = self.ended.saturating_duration_since(began);
        undone.into_iter().for_each(|piece| piece.answer(Ok(())));
        for piece in done {
            piece.answer(committed.as_ref().copied().map_err(lost));
        }
    }

    /// Runs the pieces of work again whose rows were lost with the transaction, in a new one.
    /// Returns whether there is a transaction that goes on.
    fn run_again(
        &mut self,
        done: &mut Vec<Box<dyn Piece>>,
        undone: &mut Vec<Box<dyn Piece>>,
    ) -> bool {
        self.connection.drop_session();
        if self.connection.begun(|session| session.begin(None)).is_err() {
            return false;
        }
        let mut again = std::mem::take(done).into_iter();
        while let Some(mut piece) = again.next() {
            match self.one(piece.as_mut()) {
                State::Kept => done.push(piece),
                State::Undone => undone.push(piece),
                State::Lost => {
                    // It was quick the first time: the trouble is not its own.
                    done.push(piece);
                    done.extend(again);
                    return false;
                }
            }
        }
        true
    }

    /// Returns the next piece of work that shares the commit. Waits for it only as long as one is
    /// likely to come, and no longer than another commit would take.
    fn next(&self, jobs: usize, until: Instant) -> Option<(Owner, Box<dyn Piece>)> {
        if jobs >= MAX_GROUP {
            return None;
        }
        let until = (jobs < self.expected).then_some(until);
        self.queue.pop_until(until, |owner| !self.slow.contains(&owner))
    }

    /// Notes how long a piece of work of a tenant took, and returns whether that was slow.
    fn note_pace(&mut self, owner: Owner, took: Duration) -> bool {
        let is_slow = took > SLOW;
        if !is_slow {
            self.slow.remove(&owner);
        } else if self.slow.len() < MAX_SLOW {
            self.slow.insert(owner);
        }
        is_slow
    }

    /// Commits the transaction, unless it was lost.
    fn end(&mut self, sound: bool) -> Result<()> {
        let committed = if sound {
            self.connection.get().and_then(|session| session.commit())
        } else {
            Err(lost_transaction())
        };
        if committed.is_err() {
            if sound
                && let Ok(session) = self.connection.get()
                && session.depth() > 0
            {
                session.rollback();
            }
            self.connection.drop_session();
        }
        committed
    }

    /// Runs one piece of work in its savepoint.
    fn one(&mut self, piece: &mut dyn Piece) -> State {
        let Ok(session) = self.connection.get() else { return State::Lost };
        if session.begin(None).is_err() {
            return State::Lost;
        }
        session.begin_work();
        let outcome = catch_unwind(AssertUnwindSafe(|| piece.run(session)));
        let keep = outcome.unwrap_or(false);
        if keep && session.commit().is_err() {
            return State::Lost;
        }
        // A panic may have left more savepoints open than its own.
        for _ in 1..session.depth() {
            session.rollback();
        }
        match session.depth() {
            1 if keep => State::Kept,
            1 => State::Undone,
            _ => State::Lost,
        }
    }
}

/// Returns the time for which the processor has worked for this thread. That it waits for others
/// makes nobody slow.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let [seconds, nanos] = [time.tv_sec, time.tv_nsec].map(|part| u64::try_from(part).unwrap_or(0));
    Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos))
}

fn lost_transaction() -> Error {
    Error::Unavailable(Outage::Unwritable, "the transaction was lost".to_owned())
}

/// Makes the error of work whose rows were not kept.
fn lost(error: &Error) -> Error {
    match error {
        Error::Unavailable(outage, why) => Error::Unavailable(*outage, why.clone()),
        other => Error::Unavailable(Outage::Unwritable, other.to_string()),
    }
}
