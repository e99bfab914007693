//! The commands: what they print where, what they refuse, and in how many words.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use apportion_testing::Place;
use serde_json::Value;

use crate::client::Tenant;
use crate::house;
use crate::http::send;
use crate::program::{Ended, Server, command, command_at, eventually, finish, run};

apportion_testing::cases! {
    organizations_are_made,
    tokens_are_made_listed_and_revoked,
    refusals_are_one_line,
    results_alone_are_on_stdout,
    the_address_is_printed,
    flags_win_over_the_environment,
    it_ends_in_order,
    migrations_run_once,
    commands_start_together,
    servers_start_together,
    newer_schemas_are_refused;
    sqlite: files_are_private, other_files_are_left_alone;
    plain: bad_addresses_are_refused, bad_options_are_refused
}

fn organizations_are_made(place: &Place) {
    let create = ["organization", "create", "--name", "Acme", "--currency", "EUR"];
    assert_eq!(run(place, &create).ok(), "1\n");
    let with_zone = [create.as_slice(), &["--time-zone", "Europe/Vienna"]].concat();
    assert_eq!(run(place, &with_zone).ok(), "2\n");
    let token = run(place, &["token", "create", "--organization", "2"]).ok();
    let server = Server::start(place);
    let tenant = Tenant { organization: "2".to_owned(), token: token.trim_end().to_owned() };
    let attributes = &tenant.get(server.address(), "/organizations/2")["data"]["attributes"];
    assert_eq!(attributes["name"], "Acme");
    assert_eq!(attributes["currency"], "EUR");
    assert_eq!(attributes["time_zone"], "Europe/Vienna");
}

