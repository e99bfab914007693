//! The repository as its rules see it: where it is, what is tracked, what the files say.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The text of a file, by its path from the root.
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> String {
    let path: PathBuf = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of what is in a directory, in order.
#[track_caller]
pub fn names(path: impl AsRef<Path>) -> Vec<String> {
    let path: PathBuf = root().join(path);
    let entries = std::fs::read_dir(&path);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The tracked files that are text, by their path from the root; without git, all that a build
/// does not make.
pub fn texts() -> Vec<(PathBuf, String)> {
    let paths = tracked().unwrap_or_else(|| {
        let mut paths = Vec::new();
        walk(Path::new(""), &mut paths);
        paths
    });
    let text = |path: PathBuf| {
        // One that is deleted and not yet committed, or no text.
        let text = std::fs::read_to_string(root().join(&path)).ok()?;
        Some((path, text))
    };
    paths.into_iter().filter_map(text).collect()
}

/// The Rust files that are shipped: those in `src` of the program and of each crate.
pub fn sources() -> Vec<(PathBuf, String)> {
    let source = |path: &Path| {
        let mut parts = path.iter().filter_map(|part| part.to_str());
        let of_crate = parts
            .next()
            .is_some_and(|top| top == "bin" || parts.next().is_some() && top == "crates");
        of_crate && parts.next() == Some("src") && path.extension().is_some_and(|kind| kind == "rs")
    };
    texts().into_iter().filter(|(path, _)| source(path)).collect()
}

fn tracked() -> Option<Vec<PathBuf>> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    let names = String::from_utf8(git.stdout).ok().filter(|_| git.status.success())?;
    let names = names.split('\0').filter(|name| !name.is_empty());
    Some(names.map(PathBuf::from).collect()).filter(|paths: &Vec<_>| !paths.is_empty())
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if path == Path::new(".git") || path == Path::new("target") {
            continue;
        }
        if root().join(&path).is_dir() { walk(&path, paths) } else { paths.push(path) }
    }
}
