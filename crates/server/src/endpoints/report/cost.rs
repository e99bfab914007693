//! The cost of a report, before it is computed: the slices that it cuts revenue into, which have a
//! limit. Not here: the budget of an organization that they are taken from (`access::rates`).

use apportion_core::report::{Report, ReportQuery};
use apportion_jsonapi::{Code, Error};
use apportion_store::Ledger;

use crate::failure::Result;
use crate::revenue::selection::Selection;

/// The slices, and the distributions that are looked at, for one unit of the budget.
const SLICES_A_UNIT: u64 = 100_000;

/// Returns the units that a report costs, besides the one that every report does.
///
/// # Errors
///
/// The report would cut revenue into more than `most` slices.
pub(super) fn units(
    ledger: &Ledger,
    selection: &Selection,
    query: &ReportQuery,
    most: u64,
) -> Result<u64> {
    let looked_at = u64::try_from(ledger.len()).unwrap_or(u64::MAX);
    let report = Report::new(query.clone());
    let periods = u64::try_from(report.periods()).unwrap_or(u64::MAX);
    let possible = looked_at.saturating_mul(periods);
    // The exact number takes a look at each distribution.
    let (count, slices) = match possible {
        0..=SLICES_A_UNIT => (looked_at, possible),
        _ => count_slices(ledger, selection, &report),
    };
    if slices > most {
        let detail = format!(
            "This report cuts {count} revenue distributions into {slices} slices, and at most \
             {most} are computed: group by a longer period, or narrow the dates or the deals"
        );
        return Err(Error::parameter(Code::TooCostly, "group", detail).into());
    }
    Ok(looked_at.saturating_add(slices).checked_div(SLICES_A_UNIT).unwrap_or(0))
}

/// Returns the number of distributions that the report covers, and that of their slices.
fn count_slices(ledger: &Ledger, selection: &Selection, report: &Report) -> (u64, u64) {
    let whole = selection.takes_whole_deals();
    let (mut count, mut slices) = (0_u64, 0_u64);
    for entries in ledger.parts(1).into_iter().flat_map(|part| part.deals()) {
        let mut entries = entries.peekable();
        if whole && !entries.peek().is_some_and(|entry| selection.admits(entry)) {
            continue;
        }
        for entry in entries.filter(|entry| whole || selection.admits(entry)) {
            count = count.saturating_add(1);
            slices = slices.saturating_add(report.slices(entry.days));
        }
    }
    (count, slices)
}
