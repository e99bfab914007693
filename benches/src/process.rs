//! The processes that are measured: the server itself, alone or under `strace`, which counts its
//! `fsync`s and can make each of them slower.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How a process is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    /// Not at all.
    Bare,
    /// Its calls of fsync and fdatasync are counted.
    Counted,
    /// They are counted, and each takes 2 ms longer.
    Slowed,
}

/// A process that says on its first line where it listens, or what it found out.
pub(crate) struct Process {
    child: Child,
    log: Option<PathBuf>,
    pub(crate) said: String,
}

impl Process {
    /// Starts a program; `files` is where the log of `strace` goes, and stderr.
    pub(crate) fn start(program: &Path, arguments: &[&str], watch: (Watch, &Path)) -> Self {
        Self::start_at("info", (program, arguments), watch)
    }

    fn start_at(
        level: &str,
        (program, arguments): (&Path, &[&str]),
        (watch, files): (Watch, &Path),
    ) -> Self {
        let log = (watch != Watch::Bare).then(|| files.join("fsyncs"));
        let mut command = match &log {
            None => Command::new(program),
            Some(log) => {
                let mut strace = Command::new("strace");
                // It stops at these calls only, all others run at full speed; and it is no parent
                // of the process (-D), so that signals reach that.
                strace.args(["-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=fsync,fdatasync"]);
                if watch == Watch::Slowed {
                    strace.args(["-e", "inject=fsync,fdatasync:delay_exit=2000"]);
                }
                strace.arg("-o").arg(log).arg(program);
                strace
            }
        };
        let stderr = tempfile::tempfile().unwrap();
        command.args(arguments).stdout(Stdio::piped()).stderr(stderr).env("APPORTION_LOG", level);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut said = String::new();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said);
        lines.expect("a first line");
        Self { child, log, said: said.trim().to_owned() }
    }

    /// Starts the server on a database, without rate limits.
    pub(crate) fn server(url: &str, watch: (Watch, &Path)) -> Self {
        Self::server_at("info", url, watch)
    }

    /// The same, and it logs nothing.
    pub(crate) fn quiet_server(url: &str, watch: (Watch, &Path)) -> Self {
        Self::server_at("off", url, watch)
    }

    fn server_at(level: &str, url: &str, watch: (Watch, &Path)) -> Self {
        let program = std::env::current_exe().unwrap().with_file_name("apportion");
        assert!(program.exists(), "build the server first: cargo build --release");
        let arguments =
            ["serve", "--database-url", url, "--bind", "127.0.0.1:0", "--no-rate-limit"];
        Self::start_at(level, (&program, &arguments), watch)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let address = self.said.strip_prefix("listening on http://");
        address.unwrap_or_else(|| panic!("the server says '{}'", self.said)).parse().unwrap()
    }

    /// How often it called fsync or fdatasync until now.
    pub(crate) fn fsyncs(&self) -> usize {
        let Some(log) = &self.log else { return 0 };
        let text = std::fs::read_to_string(log).unwrap();
        // A call that was interrupted by another thread's has two lines.
        text.lines().filter(|line| line.contains("sync(")).count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Told to end, it ends in good order; one that has ended already is only waited for.
        if matches!(self.child.try_wait(), Ok(None)) {
            let process = self.child.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &process]).status();
        }
        let _ = self.child.wait();
    }
}
