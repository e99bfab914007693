//! `apportion backup`: a copy of a database that is being written to, whole and sound.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use serde_json::json;

use crate::client::{Tenant, document};
use crate::program::{Server, command, command_at, finish, run};

apportion_testing::cases! {
    sqlite: a_server_goes_on_writing, what_is_there_is_kept, damage_is_seen,
        a_killed_one_leaves_no_half, a_log_that_was_left_is_refused, one_at_a_time;
    postgres: only_files_are_copied
}

fn deal(name: &str) -> Vec<u8> {
    document("deals", json!({"name": name, "value": 1}), &[])
}

fn a_server_goes_on_writing(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let address = server.address();
    for _ in 0..50 {
        tenant.request(address, "POST", "/deals", &deal("before")).expect(201);
    }
    let done = AtomicBool::new(false);
    let copies = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !done.load(Ordering::Acquire) {
                tenant.request(address, "POST", "/deals", &deal("during")).expect(201);
                written += 1;
            }
            written
        });
        let copies: Vec<_> = (0..5)
            .map(|number| {
                let copy = place.directory().join(format!("copy {number}.db"));
                run(place, &["backup", copy.to_str().unwrap()]).ok();
                copy
            })
            .collect();
        done.store(true, Ordering::Release);
        assert!(writer.join().unwrap() > 0, "nothing was written meanwhile");
        copies
    });
    let (_, all) = tenant.all(address, "deals");
    let mut least = 50;
    for copy in copies {
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        let url = format!("sqlite://{}", copy.display());
        let checked = command(place.directory(), &["check", "--database-url", &url]);
        finish(checked).ok();
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--database-url", &url];
        let log = copy.with_extension("log");
        let restored = Server::spawn(command(place.directory(), &arguments), &log);
        let (_, kept) = tenant.all(restored.address(), "deals");
        // Each shows a later moment than the one before.
        assert!((least..=all).contains(&kept), "{kept} of {all}, at least {least}");
        least = kept;
    }
}

fn what_is_there_is_kept(place: &Place) {
    Tenant::make(place, "Acme");
    let there = place.directory().join("there.db");
    fs::write(&there, "something").unwrap();
    let refusal = run(place, &["backup", there.to_str().unwrap()]).refusal();
    assert!(refusal.contains("there.db: File exists"), "{refusal}");
    assert_eq!(fs::read_to_string(&there).unwrap(), "something");
    let nowhere = place.directory().join("no directory/copy.db");
    let refusal = run(place, &["backup", nowhere.to_str().unwrap()]).refusal();
    assert!(refusal.contains("No such file"), "{refusal}");
    // A database that is not there is not made.
    let missing = place.directory().join("missing.db");
    let copy = place.directory().join("copy.db");
    let url = format!("sqlite://{}", missing.display());
    let arguments = ["backup", copy.to_str().unwrap(), "--database-url", &url];
    let refusal = finish(command(place.directory(), &arguments)).refusal();
    assert!(refusal.contains("missing.db: No such file"), "{refusal}");
    assert!(!missing.exists() && !copy.exists());
}

/// A row that refers to nothing, in the database that is copied.
fn damage_is_seen(place: &Place) {
    Tenant::make(place, "Acme");
    let sql = "PRAGMA foreign_keys = OFF; INSERT INTO people \
               (organization_id, first_name, last_name, created_at, updated_at) \
               VALUES (99, 'A', 'B', '2025-01-01 00:00:00', '2025-01-01 00:00:00')";
    let path = place.url.strip_prefix("sqlite://").unwrap();
    SqliteConnection::establish(path).unwrap().batch_execute(sql).unwrap();
    let copy = place.directory().join("copy.db");
    let refusal = run(place, &["backup", copy.to_str().unwrap()]).refusal();
    assert!(refusal.contains("the copy is damaged: ok; 1 rows refer to nothing"), "{refusal}");
    assert!(!copy.exists());
}

fn only_files_are_copied(place: &Place) {
    let copy = place.directory().join("copy.db");
    let refusal = run(place, &["backup", copy.to_str().unwrap()]).refusal();
    assert!(refusal.contains("PostgreSQL has pg_dump"), "{refusal}");
    assert!(!copy.exists());
}

/// A file under the name of a backup is a whole one, whenever the command is killed.
fn a_killed_one_leaves_no_half(place: &Place) {
    const KILLS: usize = 60;
    Tenant::make(place, "Acme");
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let ballast = "CREATE TABLE ballast AS WITH RECURSIVE row (id) AS \
        (SELECT 1 UNION ALL SELECT id + 1 FROM row WHERE id < 8000) \
        SELECT id, randomblob(1000) AS bytes FROM row";
    SqliteConnection::establish(path).unwrap().batch_execute(ballast).unwrap();
    let copy = place.directory().join("copy.db");
    let arguments = ["backup", copy.to_str().unwrap()];
    let begun = Instant::now();
    run(place, &arguments).ok();
    let whole = begun.elapsed();
    let (kills, mut unfinished) = (apportion_testing::rounds(KILLS), 0);
    for kill in 0..kills {
        let _ = fs::remove_file(&copy);
        let mut child = command_at(place, &arguments).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(kill as f64 / kills as f64));
        child.kill().unwrap();
        child.wait().unwrap();
        if !copy.exists() {
            unfinished += 1;
            continue;
        }
        let url = format!("sqlite://{}", copy.display());
        finish(command(place.directory(), &["check", "--database-url", &url])).ok();
        let mut restored = SqliteConnection::establish(copy.to_str().unwrap()).unwrap();
        let rows = diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(*) FROM ballast");
        assert_eq!(rows.get_result::<i64>(&mut restored), Ok(8000));
    }
    assert!(unfinished > 0, "none of {kills} was killed before its end");
    // The next one overwrites what a killed one left, and leaves nothing but the copy.
    let _ = fs::remove_file(&copy);
    run(place, &arguments).ok();
    let names = fs::read_dir(place.directory()).unwrap().map(|entry| entry.unwrap().file_name());
    let copies: Vec<_> = names.filter(|it| it.to_string_lossy().starts_with("copy.db")).collect();
    assert_eq!(copies, ["copy.db"]);
}

/// A log beside a name would be replayed onto a copy of that name.
fn a_log_that_was_left_is_refused(place: &Place) {
    Tenant::make(place, "Acme");
    let copy = place.directory().join("copy.db");
    fs::write(place.directory().join("copy.db-wal"), "something").unwrap();
    let refusal = run(place, &["backup", copy.to_str().unwrap()]).refusal();
    assert!(refusal.contains("copy.db-wal: it belongs to another database"), "{refusal}");
    assert!(!copy.exists());
}

fn one_at_a_time(place: &Place) {
    Tenant::make(place, "Acme");
    let copy = place.directory().join("copy.db");
    let partial = fs::File::create(place.directory().join("copy.db.partial")).unwrap();
    partial.lock().unwrap();
    let refusal = run(place, &["backup", copy.to_str().unwrap()]).refusal();
    assert!(refusal.contains("another process is writing it at present"), "{refusal}");
    // Closing it is not enough: a process that another case starts may have it open for a moment.
    partial.unlock().unwrap();
    run(place, &["backup", copy.to_str().unwrap()]).ok();
}
