//! The one place where the time is read.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// Returns the present instant in UTC, cut to milliseconds.
pub(crate) fn now() -> NaiveDateTime {
    instant().naive_utc().trunc_subsecs(3)
}

/// Returns the present instant in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the place where the time is read")]
pub(crate) fn instant() -> DateTime<Utc> {
    Utc::now()
}
