//! A request on its way to the endpoint that answers it, with what the gate has found out.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderName};
use actix_web::{HttpRequest, web};
use apportion_jsonapi::{Code, Error, media};
use apportion_store::idempotency::Request;
use apportion_store::{Cause, Scope, Tenant};
use chrono::NaiveDateTime;

use crate::access::idempotency::{self, Taken};
use crate::access::{Access, ORGANIZATION, Right, check_right};
use crate::app::App;
use crate::catalog::Resources;
use crate::failure::Result;
use crate::http::body::{Sent, joined, read_body};
use crate::http::method::Stop;
use crate::http::reply::Reply;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request of somebody who was let in.
pub(crate) struct Call<'c> {
    request: &'c HttpRequest,
    pub(crate) app: &'c App,
    pub(crate) access: Access,
    /// The instant at which the request counts, UTC.
    pub(crate) now: NaiveDateTime,
    /// The beginning of absolute links.
    pub(crate) origin: String,
    /// The header `Accept`.
    pub(crate) accept: Option<String>,
}

impl<'c> Call<'c> {
    /// Takes in what the gate has found out of a request.
    pub(crate) fn new(
        request: &'c HttpRequest,
        app: &'c App,
        access: Access,
        now: NaiveDateTime,
        origin: String,
    ) -> Self {
        let accept = joined(request, &ACCEPT);
        Self { request, app, access, now, origin, accept }
    }

    /// Returns the path as it came.
    pub(crate) fn path(&self) -> &'c str {
        self.request.uri().path()
    }

    /// Returns the query string.
    pub(crate) fn query(&self) -> &'c str {
        self.request.query_string()
    }

    /// Returns the method.
    pub(crate) fn method(&self) -> &'c Method {
        self.request.method()
    }

    /// Whether the method only reads.
    pub(crate) fn reads(&self) -> bool {
        matches!(*self.method(), Method::GET | Method::HEAD)
    }

    /// Returns all fields of a header as one list.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<String> {
        joined(self.request, name)
    }

    /// Returns in whose name rows are read and written.
    pub(crate) fn scope(&self) -> Scope {
        self.access.scope
    }

    /// Returns the types of the service, for work on another thread.
    pub(crate) fn resources(&self) -> Arc<Resources> {
        Arc::clone(&self.app.resources)
    }

    /// Ends a request whose token lacks a right.
    pub(crate) fn check_right(&self, needed: Right) -> Result<()> {
        check_right(&self.access, needed)
    }

    /// Ends a request that does not accept JSON:API documents, by the extension if there is one.
    pub(crate) fn check_accept(&self, extension: Option<&str>) -> Result<()> {
        Ok(media::check_accept(self.accept.as_deref(), extension)?)
    }

    /// Ends a request with parameters, for endpoints that take none.
    pub(crate) fn check_no_parameters(&self) -> Result<()> {
        let names = self.query().split('&').filter(|word| !word.is_empty());
        let mut names = names.map(|word| word.split('=').next().unwrap_or_default());
        match names.find(|name| !name.eq_ignore_ascii_case(ORGANIZATION)) {
            Some(name) => {
                let detail = "This endpoint takes no parameters";
                Err(Error::parameter(Code::UnsupportedParameter, name, detail).into())
            }
            None => Ok(()),
        }
    }

    /// Counts a request that costs as much as a report.
    pub(crate) fn count_report(&self) -> Result<(), Stop> {
        let rates = self.app.rates.as_ref();
        rates.map_or(Ok(()), |rates| rates.admit_report(&self.access)).map_err(Stop::Replied)
    }

    /// Reads the body, of a media type that is served, within its limits.
    pub(crate) async fn body(&self, payload: web::Payload, sent: Sent<'_>) -> Result<web::Bytes> {
        read_body(self.request, payload, sent).await
    }

    /// Takes the key of a request that says that it may come again. Ends the request if its twin is
    /// being answered.
    pub(crate) fn take_key(&self, body: &[u8]) -> Result<Option<Taken>, Stop> {
        let key = self.header(&IDEMPOTENCY_KEY);
        let repeats = matches!(*self.method(), Method::POST | Method::PATCH);
        let Some(key) = key.filter(|_| repeats) else { return Ok(None) };
        let target = self.request.uri().path_and_query().map_or("", |target| target.as_str());
        let request = idempotency::request(&key, self.method().as_str(), target, body)?;
        self.app.in_flight.take(&self.access.scope, request).map(Some).map_err(Stop::Replied)
    }

    /// Runs work that reads rows of the tenant.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<apportion_store::Error> + Cause + Send + 'static,
    {
        self.app.store.read(self.scope(), work).await
    }

    /// Runs work that writes rows of the tenant, as one transaction that may be run again.
    pub(crate) async fn write(
        &self,
        work: impl Fn(&mut Tenant<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Reply> {
        self.app.store.write(self.scope(), work).await
    }
}

/// Returns the request that a key was taken for.
pub(crate) fn keyed(taken: Option<&Taken>) -> Option<Request> {
    taken.map(|taken| taken.request().clone())
}
