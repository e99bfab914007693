//! Rows of organizations, which are the tenants.

use apportion_core::currency::Currency;
use apportion_core::event::Action;
use apportion_core::id::OrganizationId;
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::rows::select::Stored;
use crate::rows::table::table;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::event::Event;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    organizations;
    /// An organization.
    OrganizationRow {
        /// The id of the row.
        id: OrganizationId => BigInt as ID,
        /// The name of the organization.
        name: String => Text as NAME,
        /// The default currency of the organization, a code of ISO 4217.
        currency: Currency => Text,
        /// The time zone of the organization, a name of the IANA database.
        time_zone: String => Text,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
}

stored!(OrganizationRow in organizations by "\"organizations\".\"id\"");

/// An organization to be inserted.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// The name of the organization.
    pub name: String,
    /// The default currency of the organization, a code of ISO 4217.
    pub currency: Currency,
    /// The time zone of the organization, a name of the IANA database.
    pub time_zone: String,
}

/// Inserts an organization, and returns its id.
pub fn insert(
    session: &mut Session,
    new: &NewOrganization,
    now: NaiveDateTime,
) -> Result<OrganizationId> {
    let organization: OrganizationId = diesel::insert_into(organizations::table)
        .values((
            organizations::name.eq(&new.name),
            organizations::currency.eq(new.currency.code()),
            organizations::time_zone.eq(&new.time_zone),
            organizations::created_at.eq(now),
            organizations::updated_at.eq(now),
        ))
        .returning(organizations::id)
        .get_result(session.everybody()?)
        .map_err(Error::from)?;
    let mut tenant = Tenant::new(Scope::of(organization), session);
    let event = tenant.event(OrganizationRow::TABLE, organization.0, now);
    tenant.note(Event { action: Action::Create, version_after: Some(1), ..event })?;
    Ok(organization)
}

/// Returns the organization of the tenant, or `None` if it does not exist.
pub fn find(tenant: &mut Tenant<'_>) -> Result<Option<OrganizationRow>> {
    organizations::table
        .filter(organizations::id.eq(tenant.id()))
        .get_result(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Returns the ids of all organizations in ascending order, for work that is done for each of them.
pub fn all_ids(session: &mut Session) -> Result<Vec<OrganizationId>> {
    organizations::table
        .select(organizations::id)
        .order(organizations::id)
        .load(session.everybody()?)
        .map_err(Error::from)
}
