//! The rows that the cells of a file name: by name, by e-mail address, by `external_id` or by id,
//! in the database or among the rows that the same command is about to insert. All cells of a file
//! are looked up together, by few statements. Not here: whether such a row suits the rule.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apportion_core::collaborator::comparable_email;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::resource::Relationship;
use apportion_jsonapi::text::{composed, cut};
use apportion_jsonapi::{Code, Error, Input};
use apportion_store::collaborator::CollaboratorRow;
use apportion_store::deal::DealRow;
use apportion_store::distributor::DistributorRow;
use apportion_store::{self as store, Field, Named, Tenant, unique};

use super::faults::EXTERNAL;
use super::row::{NameCell, Row};

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
    /// Finds the rows that another system calls by these names.
    find_external: Find,
}

type Find = fn(&mut Tenant<'_>, &[&str]) -> store::Result<HashMap<String, Named>>;

pub(super) static DEALS: NameLookup = NameLookup {
    kind: "deals",
    known_by: "name",
    noun: "deal",
    is_called: "is called",
    comparable: |name| composed(name).into_owned(),
    find: store::deal::find_by_names,
    find_external: |tenant, texts| {
        let found = unique::find_by_texts::<DealRow>(tenant, store::deal::EXTERNAL_ID, texts)?;
        Ok(named(found.into_iter().map(|row| (row.external_id, row.id.0))))
    },
};

pub(super) static DISTRIBUTORS: NameLookup = NameLookup {
    kind: "distributors",
    known_by: "name",
    noun: "distributor",
    is_called: "is called",
    comparable: |name| composed(name).into_owned(),
    find: store::distributor::find_by_names,
    find_external: |tenant, texts| {
        let found = unique::find_by_texts::<DistributorRow>(
            tenant,
            store::distributor::EXTERNAL_ID,
            texts,
        )?;
        Ok(named(found.into_iter().map(|row| (row.stored.external_id, row.stored.id.0))))
    },
};

pub(super) static COLLABORATORS: NameLookup = NameLookup {
    kind: "collaborators",
    known_by: "e-mail address",
    noun: "collaborator",
    is_called: "has the address",
    comparable: |address| comparable_email(&composed(address)),
    find: store::collaborator::find_by_emails,
    find_external: |tenant, texts| {
        let found = unique::find_by_texts::<CollaboratorRow>(
            tenant,
            store::collaborator::EXTERNAL_ID,
            texts,
        )?;
        Ok(named(found.into_iter().map(|row| (row.external_id, row.id.0))))
    },
};

/// Returns rows by the texts that one row has each.
fn named(rows: impl Iterator<Item = (Option<String>, i64)>) -> HashMap<String, Named> {
    let rows = rows.filter_map(|(text, id)| Some((text?, Named { first: id, last: id })));
    rows.collect()
}

impl NameLookup {
    /// Returns the look-up of the rows that a relationship leads to, if they have names.
    pub(super) fn of(relationship: &Relationship<Field>) -> Option<&'static Self> {
        let all = [&DEALS, &DISTRIBUTORS, &COLLABORATORS];
        all.into_iter().find(|lookup| lookup.kind == relationship.target)
    }
}

/// The names of the rows of a type that are about to be inserted.
#[derive(Default)]
pub(super) struct PlannedNames {
    names: HashMap<String, PlannedName>,
    external_ids: HashMap<String, PlannedName>,
}

#[derive(Clone, Copy)]
struct PlannedName {
    first: usize,
    is_ambiguous: bool,
}

impl PlannedNames {
    /// Notes the name of the row at a position. Returns whether it is the first of that name.
    pub(super) fn note(&mut self, name: &str, position: usize) -> bool {
        if let Some(known) = self.names.get_mut(name) {
            known.is_ambiguous = true;
            return false;
        }
        self.names.insert(name.to_owned(), PlannedName { first: position, is_ambiguous: false });
        true
    }

    /// Notes the `external_id` of the row at a position, which no other row has.
    pub(super) fn note_external(&mut self, text: &str, position: usize) {
        let name = PlannedName { first: position, is_ambiguous: false };
        self.external_ids.insert(text.to_owned(), name);
    }

    /// Whether a row has this `external_id`.
    pub(super) fn has_external(&self, text: &str) -> bool {
        self.external_ids.contains_key(text)
    }
}

