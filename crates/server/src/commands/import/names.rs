//! The rows that the cells of a file name: by name, by e-mail address or by id, in the database or
//! among the rows that the same command is about to insert. All cells of a file are looked up
//! together, by few statements. Not here: whether such a row suits the rule.

use std::collections::{HashMap, HashSet};

use apportion_core::collaborator::comparable_email;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::resource::Relationship;
use apportion_jsonapi::text::{composed, cut};
use apportion_jsonapi::{Code, Error, Input};
use apportion_store::{self as store, Field, Named, Tenant};

use super::row::Row;

/// A row that another row refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A row in the database, by its id.
    Stored(i64),
    /// A row that is about to be inserted, by its position among those of its type.
    Planned(usize),
}

/// The look-up of rows of a type by name.
pub(super) struct NameLookup {
    kind: &'static str,
    /// The text that identifies a row, as messages have it.
    pub(super) known_by: &'static str,
    /// The word for a row of the type, as messages have it.
    noun: &'static str,
    /// The verb between the noun and the name, as messages have it.
    is_called: &'static str,
    /// Returns the form of a text by which it is compared.
    comparable: fn(&str) -> String,
    /// Finds the rows with these names.
    find: Find,
}

type Find = fn(&mut Tenant<'_>, &[&str]) -> store::Result<HashMap<String, Named>>;

pub(super) static DEALS: NameLookup = NameLookup {
    kind: "deals",
    known_by: "name",
    noun: "deal",
    is_called: "is called",
    comparable: |name| composed(name).into_owned(),
    find: store::deal::find_by_names,
};

pub(super) static DISTRIBUTORS: NameLookup = NameLookup {
    kind: "distributors",
    known_by: "name",
    noun: "distributor",
    is_called: "is called",
    comparable: |name| composed(name).into_owned(),
    find: store::distributor::find_by_names,
};

pub(super) static COLLABORATORS: NameLookup = NameLookup {
    kind: "collaborators",
    known_by: "e-mail address",
    noun: "collaborator",
    is_called: "has the address",
    comparable: |address| comparable_email(&composed(address)),
    find: store::collaborator::find_by_emails,
};

impl NameLookup {
    /// Returns the look-up of the rows that a relationship leads to, if they have names.
    pub(super) fn of(relationship: &Relationship<Field>) -> Option<&'static Self> {
        let all = [&DEALS, &DISTRIBUTORS, &COLLABORATORS];
        all.into_iter().find(|lookup| lookup.kind == relationship.target)
    }
}

/// The names of rows that are about to be inserted.
#[derive(Default)]
pub(super) struct PlannedNames(HashMap<String, PlannedName>);

#[derive(Clone, Copy)]
struct PlannedName {
    first: usize,
    is_ambiguous: bool,
}

impl PlannedNames {
    /// Notes the name of the row at a position. Returns whether it is the first of that name.
    pub(super) fn note(&mut self, name: &str, position: usize) -> bool {
        if let Some(known) = self.0.get_mut(name) {
            known.is_ambiguous = true;
            return false;
        }
        self.0.insert(name.to_owned(), PlannedName { first: position, is_ambiguous: false });
        true
    }
}

/// The rows that the cells of a file give for one relationship by their names.
pub(super) struct Names {
    relationship: &'static str,
    lookup: &'static NameLookup,
    stored: HashMap<String, Named>,
}

impl Names {
    /// Looks up all names that the rows give for a relationship.
    pub(super) fn find(
        tenant: &mut Tenant<'_>,
        relationship: &'static str,
        lookup: &'static NameLookup,
        rows: &[Row],
    ) -> store::Result<Self> {
        let cells = rows.iter().flat_map(|row| &row.names);
        let given: HashSet<String> = cells
            .filter(|cell| cell.name == relationship)
            .map(|cell| (lookup.comparable)(&cell.text))
            .collect();
        let mut given: Vec<&str> = given.iter().map(String::as_str).collect();
        // In the order of the index.
        given.sort_unstable();
        let stored = (lookup.find)(tenant, &given)?;
        Ok(Self { relationship, lookup, stored })
    }

    /// Returns the row that a line names, by its id or otherwise. One that it does not name, or
    /// that is not found, is an error of the input; whether there is a row with the id is not
    /// looked up.
    pub(super) fn reference(
        &self,
        row: &Row,
        planned: &PlannedNames,
        input: &mut Input,
    ) -> Option<Reference> {
        let cell = row.names.iter().find(|cell| cell.name == self.relationship);
        let Some(cell) = cell else {
            let linked = linked(input, self.relationship);
            if linked.is_none() {
                refuse_missing(input, self.relationship, self.lookup.kind);
            }
            return linked;
        };
        let NameLookup { noun, is_called, comparable, .. } = self.lookup;
        let name = comparable(&cell.text);
        let (stored, planned) = (self.stored.get(&name), planned.0.get(&name));
        let reason = match (stored, planned) {
            (Some(found), None) if found.first == found.last => {
                return self.agreed(Reference::Stored(found.first), input);
            }
            (None, Some(found)) if !found.is_ambiguous => {
                return self.agreed(Reference::Planned(found.first), input);
            }
            (None, None) => format!("there is no {noun} '{}'", cut(&cell.text)),
            _ => format!(
                "more than one {noun} {is_called} '{}'; give the id in a column {}_id",
                cut(&cell.text),
                self.relationship
            ),
        };
        let pointer = format!("/data/attributes/{}", self.relationship);
        input.errors.push(Error::pointer(Code::InvalidAttribute, pointer, reason));
        None
    }

    /// Returns the row that was found by its name, unless the id that the line gives is another's.
    fn agreed(&self, found: Reference, input: &mut Input) -> Option<Reference> {
        let name = self.relationship;
        if input.link(name).is_none() || linked(input, name) == Some(found) {
            return Some(found);
        }
        let pointer = format!("/data/attributes/{name}_id");
        let detail = format!("must be the id of the row in the column {name}");
        input.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
        None
    }
}

/// Returns the row that the input links by its id.
pub(super) fn linked(input: &Input, name: &str) -> Option<Reference> {
    match input.link(name) {
        Some(Link { linkage: Linkage::One(id), .. }) => Some(Reference::Stored(*id)),
        _ => None,
    }
}

/// Adds the error that a relationship is missing, or that its id is malformed.
fn refuse_missing(input: &mut Input, name: &'static str, kind: &str) {
    match input.link(name) {
        Some(_) => refuse_unlinked(input, name, kind),
        None => input.refuse_relationship(name, "is required"),
    }
}

/// Adds the error that there is no row with the id that the input links, if it links one.
pub(super) fn refuse_unlinked(input: &mut Input, name: &str, kind: &str) {
    let Some(Link { linkage, pointer, .. }) = input.link(name).cloned() else { return };
    match linkage {
        Linkage::One(id) => refuse_unknown(input, kind, &id.to_string(), pointer),
        Linkage::InvalidId(id) => refuse_unknown(input, kind, &id, pointer),
        _ => {}
    }
}

fn refuse_unknown(input: &mut Input, kind: &str, id: &str, pointer: String) {
    let detail = match kind {
        "deals" => "There is no such deal".to_owned(),
        _ => format!("There is no record '{}' of type {kind}", cut(id)),
    };
    input.errors.push(Error::pointer(Code::RecordNotFound, pointer, detail));
}
