//! What ends a request early, and the first thing that does: a method that its address does not take.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::ALLOW;

use crate::failure::Failure;
use crate::http::reply::Reply;

/// The methods of what is only read.
pub(crate) const READS: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS];
/// The methods of what is only sent.
pub(crate) const SENDS: &[Method] = &[Method::OPTIONS, Method::POST];

/// Why a request ends early.
pub(crate) enum Stop {
    /// It is refused, or not possible now.
    Failed(Failure),
    /// It is answered already.
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
    /// Those that it takes.
    pub(crate) allowed: &'static [Method],
    /// Those that it names to clients: not those that it takes only to refuse them with a reason.
    pub(crate) named: &'static [Method],
}

impl Methods {
    /// Returns methods that are all named.
    pub(crate) const fn all(methods: &'static [Method]) -> Self {
        Self { allowed: methods, named: methods }
    }

    /// Ends a request whose method is not among these, or which only asks for the methods.
    pub(crate) fn check(self, request: &HttpRequest) -> Result<(), Stop> {
        let names = || self.named.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        match request.method() {
            &Method::OPTIONS => Err(Stop::Replied(Reply::empty(204).with(ALLOW, names()))),
            method if self.allowed.contains(method) => Ok(()),
            _ => Err(Stop::Replied(Reply::not_allowed(&names()))),
        }
    }
}
