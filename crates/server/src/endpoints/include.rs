//! Included resources: one query for each path, never one a row, and never more than the limit.

use std::collections::HashMap;
use std::rc::Rc;

use apportion_jsonapi::document::Compound;
use apportion_jsonapi::query::Include;
use apportion_jsonapi::{Cardinality, Code, Error, Rows};
use apportion_store::{Field, Tenant};

use crate::failure::{Failure, Result};
use crate::resources::Type;

/// How many resources one document includes at most.
pub(crate) const MAX_INCLUDED: usize = 10_000;

/// How many times a relationship to many may lead to a resource: what is loaded of it, since a
/// resource that several hold is loaded for each of them.
const MAX_HELD: usize = 5 * MAX_INCLUDED;

/// Follows the paths from these rows.
pub(crate) fn resolve(
    tenant: &mut Tenant<'_>,
    kind: Type,
    rows: &dyn Rows,
    includes: &[Include],
) -> Result<Compound> {
    let mut compound = Compound::default();
    compound.mark_primary(kind.position, rows);
    follow(tenant, kind, rows, includes, &mut compound)?;
    Ok(compound)
}

/// Follows the paths from a relationship whose linkage is primary data: the rows that it leads to
/// are included themselves, where a path says so.
pub(crate) fn linked(
    tenant: &mut Tenant<'_>,
    kind: Type,
    rows: &Rc<dyn Rows>,
    includes: &[Include],
) -> Result<Compound> {
    let mut compound = Compound::default();
    for include in includes {
        compound.add(kind.position, Rc::clone(rows));
        follow(tenant, kind, rows.as_ref(), &include.children, &mut compound)?;
    }
    Ok(compound)
}

/// Follows the paths from these rows, and adds what they lead to.
pub(crate) fn follow(
    tenant: &mut Tenant<'_>,
    kind: Type,
    rows: &dyn Rows,
    includes: &[Include],
    compound: &mut Compound,
) -> Result<()> {
    for include in includes {
        let resource = kind.served.resource();
        let relationship = resource.relationships.get(include.relationship);
        let target = kind.resources.at(include.target);
        let (Some(relationship), Some(target)) = (relationship, target) else { continue };
        let edge = Edge { from: kind.position, relationship: include.relationship };
        let found = match (relationship.cardinality, relationship.field) {
            (Cardinality::One, _) => one(tenant, rows, target, edge, compound)?,
            (Cardinality::Many, Some(field)) => {
                many(tenant, (rows, target, field), edge, compound)?
            }
            (Cardinality::Many, None) => continue,
        };
        let found: Rc<dyn Rows> = found.into();
        compound.add(include.target, Rc::clone(&found));
        if compound.len() > MAX_INCLUDED {
            return Err(too_many(&format!("More than {MAX_INCLUDED} resources would be included")));
        }
        follow(tenant, target, found.as_ref(), &include.children, compound)?;
    }
    Ok(())
}

/// A relationship of a type, both by position.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    relationship: usize,
}

fn one(
    tenant: &mut Tenant<'_>,
    rows: &dyn Rows,
    target: Type,
    edge: Edge,
    compound: &mut Compound,
) -> Result<Box<dyn Rows>> {
    let mut ids = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        compound.mark_followed(edge.from, rows.id(row), edge.relationship, None);
        ids.extend(rows.linkage(row, edge.relationship));
    }
    ids.sort_unstable();
    ids.dedup();
    let field = target.served.resource().id;
    target.served.load_by(tenant, field, &ids, usize::MAX)
}

/// What the rows hold, and which of them holds what.
fn many(
    tenant: &mut Tenant<'_>,
    (rows, target, field): (&dyn Rows, Type, Field),
    edge: Edge,
    compound: &mut Compound,
) -> Result<Box<dyn Rows>> {
    let mut owners: Vec<i64> = (0..rows.len()).map(|row| rows.id(row)).collect();
    owners.sort_unstable();
    owners.dedup();
    let limit = MAX_HELD.saturating_add(1);
    let (holders, found) = target.served.load_held(tenant, field, &owners, limit)?;
    if found.len() > MAX_HELD {
        return Err(too_many(&format!("More than {MAX_HELD} links to many would be followed")));
    }
    let mut held: HashMap<i64, Vec<i64>> = owners.iter().map(|id| (*id, Vec::new())).collect();
    for (row, holder) in holders.into_iter().enumerate() {
        held.entry(holder).or_default().push(found.id(row));
    }
    for (owner, ids) in held {
        compound.mark_followed(edge.from, owner, edge.relationship, Some(ids));
    }
    Ok(found)
}

pub(crate) fn too_many(detail: &str) -> Failure {
    Failure::from(Error::parameter(Code::UnsupportedInclude, "include", detail.to_owned()))
}
