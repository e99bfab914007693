//! Properties of reports, which are compared with a loop over every day.

use std::collections::{BTreeMap, BTreeSet};

use apportion_core::calendar::DateRange;
use apportion_core::deal::DealStatus;
use apportion_core::money::projected;
use apportion_core::report::{
    Entry, Figure, Group, Grouping, Report, ReportError, ReportQuery, RowOrder, SortBy,
};
use apportion_core::slicing::SpreadAmount;
use apportion_core::window::Window;
use chrono::NaiveDate;
use proptest::prelude::*;

use crate::arbitrary;

type Figures = [i128; 6];

fn fold(query: &ReportQuery, entries: &[Entry]) -> Report {
    let mut report = Report::new(query.clone());
    entries.iter().for_each(|entry| report.add(entry));
    report
}

fn query(grouping: Grouping, window: Window, as_of: NaiveDate) -> ReportQuery {
    ReportQuery { grouping, window, as_of, max_rows: 100_000 }
}

fn days(entry: &Entry) -> DateRange {
    let [first, last] = [entry.days.first(), entry.days.last()];
    let date = |day| NaiveDate::from_epoch_days(day).unwrap();
    DateRange::new(date(first), date(last)).unwrap()
}

/// Iterates over the revenue items of an entry: the date and the six figures of each.
fn items(entry: &Entry, as_of: NaiveDate) -> impl Iterator<Item = (NaiveDate, Figures)> {
    let (entry, range) = (*entry, days(entry));
    range.dates().map(move |date| {
        let slice = |total| i128::from(SpreadAmount { range, total }.slice(date).unwrap());
        let three = |amount| {
            let revenue = slice(amount);
            let is_won = entry.status == DealStatus::Won;
            let recognised = if is_won && date <= as_of { revenue } else { 0 };
            [revenue, recognised, slice(projected(amount, entry.probability))]
        };
        let ([a, b, c], [d, e, f]) = (three(entry.amount), three(entry.amount_default));
        (date, [a, b, c, d, e, f])
    })
}

fn add(sums: &mut Figures, more: Figures) {
    sums.iter_mut().zip(more).for_each(|(sum, figure)| *sum += figure);
}

#[derive(Default)]
struct NaiveRow {
    count: i64,
    currencies: BTreeSet<&'static str>,
    figures: Figures,
}

/// Computes the rows by id with a loop over every day.
fn naive(query: &ReportQuery, entries: &[Entry]) -> BTreeMap<String, NaiveRow> {
    let mut rows = BTreeMap::<String, NaiveRow>::new();
    let window = query.window.range();
    for entry in entries {
        let inside = |date: &NaiveDate| window.is_some_and(|window| window.contains(*date));
        for (date, figures) in items(entry, query.as_of).filter(|(date, _)| inside(date)) {
            let key = |group: &Group| match group {
                Group::Organization => entry.organization.to_string(),
                Group::Deal => entry.deal.to_string(),
                Group::Creator => entry.creator.map_or("-".to_owned(), |id| id.to_string()),
                Group::Currency => entry.currency.to_string(),
                Group::Status => entry.status.to_string(),
                Group::RevenueDistribution => entry.revenue_distribution.to_string(),
                Group::Date(period) => period.key(date),
            };
            let keys: Vec<String> = query.grouping.groups().iter().map(key).collect();
            let id = if keys.is_empty() { "all".to_owned() } else { keys.join(".") };
            let row = rows.entry(id).or_default();
            row.count += 1;
            row.currencies.insert(entry.currency.code());
            add(&mut row.figures, figures);
        }
    }
    rows
}

/// Returns the figures that a row shows; those in the deals' currency only if there is a single
/// one.
fn shown(row: &NaiveRow) -> Vec<(Figure, i128)> {
    let figures = Figure::ALL.into_iter().zip(row.figures);
    figures.skip(if row.currencies.len() == 1 { 0 } else { 3 }).collect()
}

/// Adds up the totals of all currencies. The sums of different currencies mean nothing, but can be
/// compared with each other.
fn totals(report: &Report) -> (i64, Figures) {
    let mut sums = (0, [0; 6]);
    for total in report.totals().unwrap() {
        sums.0 += total.count;
        add(&mut sums.1, Figure::ALL.map(|figure| total.figure(figure).into()));
    }
    sums
}

