//! The fast way to what is recognised by a day agrees with the exact definition.

use apportion_core::calendar::{CalendarError, DateRange, FIRST_DAY, LAST_DAY, MAX_DAYS};
use apportion_core::day_span::DaySpan;
use apportion_core::money::projected;
use apportion_core::recognition::Divisor;
use apportion_core::rounding::divide_half_away;
use apportion_core::slicing::recognised;
use proptest::prelude::*;

use crate::{arbitrary, day, range};

fn by_day(total: i64, days: DaySpan, k: i64) -> i64 {
    let divisor = Divisor::new(days);
    divisor.by_day(k, &divisor.spread(total))
}

#[test]
fn hold_at_the_edges() {
    let calendar = DateRange::window(None, None).unwrap();
    for days in [range("2025-07-01..2025-07-01"), range("2025-07-01..2025-07-02"), calendar] {
        let n = days.days();
        for total in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            for k in [i64::MIN, -1, 0, 1, 2, n / 2, n - 1, n, n + 1, i64::MAX] {
                assert_eq!(
                    by_day(total, days.into(), k),
                    recognised(total, n, k),
                    "{total} {k}/{n}"
                );
            }
        }
    }
}

#[test]
fn hold_for_every_length_and_the_most_delicate_remainders() {
    let start = FIRST_DAY.to_epoch_days();
    for n in 1..=MAX_DAYS {
        let days = DaySpan::new(start, start + i32::try_from(n - 1).unwrap()).unwrap();
        for (total, k) in [(n - 1, n - 1), (n / 2, 1), (1, n / 2), (1, (n + 1) / 2), (n - 1, n / 2)]
        {
            assert_eq!(by_day(total, days, k), recognised(total, n, k), "{total} x {k}/{n}");
        }
    }
}

#[test]
fn have_days_that_a_distribution_may_have() {
    let [first, last] = [FIRST_DAY, LAST_DAY].map(|date| date.to_epoch_days());
    assert_eq!(DaySpan::new(first - 1, first), Err(CalendarError::OutOfCalendar));
    assert_eq!(DaySpan::new(last, last + 1), Err(CalendarError::OutOfCalendar));
    assert_eq!(DaySpan::new(i32::MIN, i32::MAX), Err(CalendarError::OutOfCalendar));
    assert_eq!(DaySpan::new(0, -1), Err(CalendarError::EndBeforeStart));
    assert_eq!(DaySpan::new(0, 36_525), Err(CalendarError::TooLong));
    assert_eq!(DaySpan::new(0, 36_524).map(DaySpan::days), Ok(36_525));
    let july = DaySpan::from(range("2025-07-01..2025-07-31"));
    assert_eq!((july.first(), july.days()), (day("2025-07-01").to_epoch_days(), 31));
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn are_what_is_recognised(
        total in arbitrary::amount(),
        range in arbitrary::long_range(),
        k in -2..=MAX_DAYS + 2,
    ) {
        let expected = recognised(total, range.days(), k);
        prop_assert_eq!(by_day(total, range.into(), k), expected);
    }

    #[test]
    fn projections_are_rounded_once(amount in arbitrary::amount(), probability in 0..=100_i64) {
        let exact = i128::from(amount) * i128::from(probability);
        let expected = divide_half_away(exact, 100);
        prop_assert_eq!(i128::from(projected(amount, probability)), expected);
        prop_assert_eq!(projected(amount, 100), amount);
        prop_assert_eq!(projected(amount, 100 + probability), amount);
        prop_assert_eq!(projected(amount, -probability), 0);
    }
}
