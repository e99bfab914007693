//! Tokens: what they allow, how long they are accepted, and for how long one may still be used
//! after another has replaced it. Not here: their secrets, which the server makes.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, SubsecRound, TimeDelta, Utc};

use crate::rules::names::names;

names! {
    /// The scope of a token: the requests that it allows. Each includes those before it.
    TokenScope {
        /// Reading records.
        Read = "read",
        /// Reading and writing records.
        Write = "write",
        /// Also managing tokens, and reading events.
        Admin = "admin",
    }
}

/// The longest time for which a token that is replaced by API may stay in force, in seconds: 30
/// days.
pub const MAX_OVERLAP: i64 = 30 * 24 * 60 * 60;

/// The time for which a token that is replaced by API stays in force unless it is said, in seconds:
/// a day.
pub const DEFAULT_OVERLAP: i64 = 24 * 60 * 60;

/// The longest time that can be given, in days: a hundred years.
const MAX_DAYS: i64 = 36_500;
/// The last year that an instant can be in, so that it has four digits.
const MAX_YEAR: i32 = 9999;

/// The reason why a token cannot end then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifetimeError {
    /// The text is no time.
    #[error("must be a time such as 90d, 24h or 30m")]
    Time,
    /// The text is neither a time nor an instant.
    #[error("must be a time such as 90d, 24h or 30m, or an instant such as 2027-01-31T12:00:00Z")]
    Expiry,
    /// The time is too long, or the instant too late.
    #[error("must be at most 36500d, and before the year 10000")]
    TooLong,
    /// The end would not be in the future.
    #[error("must be later than the present")]
    Past,
}

/// The end of a token, as it is asked for: after some time, or at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// So long after the token is made.
    After(TimeDelta),
    /// At this instant.
    At(DateTime<Utc>),
}

impl FromStr for Expiry {
    type Err = LifetimeError;

    /// Parses `90d`, `24h`, `30m`, or an instant of RFC 3339.
    fn from_str(text: &str) -> Result<Self, LifetimeError> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(instant.to_utc()));
        }
        time(text).map(Self::After).map_err(|error| match error {
            LifetimeError::Time => LifetimeError::Expiry,
            other => other,
        })
    }
}

impl Expiry {
    /// Returns the instant, to the millisecond, from which a token that is made at `now` is
    /// refused.
    ///
    /// # Errors
    ///
    /// The instant is not in the future, or too late.
    pub fn instant(self, now: DateTime<Utc>) -> Result<DateTime<Utc>, LifetimeError> {
        let instant = match self {
            Self::After(time) => now.checked_add_signed(time).ok_or(LifetimeError::TooLong)?,
            Self::At(instant) => instant,
        };
        let instant = instant.trunc_subsecs(3);
        match instant {
            late if late.year() > MAX_YEAR => Err(LifetimeError::TooLong),
            past if past <= now => Err(LifetimeError::Past),
            instant => Ok(instant),
        }
    }
}

/// Parses a time in whole days, hours or minutes: `90d`, `24h` or `30m`. None at all is `0m`.
///
/// # Errors
///
/// The text is no such time, or longer than a hundred years.
pub fn time(text: &str) -> Result<TimeDelta, LifetimeError> {
    let (count, unit) =
        text.split_at_checked(text.len().saturating_sub(1)).ok_or(LifetimeError::Time)?;
    if count.is_empty() || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(LifetimeError::Time);
    }
    // Digits that do not fit are a time all the same.
    let count: i64 = count.parse().unwrap_or(i64::MAX);
    let time = match unit {
        "d" => TimeDelta::try_days(count),
        "h" => TimeDelta::try_hours(count),
        "m" => TimeDelta::try_minutes(count),
        _ => return Err(LifetimeError::Time),
    };
    let longest = TimeDelta::try_days(MAX_DAYS).unwrap_or(TimeDelta::MAX);
    time.filter(|time| *time <= longest).ok_or(LifetimeError::TooLong)
}

/// Returns the instant from which a token is refused that another replaces at `now`: after the
/// overlap, and never later than it would have been.
#[must_use]
pub fn replaced_end(
    end: Option<NaiveDateTime>,
    now: NaiveDateTime,
    overlap: TimeDelta,
) -> NaiveDateTime {
    let last = now.checked_add_signed(overlap).unwrap_or(NaiveDateTime::MAX);
    end.map_or(last, |end| end.min(last))
}
