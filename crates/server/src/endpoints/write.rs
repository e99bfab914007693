//! Writing: creates, updates and deletes resources, and writes relationships. Each request is one
//! transaction, from the lock on the row to the document that shows it.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{IF_MATCH, LOCATION};
use actix_web::web;
use apportion_core::currency::Currency;
use apportion_jsonapi::input::Action;
use apportion_jsonapi::operations::Verb;
use apportion_jsonapi::{Code, Error, Input, Query};
use apportion_store::idempotency::Request;
use apportion_store::{Field, Tenant};
use chrono::NaiveDateTime;

use crate::access::Right;
use crate::access::idempotency::{KeyGuard, once};
use crate::catalog::{Resources, TypeRef, Work};
use crate::endpoints::call::Call;
use crate::endpoints::read::{self, Target, View};
use crate::endpoints::resource_route::Route;
use crate::failure::{Failure, Result, at_linkage};
use crate::http::body::BodyFormat;
use crate::http::etag::Expected;
use crate::http::method::Stop;
use crate::http::reply::Reply;

/// Answers a request to write a resource or a relationship: makes the change, or reports all that
/// is wrong with the request.
pub(crate) async fn answer(
    call: &Call<'_>,
    payload: web::Payload,
    route: Route,
) -> Result<Reply, Stop> {
    let resources = call.resources();
    let kind = route.kind(&resources).ok_or_else(Failure::not_found)?;
    call.check_right(Right::to_write(kind.resource().restricted))?;
    call.check_accept(None)?;
    let deletes = matches!(route, Route::Resource(..)) && *call.method() == Method::DELETE;
    let body = if deletes {
        // Some clients send a body with DELETE; it has no meaning, and is not read.
        web::Bytes::new()
    } else {
        call.body(payload, BodyFormat::Document(None)).await?
    };
    let view = match route {
        _ if deletes => View::Nothing,
        Route::Collection(_) => View::One,
        _ => View::Pages,
    };
    let (query, mut faults) = match read::parse_query(&resources, route, call.query(), view) {
        Ok(query) => (query, Vec::new()),
        // The errors of the body are to be reported together with those of the query, so the change
        // is parsed all the same. It is not made.
        Err(faults) => (read::parse_query(&resources, route, "", view)?, faults),
    };
    let mut change = Change::parse(route, kind, call.method(), &body);
    match &mut change {
        Ok(Change::Create(input) | Change::Update(_, input) | Change::Link(_, input)) => {
            input.errors.append(&mut faults);
        }
        Ok(Change::Delete(_)) => {}
        // An error with a status of its own, such as 403, is reported alone: beside those of the
        // query the answer would be a 400.
        Err(alone) if alone.iter().any(|fault| fault.code != Code::BadDocument) => {
            faults = std::mem::take(alone);
        }
        Err(more) => faults.append(more),
    }
    let change = match change {
        Ok(change) if faults.is_empty() => change,
        _ => return Ok(call.read(move |tenant| refuse(tenant, &resources, route, faults)).await?),
    };
    let key = call.take_key(&body)?;
    let request = WriteRequest {
        resources,
        route,
        change,
        query,
        origin: call.origin.clone(),
        currency: call.access.currency,
        now: call.now,
        is_clock_sound: call.is_clock_sound,
        expected: call.header(&IF_MATCH).map(|header| Expected::parse(&header)),
        request: key.as_ref().map(KeyGuard::to_request),
    };
    Ok(call.write(move |tenant| request.answer(tenant)).await?)
}

/// The change that a request makes.
#[derive(Clone, Debug)]
enum Change {
    /// Inserts a row.
    Create(Input),
    /// Updates the row.
    Update(i64, Input),
    /// Updates the relationship of the row that the address names.
    Link(i64, Input),
    /// Deletes the row.
    Delete(i64),
}

impl Change {
    /// Parses the change from the method and the body of a request.
    fn parse(
        route: Route,
        kind: TypeRef<'_>,
        method: &Method,
        body: &[u8],
    ) -> Result<Self, Vec<Error>> {
        let read = |action| Input::read(body, kind.resource(), action);
        match route {
            Route::Resource(_, id) if *method == Method::DELETE => Ok(Change::Delete(id)),
            Route::Resource(_, id) => Ok(Change::Update(id, read(Action::Update(id))?)),
            Route::Linkage(_, id, at) => {
                let verb = match *method {
                    Method::POST => Verb::Add,
                    Method::DELETE => Verb::Remove,
                    _ => Verb::Update,
                };
                let declared = kind.resource().relationships.get(at);
                let refuse = || vec![read_only(declared.map_or("", |it| it.name))];
                let declared = declared.filter(|it| it.is_changeable()).ok_or_else(refuse)?;
                Ok(Change::Link(id, Input::read_linkage(body, declared, verb)?))
            }
            Route::Collection(_) | Route::Related(..) => Ok(Change::Create(read(Action::Create)?)),
        }
    }
}

