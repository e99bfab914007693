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

/// Checks that the database can be read and written and has the schema of this program. Refuses
/// with 503 and the reason otherwise. It only reads.
pub(crate) async fn ready(store: &Store) -> Result<Reply> {
    let (is_migrated, outage) = store.read_at_once(Session::state).await?;
    if let Some((outage, why)) = outage {
        return Err(apportion_store::Error::Unavailable(outage, why).into());
    }
    if is_migrated {
        return Ok(ok());
    }
    let detail = "The schema of the database is not up to date; run `apportion migrate`";
    Err(Failure::refusal(Code::Unavailable, detail))
}
