//! `apportion tick` and the engine of a server, as an operator uses them.

use std::time::Duration;

use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::{Value, json};

use crate::client::{Tenant, document};
use crate::engine_kill::every_second;
use crate::program::{Server, command_at, eventually, run};

apportion_testing::cases! {
    lines_tell_what_was_triggered, a_past_is_played, faults_of_the_command_line, servers_trigger;
    sqlite: a_pass_waits_for_who_writes
}

/// A tenant with a distributor of a collaborator who is owed 5.00 EUR; and where the server is.
fn owing(place: &Place, schedule: &str) -> (Tenant, Server) {
    let tenant = Tenant::make(place, "Acme");
    let mut command = command_at(place, &["serve", "--bind", "127.0.0.1:0", "--no-rate-limit"]);
    command.env("APPORTION_ENGINE_INTERVAL", "off");
    let server = Server::spawn(command, &place.directory().join("server.log"));
    let create = |kind: &str, attributes: Value, links: &[(&str, &str, &str)]| {
        let body = document(kind, attributes, links);
        tenant.request(server.address(), "POST", &format!("/{kind}"), &body).expect(201);
    };
    create("collaborators", json!({"full_name": "Ann"}), &[]);
    let attributes = json!({
        "name": "Royalties", "units": "EUR", "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations", "schedule": [schedule],
    });
    create("distributors", attributes, &[]);
    let links = [("collaborator", "collaborators", "1"), ("distributor", "distributors", "1")];
    create("obligations", json!({"value": 500, "status": "approved"}), &links);
    (tenant, server)
}

const YEARLY: &str = "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0";

fn lines_tell_what_was_triggered(place: &Place) {
    let (_, _server) = owing(place, YEARLY);
    assert_eq!(run(place, &["tick"]).ok(), "");
    let at = ["tick", "--at", "2998-12-31T23:59:59Z"];
    assert_eq!(run(place, &at[..1]).ok(), "");
    let foreseen = run(place, &[&["tick", "--dry-run"], &at[1..]].concat()).ok();
    let done = run(place, &at).ok();
    assert_eq!(foreseen, done);
    let (date, rest) = done.split_once(' ').unwrap();
    assert!(date.ends_with("-01-01T00:00:00Z"), "{done}");
    // The calendar ends before that.
    let expected = "organization 1 distributor 1 (Royalties) distribution 1: processing, 5.00 EUR \
                    in 1 allocation; no next date\n";
    assert_eq!(rest, expected);
    assert_eq!(run(place, &at).ok(), "");
}

/// While an import writes for long, a pass waits as all commands do: what is due is not left.
fn a_pass_waits_for_who_writes(place: &Place) {
    let (_, _server) = owing(place, YEARLY);
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let mut writer = SqliteConnection::establish(path).unwrap();
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    let done = std::thread::scope(|scope| {
        let pass = scope.spawn(|| run(place, &["tick", "--at", "2998-12-31T23:59:59Z"]));
        // Longer than a request waits.
        std::thread::sleep(Duration::from_secs(5));
        assert!(!pass.is_finished(), "it did not wait");
        writer.batch_execute("COMMIT").unwrap();
        pass.join().unwrap()
    });
    assert!(!done.stderr.contains("stays due"), "{}", done.stderr);
    assert_eq!(done.ok().lines().count(), 1);
}

/// The instant that is given stands for the present everywhere.
fn a_past_is_played(place: &Place) {
    let (tenant, server) = owing(place, YEARLY);
    let address = server.address();
    let shown = |path: &str| tenant.get(address, path)["data"]["attributes"].clone();
    let due = shown("/distributors/1")["next_trigger_date"].as_str().unwrap().to_owned();
    let at = due.replace("00:00:00.000", "07:08:09.123");
    assert_eq!(run(place, &["tick", "--at", &at]).ok().lines().count(), 1);
    for (path, name) in [
        ("/distributions/1", "updated_at"),
        ("/distributions/2", "created_at"),
        ("/obligations/1", "updated_at"),
        ("/distributors/1", "updated_at"),
    ] {
        assert_eq!(shown(path)[name], json!(at), "{path}");
    }
    assert_eq!(shown("/distributions/1")["trigger_date"], json!(due));
}

fn faults_of_the_command_line(place: &Place) {
    for at in ["yesterday", "2026-01-01", "2026-01-01T00:00:00"] {
        let ended = run(place, &["tick", "--at", at]);
        assert_eq!(ended.code, Some(2), "{at}: {}", ended.stderr);
        assert!(ended.stderr.contains("2026-01-31T12:00:00Z"), "{}", ended.stderr);
    }
    for interval in ["30", "0s", "-1s", "s", "", "1 s", "99999999h", "often"] {
        let ended = run(place, &["serve", "--engine-interval", interval]);
        assert_eq!(ended.code, Some(2), "{interval}: {}", ended.stderr);
    }
    let mut command = command_at(place, &["tick"]);
    command.env("APPORTION_DATABASE_URL", "sqlite:///nowhere/at/all.db");
    let ended = crate::program::finish(command);
    assert_eq!(ended.code, Some(1));
    assert!(ended.refusal().contains("/nowhere/at/all.db"));
}

fn servers_trigger(place: &Place) {
    let (tenant, watching) = owing(place, "+1 day");
    let address = watching.address();
    let body = document("distributors", json!({"schedule": every_second()}), &[]);
    let answer = tenant.request(address, "PATCH", "/distributors/1", &body).expect(200).json();
    let due = answer["data"]["attributes"]["next_trigger_date"].clone();
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--engine-interval", "1s"];
    let log = place.directory().join("engine.log");
    let engine = Server::spawn(command_at(place, &arguments), &log);
    let status = || tenant.get(address, "/distributions/1")["data"]["attributes"].clone();
    assert!(eventually(|| status()["status"] == "processing"), "{}", engine.log());
    assert_eq!(status()["trigger_date"], due);
    // The line comes after the commit, which others see at once.
    let says = || engine.log().contains("processing, 5.00 EUR in 1 allocation");
    assert!(eventually(says), "{}", engine.log());
    assert_eq!(engine.terminate().0, Some(0));
}
