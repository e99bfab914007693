//! A throw-away PostgreSQL cluster, real and empty, for one test process.
//!
//! It listens on 127.0.0.1 alone, trusts every client there, and is gone with the process that
//! started it, even if that was killed. It is not for a database that anybody wants to keep.

use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::pooler::Pooler;
use crate::programs::Programs;
use crate::room;
use crate::rounds::is_ci;
use crate::supervisor::{PREFIX, admin_url, exits_within, initialise, launch, psql};

const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest hint in the name of a database, in characters; it leaves room for a serial number in
/// PostgreSQL's 63 bytes.
const NAME_HINT_CHARS: usize = 40;

/// A reason why there is no cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// A program or a user that the server needs is not on this machine.
    Missing(String),
    /// Everything is installed, but the server did not start.
    Failed(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(
                f,
                "PostgreSQL is not installed: {what} (Debian: apt-get install postgresql)"
            ),
            Self::Failed(why) => write!(f, "PostgreSQL did not start: {why}"),
        }
    }
}

impl std::error::Error for Unavailable {}

/// Returns whether a missing PostgreSQL fails a suite: `CI` is set to something else than an empty
/// value, `0` or `false`.
pub fn required() -> bool {
    is_ci()
}

/// A running PostgreSQL server of our own. Dropping it stops it and removes its files.
pub struct Cluster {
    programs: Programs,
    port: u16,
    /// The port that databases are reached at: the server's, or that of a pooler before it.
    reached_at: u16,
    pooler: Option<Pooler>,
    pid: u32,
    serial: AtomicU32,
    /// The end of `CREATE DATABASE` that copies files, and does not log their pages one by one.
    copied: &'static str,
    /// Guards `CREATE DATABASE` too: two at a time from one template conflict. `None` once stopped.
    server: Mutex<Option<Server>>,
}

struct Server {
    /// The supervising shell; its stdin is the pipe that keeps the server alive.
    supervisor: Child,
    /// Owned by the server's user. Dropped last: it removes the files.
    directory: TempDir,
}

/// The environment variable that names the language of the cluster of a suite.
pub(crate) const LANGUAGE: &str = "POSTGRES_LANGUAGE";

impl Cluster {
    /// Makes and starts a cluster, and waits until it accepts connections. Its role `apportion` is
    /// to own the databases, and is neither superuser nor exempt from row-level security.
    pub fn start() -> Result<Self, Unavailable> {
        Self::start_with(&[])
    }

    /// Starts a cluster with more server settings, each `name=value`.
    pub fn start_with(settings: &[&str]) -> Result<Self, Unavailable> {
        let directory = tempfile::Builder::new().prefix(PREFIX).tempdir();
        Self::start_in(directory, settings)
    }

    /// Starts the cluster that the cases of a suite share. It takes little room for its log.
    /// A pooler stands before it if the environment names one (`POOLER`), and its messages are in
    /// another language than English if `POSTGRES_LANGUAGE` names one, such as `de_DE.UTF-8`.
    pub(crate) fn start_for_suite() -> Result<Self, Unavailable> {
        let language = std::env::var(LANGUAGE).ok().filter(|name| !name.is_empty());
        let messages = language.map(|name| format!("lc_messages={name}"));
        let settings = ["max_wal_size=256MB"].into_iter().chain(messages.as_deref());
        let settings: Vec<&str> = settings.collect();
        let mut cluster = Self::start_in(room::directory(PREFIX), &settings)?;
        let pooler = Pooler::named(&cluster.programs, cluster.port);
        if let Some(pooler) = pooler.map_err(Unavailable::Failed)? {
            cluster.reached_at = pooler.port();
            cluster.pooler = Some(pooler);
        }
        Ok(cluster)
    }

