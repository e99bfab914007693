//! The Markdown of the repository: its width, its links, and whether the files and functions that
//! ARCHITECTURE.md names exist.

use std::path::{Component, Path, PathBuf};

use crate::{exceptions, house};

apportion_testing::cases! {
    plain: lines_are_short,
    links_lead_somewhere,
    the_map_names_what_there_is,
    the_rules_can_be_broken
}

const MAX_COLUMNS: usize = 120;

/// The pages that say where to read in the code.
const MAPS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

fn lines_are_short() {
    let mut found = Vec::new();
    for (path, text) in pages() {
        for (line, columns) in wide_lines(&text) {
            let page = path.display().to_string();
            let message =
                format!("{page}:{line} has {columns} columns, {MAX_COLUMNS} are the most");
            found.push((page, message));
        }
    }
    exceptions::compare("WIDE_PAGES", exceptions::WIDE_PAGES, &found);
}

fn links_lead_somewhere() {
    let pages = pages();
    let mut seen = 0;
    for (path, text) in &pages {
        for (line, link) in links(text) {
            let place = format!("{}:{line}: {link}", path.display());
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = normal(&path.parent().unwrap().join(file));
            let target = if file.is_empty() { path.clone() } else { target };
            assert!(house::root().join(&target).exists(), "{place} leads nowhere");
            if !anchor.is_empty() {
                let page = pages.iter().find(|(known, _)| *known == target);
                let known =
                    page.is_some_and(|(_, text)| anchors(text).iter().any(|it| it == anchor));
                assert!(known, "{place}: there is no such heading");
            }
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} links were found");
}

fn the_map_names_what_there_is() {
    let files = house::texts();
    let mut found = Vec::new();
    for page in MAPS {
        for (line, name) in missing(&house::read(page), &files) {
            let message = format!("{page}:{line} names `{name}`, which does not exist");
            found.push((format!("{page}: {name}"), message));
        }
    }
    exceptions::compare("LOST_NAMES", exceptions::LOST_NAMES, &found);
}

fn pages() -> Vec<(PathBuf, String)> {
    let page = |path: &Path| path.extension().is_some_and(|kind| kind == "md");
    house::texts().into_iter().filter(|(path, _)| page(path)).collect()
}

/// Returns the lines of a page outside its code blocks, each with its number.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut code = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        (!code && !fence).then_some((at + 1, line))
    })
}

/// Returns the lines that are too long, with their columns. One that is a single word, such as an
/// address, cannot be broken.
fn wide_lines(text: &str) -> Vec<(usize, usize)> {
    let wide = prose(text).filter(|(_, line)| line.trim_start().contains(' '));
    let wide = wide.map(|(at, line)| (at, line.chars().count()));
    wide.filter(|(_, columns)| *columns > MAX_COLUMNS).collect()
}

/// Returns the targets of the links that stay within the repository.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (at, line) in prose(text) {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let within = targets.filter(|target| !target.contains("://") && !target.contains('…'));
        links.extend(within.map(|target| (at, target)));
    }
    links
}

/// Returns the anchors of a page's headings, as forges make them: in lower case, with hyphens for
/// spaces and without punctuation; the second of two equal headings ends in `-1`.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut plain: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if !line.starts_with('#') || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().to_lowercase().replace(' ', "-");
        let kept: String =
            kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect();
        let before = plain.iter().filter(|known| **known == kept).count();
        anchors.push(if before == 0 { kept.clone() } else { format!("{kept}-{before}") });
        plain.push(kept);
    }
    anchors
}

/// Resolves `.` and `..` in a path from the root.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            part => normal.push(part),
        }
    }
    normal
}

/// Returns the names in backticks that none of the files has: those that look like a path or like
/// `module::function`, and those behind the word "function".
fn missing<'a>(page: &'a str, files: &[(PathBuf, String)]) -> Vec<(usize, &'a str)> {
    let mut missing = Vec::new();
    for (at, line) in prose(page) {
        let parts: Vec<&str> = line.split('`').collect();
        // The file that was named last in the line: a function after it is in that file.
        let mut place = "";
        for pair in parts.chunks(2) {
            let [before, name] = pair else { continue };
            let known = if is_path(name) {
                place = name;
                files.iter().any(|(path, _)| is_within(path, name))
            } else if before.trim_end().ends_with("function") {
                let there = files.iter().filter(|(path, _)| is_within(path, place));
                there.into_iter().any(|(_, text)| defines(text, name))
            } else if let Some((module, item)) = qualified(name) {
                files.iter().any(|(path, text)| {
                    let inside = has_part(path, module) || defines(text, module);
                    (inside || implements(text, module)) && defines(text, item)
                        || has_part(path, module) && has_part(path, item)
                })
            } else {
                true
            };
            if !known {
                missing.push((at, *name));
            }
        }
    }
    missing
}

