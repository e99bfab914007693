//! The import of files, from their bytes to the rows that the service answers with. The options of
//! the command are tested with the program.

use apportion_server::import::{ImportError, Importer, Options, TypeSummary};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::world::World;

apportion_testing::modules! {
    amounts, bounds, commands, commits, faults, many, payees, references, separators, updates,
    updates_amid_writes
}

/// A file of a command: its type and its text.
type File<'f> = (&'f str, &'f str);

/// Imports files together.
fn import(
    world: &World,
    options: Options,
    files: &[File<'_>],
) -> Result<Vec<TypeSummary>, ImportError> {
    let mut importer = Importer::open(&world.database, world.organization).unwrap();
    let mut batch = importer.batch(options);
    for (at, (kind, text)) in files.iter().enumerate() {
        batch.read(kind, &format!("{kind}-{at}.csv"), text.as_bytes(), |_| {})?;
    }
    batch.finish()
}

/// Imports a file that must be good.
#[track_caller]
fn good(world: &World, kind: &str, text: &str) {
    import(world, Options::default(), &[(kind, text)]).unwrap_or_else(|error| {
        panic!("{text}: {}", told(&error).join("\n"));
    });
}

/// Returns what is said of a file that must be bad: its faults, or the error.
#[track_caller]
fn bad(world: &World, kind: &str, text: &str) -> Vec<String> {
    match import(world, Options::default(), &[(kind, text)]) {
        Ok(done) => panic!("it was imported: {text}: {done:?}"),
        Err(error) => told(&error),
    }
}

/// Returns what an error says, line by line.
fn told(error: &ImportError) -> Vec<String> {
    match error {
        ImportError::Lines(faults) => {
            let line = |it: &apportion_server::import::BadLine| {
                format!("{}: {}: {}", it.line, it.column.as_deref().unwrap_or("-"), it.reason)
            };
            faults.listed.iter().map(line).collect()
        }
        other => vec![other.to_string()],
    }
}

/// Returns the rows of a type in the order of their ids, at most 200.
#[track_caller]
fn rows(world: &World, kind: &str) -> Vec<Value> {
    let list = world.get(&format!("/{kind}?sort=id&page[size]=200")).expect(200).json();
    list["data"].as_array().unwrap().clone()
}

/// Returns the number of rows of a type.
#[track_caller]
fn count(world: &World, kind: &str) -> i64 {
    let list = world.get(&format!("/{kind}?page[size]=1")).expect(200).json();
    list["meta"]["total_count"].as_i64().unwrap()
}

/// Returns an attribute of each row of a type.
#[track_caller]
fn attribute(world: &World, kind: &str, name: &str) -> Vec<Value> {
    rows(world, kind).iter().map(|row| row["attributes"][name].clone()).collect()
}

/// Makes a distributor that pays obligations in these units; returns its id.
#[track_caller]
fn payer(world: &World, name: &str, units: &str) -> String {
    let attributes = json!({
        "name": name, "units": units, "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations", "schedule": ["+1 month"],
    });
    world.create("distributors", attributes, &[])
}

/// Starts a server that files are imported beside.
fn world(place: &Place) -> World {
    World::start(place)
}
