//! Which members of a type a document shows.

use super::resource_type::ResourceType;

/// The members of a type that this document shows, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Attributes, in declared order.
    pub attributes: Vec<usize>,
    /// Relationships, in declared order.
    pub relationships: Vec<usize>,
}

impl Shape {
    /// Everything that is not only shown on request.
    pub(crate) fn from_type<F>(resource: &ResourceType<F>) -> Self {
        let shown = resource.attributes.iter().enumerate().filter(|(_, a)| !a.on_request);
        let attributes = shown.map(|(at, _)| at).collect();
        Self { attributes, relationships: (0..resource.relationships.len()).collect() }
    }
}
