//! Windows of days, narrowed by one condition after the other.

use apportion_core::calendar::{FIRST_DAY, LAST_DAY};
use apportion_core::day_span::DaySpan;
use apportion_core::window::Window;
use chrono::NaiveDate;
use proptest::prelude::*;

use crate::{arbitrary, day, range};

#[test]
fn are_narrowed_by_every_condition() {
    let july = Window::from(range("2025-07-01..2025-07-31"));
    let days = |window: Window| window.range();
    assert_eq!(days(july), Some(range("2025-07-01..2025-07-31")));
    assert_eq!(days(july.more_than(day("2025-07-01"))), Some(range("2025-07-02..2025-07-31")));
    assert_eq!(days(july.at_least(day("2025-06-01"))), Some(range("2025-07-01..2025-07-31")));
    assert_eq!(days(july.less_than(day("2025-07-31"))), Some(range("2025-07-01..2025-07-30")));
    assert_eq!(days(july.at_most(day("2025-07-10"))), Some(range("2025-07-01..2025-07-10")));
    assert_eq!(days(july.only(day("2025-07-10"))), Some(range("2025-07-10..2025-07-10")));
}

#[test]
fn may_be_open_or_empty() {
    let calendar = Window::default().range().unwrap();
    assert_eq!((calendar.start(), calendar.end()), (FIRST_DAY, LAST_DAY));
    let open = Window::ALL.at_least(NaiveDate::MIN).at_most(NaiveDate::MAX);
    assert_eq!(open, Window::ALL);
    let none = [
        Window::NONE,
        Window::ALL.at_least(day("2025-07-02")).at_most(day("2025-07-01")),
        Window::ALL.only(day("2025-07-02")).only(day("2025-07-01")),
        Window::ALL.more_than(NaiveDate::MAX),
        Window::ALL.less_than(NaiveDate::MIN),
        Window::ALL.more_than(LAST_DAY),
    ];
    let always = DaySpan::from(calendar);
    for window in none {
        assert_eq!((window.range(), window.clip(always), window.days_of(always)), (None, None, 0));
    }
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn clip_as_ranges_intersect(a in arbitrary::long_range(), b in arbitrary::long_range()) {
        let common = a.intersect(&b);
        prop_assert_eq!(Window::from(a).clip(b.into()), common.map(DaySpan::from));
        prop_assert_eq!(Window::from(a).days_of(b.into()), common.map_or(0, |days| days.days()));
    }
}
