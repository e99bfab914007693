//! Entries of a report, and the rows that the core makes of them, without a server.

use apportion_core::calendar::DateRange;
use apportion_core::deal::DealStatus;
use apportion_core::report::{Entry, Grouping, Report, ReportQuery, Row};
use apportion_core::window::Window;

/// Returns an entry of a distribution over these days of the deal with that id, in two currencies.
pub fn entry(deal: i64, days: [&str; 2], amounts: [(&str, i64); 2]) -> Entry {
    let [start, end] = days.map(|day| day.parse().unwrap());
    let [(currency, amount), (_, amount_default)] = amounts;
    Entry {
        organization: 1,
        deal,
        creator: (deal > 1).then_some(deal + 40),
        revenue_distribution: deal + 100,
        currency: currency.parse().unwrap(),
        probability: 50,
        status: DealStatus::Won,
        days: DateRange::new(start, end).unwrap().into(),
        amount,
        amount_default,
    }
}

/// Returns the rows of a report on these entries as of 2025-07-02.
pub fn rows(groups: &str, entries: &[Entry]) -> (Grouping, Vec<Row>) {
    let none = Grouping::default();
    let grouping = if groups.is_empty() { none } else { Grouping::parse(groups).unwrap() };
    let as_of = "2025-07-02".parse().unwrap();
    let query = ReportQuery { grouping, window: Window::ALL, as_of, max_rows: 100_000 };
    let mut report = Report::new(query);
    for entry in entries {
        report.add(entry);
    }
    (report.grouping().clone(), report.rows(&[]).unwrap())
}
