//! `POST …/distributors/credit-metric`, as it was recorded: a collaborator is credited by every
//! distributor that counts them, in plain JSON. The crediting itself is `resources::crediting`.

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, web};
use apportion_core::currency::Currency;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Code, Error, Kind, Value};
use apportion_store::Tenant;
use apportion_store::idempotency::Request;
use chrono::NaiveDateTime;

use crate::access::idempotency::once;
use crate::access::{self, Access, Right};
use crate::app::Service;
use crate::catalog::served::Work;
use crate::endpoints::dispatch::{Stop, check_method, check_no_parameters, repeatable};
use crate::endpoints::siren;
use crate::failure::{Failure, Result};
use crate::http::body::{Sent, body};
use crate::http::reply::Reply;
use crate::payouts::credit::{COLLABORATOR, credit_everywhere};
use crate::resources::Resources;

/// Where credits are sent: among our own types, and on the surface that was recorded.
pub(crate) const PATHS: [&str; 2] =
    ["/api/v2/distributors/credit-metric", "/siren/v1/distributors/credit-metric"];

/// The member of the body that names whom to credit.
const MEMBER: &str = "collaboratorId";

/// A request to credit a collaborator.
struct CreditMetric {
    resources: &'static Resources,
    body: Bytes,
    currency: Currency,
    now: NaiveDateTime,
    request: Option<Request>,
}

/// Answers a request to either address.
pub(crate) async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    service: &Service,
    access: &Access,
    now: NaiveDateTime,
) -> Result<Reply, Stop> {
    let methods = &[Method::OPTIONS, Method::POST];
    check_method(request, methods, methods)?;
    access::check_right(access, Right::Write)?;
    let body = body(request, payload, Sent::Plain).await?;
    // The recorded surface passes over what was not recorded, here as in its lists.
    if !siren::owns(request.path()) {
        check_no_parameters(request)?;
    }
    let scope = access.scope;
    let (request, _taken) = match repeatable(request, service, &scope, &body)? {
        Ok(taken) => taken.unzip(),
        Err(reply) => return Err(Stop::Replied(reply)),
    };
    let (resources, currency) = (service.resources, access.currency);
    let crediting = CreditMetric { resources, body, currency, now, request };
    Ok(service.store.write(scope, move |tenant| crediting.run(tenant)).await?)
}

impl CreditMetric {
    /// Runs the request in the transaction at hand; may be run again after an interruption.
    fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        match &self.request {
            Some(request) => once(tenant, request, self.now, |tenant| self.apply(tenant)),
            None => self.apply(tenant),
        }
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let collaborator = collaborator(&self.body)?;
        let (resources, currency, now) = (self.resources, self.currency, self.now);
        let mut work = Work { resources, tenant: tenant.reborrow(), currency, now, expected: None };
        credit_everywhere(&mut work, collaborator)?;
        Ok(Reply::plain("{\"success\":true}", PLAIN))
    }
}

/// Whom the body names. A number that is the id of nobody is 0, which nobody's is either.
fn collaborator(body: &[u8]) -> Result<i64> {
    let unreadable = |what| Failure::of(Code::BadDocument, what);
    let refuse = |detail: String| Error::pointer(Code::BadDocument, COLLABORATOR, detail);
    let json = Json::parse(body).map_err(unreadable)?;
    if json.members().is_none() {
        let detail = format!("The body must be an object, not {}", json.noun());
        return Err(Failure::of(Code::BadDocument, detail));
    }
    match json.member(MEMBER) {
        Some(number @ Json::Number(digits)) => match Kind::Integer.read(number) {
            Ok(Value::Integer(id)) => Ok(id),
            _ if digits.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) => Ok(0),
            _ => Err(refuse(format!("{MEMBER} must be an integer")).into()),
        },
        Some(other) => {
            Err(refuse(format!("{MEMBER} must be an integer, not {}", other.noun())).into())
        }
        None => Err(refuse(format!("{MEMBER} is required")).into()),
    }
}
