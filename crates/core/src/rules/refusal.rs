//! What a status refuses: a change to another status, or a change while it lasts.
//!
//! The errors only. Each noun holds its own transitions; the server makes these a 409.

use thiserror::Error;

/// A change of status that there is no way for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{noun} is {from} and cannot become {to}")]
pub struct Refused {
    /// What would change, with its article: `the obligation`.
    pub noun: &'static str,
    /// The status it has.
    pub from: &'static str,
    /// The status it was to have.
    pub to: &'static str,
}

/// Something that may not be done while a status, or a use, lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{noun} is {state}, so {what} cannot be {done}")]
pub struct Locked {
    /// What is locked, with its article: `the obligation`.
    pub noun: &'static str,
    /// The status or use that locks it.
    pub state: &'static str,
    /// The field, or `it`.
    pub what: &'static str,
    /// `changed` or `deleted`.
    pub done: &'static str,
}
