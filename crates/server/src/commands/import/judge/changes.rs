//! The change of stored rows by a file that updates. A change is made by the same way as by a
//! request; it is tried in a transaction that is undone, so that its faults are known before
//! anything is written.

use std::collections::HashMap;

use apportion_core::decimal::Rate;
use apportion_core::units::Units;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::{Code, Error, Input, Scalar, Value};
use apportion_store::{self as store, Tenant, unique};

use super::super::faults::EXTERNAL_ID;
use super::super::names::{NameLookup, Names, Reference};
use super::super::plan::{Plan, PlannedChange};
use super::super::row::Row;
use super::super::{ImportError, MAX_REWRITTEN};
use super::Judge;
use crate::catalog::{BoxedRows, TypeRef, Work};
use crate::failure::Failure;

/// The largest number of rows that a command changes. Each is changed by statements of its own, and
/// others must not wait for that longer than for anything.
const MAX_CHANGES: usize = 2_000;

impl Judge<'_> {
    /// Plans the changes that lines make to stored rows.
    pub(super) fn plan_changes(
        &mut self,
        work: &mut Work<'_>,
        known: Vec<(&'_ Row, i64)>,
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
        for ((row, id), mut input) in known.into_iter().zip(inputs) {
            let at = positions.get(&id).copied().ok_or_else(|| gone(kind, id))?;
            let stored = StoredRow { kind, rows: &rows, at };
            let units = stored.units(&input);
            self.give_amounts(work, row, units.as_ref(), &mut input);
            stored.check_decimals(units.as_ref(), &mut input);
            if !input.errors.is_empty() {
                self.refuse(row, &input.errors);
            } else if stored.has_all_of(&input) {
                let unchanged = plan.unchanged.entry(self.sheet.kind).or_default();
                *unchanged = unchanged.saturating_add(1);
            } else if kind.resource().append_only {
                let reason = "is that of a record that differs and cannot be changed";
                self.faults.add(row.line, Some(EXTERNAL_ID), reason);
            } else if plan.changes.len() >= MAX_CHANGES {
                let reason = format!(
                    "is one too many: a command changes at most {MAX_CHANGES} rows; give the rest \
                     to another command"
                );
                self.faults.add(row.line, None, &reason);
                break;
            } else {
                let units = units.filter(|_| !row.amounts.is_empty());
                let units = units.map(|units| units.name().to_owned());
                plan.changes.push(PlannedChange { kind: self.sheet.kind, id, input, units });
                self.changed.push(row.line);
            }
        }
        Ok(())
    }

    /// Notes that the changes up to a line would rewrite too many distributions of their deals.
    fn refuse_rewriting(&mut self, line: u64) {
        let reason = format!(
            "is one too many: a command rewrites at most {MAX_REWRITTEN} revenue distributions \
             because their deals change; give this line and the rest to another command"
        );
        self.faults.add(line, None, &reason);
    }

    /// Makes all changes of the plan, and then judges the new rows, in a transaction that is
    /// undone: what the rows are judged by is what the changes leave.
    pub(super) fn judge_after_changes(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let (resources, currency, now) = (work.resources, work.currency, work.now);
        let undone = work.tenant.transaction(|tenant: &mut Tenant<'_>| {
            let tenant = tenant.reborrow();
            let (is_clock_sound, expected, secret) = (true, None, None);
            let mut work =
                Work { resources, tenant, currency, now, is_clock_sound, expected, secret };
            lock(&mut work, &plan.changes)?;
            let first = plan.changes.len().saturating_sub(self.changed.len());
            for (at, change) in plan.changes.iter().enumerate() {
                let before = work.tenant.rewritten();
                let made = make(&mut work, change);
                let line = at.checked_sub(first).and_then(|at| self.changed.get(at)).copied();
                // One of an earlier file was possible when that was judged.
                let line = || line.ok_or_else(|| changed_since(change));
                match made {
                    Err(Failure::Refused(errors)) => {
                        self.faults.add_errors(line()?, &self.sheet.minor, &errors);
                    }
                    other => other.map_err(ImportError::from)?,
                }
                if before > 0 && work.tenant.rewritten() > MAX_REWRITTEN {
                    self.refuse_rewriting(line()?);
                    break;
                }
            }
            self.judge_new(&mut work, plan)?;
            Err::<(), _>(Undone::Judged)
        });
        match undone {
            Ok(()) | Err(Undone::Judged) => Ok(()),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

/// The end of a transaction that is undone in any case.
enum Undone {
    Judged,
    Failed(ImportError),
}

impl From<ImportError> for Undone {
    fn from(error: ImportError) -> Self {
        Self::Failed(error)
    }
}

impl From<store::Error> for Undone {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
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
                    let reason = "must not be a row that the same command inserts; import that \
                                  row by a command before";
                    input.refuse_relationship(name, reason);
                }
                None => {}
            }
        }
    }
    Ok(())
}

/// A stored row that a line speaks of.
struct StoredRow<'r> {
    kind: TypeRef<'r>,
    rows: &'r BoxedRows<'r>,
    at: usize,
}

