//! `/health/live` and `/health/ready`, for whoever watches the process: is it alive, can it answer?

use apportion_jsonapi::Code;
use apportion_store::{Session, Store};

use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

/// Answers that the process is alive.
pub(crate) fn ok() -> Reply {
    Reply::document(200, br#"{"meta":{"status":"ok"},"jsonapi":{"version":"1.1"}}"#.as_slice())
}

/// Answers whether the database can be asked, and has the schema of this program.
pub(crate) async fn ready(store: &Store) -> Result<Reply> {
    let ready = store.read_all(|session: &mut Session| {
        session.ping()?;
        session.is_migrated()
    });
    if ready.await? {
        return Ok(ok());
    }
    Err(Failure::of(Code::Unavailable, "The schema of the database is not up to date"))
}
