//! A request on its way to the endpoint that answers it, with what the gate has found out about it.

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderName};
use actix_web::{HttpRequest, web};
use apportion_jsonapi::text::cut;
use apportion_jsonapi::{Code, Error, media};
use apportion_store::idempotency::Request;
use apportion_store::{Cause, Scope, Tenant};
use chrono::NaiveDateTime;

use crate::access::idempotency::{self, KeyGuard};
use crate::access::rates::Meter;
use crate::access::{Access, ORGANIZATION, Right, check_right};
use crate::app::App;
use crate::catalog::Resources;
use crate::failure::Result;
use crate::http::body::{BodyFormat, joined, read_body};
use crate::http::method::Stop;
use crate::http::reply::Reply;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The budget that an organization has for reports, and the request that spends of it.
#[derive(Clone)]
pub(crate) struct Purse {
    meter: Meter,
    organization: i64,
}

impl Purse {
    /// Takes units for work that is about to begin, or refuses it.
    pub(crate) fn spend(&self, units: u64) -> Result<()> {
        self.meter.spend(self.organization, units)
    }

    /// Does work for which units were taken, and takes the rest of what it costs by its time.
    pub(crate) fn settle<T>(&self, paid: u64, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.meter.settle(self.organization, paid, began.elapsed());
        done
    }
}

/// The address that a request was sent to.
pub(crate) struct Target<'c> {
    pub(crate) request: &'c HttpRequest,
    /// The types of the service, and the prefix that it stands behind there.
    pub(crate) resources: Arc<Resources>,
    /// The path behind that prefix, as the client sent it.
    pub(crate) path: &'c str,
}

/// A request with a valid token.
pub(crate) struct Call<'c> {
    target: Target<'c>,
    pub(crate) app: &'c App,
    meter: &'c Meter,
    pub(crate) access: Access,
    /// The instant of the request, in UTC.
    pub(crate) now: NaiveDateTime,
    /// Whether that instant may be right.
    pub(crate) is_clock_sound: bool,
    /// The beginning of absolute links, such as `https://api.example.com`.
    pub(crate) origin: String,
    /// The header `Accept`.
    pub(crate) accept: Option<String>,
}

impl<'c> Call<'c> {
    /// Makes a call of a request and what the gate has found out about it.
    pub(crate) fn new(
        target: Target<'c>,
        (app, meter): (&'c App, &'c Meter),
        access: Access,
        now: NaiveDateTime,
        origin: String,
    ) -> Self {
        let accept = joined(target.request, &ACCEPT);
        let is_clock_sound = app.clock_watch.jump().is_none();
        Self { target, app, meter, access, now, is_clock_sound, origin, accept }
    }

    /// Returns the path in the service, as the client sent it.
    pub(crate) fn path(&self) -> &'c str {
        self.target.path
    }

    /// Returns the path by which clients reach what the request was sent to.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.target.resources.prefix(), self.target.path)
    }

    /// Returns the absolute address of a path in the service.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.target.resources.prefix())
    }

    /// Returns the query string.
    pub(crate) fn query(&self) -> &'c str {
        self.target.request.query_string()
    }

    /// Returns the method.
    pub(crate) fn method(&self) -> &'c Method {
        self.target.request.method()
    }

    /// Whether the method only reads.
    pub(crate) fn reads(&self) -> bool {
        matches!(*self.method(), Method::GET | Method::HEAD)
    }

    /// Returns all fields of a header as one list.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<String> {
        joined(self.target.request, name)
    }

    /// Returns the scope in which rows are read and written.
    pub(crate) fn scope(&self) -> Scope {
        self.access.scope
    }

    /// Returns the types of the service, for work on another thread.
    pub(crate) fn resources(&self) -> Arc<Resources> {
        Arc::clone(&self.target.resources)
    }

    /// Refuses a request whose token lacks a right.
    pub(crate) fn check_right(&self, needed: Right) -> Result<()> {
        check_right(&self.access, needed)
    }

    /// Refuses a request that does not accept JSON:API documents of the extension, if there is one.
    pub(crate) fn check_accept(&self, extension: Option<&str>) -> Result<()> {
        Ok(media::check_accept(self.accept.as_deref(), extension, &[])?)
    }

    /// Refuses a request with query parameters, for endpoints that take none.
    pub(crate) fn check_no_parameters(&self) -> Result<()> {
        let names = self.query().split('&').filter(|word| !word.is_empty());
        let mut names = names.map(|word| word.split('=').next().unwrap_or_default());
        match names.find(|name| !name.eq_ignore_ascii_case(ORGANIZATION)) {
            Some(name) => {
                let detail =
                    format!("'{}' is not supported: this endpoint takes no parameters", cut(name));
                Err(Error::parameter(Code::UnsupportedParameter, name, detail).into())
            }
            None => Ok(()),
        }
    }

    /// Takes the least that a report costs from the budget of the organization, or refuses it.
    pub(crate) fn count_report(&self) -> Result<()> {
        self.purse().spend(1)
    }

    /// Returns what work on another thread pays for reports from.
    pub(crate) fn purse(&self) -> Purse {
        Purse { meter: self.meter.clone(), organization: self.access.scope.organization.0 }
    }

    /// Reads the body. Refuses one that is too large, too slow or of another format.
    pub(crate) async fn body(
        &self,
        payload: web::Payload,
        format: BodyFormat<'_>,
    ) -> Result<web::Bytes> {
        let limits = self.app.limits;
        read_body(self.target.request, payload, format, (limits.body, limits.body_time)).await
    }

    /// Takes the `Idempotency-Key` of the request, if it has one and its method takes one. Ends the
    /// request if another with the same key is being answered.
    pub(crate) fn take_key(&self, body: &[u8]) -> Result<Option<KeyGuard>, Stop> {
        let key = self.header(&IDEMPOTENCY_KEY);
        let applies = matches!(*self.method(), Method::POST | Method::PATCH);
        let Some(key) = key.filter(|_| applies) else { return Ok(None) };
        let target =
            self.target.request.uri().path_and_query().map_or("", |target| target.as_str());
        let request = idempotency::request(&key, self.method().as_str(), target, body)?;
        let request = Request { is_clock_sound: self.is_clock_sound, ..request };
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

    /// Does the same as [`Call::read`] for work that is likely to have one statement.
    pub(crate) async fn read_by_statement<T, E>(
        &self,
        work: impl Fn(&mut Tenant<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<apportion_store::Error> + Cause + Send + 'static,
    {
        self.app.store.read_by_statement(self.scope(), work).await
    }

    /// Runs work that writes rows of the tenant, in one transaction. The work is run again if
    /// another transaction interrupts it.
    pub(crate) async fn write(
        &self,
        work: impl Fn(&mut Tenant<'_>) -> Result<Reply> + Send + 'static,
    ) -> Result<Reply> {
        let (outgoing, organization) = (self.app.outgoing.clone(), self.scope().organization.0);
        outgoing.check_room(organization)?;
        let work = move |tenant: &mut Tenant<'_>| {
            // Answers to the work before may have taken it.
            outgoing.check_room(organization)?;
            work(tenant)
        };
        self.app.store.write(self.scope(), work).await
    }
}
