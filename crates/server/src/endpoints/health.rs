//! `/health/live` and `/health/ready`, for monitors: they say whether the process is alive, and
//! whether it can answer requests.

use apportion_jsonapi::Code;
use apportion_store::{Session, Store};

use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

/// Makes the answer of a healthy server.
pub(crate) fn ok() -> Reply {
    Reply::document(200, br#"{"meta":{"status":"ok"},"jsonapi":{"version":"1.1"}}"#.as_slice())
}

/// Checks that the database answers and has the schema of this program. Refuses with 503 otherwise.
pub(crate) async fn ready(store: &Store) -> Result<Reply> {
    let ready = store.read_all(|session: &mut Session| {
        session.ping()?;
        session.is_migrated()
    });
    if ready.await? {
        return Ok(ok());
    }
    let detail = "The schema of the database is not up to date; run `apportion migrate`";
    Err(Failure::refusal(Code::Unavailable, detail))
}
