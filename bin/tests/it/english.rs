//! The wording of comments, as far as a machine can tell: CONTRIBUTING.md, "English". Comments of
//! tests are held to the first words only.

use std::path::Path;

use crate::house;

apportion_testing::cases! {
    plain: comments_are_plain,
    the_rules_can_be_broken
}

/// Words that no first line of a doc comment begins with: a function does something, and a type is
/// something.
const FIRST_WORDS: &[&str] = &["How", "So many", "What", "Who", "Whoever"];

/// Phrases for which there are plain words: "`None` if", "no longer", "does not exist", "the number
/// of", "is accepted", "unchanged".
const PHRASES: &[&str] =
    &["as it is kept", "is borne", "is none", "no more.", "none where", "so many"];

fn comments_are_plain() {
    let offenders: Vec<String> = house::sources()
        .into_iter()
        .flat_map(|(path, text)| {
            let path = path.display().to_string();
            offenders(&text).into_iter().map(move |found| format!("{path}:{found}"))
        })
        .collect();
    let tests = house::texts().into_iter().filter(|(path, _)| is_test(path));
    let offenders: Vec<String> = tests
        .flat_map(|(path, text)| {
            let path = path.display().to_string();
            let found = first_words(&text);
            found.into_iter().map(move |found| format!("{path}:{found}"))
        })
        .chain(offenders)
        .collect();
    assert!(offenders.is_empty(), "comments are not plain:\n{}", offenders.join("\n"));
}

fn is_test(path: &Path) -> bool {
    let is_rust = path.extension().is_some_and(|kind| kind == "rs");
    is_rust && path.components().any(|part| part.as_os_str() == "tests")
}

/// Returns the doc comments of a file that begin with a word which none begins with.
fn first_words(text: &str) -> Vec<String> {
    offenders(text).into_iter().filter(|found| found.contains(": begins with ")).collect()
}

/// Returns the offending words of a file, each with its line.
fn offenders(text: &str) -> Vec<String> {
    let mut offenders = Vec::new();
    let mut last = "";
    // The comment of several lines that is being read, and where it begins.
    let mut block = (0, String::new());
    for (at, line) in text.lines().chain([""]).enumerate() {
        let (marker, comment) = comment(line);
        if marker != last || marker.is_empty() {
            offenders.extend(phrases(&block.1).map(|found| format!("{}: {found}", block.0)));
            block = (at + 1, String::new());
            let first = FIRST_WORDS.iter().find(|word| begins_with(comment, word));
            if let Some(word) = first.filter(|_| marker.starts_with("//") && marker.len() == 3) {
                offenders.push(format!("{}: begins with \"{word}\"", at + 1));
            }
        }
        block.1.push_str(comment);
        block.1.push(' ');
        // A comment behind code is complete.
        last = if line.trim_start().starts_with("//") { marker } else { "" };
    }
    offenders
}

/// Splits the comment off a line: its marker, which is empty if there is none, and its text. A `//`
/// in a string is taken for one; it does no harm here.
fn comment(line: &str) -> (&str, &str) {
    let Some(at) = line.find("//") else { return ("", "") };
    let (alone, rest) = (line[..at].trim().is_empty(), &line[at..]);
    let doc = alone && (rest.starts_with("//!") || rest.starts_with("///"));
    let (marker, comment) = rest.split_at(if doc { 3 } else { 2 });
    (marker, comment.trim())
}

fn begins_with(comment: &str, word: &str) -> bool {
    comment.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

fn phrases(comment: &str) -> impl Iterator<Item = &'static str> {
    let comment = format!(" {} ", comment.to_lowercase());
    PHRASES.iter().copied().flat_map(move |phrase| {
        let whole = |at: usize| {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let (before, after) = (&comment[..at], &comment[at + phrase.len()..]);
            !before.ends_with(word) && (phrase.ends_with('.') || !after.starts_with(word))
        };
        let count = comment.match_indices(phrase).filter(|(at, _)| whole(*at)).count();
        std::iter::repeat_n(phrase, count)
    })
}

fn the_rules_can_be_broken() {
    for (text, expected) in [
        ("/// Returns the day.\nfn a() {}", vec![]),
        ("/// Whether it is `None`.", vec![]),
        ("/// Whatever comes.", vec![]),
        ("/// The day.\n/// What it is for.", vec![]),
        ("/// What it is.", vec!["1: begins with \"What\""]),
        ("//! How it is.\n\n// How this works.", vec!["1: begins with \"How\""]),
        ("a;\n    /// Who asks.", vec!["2: begins with \"Who\""]),
        ("/// A day; none\n/// where it ends.", vec!["1: none where"]),
        ("a; // There is none.\nb; // It counts no more.", vec!["1: is none", "2: no more."]),
        ("//! So many sums.", vec!["1: begins with \"So many\"", "1: so many"]),
        ("/// No more than ten. This is nonetheless fine.", vec![]),
        ("\"there is none\"", vec![]),
    ] {
        assert_eq!(offenders(text), expected, "{text}");
    }
    assert_eq!(PHRASES.iter().flat_map(|phrase| phrases(phrase)).collect::<Vec<_>>(), PHRASES);
}
