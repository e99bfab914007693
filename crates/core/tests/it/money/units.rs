//! Units of payouts, and amounts as they are written for people.

use apportion_core::fraction::Fraction;
use apportion_core::units::{AmountError, Units, decimal, parse_amount};

use crate::currency;

fn units(name: &str) -> Units {
    name.parse().unwrap()
}

fn written(name: &str, minor: i64, expected: &str) {
    assert_eq!(units(name).amount(minor), expected);
}

#[test]
fn are_a_currency_or_a_plain_unit() {
    assert_eq!(units("EUR"), Units::Currency(currency("EUR")));
    assert_eq!((units("KWD").decimals(), units("KWD").currency()), (3, Some(currency("KWD"))));
    for plain in ["points", "P", "eur", "XAU", "Zählpunkte", &"z".repeat(32), &"ß".repeat(32)] {
        assert_eq!((units(plain).name(), units(plain).currency()), (plain, None));
        assert_eq!(units(plain).decimals(), 0);
        assert_eq!(units(plain).to_string(), plain);
    }
    let refusal = "must be an ISO 4217 currency code or a unit of 1 to 32 letters";
    for none in ["", " EUR", "two words", "a1", "€", &"z".repeat(33)] {
        assert_eq!(none.parse::<Units>().unwrap_err().to_string(), refusal, "{none}");
    }
}

#[test]
fn a_currency_in_other_letters_is_told_from_other_units() {
    for [unit, code] in [["eur", "EUR"], ["Eur", "EUR"], ["eUr", "EUR"], ["jpy", "JPY"]] {
        assert_eq!(units(unit).misspelt_currency(), Some(currency(code)), "{unit}");
    }
    // Gold and the code for tests are no currencies here, and so plain units in any letters.
    for unit in ["EUR", "points", "euro", "XAU", "xau", "xts", "eu", "ßß", "éur"] {
        assert_eq!(units(unit).misspelt_currency(), None, "{unit}");
    }
}

#[test]
fn amounts_have_all_their_decimals() {
    written("EUR", 1_765, "17.65 EUR");
    written("EUR", 5, "0.05 EUR");
    written("EUR", 0, "0.00 EUR");
    written("EUR", -70, "-0.70 EUR");
    written("JPY", -1_765, "-1765 JPY");
    written("CLF", 12, "0.0012 CLF");
    written("points", 323, "323 points");
    written("EUR", i64::MIN, "-92233720368547758.08 EUR");
    assert_eq!(units("points").amount(i128::MIN), format!("{} points", i128::MIN));
}

fn reduced(numerator: i128, denominator: u128, expected: &str) {
    assert_eq!(Fraction::new(numerator, denominator).to_string(), expected);
}

#[test]
fn fractions_are_in_lowest_terms() {
    reduced(30_000, 17, "30000/17");
    reduced(-6, 4, "-3/2");
    reduced(0, 9, "0/1");
    reduced(9, 9, "1/1");
    reduced(i128::MAX, 2, &format!("{}/2", i128::MAX));
    reduced(i128::MIN, 1, &format!("{}/1", i128::MIN));
    reduced(i128::MIN, 1 << 127, "-1/1");
}

#[test]
#[should_panic(expected = "the denominator of a fraction must be positive")]
fn no_fraction_is_over_zero() {
    let _ = Fraction::new(1, 0);
}

#[test]
fn amounts_are_read_as_they_are_written() {
    use AmountError::{NotAnAmount, Overflow, TooPrecise};
    for (text, decimals, expected) in [
        ("12000.00", 2, Ok(1_200_000)),
        ("12000", 2, Ok(1_200_000)),
        ("12000", 0, Ok(12_000)),
        ("0.5", 2, Ok(50)),
        ("-0.05", 2, Ok(-5)),
        ("-0", 2, Ok(0)),
        ("007", 0, Ok(7)),
        ("0.0001", 4, Ok(1)),
        ("92233720368547758.07", 2, Ok(i64::MAX)),
        ("-92233720368547758.08", 2, Ok(i64::MIN)),
        ("92233720368547758.08", 2, Err(Overflow)),
        ("9223372036854775807", 2, Err(Overflow)),
        ("12.345", 2, Err(TooPrecise { decimals: 2 })),
        ("12.340", 2, Err(TooPrecise { decimals: 2 })),
        ("12.0", 0, Err(TooPrecise { decimals: 0 })),
        ("", 2, Err(NotAnAmount { decimals: 2 })),
        ("-", 2, Err(NotAnAmount { decimals: 2 })),
        (".", 2, Err(NotAnAmount { decimals: 2 })),
        (".5", 2, Err(NotAnAmount { decimals: 2 })),
        ("5.", 2, Err(NotAnAmount { decimals: 2 })),
        ("+5", 2, Err(NotAnAmount { decimals: 2 })),
        ("1e2", 2, Err(NotAnAmount { decimals: 2 })),
        ("1,5", 2, Err(NotAnAmount { decimals: 2 })),
        (" 1", 2, Err(NotAnAmount { decimals: 2 })),
        ("1.2.3", 2, Err(NotAnAmount { decimals: 2 })),
        ("--1", 2, Err(NotAnAmount { decimals: 2 })),
        ("1.-1", 2, Err(NotAnAmount { decimals: 2 })),
    ] {
        assert_eq!(parse_amount(text, decimals), expected, "{text} with {decimals}");
    }
}

#[test]
fn written_amounts_are_read_again() {
    for decimals in 0..=4 {
        for minor in [0, 1, -1, 99, -100, 1_234_567, i64::MAX, i64::MIN] {
            let sign = if minor < 0 { "-" } else { "" };
            let text = format!("{sign}{}", decimal(minor.unsigned_abs().into(), decimals));
            assert_eq!(parse_amount(&text, decimals), Ok(minor), "{text}");
        }
    }
}

#[test]
fn refused_amounts_say_what_is_right() {
    for (text, decimals, said) in [
        ("x", 2, "must be an amount in plain digits such as 12000.00"),
        ("x", 0, "must be an amount in plain digits such as 12000"),
        ("1.5", 0, "must have no decimals"),
        ("1.55", 1, "must have at most 1 decimal"),
        ("1.555", 2, "must have at most 2 decimals"),
        ("99999999999999999999", 0, "does not fit 64 bits of minor units"),
    ] {
        assert_eq!(parse_amount(text, decimals).unwrap_err().to_string(), said);
    }
}
