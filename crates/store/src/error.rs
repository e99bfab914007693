//! The errors of the store.

use std::fmt;
use std::num::TryFromIntError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::address::Address;

/// The result of work on the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason for which work on the store failed. Nothing of a failed piece of work is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue is full, or the work did not begin in time.
    #[error("the store is busy")]
    Busy,
    /// The database cannot be used now. Later it may be possible.
    #[error("{0}: {1}")]
    Unavailable(Outage, String),
    /// The work would cost more than it may.
    #[error("{count} {cost}, and {most} are the most")]
    TooMany {
        /// The kind of cost.
        cost: Cost,
        /// The number that it would take.
        count: usize,
        /// The largest number.
        most: usize,
    },
    /// A statement, or the work as a whole, did not end within its limit.
    #[error("the work takes longer than {0:?}")]
    TooLong(Duration),
    /// The first connection failed.
    #[error("cannot open {address:?}: {reason}")]
    Open {
        /// The address of the database.
        address: Address,
        /// The database's message, in one line.
        reason: String,
    },
    /// The schema was made by a later version of this program.
    #[error("the database has schema {0}, which is newer than this program: upgrade the program")]
    NewerSchema(String),
    /// The schema could not be brought up to date.
    #[error("cannot migrate: {0}")]
    Migration(String),
    /// Another transaction wrote the same rows in between. The work is run again.
    #[error("the transaction was interrupted by another: {0}")]
    Interrupted(String),
    /// Other rows refer to this one, so that it cannot be deleted.
    #[error("other rows refer to it")]
    Referenced,
    /// There is a row already that is equal where rows must differ.
    #[error("it exists already")]
    Duplicate,
    /// A row holds something that no write of this program puts there.
    #[error("row {id} of {table} is corrupt: {why}")]
    Corrupt {
        /// The table of the row.
        table: &'static str,
        /// The id of the row.
        id: i64,
        /// The part that is wrong, in words.
        why: String,
    },
    /// A sum or a count does not fit 64 bits.
    #[error("a sum or a count does not fit 64 bits")]
    Overflow,
    /// The work panicked.
    #[error("the work panicked")]
    Panicked,
    /// The database refused a query. This is a fault of the program.
    #[error("the database refused a query: {0}")]
    Query(String),
}

/// The costs of work that are counted before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Rows that are rewritten because of changes of others.
    Rewritten,
    /// Comparisons of texts: those of a filter, times the rows that they are made for.
    Comparisons,
    /// Bytes of long texts that are loaded besides those of a page.
    Text,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cost::Rewritten => "rows would be rewritten",
            Cost::Comparisons => "texts would be compared",
            Cost::Text => "bytes of text would be loaded",
        })
    }
}

/// The reason why a database is not read or written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// It cannot be reached, or does not answer.
    Unreachable,
    /// It can be read only, or others have it locked.
    Unwritable,
    /// There is no room on its disk.
    Full,
    /// Its file is gone, or another is in its place.
    Gone,
    /// The clock of the server is wrong, so that what it would write cannot be taken back.
    Clock,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outage::Unreachable => "the database cannot be reached",
            Outage::Unwritable => "the database cannot be written",
            Outage::Full => "the disk of the database is full",
            Outage::Gone => "the file of the database is gone, or another is in its place",
            Outage::Clock => "the clock of the server has jumped",
        })
    }
}

/// The messages of SQLite that mean an outage. They are the same in every language.
const SQLITE_OUTAGES: &[(&str, Outage)] = &[
    ("database is locked", Outage::Unwritable),
    ("database table is locked", Outage::Unwritable),
    ("attempt to write a readonly database", Outage::Unwritable),
    ("database or disk is full", Outage::Full),
    ("disk I/O error", Outage::Unreachable),
    ("unable to open database file", Outage::Unreachable),
];

/// The message of SQLite for a statement that its deadline ended.
const SQLITE_INTERRUPTED: &str = "interrupted";

/// The time after which PostgreSQL looks for a deadlock, in milliseconds: its default, or less if a
/// server has less (`deadlock_timeout`).
static DEADLOCK_MILLIS: AtomicU64 = AtomicU64::new(1000);

/// Notes after which time a server looks for a deadlock, in milliseconds.
pub(crate) fn note_deadlock_timeout(millis: i64) {
    if let Ok(millis) = u64::try_from(millis) {
        DEADLOCK_MILLIS.fetch_min(millis, Ordering::Relaxed);
    }
}

/// Errors that diesel does not tell apart are told by time, never by a message of PostgreSQL, whose
/// language is a setting of its server. A statement that failed after waiting was interrupted by
/// others (a deadlock is seen after `deadlock_timeout`, a lock is waited for until `lock_timeout`),
/// or took longer than it may (`statement_timeout`). See docs/decisions/0019-deadlines.md.
impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        let text = error.to_string();
        match error {
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Error::Interrupted(text)
            }
            Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Error::Referenced,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::Duplicate,
            Diesel::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => {
                Error::Unavailable(Outage::Unwritable, text)
            }
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Diesel::BrokenTransactionManager => Error::Unavailable(Outage::Unreachable, text),
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, _) => unknown(text),
            _ => Error::Query(text),
        }
    }
}

fn unknown(text: String) -> Error {
    if text == SQLITE_INTERRUPTED {
        return Error::too_long();
    }
    if let Some((_, outage)) = SQLITE_OUTAGES.iter().find(|(message, _)| text == *message) {
        return Error::Unavailable(*outage, text);
    }
    // The words of the C library, which PostgreSQL repeats. In another language they are missed,
    // and the fault is one of the server until there is room again.
    if text.contains("No space left on device") {
        return Error::Unavailable(Outage::Full, text);
    }
    let took = apportion_limits::deadline::statement_took();
    let deadlock = Duration::from_millis(DEADLOCK_MILLIS.load(Ordering::Relaxed));
    match apportion_limits::deadline::current().statement {
        Some(most) if took >= most => Error::TooLong(most),
        _ if took >= deadlock => Error::Interrupted(text),
        _ => Error::Query(text),
    }
}

impl Error {
    /// Makes the error of work whose deadline has passed.
    pub fn too_long() -> Self {
        let deadline = apportion_limits::deadline::current();
        let took = apportion_limits::deadline::statement_took();
        match deadline.statement {
            Some(most) if took >= most => Error::TooLong(most),
            _ => Error::TooLong(deadline.work_limit.unwrap_or_default()),
        }
    }

    /// Whether the database cannot be used now. Whoever used the store need not log that: it does
    /// so by itself when an outage begins and when it ends. The connection that met it may be
    /// unusable, so that the store opens another.
    pub fn is_outage(&self) -> bool {
        matches!(self, Error::Unavailable(..))
    }
}

impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Self {
        Error::Overflow
    }
}

/// Returns what was read from a row.
///
/// # Errors
///
/// [`Error::Corrupt`] if it could not be read.
pub fn intact<T>(
    table: &'static str,
    id: i64,
    read: std::result::Result<T, impl fmt::Display>,
) -> Result<T> {
    read.map_err(|why| Error::Corrupt { table, id, why: why.to_string() })
}

/// An error of work on the store, which may hold an error of the store itself.
pub trait Cause {
    /// Returns the store's error, if that is the cause.
    fn cause(&self) -> Option<&Error>;
}

impl Cause for Error {
    fn cause(&self) -> Option<&Error> {
        Some(self)
    }
}
