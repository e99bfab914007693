//! Rows of distributors. Whoever writes what belongs to one, its obligations, credits or open
//! distribution, locks it first.

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::lock::Locking;
use crate::rows::macros::{insert_row, lock_row, next_version, own_row, timestamps, update_row};
use crate::rows::membership::Membership;
use crate::rows::select::load_by;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::Field;
use crate::sql::statement::Statement;
use crate::stored;
use crate::tables::links::distributor_collaborators;
use apportion_core::distributor::DistributorStatus;
use apportion_core::id::{CollaboratorId, DistributionId, DistributorId, OrganizationId};
use apportion_core::resolver::{DistributionResolver, PoolResolver};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

table! {
    distributors;
    /// The columns of a distributor.
    StoredDistributor {
        /// The id.
        id: DistributorId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// How many collaborators it has.
        collaborator_count: i64 => BigInt as COLLABORATOR_COUNT,
        /// The sum of its obligations that are approved and not allocated, minor units.
        accumulated_value: i64 => BigInt as ACCUMULATED_VALUE,
        /// Raised by every change of name or units, which others show as well.
        name_version: i64 => BigInt,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The columns of a distributor that are written together.
    WrittenDistributor {
        /// The name.
        name: String => Text as NAME,
        /// What it is for.
        description: Option<String> => Nullable<Text> as DESCRIPTION,
        /// What it pays in: a currency, or a plain unit.
        units: String => Text as UNITS,
        /// `active`, `inactive` or `deleted`.
        status: DistributorStatus => Text as STATUS,
        /// Where the pool comes from.
        pool_resolver: PoolResolver => Text as POOL_RESOLVER,
        /// How it is handed out.
        distribution_resolver: DistributionResolver => Text as DISTRIBUTION_RESOLVER,
        /// Minor units a period.
        pool_amount: Option<i64> => Nullable<BigInt> as POOL_AMOUNT,
        /// Units of 10^-10 percent.
        revenue_percentage_e10: Option<i64> => Nullable<BigInt> as REVENUE_PERCENTAGE,
        /// What a net must reach, minor units.
        minimum_value: Option<i64> => Nullable<BigInt> as MINIMUM_VALUE,
        /// Whether what a pool makes begins as pending.
        requires_approval: bool => Bool as REQUIRES_APPROVAL,
        /// Whether a pool without a taker is added to the next.
        carry_over: bool => Bool as CARRY_OVER,
        /// A JSON array of strings.
        schedule: String => Text,
        /// When the schedule or the zone was set, UTC.
        anchor_at: NaiveDateTime => Timestamp,
        /// An IANA time zone.
        time_zone: String => Text as TIME_ZONE,
        /// A JSON array of what it counts.
        metric_types: String => Text,
    }
}

/// Who takes part.
pub const COLLABORATORS: Membership =
    crate::membership!("distributor_collaborators", "distributor_id", "collaborator_id");
/// The deals whose revenue counts.
pub const DEALS: Membership = crate::membership!("distributor_deals", "distributor_id", "deal_id");

macro_rules! open {
    ($column:literal) => {
        concat!(
            "(SELECT \"open\".\"",
            $column,
            "\" FROM \"distributions\" AS \"open\" \
             WHERE \"open\".\"organization_id\" = \"distributors\".\"organization_id\" \
             AND \"open\".\"distributor_id\" = \"distributors\".\"id\" \
             AND \"open\".\"status\" = 'pending')"
        )
    };
}

const OPEN_ID: Lookup<Nullable<BigInt>> = Lookup::of(open!("id"));
const OPEN_UNTIL: Lookup<Nullable<Timestamp>> = Lookup::of(open!("trigger_date"));

/// The open distribution.
pub const CURRENT_DISTRIBUTION_ID: Field = Field::of::<Nullable<BigInt>>(open!("id"));
/// When the open distribution is triggered.
pub const NEXT_TRIGGER_DATE: Field = Field::of::<Nullable<Timestamp>>(open!("trigger_date"));

/// A distributor.
#[derive(Clone, Debug, Queryable)]
pub struct DistributorRow {
    /// Its own columns.
    pub stored: StoredDistributor,
    /// The open distribution, if there is one.
    pub current_distribution_id: Option<DistributionId>,
    /// When that one is triggered, UTC.
    pub next_trigger_date: Option<NaiveDateTime>,
}

stored!(
    DistributorRow in distributors by "\"distributors\".\"organization_id\""
        with OPEN_ID: Nullable<BigInt>, OPEN_UNTIL: Nullable<Timestamp>
);

/// A distributor.
pub fn find(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Option<DistributorRow>> {
    Ok(load_by::<DistributorRow>(tenant, ID, &[id.0], 1)?.pop())
}

/// A distributor, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Option<DistributorRow>> {
    let locked: Option<StoredDistributor> = lock_row!(distributors, tenant, id)?;
    match locked {
        Some(_) => find(tenant, id),
        None => Ok(None),
    }
}

/// What to do about a row that somebody else has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupied {
    /// Do without it.
    Skip,
    /// Wait until it is free.
    Wait,
}

