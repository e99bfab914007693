//! A Rust file as text: its words without comments and strings, and the paths that it names.
//!
//! This is not a parser of Rust. It knows as much of the language as the rules of the house need,
//! and rustc has accepted every file before.

/// A word, `::`, or a single character of punctuation, and the line that it is on, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

/// A path such as `crate::rows::select::load`, or one leaf of a `use` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub segments: Vec<String>,
    /// The name that a `use` binds; `None` for a path in code. A glob binds `*`.
    pub binds: Option<String>,
    /// The modules inside the file, `mod name { … }`, that the path stands in.
    pub within: Vec<String>,
    pub line: usize,
}

/// Returns the tokens of a program outside its comments, strings, characters and lifetimes.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match skipped(rest) {
            Some(length) => length,
            None => {
                let length = token_length(rest, first);
                tokens.push(Token { text: &rest[..length], line });
                length
            }
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

/// Returns the length of the token at the start of a text.
fn token_length(rest: &str, first: char) -> usize {
    if rest.starts_with("::") {
        2
    } else if rest.starts_with("$crate") {
        "$crate".len()
    } else if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    }
}

/// Returns the length of what stands at the start of a text and is no token.
fn skipped(rest: &str) -> Option<usize> {
    let first = rest.chars().next()?;
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if first == '\'' {
        return Some(quoted(rest));
    }
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).unwrap_or_default().trim_start_matches('#');
        let raw = prefix.ends_with('r') || rest[prefix.len()..].starts_with('"');
        raw && after.starts_with('"')
    })?;
    Some(prefix.len() + string(&rest[prefix.len()..], prefix.ends_with('r')))
}

/// Returns the length of a string literal without its prefix.
fn string(text: &str, raw: bool) -> usize {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let mut at = hashes + 1;
    if raw {
        let end = format!("\"{}", "#".repeat(hashes));
        return text[at..].find(&end).map_or(text.len(), |found| at + found + end.len());
    }
    while let Some(found) = text[at..].find(['"', '\\']) {
        at += found;
        if text[at..].starts_with('"') {
            return at + 1;
        }
        at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
    }
    text.len()
}

/// Returns the length of a character literal or, where there is none, of a lifetime.
fn quoted(text: &str) -> usize {
    let mut inner = text[1..].chars();
    match inner.next() {
        Some('\\') => {
            let escaped = 2 + inner.next().map_or(0, char::len_utf8);
            text[escaped..].find('\'').map_or(text.len(), |end| escaped + end + 1)
        }
        Some(character) if inner.next() == Some('\'') => 2 + character.len_utf8(),
        _ => text[1..].find(|c| !is_word(c)).map_or(text.len(), |end| end + 1),
    }
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let Some(next) = text[at..].find("/*").into_iter().chain(text[at..].find("*/")).min()
        else {
            return text.len();
        };
        at += next;
        if text[at..].starts_with("/*") {
            depth += 1
        } else {
            depth -= 1
        }
        at += 2;
    }
    at
}

pub fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the paths of a file: the leaves of its `use` declarations, and what its code names with
/// at least one `::`.
pub fn paths(text: &str) -> Vec<Path> {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0, within: Vec::new(), found: Vec::new() };
    let (mut depth, mut modules) = (0_usize, Vec::new());
    while let Some(token) = reader.peek(0) {
        match token.text {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                while modules.last().is_some_and(|opened| *opened == depth) {
                    modules.pop();
                    reader.within.pop();
                }
            }
            "mod" if reader.text(2) == "{" => {
                reader.within.push(reader.text(1).to_owned());
                modules.push(depth);
            }
            "use" if reader.text(1) != "<" => {
                reader.at += 1;
                reader.use_tree(&[]);
                continue;
            }
            // `pub(in crate::rows)` says who may see an item, and imports nothing.
            "in" if reader.before() == "(" => {
                reader.at += 1;
                reader.plain_path();
                continue;
            }
            word if is_path_start(word) && reader.before() != "::" => {
                let (segments, line) = (reader.plain_path(), token.line);
                if segments.len() > 1 {
                    reader.push(segments, None, line);
                }
                continue;
            }
            _ => {}
        }
        reader.at += 1;
    }
    reader.found
}

