//! Rows as documents read them.

use std::borrow::Cow;

use crate::value::Scalar;

/// Rows of one resource type, whatever Rust type they have; members are named by their position
/// in the declaration.
pub trait Rows {
    /// How many rows there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a row.
    fn id(&self, row: usize) -> i64;

    /// The id as it is written, where it is not the decimal one. Such rows are computed: their
    /// `id` tells them apart within a document, and they may have no address.
    fn id_text(&self, _row: usize) -> Option<Cow<'_, str>> {
        None
    }

    /// What every change of the row raises.
    fn version(&self, row: usize) -> i64;

    /// The value of an attribute.
    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_>;

    /// The linkage of a to-one relationship.
    fn linkage(&self, row: usize, relationship: usize) -> Option<i64>;
}
