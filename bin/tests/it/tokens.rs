//! Tokens that expire, and tokens that replace others.

use std::process::Stdio;

use apportion_testing::Place;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::client::Tenant;
use crate::program::{Server, command, command_at, eventually, finish, run};

apportion_testing::cases! {
    tokens_expire, one_replaces_another, what_cannot_be_replaced_is_said,
    a_token_that_nobody_saw_replaces_none;
    plain: bad_times_are_refused
}

/// The tokens as `token list` has them.
fn list(place: &Place) -> Vec<Value> {
    let list = run(place, &["token", "list"]).ok();
    list.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The end of a token.
fn end(place: &Place, id: i64) -> Option<DateTime<Utc>> {
    let rows = list(place);
    let row = rows.iter().find(|row| row["id"] == id).unwrap();
    row["expires_at"].as_str().map(|at| at.parse().unwrap())
}

/// Creates a token of the first organization.
#[track_caller]
fn create(place: &Place, options: &str) -> Tenant {
    let mut arguments = vec!["token", "create", "--organization", "1"];
    arguments.extend(options.split_whitespace());
    let token = run(place, &arguments).ok().trim_end().to_owned();
    Tenant { organization: "1".to_owned(), token }
}

#[track_caller]
fn assert_about(at: Option<DateTime<Utc>>, expected: DateTime<Utc>) {
    let at = at.expect("it does not expire");
    assert!((expected - at).abs() < TimeDelta::minutes(1), "{at}, not {expected}");
}

fn tokens_expire(place: &Place) {
    Tenant::make(place, "Acme");
    assert_eq!(end(place, 1), None);
    let now = Utc::now();
    let lasting = create(place, "--expires 90d");
    assert_about(end(place, 2), now + TimeDelta::days(90));
    create(place, "--expires 2099-01-31T12:00:00.25+01:00");
    assert_eq!(end(place, 3), Some("2099-01-31T11:00:00.250Z".parse().unwrap()));
    let soon = (Utc::now() + TimeDelta::seconds(5)).to_rfc3339();
    let passing = create(place, &format!("--expires {soon}"));
    let server = Server::start(place);
    passing.request(server.address(), "GET", "/people", b"").expect(200);
    let is_refused = || passing.request(server.address(), "GET", "/people", b"").status == 401;
    assert!(eventually(is_refused), "it is accepted for ever");
    lasting.request(server.address(), "GET", "/people", b"").expect(200);
    let past = ["token", "create", "--organization", "1", "--expires", "2020-01-31T12:00:00Z"];
    let refusal = run(place, &past).refusal();
    assert_eq!(refusal, "apportion: expires must be later than the present");
    assert_eq!(list(place).len(), 4);
}

fn one_replaces_another(place: &Place) {
    let old = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let status = |token: &Tenant| token.request(server.address(), "GET", "/people", b"").status;
    let now = Utc::now();
    let new = create(place, "--scope write --replaces 1 --overlap 24h");
    assert_about(end(place, 1), now + TimeDelta::days(1));
    assert_eq!((status(&old), status(&new)), (200, 200));
    let first = end(place, 1);
    // It never ends later than it was to, and perhaps earlier.
    create(place, "--scope read --replaces 1 --overlap 48h");
    assert_eq!(end(place, 1), first);
    create(place, "--scope read --replaces 1 --overlap 1h");
    assert_about(end(place, 1), now + TimeDelta::hours(1));
    // Without an overlap, at once.
    create(place, "--scope read --replaces 1");
    assert!(eventually(|| status(&old) == 401), "it is accepted for ever");
    assert_eq!(status(&new), 200);
    run(place, &["token", "revoke", "1"]).ok();
    // Each change is an event, with a version of its own.
    let admin = create(place, "--scope admin");
    let query = "filter[subject_type]=tokens&filter[subject_id]=1&sort=id";
    let events = admin.get(server.address(), &format!("/events?{query}"));
    let versions = events["data"].as_array().unwrap().iter().map(|event| {
        let attributes = &event["attributes"];
        format!("{} {}", attributes["action"], attributes["version_after"])
    });
    let versions: Vec<String> = versions.collect();
    let updates = ["\"update\" 2", "\"update\" 3", "\"update\" 4", "\"update\" 5"];
    assert_eq!(versions, [&["\"create\" 1"][..], &updates].concat());
}

fn what_cannot_be_replaced_is_said(place: &Place) {
    Tenant::make(place, "Acme");
    Tenant::make(place, "Other");
    create(place, "--scope read");
    run(place, &["token", "revoke", "3"]).ok();
    for id in ["2", "3", "99"] {
        let arguments =
            ["token", "create", "--organization", "1", "--scope", "read", "--replaces", id];
        let refusal = run(place, &arguments).refusal();
        let said = format!("organization 1 has no token {id} that is accepted at present");
        assert_eq!(refusal, format!("apportion: {said}"));
    }
    assert_eq!(list(place).len(), 3);
    assert_eq!(end(place, 2), None);
}

/// The old one would end, and nobody would have the new one.
fn a_token_that_nobody_saw_replaces_none(place: &Place) {
    Tenant::make(place, "Acme");
    let create = ["token", "create", "--organization", "1", "--scope", "write", "--replaces", "1"];
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = command_at(place, &create);
    let status = command.stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(end(place, 1), None);
    assert!(list(place)[1]["revoked_at"].is_string());
}

fn bad_times_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["--expires", "soon"], "must be a time such as 90d, 24h or 30m, or an instant such as"),
        (&["--expires", "99999d"], "must be at most 36500d"),
        (&["--scope", "read", "--replaces", "1", "--overlap", "1w"], "must be a time such as 90d"),
        (&["--overlap", "1h"], "--replaces <ID>"),
        (&["--replaces", "1"], "--scope <SCOPE>"),
    ];
    for (options, said) in cases {
        let create = [&["token", "create", "--organization", "1"], *options].concat();
        let ended = finish(command(directory.path(), &create));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{options:?}");
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
