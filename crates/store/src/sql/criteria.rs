//! Criteria: filter, order and page of a list. Not here: the SQL of it (`select`), and how clients
//! spell it.

use crate::sql::field::Field;
use crate::sql::filter::Filter;

/// One key of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// What is sorted by; nulls come last either way.
    pub field: Field,
    /// From high to low.
    pub descending: bool,
    /// The whole order from its end: nulls come first then.
    pub reversed: bool,
}

impl Order {
    /// The same order from its other end.
    pub fn reverse(self) -> Self {
        Self { descending: !self.descending, reversed: !self.reversed, ..self }
    }
}

/// What a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// What rows must meet, if anything.
    pub filter: Option<Filter>,
    /// The order, down to a unique key.
    pub order: Vec<Order>,
    /// How many rows at most.
    pub limit: i64,
    /// How many rows to pass over first.
    pub offset: i64,
}
