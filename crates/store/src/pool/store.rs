//! The store: opens a database, and runs reads and writes on its threads.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use apportion_limits::deadline::{Deadline, within};

use crate::address::Address;
use crate::database::file::log_of;
use crate::error::{Cause, Error, Result};
use crate::figures::Figures;
use crate::outages::{Access, Outages};
use crate::pool::executor::{Executor, spawn};
use crate::pool::lazy::{Lazy, Shared};
use crate::pool::limits::Limits;
use crate::pool::pooler;
use crate::pool::queue::{Owner, Queue};
use crate::pool::writer::Writer;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::tenant::Tenant;
use crate::session::transaction::Visibility;

/// The time between two folds of PostgreSQL's row counts.
const FOLD_EVERY: Duration = Duration::from_secs(1);
/// The number of threads at the front.
const FRONT: usize = 2;
/// The owner of work in no tenant's name.
const NOBODY: i64 = 0;
/// The longest time that a fold takes; the next one goes on.
const FOLD_LIMIT: Duration = Duration::from_secs(5);
/// The time after which a write that others interrupt is not tried again. A try takes 2 s where it
/// waits for a row, and nearly 4 s where it waits for those before it and then for the row.
const CONTENDED: Duration = Duration::from_secs(3);
/// The most times that a write is tried again which others keep interrupting.
const MAX_TRIES: u32 = 10;

/// A database and the threads that work on it.
#[derive(Clone)]
pub struct Store {
    address: Address,
    limits: Limits,
    reader: Arc<Executor>,
    /// The threads for what every request needs, and probes: they never wait for other work.
    front: Arc<Executor>,
    writer: Option<Arc<Writer>>,
    outages: Arc<Outages>,
    shared: Shared,
}

impl Store {
    /// Opens a database and brings its schema up to date.
    pub fn open(address: &Address, limits: Limits) -> Result<Self> {
        pooler::check(address)?;
        let mut session = Session::open(address)?;
        session.wait_for_locks(limits.lock)?;
        session.migrate()?;
        session.check_file()?;
        let (shared, outages) = (Shared::of(session, limits.costs), Arc::<Outages>::default());
        let queue = Queue::new(limits.queue, limits.threads);
        let reader = Arc::new(Executor::start(&shared, "store", limits, queue)?);
        let at_the_front = Limits { threads: FRONT, ..limits };
        let queue = Queue::of_nobody(limits.queue);
        let front = Arc::new(Executor::start(&shared, "front", at_the_front, queue)?);
        let writer = match address {
            Address::Sqlite(_) => Some(Arc::new(Writer::start(&shared, limits)?)),
            Address::Postgres(_) => None,
        };
        if writer.is_none() {
            let alive = Arc::downgrade(&reader);
            let connection = Lazy::new(&shared);
            let outages = Arc::clone(&outages);
            spawn("fold", move || keep_folding(connection, &outages, &alive))?;
        }
        let address = address.clone();
        Ok(Self { address, limits, reader, front, writer, outages, shared })
    }

    /// Moves what is in the log of an SQLite database into its file, which is then complete by
    /// itself: for the end of a program. Whoever else uses the database does that later.
    pub fn empty_log(address: &Address) {
        if !address.path().is_some_and(std::path::Path::exists) {
            return;
        }
        let emptied = Session::open(address).and_then(|mut session| session.checkpoint());
        if let Err(error) = emptied {
            log::warn!("the log of the database was not emptied: {error}");
        }
    }

    /// Returns the same store, whose work may take so long.
    #[must_use]
    pub fn within(self, work: Duration) -> Self {
        Self { limits: Limits { work, ..self.limits }, ..self }
    }

