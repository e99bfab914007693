//! What is done to a resource or to its relationships.

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `add`
    Add,
    /// `update`
    Update,
    /// `remove`
    Remove,
}
