//! A connection with its state: whose rows it sees, which statements it keeps prepared, and which
//! events its transaction has noted. A connection is reached through a session only, by a
//! tenant or by what asks for everybody's rows.

pub(crate) mod books;
pub(crate) mod event;
mod journal;
mod record;
pub(crate) mod statistics;
pub(crate) mod tenant;
pub(crate) mod totals;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, CacheSize, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::address::Address;
use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::books::Ledgers;
use crate::session::event::Event;
use crate::session::tenant::Tenant;

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// The most shapes of statements that a connection keeps prepared. Diesel's own cache has no bound.
const MAX_SHAPES: usize = 256;

/// The number of noted events from which they are inserted before their transaction ends.
const MAX_NOTED: usize = 512;

/// The rows that a connection sees, by row-level security on PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    /// The setting may have been undone by the end of a transaction.
    Unknown,
    Tenant(i64),
    Everybody,
}

/// A connection and its state.
pub struct Session {
    connection: AnyConnection,
    visibility: Visibility,
    /// Hashes of the shapes of the statements that are prepared.
    shapes: HashSet<u64>,
    address: Address,
    ledgers: Arc<Ledgers>,
    /// The events that are noted and not inserted yet.
    events: Vec<Event>,
    /// The number of events that had been noted when each open transaction began, the outermost
    /// first.
    marks: Vec<usize>,
    /// The visibility when the outermost transaction began, which a rollback restores.
    visible_before: Visibility,
}

impl Session {
    /// Opens a connection to the database at that address.
    pub fn open(address: &Address) -> Result<Self> {
        Self::sharing(address, Arc::default())
    }

    /// Moves all that is committed from the log of an SQLite database into its file, so that the
    /// file alone is the database. Does nothing on PostgreSQL.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.connection.checkpoint()
    }

    /// Opens a connection that shares these ledgers with others.
    pub(crate) fn sharing(address: &Address, ledgers: Arc<Ledgers>) -> Result<Self> {
        Ok(Self {
            connection: AnyConnection::open(address)?,
            visibility: Visibility::Unknown,
            shapes: HashSet::new(),
            address: address.clone(),
            ledgers,
            events: Vec::new(),
            marks: Vec::new(),
            visible_before: Visibility::Unknown,
        })
    }

    /// Returns the address of the database.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn ledgers(&self) -> &Arc<Ledgers> {
        &self.ledgers
    }

    /// Runs work that changes nothing and sees one moment of a tenant's rows, however many
    /// statements it runs.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        scope: &Scope,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        // The visibility is set before the transaction, so that its end does not undo it.
        self.tenant(scope)?;
        let begin = if self.is_postgres() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN DEFERRED"
        };
        self.connection.batch_execute(begin).map_err(Error::from)?;
        self.visible_before = self.visibility;
        let result = work(self);
        let ended = self.connection.batch_execute("COMMIT").map_err(Error::from);
        self.forget_changed_visibility();
        match result {
            Ok(value) => ended.map(|()| value).map_err(E::from),
            Err(error) => Err(error),
        }
    }

    /// Returns the connection, which sees the rows of one tenant.
    pub fn tenant(&mut self, scope: &Scope) -> Result<&mut AnyConnection> {
        self.set_visibility(Visibility::Tenant(scope.organization.0))
    }

    /// Returns the connection, which sees every row: for work that is not done in a tenant's name.
    pub(crate) fn everybody(&mut self) -> Result<&mut AnyConnection> {
        self.set_visibility(Visibility::Everybody)
    }

    /// Succeeds if the database answers.
    pub fn ping(&mut self) -> Result<()> {
        self.connection.batch_execute("SELECT 1").map_err(Error::from)
    }

    /// Runs work as one transaction: all of it is kept, or nothing.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin()?;
        match work(self) {
            Ok(value) => self.commit().map(|()| value).map_err(E::from),
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.connection.is_postgres()
    }

    /// Whether the connection can no longer be used.
    pub(crate) fn is_broken(&mut self) -> bool {
        Transactions::is_broken_transaction_manager(&mut self.connection)
    }

    /// Returns the number of transactions that are open, one within the other, or 0 if that is not
    /// known.
    pub(crate) fn depth(&mut self) -> u32 {
        let status = Transactions::transaction_manager_status_mut(&mut self.connection);
        status.transaction_depth().ok().flatten().map_or(0, std::num::NonZero::get)
    }

    /// Begins a transaction, or a savepoint within one. On SQLite the outer one takes the write
    /// lock at once: a read that becomes a write later could only fail.
    pub(crate) fn begin(&mut self) -> Result<()> {
        let depth = Transactions::transaction_manager_status_mut(&mut self.connection)
            .transaction_depth()
            .map_err(Error::from)?;
        match &mut self.connection {
            AnyConnection::Sqlite(inner) if depth.is_none() => {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?;
            }
            other => Transactions::begin_transaction(other)?,
        }
        if self.marks.is_empty() {
            self.visible_before = self.visibility;
        }
        self.marks.push(self.events.len());
        Ok(())
    }

    /// Commits the innermost transaction. The events of all of them are inserted by the outermost,
    /// because those of an inner one are undone together with the one around it.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.marks.len() == 1
            && let Err(error) = self.insert_events()
        {
            self.rollback();
            return Err(error);
        }
        self.marks.pop();
        let committed = Transactions::commit_transaction(&mut self.connection);
        if committed.is_err() {
            self.visibility = Visibility::Unknown;
        }
        committed?;
        if self.marks.is_empty() {
            self.forget_changed_visibility();
        }
        if self.marks.len() == 1 && self.events.len() >= MAX_NOTED {
            self.insert_events()?;
        }
        Ok(())
    }

    /// Sets the visibility to unknown if it was changed within the transaction that has ended.
    /// After a failed statement PostgreSQL rolls back on `COMMIT` and reports no error, so that the
    /// change may be undone.
    fn forget_changed_visibility(&mut self) {
        if self.visibility != self.visible_before {
            self.visibility = Visibility::Unknown;
        }
    }

    /// Rolls the innermost transaction back, and with it the settings that were made within it.
    pub(crate) fn rollback(&mut self) {
        self.visibility = Visibility::Unknown;
        self.events.truncate(self.marks.pop().unwrap_or(0));
        if let Err(error) = Transactions::rollback_transaction(&mut self.connection) {
            log::warn!("a transaction could not be rolled back: {error}");
        }
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
    /// statements are dropped, here and at the server.
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
            if self.is_postgres()
                && let Err(error) = self.connection.batch_execute("DEALLOCATE ALL")
            {
                log::warn!("prepared statements could not be dropped: {error}");
            }
        }
        self.shapes.insert(shape);
    }

    fn set_visibility(&mut self, visibility: Visibility) -> Result<&mut AnyConnection> {
        if self.visibility != visibility {
            if self.connection.is_postgres() {
                let (organization, mode) = match visibility {
                    Visibility::Tenant(id) => (id.to_string(), ""),
                    Visibility::Everybody => (String::new(), "engine"),
                    Visibility::Unknown => (String::new(), ""),
                };
                self.visibility = Visibility::Unknown;
                diesel::sql_query(
                    "SELECT set_config('apportion.organization_id', $1, false), \
                     set_config('apportion.mode', $2, false)",
                )
                .bind::<Text, _>(organization)
                .bind::<Text, _>(mode)
                .execute(&mut self.connection)?;
            }
            self.visibility = visibility;
        }
        Ok(&mut self.connection)
    }
}
