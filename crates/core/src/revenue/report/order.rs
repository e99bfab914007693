//! The order of rows: by keys, by count, by figures.
//!
//! What is null comes last, in both directions. Rows that are equal by all that is asked stay in
//! the order of their keys.

use std::cmp::Ordering;

use super::{Figure, Group, Grouping};

/// What rows can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// A key: ids as numbers, currencies by code, periods by their start.
    Group(Group),
    /// The number of revenue items.
    Count,
    /// A figure.
    Figure(Figure),
}

/// One step of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOrder {
    /// By what.
    pub by: SortBy,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Grouping {
    /// What a name of the wire sorts by: one of the groups (`date`, `deal`), `count`, or a figure.
    #[must_use]
    pub fn sort_by(&self, name: &str) -> Option<SortBy> {
        let group = self.groups().iter().find(|group| group.name() == name);
        let figure = || Figure::ALL.into_iter().find(|figure| figure.name() == name);
        let count = (name == "count").then_some(SortBy::Count);
        group.map(|group| SortBy::Group(*group)).or(count).or_else(|| figure().map(SortBy::Figure))
    }
}

/// In order or against it, but what is not there comes last.
pub(super) fn nulls_last(a: Option<i64>, b: Option<i64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
