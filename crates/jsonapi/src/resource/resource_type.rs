//! A resource type as clients see it, and the form of its ids.

use super::attribute::Attribute;
use super::parameters::{FilterKey, SortKey};
use super::relationship::Relationship;
use crate::value::parse_id;

/// The functions that read and write the ids of a type.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    /// Whether ids are decimal. Documents then write them without calling `write`.
    pub decimal: bool,
    /// Reads an id; `None` if the text is malformed.
    pub read: fn(&str) -> Option<i64>,
    /// Writes an id, in characters that JSON need not escape.
    pub write: fn(i64) -> String,
}

impl Ids {
    /// Decimal ids from 1 to 2^63 - 1.
    pub const DECIMAL: Self = Self { decimal: true, read: parse_id, write: |id| id.to_string() };
}

/// A resource type as clients see it.
#[derive(Clone, Debug)]
pub struct ResourceType<F> {
    /// The member `type`, which is also a segment of the URL.
    pub name: &'static str,
    /// The field of the id, which breaks ties between rows that sort alike.
    pub id: F,
    /// The form of its ids.
    pub ids: Ids,
    /// The attributes, in the order in which documents write them.
    pub attributes: Vec<Attribute<F>>,
    /// The relationships, in the order in which documents write them.
    pub relationships: Vec<Relationship<F>>,
    /// The names that lists can be filtered by.
    pub filters: Vec<FilterKey<F>>,
    /// The names that lists can be sorted by.
    pub sorts: Vec<SortKey<F>>,
    /// Whether POST exists; PATCH and DELETE exist too, unless rows are append-only.
    pub writable: bool,
    /// Whether rows cannot be changed once they are created: PATCH and DELETE do not exist.
    pub append_only: bool,
    /// A field and a value: lists leave out rows with that value, unless a filter names it.
    pub hidden_rows: Option<(F, &'static str)>,
    /// Whether reading it requires more than the right to read. No relationship leads to such a
    /// type.
    pub restricted: bool,
    /// Whether each row has an address of its own.
    pub addressed: bool,
}

impl<F> ResourceType<F> {
    /// Whether PATCH and DELETE exist.
    pub fn is_changeable(&self) -> bool {
        self.writable && !self.append_only
    }

    /// Whether documents that show this type may hold resources of another. Those of a type without
    /// an address are held only by its own documents, and by those of a type that leads to it.
    pub fn may_show(&self, other: &Self) -> bool {
        let leads = |relationship: &Relationship<F>| relationship.target == other.name;
        other.addressed || other.name == self.name || self.relationships.iter().any(leads)
    }

    /// Finds an attribute by its name, with its position.
    pub fn attribute(&self, name: &str) -> Option<(usize, &Attribute<F>)> {
        self.attributes.iter().enumerate().find(|(_, attribute)| attribute.name == name)
    }

    /// Finds a relationship by its name, with its position.
    pub fn relationship(&self, name: &str) -> Option<(usize, &Relationship<F>)> {
        self.relationships.iter().enumerate().find(|(_, relationship)| relationship.name == name)
    }
}
