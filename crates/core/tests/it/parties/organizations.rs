//! The rules of an organization.

use apportion_core::organization::OrganizationDraft;

use crate::lines;

fn check(name: &str, currency: &str, time_zone: &str, expected: &[&str]) {
    let [name, currency, time_zone] = [name, currency, time_zone].map(ToOwned::to_owned);
    let draft = OrganizationDraft { name, currency, time_zone };
    let found = draft.check().err().map(|faults| lines(&faults)).unwrap_or_default();
    assert_eq!(found, expected, "{draft:?}");
}

const NO_CURRENCY: &str = "currency must be an ISO 4217 currency code such as EUR";
const NO_ZONE: &str = "time_zone must be an IANA time zone such as Europe/Berlin";

#[test]
fn has_a_name_a_currency_and_a_time_zone() {
    check("Acme", "EUR", "Europe/Berlin", &[]);
    check("Acme", "JPY", "UTC", &[]);
    check("", "EUR", "UTC", &["name must not be empty"]);
    check("A\0", "EUR", "UTC", &["name must not contain control characters"]);
    check("\u{3000} ", "EUR", "UTC", &["name must not consist of blanks only"]);
    let turns = "name must not contain U+2066, which turns the direction of text";
    check("A\u{2066}", "EUR", "UTC", &[turns]);
    check(&"x".repeat(255), "EUR", "UTC", &[]);
    check(&"x".repeat(256), "EUR", "UTC", &["name must be at most 255 characters"]);
    check("Acme", "eur", "UTC", &[NO_CURRENCY]);
    check("Acme", "XAU", "UTC", &[NO_CURRENCY]);
    check("Acme", "EUR", "Europe/Atlantis", &[NO_ZONE]);
    check("Acme", "EUR", "+02:00", &[NO_ZONE]);
    check("", "", "", &[NO_CURRENCY, "name must not be empty", NO_ZONE]);
}
