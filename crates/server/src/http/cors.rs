//! Pages of other origins: those that the operator names may read answers and ask beforehand (CORS,
//! as the Fetch Standard has it). Tokens travel in headers of the page's own, so that no
//! credentials of the browser's are ever allowed.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};

use crate::http::reply::Reply;

const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE, OPTIONS";
/// What a request may carry.
const CARRIED: &str = "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, \
                       If-None-Match, X-Auth-Token, X-Organization-Id";
/// What a page may read of an answer, beside what every page may.
const READ: &str = "Allow, ETag, Idempotency-Replayed, Location, RateLimit, Retry-After, \
                    X-RateLimit-Reset, X-Request-Id, X-Siren-Estimated-Count";
/// For how many seconds a browser need not ask again.
const MAX_AGE: &str = "600";

/// The origins whose pages may read answers.
#[derive(Clone, Debug)]
pub(crate) struct Cors(Vec<String>);

impl Cors {
    pub(crate) fn new(origins: Vec<String>) -> Self {
        Self(origins)
    }

    /// The answer to a browser that asks whether a page may send a request. It carries no token.
    pub(crate) fn preflight(&self, request: &HttpRequest) -> Option<Reply> {
        let asks = *request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        self.origin(request).filter(|_| asks)?;
        let reply = Reply::empty(204)
            .with(ACCESS_CONTROL_ALLOW_METHODS, METHODS)
            .with(ACCESS_CONTROL_ALLOW_HEADERS, CARRIED)
            .with(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(reply)
    }

    /// The answer, with whether a page may read it.
    pub(crate) fn allow(&self, request: &HttpRequest, reply: Reply) -> Reply {
        if self.0.is_empty() {
            return reply;
        }
        let reply = reply.varying_by_origin();
        match self.origin(request) {
            Some(origin) => reply
                .with(ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                .with(ACCESS_CONTROL_EXPOSE_HEADERS, READ),
            None => reply,
        }
    }

    /// The origin of the page that asks, where it is one of ours.
    fn origin(&self, request: &HttpRequest) -> Option<&str> {
        let mut given = request.headers().get_all(ORIGIN);
        let (given, None) = (given.next()?.to_str().ok()?, given.next()) else { return None };
        self.0.iter().map(String::as_str).find(|known| *known == given)
    }
}
