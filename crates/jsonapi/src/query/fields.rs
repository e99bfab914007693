//! `fields[type]=a,b`: the members that each type shows.

use std::sync::Arc;

use super::parameter::Parameter;
use crate::error::{Code, Error};
use crate::resource::{Registry, ResourceType, Shape};
use crate::text::{alternatives, cut};

/// The members that each type shows. A type that the query does not name has its default shape.
#[derive(Clone, Debug)]
pub struct Fieldsets {
    defaults: Arc<[Shape]>,
    chosen: Vec<(usize, Shape)>,
    nothing: Shape,
}

impl Fieldsets {
    /// Returns every type in its default shape.
    pub fn all<F>(registry: &Registry<F>) -> Self {
        let nothing = Shape { attributes: Vec::new(), relationships: Vec::new() };
        Self { defaults: Arc::clone(registry.shapes()), chosen: Vec::new(), nothing }
    }

    /// Hides the relationships of a type for which `keep` is false.
    pub fn keep_relationships(&mut self, resource: usize, keep: impl Fn(usize) -> bool) {
        let mut shape = self.shape(resource).clone();
        shape.relationships.retain(|at| keep(*at));
        self.chosen.retain(|(position, _)| *position != resource);
        self.chosen.push((resource, shape));
    }

    /// Returns the members that the type at that position of the registry shows.
    pub fn shape(&self, resource: usize) -> &Shape {
        let chosen = self.chosen.iter().find(|(position, _)| *position == resource);
        let shape = chosen.map(|(_, shape)| shape).or_else(|| self.defaults.get(resource));
        shape.unwrap_or(&self.nothing)
    }
}

/// Parses the fieldsets of a query for `shown`, of the types that its documents may hold.
pub(super) fn parse<F>(
    pairs: &[&Parameter],
    registry: &Registry<F>,
    shown: &ResourceType<F>,
    errors: &mut Vec<Error>,
) -> Fieldsets {
    let mut sets = Fieldsets::all(registry);
    for pair in pairs {
        let name = pair.keys.iter().flatten().next().map_or("", String::as_str);
        let mut fault = |detail| {
            errors.push(Error::parameter(Code::UnsupportedField, &pair.name, detail));
        };
        match registry.find(name).filter(|(_, resource)| shown.may_show(resource)) {
            None => {
                let known = registry.types().iter().filter(|resource| shown.may_show(resource));
                let known = known.map(|resource| resource.name);
                let known = alternatives(name, known);
                fault(format!("There is no type '{}'; {known}", cut(name)));
            }
            Some((at, resource)) => sets.chosen.push((at, shape(&pair.value, resource, fault))),
        }
    }
    sets
}

/// Returns the shape with these members, in declared order.
fn shape<F>(names: &str, resource: &ResourceType<F>, mut fault: impl FnMut(String)) -> Shape {
    let mut shape = Shape { attributes: Vec::new(), relationships: Vec::new() };
    for name in names.split(',').filter(|_| !names.is_empty()) {
        if let Some((at, _)) = resource.attribute(name) {
            shape.attributes.push(at);
        } else if let Some((at, _)) = resource.relationship(name) {
            shape.relationships.push(at);
        } else {
            let attributes = resource.attributes.iter().map(|attribute| attribute.name);
            let relationships = resource.relationships.iter().map(|it| it.name);
            let known = alternatives(name, attributes.chain(relationships));
            fault(format!("Type '{}' has no field '{}'; {known}", resource.name, cut(name)));
        }
    }
    for members in [&mut shape.attributes, &mut shape.relationships] {
        members.sort_unstable();
        members.dedup();
    }
    shape
}
