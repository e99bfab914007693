//! Whatever database it is pointed at: a new one, one that others open at the same time, one of a
//! later version, something that is none.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use apportion_testing::Place;
use serde_json::json;

use crate::client::{Tenant, document};
use crate::house;
use crate::program::{Ended, Server, command, finish, run};
use apportion_testing::http::send;

apportion_testing::cases! {
    migrations_run_once,
    commands_start_together,
    servers_start_together,
    newer_schemas_are_refused;
    sqlite: files_are_private, locks_are_kept, other_files_are_left_alone,
        commands_that_read_make_no_file, a_command_leaves_no_log, the_log_of_an_import_is_bounded;
    plain: bad_addresses_are_refused
}

fn migrations_run_once(place: &Place) {
    let first = run(place, &["migrate"]);
    assert!(!first.stderr.contains("\"0 migrations were run"), "{}", first.stderr);
    first.ok();
    let second = run(place, &["migrate"]);
    assert!(second.stderr.contains("\"0 migrations were run"), "{}", second.stderr);
    second.ok();
}

fn commands_start_together(place: &Place) {
    /// The number of databases of a whole run.
    const ROUNDS: usize = 12;
    const AT_ONCE: usize = 4;
    for round in 0..apportion_testing::rounds(ROUNDS) {
        let fresh = fresh(place, &format!("commands {round}"));
        let migrate = || {
            let migrate = ["migrate", "--database-url", &fresh];
            finish(command(place.directory(), &migrate))
        };
        let ended: Vec<Ended> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(migrate)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let did = ended.iter().filter(|one| !one.stderr.contains("\"0 migrations were run"));
        assert_eq!(did.count(), 1, "round {round}: {ended:?}");
        assert!(ended.iter().all(|one| one.code == Some(0)), "round {round}: {ended:?}");
    }
}

fn servers_start_together(place: &Place) {
    let fresh = fresh(place, "servers");
    let start = |name: &str| {
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--database-url", &fresh];
        Server::spawn(command(place.directory(), &arguments), &place.directory().join(name))
    };
    let servers = std::thread::scope(|scope| {
        let all = ["one.log", "other.log"].map(|name| scope.spawn(move || start(name)));
        all.map(|one| one.join().unwrap())
    });
    for server in servers {
        let ready = send(server.address(), "GET", "/health/ready", &[], b"");
        assert_eq!(ready.status, 200, "{}", server.log());
    }
    let again = finish(command(place.directory(), &["migrate", "--database-url", &fresh]));
    assert!(again.stderr.contains("\"0 migrations were run"), "{}", again.stderr);
}

/// The URL of an empty database of its own.
fn fresh(place: &Place, name: &str) -> String {
    match place.cluster() {
        Some(cluster) => cluster.database(name),
        None => format!("sqlite://{}/{name}.db", place.directory().display()),
    }
}

/// On SQLite, locks belong to a process, and any file that it closes takes all of its locks on it
/// along. Without that on the database, programs of older releases take the log away under the
/// server when they end, and what is written from then on is lost.
fn locks_are_kept(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    for round in 0..3 {
        let body = document("deals", json!({"name": format!("deal {round}"), "value": 100}), &[]);
        tenant.request(server.address(), "POST", "/deals", &body).expect(201);
        // Reads have connections of their own.
        tenant.get(server.address(), "/deals");
        run(place, &["token", "list"]).ok();
        let locks = locks(&sqlite_file(place));
        assert!(locks.iter().any(|lock| lock.contains("READ 1073741826")), "{round}: {locks:?}");
    }
}

/// The locks on a file, as the kernel tells: what kind, and the first and last byte.
fn locks(path: &Path) -> Vec<String> {
    let inode = format!(":{}", std::fs::metadata(path).unwrap().ino());
    let all = std::fs::read_to_string("/proc/locks").unwrap();
    let of = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [.., kind, _, file, first, last] = fields.as_slice() else { return None };
        file.ends_with(&inode).then(|| format!("{kind} {first} {last}"))
    };
    all.lines().filter_map(of).collect()
}

