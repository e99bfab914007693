//! The README's tour, line by line in bash: every line ends well and prints what is shown.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::house;

apportion_testing::cases! { plain: works_as_written }

/// The address in the README, which may be taken while the tests run.
const ADDRESS: &str = "127.0.0.1:8080";
const MARKER: &str = "<!-- tour -->";
/// Precedes what a line prints.
const PRINTS: &str = "#>";

fn works_as_written() {
    let steps = steps(&house::read("README.md"));
    assert!(steps.len() > 20, "the tour has {} lines", steps.len());
    let directory = tempfile::tempdir().unwrap();
    furnish(directory.path());
    let address = free_address();
    let mut shell = Shell::start(directory.path());
    for (line, expected) in steps {
        let (status, printed) = shell.run(&line.replace(ADDRESS, &address));
        assert_eq!(status, 0, "{line}\nprinted: {printed}");
        for expected in &expected {
            let expected = expected.replace(ADDRESS, &address);
            assert!(shows(&printed, &expected), "{line}\nprinted: {printed}\nnot: {expected}");
        }
    }
}

/// The lines of the blocks that follow the marker, each with what it is said to print.
fn steps(readme: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    let (mut marked, mut inside) = (false, false);
    for line in readme.lines() {
        match line {
            MARKER => marked = true,
            "```sh" if marked => (marked, inside) = (false, true),
            "```" if inside => inside = false,
            _ if marked => panic!("no block follows the marker, but: {line}"),
            _ if inside => match line.strip_prefix(PRINTS) {
                Some(shown) => steps.last_mut().unwrap().1.push(shown.trim().to_owned()),
                None => steps.push((line.to_owned(), Vec::new())),
            },
            _ => {}
        }
    }
    assert!(!marked && !inside, "a block of the tour does not end");
    steps
}

/// Whether a printed line is the one shown, in which `…` stands for anything.
fn shows(printed: &str, shown: &str) -> bool {
    printed.lines().any(|line| {
        let mut parts = shown.split('…');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = line.strip_prefix(first) else { return false };
        let mut whole = rest.is_empty();
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
            // The last part is the line's end, unless anything may follow.
            whole = part.is_empty() || rest.is_empty();
        }
        whole
    })
}

/// Makes a directory look like the repository after `cargo build --release`.
fn furnish(directory: &Path) {
    let release = directory.join("target/release");
    std::fs::create_dir_all(&release).unwrap();
    symlink(env!("CARGO_BIN_EXE_apportion"), release.join("apportion")).unwrap();
    symlink(house::root().join("fixtures"), directory.join("fixtures")).unwrap();
    let cargo = shims(directory).join("cargo");
    std::fs::create_dir(shims(directory)).unwrap();
    // It is built already.
    std::fs::write(&cargo, "#!/bin/sh\n[ \"$*\" = \"build --release\" ]\n").unwrap();
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).unwrap();
}

fn shims(directory: &Path) -> PathBuf {
    directory.join("shims")
}

/// An address that nobody listened on a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A bash that is fed line by line.
struct Shell {
    child: std::process::Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Shell {
    fn start(directory: &Path) -> Self {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", shims(directory).display());
        let mut child = Command::new("bash")
            .args(["--norc", "--noprofile"])
            .current_dir(directory)
            .env("PATH", path)
            .env("TMPDIR", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash is on this machine");
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, stdin, stdout: BufReader::new(stdout) }
    }

    /// Runs a line to its end; answers with its status and what it printed.
    fn run(&mut self, line: &str) -> (i32, String) {
        const END: &str = "--- end of line ---";
        writeln!(self.stdin, "{line}\nprintf '\\n%s %d\\n' '{END}' $?").unwrap();
        let mut printed = String::new();
        loop {
            let mut read = String::new();
            let length = self.stdout.read_line(&mut read).unwrap();
            assert!(length > 0, "bash ended in: {line}\nprinted: {printed}");
            if let Some(status) = read.strip_prefix(END) {
                return (status.trim().parse().unwrap(), printed);
            }
            printed += &read;
        }
    }
}

impl Drop for Shell {
    /// A tour that broke off leaves a server behind.
    fn drop(&mut self) {
        let _ = writeln!(self.stdin, "kill $(jobs -p)\nexit");
        let _ = self.child.wait();
    }
}
