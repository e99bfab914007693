//! The answers to requests that carry an idempotency key. A unique index decides which of several
//! requests with one key is the first. On PostgreSQL a lock of its own says that it is still being
//! answered, on whichever server, so that nobody waits for it. The row of the key is written in the
//! same transaction as the effect of the request, so that both are stored or neither is. Not here:
//! the header of the request (`apportion-server`).

use chrono::{NaiveDateTime, TimeDelta};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::database::connection::{AnyConnection, on_backend};
use crate::error::{Error, Result};
use crate::session::Session;
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

/// The time for which an answer is stored.
pub const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// The greatest number of expired answers that are deleted at once.
pub const PURGED_AT_ONCE: usize = 200;

/// A request that carries a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method of the request.
    pub method: String,
    /// The path of the request, without its query.
    pub path: String,
    /// The idempotency key.
    pub key: String,
    /// The SHA-256 of the method, the path, the query and the body, by which a repeated request is
    /// recognised.
    pub hash: [u8; 32],
    /// Whether the clock may be right. As long as it is wrong, no answer is forgotten.
    pub is_clock_sound: bool,
}

/// The stored answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Answer {
    /// The HTTP status.
    pub status: Option<i64>,
    /// The value of the header `Location`, if the answer has it.
    pub location: Option<String>,
    /// The value of the header `ETag`, if the answer has it.
    pub etag: Option<String>,
    /// The body of the answer, if it has one.
    pub body: Option<Vec<u8>>,
}

/// The result of claiming a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key was free. It now belongs to the request, which must be executed.
    First,
    /// The same request was executed before, and this is its answer.
    Answered(Answer),
    /// The key belongs to another request with the same method and path.
    Other,
    /// Another transaction has claimed the key and is still running.
    Running,
}

/// Deletes expired answers of all tenants, the oldest first, and at most [`PURGED_AT_ONCE`].
/// Returns their number.
pub fn purge(session: &mut Session, now: NaiveDateTime) -> Result<usize> {
    let expired = now.checked_sub_signed(LIFETIME).unwrap_or(now);
    let oldest = diesel::alias!(keys as oldest);
    let purged = oldest
        .filter(oldest.field(keys::created_at).lt(expired))
        .order(oldest.field(keys::created_at))
        .limit(i64::try_from(PURGED_AT_ONCE)?)
        .select(oldest.field(keys::id));
    diesel::delete(keys::table.filter(keys::id.eq_any(purged)))
        .execute(session.everybody()?)
        .map_err(Error::from)
}

/// Claims a key for a request.
///
/// SQLite has one writer, so that no other transaction can run there. Returns
/// [`Error::Interrupted`] if the key was deleted meanwhile.
pub fn claim(tenant: &mut Tenant<'_>, request: &Request, now: NaiveDateTime) -> Result<Claim> {
    let organization = tenant.id();
    let connection = tenant.connection()?;
    if !hold(connection, organization, request)? {
        return Ok(Claim::Running);
    }
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
    let found: Option<(NaiveDateTime, Vec<u8>, Answer)> = by_key(organization, request)
        .select((
            keys::created_at,
            keys::request_hash,
            (keys::status, keys::location, keys::etag, keys::body),
        ))
        .first(connection)
        .optional()?;
    let expired = now.checked_sub_signed(LIFETIME).unwrap_or(now);
    match found {
        // It has expired, and takes over the row, which nobody has purged yet.
        Some((created_at, ..)) if request.is_clock_sound && created_at < expired => {
            let none = (keys::location.eq(None::<&str>), keys::etag.eq(None::<&str>));
            diesel::update(by_key(organization, request))
                .set((
                    keys::request_hash.eq(request.hash.as_slice()),
                    keys::created_at.eq(now),
                    keys::status.eq(None::<i64>),
                    keys::body.eq(None::<&[u8]>),
                    none,
                ))
                .execute(connection)?;
            Ok(Claim::First)
        }
        Some((_, hash, answer)) if hash == request.hash => Ok(Claim::Answered(answer)),
        Some(_) => Ok(Claim::Other),
        // The row has expired and was deleted between the two statements.
        None => Err(Error::Interrupted("the key was released".to_owned())),
    }
}

/// Holds a key until the end of the transaction. Returns `false` if another transaction holds it.
///
/// To wait at the unique index would take as long as the other request does, and a limit of that
/// time is an error that ends the transaction. This lock is refused at once, and without an error.
fn hold(connection: &mut AnyConnection, organization: i64, request: &Request) -> Result<bool> {
    let AnyConnection::Postgres(connection) = connection else { return Ok(true) };
    let Request { method, path, key, .. } = request;
    let name = format!("idempotency key {organization} {method} {path} {key}");
    let lock = sql::<Bool>("pg_try_advisory_xact_lock(hashtextextended(").bind::<Text, _>(name);
    diesel::select(lock.sql(", 0))")).get_result(connection).map_err(Error::from)
}

/// Stores the answer to the request that claimed a key.
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