    fn start_in(
        directory: std::io::Result<TempDir>,
        settings: &[&str],
    ) -> Result<Self, Unavailable> {
        let programs = Programs::find().map_err(Unavailable::Missing)?;
        let directory = directory
            .map_err(|error| format!("no temporary directory: {error}"))
            .and_then(|directory| initialise(&programs, directory))
            .map_err(Unavailable::Failed)?;
        let (supervisor, port, pid) =
            launch(&programs, directory.path(), settings).map_err(Unavailable::Failed)?;
        let server = Mutex::new(Some(Server { supervisor, directory }));
        let mut cluster = Self {
            programs,
            port,
            reached_at: port,
            pooler: None,
            pid,
            serial: AtomicU32::new(1),
            copied: "",
            server,
        };
        let prepare =
            "CREATE ROLE apportion LOGIN NOSUPERUSER NOBYPASSRLS; SHOW server_version_num";
        let version =
            cluster.try_query(&cluster.admin_url(), prepare).map_err(Unavailable::Failed)?;
        // Before PostgreSQL 15 there was no other way, and no word for it.
        if version.trim().parse::<u32>().is_ok_and(|version| version >= 150_000) {
            cluster.copied = "STRATEGY FILE_COPY";
        }
        Ok(cluster)
    }

    /// Whether a pooler stands before it.
    pub fn is_pooled(&self) -> bool {
        self.pooler.is_some()
    }

    /// Creates an empty database owned by role `apportion`, with `hint` in its name. Returns its
    /// URL, `postgres://apportion@127.0.0.1:PORT/NAME`. This method and those below panic if they
    /// fail.
    pub fn database(&self, hint: &str) -> String {
        self.database_from("template0", hint)
    }

    /// Creates a copy of the database `template` (a name or a URL), to which nobody may be
    /// connected. Returns the URL of the copy.
    pub fn database_from(&self, template: &str, hint: &str) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let hint: String = hint.chars().take(NAME_HINT_CHARS).map(plain).collect();
        let (name, template) = (format!("{hint}_{serial}"), database_name(template));
        let copied = self.copied;
        let _one_at_a_time = self.lock();
        let made = format!("CREATE DATABASE \"{name}\" OWNER apportion TEMPLATE \"{template}\"");
        self.query(&self.admin_url(), &format!("{made} {copied}"));
        format!("postgres://apportion@127.0.0.1:{}/{name}", self.reached_at)
    }

    /// Drops the database of that URL, and every connection to it.
    pub fn drop_database(&self, url: &str) {
        self.try_drop_database(url).unwrap_or_else(|error| panic!("{error}"));
    }

    pub(crate) fn try_drop_database(&self, url: &str) -> Result<(), String> {
        let sql = format!("DROP DATABASE \"{}\" WITH (FORCE)", database_name(url));
        self.try_query(&self.admin_url(), &sql).map(drop)
    }

    /// Runs `sql` by the `psql` program and returns its rows, one on each line, columns separated
    /// by `|`.
    pub fn query(&self, url: &str, sql: &str) -> String {
        self.try_query(url, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs `sql` like [`Cluster::query`], with the server's message as an error.
    pub fn try_query(&self, url: &str, sql: &str) -> Result<String, String> {
        psql(&self.programs.psql, url, sql)
    }

    /// Returns the path of another program of PostgreSQL, such as `pg_dump`, in the version of the
    /// server.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.initdb.with_file_name(name)
    }

    pub(crate) fn programs(&self) -> &Programs {
        &self.programs
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the superuser's own database.
    pub fn admin_url(&self) -> String {
        admin_url(self.port)
    }

    /// Returns the process id of the server itself (the postmaster). A case that kills it starts a
    /// cluster of its own for that, since the suite's cluster is shared.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends all connections, stops the server, waits for that and removes its files. A second call
    /// does nothing.
    pub fn stop(&self) {
        let Some(mut server) = self.lock().take() else { return };
        drop(server.supervisor.stdin.take());
        if !exits_within(&mut server.supervisor, STOP_TIMEOUT) {
            let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).status();
            let _ = server.supervisor.wait();
        }
        drop(server.directory);
    }

    /// Locks the server. A case that panicked while it created a database leaves nothing half done
    /// here.
    fn lock(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn database_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
