//! The members of a type that a document shows.

use super::resource_type::ResourceType;

/// The members of a type that a document shows, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The attributes, in declared order.
    pub attributes: Vec<usize>,
    /// The relationships, in declared order.
    pub relationships: Vec<usize>,
}

impl Shape {
    /// Returns the default shape of a type: all members except those shown only on request.
    pub(crate) fn from_type<F>(resource: &ResourceType<F>) -> Self {
        let shown = resource.attributes.iter().enumerate().filter(|(_, a)| !a.on_request);
        let attributes = shown.map(|(at, _)| at).collect();
        Self { attributes, relationships: (0..resource.relationships.len()).collect() }
    }
}
