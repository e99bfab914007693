//! The order of rows: by keys, by count or by figures.
//!
//! Null comes last in both directions. Rows that are equal in all steps stay in the order of their
//! keys.

use std::cmp::Ordering;

use super::{Figure, Group, Grouping};

/// A property that rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// A key: ids sort as numbers, currencies by code, statuses by name, periods by their first
    /// day.
    Group(Group),
    /// The number of revenue items.
    Count,
    /// A figure.
    Figure(Figure),
}

/// One step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOrder {
    /// The property to compare.
    pub by: SortBy,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Grouping {
    /// Finds the property with a name of the API: one of the groups (`date`, `deal`), `count`, or a
    /// figure.
    #[must_use]
    pub fn sort_by(&self, name: &str) -> Option<SortBy> {
        let group = self.groups().iter().find(|group| group.name() == name);
        let figure = || Figure::ALL.into_iter().find(|figure| figure.name() == name);
        let count = (name == "count").then_some(SortBy::Count);
        group.map(|group| SortBy::Group(*group)).or(count).or_else(|| figure().map(SortBy::Figure))
    }
}

/// Compares in the given direction, but puts `None` last in both.
pub(super) fn nulls_last(a: Option<i64>, b: Option<i64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
