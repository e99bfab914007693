//! Transactions of a session, and whose rows they see. On PostgreSQL all that a transaction needs
//! is set for it alone, right after its `BEGIN` and in the same message: whose rows it sees and how
//! long it may take. A pooler that hands its connections to other clients between transactions
//! changes nothing then, and no setting of ours reaches them. Not here: the events that a
//! transaction has noted (`journal`).

use std::time::Duration;

use apportion_limits::deadline;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::Session;

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// The number of noted events from which they are inserted before their transaction ends.
const MAX_NOTED: usize = 512;

/// The longest wait for a lock: less than a statement may take, so that the two are told apart.
const LOCK: Duration = Duration::from_secs(2);
/// The longest time that a transaction waits for its next statement, unless its work may take more.
const IDLE: Duration = Duration::from_secs(10);

/// Returns the limits of a statement on PostgreSQL, as the server keeps them. They follow those of
/// the program, which the thread has (`apportion_limits::deadline`).
fn statement_limits() -> String {
    // A command may take any time; 0 is no limit.
    let statement = deadline::current().statement;
    let half = statement.and_then(|statement| statement.checked_div(2));
    let lock = LOCK.min(half.unwrap_or(LOCK));
    let statement = statement.unwrap_or(Duration::ZERO);
    format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {};",
        statement.as_millis(),
        lock.as_millis()
    )
}

/// Returns the limits of a transaction on PostgreSQL.
fn limits() -> String {
    let idle = deadline::current().work_limit.unwrap_or(IDLE).max(IDLE);
    format!(
        "{} SET LOCAL idle_in_transaction_session_timeout = {};",
        statement_limits(),
        idle.as_millis()
    )
}

/// Returns the beginning of the transaction of a statement that a command runs by itself. It ends
/// before the next one, so that it may be idle for as long as a command pleases.
fn by_itself() -> String {
    format!("BEGIN; {}", statement_limits())
}

/// The rows that a transaction sees, by row-level security on PostgreSQL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// The rows of the tenant with this id.
    Tenant(i64),
    /// The rows of all tenants.
    Everybody,
}

impl Visibility {
    pub(crate) fn of(scope: &Scope) -> Self {
        Visibility::Tenant(scope.organization.0)
    }

    /// Returns the statements that make a transaction on PostgreSQL see these rows.
    fn settings(self) -> String {
        let (organization, mode) = match self {
            Visibility::Tenant(id) => (id.to_string(), ""),
            Visibility::Everybody => (String::new(), "engine"),
        };
        format!(
            "SET LOCAL apportion.organization_id = '{organization}'; \
             SET LOCAL apportion.mode = '{mode}';"
        )
    }
}

