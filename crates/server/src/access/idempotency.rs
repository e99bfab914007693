//! `Idempotency-Key`: a request that is sent again gets the first answer again, and has its effect
//! once. Answers are stored in the transaction of the effect. The keys of requests that are still
//! being answered here are in memory; those of other servers, the store knows.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{ETAG, HeaderName, LOCATION, RETRY_AFTER};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::operations::EXTENSION;
use apportion_jsonapi::query::CURSOR_PROFILE;
use apportion_jsonapi::{Code, Error, Source};
use apportion_store::idempotency::{
    Answer, Claim, PURGED_AT_ONCE, Request, claim, purge as purge_some, save_answer,
};
use apportion_store::{Scope, Store, Tenant};
use chrono::NaiveDateTime;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

/// The largest body that is stored, in bytes.
pub(crate) const MAX_KEPT: usize = 64 * 1024;
const HEADER: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Makes the request that a key stands for. One trailing slash of its path makes no difference.
/// Refuses a malformed key.
pub(crate) fn request(key: &str, method: &str, target: &str, body: &[u8]) -> Result<Request> {
    let well_formed =
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !well_formed {
        let detail = "Idempotency-Key must have 1 to 255 characters, all of them visible ASCII";
        return Err(Error::new(Code::BadRequest, detail).at(Source::Header(HEADER)).into());
    }
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let path = path.strip_suffix('/').unwrap_or(path).to_owned();
    let mut hash = Sha256::new();
    for part in [method, "\n", &path, query, "\n"] {
        hash.update(part);
    }
    hash.update(body);
    let (method, key) = (method.to_owned(), key.to_owned());
    Ok(Request { method, path, key, hash: hash.finalize().into(), is_clock_sound: true })
}

/// The keys of requests that are being answered.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<ScopedKey>>>);

/// A key and the scope in which it stands for one request.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ScopedKey {
    organization: i64,
    method: String,
    path: String,
    key: String,
}

/// A key that no other request can take until this is dropped, and the request that has it.
pub(crate) struct KeyGuard {
    in_flight: InFlight,
    key: ScopedKey,
    request: Request,
}

impl KeyGuard {
    /// Returns a copy of the request, for work on another thread.
    pub(crate) fn to_request(&self) -> Request {
        self.request.clone()
    }
}

impl InFlight {
    /// Takes the key of a request. Refuses if another request with it is being answered.
    pub(crate) fn take(
        &self,
        scope: &Scope,
        request: Request,
    ) -> std::result::Result<KeyGuard, Reply> {
        let Request { method, path, key, .. } = request.clone();
        let key = ScopedKey { organization: scope.organization.0, method, path, key };
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        if is_free {
            return Ok(KeyGuard { in_flight: self.clone(), key, request });
        }
        Err(still_running())
    }
}

