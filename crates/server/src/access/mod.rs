//! Authentication and rights: turns the token of a request into a scope, or ends the request.
//!
//! Tokens that were looked up are cached for less than a second, so that a revocation takes effect
//! within one. For a minute it is remembered that they were good.

pub(crate) mod authenticator;
pub(crate) mod idempotency;
pub(crate) mod rates;
mod recent;
pub mod token;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use apportion_core::currency::Currency;
use apportion_core::id::TokenId;
use apportion_jsonapi::query::parameter_values;
use apportion_jsonapi::{Code, Error, Source};
use apportion_store::token as tokens;
use apportion_store::{self as store, Scope, Session, Store, Tenant};
use chrono::{NaiveDateTime, TimeDelta};
use subtle::ConstantTimeEq;

use crate::access::authenticator::{Authentication, Known, Refusal};
use crate::access::rates::Meter;
use crate::access::recent::Recent;
use crate::access::token::{Hash, Token};
use crate::failure::{Failure, Result};

/// The header, and query parameter, that names the organization.
pub(crate) const ORGANIZATION: &str = "X-Organization-Id";

/// The time for which a token is not looked up again.
const CACHE_TIME: Duration = Duration::from_millis(900);
/// The time for which a token counts as used lately.
const RECENT_TIME: Duration = Duration::from_secs(60);
/// The number of tokens in the cache that are never forgotten.
const MAX_CACHED: usize = 10_000;
/// The shortest time between two writes of a token's last use.
const TOUCH_INTERVAL: TimeDelta = TimeDelta::minutes(1);

/// The right that the scope of a token gives, or another authenticator; each includes those before
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To read what is not restricted to administrators.
    Read,
    /// To write it.
    Write,
    /// To read and write everything, and to make tokens.
    Admin,
}

impl Right {
    /// Returns the right that it takes to read rows of a type, which may be restricted to admins.
    pub(crate) fn to_read(is_restricted: bool) -> Self {
        if is_restricted { Right::Admin } else { Right::Read }
    }

    /// Returns the right that it takes to write rows of a type, which may be restricted to admins.
    pub(crate) fn to_write(is_restricted: bool) -> Self {
        if is_restricted { Right::Admin } else { Right::Write }
    }

    /// Parses the scope of a token as the store has it. An unknown one gives the least right.
    fn from_scope(scope: &str) -> Self {
        match scope {
            "admin" => Right::Admin,
            "write" => Right::Write,
            _ => Right::Read,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Right::Read => "read",
            Right::Write => "write",
            Right::Admin => "admin",
        })
    }
}

/// The access that a valid token gives, or another authenticator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) scope: Scope,
    pub(crate) right: Right,
    /// The currency of the organization.
    pub(crate) currency: Currency,
}

/// Returns the token in the headers of a request.
fn given_token(request: &HttpRequest) -> Result<Token> {
    let refuse = |detail: &'static str| Failure::refusal(Code::Unauthenticated, detail);
    let mut given = request.headers().get_all(HeaderName::from_static("x-auth-token"));
    let mut bearer = request.headers().get_all(AUTHORIZATION);
    let text = match (given.next(), bearer.next()) {
        (Some(_), Some(_)) => {
            return Err(refuse("Both X-Auth-Token and Authorization are given; send one of them"));
        }
        (Some(value), None) if given.next().is_none() => value.to_str().ok(),
        (None, Some(value)) if bearer.next().is_none() => {
            let (scheme, token) = value.to_str().unwrap_or_default().split_once(' ').unzip();
            if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
                return Err(refuse("Authorization must be 'Bearer TOKEN'"));
            }
            token
        }
        (None, None) => {
            return Err(refuse(
                "A token is required: send 'X-Auth-Token: TOKEN' or 'Authorization: Bearer TOKEN'",
            ));
        }
        _ => return Err(refuse("More than one token is given; send one")),
    };
    let token = text.map(str::trim).and_then(Token::parse);
    token.ok_or_else(|| {
        refuse("The token is malformed: send the API token of this service as it was printed")
    })
}

/// A request at the gate: whose tokens it is held against, and how it is counted.
pub(crate) struct Gate<'g> {
    pub(crate) store: &'g Store,
    pub(crate) authentication: &'g Authentication,
    pub(crate) known: &'g Known,
    pub(crate) cache: &'g TokenCache,
    pub(crate) meter: &'g Meter,
    /// The address of the client, if it is known.
    pub(crate) client: Option<IpAddr>,
    /// The instant of the request, in UTC.
    pub(crate) now: NaiveDateTime,
}

impl Gate<'_> {
    /// Finds out the access of whoever sends a request, by its token or otherwise.
    pub(crate) async fn authenticate(&self, request: &HttpRequest) -> Result<Access> {
        match self.authentication.ask(request.head()).await {
            None => self.check_token(request).await,
            Some(Ok(identity)) => self.known.access(self.store, identity).await,
            Some(Err(refusal @ Refusal::Unauthenticated(_))) => Err(self.refuse(refusal.into())),
            Some(Err(refusal)) => Err(refusal.into()),
        }
    }

    /// Finds out the access that the request's token gives. A request without a valid token is
    /// counted against the rate of its address, and refused. If that rate is used up, only a token
    /// that was good within the last minute is looked up: guesses cost the database nothing.
    async fn check_token(&self, request: &HttpRequest) -> Result<Access> {
        let token = match given_token(request) {
            Ok(token) => token,
            Err(failure) => return Err(self.refuse(failure)),
        };
        let hash = token.hash();
        if let Some(access) = self.cache.get(&hash) {
            return Ok(access);
        }
        if !self.cache.was_good(&hash) {
            self.meter.check_stranger(self.client)?;
        }
        match look_up_shared(self.store, self.cache, hash, self.now).await {
            Err(failure @ Failure::Refused(_)) => {
                self.cache.remove(&hash);
                Err(self.refuse(failure))
            }
            done => done,
        }
    }

    /// Counts a request that needs no token: as one of its token if that was good within the last
    /// minute, and otherwise as one of a stranger.
    pub(crate) fn admit_visitor(&self, request: &HttpRequest) -> Result<()> {
        let token = given_token(request).ok();
        match token.and_then(|token| self.cache.get_recent(&token.hash())) {
            Some(access) => self.meter.admit(&access),
            None => self.meter.admit_stranger(self.client),
        }
    }

    /// Counts a request without a valid token. Returns its refusal: that of its token, or that of
    /// its rate.
    fn refuse(&self, failure: Failure) -> Failure {
        self.meter.admit_stranger(self.client).err().unwrap_or(failure)
    }
}

