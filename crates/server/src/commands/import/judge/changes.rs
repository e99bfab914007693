//! The change of stored rows by a file that updates. A change is made by the same way as by a
//! request; it is tried in a transaction that is undone, so that its faults are known before
//! anything is written.

use std::collections::HashMap;

use apportion_core::units::Units;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::{Error, Input, Scalar};
use apportion_store::{self as store, Tenant};

use super::super::names::{NameLookup, Names, Reference};
use super::super::plan::{Plan, PlannedChange};
use super::super::row::Row;
use super::super::{ImportError, MAX_TRIES, PAUSE};
use super::Judge;
use crate::catalog::{BoxedRows, TypeRef, Work};
use crate::failure::Failure;

/// The largest number of rows that a command changes. Each is changed by statements of its own, and
/// others must not wait for that longer than for anything.
const MAX_CHANGES: usize = 2_000;

impl Judge<'_> {
    /// Plans the changes that lines make to stored rows, and tries them.
    pub(super) fn change(
        &mut self,
        work: &mut Work<'_>,
        known: Vec<(&Row, i64)>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        if known.is_empty() {
            return Ok(());
        }
        let kind = work.resources.find(self.sheet.kind).ok_or_else(Failure::not_found)?;
        let mut inputs: Vec<Input> = known.iter().map(|(row, _)| row.input.clone()).collect();
        link_names(work, kind, &known, &mut inputs, plan)?;
        let ids: Vec<i64> = known.iter().map(|(_, id)| *id).collect();
        let rows = kind.served.load_by(&mut work.tenant, kind.resource().id, &ids, ids.len())?;
        let positions: HashMap<i64, usize> = (0..rows.len()).map(|at| (rows.id(at), at)).collect();
        let first = plan.changes.len();
        let mut lines = Vec::new();
        for ((row, id), mut input) in known.into_iter().zip(inputs) {
            let Some(at) = positions.get(&id).copied() else { continue };
            let units = units(kind, &rows, at, &input);
            self.give_amounts(work, row, units.as_ref(), &mut input);
            if !input.errors.is_empty() {
                self.refuse(row, &input.errors);
            } else if is_as_stored(kind, &rows, at, &input) {
                let unchanged = plan.unchanged.entry(self.sheet.kind).or_default();
                *unchanged = unchanged.saturating_add(1);
            } else if plan.changes.len() >= MAX_CHANGES {
                let reason = format!(
                    "is one too many: a command changes at most {MAX_CHANGES} rows; give the rest \
                     to another command"
                );
                self.faults.add(row.line, None, &reason);
                break;
            } else {
                plan.changes.push(PlannedChange { kind: self.sheet.kind, id, input });
                lines.push(row);
            }
        }
        if plan.changes.len() == first {
            return Ok(());
        }
        for (at, errors) in attempt(work, &plan.changes)? {
            let row = at.checked_sub(first).and_then(|at| lines.get(at));
            if let Some(row) = row {
                self.refuse(row, &errors);
            }
        }
        Ok(())
    }
}

/// Gives inputs the links that their lines name otherwise than by ids.
fn link_names(
    work: &mut Work<'_>,
    kind: TypeRef<'_>,
    known: &[(&Row, i64)],
    inputs: &mut [Input],
    plan: &Plan,
) -> store::Result<()> {
    let is_named = |name: &str, row: &Row| row.names.iter().any(|cell| cell.name == name);
    for relationship in &kind.resource().relationships {
        let name = relationship.name;
        let Some(lookup) = NameLookup::of(relationship) else { continue };
        if !known.iter().any(|(row, _)| is_named(name, row)) {
            continue;
        }
        let rows = known.iter().map(|(row, _)| *row);
        let names = Names::find(&mut work.tenant, name, lookup, rows)?;
        for ((row, _), input) in known.iter().zip(&mut *inputs) {
            if !is_named(name, row) {
                continue;
            }
            match names.reference(row, plan.names.get(relationship.target), input) {
                Some(Reference::Stored(id)) => {
                    let pointer = format!("/data/attributes/{name}");
                    input.give_link(Link { name, linkage: Linkage::One(id), pointer });
                }
                Some(Reference::Planned(_)) => {
                    let reason = "must not be a row that the same command inserts";
                    input.refuse_relationship(name, reason);
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// Returns the units of the amounts of a stored row, after the input is applied.
fn units(kind: TypeRef<'_>, rows: &BoxedRows<'_>, at: usize, input: &Input) -> Option<Units> {
    let attribute = |name| kind.resource().attribute(name);
    let (place, declared) = attribute("units").or_else(|| attribute("currency"))?;
    let mut text = match rows.attribute(at, place) {
        Scalar::Text(text) => Some(text.to_owned()),
        _ => None,
    };
    input.set(declared.name, &mut text);
    text.and_then(|text| text.parse().ok())
}

/// Whether a stored row has all that an input gives.
fn is_as_stored(kind: TypeRef<'_>, rows: &BoxedRows<'_>, at: usize, input: &Input) -> bool {
    let resource = kind.resource();
    let attributes = input.given().all(|(name, value)| {
        let place = resource.attribute(name).map(|(place, _)| place);
        place.is_some_and(|place| rows.attribute(at, place).equals(value))
    });
    // Columns give relationships to one only.
    let links = input.given_links().all(|link| {
        let stored = resource.relationship(link.name).map(|(place, _)| rows.linkage(at, place));
        stored.is_some_and(|id| id.map_or(Linkage::None, Linkage::One) == link.linkage)
    });
    attributes && links
}

/// The end of a transaction that is undone in any case.
enum Undone {
    Tried(Vec<(usize, Vec<Error>)>),
    Failed(Failure),
}

impl From<store::Error> for Undone {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Makes changes and takes them back. Returns the errors of those that are refused, by their
/// positions.
fn attempt(
    work: &mut Work<'_>,
    changes: &[PlannedChange],
) -> Result<Vec<(usize, Vec<Error>)>, ImportError> {
    let (resources, currency, now) = (work.resources, work.currency, work.now);
    let mut tries = 0_usize;
    loop {
        let undone = work.tenant.transaction(|tenant: &mut Tenant<'_>| {
            let mut refused = Vec::new();
            let tenant = tenant.reborrow();
            let mut work = Work { resources, tenant, currency, now, expected: None };
            for (at, change) in changes.iter().enumerate() {
                match make(&mut work, change) {
                    Ok(()) => {}
                    Err(Failure::Refused(errors)) => refused.push((at, errors)),
                    Err(other) => return Err(Undone::Failed(other)),
                }
            }
            Err::<(), _>(Undone::Tried(refused))
        });
        tries = tries.saturating_add(1);
        match undone {
            Err(Undone::Failed(Failure::Store(store::Error::Interrupted(_))))
                if tries < MAX_TRIES =>
            {
                std::thread::sleep(PAUSE);
            }
            Err(Undone::Failed(failure)) => return Err(failure.into()),
            Err(Undone::Tried(refused)) => return Ok(refused),
            Ok(()) => return Ok(Vec::new()),
        }
    }
}

/// Makes a change.
pub(in super::super) fn make(work: &mut Work<'_>, change: &PlannedChange) -> Result<(), Failure> {
    let kind = work.resources.find(change.kind).ok_or_else(Failure::not_found)?;
    kind.served.update(work, change.id, &mut change.input.clone())
}
