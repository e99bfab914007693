//! Properties of a percentage of an amount.

use apportion_core::decimal::Percent;
use apportion_core::money::{MoneyError, percent_of};
use proptest::prelude::*;

use crate::arbitrary;
use crate::money::rounding::is_rounded;

/// The units of 10^-10 percent in the whole.
const WHOLE: i128 = 1_000_000_000_000;

fn check(value: i64, percent: &str, expected: i64) {
    assert_eq!(percent_of(value, percent.parse().unwrap()), Ok(expected), "{percent} % of {value}");
    assert_eq!(percent_of(-value, percent.parse().unwrap()), Ok(-expected), "of -{value}");
}

fn overflows(value: i64, percent: &str) {
    assert_eq!(percent_of(value, percent.parse().unwrap()), Err(MoneyError::Overflow));
}

#[test]
fn is_rounded_half_away_from_zero() {
    check(0, "33.33", 0);
    check(1_000, "33.33", 333);
    check(10_000, "33.33", 3_333);
    check(100_000, "12.5", 12_500);
    check(1, "50", 1);
    check(1, "49.9999999999", 0);
    check(3, "50", 2);
    check(5, "10", 1);
    check(10_000, "0.0000000001", 0);
    check(10_000, "250", 25_000);
}

#[test]
fn fits_64_bits_or_is_an_error() {
    check(i64::MAX, "100", i64::MAX);
    check(i64::MAX, "50", 4_611_686_018_427_387_904);
    overflows(i64::MAX, "100.0000000001");
    overflows(i64::MIN, "100.0000000001");
    overflows(i64::MIN, "99999999.9999999999");
    assert_eq!(percent_of(i64::MIN, "100".parse().unwrap()), Ok(i64::MIN));
    assert_eq!(MoneyError::Overflow.to_string(), "does not fit 64 bits of minor units");
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn is_the_exact_fraction_rounded(
        value in arbitrary::amount(),
        percent in arbitrary::percent(),
    ) {
        let exact = i128::from(value) * i128::from(percent.units());
        match percent_of(value, percent) {
            Ok(amount) => prop_assert!(is_rounded(amount.into(), exact, WHOLE)),
            Err(MoneyError::Overflow) => {
                let fits = |bound: i64| is_rounded(bound.into(), exact, WHOLE);
                let past = exact.abs() > i128::from(i64::MAX) * WHOLE;
                prop_assert!(past && !fits(i64::MAX) && !fits(i64::MIN));
            }
        }
    }

    #[test]
    fn is_within_half_a_unit(value in arbitrary::amount(), percent in arbitrary::percent()) {
        if let Ok(amount) = percent_of(value, percent) {
            let exact = i128::from(value) * i128::from(percent.units());
            prop_assert!(2 * (i128::from(amount) * WHOLE - exact).abs() <= WHOLE);
        }
    }

    #[test]
    fn of_a_negative_is_the_negative(
        value in -i64::MAX..=i64::MAX,
        percent in arbitrary::percent(),
    ) {
        match (percent_of(value, percent), percent_of(-value, percent)) {
            (Ok(amount), Ok(negative)) => prop_assert_eq!(negative, -amount),
            // There is one more negative `i64` than there are positive ones.
            (Ok(i64::MIN), Err(_)) | (Err(_), Ok(i64::MIN)) | (Err(_), Err(_)) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn grows_with_the_percentage(
        value in 0..=i64::MAX,
        a in arbitrary::percent(),
        b in arbitrary::percent(),
    ) {
        let (less, more) = (a.min(b), a.max(b));
        if let Ok(most) = percent_of(value, more) {
            prop_assert!(percent_of(value, less).unwrap() <= most);
        }
    }

    #[test]
    fn a_hundred_is_the_value(value in any::<i64>()) {
        let whole: Percent = "100".parse().unwrap();
        prop_assert_eq!(percent_of(value, whole), Ok(value));
    }
}
