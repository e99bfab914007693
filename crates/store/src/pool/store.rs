//! The store: opens a database, and runs reads and writes on its threads.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::address::Address;
use crate::error::{Cause, Error, Result};
use crate::pool::executor::{Executor, Lazy, spawn};
use crate::pool::writer::Writer;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::tenant::Tenant;

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
        let reader = Executor::start(address, "store", threads, queue, limits.patience)?;
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

    /// Runs work in the name of a tenant that changes nothing.
    pub async fn read<T, E>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.read_all(move |session| work(&mut Tenant::new(scope, session))).await
    }

    /// Runs work that changes nothing and may look at every tenant: a token by its hash, the
    /// distributions that are due, the health of the database.
    pub async fn read_all<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.reader.run(work).await
    }

    /// Runs work in the name of a tenant as one transaction, and returns once that is durable. Work
    /// that others interrupt is run again, so it must have no effect but on the tenant's rows.
    pub async fn write<T, E>(
        &self,
        scope: Scope,
        work: impl Fn(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.run(move |session| work(&mut Tenant::new(scope, session))).await,
            None => self.reader.run(move |session| persist(scope, session, &work)).await,
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

/// Runs a transaction until nobody interrupts it, at most [`MAX_TRIES`] times.
fn persist<T, E: From<Error> + Cause>(
    scope: Scope,
    session: &mut Session,
    work: &impl Fn(&mut Tenant<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 0_u32;
    loop {
        // Before the transaction, so that its end does not undo it.
        session.tenant(&scope)?;
        match Tenant::new(scope, session).transaction(work) {
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