impl Session {
    /// Runs work that changes nothing and sees one moment of a tenant's rows, however many
    /// statements it runs. Within work that sees one moment already, this is a later one.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        scope: &Scope,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let seen = Visibility::of(scope);
        if !self.reads {
            return self.reading(seen, work);
        }
        self.end_reading()?;
        self.begin_reading(seen)?;
        work(self)
    }

    /// Runs work that changes nothing, may see every tenant, and sees one moment of their rows.
    pub fn survey<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.reading(Visibility::Everybody, work)
    }

    fn reading<T, E: From<Error>>(
        &mut self,
        seen: Visibility,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin_reading(seen)?;
        self.finish_reading(work)
    }

    /// Begins a transaction that changes nothing.
    pub(crate) fn begin_reading(&mut self, seen: Visibility) -> Result<()> {
        self.end_statement()?;
        let begin = if self.is_postgres() {
            let isolation = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;";
            format!("{isolation} {} {}", limits(), seen.settings())
        } else {
            "BEGIN DEFERRED".to_owned()
        };
        self.begin_by(|session| session.connection.batch_execute(&begin))?;
        (self.reads, self.visibility) = (true, Some(seen));
        Ok(())
    }

    /// Runs work in the transaction that [`Session::begin_reading`] began, and ends it.
    pub(crate) fn finish_reading<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let result = work(self);
        match self.end_reading() {
            Err(error) if result.is_ok() => Err(error.into()),
            _ => result,
        }
    }

    /// Ends the transaction that changes nothing. After a failed statement PostgreSQL takes a
    /// `COMMIT` for a `ROLLBACK`, and reports no error.
    fn end_reading(&mut self) -> Result<()> {
        self.visibility = None;
        let ended = self.connection.batch_execute("COMMIT").map_err(Error::from);
        self.reads = false;
        self.is_lost |= ended.is_err();
        ended
    }

    /// Runs work as one transaction: all of it is kept, or nothing.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_seeing(None, work)
    }

    pub(crate) fn transaction_seeing<T, E: From<Error>>(
        &mut self,
        seen: Option<Visibility>,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin(seen)?;
        match work(self) {
            Ok(value) => self.commit().map(|()| value).map_err(E::from),
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    /// Returns the number of transactions that are open, one within the other, or 0 if that is not
    /// known.
    pub(crate) fn depth(&mut self) -> u32 {
        let status = Transactions::transaction_manager_status_mut(&mut self.connection);
        status.transaction_depth().ok().flatten().map_or(0, std::num::NonZero::get)
    }

    /// Begins a transaction, or a savepoint within one. The outer one sees the given rows from the
    /// start. On SQLite it takes the write lock at once: a read that becomes a write later could
    /// only fail.
    pub(crate) fn begin(&mut self, seen: Option<Visibility>) -> Result<()> {
        if self.reads {
            return Err(Error::Query("a write within work that only reads".to_owned()));
        }
        self.end_statement()?;
        let depth = Transactions::transaction_manager_status_mut(&mut self.connection)
            .transaction_depth()
            .map_err(Error::from)?;
        match &mut self.connection {
            AnyConnection::Sqlite(inner) if depth.is_none() => {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?;
            }
            AnyConnection::Postgres(_) if depth.is_none() => {
                let settings = seen.map(Visibility::settings).unwrap_or_default();
                let begin = format!("BEGIN; {} {settings}", limits());
                self.begin_by(|session| match &mut session.connection {
                    AnyConnection::Postgres(inner) => {
                        AnsiTransactionManager::begin_transaction_sql(inner, &begin)
                    }
                    AnyConnection::Sqlite(_) => Ok(()),
                })?;
                self.visibility = seen;
            }
            other => Transactions::begin_transaction(other)?,
        }
        self.marks.push(self.events.len());
        Ok(())
    }

    /// Commits the innermost transaction. The events of all of them are inserted by the outermost,
    /// because those of an inner one are undone together with the one around it. The outermost is
    /// rolled back if the deadline of the work has passed: nobody waits for it any more.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.marks.len() == 1 {
            let inserted = self.insert_events().and_then(|()| self.check_file());
            let is_late = || {
                if deadline::statement() { None } else { Some(Error::too_long()) }
            };
            if let Some(error) = inserted.err().or_else(is_late) {
                self.rollback();
                return Err(error);
            }
        }
        self.marks.pop();
        let committed = Transactions::commit_transaction(&mut self.connection);
        if committed.is_err() || self.marks.is_empty() {
            self.visibility = None;
        }
        committed?;
        if self.marks.len() == 1 && self.events.len() >= MAX_NOTED {
            self.insert_events()?;
        }
        Ok(())
    }

    /// Rolls the innermost transaction back, and with it the settings that were made within it.
    pub(crate) fn rollback(&mut self) {
        self.visibility = None;
        self.events.truncate(self.marks.pop().unwrap_or(0));
        if let Err(error) = Transactions::rollback_transaction(&mut self.connection) {
            log::warn!("a transaction could not be rolled back: {error}");
        }
    }

    /// Returns the connection for one statement, which sees these rows. Refuses if the deadline of
    /// the work has passed.
    pub(super) fn set_visibility(&mut self, seen: Visibility) -> Result<&mut AnyConnection> {
        if !deadline::statement() {
            return Err(Error::too_long());
        }
        self.end_statement()?;
        if self.is_postgres() && self.visibility != Some(seen) {
            self.visibility = None;
            let is_begun = self.reads || !self.marks.is_empty();
            let begin = if is_begun { String::new() } else { by_itself() };
            let settings = format!("{begin}{}", seen.settings());
            self.begin_by(|session| session.connection.batch_execute(&settings))?;
            self.is_by_itself = !is_begun;
            self.visibility = Some(seen);
        }
        Ok(&mut self.connection)
    }

    /// Runs a message of several statements that may begin a transaction. If it fails, nobody knows
    /// how far it came, and the connection is not used for other work.
    fn begin_by(&mut self, begin: impl FnOnce(&mut Self) -> QueryResult<()>) -> Result<()> {
        let begun = begin(self).map_err(Error::from);
        self.is_lost |= begun.is_err();
        begun
    }

    /// Ends the transaction of the last statement that a command ran by itself, so that it is not
    /// idle in it while it waits for something else.
    pub fn rest(&mut self) -> Result<()> {
        self.end_statement()
    }

    /// Ends the transaction of a statement that was run by itself.
    pub(super) fn end_statement(&mut self) -> Result<()> {
        if !self.is_by_itself {
            return Ok(());
        }
        (self.is_by_itself, self.visibility) = (false, None);
        self.connection.batch_execute("COMMIT").map_err(Error::from)
    }
}
