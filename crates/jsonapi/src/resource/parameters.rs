//! The names that the parameters `filter` and `sort` accept.

use super::operator::Operator;
use crate::value::Kind;

/// A name that `filter[...]` accepts.
#[derive(Clone, Debug)]
pub struct FilterKey<F> {
    /// The name between the brackets.
    pub name: String,
    /// The kind of its values, from which the operators follow.
    pub kind: Kind,
    /// Whether an empty value is accepted and stands for null.
    pub nullable: bool,
    /// The operators of its kind that it accepts.
    pub takes: Takes,
    /// The field that is compared.
    pub field: F,
}

/// A choice among the operators that fit a filter's kind, and whether it takes several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All operators, and several values with those that do not compare by order.
    All,
    /// Those that select one contiguous range: not `not_eq`, and a single value with each.
    Range,
    /// `eq` with a single value.
    One,
}

/// A name that `sort` accepts.
#[derive(Clone, Debug)]
pub struct SortKey<F> {
    /// The name.
    pub name: String,
    /// The field that is sorted by.
    pub field: F,
}

impl<F> FilterKey<F> {
    /// Returns the operators that it accepts, with their names.
    pub fn operators(&self) -> impl Iterator<Item = (&'static str, Operator)> + use<F> {
        let takes = self.takes;
        Operator::for_kind(self.kind).filter(move |(_, operator)| match takes {
            Takes::All => true,
            Takes::Range => *operator != Operator::NotEqual,
            Takes::One => *operator == Operator::Equal,
        })
    }

    /// Whether it accepts only a single value with the operator.
    pub fn is_single(&self, operator: Operator) -> bool {
        operator.orders() || self.takes != Takes::All
    }
}
