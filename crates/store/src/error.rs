//! The errors of the store.

use std::num::TryFromIntError;

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
    /// The database cannot be reached or written to now. Later it may be possible.
    #[error("the database is not available: {0}")]
    Unavailable(String),
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

/// Parts of the messages of SQLite and PostgreSQL that mean a passing trouble rather than a faulty
/// query.
const PASSING: &[&str] = &[
    "database is locked",
    "database table is locked",
    "disk is full",
    "disk I/O error",
    "unable to open database file",
    "readonly database",
    "statement timeout",
    "lock timeout",
    "could not connect",
    "server closed the connection",
    "no connection to the server",
    "terminating connection",
    "too many clients",
    "connection",
    "No space left",
];

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        let text = error.to_string();
        match error {
            Diesel::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => {
                Error::Interrupted(text)
            }
            Diesel::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Error::Referenced,
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::Duplicate,
            Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
            | Diesel::BrokenTransactionManager => Error::Unavailable(text),
            _ if text.contains("deadlock detected") => Error::Interrupted(text),
            _ if PASSING.iter().any(|passing| text.contains(passing)) => Error::Unavailable(text),
            _ => Error::Query(text),
        }
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
    read: std::result::Result<T, impl std::fmt::Display>,
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
