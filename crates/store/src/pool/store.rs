//! The store: opens a database, and runs reads and writes on its threads.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::pool::executor::{Executor, Lazy, spawn};
use crate::pool::writer::Writer;
use crate::scope::Scope;
use crate::session::Session;

/// How much the store takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads, each with a connection: readers on SQLite, all work on PostgreSQL.
    pub threads: usize,
    /// How many pieces of work wait at most; one more is refused.
    pub queue: usize,
    /// How long a piece of work waits at most before it begins.
    pub patience: Duration,
}

impl Limits {
    /// What fits a database of this kind on this machine.
    pub fn of(address: &Address) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let threads = match address {
            Address::Sqlite(_) => cores.saturating_mul(2),
            Address::Postgres(_) => cores.saturating_mul(8).min(32),
        };
        Self { threads, queue: 1024, patience: Duration::from_secs(2) }
    }
}

/// How often PostgreSQL's row counts are folded.
const FOLD_EVERY: Duration = Duration::from_secs(1);
/// How often a write is tried that others keep interrupting.
const MAX_TRIES: u32 = 10;

/// A database and the threads that work on it.
#[derive(Clone)]
pub struct Store {
    address: Address,
    reader: Arc<Executor>,
    writer: Option<Arc<Writer>>,
}

impl Store {
    /// Opens a database, and brings its schema up to date.
    pub fn open(address: &Address, limits: Limits) -> Result<Self> {
        Session::open(address)?.migrate()?;
        let (threads, queue) = (limits.threads, limits.queue);
        let reader = Executor::start((address, "store"), (threads, queue), limits.patience)?;
        let reader = Arc::new(reader);
        let writer = match address {
            Address::Sqlite(_) => Some(Arc::new(Writer::start(address, queue, limits.patience)?)),
            Address::Postgres(_) => None,
        };
        if writer.is_none() {
            let alive = Arc::downgrade(&reader);
            let connection = Lazy::new(address);
            spawn("fold", move || keep_folding(connection, &alive))?;
        }
        Ok(Self { address: address.clone(), reader, writer })
    }

    /// Where the database is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Runs work that changes nothing.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.reader.run(work).await
    }

    /// Runs work as one transaction, answered after it is durable. What others interrupt is run
    /// again, so it must have no effect but on the session.
    pub async fn write<T, E>(
        &self,
        scope: Scope,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.persist(move |session| session.tenant(&scope).map(|_| ()), work).await
    }

    /// The same, for work that begins with a look at every tenant (`due`).
    pub async fn write_for_any<T, E>(
        &self,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.persist(|session| session.everybody().map(|_| ()), work).await
    }

    async fn persist<T, E>(
        &self,
        look: impl Fn(&mut Session) -> Result<()> + Send + 'static,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.run(work).await,
            None => self.reader.run(move |session| persist(&look, session, &work)).await,
        }
    }
}

/// Folds the row counts of PostgreSQL for as long as the store lives.
fn keep_folding(mut connection: Lazy, alive: &Weak<Executor>) {
    while alive.strong_count() > 0 {
        let folded = connection.get().and_then(crate::session::totals::fold);
        if let Err(error) = &folded {
            log::warn!("row counts could not be folded: {error}");
        }
        connection.inspect(folded.is_ok());
        std::thread::sleep(FOLD_EVERY);
    }
}

/// Errors of work on the store, which may stand for one of the store itself.
pub trait Cause {
    /// The store's own error, if it is one.
    fn cause(&self) -> Option<&Error>;
}

impl Cause for Error {
    fn cause(&self) -> Option<&Error> {
        Some(self)
    }
}

/// Runs a transaction until nobody interrupts it; `look` sets whose rows it sees.
fn persist<T, E: From<Error> + Cause>(
    look: &impl Fn(&mut Session) -> Result<()>,
    session: &mut Session,
    work: &impl Fn(&mut Session) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 0_u32;
    loop {
        // Before the transaction, so that its end does not undo it.
        look(session)?;
        match session.transaction(work) {
            Err(error)
                if matches!(error.cause(), Some(Error::Interrupted(_))) && tries < MAX_TRIES =>
            {
                tries = tries.saturating_add(1);
                std::thread::sleep(backoff(tries));
            }
            result => return result,
        }
    }
}

/// Longer with every try, and not the same for everybody.
fn backoff(tries: u32) -> Duration {
    let jitter = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| u64::from(now.subsec_nanos()).checked_rem(1000).unwrap_or(0));
    Duration::from_micros(500_u64.saturating_add(jitter).saturating_mul(u64::from(tries)))
}
