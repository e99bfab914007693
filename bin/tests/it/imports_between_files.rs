//! Which file of a crate imports which, read from the text of its sources.
//!
//! A name is followed through `use` declarations to the file that defines it, so that
//! `crate::Error` counts as an import of `error.rs` and not of `lib.rs`. A module on that way which
//! re-exports the name is imported too, `lib.rs` apart. Names that come through a glob, by a trait
//! or by a macro of another crate are not seen.

use std::collections::BTreeMap;

use crate::rust_text::{self, Path};

/// One crate: its modules by their path, `["rows", "select"]` for `rows/select.rs`.
pub struct Sources {
    modules: BTreeMap<Vec<String>, Module>,
    /// The macros that the crate exports, and which file defines each.
    macros: BTreeMap<String, String>,
}

struct Module {
    file: String,
    paths: Vec<Path>,
}

/// That one file names something which another file of the crate defines or re-exports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub to: String,
    /// The line of the first such path, from 1.
    pub line: usize,
    /// That path, as it is written.
    pub path: String,
}

/// The re-exports that are followed from one name: more are a circle of `use` declarations.
const MAX_REEXPORTS: usize = 16;

impl Sources {
    /// Reads the files of a crate, each with its path from `src`.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut modules, mut macros) = (BTreeMap::new(), BTreeMap::new());
        for (file, text) in files {
            for name in exported_macros(text) {
                macros.insert(name, file.to_owned());
            }
            let module = Module { file: file.to_owned(), paths: rust_text::paths(text) };
            modules.insert(module_path(file), module);
        }
        Self { modules, macros }
    }

    /// Returns what the files import from each other, once for each pair of files.
    pub fn imports(&self) -> Vec<Import> {
        let mut imports: BTreeMap<(&str, &str), Import> = BTreeMap::new();
        for (module, Module { file: from, paths }) in &self.modules {
            for path in paths {
                let mut files = Vec::new();
                self.resolve(module, path, MAX_REEXPORTS, &mut files);
                for to in files.into_iter().filter(|to| to != from) {
                    let import = || Import {
                        from: from.clone(),
                        to: to.to_owned(),
                        line: path.line,
                        path: path.segments.join("::"),
                    };
                    imports.entry((from, to)).or_insert_with(import);
                }
            }
        }
        imports.into_values().collect()
    }

    /// Adds the files that a path in that module leads to. A path to another crate adds nothing.
    fn resolve<'a>(
        &'a self,
        module: &[String],
        path: &Path,
        left: usize,
        files: &mut Vec<&'a str>,
    ) {
        let mut start = [module, &path.within].concat();
        let supers = path.segments.iter().take_while(|segment| *segment == "super").count();
        let rest = match path.segments[0].as_str() {
            "crate" => {
                start.clear();
                &path.segments[1..]
            }
            "self" => &path.segments[1..],
            "super" => {
                start.truncate(start.len().saturating_sub(supers));
                &path.segments[supers..]
            }
            first => {
                let child = [start.as_slice(), &path.segments[..1]].concat();
                // What `use serde_json;` binds is no path within the crate.
                let own = path.binds.as_deref() == Some(first) && path.segments.len() == 1;
                let bound = !own && self.binding(module, first).is_some();
                if !bound && !self.modules.contains_key(&child) {
                    return;
                }
                &path.segments[..]
            }
        };
        self.find(&[start.as_slice(), rest].concat(), left, files);
    }

    /// Adds the files that a path from the root of the crate leads to.
    fn find<'a>(&'a self, path: &[String], left: usize, files: &mut Vec<&'a str>) {
        let Some(left) = left.checked_sub(1) else { return };
        let depths = (0..=path.len()).rev();
        let Some(depth) = depths.into_iter().find(|end| self.modules.contains_key(&path[..*end]))
        else {
            return;
        };
        let (module, rest) = path.split_at(depth);
        let file = self.modules[module].file.as_str();
        match rest.split_first().map(|(name, _)| (name, self.binding(module, name))) {
            Some((_, Some(binding))) => {
                if !module.is_empty() {
                    files.push(file);
                }
                let mut onward = binding.clone();
                onward.segments.extend_from_slice(&rest[1..]);
                self.resolve(module, &onward, left, files);
            }
            Some((name, None)) if module.is_empty() => {
                files.push(self.macros.get(name).map_or(file, String::as_str));
            }
            _ => files.push(file),
        }
    }

    /// Returns the `use` declaration of a module that binds a name.
    fn binding(&self, module: &[String], name: &str) -> Option<&Path> {
        let paths = &self.modules.get(module)?.paths;
        paths.iter().find(|path| path.binds.as_deref() == Some(name))
    }
}

/// Returns the path of the module that a file holds, from the root of the crate.
pub fn module_path(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let mut path: Vec<String> = path.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        path.pop();
    }
    path
}

fn exported_macros(text: &str) -> Vec<String> {
    let tokens = rust_text::tokens(text);
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut names = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == "macro_export") {
        let rest = &words[at..];
        if let Some(rules) = rest.iter().position(|word| *word == "macro_rules") {
            names.extend(rest.get(rules + 2).map(|name| (*name).to_owned()));
        }
    }
    names
}

apportion_testing::cases! {
    plain: names_are_followed_to_their_files,
    names_of_other_crates_are_left_out
}

/// Writes the imports of a small crate as `from -> to`.
fn written(files: &[(&str, &str)]) -> Vec<String> {
    let imports = Sources::read(files.iter().copied()).imports();
    imports.iter().map(|import| format!("{} -> {}", import.from, import.to)).collect()
}

fn names_are_followed_to_their_files() {
    let lib = ("lib.rs", "mod a; mod b; pub use a::deep::{Deep as Public, run}; fn own() {}");
    let files = |text: &'static str| {
        [
            lib,
            ("a/mod.rs", "mod deep; pub(crate) use self::deep::Deep;"),
            ("a/deep.rs", "#[macro_export] macro_rules! fields { () => {} }"),
            ("b.rs", text),
        ]
    };
    for (text, expected) in [
        ("use crate::a::Other;", "b.rs -> a/mod.rs"),
        ("use crate::a::Deep;", "b.rs -> a/deep.rs"),
        ("use crate::a::Deep;", "b.rs -> a/mod.rs"),
        ("use super::Public;", "b.rs -> a/deep.rs"),
        ("crate::run()", "b.rs -> a/deep.rs"),
        ("crate::fields! {}", "b.rs -> a/deep.rs"),
        ("use crate::own;", "b.rs -> lib.rs"),
        ("use crate::a as c; fn d() { c::deep::e() }", "b.rs -> a/deep.rs"),
        ("mod tests { use super::super::a::Other; }", "b.rs -> a/mod.rs"),
    ] {
        let all = written(&files(text));
        let of_b: Vec<&String> = all.iter().filter(|import| import.starts_with("b.rs")).collect();
        assert!(of_b.contains(&&expected.to_owned()), "{text}: {of_b:?}");
    }
    let all = written(&files(""));
    assert_eq!(all, ["a/mod.rs -> a/deep.rs", "lib.rs -> a/deep.rs"]);
}

fn names_of_other_crates_are_left_out() {
    for text in [
        "use a::b::C;",
        "use a; a::b()",
        "use std::fmt; impl fmt::Display for A {}",
        "use self::b; use b as c;",
        "mod tests { use super::*; super::d() }",
    ] {
        let all = written(&[("lib.rs", "mod b;"), ("a.rs", ""), ("b.rs", text)]);
        assert!(all.is_empty(), "{text}: {all:?}");
    }
}
