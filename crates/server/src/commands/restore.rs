//! `apportion restore`: a backup takes the place of an SQLite database that nobody uses, if every
//! law holds in it. Not here: how the files change places (`apportion-store`).

use std::path::{Path, PathBuf};

use apportion_store::Address;
use apportion_store::restore::{self as files, Restore};

use crate::commands::check::{CheckError, check_database};

/// The reason why a file was not restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file cannot take the place of the database.
    #[error(transparent)]
    Files(#[from] files::RestoreError),
    /// The laws could not be checked.
    #[error("{} is not restored: {error}", path.display())]
    Unchecked {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        error: CheckError,
    },
    /// Laws do not hold in the file.
    #[error("{} is not restored, because these laws do not hold in it: {laws}", path.display())]
    Unsound {
        /// The path of the file.
        path: PathBuf,
        /// The names of the laws, with the organizations.
        laws: String,
    },
}

/// Puts a copy of a file in the place of a database. The schema of the file may be older than that
/// of this program: the next start migrates it. Returns the name under which the database is kept
/// that was there, if there was one.
pub fn restore(file: &Path, database: &Address) -> Result<Option<PathBuf>, RestoreError> {
    let restore = Restore::prepare(file, database)?;
    let mut broken = Vec::new();
    let checked = check_database(&restore.to_check(), |organization, finding| {
        if finding.broken > 0 {
            broken.push(format!("{} (organization {organization})", finding.check));
        }
    });
    let path = || file.to_owned();
    match checked {
        Ok(true) => Ok(restore.finish()?),
        Ok(false) => Err(RestoreError::Unsound { path: path(), laws: broken.join(", ") }),
        Err(error) => Err(RestoreError::Unchecked { path: path(), error }),
    }
}
