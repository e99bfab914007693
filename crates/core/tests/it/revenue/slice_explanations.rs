//! Explanations of day slices.

use apportion_core::slicing::{SliceExplanation, SpreadAmount};
use proptest::prelude::*;

use crate::{arbitrary, day, range};

#[test]
fn say_how_the_slice_came_about() {
    let span = SpreadAmount { range: range("2025-07-01..2025-07-31"), total: 100_000 };
    let expected = SliceExplanation {
        total: 100_000,
        days: 31,
        k: 2,
        before: 3_226,
        upto: 6_452,
        sentence: "Day 2 of 31 brings what is recognised of 100000 from 3226 (100000 x 1 / 31, \
                   rounded) to 6452 (100000 x 2 / 31, rounded), so its share is 3226 minor units."
            .to_owned(),
    };
    assert_eq!(span.explain(day("2025-07-02")), Some(expected));
}

#[test]
fn of_a_credit_are_negative() {
    let span = SpreadAmount { range: range("2025-07-01..2025-07-02"), total: -7 };
    assert_eq!(
        span.explain(day("2025-07-02")).unwrap().sentence,
        "Day 2 of 2 brings what is recognised of -7 from -4 (-7 x 1 / 2, rounded) to -7 \
         (-7 x 2 / 2, rounded), so its share is -3 minor units."
    );
}

#[test]
fn are_for_days_of_the_range() {
    let span = SpreadAmount { range: range("2025-07-01..2025-07-02"), total: 7 };
    assert_eq!(span.explain(day("2025-06-30")), None);
    assert_eq!(span.explain(day("2025-07-03")), None);
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn add_up(
        total in arbitrary::amount(),
        range in arbitrary::long_range(),
        which in any::<prop::sample::Index>(),
    ) {
        let span = SpreadAmount { range, total };
        let number = which.index(range.days() as usize) as i64 + 1;
        let date = range.nth_day(number).unwrap();
        let explanation = span.explain(date).unwrap();
        let slice = span.slice(date).unwrap();
        prop_assert_eq!(explanation.upto - explanation.before, slice);
        prop_assert_eq!((explanation.total, explanation.days), (total, range.days()));
        prop_assert_eq!(explanation.k, number);
        let ending = format!("its share is {slice} minor units.");
        prop_assert!(explanation.sentence.ends_with(&ending));
    }
}
