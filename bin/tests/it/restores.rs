//! `apportion restore`: a backup takes the place of a database that nobody uses, whenever the
//! command is killed, and nothing else does.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use serde_json::json;

use crate::client::{Tenant, document};
use crate::house;
use crate::program::{Server, command, command_at, eventually, finish, run};

apportion_testing::cases! {
    sqlite: a_backup_returns, a_server_starts_meanwhile, somebody_has_it_open,
        a_killed_one_leaves_one_or_the_other, bad_files_are_refused,
        an_older_schema_is_migrated_later, the_old_log_is_not_replayed,
        what_is_damaged_is_replaced, nothing_was_there;
    postgres: pg_restore_is_named
}

fn file(place: &Place) -> PathBuf {
    PathBuf::from(place.url.strip_prefix("sqlite://").unwrap())
}

fn open(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

fn execute(path: &Path, statement: &str) {
    open(path).batch_execute(statement).unwrap();
}

/// The number of people in a database.
fn people(path: &Path) -> i64 {
    sql::<BigInt>("SELECT count(*) FROM people").get_result(&mut open(path)).unwrap()
}

fn add_person(path: &Path) {
    let person = "INSERT INTO people (organization_id, first_name, last_name, created_at, \
                  updated_at) VALUES (1, 'A', 'B', '2025-01-01 00:00:00', '2025-01-01 00:00:00')";
    execute(path, person);
}

/// A database with an organization, and a backup of it in which there is nobody yet; the database
/// has a person more.
fn prepared(place: &Place) -> PathBuf {
    Tenant::make(place, "Acme");
    let backup = place.directory().join("backup.db");
    run(place, &["backup", backup.to_str().unwrap()]).ok();
    add_person(&file(place));
    backup
}

/// Returns the names of the files beside the backup and the database.
fn strays(place: &Place) -> Vec<String> {
    let names = fs::read_dir(place.directory()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut strays: Vec<String> =
        names.filter(|name| name.starts_with("apportion.db") && name != "apportion.db").collect();
    strays.sort();
    strays
}

fn a_backup_returns(place: &Place) {
    let backup = prepared(place);
    let restore = ["restore", backup.to_str().unwrap()];
    let kept = place.directory().join("apportion.db.before-restore");
    let said = run(place, &restore).ok();
    assert_eq!(said, format!("the database that was there is kept as {}\n", kept.display()));
    assert_eq!((people(&file(place)), people(&kept), people(&backup)), (0, 1, 0));
    let mode = fs::metadata(file(place)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    run(place, &["check"]).ok();
    // A second one keeps both. The file stays with its owner, whoever restores: only root may try.
    add_person(&file(place));
    let is_given = chown(file(place), Some(65_534), Some(65_534)).is_ok();
    let said = run(place, &restore).ok();
    assert!(said.ends_with("apportion.db.before-restore-2\n"), "{said}");
    assert_eq!((people(&file(place)), people(&kept)), (0, 1));
    let owner = fs::metadata(file(place)).unwrap();
    assert!(!is_given || (owner.uid(), owner.gid()) == (65_534, 65_534), "{owner:?}");
    let strays = strays(place);
    assert_eq!(strays, ["apportion.db.before-restore", "apportion.db.before-restore-2"]);
    let refusal = run(place, &["restore", file(place).to_str().unwrap()]).refusal();
    assert!(refusal.contains("is the database itself"), "{refusal}");
}

/// As soon as the file is in its place it is served, although the command has not ended.
fn a_server_starts_meanwhile(place: &Place) {
    let backup = prepared(place);
    let mut command = command_at(place, &["restore", backup.to_str().unwrap()]);
    let mut restoring = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let kept = place.directory().join("apportion.db.before-restore");
    let number = |path: &Path| fs::metadata(path).map_or(0, |file| file.ino());
    // It is locked until then.
    let is_in_place = || kept.exists() && number(&kept) != number(&file(place));
    assert!(eventually(is_in_place));
    let server = Server::start(place);
    assert!(restoring.try_wait().unwrap().is_none(), "it has ended");
    add_person(&file(place));
    assert!(restoring.wait().unwrap().success());
    assert_eq!(server.terminate().0, Some(0));
    assert_eq!(people(&file(place)), 1);
    run(place, &["check"]).ok();
}

fn somebody_has_it_open(place: &Place) {
    let backup = prepared(place);
    let restore = ["restore", backup.to_str().unwrap()];
    let in_use = |path: &Path| {
        let refusal = run(place, &restore).refusal();
        let said = format!("apportion: {} is in use: stop the server", path.display());
        assert!(refusal.starts_with(&said), "{refusal}");
        assert_eq!(people(&file(place)), 1);
    };
    // A server that has nothing to do.
    let server = Server::start(place);
    in_use(&file(place));
    assert_eq!(server.terminate().0, Some(0));
    // Another program that has read once.
    let mut idle = open(&file(place));
    sql::<BigInt>("SELECT count(*) FROM people").get_result::<i64>(&mut idle).unwrap();
    in_use(&file(place));
    drop(idle);
    // A server on the backup itself.
    let url = format!("sqlite://{}", backup.display());
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--database-url", &url];
    let log = place.directory().join("other.log");
    let server = Server::spawn(command(place.directory(), &arguments), &log);
    in_use(&backup);
    assert_eq!(server.terminate().0, Some(0));
    run(place, &restore).ok();
    assert_eq!(people(&file(place)), 0);
}

/// Whenever the command is killed, the database is the one that was there or the one that was
/// backed up, with all of its rows.
fn a_killed_one_leaves_one_or_the_other(place: &Place) {
    const KILLS: usize = 60;
    Tenant::make(place, "Acme");
    let database = file(place);
    let ballast = "CREATE TABLE ballast AS WITH RECURSIVE row (id) AS \
        (SELECT 1 UNION ALL SELECT id + 1 FROM row WHERE id < 4000) \
        SELECT id, randomblob(1000) AS bytes FROM row";
    execute(&database, ballast);
    let backup = place.directory().join("backup.db");
    run(place, &["backup", backup.to_str().unwrap()]).ok();
    let restore = ["restore", backup.to_str().unwrap()];
    // The time until the file is in its place; the command ends some seconds later.
    let ready = |place: &Place| {
        !database.with_extension("db.before-restore").exists() && strays(place).is_empty()
    };
    assert!(ready(place));
    let start =
        || command_at(place, &restore).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let mut first = start();
    let kept = database.with_extension("db.before-restore");
    assert!(eventually(|| kept.exists()));
    std::thread::sleep(Duration::from_millis(20));
    let until = begun.elapsed();
    first.kill().unwrap();
    first.wait().unwrap();
    let kills = apportion_testing::rounds(KILLS);
    let (mut old, mut new) = (0, 0);
    for kill in 0..kills {
        let _ = fs::remove_file(&kept);
        // A log that a killed server left holds a row that the file does not have.
        leave_log(place);
        assert!(fs::metadata(database.with_extension("db-wal")).unwrap().len() > 0);
        let mut child = start();
        std::thread::sleep(until.mul_f64(kill as f64 / kills as f64));
        child.kill().unwrap();
        child.wait().unwrap();
        finish(command_at(place, &["check"])).ok();
        let rows = sql::<BigInt>("SELECT count(*) FROM ballast");
        assert_eq!(rows.get_result::<i64>(&mut open(&database)), Ok(4000));
        match people(&database) {
            0 => new += 1,
            1 => old += 1,
            more => panic!("{more} people"),
        }
        execute(&database, "DELETE FROM people");
    }
    assert!(old > 0, "none was killed before the file was in its place: {new}");
    let _ = fs::remove_file(&kept);
    run(place, &restore).ok();
    assert_eq!(strays(place), ["apportion.db.before-restore"]);
}

/// Leaves a log beside the database with a row that the file does not have, as a process that is
/// killed does.
fn leave_log(place: &Place) {
    let database = file(place);
    let aside = place.directory().join("aside.db");
    let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
    let mut connection = open(&database);
    connection.batch_execute("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let person = "INSERT INTO people (organization_id, first_name, last_name, created_at, \
                  updated_at) VALUES (1, 'A', 'B', '2025-01-01 00:00:00', '2025-01-01 00:00:00')";
    connection.batch_execute(person).unwrap();
    fs::copy(log(&database), log(&aside)).unwrap();
    fs::copy(&database, &aside).unwrap();
    drop(connection);
    fs::rename(&aside, &database).unwrap();
    fs::rename(log(&aside), log(&database)).unwrap();
}

fn the_old_log_is_not_replayed(place: &Place) {
    let backup = prepared(place);
    leave_log(place);
    run(place, &["restore", backup.to_str().unwrap()]).ok();
    assert_eq!(people(&file(place)), 0);
    // What the log held is in the database that was kept.
    assert_eq!(people(&place.directory().join("apportion.db.before-restore")), 2);
    run(place, &["check"]).ok();
}

fn bad_files_are_refused(place: &Place) {
    let backup = prepared(place);
    let bad = place.directory().join("bad.db");
    let refused = |said: &str| {
        let refusal = run(place, &["restore", bad.to_str().unwrap()]).refusal();
        assert!(refusal.contains(said), "{refusal}");
        assert!(refusal.contains("bad.db"), "{refusal}");
        assert_eq!(people(&file(place)), 1);
        assert_eq!(strays(place), Vec::<String>::new(), "{refusal}");
        let _ = fs::remove_file(&bad);
    };
    let changed = |statement: &str| {
        fs::copy(&backup, &bad).unwrap();
        execute(&bad, statement);
    };
    refused("No such file");
    fs::write(&bad, "").unwrap();
    refused("is no database of this program");
    fs::write(&bad, "This is no database. ".repeat(500)).unwrap();
    refused("file is not a database");
    execute(&bad, "CREATE TABLE people (id INTEGER)");
    refused("is no database of this program");
    changed("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");
    refused("schema 99999999999999, which is newer");
    changed(
        "PRAGMA foreign_keys = OFF; INSERT INTO people \
             (organization_id, first_name, last_name, created_at, updated_at) \
             VALUES (99, 'A', 'B', '2025-01-01 00:00:00', '2025-01-01 00:00:00')",
    );
    refused("is damaged: ok; 1 rows refer to nothing");
    changed(
        "INSERT INTO deals (organization_id, name, value, value_default, currency, status, \
             probability, distributed_percent_e10, distributed_amount, undistributed_amount, \
             created_at, updated_at) VALUES (1, 'D', 100, 100, 'EUR', 'open', 100, 0, 1, 99, \
             '2025-01-01 00:00:00', '2025-01-01 00:00:00')",
    );
    refused("these laws do not hold in it: slices-sum (organization 1)");
    let url = format!("sqlite://{}", bad.display());
    finish(command(place.directory(), &["migrate", "--database-url", &url])).ok();
    refused("there is no organization in the database");
    // Half of it is missing.
    fs::copy(&backup, &bad).unwrap();
    let half = fs::metadata(&bad).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(&bad).unwrap().set_len(half).unwrap();
    refused("malformed");
    // A copy of the file alone, with the log beside it.
    fs::copy(&backup, &bad).unwrap();
    fs::write(place.directory().join("bad.db-wal"), "something").unwrap();
    refused("has a log beside it");
}

/// A file of an older schema is restored as it is.
fn an_older_schema_is_migrated_later(place: &Place) {
    prepared(place);
    let older = place.directory().join("older.db");
    let mut steps = house::names("migrations/sqlite");
    steps.sort();
    steps.pop();
    execute(
        &older,
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY \
                     NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    );
    for step in &steps {
        let version = step.split_once('_').unwrap().0;
        execute(&older, &house::read(format!("migrations/sqlite/{step}/up.sql")));
        let run = "INSERT INTO __diesel_schema_migrations (version)";
        execute(&older, &format!("{run} VALUES ('{version}')"));
    }
    execute(
        &older,
        "INSERT INTO organizations (name, currency, time_zone, created_at, updated_at) \
                     VALUES ('Older', 'EUR', 'UTC', '2025-01-01 00:00:00', '2025-01-01 00:00:00')",
    );
    run(place, &["restore", older.to_str().unwrap()]).ok();
    assert_eq!(strays(place), ["apportion.db.before-restore"]);
    let versions = "SELECT count(*) FROM __diesel_schema_migrations";
    let versions = || sql::<BigInt>(versions).get_result::<i64>(&mut open(&file(place))).unwrap();
    assert_eq!(versions(), i64::try_from(steps.len()).unwrap());
    let refusal = run(place, &["check"]).refusal();
    assert!(refusal.contains("the schema is not up to date"), "{refusal}");
    Server::start(place).terminate();
    assert_eq!(versions(), i64::try_from(steps.len()).unwrap() + 1);
    run(place, &["check"]).ok();
}

/// A database that cannot be opened any more can be replaced, and is kept as it is.
fn what_is_damaged_is_replaced(place: &Place) {
    let backup = prepared(place);
    let text = "This was a database once. ".repeat(500);
    fs::write(file(place), &text).unwrap();
    fs::write(place.directory().join("apportion.db-wal"), "its log").unwrap();
    let ended = run(place, &["restore", backup.to_str().unwrap()]);
    assert!(
        ended.stderr.contains("the log of the database that is replaced cannot be read"),
        "{ended:?}"
    );
    ended.ok();
    assert_eq!(people(&file(place)), 0);
    let kept = place.directory().join("apportion.db.before-restore");
    assert_eq!(fs::read_to_string(&kept).unwrap(), text);
    let log = place.directory().join("apportion.db.before-restore-wal");
    assert_eq!(fs::read_to_string(log).unwrap(), "its log");
    run(place, &["check"]).ok();
}

/// On a new machine, perhaps with the log of a file that somebody removed.
fn nothing_was_there(place: &Place) {
    let backup = prepared(place);
    leave_log(place);
    fs::remove_file(file(place)).unwrap();
    assert_eq!(run(place, &["restore", backup.to_str().unwrap()]).ok(), "");
    assert_eq!(people(&file(place)), 0);
    assert_eq!(strays(place), Vec::<String>::new());
    let server = Server::start(place);
    let tenant = Tenant {
        organization: "1".to_owned(),
        token: run(place, &["token", "create", "--organization", "1"]).ok().trim_end().to_owned(),
    };
    let deal = document("deals", json!({"name": "D"}), &[]);
    tenant.request(server.address(), "POST", "/deals", &deal).expect(201);
}

fn pg_restore_is_named(place: &Place) {
    let refusal = run(place, &["restore", "backup.db"]).refusal();
    assert!(refusal.contains("run `pg_restore --no-owner"), "{refusal}");
}
