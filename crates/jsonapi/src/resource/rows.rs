//! Rows as documents read them, whatever Rust type they have.

use std::borrow::Cow;

use crate::value::Scalar;

/// Rows of one resource type. Members are addressed by their position in the declaration.
pub trait Rows {
    /// Returns the number of rows.
    fn len(&self) -> usize;

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the id of a row.
    fn id(&self, row: usize) -> i64;

    /// Returns the id in its written form, if that is not decimal. Such rows are computed: their
    /// `id` only distinguishes them within a document, and they may have no address.
    fn id_text(&self, _row: usize) -> Option<Cow<'_, str>> {
        None
    }

    /// Returns the version of a row, which every change raises.
    fn version(&self, row: usize) -> i64;

    /// Returns the value of an attribute.
    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_>;

    /// Returns the number of decimals with which people write an integer that counts smaller units,
    /// such as 2 where 1234 stands for 12.34. `common` is the number for amounts in the units that
    /// all rows share.
    fn decimals(&self, _row: usize, _attribute: usize, _common: u32) -> u32 {
        0
    }

    /// Returns the linkage of a to-one relationship.
    fn linkage(&self, row: usize, relationship: usize) -> Option<i64>;
}
