//! Properties of an exchange, for currencies of all decimals.

use apportion_core::decimal::Rate;
use apportion_core::money::{MoneyError, exchange};
use proptest::prelude::*;

use crate::money::rounding::is_rounded;
use crate::{arbitrary, currency};

fn check(amount: i64, from: &str, rate: &str, to: &str, expected: Result<i64, MoneyError>) {
    let result = exchange(amount, rate.parse().unwrap(), currency(from), currency(to));
    assert_eq!(result, expected, "{amount} {from} at {rate} in {to}");
}

#[test]
fn moves_the_point_between_currencies() {
    check(10_000, "EUR", "1.0833", "USD", Ok(10_833));
    check(-10_000, "EUR", "1.0833", "USD", Ok(-10_833));
    check(10_000, "USD", "0.92", "EUR", Ok(9_200));
    check(1_000, "JPY", "0.0061", "EUR", Ok(610));
    check(610, "EUR", "163.934426229508", "JPY", Ok(1_000));
    check(1_000, "KWD", "3.25", "USD", Ok(325));
    check(100, "USD", "0.3077", "KWD", Ok(308));
    check(1, "JPY", "1", "CLF", Ok(10_000));
    check(10_000, "CLF", "1", "JPY", Ok(1));
    check(0, "EUR", "999999.999999999999", "USD", Ok(0));
}

#[test]
fn rounds_half_away_from_zero() {
    check(1, "USD", "0.5", "EUR", Ok(1));
    check(-1, "USD", "0.5", "EUR", Ok(-1));
    check(1, "USD", "0.499999999999", "EUR", Ok(0));
    check(50, "EUR", "1", "JPY", Ok(1));
    check(49, "EUR", "1", "JPY", Ok(0));
    check(4_999, "CLF", "1", "JPY", Ok(0));
    check(-5_000, "CLF", "1", "JPY", Ok(-1));
}

#[test]
fn fits_64_bits_or_is_an_error() {
    check(i64::MAX, "EUR", "1", "USD", Ok(i64::MAX));
    check(i64::MIN, "EUR", "1", "USD", Ok(i64::MIN));
    check(i64::MAX, "EUR", "1.000000000001", "USD", Err(MoneyError::Overflow));
    check(i64::MIN, "JPY", "999999.999999999999", "CLF", Err(MoneyError::Overflow));
    check(i64::MAX, "JPY", "0.0001", "CLF", Ok(i64::MAX));
    check(922_337_203_685_478, "JPY", "1", "CLF", Err(MoneyError::Overflow));
    check(922_337_203_685_477, "JPY", "1", "CLF", Ok(9_223_372_036_854_770_000));
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn is_the_exact_fraction_rounded(
        amount in arbitrary::amount(),
        rate in arbitrary::rate(),
        from in arbitrary::currency(),
        to in arbitrary::currency(),
    ) {
        let exact = i128::from(amount) * i128::from(rate.units());
        let unit = 10_i128.pow(12 + from.decimals() - to.decimals());
        match exchange(amount, rate, from, to) {
            Ok(result) => prop_assert!(is_rounded(result.into(), exact, unit)),
            Err(MoneyError::Overflow) => {
                let fits = |bound: i64| is_rounded(bound.into(), exact, unit);
                let past = exact.abs() > i128::from(i64::MAX) * unit;
                prop_assert!(past && !fits(i64::MAX) && !fits(i64::MIN));
            }
        }
    }

    #[test]
    fn of_a_negative_is_the_negative(
        amount in -i64::MAX..=i64::MAX,
        rate in arbitrary::rate(),
        from in arbitrary::currency(),
        to in arbitrary::currency(),
    ) {
        match (exchange(amount, rate, from, to), exchange(-amount, rate, from, to)) {
            (Ok(result), Ok(negative)) => prop_assert_eq!(negative, -result),
            (Ok(i64::MIN), Err(_)) | (Err(_), Ok(i64::MIN)) | (Err(_), Err(_)) => {}
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn at_one_in_the_same_currency_changes_nothing(
        amount in any::<i64>(),
        same in arbitrary::currency(),
    ) {
        prop_assert_eq!(exchange(amount, Rate::ONE, same, same), Ok(amount));
    }
}
