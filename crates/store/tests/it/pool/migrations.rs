//! Migrations: from nothing to the newest schema, by several at once, all or nothing, and never on
//! a schema that a later version made.

use std::sync::Barrier;

use apportion_store::{Address, Error, Limits, Session, Store, Tenant};
use apportion_testing::{Backend, Place, rounds};

use crate::support::{DEADLINE, USUAL, World, catalog, number, run, scope};

apportion_testing::cases! {
    once, by_several_at_once, all_or_nothing, not_past_a_newer_schema, opening_migrates,
    rows_stay
}

/// The steps that the folder of each database has.
fn steps() -> usize {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
    std::fs::read_dir(folder).unwrap().count()
}

/// An empty database beside the case's own.
fn empty(place: &Place) -> Address {
    match place.cluster() {
        Some(cluster) => cluster.database("empty").parse().unwrap(),
        None => {
            let path = place.directory().join("empty.db");
            format!("sqlite://{}", path.display()).parse().unwrap()
        }
    }
}

/// The tables of a database, without those that hold what was migrated.
fn tables(session: &mut Session, backend: Backend) -> Vec<String> {
    let mut nobody = Tenant::new(scope(1), session);
    let tables = catalog::columns(&mut nobody, backend).into_keys();
    tables.filter(|table| !table.contains("migration") && !table.starts_with("sqlite_")).collect()
}

fn once(place: &Place) {
    let mut session = Session::open(&empty(place)).unwrap();
    assert!(tables(&mut session, place.backend).is_empty());
    assert!(!session.is_migrated().unwrap());
    assert_eq!(session.migrate().unwrap(), steps());
    assert!(session.is_migrated().unwrap());
    let made = tables(&mut session, place.backend);
    assert!(made.len() > 10, "{made:?}");
    assert_eq!(session.migrate().unwrap(), 0);
    assert_eq!(tables(&mut session, place.backend), made);
}

/// The number of databases that several migrate at once, in a whole run.
const ROUNDS: usize = 20;

fn by_several_at_once(place: &Place) {
    const MIGRATING: usize = 4;
    for round in 0..rounds(ROUNDS) {
        let address = match empty(place) {
            Address::Sqlite(path) => Address::Sqlite(path.with_file_name(format!("{round}.db"))),
            postgres => postgres,
        };
        let barrier = Barrier::new(MIGRATING);
        let run = std::thread::scope(|threads| {
            let migrate = || {
                barrier.wait();
                Session::open(&address).unwrap().migrate().unwrap()
            };
            let all: Vec<_> = (0..MIGRATING).map(|_| threads.spawn(migrate)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
        });
        // One of them found the others' work done, or did all of it.
        assert_eq!(run.iter().sum::<usize>(), steps(), "{run:?}");
        assert_eq!(run.iter().filter(|steps| **steps > 0).count(), 1, "{run:?}");
        assert!(Session::open(&address).unwrap().is_migrated().unwrap());
    }
}

/// A step that fails takes those before it along.
fn all_or_nothing(place: &Place) {
    let mut session = Session::open(&empty(place)).unwrap();
    run(&mut Tenant::new(scope(1), &mut session), "CREATE TABLE events (id BIGINT)");
    let failed = session.migrate();
    assert!(matches!(failed, Err(Error::Migration(_))), "{failed:?}");
    assert_eq!(tables(&mut session, place.backend), ["events"]);
    assert!(!session.is_migrated().unwrap());
    // It succeeds once nothing is in its way.
    run(&mut Tenant::new(scope(1), &mut session), "DROP TABLE events");
    assert_eq!(session.migrate().unwrap(), steps());
}

fn not_past_a_newer_schema(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    run(&mut Tenant::new(world.ours, &mut session), later);
    let before = tables(&mut session, place.backend);
    let refused = session.migrate();
    assert!(matches!(&refused, Err(Error::NewerSchema(version)) if version == "99999999999999"));
    let limits = Limits { threads: 1, queue: 1, patience: DEADLINE, ..USUAL };
    let opened = Store::open(&world.address, limits).map(|_| ());
    assert!(matches!(opened, Err(Error::NewerSchema(_))), "{opened:?}");
    assert_eq!(tables(&mut session, place.backend), before);
}

fn opening_migrates(place: &Place) {
    let address = empty(place);
    let limits = Limits { threads: 1, queue: 1, patience: DEADLINE, ..USUAL };
    let store = Store::open(&address, limits).unwrap();
    assert_eq!(*store.address(), address);
    assert!(Session::open(&address).unwrap().is_migrated().unwrap());
}

/// A database that is up to date is left as it is.
fn rows_stay(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    assert_eq!(session.migrate().unwrap(), 0);
    let mut ours = Tenant::new(world.ours, &mut session);
    assert_eq!(number(&mut ours, "SELECT COUNT(*) FROM organizations WHERE id = 1"), 1);
}
