//! Other ways than tokens to find out who sends a request: those of a program that mounts the
//! service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::RequestHead;
use actix_web::http::header::AUTHORIZATION;
use apportion_core::currency::Currency;
use apportion_core::id::{OrganizationId, PersonId};
use apportion_jsonapi::Code;
use apportion_store::{self as store, Actor, Scope, Session, Store, Tenant, person};

use crate::access::recent::Recent;
use crate::access::{Access, CACHE_TIME, Right};
use crate::failure::{Failure, Result};

/// The longest time that an authenticator may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of identities that are never forgotten.
const MAX_KNOWN: usize = 10_000;

/// The identity of whoever sends a request, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The organization whose rows they reach. It must exist.
    pub organization: OrganizationId,
    /// The person of that organization in whose name they act, if there is one: the creator of new
    /// rows.
    pub person: Option<PersonId>,
    /// The right that they have.
    pub right: Right,
    /// The name that events have for them, of 1 to 120 bytes: the subject of a JWT, for instance.
    /// Requests are counted by it, within the organization.
    pub actor: String,
}

/// The reason why a request is not admitted. Its text is told to the client, so it has no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody who is known sends this request: 401. It counts against the rate of its address.
    Unauthenticated(String),
    /// The sender is known, and may not do anything here: 403.
    Denied(String),
    /// It cannot be found out now: 503. The client may try again.
    Unavailable(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated(why) => Self::refusal(Code::Unauthenticated, why),
            Refusal::Denied(why) => Self::refusal(Code::AccessDenied, why),
            Refusal::Unavailable(why) => Self::refusal(Code::Unavailable, why),
        }
    }
}

/// A way to find out who sends a request.
pub trait Authenticator: Send + Sync + 'static {
    /// Finds out who sends the request with this head. The request waits for it, for 10 s at most,
    /// and nothing of the service is done before.
    ///
    /// # Errors
    ///
    /// The reason why the request is not admitted.
    fn authenticate(
        &self,
        request: &RequestHead,
    ) -> impl Future<Output = std::result::Result<Identity, Refusal>>;
}

type Found<'f> = Pin<Box<dyn Future<Output = std::result::Result<Identity, Refusal>> + 'f>>;

/// An [`Authenticator`] of a type that is not known.
trait Asked: Send + Sync {
    fn ask<'f>(&'f self, request: &'f RequestHead) -> Found<'f>;
}

impl<A: Authenticator> Asked for A {
    fn ask<'f>(&'f self, request: &'f RequestHead) -> Found<'f> {
        Box::pin(self.authenticate(request))
    }
}

/// The ways in which a service finds out who sends a request: tokens of its own, unless it is told
/// otherwise.
#[derive(Clone, Default)]
pub struct Authentication {
    other: Option<Arc<dyn Asked>>,
    with_tokens: bool,
}

impl Authentication {
    /// Returns the usual way, which is tokens.
    #[must_use]
    pub fn tokens() -> Self {
        Self::default()
    }

    /// Asks this authenticator, and takes no tokens.
    #[must_use]
    pub fn by(authenticator: impl Authenticator) -> Self {
        Self { other: Some(Arc::new(authenticator)), with_tokens: false }
    }

    /// Takes tokens as well: a request with `X-Auth-Token`, or with a bearer token that begins with
    /// `apt_`, is held against those.
    #[must_use]
    pub fn or_tokens(self) -> Self {
        Self { with_tokens: true, ..self }
    }

    /// Asks the authenticator who sends a request; `None` if tokens decide.
    pub(super) async fn ask(
        &self,
        request: &RequestHead,
    ) -> Option<std::result::Result<Identity, Refusal>> {
        let other = self.other.as_ref().filter(|_| !(self.with_tokens && has_token(request)))?;
        let late = |_| Err(Refusal::Unavailable("It took too long to find out who asks".into()));
        Some(tokio::time::timeout(PATIENCE, other.ask(request)).await.unwrap_or_else(late))
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("other", &self.other.is_some())
            .field("with_tokens", &(self.with_tokens || self.other.is_none()))
            .finish()
    }
}

fn has_token(request: &RequestHead) -> bool {
    let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    request.headers().contains_key("x-auth-token")
        || token.is_some_and(|token| token.starts_with("apt_"))
}

/// The organizations and persons of identities that were looked up lately, with the currency of the
/// organization.
pub(crate) struct Known(Mutex<Recent<Key, (Instant, Currency)>>);

/// An organization, and a person of it.
type Key = (i64, Option<i64>);

impl Default for Known {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(MAX_KNOWN)))
    }
}

impl Known {
    /// Returns the access of an identity. Refuses one whose organization or person does not exist.
    pub(super) async fn access(&self, store: &Store, identity: Identity) -> Result<Access> {
        let Identity { organization, person, right, actor } = identity;
        let actor = Actor::new(&actor).map_err(|rule| {
            let detail = format!("The name of whoever asks {rule}");
            Failure::refusal(Code::AccessDenied, detail)
        })?;
        let scope = Scope { person, actor: Some(actor), ..Scope::of(organization) };
        let key = (organization.0, person.map(|person| person.0));
        let known = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.peek(&key).filter(|(at, _)| at.elapsed() < CACHE_TIME).copied()
        };
        if let Some((_, currency)) = known {
            return Ok(Access { scope, right, currency });
        }
        let currency = store.read_at_once(move |session| look_up(session, scope)).await?;
        let fresh = (Instant::now(), currency);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(key, || fresh) = fresh;
        Ok(Access { scope, right, currency })
    }
}

fn look_up(session: &mut Session, scope: Scope) -> Result<Currency> {
    let deny = |what: &str, id: i64| {
        let detail = format!("The {what} {id} of whoever asks does not exist here");
        Failure::refusal(Code::AccessDenied, detail)
    };
    let mut tenant = Tenant::new(scope, session);
    let organization = store::organization::find(&mut tenant)?;
    let organization = organization.ok_or_else(|| deny("organization", scope.organization.0))?;
    if let Some(id) = scope.person
        && store::load_by::<person::PersonRow>(&mut tenant, person::ID, &[id.0], 1)?.is_empty()
    {
        return Err(deny("person", id.0));
    }
    Ok(organization.currency)
}
