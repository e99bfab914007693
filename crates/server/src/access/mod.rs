//! Who asks: a token in the headers becomes a scope, or the request ends here. Tokens that were
//! found are remembered for a second, so that a revocation takes effect within one.

pub(crate) mod idempotency;
pub(crate) mod rates;
pub mod token;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use apportion_core::currency::Currency;
use apportion_core::id::TokenId;
use apportion_jsonapi::query::parameter_values;
use apportion_jsonapi::{Code, Error};
use apportion_store::token as tokens;
use apportion_store::{self as store, Scope, Session, Store, Tenant};
use chrono::{NaiveDateTime, TimeDelta};
use subtle::ConstantTimeEq;

use crate::access::token::{Hash, Token};
use crate::failure::{Failure, Result};

/// How long a token that was found is not looked up again.
const REMEMBERED: Duration = Duration::from_millis(900);
/// How often the use of a token is noted at most.
const NOTED: TimeDelta = TimeDelta::minutes(1);
/// How many tokens are remembered at most.
const MAX_REMEMBERED: usize = 10_000;

/// What a token lets its bearer do; each right includes those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    Read,
    Write,
    Admin,
}

impl Right {
    /// What reading or writing rows of a type takes.
    pub(crate) fn needed(restricted: bool, reads: bool) -> Self {
        match (restricted, reads) {
            (true, _) => Right::Admin,
            (false, true) => Right::Read,
            (false, false) => Right::Write,
        }
    }
}

/// A token that counts, and for whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) token: TokenId,
    pub(crate) scope: Scope,
    pub(crate) right: Right,
    pub(crate) currency: Currency,
}

/// The tokens found lately.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<Hash, (Instant, Access)>>);

/// The token that the headers carry.
pub(crate) fn given_token(request: &HttpRequest) -> Result<Token> {
    let refuse = |detail: &'static str| Failure::of(Code::Unauthenticated, detail);
    let mut given = request.headers().get_all(HeaderName::from_static("x-auth-token"));
    let mut bearer = request.headers().get_all(AUTHORIZATION);
    let text = match (given.next(), bearer.next()) {
        (Some(_), Some(_)) => {
            return Err(refuse("Both X-Auth-Token and Authorization are given"));
        }
        (Some(value), None) if given.next().is_none() => value.to_str().ok(),
        (None, Some(value)) if bearer.next().is_none() => {
            let (scheme, token) = value.to_str().unwrap_or_default().split_once(' ').unzip();
            token.filter(|_| scheme.is_some_and(|word| word.eq_ignore_ascii_case("bearer")))
        }
        (None, None) => return Err(refuse("A token is needed: X-Auth-Token or Authorization")),
        _ => return Err(refuse("More than one token is given")),
    };
    let token = text.map(str::trim).and_then(Token::parse);
    token.ok_or_else(|| refuse("The token is not one of this service"))
}

/// Finds out what a token lets its bearer do.
pub(crate) async fn authenticate(
    store: &Store,
    remembered: &Remembered,
    token: &Token,
    now: NaiveDateTime,
) -> Result<Access> {
    let hash = token.hash();
    if let Some(access) = remembered.get(&hash) {
        return Ok(access);
    }
    let (access, stale) = store.read_all(move |session| find(session, &hash, now)).await?;
    remembered.put(hash, access);
    if stale {
        let store = store.clone();
        // Nobody waits for it, and nothing depends on it.
        actix_web::rt::spawn(async move {
            let touch =
                move |tenant: &mut Tenant<'_>| tokens::record_use(tenant, access.token, now);
            if let Err(error) = store.write(access.scope, touch).await {
                log::warn!("the use of token {} was not noted: {error}", access.token);
            }
        });
    }
    Ok(access)
}

/// The access of a token, and whether its last use was noted too long ago.
fn find(session: &mut Session, hash: &Hash, now: NaiveDateTime) -> Result<(Access, bool)> {
    let refuse = || Failure::of(Code::Unauthenticated, "The token does not count, or no longer");
    let row = tokens::find(session, hash)?.ok_or_else(refuse)?;
    let ended = row.revoked_at.is_some() || row.expires_at.is_some_and(|end| end <= now);
    if ended || !bool::from(row.hash.as_slice().ct_eq(hash)) {
        return Err(refuse());
    }
    let right = match row.scope.as_str() {
        "admin" => Right::Admin,
        "write" => Right::Write,
        _ => Right::Read,
    };
    let scope =
        Scope { person: row.person_id, token: Some(row.id), ..Scope::of(row.organization_id) };
    let organization =
        store::organization::find(&mut Tenant::new(scope, session))?.ok_or_else(refuse)?;
    let currency = organization.currency;
    let stale = row.last_used_at.is_none_or(|used| now.signed_duration_since(used) >= NOTED);
    Ok((Access { token: row.id, scope, right, currency }, stale))
}

/// Checks the organization that headers or query name: nothing but the token's own will do.
pub(crate) fn check_organization(request: &HttpRequest, access: &Access) -> Result<()> {
    let own = access.scope.organization.to_string();
    let headers = request.headers().get_all(HeaderName::from_static("x-organization-id"));
    let headers: Vec<_> = headers.map(|value| value.to_str().unwrap_or_default()).collect();
    let query = parameter_values(request.query_string(), ORGANIZATION);
    let sound = headers.len() <= 1 && query.len() <= 1;
    let queried = query.iter().map(|named| named.as_deref().unwrap_or_default());
    if sound && headers.into_iter().chain(queried).all(|named| named == own) {
        Ok(())
    } else {
        Err(Failure::not_found())
    }
}

/// The header, and query parameter, that names the organization.
pub(crate) const ORGANIZATION: &str = "X-Organization-Id";

/// Checks that the token has the right.
pub(crate) fn check_right(access: &Access, needed: Right) -> Result<()> {
    if access.right >= needed {
        return Ok(());
    }
    Err(Failure::from(Error::new(Code::AccessDenied, "The token has no right to do this")))
}

impl Remembered {
    fn get(&self, hash: &Hash) -> Option<Access> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|(since, _)| since.elapsed() < REMEMBERED).map(|(_, access)| *access)
    }

    fn put(&self, hash: Hash, access: Access) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED {
            known.retain(|_, (since, _)| since.elapsed() < REMEMBERED);
        }
        if known.len() < MAX_REMEMBERED {
            known.insert(hash, (Instant::now(), access));
        }
    }
}
