//! Rows of organizations: the tenants themselves.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::database::schema::organizations;
use crate::error::{Error, Result};
use crate::id::OrganizationId;
use crate::rows::select::Stored;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::journal::Event;
use crate::session::tenant::Tenant;
use crate::{fields, stored};
use apportion_core::event::Action;

fields! {
    organizations;
    /// The id.
    ID = id;
    /// The name.
    NAME = name;
}

/// A tenant.
#[derive(Clone, Debug, Queryable)]
pub struct OrganizationRow {
    /// The id.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// Its default currency, ISO 4217.
    pub currency: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// Raised by every change.
    pub version: i64,
    /// When it was made, UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

stored!(OrganizationRow in organizations by "\"organizations\".\"id\"");

/// A tenant to be made.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// What it is called.
    pub name: String,
    /// Its default currency, ISO 4217.
    pub currency: String,
    /// Its IANA time zone.
    pub time_zone: String,
}

/// Makes a tenant.
pub fn insert(
    session: &mut Session,
    new: &NewOrganization,
    now: NaiveDateTime,
) -> Result<OrganizationId> {
    let id = diesel::insert_into(organizations::table)
        .values((
            organizations::name.eq(&new.name),
            organizations::currency.eq(&new.currency),
            organizations::time_zone.eq(&new.time_zone),
            organizations::created_at.eq(now),
            organizations::updated_at.eq(now),
        ))
        .returning(organizations::id)
        .get_result(session.everybody()?)
        .map_err(Error::from)?;
    let organization = OrganizationId(id);
    let mut tenant = Tenant::new(Scope::of(organization), session);
    let event = tenant.event(OrganizationRow::TABLE, id, now);
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
    let ids: Vec<i64> = organizations::table
        .select(organizations::id)
        .order(organizations::id)
        .load(session.everybody()?)?;
    Ok(ids.into_iter().map(OrganizationId).collect())
}
