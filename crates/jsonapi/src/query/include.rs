//! `include=deal,deal.creator`: paths over declared relationships, merged into a tree in which
//! every relationship stands once.

use super::parameter::Parameter;
use crate::error::{Code, Error};
use crate::resource::{Registry, ResourceType};
use crate::text::cut;

/// How many paths a query may name.
pub const MAX_INCLUDES: usize = 10;
/// How many relationships a path may follow.
pub const MAX_INCLUDE_DEPTH: usize = 3;

/// A relationship to follow, and those to follow from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The position of the relationship in its type.
    pub relationship: usize,
    /// The position of the type that it leads to.
    pub target: usize,
    /// What to follow from there.
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
    let leads = |path: &str| {
        let root = path.split('.').next().and_then(|name| resource.relationship(name));
        linkage.is_none_or(|(_, only)| root.is_some_and(|(at, _)| at == only))
    };
    let mut roots = Vec::new();
    let paths = value.split(',').filter(|_| !value.is_empty());
    if paths.clone().count() > MAX_INCLUDES {
        let detail = format!("At most {MAX_INCLUDES} paths can be included");
        errors.push(Error::parameter(Code::UnsupportedInclude, "include", detail));
        return None;
    }
    for path in paths {
        if path.split('.').count() > MAX_INCLUDE_DEPTH {
            let detail =
                format!("Include '{}' is deeper than {MAX_INCLUDE_DEPTH} relationships", cut(path));
            errors.push(Error::parameter(Code::UnsupportedInclude, "include", detail));
        } else if !leads(path) || follow(path, registry, resource, &mut roots).is_none() {
            let detail = format!("Include '{}' is not supported on this endpoint", cut(path));
            errors.push(Error::parameter(Code::UnsupportedInclude, "include", detail));
        }
    }
    Some(roots)
}

/// Adds a path to the tree; `None` where it leaves the declared relationships.
fn follow<F>(
    path: &str,
    registry: &Registry<F>,
    resource: &ResourceType<F>,
    into: &mut Vec<Include>,
) -> Option<()> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let (relationship, declared) = resource.relationship(name)?;
    let (target, next) = registry.find(declared.target)?;
    let known = into.iter().position(|include| include.relationship == relationship);
    let at = known.unwrap_or_else(|| {
        into.push(Include { relationship, target, children: Vec::new() });
        into.len().saturating_sub(1)
    });
    match rest {
        Some(rest) => follow(rest, registry, next, &mut into.get_mut(at)?.children),
        None => Some(()),
    }
}
