//! A copy of an SQLite database at one moment, made while others read and write it, and verified.
//! Deliberately absent: PostgreSQL, which has `pg_dump`.

use std::io;
use std::path::{Path, PathBuf};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::address::Address;
use crate::database::connection::AnyConnection;
use crate::error::Error;
use crate::pool::beside::{Beside, companions, is_free, with_ending};
use crate::session::Session;

/// The reason for which there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is not one of SQLite.
    #[error("only SQLite is copied like this: PostgreSQL has pg_dump")]
    NotSqlite,
    /// There is no such database.
    #[error("cannot read {}: {reason}", path.display())]
    Missing {
        /// The path where it should be.
        path: PathBuf,
        /// The message of the system.
        reason: io::Error,
    },
    /// The file of the copy cannot be created. It must not exist yet.
    #[error("cannot write {}: {reason}", path.display())]
    File {
        /// The path of the copy.
        path: PathBuf,
        /// The message of the system.
        reason: io::Error,
    },
    /// The database cannot be read, or the copy cannot be written.
    #[error(transparent)]
    Store(#[from] Error),
    /// The copy was written but is not sound.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

/// The ending of the name that a copy has until it is whole.
pub(crate) const PARTIAL: &str = ".partial";

/// Copies the database, whatever its schema, to a file that nobody else can read. Verifies every
/// page, index and key of the copy. The file has its name only when it is whole and on the disk.
pub fn backup(from: &Address, to: &Path) -> Result<(), BackupError> {
    let Address::Sqlite(path) = from else { return Err(BackupError::NotSqlite) };
    let unwritten = |reason| BackupError::File { path: to.to_owned(), reason };
    // A connection would create a missing file. Opening and closing it here instead
    // would drop the locks that this process holds on it.
    let missing = |reason| BackupError::Missing { path: path.clone(), reason };
    std::fs::metadata(path).map_err(missing)?;
    if !is_free(to).map_err(unwritten)? {
        return Err(unwritten(io::Error::new(io::ErrorKind::AlreadyExists, "File exists")));
    }
    // A log that was left there would be taken for that of the copy.
    for path in companions(to) {
        let unwritten = |reason| BackupError::File { path: path.clone(), reason };
        if !is_free(&path).map_err(unwritten)? {
            return Err(unwritten(io::Error::other("it belongs to another database: remove it")));
        }
    }
    // SQLite treats an empty file like a missing one.
    let partial = Beside::make(with_ending(to, PARTIAL)).map_err(unwritten)?;
    copy(from, partial.path())?;
    verify(partial.path())?;
    partial.place(to).map_err(unwritten)
}

fn copy(from: &Address, to: &Path) -> Result<(), BackupError> {
    let not_utf8 = || BackupError::File {
        path: to.to_owned(),
        reason: io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"),
    };
    let text = to.to_str().ok_or_else(not_utf8)?;
    let mut session = Session::open(from)?;
    let copied = diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(text)
        .execute(session.everybody()?)
        .map_err(Error::from);
    copied.map(|_| ()).map_err(BackupError::from)
}

/// Verifies every page, index and key of a database.
pub(crate) fn verify(copy: &Path) -> Result<(), BackupError> {
    let mut session = Session::open(&Address::Sqlite(copy.to_owned()))?;
    let AnyConnection::Sqlite(connection) = session.everybody()? else {
        return Err(BackupError::NotSqlite);
    };
    let found: String = sql::<Text>("SELECT integrity_check FROM pragma_integrity_check LIMIT 1")
        .get_result(connection)
        .map_err(Error::from)?;
    let strays: i64 = sql::<BigInt>("SELECT COUNT(*) FROM pragma_foreign_key_check")
        .get_result(connection)
        .map_err(Error::from)?;
    if found == "ok" && strays == 0 {
        Ok(())
    } else {
        Err(BackupError::Damaged(format!("{found}; {strays} rows refer to nothing")))
    }
}