fn is_path_start(word: &str) -> bool {
    word == "$crate" || word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    within: Vec<String>,
    found: Vec<Path>,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + ahead).copied()
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.peek(ahead).map_or("", |token| token.text)
    }

    fn before(&self) -> &'a str {
        self.at.checked_sub(1).map_or("", |at| self.tokens[at].text)
    }

    fn push(&mut self, segments: Vec<String>, binds: Option<String>, line: usize) {
        self.found.push(Path { segments, binds, within: self.within.clone(), line });
    }

    /// Reads words joined by `::`, and leaves a `::` that something else follows.
    fn plain_path(&mut self) -> Vec<String> {
        let mut segments = vec![segment(self.text(0))];
        self.at += 1;
        while self.text(0) == "::" && is_path_start(self.text(1)) {
            segments.push(segment(self.text(1)));
            self.at += 2;
        }
        segments
    }

    /// Reads one branch of a `use` declaration, up to the `,`, `;` or `}` after it.
    fn use_tree(&mut self, prefix: &[String]) {
        if self.text(0) == "::" {
            self.at += 1;
        }
        let Some(first) = self.peek(0) else { return };
        let mut segments = prefix.to_vec();
        if is_path_start(first.text) {
            segments.extend(self.plain_path());
            if self.text(0) == "::" {
                self.at += 1;
            }
        }
        match self.text(0) {
            "{" => {
                self.at += 1;
                while !["}", ""].contains(&self.text(0)) {
                    self.use_tree(&segments);
                    if self.text(0) == "," {
                        self.at += 1;
                    }
                }
                self.at += 1;
            }
            "*" => {
                self.at += 1;
                self.push(segments, Some("*".to_owned()), first.line);
            }
            _ => self.use_leaf(segments, first.line),
        }
    }

    fn use_leaf(&mut self, mut segments: Vec<String>, line: usize) {
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let mut binds = segments.last().cloned();
        if self.text(0) == "as" {
            binds = Some(self.text(1).to_owned());
            self.at += 2;
        }
        self.push(segments, binds, line);
    }
}

fn segment(word: &str) -> String {
    word.strip_prefix('$').unwrap_or(word).to_owned()
}

apportion_testing::cases! {
    plain: comments_and_strings_are_left_out,
    use_declarations_are_read,
    paths_in_code_are_read
}

fn comments_and_strings_are_left_out() {
    let words = |text| tokens(text).iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
    for (text, expected) in [
        ("a // b\nc", "a c"),
        ("a /* b /* c */ d */ e", "a e"),
        (r#"a "b\" c" d"#, "a d"),
        ("a r#\"b \" c\"# d", "a d"),
        ("a b\"c\" br\"d\" e", "a e"),
        ("a 'b' '\\'' '\\u{1F600}' c", "a c"),
        ("fn a<'b>(c: &'b str)", "fn a < > ( c : & str )"),
        ("r#type::b", "r # type :: b"),
        ("a::b", "a :: b"),
        ("a \"b", "a"),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
    let lines: Vec<usize> = tokens("a\n\"\n\"\nb").iter().map(|token| token.line).collect();
    assert_eq!(lines, [1, 4]);
}

/// Writes the paths of a text as the cases below expect them: `a::b=name@line`.
fn written(text: &str) -> Vec<String> {
    let write = |path: Path| {
        let binds = path.binds.map(|name| format!("={name}")).unwrap_or_default();
        let within = path.within.iter().map(|name| format!("{name}/")).collect::<String>();
        format!("{within}{}{binds}@{}", path.segments.join("::"), path.line)
    };
    paths(text).into_iter().map(write).collect()
}

fn use_declarations_are_read() {
    for (text, expected) in [
        ("use crate::a::B;", vec!["crate::a::B=B@1"]),
        ("pub(crate) use super::super::a;", vec!["super::super::a=a@1"]),
        ("use crate::a as b;", vec!["crate::a=b@1"]),
        ("use crate::a::*;", vec!["crate::a=*@1"]),
        ("use ::std::fmt;", vec!["std::fmt=fmt@1"]),
        (
            "use crate::{\n    a,\n    b::{self, C as D, e::F},\n};",
            vec!["crate::a=a@2", "crate::b=b@3", "crate::b::C=D@3", "crate::b::e::F=F@3"],
        ),
        ("fn a() -> impl B + use<'c> {}", vec![]),
        (
            "mod a { use super::b; mod c { use super::d; } } use e::f;",
            vec!["a/super::b=b@1", "a/c/super::d=d@1", "e::f=f@1"],
        ),
    ] {
        assert_eq!(written(text), expected, "{text}");
    }
}

fn paths_in_code_are_read() {
    for (text, expected) in [
        ("let a = crate::b::c(d);", vec!["crate::b::c@1"]),
        ("crate::a::b::<super::C>::d()", vec!["crate::a::b@1", "super::C@1"]),
        ("$crate::a::B => $crate::c!()", vec!["crate::a::B@1", "crate::c@1"]),
        ("\n#[diesel(table_name = crate::a::b)]", vec!["crate::a::b@2"]),
        ("impl crate::A for <B as super::C>::D {}", vec!["crate::A@1", "super::C@1"]),
        ("pub(in crate::a) fn b(); pub(super) fn c();", vec![]),
        ("/// [`crate::a::B`]\nstruct C(self::d::E);", vec!["self::d::E@2"]),
        ("\"crate::a\"", vec![]),
    ] {
        assert_eq!(written(text), expected, "{text}");
    }
}
