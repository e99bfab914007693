//! Rows of events. An event records a change of a row: its time, who made it, and on which request.
//! A function that writes a row notes the change at its session. The session inserts the events at
//! the end of the transaction, so a rollback discards them too. The databases refuse to change or
//! delete events. Not here: noting and inserting events (`session::journal`).

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
        /// The id of the row.
        id: EventId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The token that authorized the change, if any.
        token_id: Option<TokenId> => Nullable<BigInt> as TOKEN_ID,
        /// The person that the token is bound to, if any.
        person_id: Option<PersonId> => Nullable<BigInt> as PERSON_ID,
        /// The name of whoever made the change, if an identity provider gave one.
        actor: Option<String> => Nullable<Text> as ACTOR,
        /// The kind of the change.
        action: Action => Text as ACTION,
        /// The name of the table of the changed row.
        subject_type: String => Text as SUBJECT_TYPE,
        /// The id of the changed row.
        subject_id: i64 => BigInt as SUBJECT_ID,
        /// The version of the row before the change; `None` if the row was created.
        version_before: Option<i64> => Nullable<BigInt> as VERSION_BEFORE,
        /// The version of the row after the change; `None` if the row was deleted.
        version_after: Option<i64> => Nullable<BigInt> as VERSION_AFTER,
        /// The id of the request that asked for the change, if any.
        request_id: Option<String> => Nullable<Text> as REQUEST_ID,
        /// The time of the change, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
}

stored!(EventRow in events by "\"events\".\"organization_id\"");

/// Returns the number of events of the tenant. It grows with every recorded change, and never
/// decreases.
pub fn count(tenant: &mut Tenant<'_>) -> Result<i64> {
    totals::of(tenant, EventRow::TABLE)
}
