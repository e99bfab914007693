//! Prints revenue by month, by deal and by both, from distributions in memory, without a database.
//!
//! `cargo run -p apportion-core --example report`

use std::error::Error;

use apportion_core::calendar::DateRange;
use apportion_core::deal::DealStatus;
use apportion_core::report::{Entry, Figure, Grouping, Report, ReportQuery};
use apportion_core::window::Window;
use chrono::NaiveDate;

/// One revenue distribution of a deal, with its amount in minor units.
#[derive(Clone, Copy)]
struct Distribution {
    deal: i64,
    start: NaiveDate,
    end: NaiveDate,
    amount: i64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let day = |text: &str| text.parse::<NaiveDate>();
    let (start, end) = (day("2025-07-01")?, day("2025-07-31")?);
    let first = Distribution { deal: 17, start, end, amount: 100_000 };
    let (start, end) = (day("2025-08-15")?, day("2025-10-14")?);
    let second = Distribution { deal: 17, start, end, amount: 61_000 };
    let (start, end) = (day("2025-06-16")?, day("2025-09-30")?);
    let credit = Distribution { deal: 18, start, end, amount: -10_700 };
    for groups in ["date:month", "deal", "date:quarter,deal"] {
        print(groups, &[first, second, credit])?;
    }
    Ok(())
}

fn print(groups: &str, distributions: &[Distribution]) -> Result<(), Box<dyn Error>> {
    let mut report = Report::new(ReportQuery {
        grouping: Grouping::parse(groups).map_err(|errors| format!("{errors:?}"))?,
        window: Window::ALL,
        as_of: "2025-08-31".parse()?,
        max_rows: 10_000,
    });
    for (number, distribution) in (1..).zip(distributions) {
        let Distribution { deal, start, end, amount } = *distribution;
        report.add(&Entry {
            organization: 1,
            deal,
            creator: None,
            revenue_distribution: number,
            currency: "EUR".parse()?,
            probability: 100,
            status: DealStatus::Won,
            days: DateRange::new(start, end)?.into(),
            amount,
            amount_default: amount,
        });
    }
    println!("{groups:<18} {:>6} {:>10} {:>10}", "days", "revenue", "recognised");
    for row in report.rows(&[])? {
        let [revenue, recognised] = [Figure::Revenue, Figure::Recognised]
            .map(|figure| row.figure(figure).unwrap_or_default());
        let id = report.grouping().row_id(&row);
        println!("  {id:<16} {:>6} {revenue:>10} {recognised:>10}", row.count());
    }
    for total in report.totals()? {
        let sums = [Figure::Revenue, Figure::Recognised].map(|figure| total.figure(figure));
        let [revenue, recognised] = sums;
        println!("  {:<16} {:>6} {revenue:>10} {recognised:>10}\n", total.currency, total.count);
    }
    Ok(())
}