/// The columns of a distributor, locked until the end of the transaction; none where there is no
/// such row, or where it is occupied and not waited for. SQLite has one writer.
pub fn claim(
    tenant: &mut Tenant<'_>,
    id: DistributorId,
    occupied: Occupied,
) -> Result<Option<StoredDistributor>> {
    let row = own_row!(distributors, tenant, id);
    let row = match occupied {
        Occupied::Skip => Locking::skipping(row, tenant.is_postgres()),
        Occupied::Wait => Locking::waiting(row, tenant.is_postgres()),
    };
    row.get_result(tenant.connection()?).optional().map_err(Error::from)
}

/// Adds a distributor; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenDistributor,
    now: NaiveDateTime,
) -> Result<DistributorId> {
    insert_row!(distributors, tenant, now, written, timestamps!(distributors, now))
}

/// Changes a distributor that is locked. Others that show its name or units have new versions too,
/// where these differ.
pub fn update(
    tenant: &mut Tenant<'_>,
    old: &StoredDistributor,
    written: &WrittenDistributor,
    now: NaiveDateTime,
) -> Result<()> {
    let renamed = old.name != written.name || old.units != written.units;
    let name_version = old.name_version.saturating_add(i64::from(renamed));
    update_row!(
        distributors,
        tenant,
        old.id,
        now,
        written,
        distributors::name_version.eq(name_version)
    )
}

/// Sets the status, and nothing else.
pub fn set_status(
    tenant: &mut Tenant<'_>,
    id: DistributorId,
    status: DistributorStatus,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(distributors, tenant, id, now, distributors::status.eq(status.name()))
}

/// Notes how many collaborators it has, after they were set.
pub fn update_collaborator_count(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<()> {
    let statement = Statement::new(
        "UPDATE distributors SET collaborator_count = (SELECT COUNT(*) \
         FROM distributor_collaborators \
         WHERE organization_id = :organization AND distributor_id = :id) \
         WHERE organization_id = :organization AND id = :id",
    )
    .bind("organization", tenant.id())
    .bind("id", id.0);
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Sets what its obligations that are approved and not allocated sum to.
pub fn set_accumulated_value(
    tenant: &mut Tenant<'_>,
    id: DistributorId,
    value: i64,
    now: NaiveDateTime,
) -> Result<()> {
    let statement = Statement::new(
        "UPDATE distributors SET accumulated_value = :value, version = version + 1, \
         updated_at = :now WHERE organization_id = :organization AND id = :id RETURNING version",
    )
    .bind("value", value)
    .bind("now", now)
    .bind("organization", tenant.id())
    .bind("id", id.0);
    let version = statement.yielding::<BigInt>().get_result(tenant.connection()?)?;
    tenant.record_update("distributors", id.0, version, now)
}

/// Its collaborators, by id.
pub fn collaborator_ids(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Vec<CollaboratorId>> {
    distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::distributor_id.eq(id.0))
        .order(distributor_collaborators::collaborator_id)
        .select(distributor_collaborators::collaborator_id)
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Whether a collaborator is among its collaborators.
pub fn has_collaborator(
    tenant: &mut Tenant<'_>,
    id: DistributorId,
    collaborator: CollaboratorId,
) -> Result<bool> {
    let found: Option<CollaboratorId> = distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::distributor_id.eq(id.0))
        .filter(distributor_collaborators::collaborator_id.eq(collaborator.0))
        .select(distributor_collaborators::collaborator_id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// The ids of the distributors of that name that are not deleted, at most two: one, none, or too
/// many to mean one.
pub fn ids_by_name(tenant: &mut Tenant<'_>, name: &str) -> Result<Vec<DistributorId>> {
    distributors::table
        .filter(distributors::organization_id.eq(tenant.id()))
        .filter(distributors::name.eq(name))
        .filter(distributors::status.ne(DistributorStatus::Deleted.name()))
        .select(distributors::id)
        .order(distributors::id)
        .limit(2)
        .load(tenant.connection()?)
        .map_err(Error::from)
}
