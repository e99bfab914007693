//! The parameters of functions in `src`. A tuple of more than two members should be a struct, which
//! gives them names.

use crate::rust_text::{Token, tokens};
use crate::{exceptions, house};

apportion_testing::cases! {
    plain: parameters_are_no_tuples,
    the_rules_can_be_broken
}

const MAX_MEMBERS: usize = 2;

fn parameters_are_no_tuples() {
    let mut found = Vec::new();
    for (path, text) in house::sources() {
        let path = path.display();
        for Signature { name, line, members } in offenders(&text) {
            let message = format!("{path}:{line}: `{name}` takes a tuple of {members}: name them");
            found.push((format!("{path}: {name}"), message));
        }
    }
    exceptions::compare("TUPLES", exceptions::TUPLES, &found);
}

#[derive(Debug, PartialEq, Eq)]
struct Signature {
    name: String,
    line: usize,
    /// Returns the number of members of the largest tuple among the parameters.
    members: usize,
}

/// Returns the functions of a file that take a tuple of too many members.
fn offenders(text: &str) -> Vec<Signature> {
    let tokens = tokens(text);
    let functions = tokens.iter().enumerate().filter(|(_, token)| token.text == "fn");
    let signatures = functions.filter_map(|(at, token)| {
        let name = tokens.get(at + 1).filter(|name| name.text != "(")?;
        let parameters = parameters(&tokens[at + 2..])?;
        let members = largest_tuple(parameters);
        Some(Signature { name: name.text.to_owned(), line: token.line, members })
    });
    signatures.filter(|signature| signature.members > MAX_MEMBERS).collect()
}

/// Returns what is between the parentheses of a signature, which its generics may come before.
fn parameters<'a>(tokens: &'a [Token<'a>]) -> Option<&'a [Token<'a>]> {
    let mut angles = 0_usize;
    let mut before = "";
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "<" => angles += 1,
            ">" if before != "-" => angles = angles.checked_sub(1)?,
            "(" if angles == 0 => return Some(group(&tokens[at..])),
            _ => {}
        }
        before = token.text;
    }
    None
}

/// Returns what is inside the brackets that tokens begin with.
fn group<'a>(tokens: &'a [Token<'a>]) -> &'a [Token<'a>] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[1..at];
        }
    }
    &[]
}

/// Returns the number of members of the largest tuple among parameters, patterns included; the
/// arguments of `Fn(A, B, C)` and `fn(A, B, C)` are none.
fn largest_tuple(parameters: &[Token<'_>]) -> usize {
    let mut largest = 0;
    for (at, _) in parameters.iter().enumerate().filter(|(_, token)| token.text == "(") {
        let before = at.checked_sub(1).map_or("", |at| parameters[at].text);
        if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') || before == "mut" {
            largest = largest.max(members(group(&parameters[at..])));
        }
    }
    largest
}

/// Returns the number of members between commas, of which the last may be followed by one.
fn members(tokens: &[Token<'_>]) -> usize {
    let (mut depth, mut members, mut empty) = (0_usize, 0, true);
    let mut before = "";
    for token in tokens {
        match token.text {
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            ">" if before != "-" => depth -= 1,
            _ => {}
        }
        let comma = token.text == "," && depth == 0;
        members += usize::from(empty && !comma);
        empty = comma;
        before = token.text;
    }
    members
}

fn the_rules_can_be_broken() {
    for (text, expected) in [
        ("fn a(b: i64, c: &str, d: u8) {}", None),
        ("fn a((b, c): (i64, &str)) {}", None),
        ("fn a<F: Fn(u8, u8, u8) -> u8>(b: F, c: impl Fn(u8, u8, u8), d: fn(u8, u8, u8)) {}", None),
        ("fn a(b: Map<u8, (u8, Pair<u8, u8>)>) -> (u8, u8, u8) {}", None),
        ("let a = |b: (u8, u8, u8)| ();", None),
        ("fn a(Pair(b, c, d): Pair) {}", None),
        ("fn a(\n    b: (i64, &str, u8,),\n) {}", Some(("a", 3))),
        ("fn a(&self, (b, c, d, e): Four) {}", Some(("a", 4))),
        ("impl A { fn b<'c, D: E<F>>(g: &'c [(u8, Option<H<u8, u8>>, u8)]) {} }", Some(("b", 3))),
        ("fn a(b: &mut (u8, u8, u8)) {}", Some(("a", 3))),
        ("fn a(b: impl Fn((u8, u8, u8)) -> u8) {}", Some(("a", 3))),
    ] {
        let found = offenders(text);
        let found = found.first().map(|found| (found.name.as_str(), found.members));
        assert_eq!(found, expected, "{text}");
    }
}
