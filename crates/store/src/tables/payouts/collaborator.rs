//! Rows of collaborators. Who is paid what is `obligation` and `metric`.

use crate::error::{Error, Result};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::stored;
use apportion_core::collaborator::CollaboratorStatus;
use apportion_core::id::{CollaboratorId, OrganizationId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

table! {
    collaborators;
    /// A collaborator.
    CollaboratorRow {
        /// The id.
        id: CollaboratorId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a collaborator that clients set.
    WrittenCollaborator {
        /// The name.
        full_name: String => Text as FULL_NAME,
        /// The e-mail address, if known; no other collaborator of the tenant has it.
        email: Option<String> => Nullable<Text> as EMAIL,
        /// `active` or `inactive`.
        status: CollaboratorStatus => Text as STATUS,
    }
}

/// The distributor that collaborators are with.
pub const DISTRIBUTOR_ID: Field =
    Field::of::<BigInt>("\"distributor_collaborators\".\"distributor_id\"").through(Join {
        table: "distributor_collaborators",
        on: "\"distributor_collaborators\".\"organization_id\" = \
             \"collaborators\".\"organization_id\" \
             AND \"distributor_collaborators\".\"collaborator_id\" = \"collaborators\".\"id\"",
    });

stored!(CollaboratorRow in collaborators by "\"collaborators\".\"organization_id\"");

/// A collaborator, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: CollaboratorId) -> Result<Option<CollaboratorRow>> {
    lock_row!(collaborators, tenant, id)
}

/// Whose e-mail address it is, but for one collaborator's.
pub fn id_by_email(
    tenant: &mut Tenant<'_>,
    email: &str,
    but: Option<CollaboratorId>,
) -> Result<Option<CollaboratorId>> {
    collaborators::table
        .filter(collaborators::organization_id.eq(tenant.id()))
        .filter(collaborators::email.eq(email))
        .filter(collaborators::id.ne(but.map_or(0, |id| id.0)))
        .select(collaborators::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Adds a collaborator; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<CollaboratorId> {
    insert_row!(collaborators, tenant, now, written, timestamps!(collaborators, now))
}

/// Changes a collaborator.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: CollaboratorId,
    written: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(collaborators, tenant, id, now, written)
}

/// Removes a collaborator that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: CollaboratorId, now: NaiveDateTime) -> Result<()> {
    delete_row!(collaborators, tenant, id, now)
}
