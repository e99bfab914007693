//! The rules of the house that a machine can hold: sizes, headings, names, words that must not be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::house;

apportion_testing::cases! {
    plain: files_are_short,
    folders_are_small,
    files_say_what_they_are,
    files_are_named_for_what_they_hold,
    lines_are_short,
    words_that_must_not_be,
    money_is_never_floating,
    nothing_is_unsafe,
    both_databases_take_the_same_steps,
    the_rules_can_be_broken
}

const MAX_LINES: usize = 600;
const LONG_LINES: usize = 400;
const MAX_COLUMNS: usize = 100;
const MAX_FILES: usize = 14;

/// Files of more than [`LONG_LINES`] lines, and why they are in one piece.
const LONG_FILES: &[(&str, &str)] = &[];

/// Names that say nothing of what is in a file.
const EMPTY_NAMES: &[&str] = &[
    "base", "common", "data", "helper", "helpers", "info", "manager", "misc", "shared", "stuff",
    "tools", "types", "util", "utils",
];

/// Split, so that this file is none of those that have them.
const FORBIDDEN: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[", "ignore"),
];

/// Hosts that packages come from: what is tracked must build wherever they are mirrored.
const HOSTS: &[&str] = &["registry.", "index.", "static.", "files."];

fn files_are_short() {
    for (path, text) in rust_files() {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
        let reason = LONG_FILES.iter().find(|(known, _)| Path::new(known) == path);
        let reasonable = lines <= LONG_LINES || reason.is_some();
        assert!(reasonable, "{} has {lines} lines and no reason for it", path.display());
        let stale = reason.is_some() && lines <= LONG_LINES;
        assert!(!stale, "{} is short enough to need no reason", path.display());
    }
}

fn folders_are_small() {
    let sources = house::sources();
    let crowded = crowded(sources.iter().map(|(path, _)| path.as_path()));
    assert!(crowded.is_empty(), "folders of more than {MAX_FILES} files: {crowded:?}");
}

/// Returns the folders that have too many of the files, `mod.rs` included.
fn crowded<'a>(files: impl Iterator<Item = &'a Path>) -> Vec<&'a Path> {
    let mut folders = BTreeMap::<_, usize>::new();
    for file in files {
        *folders.entry(file.parent().unwrap()).or_default() += 1;
    }
    folders.retain(|_, count| *count > MAX_FILES);
    folders.into_keys().collect()
}

fn files_say_what_they_are() {
    for (path, text) in rust_files() {
        assert!(text.starts_with("//! "), "{} does not begin with `//! `", path.display());
    }
}

fn files_are_named_for_what_they_hold() {
    for (path, _) in rust_files() {
        let names = path.iter().filter_map(|part| Path::new(part).file_stem()?.to_str());
        for name in names {
            assert!(!EMPTY_NAMES.contains(&name), "{} says nothing", path.display());
        }
    }
}

