//! Circles among the files of a crate. A module and those within it may import each other: what
//! they share has to be somewhere, and they are read together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::imports_between_files::{Import, module_path};

/// The files that each file imports.
pub struct Graph<'a>(BTreeMap<&'a str, BTreeSet<&'a str>>);

impl<'a> Graph<'a> {
    /// A graph of all the imports but those between a module and another that is within it.
    pub fn new(imports: impl IntoIterator<Item = &'a Import>) -> Self {
        let mut graph = BTreeMap::<_, BTreeSet<_>>::new();
        for Import { from, to, .. } in imports {
            let (one, other) = (module_path(from), module_path(to));
            if !one.starts_with(&other) && !other.starts_with(&one) {
                graph.entry(from.as_str()).or_default().insert(to.as_str());
            }
        }
        Self(graph)
    }

    /// Returns the sets of files that all import each other, directly or not.
    pub fn circles(&self) -> Vec<BTreeSet<&'a str>> {
        let mut circles: Vec<BTreeSet<&str>> = Vec::new();
        for file in self.0.keys() {
            if circles.iter().any(|circle| circle.contains(file)) {
                continue;
            }
            let mut circle = self.reached(file);
            circle.retain(|other| self.reached(other).contains(file));
            if !circle.is_empty() {
                circles.push(circle);
            }
        }
        circles
    }

    fn reached(&self, file: &'a str) -> BTreeSet<&'a str> {
        let (mut seen, mut next) = (BTreeSet::new(), vec![file]);
        while let Some(file) = next.pop() {
            next.extend(self.imported(file).filter(|to| seen.insert(*to)));
        }
        seen
    }

    /// Returns one of the shortest circles that a file is in, `a -> b -> a`.
    pub fn shortest(&self, file: &str) -> Option<String> {
        let (mut seen, mut ways) = (BTreeSet::new(), VecDeque::from([vec![file]]));
        while let Some(way) = ways.pop_front() {
            for to in self.imported(way[way.len() - 1]) {
                let longer = [way.as_slice(), &[to]].concat();
                if to == file {
                    return Some(longer.join(" -> "));
                }
                if seen.insert(to) {
                    ways.push_back(longer);
                }
            }
        }
        None
    }

    fn imported(&self, file: &str) -> impl Iterator<Item = &'a str> {
        self.0.get(file).into_iter().flatten().copied()
    }
}

apportion_testing::cases! { plain: circles_are_found }

fn circles_are_found() {
    let written = |arrows: &[(&str, &str)]| {
        let imports: Vec<Import> = arrows.iter().map(|(from, to)| import(from, to)).collect();
        let graph = Graph::new(&imports);
        let circles = graph.circles();
        circles.iter().map(|files| graph.shortest(files.first().unwrap()).unwrap()).collect()
    };
    for (arrows, expected) in [
        (vec![("a.rs", "b.rs"), ("b.rs", "c.rs"), ("a.rs", "c.rs")], vec![]),
        (vec![("a.rs", "b.rs"), ("b.rs", "a.rs")], vec!["a.rs -> b.rs -> a.rs"]),
        (
            vec![("a.rs", "b.rs"), ("b.rs", "c.rs"), ("c.rs", "d.rs"), ("d.rs", "b.rs")],
            vec!["b.rs -> c.rs -> d.rs -> b.rs"],
        ),
        // A parent and its child.
        (vec![("a/mod.rs", "a/b.rs"), ("a/b.rs", "a/mod.rs")], vec![]),
    ] {
        let found: Vec<String> = written(&arrows);
        assert_eq!(found, expected, "{arrows:?}");
    }
}

/// An import of which only the ends matter.
pub fn import(from: &str, to: &str) -> Import {
    Import { from: from.to_owned(), to: to.to_owned(), line: 1, path: String::new() }
}
