//! The administration of organizations and tokens, which operators do by command on the database.

use apportion_core::fault::Fault;
use apportion_core::id::TokenId;
use apportion_core::organization::{OrganizationDraft, OrganizationTerms};
use apportion_jsonapi::text::composed;
use apportion_store::organization::NewOrganization;
use apportion_store::token::{self, Missing, NewToken, TokenRow};
use apportion_store::{self as store, Address, OrganizationId, PersonId, Session};

use crate::access::token::Token;
use crate::clock::now;

/// The reason why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The rules refuse the input.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<Fault>),
    /// There is no row of this kind with this id.
    #[error("there is no {0} {1}")]
    Missing(&'static str, i64),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes for a token: {0}")]
    Randomness(getrandom::Error),
}

/// Brings the schema up to date. Returns the number of migrations that were run.
pub fn migrate(database: &Address) -> Result<usize, AdminError> {
    Ok(Session::open(database)?.migrate()?)
}

/// Creates an organization, and returns its id.
pub fn create_organization(
    database: &Address,
    draft: &OrganizationDraft,
) -> Result<i64, AdminError> {
    let OrganizationTerms { name, currency, time_zone } =
        draft.check().map_err(AdminError::Faults)?;
    let mut session = open_migrated(database)?;
    let name = composed(&name).into_owned();
    let new = NewOrganization { name, currency, time_zone };
    let id = session.transaction(|session| store::organization::insert(session, &new, now()))?;
    Ok(id.0)
}

/// The properties of a new token.
#[derive(Clone, Debug)]
pub struct TokenDraft {
    /// The id of the organization whose rows it gives access to.
    pub organization: i64,
    /// The id of the person in whose name it acts, if there is one.
    pub person: Option<i64>,
    /// Its scope: `read`, `write` or `admin`.
    pub scope: &'static str,
    /// A note on its purpose.
    pub label: Option<String>,
}

/// Creates a token. Only its hash is stored, so it cannot be shown again.
pub fn create_token(database: &Address, draft: TokenDraft) -> Result<Token, AdminError> {
    let token = Token::random().map_err(AdminError::Randomness)?;
    let mut session = open_migrated(database)?;
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
        label: draft.label.map(|label| composed(&label).into_owned()),
        expires_at: None,
        replaces: None,
    };
    match session.transaction(|session| token::insert(session, &new, now()))? {
        Ok(_) => Ok(()),
        Err(Missing::Organization) => Err(AdminError::Missing("organization", organization)),
        Err(Missing::Person) => Err(AdminError::Missing("person", person.unwrap_or_default())),
    }
}

/// Lists all tokens, or those of one organization. The rows hold no token in the clear.
pub fn list_tokens(
    database: &Address,
    organization: Option<i64>,
) -> Result<Vec<TokenRow>, AdminError> {
    check_file(database)?;
    Ok(token::list(&mut open_migrated(database)?, organization.map(OrganizationId))?)
}

/// Revokes a token. A server stops accepting it within a second.
pub fn revoke_token(database: &Address, id: i64) -> Result<(), AdminError> {
    check_file(database)?;
    let mut session = open_migrated(database)?;
    let found = session.transaction(|session| token::revoke(session, TokenId(id), now()))?;
    if found { Ok(()) } else { Err(AdminError::Missing("token", id)) }
}

/// Checks that the file of an SQLite database is there: a command that reads makes none.
pub fn check_file(database: &Address) -> Result<(), AdminError> {
    let Some(path) = database.path() else { return Ok(()) };
    let refuse = |error: std::io::Error| {
        let (address, reason) = (database.clone(), error.to_string());
        AdminError::Store(store::Error::Open { address, reason })
    };
    std::fs::metadata(path).map(|_| ()).map_err(refuse)
}

/// Opens a session, and brings the schema up to date.
pub(crate) fn open_migrated(database: &Address) -> Result<Session, AdminError> {
    let mut session = Session::open(database)?;
    session.migrate()?;
    Ok(session)
}
