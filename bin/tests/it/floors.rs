//! The imports allowed within a crate: folders are floors, and nothing imports upward or in a
//! circle. `lib.rs` is exempt, since it re-exports what a crate offers.

use std::collections::BTreeSet;

use crate::circles::Graph;
use crate::exceptions;
use crate::house;
use crate::imports_between_files::{Import, Sources};

apportion_testing::cases! {
    plain: folders_import_downwards_only,
    folders_have_no_circles,
    siblings_have_no_circles,
    every_folder_has_a_floor,
    the_map_has_the_same_floors,
    the_rules_can_be_broken
}

/// A folder of `src`, or a file beside the folders, and its floor. Folders on the same floor do not
/// import each other.
type Floor = (&'static str, u8);

/// A crate and its folders, from the ground up. A folder that is not here fails the test: its floor
/// has to be decided first.
const CRATES: &[(&str, &[Floor])] = &[
    (
        "core",
        &[
            ("rules", 1),
            ("money", 1),
            ("parties", 2),
            ("calendar", 2),
            ("revenue", 3),
            ("payouts", 4),
            ("checks", 5),
        ],
    ),
    (
        "jsonapi",
        &[
            ("text", 1),
            ("error.rs", 2),
            ("value.rs", 2),
            ("media.rs", 3),
            ("resource", 3),
            ("query", 4),
            ("request", 4),
            ("document", 5),
        ],
    ),
    (
        "store",
        &[
            ("address.rs", 1),
            ("error.rs", 2),
            ("figures.rs", 2),
            ("scope.rs", 2),
            ("database", 3),
            ("outages.rs", 3),
            ("sql", 4),
            ("session", 5),
            ("rows", 6),
            ("pool", 6),
            ("tables", 8),
            ("ledger", 9),
            ("payouts", 9),
            ("checks", 9),
        ],
    ),
    (
        "server",
        &[
            ("clock.rs", 1),
            ("failure.rs", 1),
            ("monitor.rs", 1),
            ("revenue", 1),
            ("http", 2),
            ("access", 3),
            ("catalog", 3),
            ("app.rs", 4),
            ("payouts", 4),
            ("resources", 6),
            ("engine", 5),
            ("commands", 7),
            ("endpoints", 7),
            ("service.rs", 8),
            ("serve.rs", 9),
        ],
    ),
];

fn every_folder_has_a_floor() {
    for (krate, floors) in CRATES {
        let names = house::names(format!("crates/{krate}/src"));
        for name in names.iter().filter(|name| *name != "lib.rs") {
            let known = floors.iter().any(|(known, _)| known == name);
            assert!(known, "crates/{krate}/src/{name} has no floor in the table of floors.rs");
        }
        for (known, _) in *floors {
            let there = names.iter().any(|name| name == known);
            assert!(there, "there is no crates/{krate}/src/{known}");
        }
    }
}

fn the_map_has_the_same_floors() {
    let map = house::read("ARCHITECTURE.md");
    for (krate, floors) in CRATES {
        let mut known: Vec<(&str, u8)> = floors.to_vec();
        known.sort_unstable();
        let drawn = drawn_floors(&map, krate);
        assert_eq!(drawn, known, "ARCHITECTURE.md, `crates/{krate}`, and the table of floors.rs");
    }
}

/// Returns the floors that a page draws below the heading of a crate: the folders before the number
/// in each line of the first code block.
fn drawn_floors<'a>(page: &'a str, krate: &str) -> Vec<(&'a str, u8)> {
    let section = page.split_once(&format!("\n### `crates/{krate}`")).map_or("", |(_, rest)| rest);
    let block = section.split("\n```").nth(1).unwrap_or_default();
    let mut floors = Vec::new();
    for line in block.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let numbers =
            words.iter().enumerate().filter_map(|(at, word)| Some((at, word.parse().ok()?)));
        if let Some((at, floor)) = numbers.into_iter().next() {
            floors.extend(words[..at].iter().map(|name| (name.trim_end_matches('/'), floor)));
        }
    }
    floors.sort_unstable();
    floors
}

fn folders_import_downwards_only() {
    let mut found = Vec::new();
    for (krate, floors) in CRATES {
        for (Import { from, to, line, path }, rule) in upward(&imports(krate), floors) {
            let message =
                format!("crates/{krate}/src/{from}:{line} imports `{path}` ({to}): {rule}");
            found.push((format!("crates/{krate}/src/{from} -> {to}"), message));
        }
    }
    exceptions::compare("UPWARD", exceptions::UPWARD, &found);
}

fn folders_have_no_circles() {
    let found = in_circles(circles_of_folders);
    exceptions::compare("IN_CIRCLES", exceptions::IN_CIRCLES, &found);
}

fn siblings_have_no_circles() {
    let found = in_circles(circles_of_siblings);
    exceptions::compare("IN_SIBLING_CIRCLES", exceptions::IN_SIBLING_CIRCLES, &found);
}

/// Returns the files of all crates that are in a circle, each with a message that has the circle.
fn in_circles(circles: impl Fn(&[Import]) -> Vec<(String, String)>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (krate, _) in CRATES {
        for (file, circle) in circles(&imports(krate)) {
            let file = format!("crates/{krate}/src/{file}");
            let message = format!("{file} is in a circle: {circle}");
            found.push((file, message));
        }
    }
    found
}

