//! The return of a backup: a file takes the place of an SQLite database that nobody uses. It is
//! copied beside the database first and looked at there, so that a process that is killed leaves
//! the one or the other. The database that was there is kept under another name.
//!
//! Whether somebody uses a database, the locks tell: every connection to one with a log holds a
//! shared lock on its file for as long as it is open, idle or not. An exclusive lock on the whole
//! file is refused then and, once it is held, keeps others out. It does not tell of a process that
//! has opened the file and read nothing yet. Not here: whether the laws hold in the file
//! (`apportion-server`), and PostgreSQL, which has `pg_restore`.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, fcntl_lock};

use crate::address::Address;
use crate::error::Error;
use crate::pool::backup::{BackupError, PARTIAL, verify};
use crate::pool::beside::{Beside, companions, is_free, remove, with_ending};
use crate::session::Session;

/// The reason why a file was not restored. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database is not one of SQLite.
    #[error(
        "only SQLite is restored like this; on PostgreSQL make an empty database, run `pg_restore \
         --no-owner --no-privileges --exit-on-error --single-transaction --dbname URL FILE` as the \
         role that is to own it, then `apportion migrate --grant-to` each role of a server, and \
         `apportion check`"
    )]
    NotSqlite,
    /// A file cannot be read or written.
    #[error("cannot use {}: {reason}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The message of the system.
        reason: io::Error,
    },
    /// The file is the database itself.
    #[error("{} is the database itself: give the path of a backup", .0.display())]
    Same(PathBuf),
    /// Somebody uses the database or the file.
    #[error("{} is in use: stop the server, and every command that has it open", .0.display())]
    InUse(PathBuf),
    /// The file was copied while it was in use, so that it is not all of its database.
    #[error(
        "{0} has a log beside it, and is not whole without it: run `apportion backup \
         --database-url sqlite://{0} WHOLE.db`, and restore WHOLE.db",
        path.display()
    )]
    Log {
        /// The path of the file.
        path: PathBuf,
    },
    /// The file has no tables of this program.
    #[error("{} is no database of this program", .0.display())]
    Strange(PathBuf),
    /// The file is damaged.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// The part that is damaged.
        why: String,
    },
    /// The file cannot be read as a database, or its schema is newer than this program.
    #[error("{} cannot be restored: {error}", path.display())]
    Store {
        /// The path of the file.
        path: PathBuf,
        /// The error of the store.
        error: Error,
    },
}

type Result<T, E = RestoreError> = std::result::Result<T, E>;

/// The ending of the name of the copy until it is in its place.
const RESTORING: &str = ".restoring";
/// The ending of the name of a copy that is migrated, to be checked, and thrown away.
const CHECKING: &str = ".checking";
/// The ending of the name that the database gets.
const BEFORE: &str = ".before-restore";
/// The endings of the names of logs.
const LOGS: [&str; 2] = ["-wal", "-journal"];
/// The time for which the lock is held at the end. A process that opened the database before the
/// file took its place waits for the lock and would go on with the old one. None waits for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A copy of a file that is sound, beside the database whose place it is to take. It is removed
/// when dropped.
#[derive(Debug)]
pub struct Restore {
    database: PathBuf,
    copy: Beside,
    /// A copy with the schema of this program, if that of the file is older.
    migrated: Option<Beside>,
}

impl Restore {
    /// Copies a file beside the database, and verifies every page, index and key of the copy.
    pub fn prepare(file: &Path, database: &Address) -> Result<Self> {
        let Address::Sqlite(database) = database else { return Err(RestoreError::NotSqlite) };
        let database = resolved(database)?;
        let failed = |reason| RestoreError::File { path: file.to_owned(), reason };
        if !std::fs::metadata(file).map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is no file")));
        }
        if let (Ok(one), Ok(other)) = (std::fs::metadata(file), std::fs::metadata(&database))
            && (one.dev(), one.ino()) == (other.dev(), other.ino())
        {
            return Err(RestoreError::Same(file.to_owned()));
        }
        // It is looked at again when the copy is ready; this saves the time until then.
        drop(lock(&database)?);
        let copy = beside(&database, RESTORING)?;
        copy_file(file, &copy)?;
        let store = |error| RestoreError::Store { path: file.to_owned(), error };
        let damaged = |why| RestoreError::Damaged { path: file.to_owned(), why };
        verify(copy.path()).map_err(|error| match error {
            BackupError::Store(error) => store(error),
            BackupError::Damaged(why) => damaged(why),
            other => damaged(other.to_string()),
        })?;
        let mut session = open(copy.path()).map_err(store)?;
        let is_strange = session.applied().map_err(store)?.is_empty();
        let pending = session.pending().map_err(store)?;
        drop(session);
        if is_strange {
            return Err(RestoreError::Strange(file.to_owned()));
        }
        let mut migrated = None;
        if pending > 0 {
            let newer = beside(&database, CHECKING)?;
            copy_file(copy.path(), &newer)?;
            open(newer.path()).and_then(|mut session| session.migrate()).map_err(store)?;
            migrated = Some(newer);
        }
        Ok(Self { database, copy, migrated })
    }

    /// Returns a database that has the rows of the file and the schema of this program, so that its
    /// laws can be checked.
    pub fn to_check(&self) -> Address {
        let copy = self.migrated.as_ref().unwrap_or(&self.copy);
        Address::Sqlite(copy.path().to_owned())
    }

    /// Puts the copy in the place of the database, which nobody may use. Returns the name under
    /// which the database is kept that was there.
    pub fn finish(self) -> Result<Option<PathBuf>> {
        let Self { database, copy, migrated } = self;
        drop(migrated);
        let failed = |reason| RestoreError::File { path: database.clone(), reason };
        if has_log(copy.path())? {
            return Err(RestoreError::InUse(copy.path().to_owned()));
        }
        remove_logs(copy.path())?;
        let name = name_to_keep(&database, lock(&database)?)?;
        let is_folded = fold_log(&database, &name)?;
        let Some(held) = lock(&database)? else {
            remove_logs(&database)?;
            copy.place(&database).map_err(failed)?;
            return Ok(None);
        };
        if is_folded && has_log(&database)? {
            return Err(RestoreError::InUse(database));
        }
        let owner = held.metadata().map_err(failed)?;
        // Who restores may not be who serves.
        fchown(copy.file(), Some(owner.uid()), Some(owner.gid())).map_err(failed)?;
        keep(&database, &held, &name)?;
        // An old log would be replayed onto the new file. What it held is in the database.
        remove_logs(&database)?;
        copy.replace(&database).map_err(failed)?;
        std::thread::sleep(PATIENCE);
        drop(held);
        Ok(Some(name))
    }
}

