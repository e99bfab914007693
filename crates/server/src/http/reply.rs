//! Answers: status, body, and the headers that every answer carries.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER, VARY,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::Bytes;
use apportion_jsonapi::error::{self, common_status};
use apportion_jsonapi::media::MEDIA_TYPE;
use apportion_jsonapi::{Code, Error};
use log::Level;
use uuid::Uuid;

use crate::failure::{Failure, Kind};
use crate::http::etag;
use crate::http::outgoing::{self, Room};

/// The headers of a request that answers depend on.
const VARIES_BY: &str = "Accept, Authorization, X-Auth-Token, X-Organization-Id";
/// The same for a server that allows other origins.
const VARIES_BY_ORIGIN: &str = "Accept, Authorization, X-Auth-Token, X-Organization-Id, Origin";

/// An answer to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Bytes>,
    headers: Vec<(HeaderName, String)>,
    /// The parameter of the media type, `ext` or `profile`, and its URI.
    applied: Option<(&'static str, &'static str)>,
    media_type: &'static str,
    varies_by_origin: bool,
    /// The kind of refusal that the answer is, for those who watch the server.
    pub(crate) refused: Option<Kind>,
    aside: Option<Box<Aside>>,
}

/// Parts that most answers do not have. An answer is handed on often, so that they are put aside.
#[derive(Debug, Default)]
struct Aside {
    /// The lines of the log about the errors, in their order.
    notes: Vec<Note>,
    /// A shorter body, to be stored for a repeated request in place of the body.
    shorter: Option<Bytes>,
}

/// A line of the log about an error.
#[derive(Debug)]
struct Note {
    level: Level,
    code: &'static str,
    text: String,
}

/// The beginning of the ids of errors until it is known which request they belong to.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

