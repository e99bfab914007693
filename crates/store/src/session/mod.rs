//! A connection with its state: whose rows it sees, which statements it keeps prepared, and which
//! events its transaction has noted. A connection is reached through a session only, by a
//! tenant or by what asks for everybody's rows.

pub(crate) mod books;
pub(crate) mod costs;
pub(crate) mod event;
mod journal;
mod record;
pub(crate) mod statistics;
pub(crate) mod tenant;
pub(crate) mod totals;
pub(crate) mod transaction;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, TransactionManager};
use diesel::prelude::*;

use crate::address::Address;
use crate::database::connection::AnyConnection;
use crate::database::file::{FileId, log_of};
use crate::error::{Error, Outage, Result};
use crate::scope::Scope;
use crate::session::books::Ledgers;
use crate::session::costs::{Costs, Spent};
use crate::session::event::Event;
use crate::session::tenant::Tenant;
use crate::session::transaction::{Over, Reading, Visibility};

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// The most shapes of statements that a connection keeps prepared. Diesel's own cache has no bound.
const MAX_SHAPES: usize = 256;

/// A database, and the files that it was in when it was opened first.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) address: Address,
    /// The file and its log; `None` for PostgreSQL, and for a file that may be made now. The log
    /// lasts as long as any connection.
    pub(crate) files: Option<[FileId; 2]>,
}

fn gone() -> Error {
    let why = "put it back, or start the server again".to_owned();
    Error::Unavailable(Outage::Gone, why)
}

/// A connection and its state.
pub struct Session {
    connection: AnyConnection,
    /// The rows that the open transaction sees, if that is set.
    visibility: Option<Visibility>,
    /// The kind of the work that is done, if it changes nothing.
    reads: Option<Reading>,
    /// The number of statements that work of one statement has asked for.
    statements: u32,
    /// The transaction that is open though its work is over.
    over: Option<Over>,
    /// The time since when one transaction began in the message that ended the last.
    held: Instant,
    /// Whether the connection must not be used for other work, though it may still work.
    is_lost: bool,
    /// Hashes of the shapes of the statements that are prepared.
    shapes: HashSet<u64>,
    address: Address,
    /// The file of an SQLite database, and its log once something was committed.
    file: Option<FileId>,
    log: Option<FileId>,
    ledgers: Arc<Ledgers>,
    /// The costs of the piece of work so far, and the most that it may cost.
    spent: Spent,
    costs: Costs,
    /// The events that are noted and not inserted yet.
    events: Vec<Event>,
    /// The number of events that had been noted when each open transaction began, the outermost
    /// first.
    marks: Vec<usize>,
}

impl Session {
    /// Opens a connection to the database at that address.
    pub fn open(address: &Address) -> Result<Self> {
        Self::sharing(&Origin { address: address.clone(), files: None }, Arc::default())
    }

