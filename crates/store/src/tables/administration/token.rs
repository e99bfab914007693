//! Rows of tokens, which let clients act for a tenant. Only the hashes of tokens are stored. The
//! tenant is not known before the token is found, so some statements here see the rows of all
//! tenants. Not here: the making of tokens, and the rights of a scope (`apportion-server`).

use apportion_core::event::Action;
use apportion_core::id::{OrganizationId, PersonId, TokenId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::rows::table::table;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::event::Event;
use crate::session::tenant::Tenant;
use crate::tables::administration::event::events;
use crate::tables::administration::organization::organizations;
use crate::tables::administration::person::people;

/// The name of the table in events. A token has version 1, and one more after each change.
const TABLE: &str = "tokens";

table! {
    tokens;
    /// A stored token.
    TokenRow {
        /// The id of the row.
        id: TokenId => BigInt,
        /// The tenant that the token acts for.
        organization_id: OrganizationId => BigInt,
        /// The person that the token is bound to, if any.
        person_id: Option<PersonId> => Nullable<BigInt>,
        /// The SHA-256 of the token.
        hash: Vec<u8> => Binary,
        /// The scope of the token: `read`, `write` or `admin`.
        scope: String => Text,
        /// The purpose of the token, if stated.
        label: Option<String> => Nullable<Text>,
        /// The time at which the token was created, UTC.
        created_at: NaiveDateTime => Timestamp,
        /// The time of the last use, UTC, updated at most once a minute; `None` if there was no
        /// use.
        last_used_at: Option<NaiveDateTime> => Nullable<Timestamp>,
        /// The time from which the token is refused, UTC; `None` if it does not expire.
        expires_at: Option<NaiveDateTime> => Nullable<Timestamp>,
        /// The time at which the token was revoked, UTC; `None` if it is not revoked.
        revoked_at: Option<NaiveDateTime> => Nullable<Timestamp>,
    }
}

/// A token to be inserted.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The tenant that the token acts for.
    pub organization: OrganizationId,
    /// The person that the token is bound to, if any.
    pub person: Option<PersonId>,
    /// The SHA-256 of the token.
    pub hash: [u8; 32],
    /// The scope of the token: `read`, `write` or `admin`.
    pub scope: &'static str,
    /// The purpose of the token, if stated.
    pub label: Option<String>,
    /// The time from which the token is refused, UTC; `None` if it does not expire.
    pub expires_at: Option<NaiveDateTime>,
}

/// The reason why a token cannot be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The tenant does not exist.
    Organization,
    /// The person does not exist in the tenant.
    Person,
}

/// Inserts a token, and returns its id. Returns [`Missing`] if the tenant or the person does not
/// exist.
pub fn insert(
    session: &mut Session,
    new: &NewToken,
    now: NaiveDateTime,
) -> Result<std::result::Result<TokenId, Missing>> {
    let connection = session.everybody()?;
    let organization = new.organization;
    let found: i64 = organizations::table
        .filter(organizations::id.eq(organization.0))
        .count()
        .get_result(connection)?;
    if found == 0 {
        return Ok(Err(Missing::Organization));
    }
    if let Some(person) = new.person {
        let person = people::table
            .filter(people::organization_id.eq(organization.0))
            .filter(people::id.eq(person.0));
        let found: i64 = person.count().get_result(connection)?;
        if found == 0 {
            return Ok(Err(Missing::Person));
        }
    }
    let id: TokenId = diesel::insert_into(tokens::table)
        .values((
            tokens::organization_id.eq(organization.0),
            tokens::person_id.eq(new.person.map(|person| person.0)),
            tokens::hash.eq(new.hash.as_slice()),
            tokens::scope.eq(new.scope),
            tokens::label.eq(new.label.as_deref()),
            tokens::created_at.eq(now),
            tokens::expires_at.eq(new.expires_at),
        ))
        .returning(tokens::id)
        .get_result(connection)
        .map_err(Error::from)?;
    let mut tenant = Tenant::new(Scope::of(new.organization), session);
    let event = tenant.event(TABLE, id.0, now);
    tenant.note(Event { action: Action::Create, version_after: Some(1), ..event })?;
    Ok(Ok(id))
}

