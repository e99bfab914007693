//! The tables as `src/tables` defines them for diesel, against the migrated database: the same
//! tables with the same columns, which may be null in both or in neither, of types that fit; on
//! both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use apportion_store::Tenant;
use apportion_testing::{Backend, Place};

use crate::support::World;
use crate::support::catalog::{Column, columns};

apportion_testing::cases! { the_same_tables; plain: the_text_is_read, differences_are_found }

/// Tables that no query of diesel's names: they are written and read by SQL of the store's own, or
/// by the migrations and the database.
const UNKNOWN_TO_DIESEL: &[&str] = &[
    "__diesel_schema_migrations",
    "migration_lock",
    "row_count_deltas",
    "row_counts",
    "sqlite_sequence",
    "sqlite_stat1",
    "sqlite_stat4",
];

type Tables = BTreeMap<String, Vec<Column>>;

/// Returns the texts of the files in a folder and those in it.
fn texts(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| {
        if path.is_dir() { texts(&path) } else { vec![std::fs::read_to_string(path).unwrap()] }
    };
    entries.flat_map(read).collect()
}

fn source() -> String {
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tables")).concat()
}

/// Reads what stands in `table! { .. }`, ours or diesel's, with diesel's names of the types.
fn read(source: &str) -> Tables {
    let mut tables = Tables::new();
    let mut lines = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    while let Some(line) = lines.next() {
        if !line.ends_with("table! {") {
            continue;
        }
        let name = lines.next().unwrap();
        let mut depth = 1 + usize::from(name.ends_with('{'));
        let name = name.split([' ', ';']).next().unwrap().to_owned();
        let mut columns = Vec::new();
        while depth > 0 {
            let line = lines.next().unwrap();
            depth += line.matches('{').count();
            depth -= line.matches('}').count();
            columns.extend(column(line));
        }
        tables.insert(name, columns);
    }
    tables
}

/// Reads `name: type => SQL type as FIELD,` or `name -> SQL type,`.
fn column(line: &str) -> Option<Column> {
    let (name, kind) = line.split_once(" => ").or_else(|| line.split_once(" -> "))?;
    let name = name.split(':').next()?.to_owned();
    let kind = kind.split(" as ").next()?.trim_end_matches(',');
    let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
    Some(Column { name, kind: inner.unwrap_or(kind).to_owned(), nullable: inner.is_some() })
}

/// Returns the name that a database has for a type of diesel's.
fn kind(backend: Backend, diesel: &str) -> &'static str {
    match (backend, diesel) {
        (Backend::Sqlite, "BigInt" | "Bool") => "integer",
        (Backend::Sqlite, "Text" | "Date" | "Timestamp") => "text",
        (Backend::Sqlite, "Binary") => "blob",
        (Backend::Postgres, "BigInt") => "bigint",
        (Backend::Postgres, "Bool") => "boolean",
        (Backend::Postgres, "Text") => "text",
        (Backend::Postgres, "Date") => "date",
        (Backend::Postgres, "Timestamp") => "timestamp without time zone",
        (Backend::Postgres, "Binary") => "bytea",
        _ => "no type that is known here",
    }
}

/// Where the two differ, in words.
fn differences(backend: Backend, known: &Tables, made: &Tables) -> Vec<String> {
    let mut differences = Vec::new();
    for table in made.keys().filter(|table| !known.contains_key(*table)) {
        if !UNKNOWN_TO_DIESEL.contains(&table.as_str()) {
            differences.push(format!("{table} is not in src/tables"));
        }
    }
    for (table, columns) in known {
        let Some(made) = made.get(table) else {
            differences.push(format!("{table} is in no migration"));
            continue;
        };
        let by_name = |columns: &[Column]| -> BTreeMap<String, Column> {
            columns.iter().map(|column| (column.name.clone(), column.clone())).collect()
        };
        let expected = columns.iter().map(|column| Column {
            kind: kind(backend, &column.kind).to_owned(),
            ..column.clone()
        });
        let (expected, made) = (by_name(&expected.collect::<Vec<_>>()), by_name(made));
        for name in expected.keys().chain(made.keys()).collect::<BTreeSet<_>>() {
            if expected.get(name) != made.get(name) {
                let [expected, made] = [expected.get(name), made.get(name)];
                differences.push(format!("{table}.{name}: {expected:?} or {made:?}"));
            }
        }
    }
    differences
}

fn the_same_tables(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let made = columns(&mut Tenant::new(world.ours, &mut session), place.backend);
    let known = read(&source());
    assert_eq!(differences(place.backend, &known, &made), Vec::<String>::new());
}

fn the_text_is_read() {
    let source = source();
    let known = read(&source);
    assert!(known.len() > 15, "{:?}", known.keys());
    assert_eq!(known.len(), source.matches("table! {").count());
    assert!(known.values().all(|columns| columns.len() > 2), "{known:?}");
    let named = |table: &str, name: &str| {
        let mut columns = known[table].iter().filter(|column| column.name == name);
        columns.next().map(|column| (column.kind.clone(), column.nullable)).unwrap()
    };
    assert_eq!(named("people", "email"), ("Text".to_owned(), true));
    assert_eq!(named("people", "first_name"), ("Text".to_owned(), false));
    assert_eq!(named("idempotency_keys", "body"), ("Binary".to_owned(), true));
    assert_eq!(named("distributor_deals", "deal_id"), ("BigInt".to_owned(), false));
}

fn differences_are_found() {
    let made = |text: &str| {
        let mut made = read(text);
        for column in made.values_mut().flatten() {
            column.kind = kind(Backend::Postgres, &column.kind).to_owned();
        }
        made
    };
    let text = "diesel::table! {\n a (id) {\n id -> BigInt,\n b -> Nullable<Text>,\n }\n}\n";
    let known = read(text);
    let check = |text: &str| differences(Backend::Postgres, &known, &made(text)).len();
    assert_eq!(check(text), 0);
    for (from, to) in [
        ("Nullable<Text>", "Text"),
        ("BigInt", "Nullable<BigInt>"),
        ("BigInt", "Date"),
        ("a (id)", "c (id)"),
        ("id -> BigInt,\n", ""),
        ("b ->", "c ->"),
        (" b -> Nullable<Text>,\n", " b -> Nullable<Text>,\n c -> Text,\n"),
    ] {
        assert_ne!(check(&text.replace(from, to)), 0, "{from} as {to}");
    }
    let more = format!("{text}diesel::table! {{\n c (id) {{\n id -> BigInt,\n }}\n}}\n");
    assert_eq!(check(&more), 1);
}
