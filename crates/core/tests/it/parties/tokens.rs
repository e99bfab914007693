//! The time for which tokens are accepted, and their scopes.

use apportion_core::token::{Expiry, LifetimeError, TokenScope, replaced_end, time};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn times_are_read() {
    for (text, minutes) in [("90d", 129_600), ("24h", 1_440), ("30m", 30), ("0m", 0), ("007h", 420)]
    {
        assert_eq!(time(text), Ok(TimeDelta::minutes(minutes)), "{text}");
    }
    for text in ["", "d", "90", "1.5h", "-1d", "+1d", " 1d", "1d ", "1w", "1D", "d1", "1\u{e9}"] {
        assert_eq!(time(text), Err(LifetimeError::Time), "{text}");
        assert_eq!(text.parse::<Expiry>(), Err(LifetimeError::Expiry), "{text}");
    }
    for text in ["36501d", "876001h", "99999999999999999999m", "9223372036854775807d"] {
        assert_eq!(time(text), Err(LifetimeError::TooLong), "{text}");
        assert_eq!(text.parse::<Expiry>(), Err(LifetimeError::TooLong), "{text}");
    }
}

#[test]
fn tokens_end_in_the_future() {
    let now = instant("2026-11-30T12:00:00Z");
    let cases = [
        ("90d", Ok("2027-02-28T12:00:00Z")),
        ("1m", Ok("2026-11-30T12:01:00Z")),
        ("0m", Err(LifetimeError::Past)),
        ("2027-01-31T12:00:00+01:00", Ok("2027-01-31T11:00:00Z")),
        ("2027-01-31T12:00:00.1239Z", Ok("2027-01-31T12:00:00.123Z")),
        ("2026-11-30T12:00:00Z", Err(LifetimeError::Past)),
        ("2026-11-30T12:00:00.0009Z", Err(LifetimeError::Past)),
        ("0001-01-01T00:00:00Z", Err(LifetimeError::Past)),
        ("9999-12-31T23:59:59-01:00", Err(LifetimeError::TooLong)),
    ];
    for (text, expected) in cases {
        let expiry: Expiry = text.parse().unwrap();
        assert_eq!(expiry.instant(now), expected.map(instant), "{text}");
    }
    let late = instant("9999-12-31T00:00:00Z");
    assert_eq!("36500d".parse::<Expiry>().unwrap().instant(late), Err(LifetimeError::TooLong));
    let last = DateTime::<Utc>::MAX_UTC;
    assert_eq!("36500d".parse::<Expiry>().unwrap().instant(last), Err(LifetimeError::TooLong));
}

proptest! {
    #[test]
    fn a_replaced_token_never_lasts_longer(
        now in 0_i64..4_000_000_000,
        overlap in 0_i64..1_000_000,
        left in prop::option::of(0_i64..2_000_000),
    ) {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        let before = left.map(|left| at(now + left));
        let end = replaced_end(before, at(now), TimeDelta::seconds(overlap));
        prop_assert!(before.is_none_or(|before| end <= before));
        prop_assert!(end <= at(now + overlap) && end >= at(now));
        prop_assert!(end == at(now + overlap) || Some(end) == before);
    }
}

#[test]
fn scopes_grow() {
    assert_eq!(TokenScope::NAMES, ["read", "write", "admin"]);
    assert!(TokenScope::Read < TokenScope::Write && TokenScope::Write < TokenScope::Admin);
}