fn newer_schemas_are_refused(place: &Place) {
    run(place, &["migrate"]).ok();
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    match place.cluster() {
        Some(cluster) => drop(cluster.query(&place.url, later)),
        None => pretend_newer(place),
    }
    for arguments in [
        "migrate",
        "serve --bind 127.0.0.1:0",
        "organization create --name A --currency EUR",
        "token list",
        "import --organization 1 deals.csv",
    ] {
        let refusal = run(place, &arguments.split(' ').collect::<Vec<_>>()).refusal();
        assert!(refusal.contains("schema 99999999999999, which is newer"), "{refusal}");
    }
}

/// Without a driver: the last step's version is overwritten in the file with one as long.
fn pretend_newer(place: &Place) {
    let steps = house::names("migrations/sqlite").into_iter();
    let last = steps.filter_map(|name| Some(name.split_once('_')?.0.to_owned())).max().unwrap();
    let (file, later) = (sqlite_file(place), "9".repeat(last.len()));
    let mut bytes = std::fs::read(&file).unwrap();
    let mut found = 0;
    for at in 0..bytes.len() - last.len() {
        if bytes[at..].starts_with(last.as_bytes()) {
            bytes[at..at + last.len()].copy_from_slice(later.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "{last} is not in the file");
    std::fs::write(file, bytes).unwrap();
}

fn files_are_private(place: &Place) {
    let mut serve = Command::new("sh");
    let run = "umask 000; exec \"$0\" serve --bind 127.0.0.1:0";
    serve.args(["-c", run, env!("CARGO_BIN_EXE_apportion")]);
    serve.env("APPORTION_DATABASE_URL", &place.url);
    let server = Server::spawn(serve, &place.directory().join("server.log"));
    // Opens a connection, and with it the write-ahead log.
    assert_eq!(send(server.address(), "GET", "/health/ready", &[], b"").status, 200);
    let mut modes = Vec::new();
    for entry in std::fs::read_dir(place.directory()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("apportion.db") {
            modes.push((entry.metadata().unwrap().permissions().mode() & 0o777, name));
        }
    }
    modes.sort();
    assert!(modes.len() > 1, "only {modes:?}");
    assert!(modes.iter().all(|(mode, _)| *mode == 0o600), "{modes:?}");
}

/// A file that is something else is neither served nor changed.
fn other_files_are_left_alone(place: &Place) {
    let text = "This is no database, but long enough to be taken for one. ".repeat(100);
    std::fs::write(sqlite_file(place), &text).unwrap();
    for arguments in
        [["migrate"].as_slice(), &["token", "list"], &["serve", "--bind", "127.0.0.1:0"]]
    {
        let refusal = run(place, arguments).refusal();
        assert!(refusal.contains("file is not a database"), "{refusal}");
    }
    assert_eq!(std::fs::read_to_string(sqlite_file(place)).unwrap(), text);
}

fn sqlite_file(place: &Place) -> PathBuf {
    PathBuf::from(place.url.strip_prefix("sqlite://").unwrap())
}

fn bad_addresses_are_refused() {
    let known = "write sqlite://FILE or postgres://USER@HOST/NAME";
    let cases: &[(&str, &str)] = &[
        ("apportion.db", known),
        ("./data/apportion.db", known),
        ("{here}/apportion.db", known),
        ("mysql://u:secret@127.0.0.1/x", "'mysql' is not the scheme of a database"),
        ("u:secret@127.0.0.1/x", known),
        ("file:apportion.db", known),
        ("", known),
        ("sqlite://", "names no file"),
        ("sqlite::memory:", "names no file"),
        ("sqlite://apportion.db?mode=memory", "names no file"),
        ("sqlite://{here}", "is a directory"),
        (
            "sqlite://nowhere/apportion.db",
            "cannot open sqlite://nowhere/apportion.db: No such file",
        ),
        ("postgres://127.0.0.1:1/x", "cannot open postgres://127.0.0.1:1/x: connection to server"),
        (
            "postgres://u:secret@127.0.0.1:1/x?password=secret",
            "cannot open postgres://127.0.0.1:1/x",
        ),
        ("postgres://u:secret@[::1/x", "cannot be read: no HOST:PORT/NAME follows the user"),
        ("postgres://u:pa%zzsecret@h/x", "cannot be read: two hexadecimal digits follow each '%'"),
        ("postgres://u:secret/w@h/x", "cannot be read: no HOST:PORT/NAME follows the user"),
        ("postgres://u:p@secret@h/x", "cannot be read: no HOST:PORT/NAME follows the user"),
        ("postgres://h/x?password=secret=", "cannot be read: its parameters are not NAME=VALUE"),
        ("postgres://h/x?password=a&secret=b", "invalid URI query parameter: \"...\""),
        ("postgres://127.0.0.1:1/x?sslmode=secret", "invalid sslmode value: \"...\""),
        ("host=h password=secret", known),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (url, said) in cases {
        let url = url.replace("{here}", &directory.path().display().to_string());
        let by_flag = |rest: &[&str]| {
            let flag = ["--database-url", url.as_str()];
            command(directory.path(), &[rest, &flag].concat())
        };
        let mut by_environment = command(directory.path(), &["migrate"]);
        by_environment.env("APPORTION_DATABASE_URL", &url).env("APPORTION_LOG", "trace");
        let commands = [
            by_environment,
            by_flag(&["migrate"]),
            by_flag(&["token", "list"]),
            by_flag(&["organization", "create", "--name", "A", "--currency", "EUR"]),
            by_flag(&["serve", "--bind", "127.0.0.1:0"]),
        ];
        for command in commands {
            let refusal = finish(command).refusal();
            assert!(
                refusal.starts_with("apportion: ") && refusal.contains(said),
                "{url}: {refusal}"
            );
            assert!(!refusal.contains("secret"), "a password is shown: {refusal}");
        }
        let left = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 0, "{url} left a file");
    }
}

/// A misspelt address is no new database to them.
fn commands_that_read_make_no_file(place: &Place) {
    let directory = place.directory().join("empty");
    std::fs::create_dir(&directory).unwrap();
    let commands: [&[&str]; 6] = [
        &["check"],
        &["tick"],
        &["token", "list"],
        &["token", "revoke", "1"],
        &["backup", "copy.db"],
        &["import", "--organization", "1", "deals.csv"],
    ];
    for arguments in commands {
        let arguments = [arguments, &["--database-url", "sqlite://misspelt.db"]].concat();
        let ended = finish(command(&directory, &arguments));
        assert!(ended.code.is_some_and(|code| code != 0), "{arguments:?}: {ended:?}");
        let left = std::fs::read_dir(&directory).unwrap().map(|it| it.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), [""; 0], "{arguments:?}");
    }
}

/// The file alone has all that a command wrote, so that it can be copied.
fn a_command_leaves_no_log(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let deals = place.directory().join("deals.csv");
    std::fs::write(&deals, "name,value\nD,1\n").unwrap();
    let organization = tenant.organization.as_str();
    let commands: [&[&str]; 5] = [
        &["organization", "create", "--name", "B", "--currency", "EUR"],
        &["token", "create", "--organization", organization, "--scope", "read"],
        &["token", "revoke", "1"],
        &["import", "--organization", organization, deals.to_str().unwrap()],
        &["tick"],
    ];
    for arguments in commands {
        run(place, arguments).ok();
        let log = std::fs::metadata(format!("{path}-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "{arguments:?}");
    }
}

/// One transaction is as large in the log as it is; afterwards the log is cut, although a server
/// has it open.
fn the_log_of_an_import_is_bounded(place: &Place) {
    const MOST: u64 = 32 * 1024 * 1024;
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let log = || std::fs::metadata(format!("{path}-wal")).unwrap().len();
    let deals = place.directory().join("deals.csv");
    let name = "Deal".repeat(50);
    let lines: String = (0..70_000).map(|at| format!("{name} {at},1\n")).collect();
    std::fs::write(&deals, format!("name,value\n{lines}")).unwrap();
    let import = ["import", "--organization", &tenant.organization, deals.to_str().unwrap()];
    let largest = std::thread::scope(|scope| {
        let importing = scope.spawn(|| run(place, &import).ok());
        let mut largest = 0;
        while !importing.is_finished() {
            largest = largest.max(log());
            std::thread::sleep(Duration::from_millis(1));
        }
        importing.join().unwrap();
        largest
    });
    assert!(largest > MOST, "{largest} bytes are no test");
    tenant.request(
        server.address(),
        "POST",
        "/deals",
        &document("deals", json!({"name": "D"}), &[]),
    );
    assert!(log() <= MOST, "{} bytes", log());
}
