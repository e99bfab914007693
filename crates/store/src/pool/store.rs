//! The store: opens a database, and runs reads and writes on its threads.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::address::Address;
use crate::error::{Cause, Error, Result};
use crate::pool::executor::{Executor, Lazy, spawn};
use crate::pool::limits::Limits;
use crate::pool::writer::Writer;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::tenant::Tenant;

/// The time between two folds of PostgreSQL's row counts.
const FOLD_EVERY: Duration = Duration::from_secs(1);
/// The most times that a write is tried again which others keep interrupting.
const MAX_TRIES: u32 = 10;

/// A database and the threads that work on it.
#[derive(Clone)]
pub struct Store {
    address: Address,
    reader: Arc<Executor>,
    writer: Option<Arc<Writer>>,
}

impl Store {
    /// Opens a database and brings its schema up to date.
    pub fn open(address: &Address, limits: Limits) -> Result<Self> {
        Session::open(address)?.migrate()?;
        let reader = Arc::new(Executor::start(address, "store", limits)?);
        let writer = match address {
            Address::Sqlite(_) => Some(Arc::new(Writer::start(address, limits)?)),
            Address::Postgres(_) => None,
        };
        if writer.is_none() {
            let alive = Arc::downgrade(&reader);
            let connection = Lazy::new(address);
            spawn("fold", move || keep_folding(connection, &alive))?;
        }
        Ok(Self { address: address.clone(), reader, writer })
    }

    /// Returns the address of the database.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Runs work that changes nothing, in the name of a tenant.
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

    /// Runs work that changes nothing and may see every tenant: to find a token by its hash or the
    /// distributions that are due, or to check the health of the database.
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
    /// that others interrupt is run again, so it must have no effect except on the tenant's rows.
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

/// Runs a transaction, and runs it again as long as others interrupt it, at most [`MAX_TRIES`]
/// times.
fn persist<T, E: From<Error> + Cause>(
    scope: Scope,
    session: &mut Session,
    work: &impl Fn(&mut Tenant<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 0_u32;
    loop {
        // The visibility is set before the transaction, so that its end does not undo it.
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

/// Returns the time to wait before a try: longer with every try, and not the same for all threads.
#[expect(clippy::disallowed_methods, reason = "the clock is a source of chance here")]
fn backoff(tries: u32) -> Duration {
    let jitter = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| u64::from(now.subsec_nanos()).checked_rem(1000).unwrap_or(0));
    Duration::from_micros(500_u64.saturating_add(jitter).saturating_mul(u64::from(tries)))
}