/// Draws amounts whose sums fit `i64`.
fn modest() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![-100..=100_i64, -1_000_000_000_000..=1_000_000_000_000_i64]
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn are_what_a_loop_over_every_day_adds_up_to(
        book in arbitrary::book(arbitrary::amount().boxed()),
        (window, as_of) in arbitrary::window(),
        grouping in arbitrary::grouping(),
    ) {
        let query = query(grouping, window, as_of);
        let expected = naive(&query, &book);
        let past = |row: &NaiveRow, figure: Option<Figure>| {
            let mut figures = shown(row).into_iter();
            figures.any(|(name, sum)| {
                i64::try_from(sum).is_err() && figure.is_none_or(|figure| figure == name)
            })
        };
        match fold(&query, &book).rows(&[]) {
            Ok(rows) => {
                prop_assert_eq!(rows.len(), expected.len());
                for row in rows {
                    let id = query.grouping.row_id(&row);
                    let naive = &expected[&id];
                    prop_assert_eq!(row.count(), naive.count, "{}", id);
                    let currency = row.currency().map(|currency| currency.code());
                    let only = naive.currencies.iter().copied().next();
                    prop_assert_eq!(currency, only.filter(|_| naive.currencies.len() == 1));
                    let figures = Figure::ALL.into_iter().filter_map(|figure| {
                        Some((figure, i128::from(row.figure(figure)?)))
                    });
                    prop_assert_eq!(figures.collect::<Vec<_>>(), shown(naive), "{}", id);
                }
            }
            Err(ReportError::RowOverflow { figure, row }) => {
                prop_assert!(past(&expected[&row], Some(figure)), "{} fits", row);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
        let overflows = expected.values().any(|row| past(row, None));
        prop_assert_eq!(fold(&query, &book).rows(&[]).is_err(), overflows);
    }

    #[test]
    fn grouped_in_any_way_have_the_same_totals(
        book in arbitrary::book(modest()),
        (window, as_of) in arbitrary::window(),
        grouping in arbitrary::grouping(),
    ) {
        let whole = fold(&query(Grouping::default(), window, as_of), &book);
        let report = fold(&query(grouping, window, as_of), &book);
        prop_assert_eq!(report.totals(), whole.totals());
        let (count, figures) = totals(&report);
        let rows = report.rows(&[]).unwrap();
        prop_assert_eq!(rows.iter().map(|row| row.count()).sum::<i64>(), count);
        for (figure, total) in Figure::ALL.into_iter().zip(figures).skip(3) {
            let sum: i128 = rows.iter().filter_map(|row| row.figure(figure)).map(i128::from).sum();
            prop_assert_eq!(sum, total, "{}", figure.name());
        }
    }

    #[test]
    fn over_all_days_come_to_the_amounts(
        book in arbitrary::book(modest()),
        as_of in arbitrary::date(),
        grouping in arbitrary::grouping(),
    ) {
        let (count, figures) = totals(&fold(&query(grouping, Window::ALL, as_of), &book));
        let sum = |amount: fn(&Entry) -> i64| book.iter().map(amount).map(i128::from).sum::<i128>();
        prop_assert_eq!(count, book.iter().map(|entry| entry.days.days()).sum::<i64>());
        prop_assert_eq!(figures[0], sum(|entry| entry.amount));
        prop_assert_eq!(figures[2], sum(|entry| projected(entry.amount, entry.probability)));
        prop_assert_eq!(figures[3], sum(|entry| entry.amount_default));
        let expected = sum(|entry| projected(entry.amount_default, entry.probability));
        prop_assert_eq!(figures[5], expected);
    }

    #[test]
    fn are_recognised_and_not_yet_recognised(
        book in arbitrary::book(modest()),
        (window, as_of) in arbitrary::window(),
        grouping in arbitrary::grouping(),
    ) {
        let won: Vec<Entry> =
            book.iter().filter(|entry| entry.status == DealStatus::Won).copied().collect();
        let of = |window, book: &[Entry]| {
            totals(&fold(&query(grouping.clone(), window, as_of), book))
        };
        let (until, after) = (window.at_most(as_of), window.more_than(as_of));
        let [whole, past, coming] = [window, until, after].map(|window| of(window, &book));
        let earned = of(until, &won);
        prop_assert_eq!(past.0 + coming.0, whole.0);
        for at in [0, 3] {
            prop_assert_eq!(past.1[at] + coming.1[at], whole.1[at]);
            prop_assert_eq!(whole.1[at + 1], earned.1[at], "what is recognised is won and past");
            prop_assert_eq!(coming.1[at + 1], 0);
        }
    }

    #[test]
    fn do_not_depend_on_the_order_or_on_the_parts(
        (book, shuffled) in arbitrary::book(arbitrary::amount().boxed())
            .prop_flat_map(|book| (Just(book.clone()), Just(book).prop_shuffle())),
        (window, as_of) in arbitrary::window(),
        grouping in arbitrary::grouping(),
        cut in any::<prop::sample::Index>(),
    ) {
        let query = query(grouping, window, as_of);
        let whole = fold(&query, &book);
        let (left, right) = shuffled.split_at(cut.index(book.len() + 1));
        let mut parts = fold(&query, left);
        parts.merge(&fold(&query, right));
        prop_assert_eq!(parts.rows(&[]), whole.rows(&[]));
        prop_assert_eq!(parts.totals(), whole.totals());
    }

    #[test]
    fn are_in_the_order_asked(
        book in arbitrary::book(modest()),
        grouping in arbitrary::grouping(),
        by in prop::sample::select(Figure::ALL.to_vec()),
        descending in any::<bool>(),
    ) {
        let query = query(grouping, Window::ALL, crate::day("2025-01-01"));
        let report = fold(&query, &book);
        let by_keys = report.rows(&[]).unwrap();
        let rows = report.rows(&[RowOrder { by: SortBy::Figure(by), descending }]).unwrap();
        let place = |row| by_keys.iter().position(|other| other == row).unwrap();
        for pair in rows.windows(2) {
            let (before, after) = (pair[0].figure(by), pair[1].figure(by));
            let ordered = match (before, after) {
                (Some(a), Some(b)) if descending => a >= b,
                (Some(a), Some(b)) => a <= b,
                (a, b) => a.is_some() || b.is_none(),
            };
            prop_assert!(ordered);
            prop_assert!(before != after || place(&pair[0]) < place(&pair[1]));
        }
    }

    #[test]
    fn are_too_large_whatever_the_order_and_the_parts(
        (book, shuffled) in arbitrary::book(modest())
            .prop_flat_map(|book| (Just(book.clone()), Just(book).prop_shuffle())),
        grouping in arbitrary::grouping(),
        max_rows in 0..20_usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let limited = ReportQuery {
            max_rows,
            ..query(grouping, Window::ALL, crate::day("2025-01-01"))
        };
        let (left, right) = shuffled.split_at(cut.index(book.len() + 1));
        let mut parts = fold(&limited, left);
        parts.merge(&fold(&limited, right));
        prop_assert_eq!(parts.is_too_large(), fold(&limited, &book).is_too_large());
    }
}