    /// Returns the address of the database.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Runs work that changes nothing and sees one moment of a tenant's rows.
    pub async fn read<T, E>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let work = move |connection: &mut Lazy| {
            let work = |session: &mut Session| work(&mut Tenant::new(scope, session));
            connection.read(Visibility::of(&scope), work)
        };
        self.run(&self.reader, scope.organization.0, work).await
    }

    /// Does the same as [`Store::read`] for work that is likely to have one statement, which costs
    /// less. If it has more after all it is run again, so it must have no effect.
    pub async fn read_by_statement<T, E>(
        &self,
        scope: Scope,
        work: impl Fn(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let work = move |connection: &mut Lazy| {
            let work = |session: &mut Session| work(&mut Tenant::new(scope, session));
            connection.read_by_statement(Visibility::of(&scope), work)
        };
        self.run(&self.reader, scope.organization.0, work).await
    }

    /// Runs work that changes nothing and may see every tenant, such as to find the distributions
    /// that are due.
    pub async fn read_all<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.survey(&self.reader, work).await
    }

    /// Does the same as [`Store::read_all`] on threads of its own, for short work that nothing
    /// else may hold up: to find a token by its hash, or to check the health of the database.
    pub async fn read_at_once<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.survey(&self.front, work).await
    }

    async fn survey<T, E>(
        &self,
        threads: &Executor,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let work = move |connection: &mut Lazy| connection.read(Visibility::Everybody, work);
        self.run(threads, NOBODY, work).await
    }

    /// Runs work that reads on one of the threads.
    async fn run<T, E>(
        &self,
        threads: &Executor,
        owner: Owner,
        work: impl FnOnce(&mut Lazy) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let done = threads.run(owner, self.limits, work).await;
        self.outages.note(Access::Read, done)
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
        let work = move |session: &mut Session| work(&mut Tenant::new(scope, session));
        self.change(scope.organization.0, Visibility::of(&scope), work).await
    }

    /// Does the same as [`Store::write`] for work that may change the rows of every tenant, such as
    /// to delete what has expired.
    pub async fn write_all<T, E>(
        &self,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        self.change(NOBODY, Visibility::Everybody, work).await
    }

    async fn change<T, E>(
        &self,
        owner: Owner,
        seen: Visibility,
        work: impl Fn(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Cause + Send + 'static,
    {
        let done = match &self.writer {
            Some(writer) => writer.run(owner, self.limits, work).await,
            None => {
                let work = move |connection: &mut Lazy| persist(seen, connection, &work);
                self.reader.run(owner, self.limits, work).await
            }
        };
        self.outages.note(Access::Write, done)
    }

    /// Whether a write failed lately because the disk of the database is full.
    pub fn is_full(&self) -> bool {
        self.outages.is_full()
    }

    /// Returns the figures of the store. It asks nothing of the database.
    pub fn figures(&self) -> Figures {
        let pools = [Some(self.reader.figures()), Some(self.front.figures())];
        let writer = self.writer.as_ref().map(|writer| writer.figures());
        let log = self.address.path().map(log_of);
        Figures {
            pools: pools.into_iter().chain([writer]).flatten().collect(),
            commits: self.shared.counts.commits.get(),
            writes: self.shared.counts.writes.get(),
            failed_commits: self.shared.counts.failed_commits.get(),
            run_again: self.shared.counts.run_again.get(),
            reopened: self.shared.counts.reopened.get(),
            log_bytes: log.map(|log| std::fs::metadata(log).map_or(0, |log| log.len())),
        }
    }
}

/// Folds the row counts of PostgreSQL for as long as the store lives.
fn keep_folding(mut connection: Lazy, outages: &Outages, alive: &Weak<Executor>) {
    while alive.strong_count() > 0 {
        let limit = Deadline { statement: Some(FOLD_LIMIT), ..Deadline::NONE };
        let mut fold = || {
            within(limit, || connection.get().and_then(crate::session::totals::fold))
                .inspect_err(|error| connection.inspect(!error.is_outage()))
        };
        let folded = match fold() {
            // The connection may have been lost since the last fold.
            Err(error) if error.is_outage() => fold(),
            folded => folded,
        };
        let folded = outages.note(Access::Write, folded);
        match &folded {
            Err(error) if !error.is_outage() => {
                log::warn!("row counts could not be folded: {error}");
            }
            _ => {}
        }
        std::thread::sleep(FOLD_EVERY);
    }
}

/// Runs a transaction. Runs it again as long as others interrupt it, at most [`MAX_TRIES`] times,
/// and once if the connection was lost before its commit.
fn persist<T, E: From<Error> + Cause>(
    seen: Visibility,
    connection: &mut Lazy,
    work: &impl Fn(&mut Session) -> Result<T, E>,
) -> Result<T, E> {
    let began = Instant::now();
    let (mut tries, mut losses) = (0_u32, 0_u32);
    loop {
        let session = connection.begun(|session| session.begin(Some(seen)))?;
        let error = match work(session) {
            Ok(value) => match session.commit() {
                Ok(()) => {
                    connection.counts().committed(1, false);
                    return Ok(value);
                }
                Err(error) => {
                    // The commit of a lost connection may have been carried out all the same.
                    let is_unknown = error.is_outage();
                    connection.counts().committed(1, true);
                    if is_unknown {
                        return Err(error.into());
                    }
                    E::from(error)
                }
            },
            Err(error) => {
                session.rollback();
                error
            }
        };
        match error.cause() {
            Some(Error::Interrupted(_)) if tries < MAX_TRIES && began.elapsed() < CONTENDED => {
                tries = tries.saturating_add(1);
                connection.counts().run_again.add(1);
                std::thread::sleep(backoff(tries));
            }
            Some(cause) if cause.is_outage() && losses == 0 => {
                losses = 1;
                connection.counts().run_again.add(1);
                connection.drop_session();
            }
            _ => return Err(error),
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
