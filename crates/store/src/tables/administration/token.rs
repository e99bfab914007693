//! Rows of tokens, which let clients act for a tenant. Only the hashes of tokens are stored. The
//! tenant is not known before the token is found, so some statements here see the rows of all
//! tenants. Not here: the making of tokens, and the rights of a scope (`apportion-server`).

use apportion_core::id::{OrganizationId, PersonId, TokenId};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, lock_row, next_version, own_row, timestamps, update_row};
use crate::rows::table::table;
use crate::scope::Scope;
use crate::session::Session;
use crate::session::tenant::Tenant;
use crate::stored;
use crate::tables::administration::organization::organizations;
use crate::tables::administration::person::people;

table! {
    tokens;
    /// A stored token.
    TokenRow {
        /// The id of the row.
        id: TokenId => BigInt as ID,
        /// The tenant that the token acts for.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The person that the token is bound to, if any.
        person_id: Option<PersonId> => Nullable<BigInt> as PERSON_ID,
        /// The SHA-256 of the token.
        hash: Vec<u8> => Binary,
        /// The scope of the token: `read`, `write` or `admin`.
        scope: String => Text as SCOPE,
        /// The purpose of the token, if stated.
        label: Option<String> => Nullable<Text> as LABEL,
        /// The time at which the token was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last use, UTC, updated at most once a minute; `None` if there was no
        /// use.
        last_used_at: Option<NaiveDateTime> => Nullable<Timestamp> as LAST_USED_AT,
        /// The time from which the token is refused, UTC; `None` if it does not expire.
        expires_at: Option<NaiveDateTime> => Nullable<Timestamp> as EXPIRES_AT,
        /// The time at which the token was revoked, UTC; `None` if it is not revoked.
        revoked_at: Option<NaiveDateTime> => Nullable<Timestamp> as REVOKED_AT,
        /// The token that this one was made to replace, if any.
        replaces_id: Option<TokenId> => Nullable<BigInt> as REPLACES_ID,
        /// The seconds for which that one stayed in force, if there is one.
        overlap: Option<i64> => Nullable<BigInt> as OVERLAP,
        /// The version of the row, which every change but a use increases by 1.
        version: i64 => BigInt,
        /// The time of the last change of the row but a use, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
}

stored!(TokenRow in tokens by "\"tokens\".\"organization_id\"");

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
    /// The token that it is made to replace, if any, and the seconds for which that one stays in
    /// force.
    pub replaces: Option<(TokenId, i64)>,
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
    create(&mut Tenant::new(Scope::of(organization), session), new, now).map(Ok)
}

/// Inserts a token of the tenant, and returns its id. The person and the token that it replaces
/// must be rows of the tenant.
pub fn create(tenant: &mut Tenant<'_>, new: &NewToken, now: NaiveDateTime) -> Result<TokenId> {
    let values = (
        tokens::person_id.eq(new.person.map(|person| person.0)),
        tokens::hash.eq(new.hash.as_slice()),
        tokens::scope.eq(new.scope),
        tokens::label.eq(new.label.as_deref()),
        tokens::expires_at.eq(new.expires_at),
        tokens::replaces_id.eq(new.replaces.map(|(id, _)| id.0)),
        tokens::overlap.eq(new.replaces.map(|(_, overlap)| overlap)),
    );
    insert_row!(tokens, tenant, now, values, timestamps!(tokens, now))
}

/// Returns the token of that id, if it is the tenant's, and locks it until the end of the
/// transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: TokenId) -> Result<Option<TokenRow>> {
    lock_row!(tokens, tenant, id)
}

/// Updates the purpose and the end of a token of the tenant.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: TokenId,
    label: Option<&str>,
    expires_at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> Result<()> {
    let values = (tokens::label.eq(label), tokens::expires_at.eq(expires_at));
    update_row!(tokens, tenant, id, now, values)
}

/// Revokes a token of the tenant that is not revoked yet.
pub fn end(tenant: &mut Tenant<'_>, id: TokenId, now: NaiveDateTime) -> Result<()> {
    update_row!(tokens, tenant, id, now, tokens::revoked_at.eq(now))
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
    let found: Option<(OrganizationId, Option<NaiveDateTime>)> = token
        .select((tokens::organization_id, tokens::revoked_at))
        .first(session.everybody()?)
        .optional()?;
    if let Some((organization, None)) = found {
        let mut tenant = Tenant::new(Scope::of(organization), session);
        if lock(&mut tenant, id)?.is_some_and(|row| row.revoked_at.is_none()) {
            end(&mut tenant, id, now)?;
        }
    }
    Ok(found.is_some())
}

/// Returns a token of the tenant that is accepted at `now`, and locks it until the end of the
/// transaction. Returns `None` if no such token has that id.
pub fn accepted(
    tenant: &mut Tenant<'_>,
    id: TokenId,
    now: NaiveDateTime,
) -> Result<Option<TokenRow>> {
    let is_over = |row: &TokenRow| {
        row.revoked_at.is_some() || row.expires_at.is_some_and(|expires_at| expires_at <= now)
    };
    Ok(lock(tenant, id)?.filter(|row| !is_over(row)))
}

/// Sets the time of the last use of a token to `now`.
pub fn record_use(tenant: &mut Tenant<'_>, id: TokenId, now: NaiveDateTime) -> Result<()> {
    diesel::update(tokens::table.filter(tokens::id.eq(id.0)))
        .set(tokens::last_used_at.eq(now))
        .execute(tenant.session().everybody()?)
        .map(|_| ())
        .map_err(Error::from)
}
