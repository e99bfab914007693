//! Answers on their way out: status, document, and the headers that every answer carries.

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

use crate::failure::Failure;
use crate::http::etag;

/// The headers of a request by which answers differ, where they do by its origin and elsewhere.
const VARIES_BY: (&str, &str) = (
    "Accept, Authorization, X-Auth-Token, X-Organization-Id, Origin",
    "Accept, Authorization, X-Auth-Token, X-Organization-Id",
);

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Bytes>,
    headers: Vec<(HeaderName, String)>,
    applied: Option<(&'static str, &'static str)>,
    media_type: &'static str,
    varies_by_origin: bool,
}

impl Reply {
    /// An answer with a document.
    pub(crate) fn document(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            body: Some(body.into()),
            headers: Vec::new(),
            applied: None,
            media_type: MEDIA_TYPE,
            varies_by_origin: false,
        }
    }

    /// An answer that is no JSON:API document.
    pub(crate) fn plain(body: impl Into<Bytes>, media_type: &'static str) -> Self {
        Self { media_type, ..Self::document(200, body) }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { body: None, ..Self::document(status, Bytes::new()) }
    }

    /// The same answer with another status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same answer, said in other words.
    pub(crate) fn retold(self, body: impl Into<Bytes>, media_type: &'static str) -> Self {
        Self { body: Some(body.into()), media_type, applied: None, ..self }
    }

    /// The same answer with one header more.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer, which is another for pages of other origins.
    pub(crate) fn varying_by_origin(self) -> Self {
        Self { varies_by_origin: true, ..self }
    }

    /// The same answer for whoever may keep it, but is to ask each time whether it is still this
    /// one; `known` is what they say that they have.
    pub(crate) fn kept(self, known: Option<&str>) -> Self {
        let tag = format!("\"{:08x}\"", crc32fast::hash(self.body.as_deref().unwrap_or_default()));
        let is_known = known.is_some_and(|known| etag::names(known, &tag));
        let reply = if is_known { Self::empty(304) } else { self };
        reply.with(ETAG, tag).with(CACHE_CONTROL, "no-cache")
    }

    /// The same answer, made by a profile.
    pub(crate) fn with_profile(self, profile: Option<&'static str>) -> Self {
        Self { applied: profile.map(|uri| ("profile", uri)), ..self }
    }

    /// The same answer, made by an extension.
    pub(crate) fn with_extension(self, uri: &'static str) -> Self {
        Self { applied: Some(("ext", uri)), ..self }
    }

    /// A header of the answer.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An error document. What is our fault is logged here, with the ids that the client sees.
    pub(crate) fn failure(failure: &Failure) -> Self {
        let errors = failure.errors();
        let status = common_status(&errors);
        let body = error::document(&errors, |error| {
            let id = uuid::Uuid::now_v7().to_string();
            log(failure, error, &id);
            id
        });
        let reply = Self::document(status, body);
        match status {
            401 => reply.with(WWW_AUTHENTICATE, "Bearer"),
            503 => reply.with(RETRY_AFTER, "1"),
            _ => reply,
        }
    }

    /// A refusal of a method.
    pub(crate) fn not_allowed(allowed: &str) -> Self {
        let error = Error::new(Code::MethodNotAllowed, format!("This endpoint takes {allowed}"));
        Self::failure(&Failure::from(error)).with(ALLOW, allowed)
    }

    /// The answer as actix sends it.
    pub(crate) fn respond(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.insert_header((name, value));
            }
        }
        let (by_origin, others) = VARIES_BY;
        response
            .insert_header((VARY, if self.varies_by_origin { by_origin } else { others }))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        match self.body {
            Some(body) => {
                let media_type = match self.applied {
                    Some((name, uri)) => format!("{MEDIA_TYPE}; {name}=\"{uri}\"").into(),
                    None => Cow::Borrowed(self.media_type),
                };
                response.insert_header((CONTENT_TYPE, media_type.as_ref())).body(body)
            }
            None => response.finish(),
        }
    }
}

fn log(failure: &Failure, error: &Error, id: &str) {
    match failure {
        Failure::Store(cause) if error.code.status() >= 500 => {
            log::error!(error_id = id, code = error.code.as_str(); "{cause}");
        }
        _ => log::debug!(error_id = id, code = error.code.as_str(); "{}", error.detail),
    }
}
