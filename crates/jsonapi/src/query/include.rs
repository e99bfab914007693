//! `include=deal,deal.creator`: paths over declared relationships, merged into a tree that holds
//! every relationship once.

use super::parameter::Parameter;
use crate::error::{Code, Error};
use crate::resource::{Registry, ResourceType};
use crate::text::{alternatives, cut};

/// The largest number of paths that a query may name.
pub const MAX_INCLUDES: usize = 10;
/// The largest number of relationships that a path may follow.
pub const MAX_INCLUDE_DEPTH: usize = 3;

/// A relationship to follow, and those to follow from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The position of the relationship in its type.
    pub relationship: usize,
    /// The position of the type that it leads to.
    pub target: usize,
    /// The relationships to follow from there.
    pub children: Vec<Include>,
}

pub(super) fn parse<F>(
    pair: Option<&Parameter>,
    registry: &Registry<F>,
    resource: &ResourceType<F>,
    linkage: Option<(usize, usize)>,
    errors: &mut Vec<Error>,
) -> Option<Vec<Include>> {
    let value = pair?.value.as_str();
    let holder = linkage.and_then(|(holder, _)| registry.types().get(holder));
    let resource = holder.unwrap_or(resource);
    let only = linkage.and_then(|(_, only)| resource.relationships.get(only));
    let mut roots = Vec::new();
    let paths = value.split(',').filter(|_| !value.is_empty());
    let count = paths.clone().count();
    if count > MAX_INCLUDES {
        let detail = format!("'include' may name at most {MAX_INCLUDES} paths, not {count}");
        errors.push(Error::parameter(Code::UnsupportedInclude, "include", detail));
        return None;
    }
    for path in paths {
        let depth = path.split('.').count();
        let root = path.split('.').next().unwrap_or_default();
        let followed = if depth > MAX_INCLUDE_DEPTH {
            Err(format!("follows {depth} relationships; it may follow at most {MAX_INCLUDE_DEPTH}"))
        } else if let Some(only) = only.filter(|only| only.name != root) {
            Err(format!("is not supported on this endpoint; it must begin with '{}'", only.name))
        } else {
            follow(path, registry, resource, &mut roots)
        };
        if let Err(fault) = followed {
            let detail = format!("Include '{}' {fault}", cut(path));
            errors.push(Error::parameter(Code::UnsupportedInclude, "include", detail));
        }
    }
    Some(roots)
}

/// Adds a path to the tree, or says where it leaves the declared relationships.
fn follow<F>(
    path: &str,
    registry: &Registry<F>,
    resource: &ResourceType<F>,
    into: &mut Vec<Include>,
) -> Result<(), String> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let declared = resource.relationship(name);
    let found = declared.and_then(|(at, it)| Some((at, registry.find(it.target)?)));
    let Some((relationship, (target, next))) = found else {
        let known = alternatives(name, resource.relationships.iter().map(|it| it.name));
        let (kind, name) = (resource.name, cut(name));
        let fault = format!("{kind} have no relationship '{name}' to include; {known}");
        return Err(format!("is not supported on this endpoint: {fault}"));
    };
    let known = into.iter().position(|include| include.relationship == relationship);
    let at = known.unwrap_or_else(|| {
        into.push(Include { relationship, target, children: Vec::new() });
        into.len().saturating_sub(1)
    });
    match (rest, into.get_mut(at)) {
        (Some(rest), Some(include)) => follow(rest, registry, next, &mut include.children),
        _ => Ok(()),
    }
}
