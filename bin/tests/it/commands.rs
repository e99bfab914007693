//! The commands: what they print where, what they refuse, and in how many words.

use std::time::{Duration, Instant};

use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::Value;

use crate::client::Tenant;
use crate::program::{Server, command, command_at, eventually, finish, run};
use apportion_testing::http::send;

apportion_testing::cases! {
    organizations_are_made,
    tokens_are_made_listed_and_revoked,
    refusals_are_one_line,
    results_alone_are_on_stdout,
    the_log_says_who_asked,
    the_address_is_printed,
    flags_win_over_the_environment,
    it_ends_in_order;
    sqlite: commands_wait_for_who_writes;
    plain: bad_options_are_refused, misspelt_variables_are_refused, levels_of_the_log_exist
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
    let answer = tenant.request(server.address(), "GET", "/deals", b"").expect(200);
    // The line comes after the answer.
    assert!(eventually(|| server.log().contains("apportion::access")));
    let log = server.log();
    let requests = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let requests: Vec<Value> =
        requests.filter(|line| line["target"] == "apportion::access").collect();
    assert_eq!(requests.len(), 1, "{log}");
    assert_eq!(requests[0]["route"], "/api/v2/deals");
    assert_eq!(requests[0]["request_id"].as_str(), answer.header("x-request-id"));
    assert!(!log.contains(&tenant.token), "a token in the log");
    let (_, printed) = server.terminate();
    assert_eq!(printed, "", "stdout holds results only");
}

/// Both lines of a request that is refused have its id; the access line says who sent it.
fn the_log_says_who_asked(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let mut logging = command_at(place, &["serve", "--bind", "127.0.0.1:0"]);
    logging.env("APPORTION_LOG", "debug").env("APPORTION_TRUSTED_PROXIES", "::1,127.0.0.1");
    let server = Server::spawn(logging, &place.directory().join("server.log"));
    let ask = |token: &str, client: &str| {
        let headers = [("X-Auth-Token", token), ("X-Forwarded-For", client)];
        send(server.address(), "GET", "/api/v2/deals/9?sort=x", &headers, b"")
    };
    let missing = ask(&tenant.token, "198.51.100.1, 192.0.2.7").expect(404);
    let stranger = ask("x", "2001:db8::7").expect(401);
    // A client cannot forge a line, nor a member of one.
    let forged = ask(&tenant.token, "192.0.2.9\", \"token\": 7, \"x\": \"").expect(404);
    let lines = |target: &str| -> Vec<Value> {
        let log = server.log();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == target).collect()
    };
    assert!(eventually(|| lines("apportion::access").len() == 3), "{}", server.log());
    let access = lines("apportion::access");
    let errors = lines("apportion_server::http::reply");
    assert_eq!(errors.len(), 3, "{}", server.log());
    for (at, answer) in [&missing, &stranger, &forged].iter().enumerate() {
        let request = answer.header("X-Request-Id").unwrap();
        assert_eq!(
            (&access[at]["request_id"], &errors[at]["request_id"]),
            (&request.into(), &request.into())
        );
        let id = answer.json()["errors"][0]["id"].clone();
        assert_eq!((&errors[at]["error_id"], &id), (&id, &format!("{request}-1").into()));
    }
    let who = |at: usize| {
        ["client", "token", "organization"].map(|name| access[at][name].to_string()).join(" ")
    };
    assert_eq!(who(0), "\"192.0.2.7\" 1 1");
    assert_eq!(who(1), "\"2001:db8::7\" 0 0");
    assert_eq!(who(2), "\"127.0.0.1\" 1 1");
    assert!(!server.log().contains(&tenant.token), "a token in the log");
}

fn the_address_is_printed(place: &Place) {
    // Server::start reads two lines, and fails unless the second is `listening on http://ADDRESS`.
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

/// While an import writes, tokens are listed, and made and revoked after it.
fn commands_wait_for_who_writes(place: &Place) {
    Tenant::make(place, "Acme");
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let mut writer = SqliteConnection::establish(path).unwrap();
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    std::fs::write(place.directory().join("deals.csv"), "name\nD\n").unwrap();
    let reading: [&[&str]; 5] = [
        &["token", "list"],
        &["check"],
        &["migrate"],
        &["tick", "--dry-run"],
        &["import", "--organization", "1", "--dry-run", "deals.csv"],
    ];
    for arguments in reading {
        run(place, arguments).ok();
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    let create = ["organization", "create", "--name", "A", "--currency", "EUR"];
    let writing: [&[&str]; 4] = [
        &["token", "revoke", "1"],
        &["token", "create", "--organization", "1"],
        &create,
        &["import", "--organization", "1", "deals.csv"],
    ];
    let ended: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> =
            writing.iter().map(|arguments| scope.spawn(|| run(place, arguments))).collect();
        // Longer than a request waits.
        std::thread::sleep(Duration::from_secs(4));
        assert!(all.iter().all(|one| !one.is_finished()), "it did not wait");
        writer.batch_execute("COMMIT").unwrap();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for ended in ended {
        ended.ok();
    }
}

fn bad_options_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["serve", "--bind", "localhost"], "invalid value 'localhost' for '--bind"),
        (&["serve", "--trusted-proxy", "proxy"], "invalid value 'proxy' for '--trusted-proxy"),
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
    // A URL that stands where none belongs is not repeated.
    for arguments in [
        ["serve", "postgres://u:secret@h/x"],
        ["--database-urll=postgres://u:secret@h/x", "check"],
        ["postgres://u:secret@h/x", "check"],
        ["token", "--id=mysql://u:secret@h"],
    ] {
        let ended = finish(command(directory.path(), &arguments));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// A misspelt variable would have another database served than the one that was meant.
fn misspelt_variables_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 7] = [
        &["serve", "--bind", "127.0.0.1:0"],
        &["migrate"],
        &["openapi"],
        &["token", "list"],
        &["tick"],
        &["check"],
        &["organization", "create", "--name", "A", "--currency", "EUR"],
    ];
    for arguments in commands {
        let mut misspelt = command(directory.path(), arguments);
        misspelt.env("APPORTION_DATABASE_URI", "sqlite://secret.db");
        let ended = finish(misspelt);
        let said = "apportion: the environment has APPORTION_DATABASE_URI, which means nothing; \
                    use one of APPORTION_ALLOW_SUPERUSER, ";
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.stderr.starts_with(said), "{}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

fn levels_of_the_log_exist() {
    let directory = tempfile::tempdir().unwrap();
    let ended = |levels: &str| {
        let mut logging = command(directory.path(), &["openapi"]);
        logging.env("APPORTION_LOG", levels);
        finish(logging)
    };
    for levels in ["verbose", "info,verbose", "apportion_store=loud", "1", ",", "info/a/b"] {
        let ended = ended(levels);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{levels}");
        assert!(ended.stderr.contains("off, error, warn, info, debug, trace"), "{}", ended.stderr);
    }
    for levels in ["", "off", "WARN", "warn,apportion_store=debug", "info/deals"] {
        assert_eq!(ended(levels).code, Some(0), "{levels}");
    }
}
