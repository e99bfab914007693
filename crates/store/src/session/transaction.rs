//! Transactions of a session, and whose rows they see. On PostgreSQL all that a transaction needs
//! is set for it alone, right after its `BEGIN` and in the same message: whose rows it sees and how
//! long it may take. A pooler that hands its connections to other clients between transactions
//! changes nothing then, and no setting of ours reaches them. Not here: the events that a
//! transaction has noted (`journal`).

use std::time::{Duration, Instant};

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

/// The longest time for which a transaction begins in the message that ends the last one, or is
/// shared by reads, so that a pooler has its connection back for others now and then.
const SHARED: Duration = Duration::from_millis(20);

/// The time for which a transaction whose work is over waits for the next work.
const LINGERING: Duration = Duration::from_millis(5);

/// The kind of a transaction that changes nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All its statements see the same moment.
    Moment,
    /// It has one statement, or several that each see a moment of their own.
    Statement,
}

/// A transaction on PostgreSQL whose work is over, and which the next message ends.
pub(super) struct Over {
    /// The message that began it, if another read of one statement may go on in it.
    begin: Option<String>,
    /// Whether it may have written.
    wrote: bool,
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
        match self.reads {
            None => self.reading(seen, work),
            Some(Reading::Statement) => Err(self.refuse_another().into()),
            Some(Reading::Moment) => {
                self.end_reading(true)?;
                self.begin_reading(seen)?;
                work(self)
            }
        }
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
        let result = self.finish_reading(work);
        match self.rest() {
            Err(error) if result.is_ok() => Err(error.into()),
            _ => result,
        }
    }

    /// Begins a transaction that changes nothing and sees one moment.
    pub(crate) fn begin_reading(&mut self, seen: Visibility) -> Result<()> {
        if self.is_postgres() {
            let isolation = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;";
            let begin = format!("{isolation} {} {}", limits(), seen.settings());
            self.begin_next(&begin)?;
        } else {
            self.begin_by(|session| session.connection.batch_execute("BEGIN DEFERRED"))?;
        }
        (self.reads, self.visibility) = (Some(Reading::Moment), Some(seen));
        Ok(())
    }

    /// Begins work that changes nothing and has one statement. On SQLite that needs no transaction.
    /// On PostgreSQL it goes on in the transaction of the one before, if that saw the same rows:
    /// each statement sees the moment at which it begins. Returns whether it does.
    pub(crate) fn begin_statement(&mut self, seen: Visibility) -> Result<bool> {
        let mut goes_on = false;
        if self.is_postgres() {
            let isolation = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;";
            let begin = format!("{isolation} {} {}", limits(), seen.settings());
            let last = self.over.as_ref().and_then(|over| over.begin.as_ref());
            goes_on = last == Some(&begin) && self.held.elapsed() < SHARED;
            if !goes_on {
                self.begin_next(&begin)?;
                self.over = Some(Over { begin: Some(begin), wrote: false });
            }
        }
        (self.reads, self.visibility) = (Some(Reading::Statement), Some(seen));
        self.statements = 0;
        Ok(goes_on)
    }

    /// Runs work in the transaction that was begun for reading. On PostgreSQL the next message ends
    /// it, so that nobody waits for that; or [`Session::rest`], where no other follows.
    pub(crate) fn finish_reading<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let result = work(self);
        match self.end_reading(result.is_ok()) {
            Err(error) if result.is_ok() => Err(error.into()),
            _ => result,
        }
    }

    /// Ends the transaction that changes nothing: now, unless all went well on PostgreSQL. After a
    /// failed statement PostgreSQL takes a `COMMIT` for a `ROLLBACK`, and reports no error.
    fn end_reading(&mut self, went_well: bool) -> Result<()> {
        self.visibility = None;
        let reading = self.reads.take();
        let is_shared = reading == Some(Reading::Statement);
        if is_shared && (went_well || !self.is_postgres()) {
            return Ok(());
        }
        self.over = None;
        if went_well && self.is_postgres() {
            self.over = Some(Over { begin: None, wrote: false });
            return Ok(());
        }
        let ended = self.connection.batch_execute("COMMIT").map_err(Error::from);
        self.is_lost |= ended.is_err();
        ended
    }

    /// Whether the work that was to have one statement asked for another.
    pub(crate) fn needs_a_moment(&self) -> bool {
        self.statements > 1
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
        if self.reads.is_some() {
            return Err(Error::Query("a write within work that only reads".to_owned()));
        }
        let depth = Transactions::transaction_manager_status_mut(&mut self.connection)
            .transaction_depth()
            .map_err(Error::from)?;
        match &mut self.connection {
            AnyConnection::Sqlite(inner) if depth.is_none() => {
                AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?;
            }
            AnyConnection::Postgres(_) if depth.is_none() => {
                let settings = seen.map(Visibility::settings).unwrap_or_default();
                let end = self.end_of_the_last()?;
                let begin = format!("{end}BEGIN; {} {settings}", limits());
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
        self.mark();
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
        if self.reads == Some(Reading::Statement) {
            self.statements = self.statements.saturating_add(1);
            if self.statements > 1 {
                return Err(self.refuse_another());
            }
        }
        let is_begun = self.reads.is_some() || !self.marks.is_empty();
        if self.is_postgres() && (!is_begun || self.visibility != Some(seen)) {
            self.visibility = None;
            let settings = seen.settings();
            if is_begun {
                // Nobody goes on in a transaction that sees others' rows.
                if let Some(over) = &mut self.over {
                    over.begin = None;
                }
                self.begin_by(|session| session.connection.batch_execute(&settings))?;
            } else {
                // It may be idle for as long as a command pleases.
                self.begin_next(&format!("BEGIN; {}{settings}", statement_limits()))?;
                self.over = Some(Over { begin: None, wrote: true });
            }
            self.visibility = is_begun.then_some(seen);
        }
        Ok(&mut self.connection)
    }

    /// Refuses a statement after the one that the work was to have.
    fn refuse_another(&mut self) -> Error {
        self.statements = u32::MAX;
        Error::Query("another statement in work of one".to_owned())
    }

    /// Begins a transaction by a message that ends the last one.
    fn begin_next(&mut self, begin: &str) -> Result<()> {
        let begin = format!("{}{begin}", self.end_of_the_last()?);
        self.begin_by(|session| session.connection.batch_execute(&begin))
    }

    /// Returns the statement that ends the transaction whose work is over, if there is one. A
    /// pooler sees only an end that is a message of its own.
    fn end_of_the_last(&mut self) -> Result<&'static str> {
        if self.over.is_some() && self.held.elapsed() < SHARED {
            self.over = None;
            return Ok("COMMIT; ");
        }
        self.rest()?;
        self.held = Instant::now();
        Ok("")
    }

    /// Runs a message of several statements that may begin a transaction. If it fails, nobody knows
    /// how far it came, and the connection is not used for other work.
    fn begin_by(&mut self, begin: impl FnOnce(&mut Self) -> QueryResult<()>) -> Result<()> {
        let begun = begin(self).map_err(Error::from);
        self.is_lost |= begun.is_err();
        begun
    }

    /// Returns the time until which the transaction whose work is over waits for the next work, if
    /// there is one.
    pub(crate) fn rests_at(&self) -> Option<Instant> {
        self.over.as_ref()?;
        Instant::now().checked_add(LINGERING)
    }

    /// Ends the transaction of the last statement that a command ran by itself, or of the last
    /// read, so that it is not idle in it while it waits for something else.
    pub fn rest(&mut self) -> Result<()> {
        if self.over.take().is_none() {
            return Ok(());
        }
        let ended = self.connection.batch_execute("COMMIT").map_err(Error::from);
        self.is_lost |= ended.is_err();
        ended
    }

    /// Ends the transaction of the last statement that a command ran by itself.
    pub(super) fn end_statement(&mut self) -> Result<()> {
        if self.over.as_ref().is_some_and(|over| over.wrote) { self.rest() } else { Ok(()) }
    }
}
