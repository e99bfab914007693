//! The built program: run to its end, or as a server until it is told to stop.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use apportion_testing::Place;

/// The longest time that anything may take which should take a moment.
pub const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// A program that ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Returns its output, if it ended well; the test fails otherwise.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// The one line in which it says why it failed; the test fails unless there is just that.
    #[track_caller]
    pub fn refusal(self) -> String {
        let Ended { code, stdout, stderr } = self;
        assert!(code.is_some_and(|code| code != 0), "it ended with {code:?}: {stderr}");
        assert_eq!(stdout, "", "stdout holds results only");
        assert!(stderr.ends_with('\n') && stderr.lines().count() == 1, "not one line: {stderr}");
        stderr.trim_end().to_owned()
    }
}

/// The program in a directory, with no settings from outside.
pub fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apportion"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("APPORTION_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command
}

/// The program on the database of a place.
pub fn command_at(place: &Place, arguments: &[&str]) -> Command {
    let mut command = command(place.directory(), arguments);
    command.env("APPORTION_DATABASE_URL", &place.url);
    command
}

/// Runs a program to its end; fails if that does not come.
#[track_caller]
pub fn finish(mut command: Command) -> Ended {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pid = child.id();
    let waiting = std::thread::spawn(move || child.wait_with_output());
    if !eventually(|| waiting.is_finished()) {
        signal("KILL", pid);
    }
    let output = waiting.join().unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program on the database of a place to its end.
#[track_caller]
pub fn run(place: &Place, arguments: &[&str]) -> Ended {
    finish(command_at(place, arguments))
}

/// Whether something comes true in good time.
pub fn eventually(mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if done() {
            return true;
        }
        if begun.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(POLL);
    }
}

fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(status.is_ok_and(|status| status.success()), "no process {pid} to send {name} to");
}

/// A running server; it is killed when dropped.
pub struct Server {
    child: Child,
    /// The lines that nobody has read yet; kept open, so that it can print.
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    address: SocketAddr,
    /// The line before its address: the program, the database and the engine.
    pub about: String,
}

impl Server {
    /// Starts a server on a free port of this machine, on the database of a place.
    #[track_caller]
    pub fn start(place: &Place) -> Self {
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--no-rate-limit"];
        Self::spawn(command_at(place, &arguments), &place.directory().join("server.log"))
    }

    /// Starts a server whose log goes to a pipe that nobody reads.
    #[track_caller]
    pub fn unread(place: &Place) -> Self {
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--no-rate-limit"];
        let log = place.directory().join("server.log");
        File::create(&log).unwrap();
        Self::listening(command_at(place, &arguments).stderr(Stdio::piped()), &log)
    }

    /// Starts a server and waits for its address; its log goes to that file.
    #[track_caller]
    pub fn spawn(mut command: Command, log: &Path) -> Self {
        Self::listening(command.stderr(File::create(log).unwrap()), log)
    }

    #[track_caller]
    fn listening(command: &mut Command, log: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (mut about, mut line) = (String::new(), String::new());
        let _ = stdout.read_line(&mut about).and_then(|_| stdout.read_line(&mut line));
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix('\n')?.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("it does not serve: {about}{line}{}", std::fs::read_to_string(log).unwrap());
        };
        Self { child, stdout, log: log.to_owned(), address, about: about.trim_end().to_owned() }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Returns the end of the pipe of a server whose log nobody has read so far.
    pub fn pipe(&mut self) -> std::process::ChildStderr {
        self.child.stderr.take().unwrap()
    }

    /// Returns the lines that it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Kills it as a power cut would (SIGKILL), and waits for its end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Tells it to stop; answers with its exit code, and what it printed since it was last asked.
    #[track_caller]
    pub fn terminate(self) -> (Option<i32>, String) {
        self.end("TERM")
    }

    /// Ends it by a signal; answers likewise.
    #[track_caller]
    pub fn end(self, name: &str) -> (Option<i32>, String) {
        signal(name, self.child.id());
        self.wait()
    }

    /// Waits until it ends by itself; answers likewise.
    #[track_caller]
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut code = None;
        let ended = eventually(|| {
            let status = self.child.try_wait().unwrap();
            code = status.and_then(|status| status.code());
            status.is_some()
        });
        assert!(ended, "it does not stop: {}", self.log());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        (code, rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