fn lines_are_short() {
    let mut long = Vec::new();
    for (path, text) in rust_files() {
        for (at, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            // What tests send and expect stands as it is on the wire.
            let ships = path.starts_with("bin/src") || path.starts_with("crates");
            let ships = ships && path.iter().any(|part| part == "src");
            let quoted = line.contains('"') && !ships;
            if !quoted && columns > MAX_COLUMNS {
                long.push(format!("{}:{}: {columns} columns", path.display(), at + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

fn words_that_must_not_be() {
    for (path, text) in house::texts() {
        for (at, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), at + 1);
            assert_eq!(forbidden(line), None, "{place}: {line}");
        }
    }
}

/// The word, or the host, that must not be in a line.
fn forbidden(line: &str) -> Option<&'static str> {
    let word = FORBIDDEN.iter().find(|word| line.contains(**word));
    let mut urls = ["http://", "https://"].iter().flat_map(|scheme| line.split(scheme).skip(1));
    let host = || urls.find_map(|rest| HOSTS.iter().find(|host| rest.starts_with(**host)));
    word.or_else(host).copied()
}

fn money_is_never_floating() {
    for (path, text) in rust_files() {
        if path.starts_with("crates/core/src") || path.starts_with("crates/store/src") {
            for word in code_words(&text) {
                assert!(word != "f32" && word != "f64", "{} has {word}", path.display());
            }
        }
    }
}

/// Two short files that deal with C, in a crate that denies it everywhere else
/// (docs/decisions/0019-deadlines.md).
const NEAR_C: [&str; 3] =
    ["crates/limits/Cargo.toml", "crates/limits/src/sqlite.rs", "crates/limits/src/memory.rs"];

/// The compiler forbids it in every crate that says so; this sees that every crate says so.
fn nothing_is_unsafe() {
    let workspaces = ["Cargo.toml", "tests/embedding/Cargo.toml"];
    for workspace in workspaces {
        assert!(house::read(workspace).contains("unsafe_code = \"forbid\""), "{workspace}");
    }
    assert!(house::read(NEAR_C[0]).contains("unsafe_code = \"deny\""));
    assert!(NEAR_C[1..].iter().all(|path| house::read(path).lines().count() < 50));
    for (path, text) in house::texts() {
        if NEAR_C.iter().any(|called| path == Path::new(called)) {
            continue;
        }
        let is_workspace = workspaces.iter().any(|workspace| path == Path::new(workspace));
        if path.ends_with("Cargo.toml") && !is_workspace {
            assert!(text.contains("[lints]\nworkspace = true\n"), "{} is free", path.display());
        }
        if path.extension().is_some_and(|kind| kind == "rs") {
            // A word of content security policies.
            let text = text.replace(concat!("'un", "safe-inline'"), "");
            let found = code_words(&text).any(|word| word == concat!("un", "safe"));
            assert!(!found, "{} is not safe", path.display());
        }
    }
}

fn both_databases_take_the_same_steps() {
    let [sqlite, postgres] = ["migrations/sqlite", "migrations/postgres"].map(house::names);
    assert_eq!(sqlite, postgres);
    for (at, step) in sqlite.iter().enumerate() {
        let number = step.split('_').next().unwrap();
        assert_eq!(number, format!("{:014}", at + 1), "{step} is out of order");
        for database in ["sqlite", "postgres"] {
            let folder = format!("migrations/{database}/{step}");
            assert_eq!(house::names(&folder), ["up.sql"], "{folder}: forward only");
            let text = house::read(Path::new(&folder).join("up.sql"));
            assert!(text.starts_with("-- "), "{folder} does not say what it is for");
        }
    }
}

/// Each check finds what it looks for.
fn the_rules_can_be_broken() {
    for word in FORBIDDEN {
        assert_eq!(forbidden(&format!("// {word} later")), Some(*word));
    }
    for host in HOSTS {
        assert_eq!(forbidden(&format!("see https://{host}example.org")), Some(*host));
    }
    assert_eq!(forbidden("see https://example.org/registry.html and http://docs.rs"), None);
    let files = |count: usize| (0..count).map(|at| PathBuf::from(format!("src/rows/{at}.rs")));
    let (most, more): (Vec<_>, Vec<_>) =
        (files(MAX_FILES).collect(), files(MAX_FILES + 1).collect());
    assert!(crowded(most.iter().map(PathBuf::as_path)).is_empty());
    assert_eq!(crowded(more.iter().map(PathBuf::as_path)), [Path::new("src/rows")]);
    let code: Vec<&str> = code_words("let x: f64 = y_f64; // f32\n/// f32").collect();
    assert_eq!(code, ["let", "x", "f64", "y_f64"]);
    let tracked = house::texts();
    let here = tracked.iter().any(|(path, _)| path.ends_with("tests/it/main.rs"));
    assert!(here && tracked.len() > 50, "{} files are tracked", tracked.len());
}

fn rust_files() -> Vec<(PathBuf, String)> {
    let rust = |path: &Path| path.extension().is_some_and(|kind| kind == "rs");
    house::texts().into_iter().filter(|(path, _)| rust(path)).collect()
}

/// The words of a program outside its comments.
fn code_words(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| !word.is_empty())
}