/// Returns the token with this hash, or `None` if it does not exist.
pub fn find(session: &mut Session, hash: &[u8; 32]) -> Result<Option<TokenRow>> {
    tokens::table
        .filter(tokens::hash.eq(hash.as_slice()))
        .get_result(session.everybody()?)
        .optional()
        .map_err(Error::from)
}

/// Returns all tokens, or those of one tenant, ordered by id.
pub fn list(session: &mut Session, organization: Option<OrganizationId>) -> Result<Vec<TokenRow>> {
    let mut query = tokens::table.order(tokens::id).into_boxed();
    if let Some(id) = organization {
        query = query.filter(tokens::organization_id.eq(id.0));
    }
    query.load(session.everybody()?).map_err(Error::from)
}

/// Revokes a token, and returns whether a token with this id exists. A token that is already
/// revoked stays unchanged.
pub fn revoke(session: &mut Session, id: TokenId, now: NaiveDateTime) -> Result<bool> {
    let token = tokens::table.filter(tokens::id.eq(id.0));
    let found: i64 = token.count().get_result(session.everybody()?)?;
    let revoked: Option<OrganizationId> =
        diesel::update(token.filter(tokens::revoked_at.is_null()))
            .set(tokens::revoked_at.eq(now))
            .returning(tokens::organization_id)
            .get_result(session.everybody()?)
            .optional()
            .map_err(Error::from)?;
    if let Some(organization) = revoked {
        note_update(&mut Tenant::new(Scope::of(organization), session), id, now)?;
    }
    Ok(found > 0)
}

/// Returns a token of a tenant that is accepted at `now`, or `None` if no such token has
/// that id.
pub fn accepted(
    tenant: &mut Tenant<'_>,
    id: TokenId,
    now: NaiveDateTime,
) -> Result<Option<TokenRow>> {
    let organization = tenant.id();
    tokens::table
        .filter(tokens::organization_id.eq(organization))
        .filter(tokens::id.eq(id.0))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(now)))
        .get_result(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Makes a token of a tenant expire at `end`, unless it is revoked or expires before. Returns
/// whether that is a change.
pub fn end_by(
    tenant: &mut Tenant<'_>,
    id: TokenId,
    end: NaiveDateTime,
    now: NaiveDateTime,
) -> Result<bool> {
    let organization = tenant.id();
    let later = tokens::table
        .filter(tokens::organization_id.eq(organization))
        .filter(tokens::id.eq(id.0))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(end)));
    let changed = diesel::update(later).set(tokens::expires_at.eq(end));
    let is_changed = changed.execute(tenant.connection()?).map_err(Error::from)? > 0;
    if is_changed {
        note_update(tenant, id, now)?;
    }
    Ok(is_changed)
}

/// Notes that a token was changed. Its version is known from its events only.
fn note_update(tenant: &mut Tenant<'_>, id: TokenId, now: NaiveDateTime) -> Result<()> {
    let organization = tenant.id();
    let before: Option<Option<i64>> = events::table
        .filter(events::organization_id.eq(organization))
        .filter(events::subject_type.eq(TABLE))
        .filter(events::subject_id.eq(id.0))
        .order(events::id.desc())
        .select(events::version_after)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    let version = before.flatten().unwrap_or(1).saturating_add(1);
    tenant.record_update(TABLE, id.0, version, now)
}

/// Sets the time of the last use of a token to `now`.
pub fn record_use(tenant: &mut Tenant<'_>, id: TokenId, now: NaiveDateTime) -> Result<()> {
    diesel::update(tokens::table.filter(tokens::id.eq(id.0)))
        .set(tokens::last_used_at.eq(now))
        .execute(tenant.session().everybody()?)
        .map(|_| ())
        .map_err(Error::from)
}
