//! The registry of all resource types of a service.

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
    /// Creates the registry of these types, in this order.
    pub fn new(types: Vec<ResourceType<F>>) -> Self {
        let shapes = types.iter().map(Shape::from_type).collect();
        Self { types, shapes }
    }

    /// Returns the default shape of each type.
    pub(crate) fn shapes(&self) -> &Arc<[Shape]> {
        &self.shapes
    }

    /// Finds the type of that name, with its position.
    pub fn find(&self, name: &str) -> Option<(usize, &ResourceType<F>)> {
        self.types.iter().enumerate().find(|(_, resource)| resource.name == name)
    }

    /// Returns all types in order.
    pub fn types(&self) -> &[ResourceType<F>] {
        &self.types
    }
}