fn imports(krate: &str) -> Vec<Import> {
    let folder = format!("crates/{krate}/src");
    let texts = house::texts();
    let files = texts.iter().filter_map(|(path, text)| {
        let file = path.strip_prefix(&folder).ok()?.to_str()?;
        file.ends_with(".rs").then_some((file, text.as_str()))
    });
    Sources::read(files).imports()
}

/// Returns the imports that do not go downward, each with the rule that it breaks.
fn upward(imports: &[Import], floors: &[Floor]) -> Vec<(Import, String)> {
    let floor = |room: &str| floors.iter().find(|(known, _)| *known == room).map(|known| known.1);
    let mut broken = Vec::new();
    for import in imports.iter().filter(|import| import.from != "lib.rs") {
        let (from, to) = (room(&import.from), room(&import.to));
        let rule = match (floor(from), floor(to)) {
            _ if from == to => continue,
            _ if to == "lib.rs" => "lib.rs re-exports, and defines nothing".to_owned(),
            (Some(upper), Some(lower)) if lower < upper => continue,
            (Some(from_floor), Some(to_floor)) => format!(
                "{from} is on floor {from_floor}, {to} on floor {to_floor}, \
                 and a folder imports only from floors below its own"
            ),
            _ => format!("{from} or {to} has no floor in the table of floors.rs"),
        };
        broken.push((import.clone(), rule));
    }
    broken
}

/// Returns what has a floor: the first folder of a path, or the file if it is in none.
fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file)
}

/// Returns the files that are in a circle through several folders, each with such a circle.
fn circles_of_folders(imports: &[Import]) -> Vec<(String, String)> {
    let graph = Graph::new(imports.iter().filter(|import| import.from != "lib.rs"));
    let through_several = |files: &BTreeSet<&str>| {
        files.iter().map(|file| folder(file)).collect::<BTreeSet<_>>().len() > 1
    };
    circles(&graph, through_several)
}

/// Returns the files that are in a circle within their folder, each with such a circle.
fn circles_of_siblings(imports: &[Import]) -> Vec<(String, String)> {
    let within = imports.iter().filter(|import| folder(&import.from) == folder(&import.to));
    circles(&Graph::new(within), |_| true)
}

fn circles(graph: &Graph<'_>, chosen: impl Fn(&BTreeSet<&str>) -> bool) -> Vec<(String, String)> {
    let circles = graph.circles().into_iter().filter(chosen);
    let files: Vec<&str> = circles.flatten().collect();
    let shortest = |file: &str| graph.shortest(file).unwrap_or_default();
    files.into_iter().map(|file| (file.to_owned(), shortest(file))).collect()
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Each check finds what it looks for, in a house of three floors.
fn the_rules_can_be_broken() {
    const FLOORS: &[Floor] = &[("ground", 1), ("left", 2), ("right", 2), ("roof.rs", 3)];
    let imports = |file: &'static str, text: &'static str| {
        let all = [
            ("lib.rs", "mod ground; mod left; pub use left::Left; pub use roof::Roof; fn own() {}"),
            ("ground/mod.rs", "mod one; mod two;"),
            ("ground/one.rs", "use super::two::Two;"),
            ("ground/two.rs", ""),
            ("left/mod.rs", "use crate::ground::one::One;"),
            ("right/mod.rs", "use crate::ground;"),
            ("roof.rs", "use crate::{left, right};"),
        ];
        let all = all.map(|(known, old)| (known, if known == file { text } else { old }));
        Sources::read(all).imports()
    };
    for (file, text, expected) in [
        ("", "", None),
        ("ground/one.rs", "use crate::left::Left;", Some("ground/one.rs:1 left/mod.rs")),
        (
            "ground/one.rs",
            "\n\nuse crate::{ground::two, Left};",
            Some("ground/one.rs:3 left/mod.rs"),
        ),
        ("ground/one.rs", "fn a() { crate::roof::b() }", Some("ground/one.rs:1 roof.rs")),
        ("ground/one.rs", "use super::super::Roof;", Some("ground/one.rs:1 roof.rs")),
        (
            "left/mod.rs",
            "macro_rules! a { () => { $crate::right::B } }",
            Some("left/mod.rs:1 right/mod.rs"),
        ),
        ("right/mod.rs", "use crate::own;", Some("right/mod.rs:1 lib.rs")),
    ] {
        let broken = upward(&imports(file, text), FLOORS);
        let found = broken.first().map(|(it, _)| format!("{}:{} {}", it.from, it.line, it.to));
        assert_eq!(found.as_deref(), expected, "{text}");
    }
    let map = "\n### `crates/a`: b\n\n```\nroof.rs  2  of 1 kind\none/ two  1  text\n  more\n```\n";
    assert_eq!(drawn_floors(map, "a"), [("one", 1), ("roof.rs", 2), ("two", 1)]);
    assert_eq!(drawn_floors(map, "b"), []);
    assert_eq!(circles_of_folders(&imports("", "")), []);
    let found = circles_of_folders(&imports("ground/one.rs", "use crate::left::Left;"));
    assert_eq!(found[0].1, "ground/one.rs -> left/mod.rs -> ground/one.rs");
    assert_eq!(circles_of_siblings(&imports("", "")), []);
    let found = circles_of_siblings(&imports("ground/two.rs", "use super::one::One;"));
    assert_eq!(found[0].1, "ground/one.rs -> ground/two.rs -> ground/one.rs");
}
