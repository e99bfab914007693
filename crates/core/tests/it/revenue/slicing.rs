//! Properties of day slices.

use std::collections::BTreeMap;

use apportion_core::calendar::{DateRange, MAX_DAYS, Period};
use apportion_core::money::exchange;
use apportion_core::slicing::{SpreadAmount, recognised};
use chrono::Days;
use proptest::prelude::*;

use crate::money::rounding::is_rounded;
use crate::{arbitrary, currency, day, range};

/// Returns a range of `count` days from 2025-07-01.
fn days(count: u64) -> DateRange {
    let start = day("2025-07-01");
    DateRange::new(start, start + Days::new(count - 1)).unwrap()
}

fn slices(span: SpreadAmount) -> Vec<i64> {
    span.range.dates().map(|date| span.slice(date).unwrap()).collect()
}

fn wide_sum(amounts: impl IntoIterator<Item = i64>) -> i128 {
    amounts.into_iter().map(i128::from).sum()
}

fn check(total: i64, count: u64, expected: &[i64]) {
    assert_eq!(
        slices(SpreadAmount { range: days(count), total }),
        expected,
        "{total} over {count}"
    );
}

#[test]
fn the_worked_examples() {
    check(1, 3, &[0, 1, 0]);
    check(-1, 3, &[0, -1, 0]);
    check(-7, 2, &[-4, -3]);
    check(7, 2, &[4, 3]);
    check(0, 3, &[0, 0, 0]);
    check(5, 1, &[5]);
    check(2, 4, &[1, 0, 1, 0]);
    check(100, 3, &[33, 34, 33]);
}

#[test]
fn a_hundred_thousand_over_july() {
    let july = slices(SpreadAmount { range: range("2025-07-01..2025-07-31"), total: 100_000 });
    let mut count = BTreeMap::new();
    for slice in july {
        *count.entry(slice).or_insert(0) += 1;
    }
    assert_eq!(count, BTreeMap::from([(3_225, 6), (3_226, 25)]));
}

#[test]
fn the_total_is_converted_once_and_then_sliced() {
    let rate = "1.0833".parse().unwrap();
    let total = exchange(10_000, rate, currency("EUR"), currency("USD")).unwrap();
    let span = SpreadAmount { range: days(10), total };
    let in_dollars = slices(span);
    assert_eq!(total, 10_833);
    assert_eq!(in_dollars.iter().sum::<i64>(), 10_833);
    assert_eq!((span.daily_min(), span.daily_max()), (1_083, 1_084));

    let day_by_day = exchange(1_000, rate, currency("EUR"), currency("USD")).unwrap();
    assert_eq!(10 * day_by_day, 10_830, "which is why slices are not converted one by one");
}

#[test]
fn the_edges_of_i64_are_sliced_too() {
    check(i64::MAX, 1, &[i64::MAX]);
    check(i64::MIN, 1, &[i64::MIN]);
    check(i64::MIN, 2, &[i64::MIN / 2, i64::MIN / 2]);
    check(i64::MAX, 2, &[1 << 62, (1 << 62) - 1]);
    assert_eq!(recognised(i64::MIN, i64::MAX, i64::MAX - 1), i64::MIN + 1);
    assert_eq!(recognised(i64::MIN, i64::MAX, i64::MAX), i64::MIN);
}

#[test]
fn days_outside_have_no_slice_and_windows_outside_are_nothing() {
    let span = SpreadAmount { range: range("2025-07-01..2025-07-10"), total: 100 };
    assert_eq!(span.slice(day("2025-06-30")), None);
    assert_eq!(span.slice(day("2025-07-11")), None);
    assert_eq!(span.window(range("2025-06-01..2025-06-30")), 0);
    assert_eq!(span.window(range("2025-06-01..2025-07-01")), 10);
    assert_eq!(span.window(range("2025-07-10..2025-08-01")), 10);
    assert_eq!(span.window(range("2025-01-01..2025-12-31")), 100);
}

#[test]
fn recognised_stays_within_the_days() {
    assert_eq!(recognised(100, 3, i64::MIN), 0);
    assert_eq!(recognised(100, 3, 0), 0);
    assert_eq!(recognised(100, 3, 1), 33);
    assert_eq!(recognised(100, 3, 3), 100);
    assert_eq!(recognised(100, 3, i64::MAX), 100);
}

