//! All resource types of a service, found by name.

use std::sync::Arc;

use super::resource_type::ResourceType;
use super::shape::Shape;

/// All resource types of a service, found by name.
#[derive(Clone, Debug)]
pub struct Registry<F> {
    types: Vec<ResourceType<F>>,
    shapes: Arc<[Shape]>,
}

impl<F> Registry<F> {
    /// The registry of these types, in this order.
    pub fn new(types: Vec<ResourceType<F>>) -> Self {
        let shapes = types.iter().map(Shape::from_type).collect();
        Self { types, shapes }
    }

    /// What each type shows where the query does not restrict it.
    pub(crate) fn shapes(&self) -> &Arc<[Shape]> {
        &self.shapes
    }

    /// The type of that name, with its position.
    pub fn find(&self, name: &str) -> Option<(usize, &ResourceType<F>)> {
        self.types.iter().enumerate().find(|(_, resource)| resource.name == name)
    }

    /// All types.
    pub fn types(&self) -> &[ResourceType<F>] {
        &self.types
    }
}
