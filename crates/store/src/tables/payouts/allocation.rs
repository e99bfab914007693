//! Rows of allocations: which obligation is part of which distribution. Whoever writes one locks
//! the distributor first.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::database::lookup::Lookup;
use crate::database::schema::allocations;
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::session::tenant::Tenant;
use crate::{fields, stored};

pub use crate::tables::payouts::first_allocations::{FirstAllocation, first_of_each};

fields! {
    allocations;
    /// The id.
    ID = id;
    /// The distribution that it is part of.
    DISTRIBUTION_ID = distribution_id;
    /// The obligation that it covers.
    OBLIGATION_ID = obligation_id;
    /// Who is paid.
    COLLABORATOR_ID = collaborator_id;
    /// How far it is.
    STATUS = status;
    /// Minor units.
    VALUE = value;
}

macro_rules! distribution {
    ($column:literal) => {
        Lookup::of(concat!(
            "(SELECT \"whole\".\"",
            $column,
            "\" FROM \"distributions\" AS \"whole\" \
             WHERE \"whole\".\"organization_id\" = \"allocations\".\"organization_id\" \
             AND \"whole\".\"id\" = \"allocations\".\"distribution_id\")"
        ))
    };
}

const UNITS: Lookup<Text> = distribution!("units");
const SHARED_POOL: Lookup<Nullable<Text>> = distribution!("shared_pool");

/// The columns of an allocation.
#[derive(Clone, Debug, Queryable)]
pub struct StoredAllocation {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The distribution that it is part of.
    pub distribution_id: i64,
    /// The obligation that it covers.
    pub obligation_id: i64,
    /// Who is paid.
    pub collaborator_id: i64,
    /// How far it is.
    pub status: String,
    /// Minor units.
    pub value: i64,
    /// What a share is by.
    pub weight: Option<i64>,
    /// The place of its remainder among all, from 1.
    pub rank: Option<i64>,
    /// Of a collected obligation: the sum that it is part of, minor units.
    pub net_value: Option<i64>,
    /// Of a collected obligation: how many there are in that sum.
    pub net_parts: Option<i64>,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

/// An allocation.
#[derive(Clone, Debug, Queryable)]
pub struct AllocationRow {
    /// Its own columns.
    pub stored: StoredAllocation,
    /// What the distribution is counted in.
    pub units: String,
    /// A JSON object: what the shares of the distribution have in common.
    pub shared_pool: Option<String>,
}

stored!(
    AllocationRow in allocations by "\"allocations\".\"organization_id\""
        with UNITS: Text, SHARED_POOL: Nullable<Text>
);

/// An allocation that is made.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = allocations, treat_none_as_default_value = false)]
pub struct NewAllocation {
    /// The distribution that it is part of.
    pub distribution_id: i64,
    /// The obligation that it covers.
    pub obligation_id: i64,
    /// Who is paid.
    pub collaborator_id: i64,
    /// How far it is.
    pub status: String,
    /// Minor units.
    pub value: i64,
    /// What a share is by.
    pub weight: Option<i64>,
    /// The place of its remainder among all, from 1.
    pub rank: Option<i64>,
    /// Of a collected obligation: the sum that it is part of, minor units.
    pub net_value: Option<i64>,
    /// Of a collected obligation: how many there are in that sum.
    pub net_parts: Option<i64>,
}

/// The columns of an allocation.
pub fn find(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<StoredAllocation>> {
    own_row!(allocations, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// Whether a distribution has allocations to be settled, but for one of them.
pub fn any_pending(tenant: &mut Tenant<'_>, distribution: i64, but: i64) -> Result<bool> {
    let found: Option<i64> = allocations::table
        .filter(allocations::organization_id.eq(tenant.id()))
        .filter(allocations::distribution_id.eq(distribution))
        .filter(allocations::status.eq("pending"))
        .filter(allocations::id.ne(but))
        .select(allocations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// Adds an allocation; answers with the id.
pub fn insert(tenant: &mut Tenant<'_>, content: &NewAllocation, now: NaiveDateTime) -> Result<i64> {
    insert_row!(allocations, tenant, now, content, timestamps!(allocations, now))
}

/// Sets the status of an allocation.
pub fn set_status(
    tenant: &mut Tenant<'_>,
    id: i64,
    status: &str,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(allocations, tenant, id, now, allocations::status.eq(status))
}
