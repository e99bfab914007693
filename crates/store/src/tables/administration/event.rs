//! Rows of events: what was written, when, by whom and on whose request. Whatever writes a row
//! notes it at its session, which adds the events at the end of the transaction and as part of it;
//! what is undone takes its events along. Databases let no event be changed or removed.

pub use apportion_core::event::Action;
use apportion_core::id::{EventId, OrganizationId, PersonId, TokenId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::Result;
use crate::rows::select::Stored;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::session::totals;
use crate::stored;

table! {
    events;
    /// An event.
    EventRow {
        /// The id.
        id: EventId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// The token by which somebody acted.
        token_id: Option<TokenId> => Nullable<BigInt> as TOKEN_ID,
        /// Who acted.
        person_id: Option<PersonId> => Nullable<BigInt> as PERSON_ID,
        /// What was done.
        action: Action => Text as ACTION,
        /// The table of the row that it was done to.
        subject_type: String => Text as SUBJECT_TYPE,
        /// The id of that row.
        subject_id: i64 => BigInt as SUBJECT_ID,
        /// The version that the row had; none where it is new.
        version_before: Option<i64> => Nullable<BigInt> as VERSION_BEFORE,
        /// The version that it has since; none where it is gone.
        version_after: Option<i64> => Nullable<BigInt> as VERSION_AFTER,
        /// The request that asked for it.
        request_id: Option<String> => Nullable<Text> as REQUEST_ID,
        /// When it was done, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
}

stored!(EventRow in events by "\"events\".\"organization_id\"");

/// How many there are of a tenant: never fewer, and more after every write.
pub fn count(tenant: &mut Tenant<'_>) -> Result<i64> {
    totals::of(tenant, EventRow::TABLE)
}
