//! Options by flag, environment and file: which wins, what a file may hold, how a file that is at
//! fault is refused, and what a server says of its settings.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use apportion_server::store::Address;
use apportion_testing::http::{Answer, send};
use apportion_testing::{Backend, Place};

use crate::client::{JSON_API, Tenant};
use crate::program::{Ended, Server, command, command_at, eventually, finish};

apportion_testing::cases! {
    flags_win_over_the_environment_over_the_file,
    a_server_says_what_it_is,
    limits_are_kept;
    plain:
    the_file_may_be_named,
    every_option_can_be_in_the_file,
    files_at_fault_are_refused
}

/// A file with `text` in a directory.
fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

/// A server on the database of a place, on a free port.
fn serve(place: &Place, more: &[&str]) -> Command {
    command_at(place, &[&["serve", "--bind", "127.0.0.1:0"], more].concat())
}

fn flags_win_over_the_environment_over_the_file(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let log = place.directory().join("server.log");
    // The file alone gives the database and the address, beside the link.
    let text = format!(
        "# What this server is.\ndatabase-url = \"{}\"\nbind = \"127.0.0.1:0\"\n\
         public-url = 'https://file.example'\n",
        place.url
    );
    write(place.directory(), "apportion.toml", &text);
    let by = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = command(place.directory(), &["serve"]);
        if let Some(value) = variable {
            command.env("APPORTION_PUBLIC_URL", value);
        }
        if let Some(value) = flag {
            command.args(["--public-url", value]);
        }
        let server = Server::spawn(command, &log);
        let document = tenant.get(server.address(), "/deals");
        document["links"]["first"].as_str().unwrap().to_owned()
    };
    let (variable, flag) = (Some("https://variable.example"), Some("https://flag.example"));
    for (first, begins) in [
        (by(None, None), "https://file.example/api"),
        (by(variable, None), "https://variable.example/api"),
        (by(None, flag), "https://flag.example/api"),
        (by(variable, flag), "https://flag.example/api"),
    ] {
        assert!(first.starts_with(begins), "{first}");
    }
}

/// One line has all that somebody who looks at a server asks first, and no password; in the log it
/// has the limits too.
fn a_server_says_what_it_is(place: &Place) {
    let usual = Server::start(place);
    let version = env!("CARGO_PKG_VERSION");
    let database = place.url.parse::<Address>().unwrap().to_string();
    let said = usual.about.clone();
    let words: Vec<&str> = said.split(", ").collect();
    let [program, named, schema, engine] = words[..] else { panic!("{said}") };
    assert_eq!(program, format!("apportion {version}"));
    assert_eq!(named, format!("database {database}"));
    let newest = std::fs::read_dir(crate::house::root().join("migrations/sqlite")).unwrap();
    let newest = newest.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let newest = newest.filter_map(|name| name.split_once('_').map(|(it, _)| it.to_owned())).max();
    assert_eq!(schema.strip_prefix("schema ").map(str::to_owned), newest, "{said}");
    assert_eq!(engine, "engine every 30 s");
    let line = format!("{said}, limits: threads by the machine, queue 1024, patience 2s, ");
    assert!(eventually(|| usual.log().contains(&line)), "{}", usual.log());
    assert!(!usual.log().contains("usually"), "{}", usual.log());
    drop(usual);

    let log = place.directory().join("server.log");
    write(place.directory(), "apportion.toml", "queue = 7\nbody-limit = \"1MiB\"\n");
    let mut other = serve(place, &["--engine-interval", "off", "--patience", "3s"]);
    if place.backend == Backend::Postgres {
        let url = place.url.replace("apportion@", "apportion:secret@");
        other.env("APPORTION_DATABASE_URL", url);
    }
    let server = Server::spawn(other, &log);
    assert!(server.about.ends_with(", engine off"), "{}", server.about);
    let unusual = "queue 7 (usually 1024), patience 3s (usually 2s), statement-limit 5s, ";
    assert!(eventually(|| server.log().contains(unusual)), "{}", server.log());
    assert!(!server.about.contains("secret") && !server.log().contains("secret"));
}

