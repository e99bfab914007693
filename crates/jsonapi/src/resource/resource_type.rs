//! A resource type as clients see it, and how its ids are spelled.

use super::attribute::Attribute;
use super::parameters::{FilterKey, SortKey};
use super::relationship::Relationship;
use crate::value::parse_id;

/// How the ids of a type are read and written.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    /// Whether they are decimal: these are written without a detour.
    pub decimal: bool,
    /// Reads one; none where it cannot be one.
    pub read: fn(&str) -> Option<i64>,
    /// Writes one that needs no escapes.
    pub write: fn(i64) -> String,
}

impl Ids {
    /// Decimal, from 1 to 2^63 - 1.
    pub const DECIMAL: Self = Self { decimal: true, read: parse_id, write: |id| id.to_string() };
}

/// A resource type as clients see it.
#[derive(Clone, Debug)]
pub struct ResourceType<F> {
    /// The member `type`, and the segment of the URL.
    pub name: &'static str,
    /// What breaks ties between equal rows: the id.
    pub id: F,
    /// How ids are spelled.
    pub ids: Ids,
    /// In the order in which they are written.
    pub attributes: Vec<Attribute<F>>,
    /// In the order in which they are written.
    pub relationships: Vec<Relationship<F>>,
    /// What lists can be filtered by.
    pub filters: Vec<FilterKey<F>>,
    /// What lists can be sorted by.
    pub sorts: Vec<SortKey<F>>,
    /// Whether POST exists, and unless rows are only added, PATCH and DELETE.
    pub writable: bool,
    /// Whether rows stay as they were made: no PATCH and no DELETE.
    pub append_only: bool,
    /// Rows that lists leave out unless a filter names that value of that field.
    pub hidden_rows: Option<(F, &'static str)>,
    /// Whether reading it takes more of a right than to read. No relationship leads to such a type.
    pub restricted: bool,
    /// Whether rows have addresses of their own.
    pub addressed: bool,
}

impl<F> ResourceType<F> {
    /// Whether PATCH and DELETE exist.
    pub fn is_changeable(&self) -> bool {
        self.writable && !self.append_only
    }

    /// The position and declaration of an attribute.
    pub fn attribute(&self, name: &str) -> Option<(usize, &Attribute<F>)> {
        self.attributes.iter().enumerate().find(|(_, attribute)| attribute.name == name)
    }

    /// The position and declaration of a relationship.
    pub fn relationship(&self, name: &str) -> Option<(usize, &Relationship<F>)> {
        self.relationships.iter().enumerate().find(|(_, relationship)| relationship.name == name)
    }
}