/// Makes the refusal of a request whose twin is still being answered.
fn still_running() -> Reply {
    let detail = "The first request with this Idempotency-Key is still being answered; try again \
                  in 1 s";
    let error = Error::new(Code::Conflict, detail).at(Source::Header(HEADER));
    Reply::failure(&Failure::from(error)).with_header(RETRY_AFTER, "1")
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.in_flight.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Does the work of a request the first time that it comes, and stores the answer. Returns the
/// stored answer when it comes again, and refuses a key that another request has used. A refusal
/// that would be the same again is stored too, though the work is rolled back. A body that is too
/// large to be stored is made anew by `again`, of the rows as they are then. The work of a request
/// without a key is always done.
pub(crate) fn once(
    tenant: &mut Tenant<'_>,
    request: Option<&Request>,
    now: NaiveDateTime,
    work: impl FnOnce(&mut Tenant<'_>) -> Result<Reply>,
    again: impl FnOnce(&mut Tenant<'_>, Option<&str>) -> Result<Reply>,
) -> Result<Reply> {
    let Some(request) = request else { return work(tenant) };
    match claim(tenant, request, now)? {
        Claim::First => {}
        Claim::Answered(answer) if is_without_body(&answer) => {
            let reply = again(tenant, answer.location.as_deref())?;
            return Ok(marked(reply, &answer));
        }
        Claim::Answered(answer) => return Ok(replay(answer)),
        Claim::Running => return Ok(still_running()),
        Claim::Other => {
            let detail = "This Idempotency-Key was used for a request with another query or body; \
                          use a new key";
            let error = Error::new(Code::InvalidAttribute, detail).at(Source::Header(HEADER));
            return Err(error.into());
        }
    }
    let reply = match tenant.transaction(work) {
        Err(Failure::Refused(errors)) if errors.iter().all(is_final) => {
            Reply::failure(&Failure::Refused(errors))
        }
        done => done?,
    };
    let answer = Answer {
        status: Some(reply.status.into()),
        location: reply.header(&LOCATION).map(str::to_owned),
        etag: reply.header(&ETAG).map(str::to_owned),
        body: reply.kept().filter(|body| body.len() <= MAX_KEPT).map(<[u8]>::to_vec),
    };
    save_answer(tenant, request, &answer)?;
    Ok(reply)
}

/// Makes no answer anew: for requests whose answers are always short enough to be stored.
pub(crate) fn never_too_large(_: &mut Tenant<'_>, _: Option<&str>) -> Result<Reply> {
    Err(Failure::Broken("an answer was too large to be stored".to_owned()))
}

/// Deletes the expired answers of all tenants.
pub(crate) async fn purge(store: &Store, now: NaiveDateTime) {
    loop {
        match store.write_all(move |session| purge_some(session, now)).await {
            Ok(PURGED_AT_ONCE) => {}
            Ok(_) => return,
            Err(error) if error.is_outage() => return,
            Err(error) => return log::warn!("expired answers were not deleted: {error}"),
        }
    }
}

/// Whether an error is the answer to a request that was understood, and not to its form: only such
/// answers are stored.
fn is_final(error: &Error) -> bool {
    matches!(error.code.status(), 404 | 409 | 412 | 422)
}

/// Whether an answer had a body that was too large to be stored.
fn is_without_body(answer: &Answer) -> bool {
    answer.body.is_none() && matches!(answer.status, Some(200 | 201))
}

fn status(answer: &Answer) -> u16 {
    answer.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(500)
}

fn replay(mut answer: Answer) -> Reply {
    let status = status(&answer);
    let reply = match answer.body.take() {
        Some(body) => restore(body, status),
        None => Reply::empty(status),
    };
    let etag = answer.etag.take().into_iter();
    marked(etag.fold(reply, |reply, etag| reply.with_header(ETAG, etag)), &answer)
}

/// Gives a repeated answer the status and the address of the first, and says that it is one.
fn marked(reply: Reply, first: &Answer) -> Reply {
    let location = first.location.iter();
    location
        .fold(reply.with_status(status(first)), |reply, at| reply.with_header(LOCATION, at.clone()))
        .with_header(REPLAYED, "true")
}

/// Makes an answer with a stored body, and restores its media type. The member `jsonapi` of a
/// document names the extension or profile that it applies; JSON without that member is plain.
fn restore(body: Vec<u8>, status: u16) -> Reply {
    let json = Json::parse(&body).ok();
    let Some(version) = json.as_ref().and_then(|json| json.member("jsonapi")) else {
        return Reply::plain(body, PLAIN).with_status(status);
    };
    let applies = |name: &str, uri: &str| {
        let uris = version.member(name);
        matches!(uris, Some(Json::Array(uris)) if uris.contains(&Json::Text(uri.into())))
    };
    let extension = applies("ext", EXTENSION);
    let profile = applies("profile", CURSOR_PROFILE).then_some(CURSOR_PROFILE);
    let reply = Reply::document(status, body.clone()).with_profile(profile);
    if extension { reply.with_extension(EXTENSION) } else { reply }
}