fn limits_are_kept(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let log = place.directory().join("server.log");
    let limits = ["--body-limit", "2KiB", "--threads", "1"];
    let rates = ["--token-rate", "3", "--organization-rate", "9", "--stranger-rate", "2"];
    let others = ["--probe-rate", "1", "--report-units", "7", "--report-income", "3"];
    let server = Server::spawn(serve(place, &[&limits[..], &rates, &others].concat()), &log);
    let headers = [("X-Auth-Token", tenant.token.as_str()), ("Content-Type", JSON_API)];
    let post = |length: usize| {
        let start = r#"{"data": {"type": "deals", "attributes": {"name": "D"}}}"#;
        let body = format!("{start}{}", " ".repeat(length - start.len()));
        send(server.address(), "POST", "/api/v2/deals", &headers, body.as_bytes())
    };
    post(2_048).expect(201);
    let large = post(2_049).expect(413).json();
    let detail = large["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("at most 2048 bytes"), "{detail}");
    let told = |answer: &Answer| answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    let said = told(&(post(100).expect(201), post(100).expect(429)).1);
    assert!(said.starts_with("At most 3 requests with one token are served in 10 s"), "{said}");
    let other = Tenant::make(place, "Other");
    let checks = || other.request(server.address(), "GET", "/checks", b"");
    let said = told(&(checks().expect(200), checks().expect(429)).1);
    assert!(said.contains("; 3 come back each second, up to 7; "), "{said}");
    let stranger = || send(server.address(), "GET", "/api/v2/deals", &[], b"");
    let said = told(&(stranger().expect(401), stranger().expect(401), stranger().expect(429)).2);
    assert!(said.starts_with("At most 2 requests without a valid token"), "{said}");
    let probe = || send(server.address(), "GET", "/health/ready", &[], b"");
    let refused = (0..9).map(|_| probe()).find(|answer| answer.status == 429).unwrap();
    let said = told(&refused);
    assert!(said.starts_with("At most 1 requests to probes from one address"), "{said}");
}

fn refused(ended: Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    ended.stderr
}

/// `--config` and its variable name a file, which must be there; every command reads it.
fn the_file_may_be_named() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    write(at, "apportion.toml", "database-url = 'sqlite://usual.db'");
    write(at, "mine.toml", "database-url = 'sqlite://mine.db'");
    let create = ["organization", "create", "--name", "A", "--currency", "EUR"];
    finish(command(at, &create)).ok();
    finish(command(at, &[&["--config", "mine.toml"], &create[..]].concat())).ok();
    let mut by_variable = command(at, &create);
    by_variable.env("APPORTION_CONFIG", "mine.toml");
    assert_eq!(finish(by_variable).ok(), "2\n", "the second in mine.db");
    // A flag stands before or behind the command.
    assert_eq!(finish(command(at, &[&create[..], &["--config=mine.toml"]].concat())).ok(), "3\n");
    for name in ["usual.db", "mine.db"] {
        assert!(at.join(name).is_file(), "{name}");
    }
    assert!(!at.join("apportion.db").exists());
    let said = refused(finish(command(at, &["--config", "none.toml", "openapi"])));
    assert!(said.starts_with("apportion: none.toml cannot be read: No such file"), "{said}");
    std::fs::remove_file(at.join("apportion.toml")).unwrap();
    std::fs::create_dir(at.join("apportion.toml")).unwrap();
    let said = refused(finish(command(at, &["openapi"])));
    assert!(said.starts_with("apportion: apportion.toml cannot be read: "), "{said}");
    // The help is of the program, not of the file.
    finish(command(at, &["serve", "--help"])).ok();
}

