//! The resource types of a service, by name and by position. Not here: the list of Apportion's own
//! types (`resources`).

use apportion_jsonapi::{Registry, ResourceType};
use apportion_store::Field;

use crate::catalog::served::Served;

/// The path under which all types are served.
pub const ROOT: &str = "/api/v2";

/// The resource types of a service, with those that have no address: the rows of reports and of
/// previews.
pub struct Resources {
    served: Vec<Box<dyn Served>>,
    registry: Registry<Field>,
}

impl Resources {
    /// Collects types, in the order in which they are described.
    pub fn new(served: Vec<Box<dyn Served>>) -> Self {
        let registry = Registry::new(served.iter().map(|it| it.resource().clone()).collect());
        Self { served, registry }
    }

    /// Returns the declarations.
    pub fn registry(&self) -> &Registry<Field> {
        &self.registry
    }

    /// Finds a type that has addresses by its name.
    pub(crate) fn find(&self, name: &str) -> Option<TypeRef<'_>> {
        self.find_any(name).filter(|kind| kind.resource().addressed)
    }

    /// Finds a type by its name, whether it has addresses or not.
    pub(crate) fn find_any(&self, name: &str) -> Option<TypeRef<'_>> {
        let (position, _) = self.registry.find(name)?;
        self.at(position)
    }

    /// Returns the type at a position of the registry.
    pub(crate) fn at(&self, position: usize) -> Option<TypeRef<'_>> {
        let served = self.served.get(position)?.as_ref();
        Some(TypeRef { position, served, resources: self })
    }

    /// Returns the type that an id of these resources stands for.
    pub(crate) fn get(&self, id: TypeId) -> Option<TypeRef<'_>> {
        self.at(id.0)
    }
}

/// The position of a type in the registry: it can be sent to another thread, which a [`TypeRef`]
/// cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeId(usize);

/// A type of a service, with the service's other types.
#[derive(Clone, Copy)]
pub(crate) struct TypeRef<'r> {
    pub(crate) position: usize,
    pub(crate) served: &'r dyn Served,
    pub(crate) resources: &'r Resources,
}

impl<'r> TypeRef<'r> {
    /// Returns the type as clients see it.
    pub(crate) fn resource(self) -> &'r ResourceType<Field> {
        self.served.resource()
    }

    /// Returns the declarations of all types.
    pub(crate) fn registry(self) -> &'r Registry<Field> {
        self.resources.registry()
    }

    /// Returns the position of the type.
    pub(crate) fn id(self) -> TypeId {
        TypeId(self.position)
    }
}