/// Looks a token up, and notes its use. Refuses a token that is unknown, expired or revoked.
async fn look_up_shared(
    store: &Store,
    cache: &TokenCache,
    hash: Hash,
    now: NaiveDateTime,
) -> Result<Access> {
    let found = store.read_at_once(move |session| look_up(session, &hash, now)).await?;
    let access = found.access;
    cache.put(hash, access);
    if found.touch_due {
        let store = store.clone();
        // The answer does not depend on this write, so the request does not wait for it.
        actix_web::rt::spawn(async move {
            let touch = move |tenant: &mut Tenant<'_>| tokens::record_use(tenant, found.token, now);
            if let Err(error) = store.write(access.scope, touch).await
                && !error.is_outage()
            {
                log::warn!("the last use of token {} was not written: {error}", found.token);
            }
        });
    }
    Ok(access)
}

/// A token that was found in the store.
struct FoundToken {
    token: TokenId,
    access: Access,
    /// Whether its last use is to be written.
    touch_due: bool,
}

fn look_up(session: &mut Session, hash: &Hash, now: NaiveDateTime) -> Result<FoundToken> {
    let refuse =
        || Failure::refusal(Code::Unauthenticated, "The token is unknown, expired or revoked");
    let row = tokens::find(session, hash)?.ok_or_else(refuse)?;
    let ended = row.revoked_at.is_some() || row.expires_at.is_some_and(|end| end <= now);
    if ended || !bool::from(row.hash.as_slice().ct_eq(hash)) {
        return Err(refuse());
    }
    let right = Right::from_scope(&row.scope);
    let scope =
        Scope { person: row.person_id, token: Some(row.id), ..Scope::of(row.organization_id) };
    let organization =
        store::organization::find(&mut Tenant::new(scope, session))?.ok_or_else(refuse)?;
    let currency = organization.currency;
    let touch_due =
        row.last_used_at.is_none_or(|used| now.signed_duration_since(used) >= TOUCH_INTERVAL);
    Ok(FoundToken { token: row.id, access: Access { scope, right, currency }, touch_due })
}

/// Refuses a request whose headers or query name another organization than the token's own.
pub(crate) fn check_organization(request: &HttpRequest, access: &Access) -> Result<()> {
    let own = access.scope.organization.to_string();
    let headers = request.headers().get_all(HeaderName::from_static("x-organization-id"));
    let headers: Vec<_> = headers.map(|value| value.to_str().unwrap_or_default()).collect();
    let values = parameter_values(request.query_string(), ORGANIZATION);
    let twice = format!("{ORGANIZATION} is given more than once; give it once");
    if headers.len() > 1 {
        return Err(Error::new(Code::BadRequest, twice).at(Source::Header(ORGANIZATION)).into());
    }
    if values.len() > 1 {
        return Err(Error::parameter(Code::UnsupportedParameter, ORGANIZATION, twice).into());
    }
    let values = values.iter().map(|value| value.as_deref().unwrap_or_default());
    if headers.into_iter().chain(values).all(|id| id == own) {
        Ok(())
    } else {
        Err(Failure::not_found())
    }
}

/// Refuses a request whose token lacks the right.
pub(crate) fn check_right(access: &Access, needed: Right) -> Result<()> {
    if access.right >= needed {
        return Ok(());
    }
    let detail =
        format!("This takes a token of scope {needed}, but the token's is {}", access.right);
    Err(Failure::refusal(Code::AccessDenied, detail))
}

/// The tokens that were looked up lately, and the access that each gives.
pub(crate) struct TokenCache(Mutex<Recent<Hash, CachedToken>>);

/// A token that was good when it was looked up.
#[derive(Clone, Copy, Debug)]
struct CachedToken {
    looked_up: Instant,
    used: Instant,
    access: Access,
}

impl Default for TokenCache {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MAX_CACHED)))
    }
}

impl TokenCache {
    /// Returns the access of a token that need not be looked up again yet, and notes its use.
    fn get(&self, hash: &Hash) -> Option<Access> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *cached.peek(hash).filter(|it| it.looked_up.elapsed() < CACHE_TIME)?;
        cached.entry(*hash, || known).used = Instant::now();
        Some(known.access)
    }

    /// Returns the access that a token gave within the last minute.
    fn get_recent(&self, hash: &Hash) -> Option<Access> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = cached.peek(hash).filter(|it| it.used.elapsed() < RECENT_TIME);
        known.map(|it| it.access)
    }

    /// Whether a token was good within the last minute.
    fn was_good(&self, hash: &Hash) -> bool {
        self.get_recent(hash).is_some()
    }

    fn put(&self, hash: Hash, access: Access) {
        let now = Instant::now();
        let fresh = CachedToken { looked_up: now, used: now, access };
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *cached.entry(hash, || fresh) = fresh;
    }

    fn remove(&self, hash: &Hash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}