/// The line of a server with a file that has all options.
const SAID: &str = "engine every 300 s, limits: threads 3 (usually by the machine), \
                    queue 10 (usually 1024), patience 1s (usually 2s), \
                    statement-limit 2s (usually 5s), \
                    request-limit 3s (usually 10s), body-limit 64KiB (usually 1MiB), \
                    head-time 1s (usually 5s), body-time 2s (usually 10s), \
                    rewrite-limit 11 (usually 10000), comparison-limit 12 (usually 5000000), \
                    slice-limit 13 (usually 100000000), ledger-memory 1GiB (usually 256MiB), \
                    report-memory 2MiB (usually 256MiB), answer-memory 1MiB (usually 128MiB), \
                    drain-delay 1s (usually 0s), token-rate 7 (usually 100), \
                    organization-rate 50000 (usually 4000), stranger-rate 25 (usually 20), \
                    probe-rate 26 (usually 20), report-units 27 (usually 1500), \
                    report-income 28 (usually 50)";

/// Each option of `serve` that has a variable is a key, and no other.
fn every_option_can_be_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let help = finish(command(at, &["serve", "--help"])).ok();
    let mut flags = BTreeSet::new();
    let mut flag = "";
    for line in help.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("--") {
            flag = rest.split([' ', '[']).next().unwrap();
        }
        if line.contains("[env: APPORTION_") && flag != "config" {
            flags.insert(flag.to_owned());
        }
    }
    let text = r#"
        database-url = "sqlite://all.db"
        bind = "[::1]:0"
        public-url = "https://a.example"
        cors-origin = ["https://b.example", "https://c.example"]
        trusted-proxy = ["10.0.0.5"]
        no-rate-limit = true
        allow-superuser = true
        engine-interval = "5m"
        metrics-bind = "127.0.0.1:0"
        threads = 3
        queue = 10
        patience = "1s"
        statement-limit = "2s"
        request-limit = "3s"
        body-limit = "64KiB"
        head-time = "1s"
        body-time = "2s"
        rewrite-limit = 11
        comparison-limit = 12
        slice-limit = 13
        ledger-memory = "1GiB"
        report-memory = "2MiB"
        answer-memory = "1MiB"
        drain-delay = "1s"
        token-rate = 7
        organization-rate = 50000
        stranger-rate = 25
        probe-rate = 26
        report-units = 27
        report-income = 28
        log = "debug"
    "#;
    let keys = text.lines().filter_map(|line| Some(line.split_once(" = ")?.0.trim().to_owned()));
    assert_eq!(keys.collect::<BTreeSet<_>>(), flags);
    write(at, "apportion.toml", text);
    let server = Server::spawn(command(at, &["serve"]), &at.join("server.log"));
    assert!(server.address().is_ipv6() && at.join("all.db").is_file(), "{}", server.about);
    assert!(server.about.ends_with("engine every 300 s"), "{}", server.about);
    assert!(eventually(|| server.log().contains(SAID)), "{}", server.log());
    for origin in ["https://b.example", "https://c.example"] {
        let answer = send(server.address(), "GET", "/health/live", &[("Origin", origin)], b"");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    }
    // Without rates, more than 25 requests of a stranger are answered.
    for _ in 0..30 {
        send(server.address(), "GET", "/api/v2/deals", &[], b"").expect(401);
    }
    assert_eq!(server.terminate().0, Some(0));
}

