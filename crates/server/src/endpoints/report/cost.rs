//! The cost of a report, before it is computed: one unit for about as many distributions and sums
//! as are done within some milliseconds. Not here: the budget that units are taken from
//! (`access::rates`).

use apportion_core::calendar::Period;
use apportion_core::report::ReportQuery;
use apportion_store::Ledger;

use crate::revenue::selection::Selection;

/// The distributions that are looked at, and the sums that are made of them, for one unit.
const STEPS: u64 = 100_000;

/// Returns the units that a report costs, besides the one that every report does. Where it is by
/// date, a distribution is summed up once for each period that it touches.
pub(super) fn units(ledger: &Ledger, selection: &Selection, query: &ReportQuery) -> u64 {
    let looked_at = u64::try_from(ledger.len()).unwrap_or(u64::MAX);
    let sums = query.grouping.period().map_or(0, |period| sums(ledger, selection, (query, period)));
    looked_at.saturating_add(sums).checked_div(STEPS).unwrap_or(0)
}

/// Returns the number of sums of a report by date, rounded up for each distribution.
fn sums(ledger: &Ledger, selection: &Selection, (query, period): (&ReportQuery, Period)) -> u64 {
    let days = match period {
        Period::Day => 1,
        Period::Week => 7,
        Period::Month => 28,
        Period::Quarter => 90,
        Period::Year => 365,
    };
    let whole = selection.takes_whole_deals();
    let mut sums = 0_u64;
    for entries in ledger.parts(1).into_iter().flat_map(|part| part.deals()) {
        let mut entries = entries.peekable();
        if whole && !entries.peek().is_some_and(|entry| selection.admits(entry)) {
            continue;
        }
        for entry in entries.filter(|entry| whole || selection.admits(entry)) {
            let touched = query.window.days_of(entry.days).checked_div(days).unwrap_or(0);
            sums = sums.saturating_add(touched.unsigned_abs()).saturating_add(1);
        }
    }
    sums
}
