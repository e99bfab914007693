//! Rows of distributors. A transaction that writes a distributor, its obligations, its credits or
//! its open distribution locks the distributor first. Not here: the terms of a distributor
//! (`apportion-core`).

use std::collections::HashMap;

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::among::load_by;
use crate::rows::lock::Locking;
use crate::rows::macros::{insert_row, lock_row, next_version, own_row, timestamps, update_row};
use crate::rows::membership::Membership;
use crate::rows::named::{Named, find_named};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::Field;
use crate::sql::statement::Statement;
use crate::stored;
use crate::tables::links::distributor_collaborators;
use apportion_core::distributor::{DistributorStatus, RevenueScope};
use apportion_core::id::{CollaboratorId, DistributionId, DistributorId, OrganizationId};
use apportion_core::resolver::{DistributionResolver, PoolResolver};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

table! {
    distributors;
    /// The columns of the table `distributors`.
    StoredDistributor {
        /// The id of the row.
        id: DistributorId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The number of collaborators.
        collaborator_count: i64 => BigInt as COLLABORATOR_COUNT,
        /// The sum of the obligations that are approved and not allocated, in minor units.
        accumulated_value: i64 => BigInt as ACCUMULATED_VALUE,
        /// The version of the name and the units, which other types show as well. Every change of
        /// either increases it by 1.
        name_version: i64 => BigInt,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The columns of a distributor that are written together.
    WrittenDistributor {
        /// The name of the distributor.
        name: String => Text as NAME,
        /// The description of the distributor, if stated.
        description: Option<String> => Nullable<Text> as DESCRIPTION,
        /// The units that it pays in: a currency, or a plain unit.
        units: String => Text as UNITS,
        /// The status, which is `active`, `inactive` or `deleted`.
        status: DistributorStatus => Text as STATUS,
        /// The source of the pool.
        pool_resolver: PoolResolver => Text as POOL_RESOLVER,
        /// The way in which the pool is divided.
        distribution_resolver: DistributionResolver => Text as DISTRIBUTION_RESOLVER,
        /// The pool of every period, in minor units, 0 or more.
        pool_amount: Option<i64> => Nullable<BigInt> as POOL_AMOUNT,
        /// The percentage of the revenue that makes the pool, in units of 10^-10 percent.
        revenue_percentage_e10: Option<i64> => Nullable<BigInt> as REVENUE_PERCENTAGE,
        /// The deals whose revenue counts: all of the tenant's, or those linked to the distributor.
        revenue_scope: RevenueScope => Text as REVENUE_SCOPE,
        /// The smallest net that is paid, in minor units, 0 or more; `None` if there is no minimum.
        minimum_value: Option<i64> => Nullable<BigInt> as MINIMUM_VALUE,
        /// Whether the obligations that a pool creates begin as pending.
        requires_approval: bool => Bool as REQUIRES_APPROVAL,
        /// Whether a pool that nobody took is added to the next one.
        carry_over: bool => Bool as CARRY_OVER,
        /// The schedule, as a JSON array of strings.
        schedule: String => Text,
        /// The time at which the schedule or the time zone was last set, UTC.
        anchor_at: NaiveDateTime => Timestamp,
        /// The first day of the first period, if it was stated.
        starts_on: Option<NaiveDate> => Nullable<Date> as STARTS_ON,
        /// The time zone of the schedule, a name of the IANA database.
        time_zone: String => Text as TIME_ZONE,
        /// The kinds of metric that the distributor counts, as a JSON array.
        metric_types: String => Text,
    }
}

/// The collaborators of a distributor.
pub const COLLABORATORS: Membership =
    crate::membership!("distributor_collaborators", "distributor_id", "collaborator_id");
/// The deals whose revenue counts for a distributor.
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

/// The id of the open distribution.
pub const CURRENT_DISTRIBUTION_ID: Field = Field::of::<Nullable<BigInt>>(open!("id"));
/// The time at which the open distribution is triggered, UTC.
pub const NEXT_TRIGGER_DATE: Field = Field::of::<Nullable<Timestamp>>(open!("trigger_date"));

/// A distributor with columns of its open distribution.
#[derive(Clone, Debug, Queryable)]
pub struct DistributorRow {
    /// The columns of its own table.
    pub stored: StoredDistributor,
    /// The id of the open distribution, if there is one.
    pub current_distribution_id: Option<DistributionId>,
    /// The time at which the open distribution is triggered, UTC.
    pub next_trigger_date: Option<NaiveDateTime>,
}

stored!(
    DistributorRow in distributors by "\"distributors\".\"organization_id\"", long "description"
        with OPEN_ID: Nullable<BigInt>, OPEN_UNTIL: Nullable<Timestamp>
);

/// Returns the distributor with this id, or `None` if it does not exist.
pub fn find(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Option<DistributorRow>> {
    Ok(load_by::<DistributorRow>(tenant, ID, &[id.0], 1)?.pop())
}

/// Returns a distributor, and locks the row until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Option<DistributorRow>> {
    let locked: Option<StoredDistributor> = lock_row!(distributors, tenant, id)?;
    match locked {
        Some(_) => find(tenant, id),
        None => Ok(None),
    }
}

/// The treatment of a row that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupied {
    /// The row is left out.
    Skip,
    /// The statement waits until the row is free.
    Wait,
}

/// Returns the columns of a distributor, and locks the row until the end of the transaction.
///
/// Returns `None` if the row does not exist, or if another transaction has locked it and `occupied`
/// is [`Occupied::Skip`]. Rows are never occupied on SQLite, which has one writer at a time.
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

/// Inserts a distributor, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenDistributor,
    now: NaiveDateTime,
) -> Result<DistributorId> {
    insert_row!(distributors, tenant, now, written, timestamps!(distributors, now))
}

/// Updates a distributor that is locked. If its name or units change, `name_version` increases,
/// which also changes the versions of the rows of other types that show them.
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

/// Sets only the status of a distributor.
pub fn set_status(
    tenant: &mut Tenant<'_>,
    id: DistributorId,
    status: DistributorStatus,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(distributors, tenant, id, now, distributors::status.eq(status.name()))
}

/// Sets the number of collaborators, after they were written.
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

/// Sets the sum of the obligations that are approved and not allocated, in minor units.
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

/// Returns the ids of the collaborators of a distributor in ascending order.
pub fn collaborator_ids(tenant: &mut Tenant<'_>, id: DistributorId) -> Result<Vec<CollaboratorId>> {
    distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::distributor_id.eq(id.0))
        .order(distributor_collaborators::collaborator_id)
        .select(distributor_collaborators::collaborator_id)
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Whether a collaborator belongs to a distributor.
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

/// Finds distributors that are not deleted by their names.
pub fn find_by_names(tenant: &mut Tenant<'_>, names: &[&str]) -> Result<HashMap<String, Named>> {
    let text = "SELECT name, MIN(id), MAX(id) FROM distributors \
                WHERE organization_id = :organization AND name IN (:texts) \
                AND status <> 'deleted' GROUP BY name";
    find_named(tenant, text, names)
}