    /// Moves all that is committed from the log of an SQLite database into its file, so that the
    /// file alone is the database, unless others use it: for the end of work, since locks are
    /// hardly waited for afterwards. Does nothing on PostgreSQL.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.connection.checkpoint()
    }

    /// Waits for so long for a lock of SQLite, and not as short as a request does: for commands,
    /// which may meet the transaction of an import.
    pub fn wait_for_locks(&mut self, patience: Duration) -> Result<()> {
        self.connection.wait_for_locks(patience)
    }

    /// Makes SQLite refuse whatever would write by this connection.
    pub(crate) fn refuse_writes(&mut self) -> Result<()> {
        self.connection.refuse_writes()
    }

    /// Opens a connection that shares these ledgers with others.
    pub(crate) fn sharing(origin: &Origin, ledgers: Arc<Ledgers>) -> Result<Self> {
        let Origin { address, files } = origin;
        let of = |path: &Path| FileId::of(path).ok();
        if let (Some([file, log]), Some(path)) = (files, address.path())
            && (of(path) != Some(*file) || of(&log_of(path)) != Some(*log))
        {
            return Err(gone());
        }
        let connection = AnyConnection::open(address)?;
        Ok(Self {
            connection,
            file: address.path().and_then(of),
            log: files.map(|[_, log]| log),
            visibility: None,
            reads: None,
            statements: 0,
            over: None,
            held: Instant::now(),
            is_lost: false,
            shapes: HashSet::new(),
            address: address.clone(),
            ledgers,
            spent: Spent::default(),
            costs: Costs::USUAL,
            events: Vec::new(),
            marks: Vec::new(),
        })
    }

    /// Returns the database that this is a connection to, so that others can be opened to the same.
    pub(crate) fn origin(&self) -> Origin {
        let files = self.file.zip(self.log).map(|(file, log)| [file, log]);
        Origin { address: self.address.clone(), files }
    }

    /// Succeeds unless the database is one of SQLite whose file or log was removed or replaced
    /// since the connection was opened.
    pub(crate) fn check_file(&mut self) -> Result<()> {
        let Some(path) = self.address.path() else { return Ok(()) };
        let log = FileId::of(&log_of(path)).ok();
        let known = *self.log.get_or_insert(log.ok_or_else(gone)?);
        if log == Some(known) && FileId::of(path).ok() == self.file { Ok(()) } else { Err(gone()) }
    }

    /// Returns the address of the database.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn ledgers(&self) -> &Arc<Ledgers> {
        &self.ledgers
    }

    /// Returns the connection, which sees the rows of one tenant. On PostgreSQL a statement outside
    /// of a transaction is committed right before the next one, or when the session is dropped.
    pub fn tenant(&mut self, scope: &Scope) -> Result<&mut AnyConnection> {
        self.set_visibility(Visibility::of(scope))
    }

    /// Returns the connection, which sees every row: for work that is not done in a tenant's name.
    pub(crate) fn everybody(&mut self) -> Result<&mut AnyConnection> {
        self.set_visibility(Visibility::Everybody)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.connection.is_postgres()
    }

    /// Whether a transaction is open that writes.
    fn is_writing(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Whether the connection can no longer be used.
    pub(crate) fn is_broken(&mut self) -> bool {
        self.is_lost
            || self.reads.is_some()
            || Transactions::is_broken_transaction_manager(&mut self.connection)
    }

    /// Notes that a transaction begins, and with the outermost another piece of work.
    fn mark(&mut self) {
        if self.marks.is_empty() {
            self.begin_work();
        }
        self.marks.push(self.events.len());
    }

    /// Lets a piece of work cost as much, and not only as much as a request usually may.
    pub fn allow(&mut self, costs: Costs) {
        self.costs = costs;
    }

    /// Returns the most that a piece of work may cost.
    pub(crate) fn costs(&self) -> &Costs {
        &self.costs
    }

    /// Notes that another piece of work begins.
    pub(crate) fn begin_work(&mut self) {
        self.spent = Spent::default();
    }

    /// Counts rows that are about to be rewritten because of a change of another row.
    ///
    /// # Errors
    ///
    /// [`Error::TooMany`] if the work would rewrite too many.
    pub(crate) fn count_rewritten(&mut self, rows: usize) -> Result<()> {
        self.spent.rewrite(rows, &self.costs)
    }

    /// Returns the number of rows that the work has rewritten because of changes of others.
    pub(crate) fn rewritten(&self) -> usize {
        self.spent.rewritten
    }

    /// Counts the long texts of all rows that the piece of work loads from now on.
    pub(crate) fn count_texts(&mut self) {
        self.spent.text.get_or_insert_default();
    }

    /// Whether long texts are counted.
    pub(crate) fn counts_texts(&self) -> bool {
        self.spent.text.is_some()
    }

    /// Counts bytes of long texts that are about to be loaded besides those of a few rows.
    ///
    /// # Errors
    ///
    /// [`Error::TooMany`] if the work would load too many.
    pub(crate) fn count_text(&mut self, bytes: usize) -> Result<()> {
        self.spent.load(bytes, &self.costs)
    }

    /// Notes that a row was written. The event is inserted at the end of the transaction, or at
    /// once outside of a transaction.
    pub fn note(&mut self, event: Event) -> Result<()> {
        self.events.push(event);
        if self.marks.is_empty() { self.insert_events() } else { Ok(()) }
    }

    /// Inserts the events that are noted, so that others can be inserted after them. Returns
    /// whether it did: within an inner transaction, which may be undone by itself, it does not.
    fn insert_events_early(&mut self) -> Result<bool> {
        if self.marks.len() > 1 {
            return Ok(false);
        }
        self.insert_events().map(|()| true)
    }

    fn insert_events(&mut self) -> Result<()> {
        let mut events = std::mem::take(&mut self.events);
        events.sort_by_key(|event| event.scope.organization);
        for events in events.chunk_by(|one, next| one.scope.organization == next.scope.organization)
        {
            if let Some(Event { scope, .. }) = events.first() {
                journal::insert(&mut Tenant::new(*scope, self), events)?;
            }
        }
        Ok(())
    }

    /// Notes the shape of a statement that is about to run. Once there are too many, all prepared
    /// statements are dropped; PostgreSQL drops its own with the connection, which other work does
    /// not get again. (`DEALLOCATE ALL` would take those of others away behind a pooler.)
    pub(crate) fn note_shape(&mut self, shape: &impl Hash) {
        let mut hasher = DefaultHasher::new();
        shape.hash(&mut hasher);
        let shape = hasher.finish();
        if self.shapes.contains(&shape) {
            return;
        }
        if self.shapes.len() >= MAX_SHAPES {
            self.shapes.clear();
            self.connection.set_prepared_statement_cache_size(CacheSize::Disabled);
            self.connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
            self.is_lost |= self.is_postgres();
        }
        self.shapes.insert(shape);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Err(error) = self.end_statement() {
            log::warn!("the last statement of a connection was not committed: {error}");
        }
    }
}
