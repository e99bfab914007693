//! The verbs of operations on resources and on relationships.

/// The change that is made to a resource or to a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Adds a resource, or adds resources to a relationship.
    Add,
    /// Updates a resource, or replaces the linkage of a relationship.
    Update,
    /// Removes a resource, or removes resources from a relationship.
    Remove,
}

impl Verb {
    /// Returns the verb as clients write it.
    pub const fn name(self) -> &'static str {
        match self {
            Verb::Add => "add",
            Verb::Update => "update",
            Verb::Remove => "remove",
        }
    }
}
