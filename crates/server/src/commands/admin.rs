//! What an operator does by command: organizations and tokens, straight on the database.

use apportion_core::fault::Fault;
use apportion_core::id::TokenId;
use apportion_core::organization::{OrganizationDraft, OrganizationTerms};
use apportion_store::organization::NewOrganization;
use apportion_store::token::{self, Missing, NewToken, TokenRow};
use apportion_store::{self as store, Address, OrganizationId, PersonId, Session};

use crate::access::token::Token;
use crate::clock::now;

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The rules refuse it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<Fault>),
    /// There is no such row.
    #[error("there is no {0} {1}")]
    Missing(&'static str, i64),
    /// The operating system has no randomness.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// Brings the schema up to date; says how many steps it took.
pub fn migrate(database: &Address) -> Result<usize, AdminError> {
    Ok(Session::open(database)?.migrate()?)
}

/// Makes an organization.
pub fn create_organization(
    database: &Address,
    draft: &OrganizationDraft,
) -> Result<i64, AdminError> {
    let OrganizationTerms { name, currency, time_zone } =
        draft.check().map_err(AdminError::Faults)?;
    let mut session = ready(database)?;
    let new = NewOrganization { name, currency, time_zone };
    let id = session.transaction(|session| store::organization::insert(session, &new, now()))?;
    Ok(id.0)
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct TokenDraft {
    /// The organization that it speaks for.
    pub organization: i64,
    /// The person that it is bound to.
    pub person: Option<i64>,
    /// `read`, `write` or `admin`.
    pub scope: &'static str,
    /// What it is for.
    pub label: Option<String>,
}

/// Makes a token; this is the only time that it can be seen.
pub fn create_token(database: &Address, draft: TokenDraft) -> Result<Token, AdminError> {
    let token = Token::random().map_err(AdminError::Randomness)?;
    let mut session = ready(database)?;
    insert_token(&mut session, &token, draft)?;
    Ok(token)
}

pub(crate) fn insert_token(
    session: &mut Session,
    token: &Token,
    draft: TokenDraft,
) -> Result<(), AdminError> {
    let (organization, person) = (draft.organization, draft.person);
    let new = NewToken {
        organization: OrganizationId(organization),
        person: person.map(PersonId),
        hash: token.hash(),
        scope: draft.scope,
        label: draft.label,
    };
    match session.transaction(|session| token::insert(session, &new, now()))? {
        Ok(_) => Ok(()),
        Err(Missing::Organization) => Err(AdminError::Missing("organization", organization)),
        Err(Missing::Person) => Err(AdminError::Missing("person", person.unwrap_or_default())),
    }
}

/// All tokens, or those of an organization; without what they are made of.
pub fn list_tokens(
    database: &Address,
    organization: Option<i64>,
) -> Result<Vec<TokenRow>, AdminError> {
    Ok(token::list(&mut ready(database)?, organization.map(OrganizationId))?)
}

/// Makes a token count no more.
pub fn revoke_token(database: &Address, id: i64) -> Result<(), AdminError> {
    let mut session = ready(database)?;
    let found = session.transaction(|session| token::revoke(session, TokenId(id), now()))?;
    if found { Ok(()) } else { Err(AdminError::Missing("token", id)) }
}

/// A session on a schema that is up to date.
pub(crate) fn ready(database: &Address) -> Result<Session, AdminError> {
    let mut session = Session::open(database)?;
    session.migrate()?;
    Ok(session)
}
