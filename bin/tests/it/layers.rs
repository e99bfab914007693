//! Which crate may build on which: the picture in ARCHITECTURE.md, held against `cargo metadata`.
//! `floors.rs` holds the folders within a crate.

use std::process::Command;

use serde_json::Value;

use crate::house;

apportion_testing::cases! {
    plain: crates_depend_downwards_only,
    suites_share_nothing_else,
    the_table_allows_no_more_than_is_used
}

/// A crate, those of ours that it builds on, and what else it may build on. A crate that is not
/// here fails the test: its place in the picture has to be decided first.
const CRATES: &[(&str, &[&str], &[&str])] = &[
    (
        "apportion-core",
        &[],
        &["chrono", "chrono-tz", "idna", "iso_currency", "thiserror", "validator"],
    ),
    (
        "apportion-jsonapi",
        &[],
        &[
            // Cursors are opaque, and bound to their query: base64, crc32fast.
            "base64",
            "chrono",
            "crc32fast",
            "itoa",
            "percent-encoding",
            "serde_json",
            // Texts of clients in their composed form (`text::composed`).
            "unicode-normalization",
        ],
    ),
    // The one near C: docs/decisions/0019-deadlines.md.
    ("apportion-limits", &[], &["libc", "libmimalloc-sys", "libsqlite3-sys", "mimalloc"]),
    (
        "apportion-store",
        &["apportion-core", "apportion-limits"],
        &[
            "chrono",
            "diesel",
            "diesel_migrations",
            "libsqlite3-sys",
            "log",
            "openssl-sys",
            "pq-sys",
            // Asks how much room a disk has, and locks a database as SQLite does before a backup
            // takes its place (`restore`).
            "rustix",
            // Reads the keys of a cursor, which come from the database as one value (`keyset`).
            "serde_json",
            "thiserror",
            "tokio",
            // The ids of requests, in whose name rows are written (`scope`).
            "uuid",
        ],
    ),
    (
        "apportion-server",
        &["apportion-core", "apportion-jsonapi", "apportion-limits", "apportion-store"],
        &[
            "actix-http",
            "actix-server",
            "actix-service",
            "actix-web",
            "chrono",
            "crc32fast",
            "csv",
            "futures-util",
            "getrandom",
            "log",
            // Charts: docs/decisions/0011-charts.md.
            "plotters",
            "plotters-backend",
            // Counters, histograms and their text format (`monitor`).
            "prometheus",
            // Reads a clock that nobody sets (`clock`).
            "rustix",
            "serde_json",
            "sha2",
            "subtle",
            "thiserror",
            "tokio",
            "uuid",
        ],
    ),
    (
        "apportion",
        &["apportion-core", "apportion-limits", "apportion-server"],
        &[
            "anyhow",
            "chrono",
            "clap",
            "env_logger",
            "indicatif",
            "log",
            "serde_json",
            // Reads `apportion.toml` (`configuration`).
            "toml",
        ],
    ),
    // Two that nobody ships: docs/decisions/0006-crates-beside-the-house.md.
    (
        "apportion-testing",
        &[],
        &[
            "jsonapi",
            "jsonapi_core",
            "jsonschema",
            "libtest-mimic",
            "rustix",
            "serde",
            "serde_json",
            "tempfile",
        ],
    ),
    (
        "apportion-bench",
        &["apportion-core", "apportion-server", "apportion-testing"],
        &["actix-web", "diesel", "tempfile"],
    ),
];

fn crates_depend_downwards_only() {
    for package in packages() {
        let name = text(&package["name"]);
        let allowed = CRATES.iter().find(|(known, ..)| *known == name);
        let (_, ours, others) = allowed.unwrap_or_else(|| panic!("{name} is not in the table"));
        for dependency in dependencies(&package, |kind| kind != "dev") {
            let allowed = if is_ours(&dependency) { ours } else { others };
            assert!(allowed.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}

/// A test may use what its crate uses, and the suite's own crate; the whole house is tested where
/// it comes together.
fn suites_share_nothing_else() {
    for package in packages() {
        let name = text(&package["name"]);
        let (_, ours, _) = CRATES.iter().find(|(known, ..)| *known == name).unwrap();
        let tested =
            dependencies(&package, |kind| kind == "dev").into_iter().filter(|it| is_ours(it));
        for dependency in tested {
            let allowed = dependency == "apportion-testing" || ours.contains(&dependency.as_str());
            assert!(allowed, "the tests of {name} must not use {dependency}");
        }
    }
}

fn the_table_allows_no_more_than_is_used() {
    let packages = packages();
    for (name, ours, others) in CRATES {
        let package = packages.iter().find(|package| package["name"] == *name);
        let package = package.unwrap_or_else(|| panic!("there is no {name}"));
        let used = dependencies(package, |kind| kind != "dev");
        for allowed in [*ours, *others].concat() {
            assert!(used.iter().any(|it| it == allowed), "{name} does not use {allowed}");
        }
    }
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--no-deps", "--locked"])
        .current_dir(house::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() >= 6, "only {} packages", packages.len());
    packages
}

/// The names of what a package depends on, by the kind of dependency (`normal`, `build`, `dev`).
fn dependencies(package: &Value, kind: impl Fn(&str) -> bool) -> Vec<String> {
    let all = package["dependencies"].as_array().unwrap().iter();
    let chosen = all.filter(|it| kind(it["kind"].as_str().unwrap_or("normal")));
    chosen.map(|it| text(&it["name"])).collect()
}

fn is_ours(name: &str) -> bool {
    name == "apportion" || name.starts_with("apportion-")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
