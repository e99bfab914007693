//! Tokens: what they allow, and how one replaces another.
//!
//! Only the rules. The tokens themselves, which are secrets, are made by the server; which of them
//! are in force depends on the clock and on rows.

use chrono::{NaiveDateTime, TimeDelta};

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

/// The longest time for which a token that is replaced may stay in force, in seconds: 30 days.
pub const MAX_OVERLAP: i64 = 30 * 24 * 60 * 60;

/// The time for which a token that is replaced stays in force unless it is said, in seconds: a day.
pub const DEFAULT_OVERLAP: i64 = 24 * 60 * 60;

/// Returns the end of a token that is replaced at an instant: after the overlap in seconds, but
/// never later than it would have ended anyhow.
#[must_use]
pub fn replaced_end(end: Option<NaiveDateTime>, now: NaiveDateTime, overlap: i64) -> NaiveDateTime {
    let overlap = TimeDelta::seconds(overlap.clamp(0, MAX_OVERLAP));
    let last = now.checked_add_signed(overlap).unwrap_or(now);
    end.map_or(last, |end| end.min(last))
}
