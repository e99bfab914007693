//! Rows of tokens: who may speak for a tenant. Only hashes are stored. Finding a token is what
//! tells the tenant, so this is one of the few places that look past it.

use apportion_core::event::Action;
use apportion_core::id::{OrganizationId, PersonId, TokenId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::rows::table::table;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::journal::Event;
use crate::session::tenant::Tenant;
use crate::tables::administration::organization::organizations;
use crate::tables::administration::person::people;

/// What events call it. A token has two versions: the second counts no more.
const TABLE: &str = "tokens";

table! {
    tokens;
    /// A token as it is listed.
    TokenRow {
        /// The id.
        id: TokenId => BigInt,
        /// The tenant that it speaks for.
        organization_id: OrganizationId => BigInt,
        /// The person that it is bound to.
        person_id: Option<PersonId> => Nullable<BigInt>,
        /// SHA-256 of the token.
        hash: Vec<u8> => Binary,
        /// `read`, `write` or `admin`.
        scope: String => Text,
        /// What it is for.
        label: Option<String> => Nullable<Text>,
        /// When it was made, UTC.
        created_at: NaiveDateTime => Timestamp,
        /// When it last counted, UTC, to the minute.
        last_used_at: Option<NaiveDateTime> => Nullable<Timestamp>,
        /// From when on it does not count, UTC.
        expires_at: Option<NaiveDateTime> => Nullable<Timestamp>,
        /// Since when it does not count, UTC.
        revoked_at: Option<NaiveDateTime> => Nullable<Timestamp>,
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The tenant that it speaks for.
    pub organization: OrganizationId,
    /// The person that it is bound to.
    pub person: Option<PersonId>,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// `read`, `write` or `admin`.
    pub scope: &'static str,
    /// What it is for.
    pub label: Option<String>,
}

/// Why a token cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is no such tenant.
    Organization,
    /// The tenant has no such person.
    Person,
}

/// Makes a token, unless the tenant or the person does not exist.
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
        ))
        .returning(tokens::id)
        .get_result(connection)
        .map_err(Error::from)?;
    let mut tenant = Tenant::new(Scope::of(new.organization), session);
    let event = tenant.event(TABLE, id.0, now);
    tenant.note(Event { action: Action::Create, version_after: Some(1), ..event })?;
    Ok(Ok(id))
}

/// The token of that hash.
pub fn find(session: &mut Session, hash: &[u8; 32]) -> Result<Option<TokenRow>> {
    tokens::table
        .filter(tokens::hash.eq(hash.as_slice()))
        .get_result(session.everybody()?)
        .optional()
        .map_err(Error::from)
}

/// All tokens, or those of one tenant, by id.
pub fn list(session: &mut Session, organization: Option<OrganizationId>) -> Result<Vec<TokenRow>> {
    let mut query = tokens::table.order(tokens::id).into_boxed();
    if let Some(id) = organization {
        query = query.filter(tokens::organization_id.eq(id.0));
    }
    query.load(session.everybody()?).map_err(Error::from)
}

/// Makes a token count no more; answers whether there is one of that id.
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
        let mut tenant = Tenant::new(Scope::of(organization), session);
        tenant.record_update(TABLE, id.0, 2, now)?;
    }
    Ok(found > 0)
}

/// Notes that a token counted.
pub fn record_use(tenant: &mut Tenant<'_>, id: TokenId, now: NaiveDateTime) -> Result<()> {
    diesel::update(tokens::table.filter(tokens::id.eq(id.0)))
        .set(tokens::last_used_at.eq(now))
        .execute(tenant.session().everybody()?)
        .map(|_| ())
        .map_err(Error::from)
}
