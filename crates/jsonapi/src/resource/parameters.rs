//! The names that `filter` and `sort` take.

use super::operator::Operator;
use crate::value::Kind;

/// A name that `filter[...]` takes.
#[derive(Clone, Debug)]
pub struct FilterKey<F> {
    /// The name between the brackets.
    pub name: String,
    /// The kind of its values; the operators follow from it.
    pub kind: Kind,
    /// Whether an empty value, for null, makes sense.
    pub nullable: bool,
    /// What of the operators.
    pub takes: Takes,
    /// What is compared.
    pub field: F,
}

/// What a filter takes of the operators of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All, and several values where they do not order.
    All,
    /// Those that leave a single run of values: not `not_eq`, and one value each.
    Range,
    /// One value to be equal to.
    One,
}

/// A name that `sort` takes.
#[derive(Clone, Debug)]
pub struct SortKey<F> {
    /// The name.
    pub name: String,
    /// What is sorted by.
    pub field: F,
}

impl<F> FilterKey<F> {
    /// The operators that it takes, with their names.
    pub fn operators(&self) -> impl Iterator<Item = (&'static str, Operator)> + use<F> {
        let takes = self.takes;
        Operator::for_kind(self.kind).filter(move |(_, operator)| match takes {
            Takes::All => true,
            Takes::Range => *operator != Operator::NotEqual,
            Takes::One => *operator == Operator::Equal,
        })
    }

    /// Whether it takes no more than one value with an operator.
    pub fn is_single(&self, operator: Operator) -> bool {
        operator.orders() || self.takes != Takes::All
    }
}