/// Returns the path of the file itself, if there are links to it.
fn resolved(database: &Path) -> Result<PathBuf> {
    let failed = |reason| RestoreError::File { path: database.to_owned(), reason };
    if is_free(database).map_err(failed)? {
        return Ok(database.to_owned());
    }
    std::fs::canonicalize(database).map_err(failed)
}

fn beside(database: &Path, ending: &str) -> Result<Beside> {
    let path = with_ending(database, ending);
    Beside::make(path.clone()).map_err(|reason| RestoreError::File { path, reason })
}

fn open(path: &Path) -> crate::error::Result<Session> {
    Session::open(&Address::Sqlite(path.to_owned()))
}

/// Locks the whole file, so that nobody can use it as a database, until the lock is dropped.
/// Returns `None` if there is no file. This process must not open it meanwhile: the lock belongs to
/// the process, and would go with the first handle that is closed.
fn lock(path: &Path) -> Result<Option<File>> {
    let failed = |reason| RestoreError::File { path: path.to_owned(), reason };
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => {
            Err(RestoreError::InUse(path.to_owned()))
        }
        Err(error) => Err(failed(error.into())),
    }
}

/// Copies the bytes of a file that nobody uses.
fn copy_file(from: &Path, to: &Beside) -> Result<()> {
    let failed = |reason| RestoreError::File { path: from.to_owned(), reason };
    let mut file = match lock(from) {
        Ok(Some(locked)) => locked,
        // Nobody is expected to write a file that this process may not write.
        Ok(None) | Err(RestoreError::File { .. }) => File::open(from).map_err(failed)?,
        Err(error) => return Err(error),
    };
    if has_log(from)? {
        return Err(RestoreError::Log { path: from.to_owned() });
    }
    let unwritten = |reason| RestoreError::File { path: to.path().to_owned(), reason };
    io::copy(&mut file, &mut to.file()).map(|_| ()).map_err(unwritten)
}

/// Whether a log lies beside a database that holds what the file does not.
fn has_log(database: &Path) -> Result<bool> {
    for ending in LOGS {
        let path = with_ending(database, ending);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.len() > 0 => return Ok(true),
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                return Err(RestoreError::File { path, reason });
            }
            _ => {}
        }
    }
    Ok(false)
}

/// Moves what is in the log of a database into its file, if the database can be read. Returns
/// whether it can. If not, a copy of the log lies beside the name under which it will be kept:
/// SQLite removes a log that it cannot use.
fn fold_log(database: &Path, name: &Path) -> Result<bool> {
    remove_logs(name)?;
    // A database without a file is not made.
    if !database.exists() || !has_log(database)? {
        return Ok(true);
    }
    for ending in LOGS {
        let (log, copy) = (with_ending(database, ending), with_ending(name, ending));
        if log.exists() {
            let failed = |reason| RestoreError::File { path: copy.clone(), reason };
            std::fs::copy(&log, &copy).map_err(failed)?;
        }
    }
    let folded = open(database).and_then(|mut session| session.checkpoint());
    match &folded {
        Ok(()) => remove_logs(name)?,
        Err(error) => {
            log::warn!("the log of the database that is replaced cannot be read: {error}");
        }
    }
    Ok(folded.is_ok())
}

/// Returns a name under which a database can be kept: one that nothing has, or that a process gave
/// it which was killed then.
fn name_to_keep(database: &Path, held: Option<File>) -> Result<PathBuf> {
    let failed = |reason| RestoreError::File { path: database.to_owned(), reason };
    let same = held.and_then(|held| held.metadata().ok()).map(|it| (it.dev(), it.ino()));
    let first = with_ending(database, BEFORE);
    let others = (2_u32..).map(|number| with_ending(database, &format!("{BEFORE}-{number}")));
    for name in std::iter::once(first).chain(others) {
        match std::fs::symlink_metadata(&name) {
            Ok(it) if Some((it.dev(), it.ino())) != same => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => return Ok(name),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// Gives the database a second name, under which it stays.
fn keep(database: &Path, held: &File, name: &Path) -> Result<()> {
    let failed = |reason| RestoreError::File { path: name.to_owned(), reason };
    if !is_free(name).map_err(failed)? || std::fs::hard_link(database, name).is_ok() {
        return Ok(());
    }
    // Some file systems have no links. The file is read through the handle with the lock.
    let copy = Beside::make(with_ending(name, PARTIAL)).map_err(failed)?;
    io::copy(&mut &*held, &mut copy.file()).map_err(failed)?;
    copy.place(name).map_err(failed)
}

fn remove_logs(database: &Path) -> Result<()> {
    for path in companions(database) {
        remove(&path).map_err(|reason| RestoreError::File { path, reason })?;
    }
    Ok(())
}
