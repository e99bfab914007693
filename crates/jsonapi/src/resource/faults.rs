//! The faults of declarations: names that no client could use, names that occur twice, and
//! relationships that lead nowhere. Not here: whether fields exist, which only a server knows.

use std::collections::HashSet;

use super::registry::Registry;
use super::resource_type::ResourceType;
use crate::text::alternatives;

/// The names that no attribute or relationship may have: they are members of every resource
/// (JSON:API 1.1, "Fields"; `lid` names a resource that is created).
const RESERVED: [&str; 3] = ["id", "type", "lid"];

impl<F> Registry<F> {
    /// Returns what is wrong with the declarations, a sentence each: for the start of a server
    /// that serves types of others. There are none if clients can use all of them.
    ///
    /// Names begin and end with a letter or a digit of ASCII, and have only these, `-` and `_`
    /// between, as JSON:API 1.1 recommends; so they can stand in an address as they are.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut names = HashSet::new();
        for kind in self.types() {
            let name = kind.name;
            if !is_name(name) {
                faults.push(format!("the type {name:?} {}", naming()));
            }
            if !names.insert(name) {
                faults.push(format!("two types have the name {name:?}"));
            }
            let own = self.faults_of(kind);
            faults.extend(own.into_iter().map(|fault| format!("the type {name:?}: {fault}")));
        }
        faults
    }

    fn faults_of(&self, kind: &ResourceType<F>) -> Vec<String> {
        let mut faults = Vec::new();
        let attributes = kind.attributes.iter().map(|it| it.name);
        let relationships = kind.relationships.iter().map(|it| it.name);
        let fields: Vec<&str> = attributes.chain(relationships).collect();
        for name in &fields {
            if !is_name(name) {
                faults.push(format!("the member {name:?} {}", naming()));
            }
            if RESERVED.contains(name) {
                faults.push(format!("no member may be called {name:?}: every resource has that"));
            }
        }
        let twice = |what: &str, names: Vec<&str>| {
            let mut seen = HashSet::new();
            let again = names.into_iter().filter(|name| !seen.insert(*name));
            again.map(|name| format!("it has two {what} {name:?}")).collect::<Vec<_>>()
        };
        faults.extend(twice("members", fields));
        let filters: Vec<&str> = kind.filters.iter().map(|it| it.name.as_str()).collect();
        let unusable = filters.iter().filter(|name| !is_filter(name));
        faults.extend(unusable.map(|name| {
            format!("no filter may be called {name:?}: a name is no number and has no brackets")
        }));
        faults.extend(twice("filters", filters));
        faults.extend(twice("sorts", kind.sorts.iter().map(|it| it.name.as_str()).collect()));
        for relationship in &kind.relationships {
            faults.extend(self.fault_of_target(kind, relationship.name, relationship.target));
        }
        faults
    }

    /// Says why a relationship of a type cannot lead to this target, if it cannot.
    fn fault_of_target(&self, kind: &ResourceType<F>, name: &str, target: &str) -> Option<String> {
        let Some((_, target_kind)) = self.find(target) else {
            let known = alternatives(target, self.types().iter().map(|it| it.name));
            return Some(format!("{name:?} leads to {target:?}, which is no type; {known}"));
        };
        (target_kind.restricted && !kind.restricted).then(|| {
            format!(
                "{name:?} leads to {target:?}, which is restricted: whoever may read the one would \
                 read the other"
            )
        })
    }
}

fn naming() -> &'static str {
    "must begin and end with a letter or a digit, with '-' and '_' only between"
}

/// Whether clients can use a name as a member and in an address.
fn is_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric();
    let (first, last) = (name.bytes().next(), name.bytes().next_back());
    first.is_some_and(plain)
        && last.is_some_and(plain)
        && name.bytes().all(|c| plain(c) || matches!(c, b'-' | b'_'))
}

/// Whether clients can use a name between the brackets of `filter[...]`, where numbers stand for
/// groups and `$op` for their operator.
fn is_filter(name: &str) -> bool {
    !name.is_empty()
        && !name.bytes().all(|c| c.is_ascii_digit())
        && !name.starts_with('$')
        && !name.contains(['[', ']', ',', '&', '='])
}
