//! Events, which a session notes for each write of a row. Not here: how they are inserted
//! (`journal`).

use apportion_core::event::Action;
use chrono::NaiveDateTime;

use crate::scope::Scope;

/// Something that was done to a row, in somebody's name.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The tenant of the row, and who acted.
    pub scope: Scope,
    /// The action.
    pub action: Action,
    /// The table of the row.
    pub table: &'static str,
    /// The id of the row.
    pub id: i64,
    /// The version that the row had before; `None` if it is new.
    pub version_before: Option<i64>,
    /// The version that the row has since; `None` if it is gone.
    pub version_after: Option<i64>,
    /// The instant of the action, UTC.
    pub now: NaiveDateTime,
}
