//! Settlements: the rules of a draft.

use apportion_core::settlement::{SettlementDraft, SettlementTerms};

use crate::{day, lines};

#[test]
fn a_settlement_is_of_today_unless_it_says_a_day() {
    let terms = SettlementDraft::default().check(day("2026-03-01"));
    let expected = SettlementTerms { reference: None, settled_on: day("2026-03-01") };
    assert_eq!(terms, Ok(expected));
    let draft = SettlementDraft {
        reference: Some("SEPA 7".to_owned()),
        settled_on: Some(day("2026-02-27")),
    };
    let terms = draft.check(day("2026-03-01")).unwrap();
    assert_eq!((terms.reference, terms.settled_on), (draft.reference, day("2026-02-27")));
}

#[test]
fn its_members_have_limits() {
    let draft =
        SettlementDraft { reference: Some("a\n".to_owned()), settled_on: Some(day("2200-01-01")) };
    let expected = [
        "reference must not contain control characters",
        "settled_on must be from 1900-01-01 to 2199-12-31",
    ];
    assert_eq!(lines(&draft.check(day("2026-03-01")).unwrap_err()), expected);
}
