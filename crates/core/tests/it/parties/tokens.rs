//! The rules of tokens.

use apportion_core::token::{MAX_OVERLAP, TokenScope, replaced_end};
use chrono::{NaiveDateTime, TimeDelta};

#[test]
fn scopes_grow() {
    assert_eq!(TokenScope::NAMES, ["read", "write", "admin"]);
    assert!(TokenScope::Read < TokenScope::Write && TokenScope::Write < TokenScope::Admin);
}

#[test]
fn a_replaced_token_never_ends_later_than_before() {
    let now: NaiveDateTime = "2026-03-01T12:00:00".parse().unwrap();
    let after = |seconds| now + TimeDelta::seconds(seconds);
    for (end, overlap, expected) in [
        (None, 0, after(0)),
        (None, 3_600, after(3_600)),
        (Some(after(60)), 3_600, after(60)),
        (Some(after(7_200)), 3_600, after(3_600)),
        (Some(after(-60)), 3_600, after(-60)),
        (None, -5, after(0)),
        (None, i64::MAX, after(MAX_OVERLAP)),
    ] {
        assert_eq!(replaced_end(end, now, overlap), expected, "{end:?} {overlap}");
    }
    // At the end of the calendar it ends at once.
    assert_eq!(replaced_end(None, NaiveDateTime::MAX, 1), NaiveDateTime::MAX);
}
