//! Rows of people.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::database::schema::people;
use crate::error::Result;
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::session::tenant::Tenant;
use crate::{fields, stored};

fields! {
    people;
    /// The id.
    ID = id;
    /// The first name.
    FIRST_NAME = first_name;
    /// The last name.
    LAST_NAME = last_name;
    /// The e-mail address.
    EMAIL = email;
    /// When the row was made.
    CREATED_AT = created_at;
    /// When the row was last changed.
    UPDATED_AT = updated_at;
}

/// A person of a tenant.
#[derive(Clone, Debug, Queryable)]
pub struct PersonRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The e-mail address, if known.
    pub email: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

stored!(PersonRow in people by "\"people\".\"organization_id\"");

/// What can be set of a person.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = people, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WrittenPerson {
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The e-mail address, if known.
    pub email: Option<String>,
}

/// A person, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<PersonRow>> {
    lock_row!(people, tenant, id)
}

/// Adds a person; answers with the id.
pub fn insert(tenant: &mut Tenant<'_>, content: &WrittenPerson, now: NaiveDateTime) -> Result<i64> {
    insert_row!(people, tenant, now, content, timestamps!(people, now))
}

/// Changes a person.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: i64,
    content: &WrittenPerson,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(people, tenant, id, now, content)
}

/// Removes a person that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: i64, now: NaiveDateTime) -> Result<()> {
    delete_row!(people, tenant, id, now)
}
