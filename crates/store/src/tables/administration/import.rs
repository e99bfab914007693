//! The files that were imported, by the SHA-256 of their bytes. A unique index refuses the same
//! repetition of a file twice, so that of two imports at the same time one is refused. Not here:
//! the rows that were imported.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::session::tenant::Tenant;

use self::schema::imports;

mod schema {
    diesel::table! {
        imports (id) {
            id -> BigInt,
            organization_id -> BigInt,
            subject_type -> Text,
            digest -> Binary,
            repetition -> BigInt,
            row_count -> BigInt,
            created_at -> Timestamp,
        }
    }
}

/// A file that is imported.
#[derive(Clone, Copy, Debug)]
pub struct NewImport {
    /// The type of its rows.
    pub kind: &'static str,
    /// The SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// The number of times that the same bytes were imported before.
    pub repetition: i64,
    /// The number of its rows.
    pub rows: i64,
}

/// A file that was imported.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Imported {
    /// The number of times that the same bytes had been imported before.
    pub repetition: i64,
    /// The time of the import, UTC.
    pub created_at: NaiveDateTime,
}

/// Returns the last import of a file with this digest as rows of this type, if there is one.
pub fn find_last(
    tenant: &mut Tenant<'_>,
    kind: &str,
    digest: &[u8; 32],
) -> Result<Option<Imported>> {
    imports::table
        .filter(imports::organization_id.eq(tenant.id()))
        .filter(imports::subject_type.eq(kind))
        .filter(imports::digest.eq(digest.as_slice()))
        .order(imports::repetition.desc())
        .select((imports::repetition, imports::created_at))
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Notes that a file is imported.
///
/// # Errors
///
/// [`Error::Duplicate`] if another transaction has imported the same repetition of it.
pub fn insert(tenant: &mut Tenant<'_>, new: &NewImport, now: NaiveDateTime) -> Result<()> {
    diesel::insert_into(imports::table)
        .values((
            imports::organization_id.eq(tenant.id()),
            imports::subject_type.eq(new.kind),
            imports::digest.eq(new.digest.as_slice()),
            imports::repetition.eq(new.repetition),
            imports::row_count.eq(new.rows),
            imports::created_at.eq(now),
        ))
        .execute(tenant.connection()?)
        .map(|_| ())
        .map_err(Error::from)
}
