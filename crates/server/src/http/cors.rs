//! Cross-origin requests (CORS, as in the Fetch Standard): pages of the origins that the operator
//! names may send requests and read answers. Deliberately absent: credentials of the browser, such
//! as cookies. A page sends its token in a header, so they are never allowed.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};

use crate::http::reply::Reply;

const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
/// The headers that a page may send.
const REQUEST_HEADERS: &str = "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, \
                       If-None-Match, X-Auth-Token, X-Organization-Id";
/// The headers of an answer that a page may read, besides those that every page may read.
const ANSWER_HEADERS: &str = "Allow, ETag, Idempotency-Replayed, Location, RateLimit, Retry-After, \
                    X-RateLimit-Reset, X-Request-Id, X-Siren-Estimated-Count";
/// The time that a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: &str = "600";

/// The origins whose pages may read answers.
#[derive(Clone, Debug)]
pub(crate) struct Cors(Vec<String>);

impl Cors {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// Answers a preflight: a browser asks, without a token, whether a page may send a request.
    /// Returns `None` if the request is no preflight of an origin that is allowed.
    pub(crate) fn preflight(&self, request: &HttpRequest) -> Option<Reply> {
        let asks = *request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        self.origin(request).filter(|_| asks)?;
        let reply = Reply::empty(204)
            .with_header(ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .with_header(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS)
            .with_header(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(reply)
    }

    /// Adds the headers that allow a page of an allowed origin to read the answer.
    pub(crate) fn allow(&self, request: &HttpRequest, reply: Reply) -> Reply {
        if self.0.is_empty() {
            return reply;
        }
        let reply = reply.vary_by_origin();
        match self.origin(request) {
            Some(origin) => reply
                .with_header(ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                .with_header(ACCESS_CONTROL_EXPOSE_HEADERS, ANSWER_HEADERS),
            None => reply,
        }
    }

    /// Returns the origin of the page that sends a request, if it is one of those allowed.
    fn origin(&self, request: &HttpRequest) -> Option<&str> {
        let mut given = request.headers().get_all(ORIGIN);
        let (given, None) = (given.next()?.to_str().ok()?, given.next()) else { return None };
        self.0.iter().map(String::as_str).find(|known| *known == given)
    }
}
