//! The methods of an address, and the early end of a request, which a method that the address does
//! not take is one reason for.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::ALLOW;

use crate::failure::Failure;
use crate::http::reply::Reply;

/// The methods of an address that is only read.
pub(crate) const READS: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS];
/// The methods of an address that bodies are only sent to.
pub(crate) const SENDS: &[Method] = &[Method::OPTIONS, Method::POST];

/// The reason why a request ends early.
pub(crate) enum Stop {
    /// The request is refused, or cannot be carried out now.
    Failed(Failure),
    /// The answer is made already.
    Replied(Reply),
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Stop::Failed(failure.into())
    }
}

/// The methods of an address.
#[derive(Clone, Copy)]
pub(crate) struct Methods {
    /// The methods that it takes.
    pub(crate) allowed: &'static [Method],
    /// The methods that it names to clients. Those that it takes only to refuse them with a reason
    /// of their own are not among them.
    pub(crate) advertised: &'static [Method],
}

impl Methods {
    /// Returns methods that are all named to clients.
    pub(crate) const fn all(methods: &'static [Method]) -> Self {
        Self { allowed: methods, advertised: methods }
    }

    /// Ends a request whose method is not among these (405), and one with `OPTIONS` (204).
    pub(crate) fn check(self, request: &HttpRequest) -> Result<(), Stop> {
        let names = || self.advertised.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        match request.method() {
            &Method::OPTIONS => Err(Stop::Replied(Reply::empty(204).with_header(ALLOW, names()))),
            method if self.allowed.contains(method) => Ok(()),
            _ => Err(Stop::Replied(Reply::not_allowed(&names()))),
        }
    }
}