/// The rows that the cells of a file give for one relationship by their names.
pub(super) struct Names {
    relationship: &'static str,
    lookup: &'static NameLookup,
    stored: HashMap<String, Named>,
    external: HashMap<String, Named>,
}

impl Names {
    /// Looks up all names that the rows give for a relationship.
    pub(super) fn find<'r>(
        tenant: &mut Tenant<'_>,
        relationship: &'static str,
        lookup: &'static NameLookup,
        rows: impl Iterator<Item = &'r Row>,
    ) -> store::Result<Self> {
        let cells = rows.flat_map(|row| &row.names).filter(|cell| cell.name == relationship);
        // In the order of the index.
        let (mut names, mut external_ids) = (BTreeSet::new(), BTreeSet::new());
        for cell in cells {
            let texts = if cell.is_external { &mut external_ids } else { &mut names };
            texts.insert(comparable(lookup, cell));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let external_ids: Vec<&str> = external_ids.iter().map(String::as_str).collect();
        let stored = (lookup.find)(tenant, &names)?;
        let external = (lookup.find_external)(tenant, &external_ids)?;
        Ok(Self { relationship, lookup, stored, external })
    }

    /// Returns the row that a line names, by its id or otherwise. One that it does not name, or
    /// that is not found, is an error of the input; whether there is a row with the id is not
    /// looked up.
    pub(super) fn reference(
        &self,
        row: &Row,
        planned: Option<&PlannedNames>,
        input: &mut Input,
    ) -> Option<Reference> {
        let mut found: Option<Reference> = None;
        let mut other = String::new();
        for cell in row.names.iter().filter(|cell| cell.name == self.relationship) {
            let one = self.named(cell, planned, input)?;
            if found.is_some_and(|found| found != one) {
                let detail = format!("names another row than the column {other} does");
                let pointer = format!("/data/attributes/{}", header(cell));
                input.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
                return None;
            }
            found = Some(one);
            other = header(cell);
        }
        if let Some(found) = found {
            return self.agreed(found, input);
        }
        let linked = linked(input, self.relationship);
        if linked.is_none() {
            refuse_missing(input, self.relationship, self.lookup.kind);
        }
        linked
    }

    /// Returns the row that a cell names. One that is not found is an error of the input.
    fn named(
        &self,
        cell: &NameCell,
        planned: Option<&PlannedNames>,
        input: &mut Input,
    ) -> Option<Reference> {
        let NameLookup { noun, is_called, .. } = *self.lookup;
        let name = comparable(self.lookup, cell);
        let (stored, planned) = if cell.is_external {
            (&self.external, planned.map(|planned| &planned.external_ids))
        } else {
            (&self.stored, planned.map(|planned| &planned.names))
        };
        let reason = match (stored.get(&name), planned.and_then(|names| names.get(&name))) {
            (Some(found), None) if found.first == found.last => {
                return Some(Reference::Stored(found.first));
            }
            (None, Some(found)) if !found.is_ambiguous => {
                return Some(Reference::Planned(found.first));
            }
            (None, None) if cell.is_external => {
                format!("there is no {noun} with the external_id '{}'", cut(&cell.text))
            }
            (None, None) => format!("there is no {noun} '{}'", cut(&cell.text)),
            _ => format!(
                "more than one {noun} {is_called} '{}'; give the id in a column {1}_id, or \
                 the external_id in {1}{EXTERNAL}",
                cut(&cell.text),
                self.relationship
            ),
        };
        let pointer = format!("/data/attributes/{}", header(cell));
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

/// Returns the form of a cell by which its text is compared.
fn comparable(lookup: &NameLookup, cell: &NameCell) -> String {
    if cell.is_external {
        composed(&cell.text).into_owned()
    } else {
        (lookup.comparable)(&cell.text)
    }
}

/// Returns the header of the column that a cell stands in.
fn header(cell: &NameCell) -> String {
    let ending = if cell.is_external { EXTERNAL } else { "" };
    format!("{}{ending}", cell.name)
}

/// Returns the ids of the stored rows that are referred to and not known yet, in ascending order.
pub(super) fn unknown<R>(
    references: impl Iterator<Item = Option<Reference>>,
    known: &BTreeMap<i64, R>,
) -> Vec<i64> {
    let ids = references.filter_map(|reference| match reference {
        Some(Reference::Stored(id)) => Some(id),
        _ => None,
    });
    let ids: BTreeSet<i64> = ids.filter(|id| !known.contains_key(id)).collect();
    ids.into_iter().collect()
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
