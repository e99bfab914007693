//! `/health/live` and `/health/ready`, for whoever watches the process: is it alive, can it answer?

use actix_web::HttpRequest;
use apportion_jsonapi::Code;

use crate::app::Service;
use crate::endpoints::dispatch::{READS, Stop, check_method};
use crate::failure::Failure;
use crate::http::reply::Reply;

/// Answers to a probe of that name, which needs no token.
pub(crate) async fn answer(
    request: &HttpRequest,
    service: &Service,
    probe: &str,
) -> Result<Reply, Stop> {
    if !["live", "ready"].contains(&probe) {
        return Err(Failure::not_found().into());
    }
    check_method(request, READS, READS)?;
    if probe == "ready" {
        let ready = service.store.read_all(|session| {
            session.ping()?;
            session.is_migrated()
        });
        if !ready.await? {
            return Err(Failure::of(Code::Unavailable, "The schema is not up to date").into());
        }
    }
    Ok(Reply::document(200, br#"{"meta":{"status":"ok"},"jsonapi":{"version":"1.1"}}"#.as_slice()))
}
