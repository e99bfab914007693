//! Rows of collaborators. Not here: their obligations and scores (`obligation` and `metric`).

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::rows::insert_many::{self, stamps, target};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::named::{Named, find_named};
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
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
    /// A collaborator, who can be paid.
    CollaboratorRow {
        /// The id of the row.
        id: CollaboratorId => BigInt as ID,
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
    /// The attributes of a collaborator that clients set.
    WrittenCollaborator {
        /// The full name.
        full_name: String => Text as FULL_NAME,
        /// The e-mail address, if known.
        email: Option<String> => Nullable<Text> as EMAIL,
        /// The form of the e-mail address by which it is compared with others.
        comparable_email: Option<String> => Nullable<Text>,
        /// The status, which is `active` or `inactive`.
        status: CollaboratorStatus => Text as STATUS,
    }
}

/// The ids of the distributors that the collaborator belongs to.
pub const DISTRIBUTOR_ID: Field =
    Field::of::<BigInt>("\"distributor_collaborators\".\"distributor_id\"").through(Join {
        table: "distributor_collaborators",
        on: "\"distributor_collaborators\".\"organization_id\" = \
             \"collaborators\".\"organization_id\" \
             AND \"distributor_collaborators\".\"collaborator_id\" = \"collaborators\".\"id\"",
    });

stored!(CollaboratorRow in collaborators by "\"collaborators\".\"organization_id\"");

/// Returns a collaborator, and locks the row until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: CollaboratorId) -> Result<Option<CollaboratorRow>> {
    lock_row!(collaborators, tenant, id)
}

/// Returns the id of the collaborator with this e-mail address, in the form in which addresses are
/// compared. Returns `None` if no collaborator besides `but` has it.
pub fn id_by_email(
    tenant: &mut Tenant<'_>,
    comparable_email: &str,
    but: Option<CollaboratorId>,
) -> Result<Option<CollaboratorId>> {
    collaborators::table
        .filter(collaborators::organization_id.eq(tenant.id()))
        .filter(collaborators::comparable_email.eq(comparable_email))
        .filter(collaborators::id.ne(but.map_or(0, |id| id.0)))
        .select(collaborators::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Finds collaborators by their e-mail addresses, in the form in which addresses are compared.
pub fn find_by_emails(tenant: &mut Tenant<'_>, emails: &[&str]) -> Result<HashMap<String, Named>> {
    let text = "SELECT comparable_email, MIN(id), MAX(id) FROM collaborators \
                WHERE organization_id = :organization AND comparable_email IN (:texts) \
                GROUP BY comparable_email";
    find_named(tenant, text, emails)
}

/// Inserts a collaborator, and returns the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<CollaboratorId> {
    insert_row!(collaborators, tenant, now, written, timestamps!(collaborators, now))
}

/// Inserts collaborators, and returns their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[(WrittenCollaborator, ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    insert_many::insert_many(tenant, target!("collaborators"), &stamps(now), rows, now)
}

/// Updates a collaborator.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: CollaboratorId,
    written: &WrittenCollaborator,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(collaborators, tenant, id, now, written)
}

/// Deletes a collaborator, whom no other row may refer to.
pub fn delete(tenant: &mut Tenant<'_>, id: CollaboratorId, now: NaiveDateTime) -> Result<()> {
    delete_row!(collaborators, tenant, id, now)
}
