//! A connection together with what was set on it: whose rows it sees, and which statements it
//! keeps prepared. There is no way to a connection but through here, and none without a scope.

pub(crate) mod books;
pub(crate) mod journal;
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
use crate::session::journal::Event;
use crate::session::tenant::Tenant;

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// How many shapes of statements a connection keeps prepared; diesel's own cache has no bound.
const MAX_SHAPES: usize = 256;

/// How many events are noted before they are added, within a transaction that goes on.
const MAX_NOTED: usize = 512;

/// Whose rows a connection sees (row-level security on PostgreSQL).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Unknown,
    Tenant(i64),
    Everybody,
}

/// A connection and its state.
pub struct Session {
    connection: AnyConnection,
    sight: Sight,
    shapes: HashSet<u64>,
    address: Address,
    ledgers: Arc<Ledgers>,
    /// What the transaction has written, and how much of it there was as each began that is open.
    events: Vec<Event>,
    marks: Vec<usize>,
}

impl Session {
    /// Opens a connection to the database at that address.
    pub fn open(address: &Address) -> Result<Self> {
        Self::sharing(address, Arc::default())
    }

    /// Opens a connection that keeps ledgers with others.
    pub(crate) fn sharing(address: &Address, ledgers: Arc<Ledgers>) -> Result<Self> {
        let connection = AnyConnection::open(address)?;
        let (sight, address) = (Sight::Unknown, address.clone());
        let (shapes, events, marks) = (HashSet::new(), Vec::new(), Vec::new());
        Ok(Self { connection, sight, shapes, address, ledgers, events, marks })
    }

    /// Where the database is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn ledgers(&self) -> &Arc<Ledgers> {
        &self.ledgers
    }

    /// Runs work that changes nothing and sees one moment of a tenant's rows, however often it
    /// looks.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        scope: &Scope,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        // Before the transaction, so that its end does not undo it.
        self.tenant(scope)?;
        let (begin, end) = if self.is_postgres() {
            ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT")
        } else {
            ("BEGIN DEFERRED", "COMMIT")
        };
        self.connection.batch_execute(begin).map_err(Error::from)?;
        let result = work(self);
        let ended = self.connection.batch_execute(end).map_err(Error::from);
        match result {
            Ok(value) => ended.map(|()| value).map_err(E::from),
            Err(error) => Err(error),
        }
    }

    /// The connection, seeing the rows of one tenant.
    pub fn tenant(&mut self, scope: &Scope) -> Result<&mut AnyConnection> {
        self.look(Sight::Tenant(scope.organization.0))
    }

    /// The connection, seeing every row: for what is not done in a tenant's name.
    pub(crate) fn everybody(&mut self) -> Result<&mut AnyConnection> {
        self.look(Sight::Everybody)
    }

    /// Answers whether the database can be asked.
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

    /// Whether the connection is of no more use.
    pub(crate) fn is_broken(&mut self) -> bool {
        Transactions::is_broken_transaction_manager(&mut self.connection)
    }

    /// How many transactions are open, one within the other; none where that is not known.
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
        self.marks.push(self.events.len());
        Ok(())
    }

    /// Ends the innermost transaction. The outermost adds what was noted in all of them: what
    /// another within it noted may have been undone.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.marks.len() == 1
            && let Err(error) = self.add_events()
        {
            self.rollback();
            return Err(error);
        }
        self.marks.pop();
        let committed = Transactions::commit_transaction(&mut self.connection);
        if committed.is_err() {
            self.sight = Sight::Unknown;
        }
        committed?;
        if self.marks.len() == 1 && self.events.len() >= MAX_NOTED {
            self.add_events()?;
        }
        Ok(())
    }

    /// Undoes the innermost transaction; settings made within it are undone too.
    pub(crate) fn rollback(&mut self) {
        self.sight = Sight::Unknown;
        self.events.truncate(self.marks.pop().unwrap_or(0));
        if let Err(error) = Transactions::rollback_transaction(&mut self.connection) {
            log::warn!("a transaction could not be rolled back: {error}");
        }
    }

    /// Notes that a row was written. The event is added at the end of the transaction; at once,
    /// where there is none.
    pub fn note(&mut self, event: Event) -> Result<()> {
        self.events.push(event);
        if self.marks.is_empty() { self.add_events() } else { Ok(()) }
    }

    fn add_events(&mut self) -> Result<()> {
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

    /// Notes the shape of a statement about to run. Before there are too many, all prepared
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

    fn look(&mut self, sight: Sight) -> Result<&mut AnyConnection> {
        if self.sight != sight {
            if self.connection.is_postgres() {
                let (organization, mode) = match sight {
                    Sight::Tenant(id) => (id.to_string(), ""),
                    Sight::Everybody => (String::new(), "engine"),
                    Sight::Unknown => (String::new(), ""),
                };
                self.sight = Sight::Unknown;
                diesel::sql_query(
                    "SELECT set_config('apportion.organization_id', $1, false), \
                     set_config('apportion.mode', $2, false)",
                )
                .bind::<Text, _>(organization)
                .bind::<Text, _>(mode)
                .execute(&mut self.connection)?;
            }
            self.sight = sight;
        }
        Ok(&mut self.connection)
    }
}
