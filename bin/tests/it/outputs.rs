//! Where results go that nobody takes: a pipe whose reader has gone, a full disk, nowhere. What was
//! done stays done, and what would be lost with its only showing is undone.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use apportion_testing::Place;
use apportion_testing::http::send;
use diesel::connection::SimpleConnection;
use serde_json::Value;

use crate::client::Tenant;
use crate::program::{Ended, command_at, eventually, run};
use apportion_server::store::{OrganizationId, Scope, Session};

apportion_testing::cases! {
    a_reader_that_goes_is_no_fault,
    a_full_disk_is_said,
    rows_are_in_whatever_is_printed,
    tokens_that_nobody_saw_are_revoked,
    the_id_of_an_organization_is_not_lost,
    a_server_goes_on_unheard,
    nobody_hears_the_refusal
}

/// Opens a stdout.
type Open = fn() -> Stdio;

/// A pipe that nobody reads.
fn gone() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

/// A disk without room.
fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// Runs a command with that for its stdout, and without log lines.
#[track_caller]
fn print_to(stdout: Stdio, mut command: Command) -> Ended {
    command.env("APPORTION_LOG", "off").stdout(stdout).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

const READING: [&[&str]; 4] = [&["check"], &["token", "list"], &["openapi"], &["--help"]];

fn a_reader_that_goes_is_no_fault(place: &Place) {
    Tenant::make(place, "Acme");
    for arguments in READING.iter().chain(&[["tick"].as_slice(), &["tick", "--dry-run"]]) {
        let ended = print_to(gone(), command_at(place, arguments));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
    // A check still finds what is broken.
    let mut session = Session::open(&place.url.parse().unwrap()).unwrap();
    let sql = "INSERT INTO deals (organization_id, name, value, value_default, currency, status, \
               probability, distributed_percent_e10, distributed_amount, undistributed_amount, \
               created_at, updated_at) VALUES (1, 'D', 100, 100, 'EUR', 'open', 100, 0, 1, 99, \
               '2025-01-01 00:00:00', '2025-01-01 00:00:00')";
    session.tenant(&Scope::of(OrganizationId(1))).unwrap().batch_execute(sql).unwrap();
    drop(session);
    let ended = print_to(gone(), command_at(place, &["check"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
}

fn a_full_disk_is_said(place: &Place) {
    Tenant::make(place, "Acme");
    for arguments in &READING[..3] {
        let ended = print_to(full(), command_at(place, arguments));
        let said = "apportion: stdout cannot be written: No space left on device (os error 28)\n";
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), said), "{arguments:?}");
    }
}

/// The exit code of an import tells whether the rows are in.
fn rows_are_in_whatever_is_printed(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let outputs: [(&str, Open, &str); 2] = [
        ("gone", gone, ""),
        ("full", full, "apportion: the work was done, but stdout cannot be written: No space left"),
    ];
    for (name, stdout, said) in outputs {
        let file = format!("deals-{name}.csv");
        std::fs::write(place.directory().join(&file), format!("name\n{name}\n")).unwrap();
        let import = ["import", "--organization", &tenant.organization, &file];
        let ended = print_to(stdout(), command_at(place, &import));
        assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
        assert!(ended.stderr.starts_with(said), "{name}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
        // They are refused the second time.
        assert!(run(place, &import).refusal().contains("the same file was imported"), "{name}");
    }
}

/// The tokens that are accepted.
fn live(place: &Place) -> usize {
    let list = run(place, &["token", "list"]).ok();
    let rows = list.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["revoked_at"].is_null()).count()
}

fn tokens_that_nobody_saw_are_revoked(place: &Place) {
    Tenant::make(place, "Acme");
    let before = live(place);
    let nowhere = || -> Stdio { File::options().write(true).open("/dev/null").unwrap().into() };
    let create = ["token", "create", "--organization", "1"];
    let outputs: [(Open, &str); 3] = [
        (gone, "the token cannot be shown, and was revoked: Broken pipe"),
        (full, "the token cannot be shown, and was revoked: No space left"),
        (nowhere, "stdout is /dev/null, where nobody sees the token: no token was created"),
    ];
    for (stdout, said) in outputs {
        let ended = print_to(stdout(), command_at(place, &create));
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.starts_with(&format!("apportion: {said}")), "{}", ended.stderr);
        assert_eq!(live(place), before, "{said}");
    }
    // Without an open stdout at all.
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" token create --organization 1 >&-"]);
    closed.arg(env!("CARGO_BIN_EXE_apportion")).env("APPORTION_DATABASE_URL", &place.url);
    assert_eq!(print_to(Stdio::piped(), closed).code, Some(1));
    assert_eq!(live(place), before);
}

fn the_id_of_an_organization_is_not_lost(place: &Place) {
    for (stdout, id) in [(gone(), 1), (full(), 2)] {
        let create = ["organization", "create", "--name", "A", "--currency", "EUR"];
        let ended = print_to(stdout, command_at(place, &create));
        let said =
            format!("apportion: organization {id} was created, but stdout cannot be written");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.starts_with(&said), "{}", ended.stderr);
    }
}

fn a_server_goes_on_unheard(place: &Place) {
    Tenant::make(place, "Acme");
    for stdout in [gone(), full()] {
        // The port is free again, and the next to take it is most likely the server.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut serve = command_at(place, &["serve", "--bind", &address.to_string()]);
        let mut server = serve.stdout(stdout).stderr(Stdio::null()).spawn().unwrap();
        let accepts = eventually(|| std::net::TcpStream::connect(address).is_ok());
        let status = accepts.then(|| send(address, "GET", "/health/live", &[], b"").status);
        let ended = server.try_wait().unwrap();
        let _ = server.kill();
        let _ = server.wait();
        assert_eq!((status, ended), (Some(200), None));
    }
}

/// A stderr that nobody reads changes no exit code.
fn nobody_hears_the_refusal(place: &Place) {
    for stderr in [gone(), full()] {
        let mut revoke = command_at(place, &["token", "revoke", "99"]);
        let status = revoke.stdout(Stdio::null()).stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(1));
    }
}
