//! Sets of days, beside plain sets of numbers.

use std::collections::BTreeSet;

use apportion_core::calendar::{FIRST_DAY, LAST_DAY};
use apportion_core::day_set::DaySet;
use apportion_core::day_span::DaySpan;
use apportion_core::window::Window;
use chrono::{Days, NaiveDate};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{arbitrary, day};

/// The number of days that the properties are about.
const LENGTH: u64 = 30;

/// One step of building a set.
#[derive(Clone, Debug)]
enum Step {
    Or(u64, u64),
    And(u64, u64),
    AndNot(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let (a, b) = (0..LENGTH, 0..LENGTH);
    prop_oneof![
        (a.clone(), b.clone()).prop_map(|(a, b)| Step::Or(a.min(b), a.max(b))),
        (a, b).prop_map(|(a, b)| Step::And(a.min(b), a.max(b))),
        (0..LENGTH).prop_map(Step::AndNot),
    ]
}

fn listed(spans: impl Iterator<Item = DaySpan>) -> Vec<i32> {
    spans.flat_map(|span| span.first()..=span.last()).collect()
}

#[test]
fn all_days_but_one() {
    let week = DaySpan::from(crate::range("2025-01-01..2025-01-07"));
    let parts = |date: &str| DaySet::all_but(day(date)).clip(week).map(DaySpan::days).collect();
    let none: Vec<i64> = parts("2024-12-31");
    assert_eq!(none, [7]);
    assert_eq!(parts("2025-01-01"), [6]);
    assert_eq!(parts("2025-01-03"), [2, 4]);
    assert_eq!(parts("2025-01-07"), [6]);
    let calendar = Window::ALL.span().unwrap();
    for outside in [NaiveDate::MIN, NaiveDate::MAX] {
        assert_eq!(DaySet::all_but(outside), DaySet::all());
    }
    for end in [FIRST_DAY, LAST_DAY] {
        let left: Vec<DaySpan> = DaySet::all_but(end).clip(calendar).collect();
        assert_eq!(left.iter().map(|span| span.days()).sum::<i64>(), calendar.days() - 1);
    }
    assert_eq!(DaySet::from(Window::NONE), DaySet::default());
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn are_as_plain_sets(
        steps in vec(step(), 0..12),
        (a, b) in (0..LENGTH, 0..LENGTH),
        first in select(std::vec![day("2025-01-01"), FIRST_DAY, LAST_DAY - Days::new(LENGTH - 1)]),
    ) {
        let date = |offset: u64| first + Days::new(offset);
        let days = |from: u64, to: u64| Window::ALL.at_least(date(from)).at_most(date(to));
        let numbers = |from: u64, to: u64| -> BTreeSet<i32> {
            (from..=to).map(|offset| date(offset).to_epoch_days()).collect()
        };
        let (mut set, mut plain) = (DaySet::default(), BTreeSet::new());
        for step in steps {
            match step {
                Step::Or(from, to) => {
                    set = set.union(&days(from, to).into());
                    plain.extend(numbers(from, to));
                }
                Step::And(from, to) => {
                    set = set.intersection(&days(from, to).into());
                    plain = plain.intersection(&numbers(from, to)).copied().collect();
                }
                Step::AndNot(but) => {
                    set = set.intersection(&DaySet::all_but(date(but)));
                    plain.remove(&date(but).to_epoch_days());
                }
            }
        }
        let calendar = Window::ALL.span().unwrap();
        prop_assert_eq!(listed(set.clip(calendar)), Vec::from_iter(plain.iter().copied()));
        let span = days(a.min(b), a.max(b)).span().unwrap();
        let within = plain.range(span.first()..=span.last()).copied();
        prop_assert_eq!(listed(set.clip(span)), Vec::from_iter(within));
        // Spans neither overlap nor touch, so that each run of days is one.
        let spans: Vec<DaySpan> = set.clip(calendar).collect();
        prop_assert!(spans.windows(2).all(|pair| pair[0].last() + 1 < pair[1].first()));
    }
}
