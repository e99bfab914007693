//! Periods: their names, their days, and that they divide any range.

use apportion_core::calendar::{Period, PeriodSpan};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use proptest::prelude::*;

use crate::{arbitrary, day, range};

const ALL: [Period; 5] = [Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year];

fn keys(date: &str, expected: [&str; 5]) {
    assert_eq!(ALL.map(|period| period.key(day(date))), expected);
}

fn spans(period: Period, date: &str, starts_on: &str, ends_on: &str) {
    let expected = PeriodSpan { starts_on: day(starts_on), ends_on: day(ends_on) };
    assert_eq!(period.containing(day(date)), expected, "{period:?} of {date}");
}

fn splits(period: Period, days: &str, expected: &[(&str, &str)]) {
    let parts: Vec<_> = period.split(range(days)).collect();
    let expected: Vec<_> = expected.iter().map(|(key, days)| (day(key), range(days))).collect();
    assert_eq!(parts, expected, "{period:?} of {days}");
}

#[test]
fn have_names() {
    keys("2025-07-01", ["2025-07-01", "2025-W27", "2025-07", "2025-Q3", "2025"]);
    keys("2024-12-30", ["2024-12-30", "2025-W01", "2024-12", "2024-Q4", "2024"]);
    keys("2021-01-03", ["2021-01-03", "2020-W53", "2021-01", "2021-Q1", "2021"]);
    keys("1900-01-01", ["1900-01-01", "1900-W01", "1900-01", "1900-Q1", "1900"]);
    keys("2199-12-31", ["2199-12-31", "2200-W01", "2199-12", "2199-Q4", "2199"]);
}

#[test]
fn have_days() {
    spans(Period::Day, "2025-07-02", "2025-07-02", "2025-07-02");
    spans(Period::Week, "2025-07-02", "2025-06-30", "2025-07-06");
    spans(Period::Month, "2024-02-10", "2024-02-01", "2024-02-29");
    spans(Period::Quarter, "2025-08-31", "2025-07-01", "2025-09-30");
    spans(Period::Quarter, "2025-12-31", "2025-10-01", "2025-12-31");
    spans(Period::Year, "2025-08-31", "2025-01-01", "2025-12-31");
}

#[test]
fn reach_over_the_edges_of_the_calendar() {
    spans(Period::Week, "1900-01-01", "1900-01-01", "1900-01-07");
    spans(Period::Week, "2199-12-31", "2199-12-30", "2200-01-05");
    spans(Period::Year, "2199-12-31", "2199-01-01", "2199-12-31");
    splits(
        Period::Week,
        "2199-12-29..2199-12-31",
        &[("2199-12-23", "2199-12-29..2199-12-29"), ("2199-12-30", "2199-12-30..2199-12-31")],
    );
}

#[test]
fn of_any_day_at_all_do_not_panic() {
    for date in [NaiveDate::MIN, NaiveDate::MAX, day("0000-01-01"), day("-0001-12-31")] {
        for period in ALL {
            let PeriodSpan { starts_on, ends_on } = period.containing(date);
            assert!(starts_on <= date && date <= ends_on);
            assert!(!period.key(date).is_empty());
        }
    }
}

#[test]
fn cut_a_range_at_their_borders() {
    splits(
        Period::Month,
        "2025-06-26..2025-08-01",
        &[
            ("2025-06-01", "2025-06-26..2025-06-30"),
            ("2025-07-01", "2025-07-01..2025-07-31"),
            ("2025-08-01", "2025-08-01..2025-08-01"),
        ],
    );
    splits(
        Period::Day,
        "2025-12-31..2026-01-01",
        &[("2025-12-31", "2025-12-31..2025-12-31"), ("2026-01-01", "2026-01-01..2026-01-01")],
    );
    splits(Period::Year, "2025-07-01..2025-07-31", &[("2025-01-01", "2025-07-01..2025-07-31")]);
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn tile_any_range(range in arbitrary::range(800), period in arbitrary::period()) {
        let mut next = range.start();
        for (starts_on, days) in period.split(range) {
            let span = period.containing(days.start());
            prop_assert_eq!(days.start(), next);
            prop_assert_eq!(starts_on, span.starts_on);
            prop_assert!(days.end() == span.ends_on || days.end() == range.end());
            prop_assert!(days.end() <= span.ends_on);
            next = days.end() + Days::new(1);
        }
        prop_assert_eq!(next, range.end() + Days::new(1));
    }

    #[test]
    fn contain_the_same_days_that_bear_their_name(
        date in arbitrary::date(),
        period in arbitrary::period(),
    ) {
        let PeriodSpan { starts_on, ends_on } = period.containing(date);
        let key = period.key(date);
        prop_assert!(starts_on <= date && date <= ends_on);
        prop_assert_eq!(period.key(starts_on), &*key);
        prop_assert_eq!(period.key(ends_on), &*key);
        prop_assert_ne!(period.key(starts_on - Days::new(1)), &*key);
        prop_assert_ne!(period.key(ends_on + Days::new(1)), &*key);
    }

    #[test]
    fn weeks_are_seven_days_from_monday(date in arbitrary::date()) {
        let PeriodSpan { starts_on, ends_on } = Period::Week.containing(date);
        prop_assert_eq!(starts_on.weekday(), Weekday::Mon);
        prop_assert_eq!(starts_on + Days::new(6), ends_on);
    }
}