/// Makes the refusal of a write to a read-only relationship.
pub(crate) fn read_only(relationship: &str) -> Error {
    Error::new(Code::AccessDenied, format!("The relationship '{relationship}' is read-only"))
}

/// A request to write, parsed without errors.
struct WriteRequest {
    resources: Arc<Resources>,
    route: Route,
    change: Change,
    query: Query<Field>,
    /// The beginning of absolute links, such as `https://api.example.com`.
    origin: String,
    currency: Currency,
    now: NaiveDateTime,
    is_clock_sound: bool,
    /// The versions that the change applies to, if the client names any.
    expected: Option<Expected>,
    /// The request that its `Idempotency-Key` stands for, if it has one.
    request: Option<Request>,
}

impl WriteRequest {
    /// Answers in the current transaction. Is called again if that was interrupted.
    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let apply = |tenant: &mut Tenant<'_>| self.apply(tenant);
        let again = |tenant: &mut Tenant<'_>, at: Option<&str>| self.again(tenant, at);
        once(tenant, self.request.as_ref(), self.now, apply, again)
    }

    /// Answers a repeated request whose answer was too large to be stored: shows what it wrote as
    /// it is now, without what was included.
    fn again(&self, tenant: &mut Tenant<'_>, location: Option<&str>) -> Result<Reply> {
        let kind = self.route.kind(&self.resources).ok_or_else(Failure::not_found)?;
        let query = Query { include: None, ..self.query.clone() };
        let id = match &self.change {
            Change::Link(..) => {
                return read::linkage(tenant, &self.resources, self.route, &query, &self.origin);
            }
            Change::Update(id, _) | Change::Delete(id) => Some(*id),
            Change::Create(_) => location.and_then(|at| at.rsplit('/').next()?.parse().ok()),
        };
        let id = id.ok_or_else(Failure::not_found)?;
        let rows = read::row(tenant, kind, id)?;
        let target = Target { address: &read::address(kind, id), secret: None };
        read::single(tenant, kind, rows.as_ref(), &query, target)
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let kind = self.route.kind(&self.resources).ok_or_else(Failure::not_found)?;
        let mut secret = None;
        let mut work = Work {
            resources: &self.resources,
            tenant: tenant.reborrow(),
            currency: self.currency,
            now: self.now,
            is_clock_sound: self.is_clock_sound,
            expected: self.expected.as_ref(),
            // An answer under a key is kept, and a secret is not.
            secret: self.request.is_none().then_some(&mut secret),
        };
        match &self.change {
            Change::Create(input) => {
                let id = kind.served.create(&mut work, &mut input.clone())?;
                let shown = Target { address: &read::address(kind, id), secret: secret.as_ref() };
                let reply = self.show(tenant, kind, id, shown)?.with_status(201);
                Ok(reply.with_header(LOCATION, read::address(kind, id)))
            }
            Change::Update(id, input) => {
                kind.served.update(&mut work, *id, &mut input.clone())?;
                let shown = Target { address: &read::address(kind, *id), secret: None };
                self.show(tenant, kind, *id, shown)
            }
            Change::Link(id, input) => {
                let updated = kind.served.update(&mut work, *id, &mut input.clone());
                updated.map_err(at_linkage)?;
                read::linkage(tenant, &self.resources, self.route, &self.query, &self.origin)
            }
            Change::Delete(id) => {
                kind.served.delete(&mut work, *id)?;
                Ok(Reply::empty(204))
            }
        }
    }

    fn show(
        &self,
        tenant: &mut Tenant<'_>,
        kind: TypeRef<'_>,
        id: i64,
        target: Target<'_>,
    ) -> Result<Reply> {
        let rows = read::row(tenant, kind, id)?;
        read::single(tenant, kind, rows.as_ref(), &self.query, target)
    }
}

/// Refuses a request with all of its errors, or with 404 if there is no such row.
fn refuse(
    tenant: &mut Tenant<'_>,
    resources: &Resources,
    route: Route,
    errors: Vec<Error>,
) -> Result<Reply> {
    if let (Some(kind), Some(id)) = (route.kind(resources), route.row()) {
        read::row(tenant, kind, id)?;
    }
    Err(Failure::Refused(errors))
}
