//! A copy of an SQLite file while others write to it: of one moment, with all that was committed
//! before, and looked at. What cannot be copied is refused and leaves no file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use apportion_store::backup::{BackupError, backup};
use apportion_store::{Address, Error, Session, Tenant};
use apportion_testing::{Place, rounds};

use crate::support::requester::block_on;
use crate::support::rows::{deal_total, event_count, insert_deal, insert_distribution, raise_deal};
use crate::support::{World, count, eventually, number, run};

apportion_testing::cases! {
    sqlite: while_others_write, of_any_schema, a_file_that_is_there, a_source_that_is_not,
        a_folder_that_is_not, damage;
    postgres: files_only
}

/// The number of copies that are made in a whole run.
const COPIES: usize = 50;

/// Each write makes a deal with one distribution, so that both are as many at any moment.
fn while_others_write(place: &Place) {
    let world = World::make(place);
    let store = world.store();
    let (written, done) = (AtomicI64::new(0), AtomicBool::new(false));
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let work = |tenant: &mut Tenant<'_>| {
                        let deal = insert_deal(tenant, "D")?;
                        insert_distribution(tenant, deal, 7)?;
                        raise_deal(tenant, deal)
                    };
                    block_on(store.write(world.ours, work)).unwrap();
                    written.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        let copied = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let written = || written.load(Ordering::Acquire);
            for number in 0..rounds(COPIES) {
                let before = written();
                eventually("nobody writes", || written() > before + 3);
                let before = written();
                let copy = place.directory().join(format!("copy {number}.db"));
                backup(&world.address, &copy).unwrap();
                // A write may be committed and not yet be answered.
                check(&world, &copy, before..=written() + 2);
            }
        }));
        done.store(true, Ordering::Release);
        copied.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

#[track_caller]
fn check(world: &World, copy: &Path, expected: std::ops::RangeInclusive<i64>) {
    assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);
    let mut session = Session::open(&Address::Sqlite(copy.to_owned())).unwrap();
    assert!(session.is_migrated().unwrap());
    let mut ours = Tenant::new(world.ours, &mut session);
    let deals = count(&mut ours, "deals");
    assert!(expected.contains(&deals), "{deals} deals, of {expected:?}");
    assert_eq!(count(&mut ours, "revenue_distributions"), deals);
    assert_eq!(deal_total(&mut ours).unwrap(), deals);
    assert_eq!(event_count(&mut ours), 3 * deals + 1);
    assert_eq!(count(&mut ours, "events"), 3 * deals + 1);
    // It is a database like any other.
    insert_deal(&mut ours, "E").unwrap();
    assert_eq!(deal_total(&mut ours).unwrap(), deals + 1);
}

/// A backup is what one makes before a migration.
fn of_any_schema(place: &Place) {
    let old = Address::Sqlite(place.directory().join("old.db"));
    let mut session = Session::open(&old).unwrap();
    run(
        &mut Tenant::new(crate::support::scope(1), &mut session),
        "CREATE TABLE old (x); INSERT INTO old VALUES (7)",
    );
    let copy = place.directory().join("copy.db");
    backup(&old, &copy).unwrap();
    let mut session = Session::open(&Address::Sqlite(copy)).unwrap();
    let mut tenant = Tenant::new(crate::support::scope(1), &mut session);
    assert_eq!(number(&mut tenant, "SELECT x FROM old"), 7);
}

fn a_file_that_is_there(place: &Place) {
    let world = World::make(place);
    let there = place.directory().join("there.db");
    fs::write(&there, "something").unwrap();
    for to in [there.as_path(), world.address.path().unwrap()] {
        let before = fs::read(to).unwrap();
        let refused = backup(&world.address, to).unwrap_err();
        assert!(matches!(&refused, BackupError::File { path, .. } if path == to), "{refused}");
        assert_eq!(fs::read(to).unwrap(), before);
    }
}

fn a_source_that_is_not(place: &Place) {
    let (missing, copy) = (place.directory().join("missing.db"), place.directory().join("copy.db"));
    let refused = backup(&Address::Sqlite(missing.clone()), &copy).unwrap_err();
    assert!(matches!(&refused, BackupError::Missing { path, .. } if *path == missing), "{refused}");
    assert!(!missing.exists() && !copy.exists());
}

fn a_folder_that_is_not(place: &Place) {
    let world = World::make(place);
    let copy = place.directory().join("nowhere/copy.db");
    let refused = backup(&world.address, &copy).unwrap_err();
    assert!(matches!(refused, BackupError::File { .. }), "{refused}");
    assert!(!copy.exists());
}

/// A row that refers to nothing, and a file that is no database.
fn damage(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let deal = insert_deal(&mut ours, "D").unwrap();
    run(&mut ours, "PRAGMA foreign_keys = OFF");
    run(&mut ours, &format!("UPDATE deals SET creator_id = 999 WHERE id = {deal}"));
    let copy = place.directory().join("copy.db");
    let refused = backup(&world.address, &copy).unwrap_err();
    assert!(matches!(refused, BackupError::Damaged(_)), "{refused}");
    assert!(!copy.exists());
    let text = place.directory().join("text.db");
    fs::write(&text, "This is no database. ".repeat(500)).unwrap();
    let refused = backup(&Address::Sqlite(text), &copy).unwrap_err();
    assert!(matches!(refused, BackupError::Store(Error::Open { .. })), "{refused}");
    assert!(!copy.exists());
}

fn files_only(place: &Place) {
    let world = World::make(place);
    let copy = place.directory().join("copy.db");
    let refused = backup(&world.address, &copy).unwrap_err();
    assert!(matches!(refused, BackupError::NotSqlite), "{refused}");
    assert!(!copy.exists());
}
