//! Starts the server's processes and notices when they are up or gone. Not here: databases.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::programs::Programs;

/// The number of ports that are tried, since another process may take a free one before the server
/// does.
const START_ATTEMPTS: usize = 5;
const START_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Settings for a server as durable as in production (fsync stays on), except for torn pages, which
/// a killed process cannot cause.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=64MB",
    "fsync=on",
    "full_page_writes=off",
];

/// The prefix of the names of the clusters' directories.
pub(crate) const PREFIX: &str = "apportion-postgres-";

/// Gives an empty directory to the server's user, and makes an initialised `data` in it.
pub(crate) fn initialise(programs: &Programs, directory: TempDir) -> Result<TempDir, String> {
    if let Some((user, group)) = programs.owner {
        chown(directory.path(), Some(user), Some(group))
            .map_err(|error| format!("chown of the data directory: {error}"))?;
    }
    let output = programs
        .command(&programs.initdb, directory.path())
        .args(["--no-sync", "-E", "UTF8", "--locale=C", "-U", "postgres", "-A", "trust"])
        .args(["-D", "data"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("initdb in {}: {error}", directory.path().display()))?;
    let failed = || format!("initdb: {}", String::from_utf8_lossy(&output.stderr).trim());
    output.status.success().then_some(directory).ok_or_else(failed)
}

/// Starts the server on a free port. Returns the supervisor, the port and the server's process id.
pub(crate) fn launch(
    programs: &Programs,
    directory: &Path,
    settings: &[&str],
) -> Result<(Child, u16, u32), String> {
    let mut reason = String::new();
    for _ in 0..START_ATTEMPTS {
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let mut supervisor = supervise(programs, directory, port, settings)
            .map_err(|error| format!("sh: {error}"))?;
        let pid = read_pid(&mut supervisor)?;
        match wait_until_ready(programs, directory, port, &mut supervisor) {
            Ok(()) => return Ok((supervisor, port, pid)),
            Err(error) => {
                let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
                reason = format!("{error}; its log: {}", log.trim());
                drop(supervisor.stdin.take());
                let _ = supervisor.wait();
                if !log.contains("could not bind") {
                    break;
                }
            }
        }
    }
    Err(reason)
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn supervise(
    programs: &Programs,
    directory: &Path,
    port: u16,
    settings: &[&str],
) -> std::io::Result<Child> {
    let mut command = programs.command(Path::new("sh"), directory);
    command.args(["-c", include_str!("supervise.sh"), "apportion-postgres"]).arg(directory);
    command.arg(&programs.postgres).arg("-D").arg(directory.join("data"));
    command.arg("-c").arg(format!("port={port}"));
    for setting in SETTINGS.iter().chain(settings) {
        command.arg("-c").arg(setting);
    }
    // It gets a process group of its own: the terminal's interrupt is for the test process, and the
    // end of that makes the supervisor stop the server in order.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

fn read_pid(supervisor: &mut Child) -> Result<u32, String> {
    let mut line = String::new();
    let stdout = supervisor.stdout.take().ok_or("the supervisor has no stdout")?;
    let read = BufReader::new(stdout).read_line(&mut line);
    read.map_err(|error| format!("the supervisor does not answer: {error}"))?;
    line.trim().parse().map_err(|_| format!("the supervisor answered {line:?}"))
}

/// Waits until the server that answers on the port has our data directory, since another server may
/// have taken the port meanwhile. Fails if ours exits or the time is up.
fn wait_until_ready(
    programs: &Programs,
    directory: &Path,
    port: u16,
    supervisor: &mut Child,
) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < START_TIMEOUT {
        if exits_within(supervisor, POLL_INTERVAL) {
            return Err("it exited".to_owned());
        }
        let answer = psql(&programs.psql, &admin_url(port), "SHOW data_directory");
        if answer.is_ok_and(|data| Path::new(data.trim()) == directory.join("data")) {
            return Ok(());
        }
    }
    Err(format!("it accepts no connections after {} s", START_TIMEOUT.as_secs()))
}

pub(crate) fn exits_within(child: &mut Child, timeout: Duration) -> bool {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return true,
            Ok(None) if began.elapsed() >= timeout => return false,
            Ok(None) => thread::sleep(POLL_INTERVAL),
        }
    }
}

/// Runs one statement and returns its rows, or the message of the server or of psql.
pub(crate) fn psql(program: &Path, url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new(program)
        .args(["-X", "-q", "-w", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql])
        .env("PGCONNECT_TIMEOUT", "5")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("psql: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Returns the URL of the superuser's own database.
pub(crate) fn admin_url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}
