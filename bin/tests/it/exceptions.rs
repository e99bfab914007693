//! Where the house does not yet keep a rule of its own. Each list only shrinks: what is not in it
//! fails the test of that rule, and so does a line that is no longer needed.

/// Imports that go upward: the importer and the file that it imports.
pub const UPWARD: &[&str] = &[];

/// Files in a circle of imports through several folders.
pub const IN_CIRCLES: &[&str] = &[];

/// Files in a circle of imports within one folder.
pub const IN_SIBLING_CIRCLES: &[&str] = &[
    "crates/server/src/catalog/registry.rs",
    "crates/server/src/catalog/served.rs",
    "crates/server/src/catalog/work.rs",
];

/// Functions that take a tuple of more than two members.
pub const TUPLES: &[&str] = &[];

/// Pages that have lines of more than 120 columns.
pub const WIDE_PAGES: &[&str] = &[];

/// Names in ARCHITECTURE.md or CONTRIBUTING.md of files and functions that do not exist.
pub const LOST_NAMES: &[&str] = &[];

/// Fails unless the offenders that were found, each with a message, are those of the list.
#[track_caller]
pub fn compare(name: &str, list: &[&str], found: &[(String, String)]) {
    let differences = differences(name, list, found);
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

fn differences(name: &str, list: &[&str], found: &[(String, String)]) -> Vec<String> {
    let new = found.iter().filter(|(key, _)| !list.contains(&key.as_str()));
    let mut differences: Vec<String> = new.map(|(_, message)| message.clone()).collect();
    let stale = list.iter().filter(|known| !found.iter().any(|(key, _)| key == *known));
    differences.extend(stale.map(|known| {
        format!("exceptions.rs, {name}: delete `{known}`, which is no longer needed")
    }));
    differences
}

apportion_testing::cases! { plain: lists_only_shrink }

fn lists_only_shrink() {
    let found = [("a".to_owned(), "a is wrong".to_owned())];
    assert!(differences("LIST", &["a"], &found).is_empty());
    assert_eq!(differences("LIST", &[], &found), ["a is wrong"]);
    let stale = differences("LIST", &["a", "b"], &found);
    assert_eq!(stale, ["exceptions.rs, LIST: delete `b`, which is no longer needed"]);
}
