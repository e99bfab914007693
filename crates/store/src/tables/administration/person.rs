//! Rows of people.

use apportion_core::id::{OrganizationId, PersonId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::Result;
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    people;
    /// A person of a tenant.
    PersonRow {
        /// The id.
        id: PersonId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a person that clients set.
    WrittenPerson {
        /// The first name.
        first_name: String => Text as FIRST_NAME,
        /// The last name.
        last_name: String => Text as LAST_NAME,
        /// The e-mail address, if known.
        email: Option<String> => Nullable<Text> as EMAIL,
    }
}

stored!(PersonRow in people by "\"people\".\"organization_id\"");

/// A person, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: PersonId) -> Result<Option<PersonRow>> {
    lock_row!(people, tenant, id)
}

/// Adds a person; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenPerson,
    now: NaiveDateTime,
) -> Result<PersonId> {
    insert_row!(people, tenant, now, written, timestamps!(people, now))
}

/// Changes a person.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: PersonId,
    written: &WrittenPerson,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(people, tenant, id, now, written)
}

/// Removes a person that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: PersonId, now: NaiveDateTime) -> Result<()> {
    delete_row!(people, tenant, id, now)
}
