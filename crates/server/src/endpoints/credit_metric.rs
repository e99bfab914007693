//! `POST …/distributors/credit-metric`, in the plain JSON that was recorded: every distributor that
//! has the collaborator as a member credits them. Not here: the crediting itself
//! (`resources::payouts::credit`).

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
use crate::access::idempotency::{KeyGuard, never_too_large, once};
use crate::catalog::{Resources, Work};
use crate::endpoints::call::Call;
use crate::endpoints::siren;
use crate::failure::{Failure, Result};
use crate::http::body::BodyFormat;
use crate::http::method::Stop;
use crate::http::reply::Reply;
use crate::resources::payouts::credit::{COLLABORATOR, credit_everywhere};

/// The addresses that take credits: one beside the resources, one among the recorded addresses.
pub(crate) const PATHS: [&str; 2] =
    ["/api/v2/distributors/credit-metric", "/siren/v1/distributors/credit-metric"];

/// The member of the body with the id of the collaborator to credit.
const MEMBER: &str = "collaboratorId";

/// Answers a request to either address.
pub(crate) async fn answer(call: &Call<'_>, payload: web::Payload) -> Result<Reply, Stop> {
    call.check_right(Right::Write)?;
    let body = call.body(payload, BodyFormat::Plain).await?;
    // The recorded address ignores parameters that were not recorded, as the recorded lists do.
    if !siren::owns(call.path()) {
        call.check_no_parameters()?;
    }
    let key = call.take_key(&body)?;
    let request = CreditRequest {
        resources: call.resources(),
        body,
        currency: call.access.currency,
        now: call.now,
        is_clock_sound: call.is_clock_sound,
        request: key.as_ref().map(KeyGuard::to_request),
    };
    Ok(call.write(move |tenant| request.answer(tenant)).await?)
}

/// A request to credit a collaborator.
struct CreditRequest {
    resources: Arc<Resources>,
    body: web::Bytes,
    currency: Currency,
    now: NaiveDateTime,
    is_clock_sound: bool,
    /// The request that its `Idempotency-Key` stands for, if it has one.
    request: Option<Request>,
}

impl CreditRequest {
    /// Answers in the current transaction. Is called again if that was interrupted.
    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let apply = |tenant: &mut Tenant<'_>| self.apply(tenant);
        once(tenant, self.request.as_ref(), self.now, apply, never_too_large)
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let collaborator = collaborator(&self.body)?;
        let mut work = Work {
            resources: &self.resources,
            tenant: tenant.reborrow(),
            currency: self.currency,
            now: self.now,
            is_clock_sound: self.is_clock_sound,
            expected: None,
            secret: None,
        };
        credit_everywhere(&mut work, CollaboratorId(collaborator))?;
        Ok(Reply::plain("{\"success\":true}", PLAIN))
    }
}

/// Reads the id of the collaborator from the body. An integer that cannot be an id becomes 0, which
/// no row has.
fn collaborator(body: &[u8]) -> Result<i64> {
    let unreadable = |what| Failure::refusal(Code::BadDocument, what);
    let refuse = |detail: String| Error::pointer(Code::BadDocument, COLLABORATOR, detail);
    let json = Json::parse(body).map_err(unreadable)?;
    if json.members().is_none() {
        let detail = format!("The body must be an object, not {}", json.noun());
        return Err(Failure::refusal(Code::BadDocument, detail));
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