/// Whether a name in backticks is one of a file or a folder, and not of a request or a command.
fn is_path(name: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || "?{}<>=:*\"'|$".contains(c);
    let file = [".rs", ".md", ".toml", ".sql", ".json"].iter().any(|kind| name.ends_with(kind));
    !name.contains(odd) && !name.starts_with('/') && (name.contains('/') || file)
}

/// Whether the path of a file has that name in it. `store/src/id.rs` is in `crates/store/src/id.rs`
/// and `resources/deal` is in `resources/deal.rs`. The empty name is in every path.
fn is_within(path: &Path, name: &str) -> bool {
    let path = format!("/{}/", path.display());
    let name = name.trim_end_matches('/');
    name.is_empty() || path.contains(&format!("/{name}/")) || path.contains(&format!("/{name}.rs/"))
}

/// Whether a file is of that module or crate.
fn has_part(path: &Path, module: &str) -> bool {
    let crate_name = module.strip_prefix("apportion_").unwrap_or(module);
    path.iter().filter_map(|part| Path::new(part).file_stem()).any(|part| part == crate_name)
}

/// Splits `module::item`, or `a::b::item`, into the last module and the item.
fn qualified(name: &str) -> Option<(&str, &str)> {
    let (modules, item) = name.trim_end_matches("()").rsplit_once("::")?;
    let module = modules.rsplit("::").next()?;
    let word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    (word(module) && word(item) && !item.is_empty()).then_some((module, item))
}

/// Whether a Rust file defines an item of that name.
fn defines(text: &str, name: &str) -> bool {
    let name = name.trim_end_matches("()");
    let keywords =
        ["fn", "struct", "enum", "trait", "type", "const", "static", "mod", "macro_rules!"];
    keywords.iter().any(|keyword| {
        let definition = format!("{keyword} {name}");
        text.match_indices(&definition).any(|(at, found)| {
            let next = text[at + found.len()..].chars().next();
            next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    })
}

/// Whether a Rust file has an `impl` of that type.
fn implements(text: &str, name: &str) -> bool {
    let word = |c: char| !c.is_alphanumeric() && c != '_';
    let mut heads = text.lines().filter(|line| line.starts_with("impl"));
    heads.any(|head| head.split(word).any(|part| part == name))
}

fn the_rules_can_be_broken() {
    let wide = "a ".repeat(61);
    let page = format!("{wide}\n```\n{wide}\n```\n| {wide}|\n{}", "a".repeat(200));
    assert_eq!(wide_lines(&page), [(1, 122), (5, 125)]);

    let page = "[a](b.md#c) [d](https://e.f)\n```\n[g](h)\n```\nand [i](#j)";
    assert_eq!(links(page), [(1, "b.md#c"), (5, "#j")]);
    let page = "# One `two`: three_four\n## Ä-b\n```\n# c\n```\n## Ä-b\n#d";
    assert_eq!(anchors(page), ["one-two-three_four", "ä-b", "ä-b-1"]);
    assert_eq!(normal(Path::new("docs/api/../b.md")), Path::new("docs/b.md"));

    let files = [
        ("crates/store/src/writer.rs", "pub struct Writer;\nfn run() {}"),
        ("crates/store/src/rows/select.rs", "pub(crate) fn load<T>() {}"),
        ("crates/store/src/pool.rs", "impl<T> Writer<T> {\n    fn stop() {}\n}"),
    ];
    let files = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    for (page, expected) in [
        ("`crates/store/src/writer.rs`, `store/src/`, `rows/select`, `select.rs`", None),
        ("`GET /api/v2/deals`, `/docs`, `cargo test -p a/b`, `a=b/c`, `Cursor`", None),
        ("`writer.rs`, function `run`; `select::load`, `rows::select`, `Writer::run`", None),
        ("a `crates/store/src/pol.rs`", Some("crates/store/src/pol.rs")),
        ("`store/writer.rs`", Some("store/writer.rs")),
        ("`riter.rs`", Some("riter.rs")),
        ("`select.rs`, function `run`", Some("run")),
        ("function `loa`", Some("loa")),
        ("`select::run`", Some("select::run")),
        ("`Writer::stop`", None),
        ("`rows::Writer`", Some("rows::Writer")),
        ("`Writer::load`", Some("Writer::load")),
    ] {
        assert_eq!(missing(page, &files).first().map(|found| found.1), expected, "{page}");
    }
}
