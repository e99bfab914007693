//! Ranges of days.

use apportion_core::calendar::{
    CalendarError, DateRange, FIRST_DAY, LAST_DAY, MAX_DAYS, in_calendar,
};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use crate::{arbitrary, day, range};

fn refused(start: &str, end: &str, error: CalendarError) {
    assert_eq!(DateRange::new(day(start), day(end)), Err(error), "{start}..{end}");
}

fn counts(text: &str, days: i64) {
    assert_eq!(range(text).days(), days, "{text}");
}

fn meet(a: &str, b: &str, both: Option<&str>) {
    assert_eq!(range(a).intersect(&range(b)), both.map(range), "{a} and {b}");
    assert_eq!(range(b).intersect(&range(a)), both.map(range), "{b} and {a}");
}

#[test]
fn a_range_counts_both_ends() {
    counts("2025-07-01..2025-07-01", 1);
    counts("2025-07-01..2025-07-31", 31);
    counts("2024-01-01..2024-12-31", 366);
    counts("1900-01-01..1999-12-31", 36_524);
    counts("2000-01-01..2099-12-31", 36_525);
}

#[test]
fn a_range_is_ordered_bounded_and_in_the_calendar() {
    refused("2025-07-02", "2025-07-01", CalendarError::EndBeforeStart);
    refused("1899-12-31", "1900-01-01", CalendarError::OutOfCalendar);
    refused("2199-12-31", "2200-01-01", CalendarError::OutOfCalendar);
    refused("2000-01-01", "2100-01-01", CalendarError::TooLong);
    refused("1900-01-01", "2199-12-31", CalendarError::TooLong);
}

#[test]
fn the_calendar_has_edges() {
    assert_eq!((FIRST_DAY, LAST_DAY), (day("1900-01-01"), day("2199-12-31")));
    assert_eq!(in_calendar(FIRST_DAY), Ok(FIRST_DAY));
    assert_eq!(in_calendar(LAST_DAY), Ok(LAST_DAY));
    assert_eq!(in_calendar(NaiveDate::MIN), Err(CalendarError::OutOfCalendar));
    assert_eq!(in_calendar(NaiveDate::MAX), Err(CalendarError::OutOfCalendar));
    let message = CalendarError::OutOfCalendar.to_string();
    assert_eq!(message, "must be from 1900-01-01 to 2199-12-31");
}

#[test]
fn ranges_meet_where_they_share_days() {
    meet("2025-07-01..2025-07-31", "2025-07-10..2025-08-10", Some("2025-07-10..2025-07-31"));
    meet("2025-07-01..2025-07-31", "2025-07-10..2025-07-12", Some("2025-07-10..2025-07-12"));
    meet("2025-07-01..2025-07-31", "2025-07-31..2025-08-10", Some("2025-07-31..2025-07-31"));
    meet("2025-07-01..2025-07-31", "2025-08-01..2025-08-10", None);
}

#[test]
fn days_are_numbered_from_one() {
    let july = range("2025-07-01..2025-07-31");
    assert_eq!(july.day_number(day("2025-06-30")), None);
    assert_eq!(july.day_number(day("2025-07-01")), Some(1));
    assert_eq!(july.day_number(day("2025-07-31")), Some(31));
    assert_eq!(july.day_number(day("2025-08-01")), None);
    assert_eq!(july.nth_day(1), Some(day("2025-07-01")));
    assert_eq!(july.nth_day(31), Some(day("2025-07-31")));
    for outside in [i64::MIN, -1, 0, 32, i64::MAX] {
        assert_eq!(july.nth_day(outside), None, "{outside}");
    }
}

#[test]
fn a_window_may_be_open_and_longer_than_a_distribution() {
    let window = |from: Option<&str>, until: Option<&str>| {
        DateRange::window(from.map(day), until.map(day))
            .map(|days| (days.start().to_string(), days.end().to_string()))
    };
    let days = |start: &str, end: &str| Some((start.to_owned(), end.to_owned()));
    assert_eq!(window(None, None), days("1900-01-01", "2199-12-31"));
    assert_eq!(window(Some("2025-07-01"), None), days("2025-07-01", "2199-12-31"));
    assert_eq!(window(None, Some("2025-07-01")), days("1900-01-01", "2025-07-01"));
    assert_eq!(window(Some("0001-01-01"), Some("9999-12-31")), days("1900-01-01", "2199-12-31"));
    assert_eq!(window(Some("2025-07-02"), Some("2025-07-01")), None);
    assert_eq!(window(Some("2200-01-01"), None), None);
    assert_eq!(window(None, Some("1899-12-31")), None);
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn numbers_and_days_are_inverse(range in arbitrary::long_range(), number in 1..=MAX_DAYS) {
        match range.nth_day(number) {
            Some(date) => prop_assert_eq!(range.day_number(date), Some(number)),
            None => prop_assert!(number > range.days()),
        }
    }

    #[test]
    fn dates_are_the_days_in_order(range in arbitrary::range(200)) {
        let dates: Vec<NaiveDate> = range.dates().collect();
        prop_assert_eq!(dates.len() as i64, range.days());
        prop_assert_eq!((dates[0], dates[dates.len() - 1]), (range.start(), range.end()));
        prop_assert!(dates.windows(2).all(|pair| pair[0] + Days::new(1) == pair[1]));
    }

    #[test]
    fn the_intersection_has_what_both_have(
        a in arbitrary::range(60),
        shift in 0..120_u64,
        days in 0..60_u64,
        date in 0..180_u64,
    ) {
        let start = (a.start() + Days::new(shift)).min(LAST_DAY);
        let b = DateRange::new(start, (start + Days::new(days)).min(LAST_DAY)).unwrap();
        let date = a.start() + Days::new(date);
        let shared = a.intersect(&b).is_some_and(|both| both.contains(date));
        prop_assert_eq!(shared, a.contains(date) && b.contains(date));
    }
}
