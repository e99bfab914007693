//! What can go wrong between us and a database.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::address::Address;

/// The result of work on the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store did not do it. Nothing of a failed piece of work is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The queue is full, or the work did not begin in time.
    #[error("the store is busy")]
    Busy,
    /// The database cannot be reached or written to now: later it may.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The first connection failed.
    #[error("cannot open {address:?}: {reason}")]
    Open {
        /// Which database.
        address: Address,
        /// What it said, in one line.
        reason: String,
    },
    /// The schema was made by a later version.
    #[error("the database has schema {0}, which is newer than this program: upgrade the program")]
    NewerSchema(String),
    /// The schema could not be brought up to date.
    #[error("cannot migrate: {0}")]
    Migration(String),
    /// Somebody else's write came in between; the work is run again.
    #[error("the transaction was interrupted by another: {0}")]
    Interrupted(String),
    /// Other rows refer to this one.
    #[error("other rows refer to it")]
    Referenced,
    /// A row like this exists.
    #[error("it exists already")]
    Duplicate,
    /// The work panicked.
    #[error("the work panicked")]
    Panicked,
    /// A fault of ours: a query that the database refuses.
    #[error("the database refused a query: {0}")]
    Query(String),
}

/// What SQLite and PostgreSQL say when it is not the query's fault.
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

/// Errors of work on the store, which may stand for one of the store itself.
pub trait Cause {
    /// The store's own error, if it is one.
    fn cause(&self) -> Option<&Error>;
}

impl Cause for Error {
    fn cause(&self) -> Option<&Error> {
        Some(self)
    }
}