impl StoredRow<'_> {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let (place, _) = self.kind.resource().attribute(name)?;
        Some(self.rows.attribute(self.at, place))
    }

    /// Returns the attribute that has the units of its amounts.
    fn units_attribute(&self) -> Option<&'static str> {
        let resource = self.kind.resource();
        ["units", "currency"].into_iter().find(|name| resource.attribute(name).is_some())
    }

    /// Returns the units of its amounts after the input is applied.
    fn units(&self, input: &Input) -> Option<Units> {
        let name = self.units_attribute()?;
        let mut text = match self.attribute(name)? {
            Scalar::Text(text) => Some(text.to_owned()),
            _ => None,
        };
        input.set(name, &mut text);
        text.and_then(|text| text.parse().ok())
    }

    /// Refuses other units with other decimals if an amount is not given with them: the minor units
    /// of the row, which the file does not show, would become another amount.
    fn check_decimals(&self, units: Option<&Units>, input: &mut Input) {
        let before = self.units(&Input::default());
        let differ = before.zip(units).is_some_and(|(old, new)| old.decimals() != new.decimals());
        let Some(name) = self.units_attribute().filter(|_| differ) else { return };
        let amounts = self.kind.resource().attributes.iter().filter(|it| it.amount && it.writable);
        for amount in amounts {
            let has_some = self
                .attribute(amount.name)
                .is_some_and(|value| !matches!(value, Scalar::Null | Scalar::Integer(0)));
            if has_some && !input.gives(amount.name) {
                let rule =
                    format!("changes the decimals of {}, which must be given with it", amount.name);
                input.refuse(name, &rule);
            }
        }
    }

    /// Whether it has all that an input gives.
    fn has_all_of(&self, input: &Input) -> bool {
        // A rate of 1 is kept as none.
        let one = Value::Integer(Rate::ONE.units());
        let attributes = input.given().all(|(name, value)| {
            self.attribute(name).is_some_and(|stored| {
                let is_no_rate = name == "exchange_rate" && matches!(stored, Scalar::Null);
                stored.equals(value) || (is_no_rate && *value == one)
            })
        });
        // Columns give relationships to one only.
        let links = input.given_links().all(|link| {
            let place = self.kind.resource().relationship(link.name).map(|(place, _)| place);
            let stored = place.map(|place| self.rows.linkage(self.at, place));
            stored.is_some_and(|id| id.map_or(Linkage::None, Linkage::One) == link.linkage)
        });
        attributes && links
    }
}

/// The error of a row that was there a moment ago. The files are judged again.
fn gone(kind: TypeRef<'_>, id: i64) -> Failure {
    let name = kind.resource().name;
    Failure::Store(store::Error::Interrupted(format!("record '{id}' of type {name} is gone")))
}

/// The error of a change that is not possible any more. The files are judged again.
fn changed_since(change: &PlannedChange) -> ImportError {
    let PlannedChange { kind, id, .. } = change;
    ImportError::Store(store::Error::Interrupted(format!("record '{id}' of type {kind} changed")))
}

/// Locks the rows that are changed: distributors before others, as everywhere, and each type in
/// the order of its ids.
pub(in super::super) fn lock(work: &mut Work<'_>, changes: &[PlannedChange]) -> store::Result<()> {
    let mut kinds: Vec<&'static str> = changes.iter().map(|change| change.kind).collect();
    kinds.sort_unstable_by_key(|kind| (*kind != "distributors", *kind));
    kinds.dedup();
    for kind in kinds {
        let of_kind = changes.iter().filter(|change| change.kind == kind);
        let ids: Vec<i64> = of_kind.map(|change| change.id).collect();
        unique::lock_rows(&mut work.tenant, kind, &ids)?;
    }
    Ok(())
}

/// Makes a change.
pub(in super::super) fn make(work: &mut Work<'_>, change: &PlannedChange) -> Result<(), Failure> {
    let kind = work.resources.find(change.kind).ok_or_else(Failure::not_found)?;
    let updated = kind.served.update(work, change.id, &mut change.input.clone());
    updated.map_err(|failure| match &failure {
        Failure::Refused(errors) if errors.iter().all(is_gone) => gone(kind, change.id),
        _ => failure,
    })?;
    let Some(units) = &change.units else { return Ok(()) };
    let id = kind.resource().id;
    let rows = kind.served.load_by(&mut work.tenant, id, &[change.id], 1)?;
    let now = StoredRow { kind, rows: &rows, at: 0 }.units(&Input::default());
    if now.is_some_and(|now| now.name() == units) {
        return Ok(());
    }
    let why = format!("the units of record '{}' of type {} changed", change.id, change.kind);
    Err(Failure::Store(store::Error::Interrupted(why)))
}

/// Whether an error says that there is no such row, rather than one that it refers to.
fn is_gone(error: &Error) -> bool {
    error.code == Code::RecordNotFound && error.source.is_none()
}
