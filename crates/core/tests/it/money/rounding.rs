//! Rounding half away from zero, and the definition of it that the other properties use.

use apportion_core::rounding::divide_half_away;
use proptest::prelude::*;

use crate::arbitrary;

/// Returns whether `quotient` is `numerator / denominator` rounded half away from zero.
///
/// This is the definition, which needs no division: the quotient is within half a unit of the exact
/// value, and if it is exactly half a unit away, it is the one further from zero.
pub(crate) fn is_rounded(quotient: i128, numerator: i128, denominator: i128) -> bool {
    let error = quotient * denominator - numerator;
    let twice = 2 * error.abs();
    twice < denominator || (twice == denominator && error.signum() == numerator.signum())
}

fn check(numerator: i128, denominator: i128, expected: i128) {
    assert_eq!(divide_half_away(numerator, denominator), expected, "{numerator}/{denominator}");
    if numerator != i128::MIN {
        assert_eq!(divide_half_away(-numerator, denominator), -expected, "-{numerator}");
    }
}

#[test]
fn rounds_half_away_from_zero() {
    check(0, 1, 0);
    check(0, 7, 0);
    check(1, 2, 1);
    check(1, 3, 0);
    check(2, 3, 1);
    check(3, 2, 2);
    check(5, 2, 3);
    check(7, 2, 4);
    check(49, 100, 0);
    check(50, 100, 1);
    check(51, 100, 1);
    check(149, 100, 1);
    check(150, 100, 2);
}

#[test]
fn is_exact_at_the_edges() {
    check(i128::MAX, 1, i128::MAX);
    check(i128::MIN, 1, i128::MIN);
    check(i128::MAX, 2, 1 << 126);
    check(i128::MIN, 2, -(1 << 126));
    check(i128::MAX, i128::MAX, 1);
    check(i128::MIN, i128::MAX, -1);
    check(i128::MAX / 2, i128::MAX, 0);
    check(i128::MAX / 2 + 1, i128::MAX, 1);
}

#[test]
#[should_panic(expected = "must be positive")]
fn refuses_zero() {
    let _ = divide_half_away(1, 0);
}

#[test]
#[should_panic(expected = "must be positive")]
fn refuses_a_negative_denominator() {
    let _ = divide_half_away(i128::MIN, -1);
}

#[test]
fn the_definition_can_say_no() {
    assert!(is_rounded(3, 5, 2) && is_rounded(-3, -5, 2) && is_rounded(0, 1, 3));
    assert!(!is_rounded(2, 5, 2) && !is_rounded(-2, -5, 2) && !is_rounded(1, 1, 3));
    assert!(!is_rounded(-1, 1, 2) && !is_rounded(0, 1, 2));
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn is_the_rounded_quotient(numerator in any::<i64>(), denominator in 1..=i64::MAX) {
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        prop_assert!(is_rounded(divide_half_away(numerator, denominator), numerator, denominator));
    }

    #[test]
    fn is_the_rounded_quotient_near_halves(
        quotient in -1000_i128..1000,
        denominator in 1..50_i128,
        off in -2..=2_i128,
    ) {
        let numerator = quotient * denominator + denominator / 2 + off;
        prop_assert!(is_rounded(divide_half_away(numerator, denominator), numerator, denominator));
    }
}
