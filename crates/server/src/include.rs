//! Included resources: one query for each path, never one a row, and never more than the limit.

use std::collections::HashMap;
use std::rc::Rc;

use apportion_jsonapi::document::Compound;
use apportion_jsonapi::query::Include;
use apportion_jsonapi::{Cardinality, Code, Error, Rows};
use apportion_store::{Scope, Session};

use crate::failure::{Failure, Result};
use crate::route::Type;

/// How many resources one document includes at most.
pub(crate) const MAX_INCLUDED: usize = 10_000;

/// Follows the paths from these rows.
pub(crate) fn resolve(
    scope: &Scope,
    session: &mut Session,
    (kind, rows): (Type, &dyn Rows),
    includes: &[Include],
) -> Result<Compound> {
    let mut compound = Compound::default();
    compound.primary(kind.position, rows);
    follow(scope, session, (kind, rows), includes, &mut compound)?;
    Ok(compound)
}

fn follow(
    scope: &Scope,
    session: &mut Session,
    (kind, rows): (Type, &dyn Rows),
    includes: &[Include],
    compound: &mut Compound,
) -> Result<()> {
    for include in includes {
        let resource = kind.served.resource();
        let relationship = resource.relationships.get(include.relationship);
        let served = crate::resources::served(include.target);
        let (Some(relationship), Some(served)) = (relationship, served) else { continue };
        let target = Type { position: include.target, served };
        let edge = Edge { from: kind.position, relationship: include.relationship };
        let found = match (relationship.cardinality, relationship.field) {
            (Cardinality::One, _) => one(scope, session, (rows, target), edge, compound)?,
            (Cardinality::Many, Some(field)) => {
                let ids: Vec<i64> = (0..rows.len()).map(|row| rows.id(row)).collect();
                let limit = MAX_INCLUDED.saturating_add(1);
                let found = served.load_by(scope, session, (field, &ids), limit)?;
                note_held(&ids, found.as_ref(), target, (field, edge), compound);
                found
            }
            (Cardinality::Many, None) => continue,
        };
        let found: Rc<dyn Rows> = found.into();
        compound.add(include.target, Rc::clone(&found));
        if compound.len() > MAX_INCLUDED {
            let detail = format!("More than {MAX_INCLUDED} resources would be included");
            let error = Error::parameter(Code::UnsupportedInclude, "include", detail);
            return Err(Failure::from(error));
        }
        follow(scope, session, (target, found.as_ref()), &include.children, compound)?;
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
    scope: &Scope,
    session: &mut Session,
    (rows, target): (&dyn Rows, Type),
    edge: Edge,
    compound: &mut Compound,
) -> Result<Box<dyn Rows>> {
    let mut ids = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        compound.follow(edge.from, rows.id(row), edge.relationship, None);
        ids.extend(rows.linkage(row, edge.relationship));
    }
    ids.sort_unstable();
    ids.dedup();
    let field = target.served.resource().id;
    target.served.load_by(scope, session, (field, &ids), usize::MAX)
}

/// Which of the rows found belong to which owner.
fn note_held(
    owners: &[i64],
    found: &dyn Rows,
    target: Type,
    (field, edge): (apportion_store::Field, Edge),
    compound: &mut Compound,
) {
    let mut held: HashMap<i64, Vec<i64>> = owners.iter().map(|id| (*id, Vec::new())).collect();
    let back = target.served.resource().relationships.iter();
    if let Some(back) = back.clone().position(|relationship| relationship.field == Some(field)) {
        for row in 0..found.len() {
            if let Some(owner) = found.linkage(row, back) {
                held.entry(owner).or_default().push(found.id(row));
            }
        }
    }
    for (owner, ids) in held {
        compound.follow(edge.from, owner, edge.relationship, Some(ids));
    }
}
