//! `/health/live` and `/health/ready`, for monitors: they say whether the process is alive, and
//! whether it can answer requests.

use std::sync::atomic::Ordering;

use apportion_jsonapi::Code;
use apportion_store::{Error, Outage, Session};

use crate::app::App;
use crate::clock::describe;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

/// Makes the answer of a healthy server.
pub(crate) fn ok() -> Reply {
    Reply::document(200, br#"{"meta":{"status":"ok"},"jsonapi":{"version":"1.1"}}"#.as_slice())
}

/// Checks that the server does not end, that the database can be read and written and has the
/// schema of this program, and that the clock may be right. Refuses with 503 and the reason
/// otherwise. It only reads.
pub(crate) async fn ready(app: &App) -> Result<Reply> {
    if app.is_draining.load(Ordering::Acquire) {
        let detail = "The server is draining: it ends soon; send requests to another";
        return Err(Failure::refusal(Code::Unavailable, detail));
    }
    if let Some(jump) = app.clock_watch.jump() {
        return Err(Error::Unavailable(Outage::Clock, describe(jump)).into());
    }
    let is_migrated = app.store.read_at_once(Session::state).await?;
    if app.store.is_full() {
        return Err(Error::Unavailable(Outage::Full, "a write failed".to_owned()).into());
    }
    if is_migrated {
        return Ok(ok());
    }
    let detail = "The schema of the database is not up to date; run `apportion migrate`";
    Err(Failure::refusal(Code::Unavailable, detail))
}
