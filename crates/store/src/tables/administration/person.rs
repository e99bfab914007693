//! Rows of people. Not here: the tokens that are bound to them (`token`).

use apportion_core::id::{OrganizationId, PersonId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::Result;
use crate::rows::insert_many::{self, stamps, target};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    people;
    /// A person of a tenant.
    PersonRow {
        /// The id of the row.
        id: PersonId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a person that clients set.
    WrittenPerson {
        /// The first name of the person.
        first_name: String => Text as FIRST_NAME,
        /// The last name of the person.
        last_name: String => Text as LAST_NAME,
        /// The e-mail address, if known.
        email: Option<String> => Nullable<Text> as EMAIL,
    }
}

stored!(PersonRow in people by "\"people\".\"organization_id\"");

/// Returns a person, and locks the row until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: PersonId) -> Result<Option<PersonRow>> {
    lock_row!(people, tenant, id)
}

/// Inserts a person, and returns the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenPerson,
    now: NaiveDateTime,
) -> Result<PersonId> {
    insert_row!(people, tenant, now, written, timestamps!(people, now))
}

/// Inserts people, and returns their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[(WrittenPerson, ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    insert_many::insert_many(tenant, target!("people"), &stamps(now), rows, now)
}

/// Updates a person.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: PersonId,
    written: &WrittenPerson,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(people, tenant, id, now, written)
}

/// Deletes a person, whom no other row may refer to.
pub fn delete(tenant: &mut Tenant<'_>, id: PersonId, now: NaiveDateTime) -> Result<()> {
    delete_row!(people, tenant, id, now)
}
