//! Refusals: changes that the status of a row, or its use by others, does not allow.
//!
//! Only the errors. Each noun decides its own transitions, and the server answers these errors with
//! a 409.

use thiserror::Error;

/// An error: the status cannot change in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{noun} is {from} and cannot become {to}")]
pub struct Refused {
    /// The noun that would change, with its article: `the obligation`.
    pub noun: &'static str,
    /// The current status.
    pub from: &'static str,
    /// The requested status.
    pub to: &'static str,
}

/// An error: something cannot be done as long as a status or a use lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{noun} is {state}, so {what} cannot be {done}")]
pub struct Locked {
    /// The noun that is locked, with its article: `the obligation`.
    pub noun: &'static str,
    /// The status or use that locks it.
    pub state: &'static str,
    /// The field that cannot change, or `it` for the whole row.
    pub what: &'static str,
    /// The refused action: `changed` or `deleted`.
    pub done: &'static str,
}
