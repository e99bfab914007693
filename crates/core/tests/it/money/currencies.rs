//! Currencies: the codes that are accepted, and their decimals.

use std::collections::BTreeSet;

use apportion_core::currency::{Currency, CurrencyError};

use crate::currency;

fn check(code: &str, decimals: u32) {
    let currency = currency(code);
    assert_eq!((currency.code(), currency.decimals()), (code, decimals));
    assert_eq!(currency.to_string(), code);
}

fn refused(text: &str) {
    assert_eq!(text.parse::<Currency>(), Err(CurrencyError), "{text:?}");
}

#[test]
fn have_the_decimals_of_iso_4217() {
    check("JPY", 0);
    check("XOF", 0);
    check("EUR", 2);
    check("USD", 2);
    check("CHF", 2);
    check("KWD", 3);
    check("TND", 3);
    check("CLF", 4);
    check("UYW", 4);
}

#[test]
fn without_minor_units_are_refused() {
    refused("XAU");
    refused("XAG");
    refused("XDR");
    refused("XTS");
    refused("XXX");
}

#[test]
fn are_written_in_one_way_only() {
    refused("");
    refused("eur");
    refused("Eur");
    refused("EU");
    refused("EURO");
    refused(" EUR");
    refused("EUR\0");
    refused("ZZZ");
    refused("978");
    refused("ÆUR");
    assert_eq!(CurrencyError.to_string(), "must be an ISO 4217 currency code such as EUR");
}

#[test]
fn all_of_them_have_at_most_four_decimals_and_sort_by_code() {
    let letters = || 'A'..='Z';
    let all: BTreeSet<Currency> = letters()
        .flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))))
        .filter_map(|code| code.parse().ok())
        .collect();
    assert!(all.len() > 150, "{}", all.len());
    assert!(all.iter().all(|currency| currency.decimals() <= 4));
    assert!(all.iter().map(|currency| currency.code()).is_sorted());
}
