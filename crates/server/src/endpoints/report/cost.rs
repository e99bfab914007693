//! The cost of a report, before it is computed: the slices that it cuts revenue into, which have a
//! limit. Not here: the budget of an organization that they are taken from (`access::rates`).

use apportion_core::report::{Report, ReportQuery};
use apportion_jsonapi::{Code, Error};
use apportion_store::Ledger;

use crate::failure::Result;
use crate::revenue::selection::Selection;

/// The largest number of slices that a report may cut revenue into: distributions, times the
/// periods that each has a part in. They take about 20 ns each.
pub(crate) const MAX_SLICES: u64 = 100_000_000;
/// The slices, and the distributions that are looked at, for one unit of the budget.
const SLICES_A_UNIT: u64 = 100_000;

/// Returns the units that a report costs, besides the one that every report does.
///
/// # Errors
///
/// The report would cut revenue into more than [`MAX_SLICES`].
pub(super) fn units(ledger: &Ledger, selection: &Selection, query: &ReportQuery) -> Result<u64> {
    let looked_at = u64::try_from(ledger.len()).unwrap_or(u64::MAX);
    let report = Report::new(query.clone());
    let periods = u64::try_from(report.periods()).unwrap_or(u64::MAX);
    let most = looked_at.saturating_mul(periods);
    // The exact number takes a look at each distribution.
    let (count, slices) = match most {
        0..=SLICES_A_UNIT => (looked_at, most),
        _ => count_slices(ledger, selection, &report),
    };
    if slices > MAX_SLICES {
        let detail = format!(
            "This report cuts {count} revenue distributions into {slices} slices, and at most \
             {MAX_SLICES} are computed: group by a longer period, or narrow the dates or the deals"
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
