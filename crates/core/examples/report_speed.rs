//! Times reports over a million distributions, on one thread and on two.
//!
//! `cargo run --release -p apportion-core --example report_speed`

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use apportion_core::calendar::DateRange;
use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use apportion_core::deal::DealStatus;
use apportion_core::report::{Entry, Grouping, Report, ReportQuery};
use apportion_core::window::Window;
use chrono::NaiveDate;

const DISTRIBUTIONS: usize = 1_000_000;
const DEALS: u64 = 5_000;

/// The columns of one distribution.
#[derive(Clone, Copy)]
struct Columns {
    deal: i64,
    days: DaySpan,
    amount: i64,
}

/// A sequence of numbers that looks random and is the same on every run (xorshift).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, end: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from((self.0 >> 11).checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let day = |text: &str| text.parse::<NaiveDate>();
    let eur: Currency = "EUR".parse()?;
    let first = i64::from(day("2020-01-01")?.to_epoch_days());
    let mut sequence = Sequence(0x9E37_79B9);
    let mut book = Vec::with_capacity(DISTRIBUTIONS);
    for _ in 0..DISTRIBUTIONS {
        let deal = sequence.below(DEALS);
        let start = i32::try_from(first.saturating_add(sequence.below(6 * 365)))?;
        let days = i32::try_from(sequence.below(730))?;
        let days = DaySpan::new(start, start.saturating_add(days))?;
        book.push(Columns { deal, days, amount: sequence.below(10_000_000) });
    }
    let year = DateRange::new(day("2023-01-01")?, day("2023-12-31")?)?;
    let [plain, abroad] = [(100, false), (60, true)];
    for (groups, window, (probability, abroad)) in [
        ("date:month", Window::from(year), plain),
        ("date:month", Window::from(year), abroad),
        ("date:month,deal", Window::from(year), plain),
        ("date:month,deal", Window::from(year), abroad),
        ("deal", Window::from(year), plain),
        ("date:day", Window::from(year), plain),
        ("date:month", Window::ALL, plain),
        ("revenue_distribution", Window::from(year), plain),
    ] {
        let query = ReportQuery {
            grouping: Grouping::parse(groups).map_err(|errors| format!("{errors:?}"))?,
            window,
            as_of: day("2023-07-10")?,
            max_rows: 1_000_000,
        };
        let fold = |part: &[Columns]| {
            let mut report = Report::new(query.clone());
            for (number, columns) in (0..).zip(part) {
                report.add(&Entry {
                    organization: 1,
                    deal: columns.deal,
                    creator: None,
                    revenue_distribution: number,
                    currency: eur,
                    probability,
                    status: DealStatus::Won,
                    days: columns.days,
                    amount: columns.amount,
                    amount_default: if abroad { columns.amount / 2 } else { columns.amount },
                });
            }
            report
        };
        let (added, alone) = best(|| fold(&book))?;
        let (sorted, rows) = best(|| alone.rows(&[]))?;
        let (left, right) = book.split_at(DISTRIBUTIONS / 2);
        let (halved, merged) = best(|| {
            thread::scope(|scope| {
                let right = scope.spawn(|| fold(right));
                let mut merged = fold(left);
                right.join().is_ok_and(|right| {
                    merged.merge(&right);
                    true
                })
            })
        })?;
        println!(
            "{groups}{} over {} days: {added:.1?}, {halved:.1?} on two{}; {} rows {sorted:.1?}",
            if abroad { ", in two currencies" } else { "" },
            window.span().map_or(0, DaySpan::days),
            if merged { "" } else { " (which broke off)" },
            rows?.len(),
        );
    }
    Ok(())
}

/// Measures three runs; returns the shortest time, and the result of the last run.
fn best<T>(run: impl Fn() -> T) -> Result<(Duration, T), &'static str> {
    let timed = || {
        let begun = Instant::now();
        let outcome = run();
        (begun.elapsed(), outcome)
    };
    let runs = [timed(), timed(), timed()];
    let shortest = runs.iter().map(|(took, _)| *took).min();
    shortest.zip(runs.into_iter().last().map(|(_, outcome)| outcome)).ok_or("no run")
}
