//! `Idempotency-Key`: a request that comes again is answered again, and has its effect once. What
//! was answered is kept in the transaction of the effect; who is still at it, in memory.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::{ETAG, HeaderName, LOCATION, RETRY_AFTER};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::operations::EXTENSION;
use apportion_jsonapi::query::CURSOR_PROFILE;
use apportion_jsonapi::{Code, Error, Source};
use apportion_store::idempotency::{Answer, Claim, Request, claim, save_answer};
use apportion_store::{Scope, Tenant};
use chrono::NaiveDateTime;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

const HEADER: &str = "Idempotency-Key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The request that carries this key, apart from what does not make it another.
pub(crate) fn request(key: &str, method: &str, target: &str, body: &[u8]) -> Result<Request> {
    let sound = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !sound {
        let detail = "An Idempotency-Key has 1 to 255 visible ASCII characters";
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
    Ok(Request { method, path, key, hash: hash.finalize().into() })
}

/// The keys of requests that are being answered.
#[derive(Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<Flight>>>);

/// Organization, method, path and key.
type Flight = (i64, String, String, String);

/// A key that is taken until this is dropped, and the request that carries it.
pub(crate) struct Taken {
    all: InFlight,
    flight: Flight,
    request: Request,
}

impl Taken {
    /// Returns the request.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }
}

impl InFlight {
    /// Takes the key of a request. Refuses if its twin has it.
    pub(crate) fn take(
        &self,
        scope: &Scope,
        request: Request,
    ) -> std::result::Result<Taken, Reply> {
        let Request { method, path, key, .. } = request.clone();
        let flight = (scope.organization.0, method, path, key);
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(flight.clone());
        if taken {
            return Ok(Taken { all: self.clone(), flight, request });
        }
        let detail = "A request with this Idempotency-Key is being answered";
        let error = Error::new(Code::Conflict, detail).at(Source::Header(HEADER));
        Err(Reply::failure(&Failure::from(error)).with(RETRY_AFTER, "1"))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.flight);
    }
}

/// Answers a request once: the first time by doing the work, then by what was answered. A refusal
/// by the rules is an answer too, though nothing of the work is kept. A request without a key is
/// answered by doing the work.
pub(crate) fn once(
    tenant: &mut Tenant<'_>,
    request: Option<&Request>,
    now: NaiveDateTime,
    work: impl FnOnce(&mut Tenant<'_>) -> Result<Reply>,
) -> Result<Reply> {
    let Some(request) = request else { return work(tenant) };
    match claim(tenant, request, now)? {
        Claim::First => {}
        Claim::Answered(answer) => return Ok(replay(answer)),
        Claim::Other => {
            let detail = "Another request has come with this Idempotency-Key";
            let error = Error::new(Code::InvalidAttribute, detail).at(Source::Header(HEADER));
            return Err(error.into());
        }
    }
    let reply = match tenant.transaction(work) {
        Err(Failure::Refused(errors)) if errors.iter().all(is_verdict) => {
            Reply::failure(&Failure::Refused(errors))
        }
        done => done?,
    };
    let answer = Answer {
        status: Some(reply.status.into()),
        location: reply.header(&LOCATION).map(str::to_owned),
        etag: reply.header(&ETAG).map(str::to_owned),
        body: reply.body.as_deref().map(<[u8]>::to_vec),
    };
    save_answer(tenant, request, &answer)?;
    Ok(reply)
}

/// Whether the state of the records, not the form of the request, is what an error is about.
fn is_verdict(error: &Error) -> bool {
    matches!(error.code.status(), 404 | 409 | 412 | 422)
}

fn replay(answer: Answer) -> Reply {
    let status = answer.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let reply = match answer.body {
        Some(body) => as_made(body, status),
        None => Reply::empty(status),
    };
    let headers = [(LOCATION, answer.location), (ETAG, answer.etag)];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    headers.fold(reply, |reply, (name, value)| reply.with(name, value)).with(REPLAYED, "true")
}

/// What was made before, of the media type that it shows: the member `jsonapi` of a document says
/// by what it was made, and JSON without one is plain.
fn as_made(body: Vec<u8>, status: u16) -> Reply {
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