fn files_at_fault_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let unknown = "means nothing; use one of allow-superuser, answer-memory, bind, ";
    let cases = [
        ("secrets = 'secret'", "the key secrets means nothing; use one of allow-superuser, "),
        ("config = 'secret'", unknown),
        ("demo = true", unknown),
        ("help = true", unknown),
        ("no_rate_limit = true", unknown),
        ("[serve]\nbind = 'secret'", "the key serve means nothing"),
        ("'postgres://a:secret@b' = 1", "the key with other characters than letters, digits, "),
        ("bind = 'secret'", "the value of bind is not accepted: write it as ADDRESS:PORT, such as"),
        ("bind = 8080", "bind is not accepted: write a text in double quotes, such as \"127.0.0.1"),
        ("bind = ''", "the value of bind is not accepted: write it as ADDRESS:PORT"),
        ("bind = { secret = 1 }", "bind is not accepted: write a text in double quotes"),
        ("public-url = 'secret'", "public-url is not accepted: write it as https://HOST or"),
        ("public-url = ''", "public-url is not accepted: write it as https://HOST or"),
        ("cors-origin = 'secret'", "cors-origin is not accepted: write it as https://HOST or"),
        ("cors-origin = ['secret']", "cors-origin is not accepted: write it as https://HOST or"),
        ("cors-origin = [1]", "cors-origin is not accepted: write a list of texts"),
        ("cors-origin = 1", "cors-origin is not accepted: write a list of texts, as [\""),
        ("cors-origin = ['https://A/secret']", "an origin must have no path, not even '/'"),
        ("trusted-proxy = ['secret']", "trusted-proxy is not accepted: write it as 10.0.0.5 or"),
        ("no-rate-limit = 'secret'", "no-rate-limit is not accepted: write true or false"),
        ("allow-superuser = 1", "allow-superuser is not accepted: write true or false"),
        ("engine-interval = '0s'", "engine-interval is not accepted: write it as 30s, 5m, 1h or"),
        ("queue = 0", "queue is not accepted: write a whole number from 1 to 1000000"),
        ("queue = 1000001", "queue is not accepted: write a whole number from 1 to 1000000"),
        ("queue = -1", "queue is not accepted: write a whole number from 1 to 1000000"),
        ("queue = '10'", "queue is not accepted: write a whole number, without quotes"),
        ("queue = 1.5", "queue is not accepted: write a whole number, without quotes"),
        ("threads = 0", "threads is not accepted: write a whole number from 1 to 1024"),
        ("patience = 2", "patience is not accepted: write a text in double quotes, such as \"2s\""),
        ("patience = '2 secret'", "patience is not accepted: write it as 30s, 5m or 1h, from 1s"),
        ("statement-limit = '1s'", "write it as 30s, 5m or 1h, from 2s to 300s"),
        ("request-limit = '11m'", "write it as 30s, 5m or 1h, from 2s to 600s"),
        ("body-limit = '65MiB'", "write it as 64KiB, 16MiB or 1GiB, from 1KiB to 64MiB"),
        ("ledger-memory = '0MiB'", "write it as 64KiB, 16MiB or 1GiB, from 1MiB to 1024GiB"),
        ("answer-memory = 2026-01-01", "answer-memory is not accepted: write a text in double"),
        ("drain-delay = '2h'", "write it as 30s, 5m or 1h, from 0s to 3600s"),
        ("database-url = 'mysql://secret'", "the value of database-url is not accepted: "),
        ("database-url = 'postgres://a:secret%@b/c'", "database-url is not accepted: "),
        ("database-url = ['secret']", "database-url is not accepted: write a text in double"),
        ("# fine\nbind = secret", "line 2 is not TOML; write KEY = VALUE, with texts in double"),
        ("bind = 'secret'\nbind = 'secret'", "line 2 is not TOML"),
        ("postgres://a:secret@b", "line 1 is not TOML"),
        ("queue = 1\nbind = \"secret", "line 2 is not TOML"),
    ];
    for (text, said) in cases {
        write(at, "apportion.toml", text);
        for arguments in [&["serve"][..], &["check"], &["openapi"]] {
            let message = refused(finish(command(at, arguments)));
            assert!(message.starts_with("apportion: apportion.toml: "), "{text}: {message}");
            assert!(message.contains(said), "{text}: {message}");
            assert!(!message.replace("the key secrets", "").contains("secret"), "{message}");
        }
    }
    // What would win over the file does not make it right.
    write(at, "apportion.toml", "bind = 'secret'");
    refused(finish(command(at, &["serve", "--bind", "127.0.0.1:0"])));
    let left = std::fs::read_dir(at).unwrap().count();
    assert_eq!(left, 1, "a database was made");
    // By flag and environment the same values are refused, with the same words.
    std::fs::remove_file(at.join("apportion.toml")).unwrap();
    let flag = finish(command(at, &["serve", "--queue", "0"]));
    assert_eq!(flag.code, Some(2));
    assert!(flag.stderr.contains("write a whole number from 1 to 1000000"), "{}", flag.stderr);
    let mut variable = command(at, &["serve"]);
    variable.env("APPORTION_DRAIN_DELAY", "forever");
    let ended = finish(variable);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("'--drain-delay <TIME>': write it as 30s"), "{}", ended.stderr);
}
