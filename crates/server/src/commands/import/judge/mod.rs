//! The judging of rows by the rules, before anything is written: against the database as it is, and
//! against the rows of the same command that come before them. Not here: whether the database is
//! still the same when the rows are inserted (`write`).

pub(super) use changes::{lock, make};
pub(super) use payouts::stored_reversals;

mod changes;
mod known;
mod parties;
mod payouts;
mod revenue;

use apportion_core::units::Units;
use apportion_jsonapi::{Error, Input, Value};
use apportion_store::import::{self, NewImport};

use super::faults::Faults;
use super::plan::Plan;
use super::row::Row;
use super::sheet::Sheet;
use super::{ImportError, Options};
use crate::catalog::Work;
use crate::failure::Failure;

/// Judges the rows of a file, and adds those that are good to the plan. Returns the faults.
pub(super) fn judge(
    work: &mut Work<'_>,
    sheet: &Sheet,
    options: Options,
    plan: &mut Plan,
) -> Result<Faults, ImportError> {
    let faults = Faults { file: sheet.name.clone(), ..Faults::default() };
    let rows = Vec::with_capacity(sheet.rows.len());
    let mut judge = Judge { sheet, rows, changed: Vec::new(), faults };
    plan.kinds.insert(sheet.kind);
    plan.files.extend(first_import(work, sheet, options, plan)?);
    let known = judge.find_known(work, options, plan)?;
    judge.plan_changes(work, known, plan)?;
    if plan.changes.is_empty() {
        judge.judge_new(work, plan)?;
    } else {
        judge.judge_after_changes(work, plan)?;
    }
    Ok(judge.faults)
}

/// Returns the record of the import of a file, unless the same bytes were imported before. A file
/// without rows has none: the next one without rows is the same, and another day's.
fn first_import(
    work: &mut Work<'_>,
    sheet: &Sheet,
    options: Options,
    plan: &Plan,
) -> Result<Option<NewImport>, ImportError> {
    if sheet.rows.is_empty() {
        return Ok(None);
    }
    let (kind, digest) = (sheet.kind, sheet.digest);
    let last = import::find_last(&mut work.tenant, kind, &digest)?;
    let planned = plan.files.iter().filter(|it| it.kind == kind && it.digest == digest).count();
    let file = || sheet.name.clone();
    // Whoever updates gives every row a name, so that no row is inserted twice.
    if !options.again && !options.update {
        if let Some(last) = last {
            return Err(ImportError::Repeated { file: file(), at: last.created_at.and_utc() });
        }
        if planned > 0 {
            return Err(ImportError::Twice { file: file() });
        }
    }
    let stored = last.map_or(0, |last| last.repetition.saturating_add(1));
    let repetition = stored.saturating_add(i64::try_from(planned).unwrap_or(i64::MAX));
    let rows = i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX);
    Ok(Some(NewImport { kind, digest, repetition, rows }))
}

/// A file that is being judged, and the faults that were found in it.
struct Judge<'j> {
    sheet: &'j Sheet,
    /// The rows that are to be inserted.
    rows: Vec<NewRow<'j>>,
    /// The lines of the rows that are to be changed, in the order of the plan.
    changed: Vec<u64>,
    faults: Faults,
}

/// A row that is to be inserted, and its input, which faults are added to.
struct NewRow<'j> {
    row: &'j Row,
    input: Input,
}

impl Judge<'_> {
    /// Judges the rows that are to be inserted.
    fn judge_new(&mut self, work: &mut Work<'_>, plan: &mut Plan) -> Result<(), ImportError> {
        match self.sheet.kind {
            "people" => self.people(plan),
            "collaborators" => self.collaborators(work, plan),
            "deals" => self.deals(work, plan),
            "revenue_distributions" => self.distributions(work, plan),
            "distributors" => self.distributors(work, plan),
            "obligations" => self.obligations(work, plan),
            "metric_credits" => self.credits(work, plan),
            other => Err(ImportError::Broken(format!("nobody judges {other}"))),
        }
    }

    /// Returns what the rules make of a row, or notes its faults and returns `None`.
    fn accept<T>(
        &mut self,
        row: &Row,
        judged: Result<T, Failure>,
    ) -> Result<Option<T>, ImportError> {
        match judged {
            Ok(accepted) => Ok(Some(accepted)),
            Err(Failure::Refused(errors)) => {
                self.refuse(row, &errors);
                Ok(None)
            }
            Err(other) => Err(other.into()),
        }
    }

    fn refuse(&mut self, row: &Row, errors: &[Error]) {
        self.faults.add_errors(row.line, &self.sheet.minor, errors);
    }

    /// Gives the input the amounts of a row, which are written in these units. Without units, which
    /// is a fault already, an amount is not judged.
    fn give_amounts(&self, work: &Work<'_>, row: &Row, units: Option<&Units>, input: &mut Input) {
        let kind = work.resources.find(self.sheet.kind);
        for cell in &row.amounts {
            let attribute = kind.and_then(|kind| kind.resource().attribute(cell.name));
            if let Some((_, attribute)) = attribute {
                let minor = units.map_or(Ok(1), |units| self.sheet.mark.amount(&cell.text, units));
                let pointer = format!("/data/attributes/{}", cell.name);
                input.give(attribute, minor.map(Value::Integer), pointer);
            }
        }
    }
}
