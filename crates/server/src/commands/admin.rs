//! The administration of organizations and tokens, which operators do by command on the database.

use std::time::Duration;

use apportion_core::fault::Fault;
use apportion_core::id::TokenId;
use apportion_core::organization::{OrganizationDraft, OrganizationTerms};
use apportion_core::token::{Expiry, replaced_end};
use apportion_jsonapi::text::composed;
use apportion_store::organization::NewOrganization;
use apportion_store::token::{self, Missing, NewToken, TokenRow};
use apportion_store::{self as store, Address, OrganizationId, PersonId, Scope, Session, Tenant};
use chrono::TimeDelta;

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
    /// There is no token of the organization that could be replaced.
    #[error("organization {0} has no token {1} that is accepted at present")]
    NotAccepted(i64, i64),
    /// A token was created and shown, and the one that it replaces keeps its end.
    #[error("the token was created, but token {0} is accepted as long as before: {1}")]
    NotReplaced(i64, store::Error),
    /// A token was created and could not be shown, so that it was revoked.
    #[error("the token cannot be shown, and was revoked: {0}")]
    Unseen(std::io::Error),
    /// A token was created, could not be shown, and could not be revoked either.
    #[error("the token cannot be shown: {0}; revoke token {1}, which could not be done: {2}")]
    Stray(std::io::Error, i64, store::Error),
}

/// Brings the schema up to date. Returns the number of migrations that were run.
pub fn migrate(database: &Address) -> Result<usize, AdminError> {
    Ok(Session::open_checked(database)?.migrate()?)
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

/// The terms on which a token is created: for how long, and in place of which other.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenTerms {
    /// Its end; `None` for a token that does not expire.
    pub expires: Option<Expiry>,
    /// The token of the same organization that it replaces, if there is one.
    pub replaces: Option<Replaced>,
}

/// A token that another replaces.
#[derive(Clone, Copy, Debug)]
pub struct Replaced {
    /// The id of the token.
    pub id: i64,
    /// The time for which it is still accepted, unless it expires before.
    pub overlap: TimeDelta,
}

/// Creates a token. Only its hash is stored, so it cannot be shown again.
pub fn create_token(database: &Address, draft: TokenDraft) -> Result<Token, AdminError> {
    let token = Token::random().map_err(AdminError::Randomness)?;
    let mut session = open_migrated(database)?;
    insert_token(&mut session, &token, draft)?;
    Ok(token)
}

/// Creates a token on some terms and shows it by `show`, after the commit: whoever is shown a token
/// may wait for long, and would hold the database meanwhile. A token that could not be shown is
/// revoked. The one that it replaces gets its end only once the new one was shown.
pub fn hand_out_token(
    database: &Address,
    draft: TokenDraft,
    terms: TokenTerms,
    show: impl FnOnce(&Token) -> std::io::Result<()>,
) -> Result<(), AdminError> {
    let token = Token::random().map_err(AdminError::Randomness)?;
    let mut session = open_migrated(database)?;
    let organization = OrganizationId(draft.organization);
    let id = insert_token_on(&mut session, &token, draft, terms)?;
    if let Err(unseen) = show(&token) {
        return match session.transaction(|session| token::revoke(session, id, now())) {
            Ok(_) => Err(AdminError::Unseen(unseen)),
            Err(error) => Err(AdminError::Stray(unseen, id.0, error)),
        };
    }
    let Some(replaced) = terms.replaces else { return Ok(()) };
    let mut tenant = Tenant::new(Scope::of(organization), &mut session);
    let ended = tenant.transaction(|tenant| replace_token(tenant, replaced));
    ended.map_err(|error| AdminError::NotReplaced(replaced.id, error))
}

/// Gives a token that another replaces its end: after the overlap, never later than it was.
pub(crate) fn replace_token(tenant: &mut Tenant<'_>, replaced: Replaced) -> store::Result<()> {
    let (id, now) = (TokenId(replaced.id), now());
    let Some(row) = token::accepted(tenant, id, now)? else { return Ok(()) };
    let end = replaced_end(row.expires_at, now, replaced.overlap);
    if row.expires_at == Some(end) {
        return Ok(());
    }
    token::update(tenant, id, row.label.as_deref(), Some(end), now)
}

/// Inserts a token that does not expire, and returns its id.
pub(crate) fn insert_token(
    session: &mut Session,
    token: &Token,
    draft: TokenDraft,
) -> Result<TokenId, AdminError> {
    insert_token_on(session, token, draft, TokenTerms::default())
}

/// Inserts a token on some terms, and returns its id. The token that it replaces must be accepted
/// at present, and stays as it is.
fn insert_token_on(
    session: &mut Session,
    token: &Token,
    draft: TokenDraft,
    terms: TokenTerms,
) -> Result<TokenId, AdminError> {
    let (organization, person, now) = (draft.organization, draft.person, now());
    let expires_at = terms.expires.map(|expires| expires.instant(now.and_utc())).transpose();
    let expires_at = expires_at
        .map_err(|error| AdminError::Faults(vec![Fault::new("expires", error.to_string())]))?;
    let new = NewToken {
        organization: OrganizationId(organization),
        person: person.map(PersonId),
        hash: token.hash(),
        scope: draft.scope,
        label: draft.label.map(|label| composed(&label).into_owned()),
        expires_at: expires_at.map(|at| at.naive_utc()),
        replaces: terms.replaces.map(|it| (TokenId(it.id), it.overlap.num_seconds())),
    };
    session.transaction(|session| {
        if let Some(Replaced { id: replaced, .. }) = terms.replaces {
            let mut tenant = Tenant::new(Scope::of(new.organization), session);
            token::accepted(&mut tenant, TokenId(replaced), now)?
                .ok_or(AdminError::NotAccepted(organization, replaced))?;
        }
        let id = match token::insert(session, &new, now)? {
            Ok(id) => id,
            Err(Missing::Organization) => {
                return Err(AdminError::Missing("organization", organization));
            }
            Err(Missing::Person) => {
                return Err(AdminError::Missing("person", person.unwrap_or_default()));
            }
        };
        Ok(id)
    })
}

/// Lists all tokens, or those of one organization. The rows hold no token in the clear.
pub fn list_tokens(
    database: &Address,
    organization: Option<i64>,
) -> Result<Vec<TokenRow>, AdminError> {
    check_file(database)?;
    let mut session = open_migrated(database)?;
    let organization = organization.map(OrganizationId);
    Ok(session.survey(|session| token::list(session, organization))?)
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

/// The time for which a command waits for the lock of those who write to SQLite.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Opens a session for a command, and brings the schema up to date. Takes no lock if it is.
pub(crate) fn open_migrated(database: &Address) -> Result<Session, AdminError> {
    let mut session = Session::open_checked(database)?;
    session.wait_for_locks(PATIENCE)?;
    session.migrate()?;
    Ok(session)
}