fn tokens_are_made_listed_and_revoked(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let other = Tenant::make(place, "Other");
    let create =
        ["token", "create", "--organization", "1", "--scope", "read", "--label", "for a\nreport"];
    let reader = run(place, &create).ok();
    assert!(reader.starts_with("apt_") && reader.lines().count() == 1, "{reader}");
    let reader = Tenant { token: reader.trim_end().to_owned(), ..tenant.clone() };

    let server = Server::start(place);
    let body =
        br#"{"data": {"type": "people", "attributes": {"first_name": "A", "last_name": "B"}}}"#;
    tenant.request(server.address(), "POST", "/people", body).expect(201);
    reader.request(server.address(), "POST", "/people", body).expect(403);
    reader.request(server.address(), "GET", "/people", b"").expect(200);
    let bound = ["token", "create", "--organization", "1", "--person", "1", "--scope", "admin"];
    run(place, &bound).ok();

    let list = |arguments: &[&str]| -> Vec<Value> {
        let printed = run(place, arguments).ok();
        for secret in [&tenant.token, &other.token, &reader.token] {
            assert!(!printed.contains(secret.as_str()) && !printed.contains("apt_"), "{printed}");
        }
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let field = |rows: &[Value], name: &str| -> Vec<String> {
        rows.iter().map(|row| row[name].to_string()).collect()
    };
    let rows = list(&["token", "list"]);
    assert_eq!(field(&rows, "id"), ["1", "2", "3", "4"]);
    assert_eq!(field(&rows, "organization"), ["1", "2", "1", "1"]);
    assert_eq!(field(&rows, "scope"), ["\"write\"", "\"write\"", "\"read\"", "\"admin\""]);
    assert_eq!(field(&rows, "person"), ["null", "null", "null", "1"]);
    assert_eq!(rows[2]["label"], "for a\nreport");
    assert!(field(&rows, "revoked_at").iter().all(|at| at == "null"), "{rows:?}");

    assert_eq!(run(place, &["token", "revoke", "3"]).ok(), "");
    let rows = list(&["token", "list", "--organization", "1"]);
    assert_eq!(field(&rows, "id"), ["1", "3", "4"]);
    assert!(rows[1]["revoked_at"].is_string() && rows[0]["revoked_at"].is_null(), "{rows:?}");
    let refused = || reader.request(server.address(), "GET", "/people", b"").status == 401;
    assert!(eventually(refused), "the token still counts");
    // Again, with no effect.
    assert_eq!(run(place, &["token", "revoke", "3"]).ok(), "");
    assert_eq!(list(&["token", "list", "--organization", "1"])[1], rows[1]);
}

fn refusals_are_one_line(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    Tenant::make(place, "Other");
    let server = Server::start(place);
    let body =
        br#"{"data": {"type": "people", "attributes": {"first_name": "A", "last_name": "B"}}}"#;
    tenant.request(server.address(), "POST", "/people", body).expect(201);
    let long = "x".repeat(256);
    let cases: &[(&str, &str)] = &[
        ("organization create --name A --currency XXQ", "currency must be an ISO 4217"),
        ("organization create --name A --currency eur", "currency must be an ISO 4217"),
        ("organization create --name A --currency EUR --time-zone Mars/Base", "time_zone must be"),
        ("organization create --name {long} --currency EUR", "name must be at most 255"),
        ("organization create --name= --currency X", "; name must not be empty"),
        ("token create --organization 99", "there is no organization 99"),
        ("token create --organization 0", "there is no organization 0"),
        ("token create --organization 1 --person 99", "there is no person 99"),
        // A person, but of the other organization.
        ("token create --organization 2 --person 1", "there is no person 1"),
        ("token revoke 99", "there is no token 99"),
        ("import --organization 99 deals.csv", "there is no organization 99"),
        ("serve --bind {taken}", "cannot listen on {taken}"),
    ];
    for (arguments, said) in cases {
        let fill = |text: &str| {
            text.replace("{long}", &long).replace("{taken}", &server.address().to_string())
        };
        let arguments = fill(arguments);
        let refusal = run(place, &arguments.split(' ').collect::<Vec<_>>()).refusal();
        assert!(refusal.starts_with("apportion: "), "{arguments}: {refusal}");
        assert!(refusal.contains(&fill(said)), "{arguments}: {refusal}");
    }
    let tokens = run(place, &["token", "list"]).ok();
    assert_eq!(tokens.lines().count(), 2, "a refused token was made: {tokens}");
}

fn results_alone_are_on_stdout(place: &Place) {
    let migrated = run(place, &["migrate"]);
    assert!(migrated.stderr.contains("migrations were run"), "{migrated:?}");
    assert_eq!(migrated.ok(), "");
    let mut chatty =
        command_at(place, &["organization", "create", "--name", "A", "--currency", "EUR"]);
    chatty.env("APPORTION_LOG", "trace");
    assert_eq!(finish(chatty).ok(), "1\n");
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    tenant.get(server.address(), "/deals");
    let log = server.log();
    let requests = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let requests: Vec<Value> =
        requests.filter(|line| line["target"] == "apportion::access").collect();
    assert_eq!(requests.len(), 1, "{log}");
    assert_eq!(requests[0]["route"], "/api/v2/deals");
    assert!(!log.contains(&tenant.token), "a token in the log");
    let (_, printed) = server.terminate();
    assert_eq!(printed, "", "stdout holds results only");
}

fn the_address_is_printed(place: &Place) {
    // Server::start reads the one line, and fails unless it is `listening on http://ADDRESS`.
    let server = Server::start(place);
    assert!(server.address().ip().is_loopback() && server.address().port() != 0);
    let ready = send(server.address(), "GET", "/health/ready", &[], b"");
    assert_eq!(ready.status, 200);
    assert_eq!(ready.header("content-type"), Some("application/vnd.api+json"));
}

fn flags_win_over_the_environment(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let log = place.directory().join("server.log");
    let mut by_environment = command_at(place, &["serve"]);
    by_environment
        .env("APPORTION_BIND", "127.0.0.1:0")
        .env("APPORTION_PUBLIC_URL", "https://a.example/");
    let server = Server::spawn(by_environment, &log);
    let document = tenant.get(server.address(), "/deals");
    let first = document["links"]["first"].as_str().unwrap();
    assert!(first.starts_with("https://a.example/api/v2/deals?"), "{first}");
    drop(server);

    let arguments = [
        "serve",
        "--bind",
        "127.0.0.1:0",
        "--public-url",
        "https://b.example",
        "--database-url",
        &place.url,
    ];
    let mut by_flag = command(place.directory(), &arguments);
    by_flag
        .env("APPORTION_BIND", "nonsense")
        .env("APPORTION_DATABASE_URL", "nonsense")
        .env("APPORTION_PUBLIC_URL", "https://a.example");
    let server = Server::spawn(by_flag, &log);
    let document = tenant.get(server.address(), "/deals");
    let first = document["links"]["first"].as_str().unwrap();
    assert!(first.starts_with("https://b.example/api/v2/deals?"), "{first}");
}

fn it_ends_in_order(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    tenant.get(server.address(), "/deals");
    let (code, _) = server.terminate();
    assert_eq!(code, Some(0));
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
    const ROUNDS: usize = 12;
    const AT_ONCE: usize = 4;
    for round in 0..ROUNDS {
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
        ("mysql://u:secret@127.0.0.1/x", "'mysql://127.0.0.1/x' is no database URL"),
        ("u:secret@127.0.0.1/x", known),
        ("file:apportion.db", known),
        ("", known),
        ("sqlite://", "names no file"),
        ("sqlite::memory:", "names no file"),
        ("sqlite://apportion.db?mode=memory", "names no file"),
        ("sqlite://{here}", "Is a directory"),
        (
            "sqlite://nowhere/apportion.db",
            "cannot open sqlite://nowhere/apportion.db: No such file",
        ),
        ("postgres://127.0.0.1:1/x", "cannot open postgres://127.0.0.1:1/x: connection to server"),
        (
            "postgres://u:secret@127.0.0.1:1/x?password=secret",
            "cannot open postgres://127.0.0.1:1/x",
        ),
        ("postgres://u:secret@[::1/x", "cannot open postgres://[::1/x"),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (url, said) in cases {
        let url = url.replace("{here}", &directory.path().display().to_string());
        let by_flag = |rest: &[&str]| {
            let flag = ["--database-url", url.as_str()];
            command(directory.path(), &[rest, &flag].concat())
        };
        let mut by_environment = command(directory.path(), &["migrate"]);
        by_environment.env("APPORTION_DATABASE_URL", &url);
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

fn bad_options_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["serve", "--bind", "localhost"], "invalid value 'localhost' for '--bind"),
        (&["serve", "--public-url", "example.com"], "write it as https://HOST or http://HOST"),
        (&["token", "create", "--organization", "1", "--scope", "root"], "[possible values: read"),
        (&["import", "--organization", "1"], "<FILES>..."),
        (&["destroy"], "unrecognized subcommand 'destroy'"),
    ];
    for (arguments, said) in cases {
        let ended = finish(command(directory.path(), arguments));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
