//! Rows of collaborators. Who is paid what is `obligation` and `metric`.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::database::schema::collaborators;
use crate::error::{Error, Result};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::{fields, stored};

fields! {
    collaborators;
    /// The id.
    ID = id;
    /// The name.
    FULL_NAME = full_name;
    /// The e-mail address, if known; no other collaborator of the tenant has it.
    EMAIL = email;
    /// `active` or `inactive`.
    STATUS = status;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
    /// When the row was last changed, UTC.
    UPDATED_AT = updated_at;
}

/// The distributor that collaborators are with.
pub const DISTRIBUTOR_ID: Field =
    Field::of::<BigInt>("\"distributor_collaborators\".\"distributor_id\"").through(Join {
        table: "distributor_collaborators",
        on: "\"distributor_collaborators\".\"organization_id\" = \
             \"collaborators\".\"organization_id\" \
             AND \"distributor_collaborators\".\"collaborator_id\" = \"collaborators\".\"id\"",
    });

/// A collaborator.
#[derive(Clone, Debug, Queryable)]
pub struct CollaboratorRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The name.
    pub full_name: String,
    /// The e-mail address, if known; no other collaborator of the tenant has it.
    pub email: Option<String>,
    /// `active` or `inactive`.
    pub status: String,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

stored!(CollaboratorRow in collaborators by "\"collaborators\".\"organization_id\"");

/// What can be set of a collaborator.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = collaborators)]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WrittenCollaborator {
    /// The name.
    pub full_name: String,
    /// The e-mail address, if known; no other collaborator of the tenant has it.
    pub email: Option<String>,
    /// `active` or `inactive`.
    pub status: String,
}

/// A collaborator, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<CollaboratorRow>> {
    lock_row!(collaborators, tenant, id)
}

/// Whose e-mail address it is, but for one collaborator's.
pub fn id_by_email(tenant: &mut Tenant<'_>, email: &str, but: Option<i64>) -> Result<Option<i64>> {
    collaborators::table
        .filter(collaborators::organization_id.eq(tenant.id()))
        .filter(collaborators::email.eq(email))
        .filter(collaborators::id.ne(but.unwrap_or_default()))
        .select(collaborators::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Adds a collaborator; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    content: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(collaborators, tenant, now, content, timestamps!(collaborators, now))
}

/// Changes a collaborator.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: i64,
    content: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(collaborators, tenant, id, now, content)
}

/// Removes a collaborator that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: i64, now: NaiveDateTime) -> Result<()> {
    delete_row!(collaborators, tenant, id, now)
}