#[test]
fn a_period_says_which_of_its_days_it_counts() {
    let span = SpreadAmount { range: range("2025-06-26..2025-07-05"), total: 10_833 };
    let months: Vec<_> = span
        .by_period(Period::Month)
        .map(|slice| (slice.period_starts_on, slice.range, slice.amount))
        .collect();
    assert_eq!(
        months,
        [
            (day("2025-06-01"), range("2025-06-26..2025-06-30"), 5_417),
            (day("2025-07-01"), range("2025-07-01..2025-07-05"), 5_416),
        ]
    );
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn any_partition_sums_to_the_total(
        total in arbitrary::amount(),
        (range, windows) in arbitrary::partition(MAX_DAYS),
    ) {
        let span = SpreadAmount { range, total };
        let sum = wide_sum(windows.iter().map(|window| span.window(*window)));
        prop_assert_eq!(sum, i128::from(total));
    }

    #[test]
    fn every_slice_is_floor_or_ceil(total in arbitrary::amount(), range in arbitrary::range(120)) {
        let span = SpreadAmount { range, total };
        let (exact, days) = (i128::from(total), i128::from(range.days()));
        let (floor, ceil) = (exact.div_euclid(days), -(-exact).div_euclid(days));
        prop_assert_eq!(i128::from(span.daily_min()), floor);
        prop_assert_eq!(i128::from(span.daily_max()), ceil);
        let slices = slices(span);
        prop_assert!(slices.iter().all(|slice| [floor, ceil].contains(&i128::from(*slice))));
        prop_assert_eq!(wide_sum(slices), exact);
    }

    #[test]
    fn every_slice_of_a_long_range_is_floor_or_ceil(
        total in arbitrary::amount(),
        range in arbitrary::long_range(),
        which in any::<prop::sample::Index>(),
    ) {
        let span = SpreadAmount { range, total };
        let number = which.index(range.days() as usize) as i64 + 1;
        let slice = span.slice(range.nth_day(number).unwrap()).unwrap();
        prop_assert!(slice == span.daily_min() || slice == span.daily_max());
    }

    #[test]
    fn recognised_is_within_half_a_unit(
        total in any::<i64>(),
        days in 1..=MAX_DAYS,
        k in 0..=MAX_DAYS,
    ) {
        let k = k.min(days);
        let exact = i128::from(total) * i128::from(k);
        let recognised = i128::from(recognised(total, days, k));
        prop_assert!(is_rounded(recognised, exact, days.into()));
        prop_assert!(2 * (recognised * i128::from(days) - exact).abs() <= i128::from(days));
    }

    #[test]
    fn recognised_starts_at_nothing_and_ends_at_the_total(
        total in any::<i64>(),
        days in 1..=i64::MAX,
    ) {
        prop_assert_eq!(recognised(total, days, 0), 0);
        prop_assert_eq!(recognised(total, days, days), total);
    }

    #[test]
    fn recognised_is_monotone(
        total in arbitrary::amount(),
        days in 1..=MAX_DAYS,
        a in 0..=MAX_DAYS,
        b in 0..=MAX_DAYS,
    ) {
        let [earlier, later] = [a.min(b), a.max(b)].map(|k| recognised(total, days, k));
        let grows = if total < 0 { earlier >= later } else { earlier <= later };
        prop_assert!(grows);
    }

    #[test]
    fn slices_of_the_negative_are_the_negatives(
        total in -i64::MAX..=i64::MAX,
        range in arbitrary::range(60),
    ) {
        let slices_of = |total| slices(SpreadAmount { range, total });
        let mirrored: Vec<i64> = slices_of(total).iter().map(|slice| -slice).collect();
        prop_assert_eq!(slices_of(-total), mirrored);
    }

    #[test]
    fn a_window_is_the_sum_of_its_slices(
        total in arbitrary::amount(),
        range in arbitrary::range(90),
        shift in 0..120_i64,
        days in 1..=90_u64,
    ) {
        let span = SpreadAmount { range, total };
        let start = range.nth_day(1).unwrap() - Days::new(45) + Days::new(shift.unsigned_abs());
        if let Some(window) = DateRange::window(Some(start), Some(start + Days::new(days - 1))) {
            let slices = wide_sum(window.dates().filter_map(|date| span.slice(date)));
            prop_assert_eq!(i128::from(span.window(window)), slices);
        }
    }

    #[test]
    fn a_report_by_any_period_sums_the_same(
        total in arbitrary::amount(),
        range in arbitrary::range(120),
    ) {
        let span = SpreadAmount { range, total };
        for period in [Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year] {
            let amounts = span.by_period(period).map(|slice| slice.amount);
            prop_assert_eq!(wide_sum(amounts), i128::from(total), "{:?}", period);
        }
    }

    #[test]
    fn a_report_over_all_is_the_sum_over_each(
        spans in prop::collection::vec((arbitrary::amount(), arbitrary::range(400)), 0..5),
        window in arbitrary::long_range(),
        period in arbitrary::period(),
    ) {
        let spans = spans.into_iter().map(|(total, range)| SpreadAmount { range, total });
        let spans: Vec<SpreadAmount> = spans.collect();
        let at_once = wide_sum(spans.iter().map(|span| span.window(window)));
        let by_period = spans.iter().filter_map(|span| {
            let range = span.range.intersect(&window)?;
            let parts = period.split(range).map(|(_, days)| span.window(days));
            Some(wide_sum(parts))
        });
        prop_assert_eq!(by_period.sum::<i128>(), at_once);
    }

    #[test]
    fn a_period_holds_the_slices_of_its_days(
        total in arbitrary::amount(),
        range in arbitrary::range(60),
        period in arbitrary::period(),
    ) {
        let span = SpreadAmount { range, total };
        for part in span.by_period(period) {
            let slices = wide_sum(part.range.dates().filter_map(|date| span.slice(date)));
            prop_assert_eq!(i128::from(part.amount), slices);
        }
    }
}
