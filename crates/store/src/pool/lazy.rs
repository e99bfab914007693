//! A connection that is opened when it is needed, and opened again after it broke. A connection
//! that was lost while nobody used it (the database was started again, or another took its place)
//! is noticed by the first statement on it, before anything was done, so that work begins again on
//! a new one and its requester notices nothing.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::{Cause, Error, Outage, Result};
use crate::figures::Counts;
use crate::session::books::Ledgers;
use crate::session::costs::Costs;
use crate::session::transaction::Visibility;
use crate::session::{Origin, Session};

/// The things that the connections of a store have in common.
#[derive(Clone)]
pub(crate) struct Shared {
    origin: Origin,
    pub counts: Arc<Counts>,
    costs: Costs,
    /// A connection to SQLite that nobody uses, and the last one that is closed. The log is removed
    /// with the last one: it is to be the same as long as the store lives, and it would stay if two
    /// were closed at the same time.
    _anchor: Option<Arc<Mutex<Session>>>,
}

impl Shared {
    /// Returns what connections to the database of that one have in common.
    pub(crate) fn of(session: Session, costs: Costs) -> Self {
        let origin = session.origin();
        let anchor = (!session.is_postgres()).then(|| Arc::new(Mutex::new(session)));
        Self { origin, counts: Arc::default(), costs, _anchor: anchor }
    }
}

/// A connection for one thread.
pub(crate) struct Lazy {
    /// Before what is shared, so that it is closed before the anchor.
    session: Option<Session>,
    shared: Shared,
    ledgers: Arc<Ledgers>,
    /// Whether it was open before.
    was_open: bool,
    /// Whether SQLite refuses to write by it. On PostgreSQL each transaction says that.
    only_reads: bool,
    /// The longest wait for a lock of SQLite, if it is not the usual one.
    lock: Option<Duration>,
}

impl Lazy {
    pub(crate) fn new(shared: &Shared) -> Self {
        let (shared, ledgers) = (shared.clone(), Arc::default());
        let (was_open, only_reads, lock) = (false, false, None);
        Self { session: None, shared, ledgers, was_open, only_reads, lock }
    }

    /// Makes the connection share these ledgers with others.
    pub(crate) fn sharing(self, ledgers: &Arc<Ledgers>) -> Self {
        Self { ledgers: Arc::clone(ledgers), ..self }
    }

    /// Makes SQLite refuse to write by the connection.
    pub(crate) fn reading(self) -> Self {
        Self { only_reads: true, ..self }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Makes the connection wait for so long for a lock of SQLite.
    pub(crate) fn waiting(self, lock: Duration) -> Self {
        Self { lock: Some(lock), ..self }
    }

    pub(crate) fn get(&mut self) -> Result<&mut Session> {
        match &mut self.session {
            Some(session) => Ok(session),
            empty => {
                let opened = Session::sharing(&self.shared.origin, Arc::clone(&self.ledgers));
                let mut session = opened.map_err(unreachable)?;
                session.allow(self.shared.costs);
                if std::mem::replace(&mut self.was_open, true) {
                    self.shared.counts.reopened.add(1);
                }
                if let Some(lock) = self.lock {
                    session.wait_for_locks(lock)?;
                }
                if self.only_reads {
                    session.refuse_writes()?;
                }
                Ok(empty.insert(session))
            }
        }
    }

    /// Runs work that changes nothing, in a transaction that sees one moment of these rows.
    pub(crate) fn read<T, E: From<Error>>(
        &mut self,
        seen: Visibility,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begun(|session| session.begin_reading(seen))?.finish_reading(work)
    }

    /// Runs work that changes nothing and has one statement. It is run again in a transaction of
    /// its own if it asks for another statement, so that both see one moment, and if the database
    /// refused its statement in the transaction of the work before, which may have spoiled that.
    pub(crate) fn read_by_statement<T, E: From<Error> + Cause>(
        &mut self,
        seen: Visibility,
        work: impl Fn(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut goes_on = false;
        let session = self.begun(|session| {
            goes_on = session.begin_statement(seen)?;
            Ok(())
        })?;
        let result = session.finish_reading(&work);
        let needs_a_moment = session.needs_a_moment();
        let cause = result.as_ref().err().and_then(Cause::cause);
        let is_lost = goes_on && cause.is_some_and(Error::is_outage);
        // What was spoiled fails at once, without a word for it.
        let is_refused = matches!(cause, Some(Error::Query(_) | Error::Interrupted(_)));
        let is_spoiled = is_lost || goes_on && is_refused;
        if is_lost {
            self.drop_session();
        }
        if needs_a_moment || is_spoiled { self.read(seen, work) } else { result }
    }

    /// Returns the time until which the transaction of the last read waits for the next work, if
    /// there is one.
    pub(crate) fn rests_at(&self) -> Option<Instant> {
        self.session.as_ref()?.rests_at()
    }

    /// Ends the transaction of the last read.
    pub(crate) fn rest(&mut self) {
        if self.session.as_mut().is_some_and(|session| session.rest().is_err()) {
            self.drop_session();
        }
    }

    /// Returns the connection after a transaction was begun on it; on a new one if the old one was
    /// lost.
    pub(crate) fn begun(
        &mut self,
        mut begin: impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<&mut Session> {
        let may_be_lost = self.session.is_some();
        match begin(self.get()?) {
            Err(error) if may_be_lost && error.is_outage() => {
                self.drop_session();
                begin(self.get()?)?;
            }
            begun => begun?,
        }
        let session = self.get()?;
        session.begin_work();
        Ok(session)
    }

    /// Drops the connection if work may have left it unusable.
    pub(crate) fn inspect(&mut self, sound: bool) {
        if !sound || self.session.as_mut().is_some_and(Session::is_broken) {
            self.session = None;
        }
    }

    pub(crate) fn drop_session(&mut self) {
        self.session = None;
    }
}

fn unreachable(error: Error) -> Error {
    match error {
        Error::Unavailable(..) => error,
        other => Error::Unavailable(Outage::Unreachable, other.to_string()),
    }
}
