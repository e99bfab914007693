//! Rows of organizations: the tenants themselves.

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
use crate::session::journal::Event;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    organizations;
    /// A tenant.
    OrganizationRow {
        /// The id.
        id: OrganizationId => BigInt as ID,
        /// What it is called.
        name: String => Text as NAME,
        /// Its default currency, ISO 4217.
        currency: Currency => Text,
        /// Its IANA time zone.
        time_zone: String => Text,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When it was made, UTC.
        created_at: NaiveDateTime => Timestamp,
        /// When it was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp,
    }
}

stored!(OrganizationRow in organizations by "\"organizations\".\"id\"");

/// A tenant to be made.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// What it is called.
    pub name: String,
    /// Its default currency.
    pub currency: Currency,
    /// Its IANA time zone.
    pub time_zone: String,
}

/// Makes a tenant.
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

/// The tenant of the scope.
pub fn find(tenant: &mut Tenant<'_>) -> Result<Option<OrganizationRow>> {
    organizations::table
        .filter(organizations::id.eq(tenant.id()))
        .get_result(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Every tenant there is, by id: for what is done for all of them.
pub fn all_ids(session: &mut Session) -> Result<Vec<OrganizationId>> {
    organizations::table
        .select(organizations::id)
        .order(organizations::id)
        .load(session.everybody()?)
        .map_err(Error::from)
}
