//! `POST …/distributors/credit-metric`, as it was recorded: a collaborator is credited by every
//! distributor that counts them, in plain JSON. The crediting itself is `payouts::credit`.

use std::sync::Arc;

use actix_web::web;
use apportion_core::currency::Currency;
use apportion_core::id::CollaboratorId;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Code, Error, Kind, Value};
use apportion_store::Tenant;
use apportion_store::idempotency::Request;
use chrono::NaiveDateTime;

use crate::access::Right;
use crate::access::idempotency::once;
use crate::catalog::{Resources, Work};
use crate::endpoints::call::{Call, keyed};
use crate::endpoints::siren;
use crate::failure::{Failure, Result};
use crate::http::body::Sent;
use crate::http::method::Stop;
use crate::http::reply::Reply;
use crate::payouts::credit::{COLLABORATOR, credit_everywhere};

/// The addresses that credits are sent to: among our own types, and on the recorded surface.
pub(crate) const PATHS: [&str; 2] =
    ["/api/v2/distributors/credit-metric", "/siren/v1/distributors/credit-metric"];

/// The member of the body that names whom to credit.
const MEMBER: &str = "collaboratorId";

/// Answers a request to either address.
pub(crate) async fn answer(call: &Call<'_>, payload: web::Payload) -> Result<Reply, Stop> {
    call.check_right(Right::Write)?;
    let body = call.body(payload, Sent::Plain).await?;
    // The recorded surface passes over what was not recorded, here as in its lists.
    if !siren::owns(call.path()) {
        call.check_no_parameters()?;
    }
    let key = call.take_key(&body)?;
    let request = CreditRequest {
        resources: call.resources(),
        body,
        currency: call.access.currency,
        now: call.now,
        request: keyed(key.as_ref()),
    };
    Ok(call.write(move |tenant| request.run(tenant)).await?)
}

/// A request to credit a collaborator.
struct CreditRequest {
    resources: Arc<Resources>,
    body: web::Bytes,
    currency: Currency,
    now: NaiveDateTime,
    /// The request by its key, if it says that it may come again.
    request: Option<Request>,
}

impl CreditRequest {
    /// Runs the request in the transaction at hand; may be run again after an interruption.
    fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        once(tenant, self.request.as_ref(), self.now, |tenant| self.apply(tenant))
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let collaborator = collaborator(&self.body)?;
        let mut work = Work {
            resources: &self.resources,
            tenant: tenant.reborrow(),
            currency: self.currency,
            now: self.now,
            expected: None,
        };
        credit_everywhere(&mut work, CollaboratorId(collaborator))?;
        Ok(Reply::plain("{\"success\":true}", PLAIN))
    }
}

/// Reads the id of the collaborator from the body. An integer that cannot be an id becomes 0, which
/// no row has.
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
