//! One connection to either database, with the settings that make it durable and bounded.

#![expect(clippy::disallowed_methods, reason = "this is the place where connections are opened")]
#![expect(missing_docs, reason = "the derive makes types that cannot be given any")]

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;

use crate::address::{Address, AddressError, discreet, with_default};
use crate::error::{Error, Result, note_deadlock_timeout};

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To SQLite.
    Sqlite(SqliteConnection),
}

/// Compiles an expression once for each database.
macro_rules! on_backend {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            $crate::database::connection::AnyConnection::Postgres($inner) => $body,
            $crate::database::connection::AnyConnection::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_backend;

/// The settings of a connection to SQLite. The time-out comes first, so that the other settings
/// wait for a lock too. `FULL` lets a commit that was answered survive a power cut. A checkpoint
/// costs three more `fsync`s, so there is one in 16 MiB. After a longer transaction the log is cut
/// to 32 MiB.
const SQLITE: &str = "PRAGMA busy_timeout = 2000;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 33554432;
PRAGMA cache_size = -16384;";

/// The longest time that a new connection waits for others that set the same settings.
const SQLITE_PATIENCE: Duration = Duration::from_secs(2);
/// The longest time that the emptying of the log waits for others.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(100);
/// The time between two tries to set them.
const SQLITE_PAUSE: Duration = Duration::from_millis(2);

impl AnyConnection {
    /// Opens a connection to the database at that address.
    pub(crate) fn open(address: &Address) -> Result<Self> {
        let refuse = |reason: &dyn std::fmt::Display| Error::Open {
            address: address.clone(),
            reason: reason.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
        };
        match address {
            Address::Sqlite(path) => {
                apportion_limits::deadline::install();
                // The file is created here, so that others can never read it. A file that exists
                // must not be opened: closing it again would drop every lock that this process
                // holds on it (POSIX), and another process could then take away the log that is
                // written to.
                let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
                if let Err(error) = made
                    && error.kind() != std::io::ErrorKind::AlreadyExists
                {
                    return Err(refuse(&error));
                }
                if path.is_dir() {
                    return Err(refuse(&std::io::Error::from(std::io::ErrorKind::IsADirectory)));
                }
                let path = path.to_str().ok_or_else(|| refuse(&"the path is not UTF-8"))?;
                let mut connection =
                    SqliteConnection::establish(path).map_err(|error| refuse(&error))?;
                set_up(&mut connection).map_err(|error| refuse(&error))?;
                Ok(AnyConnection::Sqlite(connection))
            }
            Address::Postgres(url) => {
                let url = with_timeouts(url).map_err(|why| refuse(&why))?;
                let mut connection = PgConnection::establish(&url)
                    .map_err(|error| refuse(&discreet(&error.to_string())))?;
                let deadlock = deadlock_millis(&mut connection).map_err(|error| refuse(&error))?;
                note_deadlock_timeout(deadlock);
                Ok(AnyConnection::Postgres(connection))
            }
        }
    }

    /// Moves all that is committed from the log of SQLite into the database file, and empties the
    /// log, unless others use it at present. It waits for them for a moment only, since others who
    /// write wait meanwhile; so does this connection from then on.
    pub(crate) fn checkpoint(&mut self) -> Result<()> {
        self.wait_for_locks(CHECKPOINT_PATIENCE)?;
        if let AnyConnection::Sqlite(connection) = self {
            connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        }
        Ok(())
    }

    /// Waits for so long for a lock of SQLite. On PostgreSQL nobody holds one for long.
    pub(crate) fn wait_for_locks(&mut self, patience: Duration) -> Result<()> {
        if let AnyConnection::Sqlite(connection) = self {
            let millis = patience.as_millis();
            connection.batch_execute(&format!("PRAGMA busy_timeout = {millis}"))?;
        }
        Ok(())
    }

    /// Makes SQLite refuse whatever would write by this connection.
    pub(crate) fn refuse_writes(&mut self) -> Result<()> {
        if let AnyConnection::Sqlite(connection) = self {
            connection.batch_execute("PRAGMA query_only = ON")?;
        }
        Ok(())
    }

    /// Whether this is PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, AnyConnection::Postgres(_))
    }
}

/// Applies the settings of SQLite. If several connections turn a new file into a write-ahead one at
/// the same time, SQLite refuses at once, whatever the time-out, so this tries again.
fn set_up(connection: &mut SqliteConnection) -> QueryResult<()> {
    let begun = Instant::now();
    loop {
        match connection.batch_execute(SQLITE) {
            Err(error)
                if error.to_string().contains("locked") && begun.elapsed() < SQLITE_PATIENCE =>
            {
                std::thread::sleep(SQLITE_PAUSE);
            }
            result => return result,
        }
    }
}

/// The time after which a server looks for a deadlock, in milliseconds.
const DEADLOCK_MILLIS: &str = "CAST(1000 * EXTRACT(epoch FROM \
                               CAST(current_setting('deadlock_timeout') AS INTERVAL)) AS BIGINT)";

/// Asks for that time. It is one transaction, so that a pooler leaves the statement and its answer
/// with one server.
fn deadlock_millis(connection: &mut PgConnection) -> QueryResult<i64> {
    connection.batch_execute("BEGIN")?;
    let millis = diesel::select(sql::<BigInt>(DEADLOCK_MILLIS)).get_result(connection)?;
    connection.batch_execute("COMMIT").map(|()| millis)
}

/// The time-outs that a URL gets unless it has them: for a host that does not answer a new
/// connection, for one that no longer acknowledges what it is sent, and for one that is gone while
/// its answer is awaited. Otherwise each would hold a thread for minutes.
const TIMEOUTS: &[(&str, &str)] = &[
    ("connect_timeout", "5"),
    ("tcp_user_timeout", "8000"),
    ("keepalives_idle", "3"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "2"),
];

/// Adds time-outs to a URL.
fn with_timeouts(url: &str) -> Result<String, AddressError> {
    TIMEOUTS.iter().try_fold(url.to_owned(), |url, (name, value)| with_default(&url, name, value))
}
