//! Criteria: filter, order and page of a list. Not here: the SQL of it (`select`), and how clients
//! spell it.

use crate::sql::field::Field;
use crate::sql::filter::Filter;

/// A key of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// The field. Nulls come last in both directions.
    pub field: Field,
    /// Whether values go from high to low.
    pub descending: bool,
    /// Whether the whole order is read from its end, so that nulls come first.
    pub reversed: bool,
}

impl Order {
    /// Returns the same order, read from its other end.
    pub fn reverse(self) -> Self {
        Self { descending: !self.descending, reversed: !self.reversed, ..self }
    }
}

/// The criteria of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// The filter that rows must meet, if there is one.
    pub filter: Option<Filter>,
    /// The order, down to a unique key.
    pub order: Vec<Order>,
    /// The most rows that are returned.
    pub limit: i64,
    /// The number of rows that are skipped before.
    pub offset: i64,
}