impl Reply {
    /// Makes an answer with a JSON:API document.
    pub(crate) fn document(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            body: Some(body.into()),
            headers: Vec::new(),
            applied: None,
            media_type: MEDIA_TYPE,
            varies_by_origin: false,
            refused: None,
            aside: None,
        }
    }

    /// Makes an answer with status 200 that is no JSON:API document.
    pub(crate) fn plain(body: impl Into<Bytes>, media_type: &'static str) -> Self {
        Self { media_type, ..Self::document(200, body) }
    }

    /// Makes an answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { body: None, ..Self::document(status, Bytes::new()) }
    }

    /// Replaces the status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Replaces the body by one of another media type.
    pub(crate) fn with_body(self, body: impl Into<Bytes>, media_type: &'static str) -> Self {
        Self { body: Some(body.into()), media_type, applied: None, ..self }
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says in `Vary` that the answer depends on the origin of the page.
    pub(crate) fn vary_by_origin(self) -> Self {
        Self { varies_by_origin: true, ..self }
    }

    /// Makes an answer that clients may store but must validate at each use, by an entity tag of
    /// its body. `known` is the header `If-None-Match`: if it lists the tag, the answer is 304.
    pub(crate) fn validated(self, known: Option<&str>) -> Self {
        let tag = format!("\"{:08x}\"", crc32fast::hash(self.body.as_deref().unwrap_or_default()));
        let is_known = known.is_some_and(|known| etag::lists(known, &tag));
        let reply = if is_known { Self::empty(304) } else { self };
        reply.with_header(ETAG, tag).with_header(CACHE_CONTROL, "no-cache")
    }

    /// Adds a shorter body, to be stored for a repeated request.
    pub(crate) fn with_shorter(self, body: impl Into<Bytes>) -> Self {
        let shorter = Some(body.into());
        Self { aside: Some(Box::new(Aside { shorter, ..Aside::default() })), ..self }
    }

    /// Returns the body to be stored for a repeated request.
    pub(crate) fn kept(&self) -> Option<&[u8]> {
        let shorter = self.aside.as_ref().and_then(|aside| aside.shorter.as_ref());
        shorter.or(self.body.as_ref()).map(AsRef::as_ref)
    }

    /// Names the profile that the document applies, if there is one.
    pub(crate) fn with_profile(self, profile: Option<&'static str>) -> Self {
        Self { applied: profile.map(|uri| ("profile", uri)), ..self }
    }

    /// Names the extension that the document applies.
    pub(crate) fn with_extension(self, uri: &'static str) -> Self {
        Self { applied: Some(("ext", uri)), ..self }
    }

    /// Returns a header of the answer.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Makes an answer with an error document. The ids of its errors, and their lines in the log,
    /// wait for [`identify`](Self::identify).
    pub(crate) fn failure(failure: &Failure) -> Self {
        let errors = failure.errors();
        let status = common_status(&errors);
        let mut notes = Vec::new();
        let body = error::document(&errors, |error| {
            notes.push(note(failure, error));
            format!("{NOBODY}-{}", notes.len())
        });
        let aside = Some(Box::new(Aside { notes, shorter: None }));
        let refused = failure.kind(&errors);
        let reply = Self { aside, refused, ..Self::document(status, body) };
        match status {
            401 => reply.with_header(WWW_AUTHENTICATE, "Bearer"),
            503 => reply.with_header(RETRY_AFTER, "1"),
            _ => reply,
        }
    }

    /// Gives the errors of the answer ids that begin with that of the request, `<request>-1` and so
    /// on, and writes their lines to the log: faults of the server as errors, all others for
    /// debugging. So an answer that is given again has ids of its own.
    pub(crate) fn identify(mut self, request: Uuid) -> Self {
        let request = request.to_string();
        if self.status >= 400
            && let Some(body) = &self.body
        {
            self.body = Some(renamed(body, &request));
        }
        let notes = self.aside.take().map(|aside| aside.notes).unwrap_or_default();
        for (Note { level, code, text }, number) in notes.into_iter().zip(1..) {
            let id = format!("{request}-{number}");
            log::log!(level, request_id = request, error_id = id, code = code; "{text}");
        }
        self
    }

    /// Makes the refusal of a method. `allowed` lists the methods that the address takes.
    pub(crate) fn not_allowed(allowed: &str) -> Self {
        let error = Error::new(Code::MethodNotAllowed, format!("This endpoint takes {allowed}"));
        Self::failure(&Failure::from(error)).with_header(ALLOW, allowed)
    }

    /// Converts the answer into the form that actix sends. A long one has taken room.
    pub(crate) fn respond(self, room: Option<Room>) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.insert_header((name, value));
            }
        }
        let varies_by = if self.varies_by_origin { VARIES_BY_ORIGIN } else { VARIES_BY };
        response
            .insert_header((VARY, varies_by))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        match self.body {
            Some(body) => {
                let media_type = match self.applied {
                    Some((name, uri)) => format!("{MEDIA_TYPE}; {name}=\"{uri}\"").into(),
                    None => Cow::Borrowed(self.media_type),
                };
                response.insert_header((CONTENT_TYPE, media_type.as_ref()));
                match room {
                    Some(room) => response.body(outgoing::body(body, room)),
                    None => response.body(body),
                }
            }
            None => response.finish(),
        }
    }
}

fn note(failure: &Failure, error: &Error) -> Note {
    let code = error.code.as_str();
    let (level, text) = match failure {
        Failure::Store(cause) if error.code.status() >= 500 => (Level::Error, cause.to_string()),
        Failure::Broken(cause) => (Level::Error, cause.clone()),
        _ => (Level::Debug, error.detail.to_string()),
    };
    Note { level, code, text }
}

/// Returns an error document in which ids begin with that of a request. A text of a client cannot
/// pass for an id: within a text, quotes stand behind a backslash.
fn renamed(body: &[u8], request: &str) -> Bytes {
    let mark = format!("\"id\":\"{NOBODY}-");
    let (mut named, mut rest) = (Vec::with_capacity(body.len()), body);
    while let Some(at) = rest.windows(mark.len()).position(|part| part == mark.as_bytes()) {
        let (before, after) = rest.split_at(at);
        named.extend_from_slice(before);
        named.extend_from_slice(format!("\"id\":\"{request}-").as_bytes());
        rest = after.get(mark.len()..).unwrap_or_default();
    }
    named.extend_from_slice(rest);
    Bytes::from(named)
}
