//! What was answered to requests that carry a key. The unique index decides who is first; the row
//! is written in the transaction of the effect, so that there is both or neither.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use crate::database::connection::on_backend;
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;

use self::schema::idempotency_keys as keys;

mod schema {
    diesel::table! {
        idempotency_keys (id) {
            id -> BigInt,
            organization_id -> BigInt,
            method -> Text,
            path -> Text,
            idempotency_key -> Text,
            request_hash -> Binary,
            status -> Nullable<BigInt>,
            location -> Nullable<Text>,
            etag -> Nullable<Text>,
            body -> Nullable<Binary>,
            created_at -> Timestamp,
        }
    }
}

/// How long an answer is kept.
pub const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// How many expired answers a new one takes with it.
const PURGED: i64 = 4;

/// A request that carries a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The key.
    pub key: String,
    /// SHA-256 of all that makes it this request.
    pub hash: [u8; 32],
}

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Answer {
    /// The HTTP status.
    pub status: Option<i64>,
    /// The header `Location`.
    pub location: Option<String>,
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: the request is the first, and is to be answered.
    First,
    /// This very request was answered.
    Answered(Answer),
    /// Another request came with the key.
    Other,
}

/// Claims a key for a request. Where another transaction has claimed it and is still under way,
/// this waits for its end.
pub fn claim(tenant: &mut Tenant<'_>, request: &Request, now: NaiveDateTime) -> Result<Claim> {
    let organization = tenant.id();
    let connection = tenant.connection()?;
    let expired = now.checked_sub_signed(LIFETIME).unwrap_or(now);
    let oldest = diesel::alias!(keys as oldest);
    let purged = oldest
        .filter(oldest.field(keys::organization_id).eq(organization))
        .filter(oldest.field(keys::created_at).lt(expired))
        .order(oldest.field(keys::created_at))
        .limit(PURGED)
        .select(oldest.field(keys::id));
    diesel::delete(keys::table.filter(keys::id.eq_any(purged))).execute(connection)?;
    let row = (
        keys::organization_id.eq(organization),
        keys::method.eq(&request.method),
        keys::path.eq(&request.path),
        keys::idempotency_key.eq(&request.key),
        keys::request_hash.eq(request.hash.as_slice()),
        keys::created_at.eq(now),
    );
    let added = on_backend!(connection, inner => {
        diesel::insert_into(keys::table).values(row).on_conflict_do_nothing().execute(inner)
    })?;
    if added > 0 {
        return Ok(Claim::First);
    }
    let found: Option<(Vec<u8>, Answer)> = by_key(organization, request)
        .select((keys::request_hash, (keys::status, keys::location, keys::etag, keys::body)))
        .first(connection)
        .optional()?;
    match found {
        Some((hash, answer)) if hash == request.hash => Ok(Claim::Answered(answer)),
        Some(_) => Ok(Claim::Other),
        // It expired and was purged in between.
        None => Err(Error::Interrupted("the key was released".to_owned())),
    }
}

/// Keeps the answer to the request that claimed a key.
pub fn save_answer(tenant: &mut Tenant<'_>, request: &Request, answer: &Answer) -> Result<()> {
    diesel::update(by_key(tenant.id(), request))
        .set((
            keys::status.eq(answer.status),
            keys::location.eq(&answer.location),
            keys::etag.eq(&answer.etag),
            keys::body.eq(&answer.body),
        ))
        .execute(tenant.connection()?)
        .map(|_| ())
        .map_err(Error::from)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn by_key<'r>(organization: i64, request: &'r Request) -> _ {
    let method: &'r str = request.method.as_str();
    let path: &'r str = request.path.as_str();
    let key: &'r str = request.key.as_str();
    keys::table
        .filter(keys::organization_id.eq(organization))
        .filter(keys::method.eq(method))
        .filter(keys::path.eq(path))
        .filter(keys::idempotency_key.eq(key))
}
