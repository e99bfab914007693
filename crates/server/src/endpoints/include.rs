//! Included resources: loads them with one query for each relationship of a path, never one for
//! each row, and never more than the limit.

use std::collections::HashMap;
use std::rc::Rc;

use apportion_jsonapi::document::Compound;
use apportion_jsonapi::query::Include;
use apportion_jsonapi::{Cardinality, Code, Error, Rows};
use apportion_store::{Field, Tenant};

use crate::catalog::{BoxedRows, MAX_INCLUDED, MAX_INCLUDED_IN_WRITES, TypeRef};

use crate::failure::{Failure, Result};

/// The way to fewer resources in a list.
const PAGE: &str = "or ask for a smaller page";

/// Returns the largest number of resources that an answer includes.
fn most_included(tenant: &Tenant<'_>) -> usize {
    if tenant.is_writing() { MAX_INCLUDED_IN_WRITES } else { MAX_INCLUDED }
}

/// Returns the largest number of links of a to-many relationship that are followed. It is above the
/// limit of resources because a resource that several owners hold is loaded once for each of them.
fn most_links(tenant: &Tenant<'_>) -> usize {
    most_included(tenant).saturating_mul(5)
}

/// Collects what the paths lead to from these rows.
pub(crate) fn resolve<'r>(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'r>,
    rows: &dyn Rows,
    includes: &[Include],
) -> Result<Compound<'r>> {
    let mut compound = Compound::default();
    compound.mark_primary(kind.position, rows);
    follow(tenant, kind, rows, includes, &mut compound)?;
    Ok(compound)
}

/// Collects what the paths lead to from a relationship whose linkage is primary data. There the
/// rows that it leads to are included themselves, if there is a path.
pub(crate) fn from_linkage<'r>(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'r>,
    rows: &Rc<dyn Rows + 'r>,
    includes: &[Include],
) -> Result<Compound<'r>> {
    let mut compound = Compound::default();
    for include in includes {
        compound.add(kind.position, Rc::clone(rows));
        follow(tenant, kind, rows.as_ref(), &include.children, &mut compound)?;
    }
    Ok(compound)
}

/// Follows the paths from these rows, and adds what they lead to.
pub(crate) fn follow<'r>(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'r>,
    rows: &dyn Rows,
    includes: &[Include],
    compound: &mut Compound<'r>,
) -> Result<()> {
    tenant.count_texts();
    for include in includes {
        let resource = kind.resource();
        let relationship = resource.relationships.get(include.relationship);
        let target = kind.resources.at(include.target);
        let (Some(relationship), Some(target)) = (relationship, target) else { continue };
        let edge = Edge { from: kind.position, relationship: include.relationship, target };
        let linked = match (relationship.cardinality, relationship.field) {
            (Cardinality::One, _) => one(tenant, rows, edge, compound)?,
            (Cardinality::Many, Some(field)) => many(tenant, rows, edge, field, compound)?,
            (Cardinality::Many, None) => continue,
        };
        let linked: Rc<dyn Rows + 'r> = linked.into();
        compound.add(include.target, Rc::clone(&linked));
        let most = most_included(tenant);
        if compound.len() > most {
            let part = if tenant.is_writing() { "or read them after the write" } else { PAGE };
            return Err(too_many(&format!(
                "More than {most} resources would be included; include less, {part}"
            )));
        }
        follow(tenant, target, linked.as_ref(), &include.children, compound)?;
    }
    Ok(())
}

/// A relationship of a type, and the type that it leads to.
#[derive(Clone, Copy)]
struct Edge<'r> {
    /// The type, by its position in the registry.
    from: usize,
    /// The relationship, by its position in the type.
    relationship: usize,
    target: TypeRef<'r>,
}

/// Loads the rows that a to-one relationship of the rows leads to.
fn one<'r>(
    tenant: &mut Tenant<'_>,
    rows: &dyn Rows,
    edge: Edge<'r>,
    compound: &mut Compound<'r>,
) -> Result<BoxedRows<'r>> {
    let mut ids = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        compound.mark_followed(edge.from, rows.id(row), edge.relationship, None);
        ids.extend(rows.linkage(row, edge.relationship));
    }
    ids.sort_unstable();
    ids.dedup();
    edge.target.served.load_by(tenant, edge.target.resource().id, &ids, usize::MAX)
}

/// Loads the rows that a to-many relationship of the rows leads to, and notes which owner holds
/// which.
fn many<'r>(
    tenant: &mut Tenant<'_>,
    rows: &dyn Rows,
    edge: Edge<'r>,
    field: Field,
    compound: &mut Compound<'r>,
) -> Result<BoxedRows<'r>> {
    let mut owners: Vec<i64> = (0..rows.len()).map(|row| rows.id(row)).collect();
    owners.sort_unstable();
    owners.dedup();
    let most = most_links(tenant);
    let limit = most.saturating_add(1);
    let owned = edge.target.served.load_held(tenant, field, &owners, limit)?;
    if owned.rows.len() > most {
        return Err(too_many(&format!(
            "More than {most} links of a to-many relationship would be followed; include \
             less, or ask for a smaller page"
        )));
    }
    let mut held: HashMap<i64, Vec<i64>> = owners.iter().map(|id| (*id, Vec::new())).collect();
    for (row, owner) in owned.owners.into_iter().enumerate() {
        held.entry(owner).or_default().push(owned.rows.id(row));
    }
    for (owner, ids) in held {
        compound.mark_followed(edge.from, owner, edge.relationship, Some(ids));
    }
    Ok(owned.rows)
}

/// Makes the refusal of an `include` that leads to too many resources.
pub(crate) fn too_many(detail: &str) -> Failure {
    Failure::from(Error::parameter(Code::UnsupportedInclude, "include", detail.to_owned()))
}
