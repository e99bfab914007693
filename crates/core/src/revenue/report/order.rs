//! The order of rows: by keys, by count, by figures.
//!
//! What is null comes last, in both directions. Rows that are equal by all that is asked stay in
//! the order of their keys.

use std::cmp::Ordering;

use super::row::nulls_last;
use super::{Figure, Group, Grouping, Row};

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

pub(super) fn by_orders(a: &Row, b: &Row, orders: &[RowOrder]) -> Ordering {
    orders.iter().fold(Ordering::Equal, |so_far, order| so_far.then_with(|| order.compare(a, b)))
}

impl RowOrder {
    fn compare(self, a: &Row, b: &Row) -> Ordering {
        match self.by {
            SortBy::Group(group) => a.compare_by(b, group, self.descending),
            SortBy::Count => nulls_last(Some(a.count()), Some(b.count()), self.descending),
            SortBy::Figure(figure) => {
                nulls_last(a.figure(figure), b.figure(figure), self.descending)
            }
        }
    }
}
