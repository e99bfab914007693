//! The processes that are measured. A process runs alone, or under `strace`, which counts its calls
//! of `fsync` and can slow each of them down.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The use of `strace` on a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracing {
    /// None: the process runs at full speed.
    Bare,
    /// Calls of fsync and fdatasync are counted.
    Counted,
    /// Such calls are counted, and each takes 2 ms longer.
    Slowed,
}

/// The use of `strace` on a process, and the directory for its log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch<'p> {
    pub(crate) tracing: Tracing,
    pub(crate) directory: &'p Path,
}

impl<'p> Watch<'p> {
    /// Lets a process run alone.
    pub(crate) fn none(directory: &'p Path) -> Self {
        Self { tracing: Tracing::Bare, directory }
    }
}

/// A process that has printed its first line: the address that it listens on, or its result.
pub(crate) struct Process {
    child: Child,
    log: Option<PathBuf>,
    pub(crate) first_line: String,
}

/// The beginning of the line in which the server says what it is.
const ABOUT: &str = "apportion ";

impl Process {
    /// Starts a program, and waits for its first line, or for that of the server with its address.
    pub(crate) fn start(program: &Path, arguments: &[&str], watch: &Watch<'_>) -> Self {
        Self::start_at("info", program, arguments, watch)
    }

    fn start_at(level: &str, program: &Path, arguments: &[&str], watch: &Watch<'_>) -> Self {
        let is_traced = watch.tracing != Tracing::Bare;
        let log = is_traced.then(|| watch.directory.join("fsyncs"));
        let mut command = match &log {
            None => Command::new(program),
            Some(log) => {
                let mut strace = Command::new("strace");
                // With --seccomp-bpf it stops the process at these calls only. With -D it is not
                // the parent of the process, so that signals reach the process.
                strace.args(["-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=fsync,fdatasync"]);
                if watch.tracing == Tracing::Slowed {
                    strace.args(["-e", "inject=fsync,fdatasync:delay_exit=2000"]);
                }
                strace.arg("-o").arg(log).arg(program);
                strace
            }
        };
        let stderr = tempfile::tempfile().unwrap();
        command.args(arguments).stdout(Stdio::piped()).stderr(stderr).env("APPORTION_LOG", level);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        // The server says which program serves which database before it says where.
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let line = lines.find(|line| !line.as_ref().is_ok_and(|line| line.starts_with(ABOUT)));
        let line = line.expect("a first line").expect("a first line");
        Self { child, log, first_line: line.trim().to_owned() }
    }

    /// Starts the server on a database, without rate limits.
    pub(crate) fn server(url: &str, watch: &Watch<'_>) -> Self {
        Self::server_at("info", url, watch)
    }

    /// Starts a server that logs nothing, without rate limits.
    pub(crate) fn quiet_server(url: &str, watch: &Watch<'_>) -> Self {
        Self::server_at("off", url, watch)
    }

    /// Starts a server that triggers nothing by itself, without rate limits.
    pub(crate) fn without_engine(url: &str, watch: &Watch<'_>) -> Self {
        Self::serve("info", url, &["--engine-interval", "off"], watch)
    }

    fn server_at(level: &str, url: &str, watch: &Watch<'_>) -> Self {
        Self::serve(level, url, &[], watch)
    }

    fn serve(level: &str, url: &str, more: &[&str], watch: &Watch<'_>) -> Self {
        let program = std::env::current_exe().unwrap().with_file_name("apportion");
        assert!(program.exists(), "build the server first: cargo build --release");
        let arguments =
            ["serve", "--database-url", url, "--bind", "127.0.0.1:0", "--no-rate-limit"];
        Self::start_at(level, &program, &[&arguments[..], more].concat(), watch)
    }

    /// Returns the address that it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        let address = self.first_line.strip_prefix("listening on http://");
        address
            .unwrap_or_else(|| panic!("the server printed '{}'", self.first_line))
            .parse()
            .unwrap()
    }

    /// Counts its calls of fsync and fdatasync until now. Returns 0 if it is not traced.
    pub(crate) fn fsyncs(&self) -> usize {
        let Some(log) = &self.log else { return 0 };
        let text = std::fs::read_to_string(log).unwrap();
        // A call that another thread interrupts has two lines, of which only one has "sync(".
        text.lines().filter(|line| line.contains("sync(")).count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that still runs is asked to end, so that it ends in good order.
        if matches!(self.child.try_wait(), Ok(None)) {
            let process = self.child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &process]).status();
        }
        let _ = self.child.wait();
    }
}
