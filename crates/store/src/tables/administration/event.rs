//! Rows of events: what was written, when, by whom and on whose request. Whatever writes a row
//! notes it at its session, which adds the events at the end of the transaction and as part of it;
//! what is undone takes its events along. Databases let no event be changed or removed.

pub use apportion_core::event::Action;
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::database::schema::events;
use crate::error::Result;
use crate::rows::select::Stored;
use crate::session::tenant::Tenant;
use crate::session::totals;
use crate::{fields, stored};

fields! {
    events;
    /// The id.
    ID = id;
    /// The token by which somebody acted.
    TOKEN_ID = token_id;
    /// Who acted.
    PERSON_ID = person_id;
    /// What was done.
    ACTION = action;
    /// The table of the row that it was done to.
    SUBJECT_TYPE = subject_type;
    /// The id of that row.
    SUBJECT_ID = subject_id;
    /// The version that the row had.
    VERSION_BEFORE = version_before;
    /// The version that it has since.
    VERSION_AFTER = version_after;
    /// The request that asked for it.
    REQUEST_ID = request_id;
    /// When it was done, UTC.
    CREATED_AT = created_at;
}

/// An event.
#[derive(Clone, Debug, Queryable)]
pub struct EventRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The token by which somebody acted.
    pub token_id: Option<i64>,
    /// Who acted.
    pub person_id: Option<i64>,
    /// What was done.
    pub action: String,
    /// The table of the row that it was done to.
    pub subject_type: String,
    /// The id of that row.
    pub subject_id: i64,
    /// The version that the row had; none where it is new.
    pub version_before: Option<i64>,
    /// The version that it has since; none where it is gone.
    pub version_after: Option<i64>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was done, UTC.
    pub created_at: NaiveDateTime,
}

stored!(EventRow in events by "\"events\".\"organization_id\"");

/// How many there are of a tenant: never fewer, and more after every write.
pub fn count(tenant: &mut Tenant<'_>) -> Result<i64> {
    totals::of(tenant, EventRow::TABLE)
}
