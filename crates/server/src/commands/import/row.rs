//! A line of a file, as far as it can be read without the database. Not here: how it is read
//! (`sheet`).

use apportion_jsonapi::Input;

/// A line, as the input that a request would make.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) input: Input,
    /// The amounts that are written in units. Their decimals depend on the row.
    pub(super) amounts: Vec<Cell>,
    /// The relationships that are given by the names of rows.
    pub(super) names: Vec<NameCell>,
}

/// A cell that is not understood yet.
pub(super) struct Cell {
    /// The attribute or the relationship, which is its header too.
    pub(super) name: &'static str,
    pub(super) text: String,
}

/// A cell that names the row of a relationship.
pub(super) struct NameCell {
    /// The relationship.
    pub(super) name: &'static str,
    /// Whether the text is the `external_id` of the row.
    pub(super) is_external: bool,
    pub(super) text: String,
}
