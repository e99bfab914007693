//! Rows of distributors. Whoever writes what belongs to one, its obligations, credits or open
//! distribution, locks it first.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamp};

use crate::database::connection::AnyConnection;
use crate::database::lookup::Lookup;
use crate::database::schema::{distributions, distributor_collaborators, distributors};
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, lock_row, next_version, own_row, timestamps, update_row};
use crate::rows::membership::Membership;
use crate::rows::select::load_by;
use crate::session::tenant::Tenant;
use crate::sql::field::Field;
use crate::sql::statement::Statement;
use crate::{fields, stored};

fields! {
    distributors;
    /// The id.
    ID = id;
    /// The name.
    NAME = name;
    /// What it is for.
    DESCRIPTION = description;
    /// What it pays in: a currency, or a plain unit.
    UNITS = units;
    /// `active`, `inactive` or `deleted`.
    STATUS = status;
    /// Where the pool comes from.
    POOL_RESOLVER = pool_resolver;
    /// How it is handed out.
    DISTRIBUTION_RESOLVER = distribution_resolver;
    /// Minor units a period.
    POOL_AMOUNT = pool_amount;
    /// Units of 10^-10 percent.
    REVENUE_PERCENTAGE = revenue_percentage_e10;
    /// What a net must reach, minor units.
    MINIMUM_VALUE = minimum_value;
    /// Whether what a pool makes begins as pending.
    REQUIRES_APPROVAL = requires_approval;
    /// Whether a pool without a taker is added to the next.
    CARRY_OVER = carry_over;
    /// An IANA time zone.
    TIME_ZONE = time_zone;
    /// How many collaborators it has.
    COLLABORATOR_COUNT = collaborator_count;
    /// The sum of its obligations that are approved and not allocated, minor units.
    ACCUMULATED_VALUE = accumulated_value;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
    /// When the row was last changed, UTC.
    UPDATED_AT = updated_at;
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

/// The columns of a distributor.
#[derive(Clone, Debug, Queryable)]
pub struct StoredDistributor {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it pays in: a currency, or a plain unit.
    pub units: String,
    /// `active`, `inactive` or `deleted`.
    pub status: String,
    /// Where the pool comes from.
    pub pool_resolver: String,
    /// How it is handed out.
    pub distribution_resolver: String,
    /// Minor units a period.
    pub pool_amount: Option<i64>,
    /// Units of 10^-10 percent.
    pub revenue_percentage_e10: Option<i64>,
    /// What a net must reach, minor units.
    pub minimum_value: Option<i64>,
    /// Whether what a pool makes begins as pending.
    pub requires_approval: bool,
    /// Whether a pool without a taker is added to the next.
    pub carry_over: bool,
    /// A JSON array of strings.
    pub schedule: String,
    /// When the schedule or the zone was set, UTC.
    pub anchor_at: NaiveDateTime,
    /// An IANA time zone.
    pub time_zone: String,
    /// A JSON array of what it counts.
    pub metric_types: String,
    /// How many collaborators it has.
    pub collaborator_count: i64,
    /// The sum of its obligations that are approved and not allocated, minor units.
    pub accumulated_value: i64,
    /// Raised by every change of name or units, which others show as well.
    pub name_version: i64,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

/// A distributor.
#[derive(Clone, Debug, Queryable)]
pub struct DistributorRow {
    /// Its own columns.
    pub stored: StoredDistributor,
    /// The open distribution, if there is one.
    pub current_distribution_id: Option<i64>,
    /// When that one is triggered, UTC.
    pub next_trigger_date: Option<NaiveDateTime>,
}

stored!(
    DistributorRow in distributors by "\"distributors\".\"organization_id\""
        with OPEN_ID: Nullable<BigInt>, OPEN_UNTIL: Nullable<Timestamp>
);

/// What can be set of a distributor.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = distributors, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WrittenDistributor {
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it pays in: a currency, or a plain unit.
    pub units: String,
    /// `active`, `inactive` or `deleted`.
    pub status: String,
    /// Where the pool comes from.
    pub pool_resolver: String,
    /// How it is handed out.
    pub distribution_resolver: String,
    /// Minor units a period.
    pub pool_amount: Option<i64>,
    /// Units of 10^-10 percent.
    pub revenue_percentage_e10: Option<i64>,
    /// What a net must reach, minor units.
    pub minimum_value: Option<i64>,
    /// Whether what a pool makes begins as pending.
    pub requires_approval: bool,
    /// Whether a pool without a taker is added to the next.
    pub carry_over: bool,
    /// A JSON array of strings.
    pub schedule: String,
    /// When the schedule or the zone was set, UTC.
    pub anchor_at: NaiveDateTime,
    /// An IANA time zone.
    pub time_zone: String,
    /// A JSON array of what it counts.
    pub metric_types: String,
}

/// A distributor.
pub fn find(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<DistributorRow>> {
    Ok(load_by::<DistributorRow>(tenant, ID, &[id], 1)?.pop())
}

/// A distributor, locked until the end of the transaction.
pub fn lock(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<DistributorRow>> {
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
    id: i64,
    occupied: Occupied,
) -> Result<Option<StoredDistributor>> {
    let row = own_row!(distributors, tenant, id);
    match (tenant.connection()?, occupied) {
        (AnyConnection::Sqlite(inner), _) => row.get_result(inner),
        (AnyConnection::Postgres(inner), Occupied::Skip) => {
            row.for_update().skip_locked().get_result(inner)
        }
        (AnyConnection::Postgres(inner), Occupied::Wait) => row.for_update().get_result(inner),
    }
    .optional()
    .map_err(Error::from)
}

/// Adds a distributor; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    content: &WrittenDistributor,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(distributors, tenant, now, content, timestamps!(distributors, now))
}

/// Changes a distributor that is locked. Others that show its name or units have new versions too,
/// where these differ.
pub fn update(
    tenant: &mut Tenant<'_>,
    old: &StoredDistributor,
    content: &WrittenDistributor,
    now: NaiveDateTime,
) -> Result<()> {
    let renamed = old.name != content.name || old.units != content.units;
    let name_version = old.name_version.saturating_add(i64::from(renamed));
    update_row!(
        distributors,
        tenant,
        old.id,
        now,
        content,
        distributors::name_version.eq(name_version)
    )
}

/// Sets the status, and nothing else.
pub fn set_status(
    tenant: &mut Tenant<'_>,
    id: i64,
    status: &str,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(distributors, tenant, id, now, distributors::status.eq(status))
}

/// Notes how many collaborators it has, after they were set.
pub fn update_collaborator_count(tenant: &mut Tenant<'_>, id: i64) -> Result<()> {
    let statement = Statement::new(
        "UPDATE distributors SET collaborator_count = (SELECT COUNT(*) \
         FROM distributor_collaborators \
         WHERE organization_id = :organization AND distributor_id = :id) \
         WHERE organization_id = :organization AND id = :id",
    )
    .bind("organization", tenant.id())
    .bind("id", id);
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Sets what its obligations that are approved and not allocated sum to.
pub fn set_accumulated_value(
    tenant: &mut Tenant<'_>,
    id: i64,
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
    .bind("id", id);
    let version = statement.yielding::<BigInt>().get_result(tenant.connection()?)?;
    tenant.record_update("distributors", id, version, now)
}

/// Its collaborators, by id.
pub fn collaborator_ids(tenant: &mut Tenant<'_>, id: i64) -> Result<Vec<i64>> {
    distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::distributor_id.eq(id))
        .order(distributor_collaborators::collaborator_id)
        .select(distributor_collaborators::collaborator_id)
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Whether a collaborator is among its collaborators.
pub fn has_collaborator(tenant: &mut Tenant<'_>, id: i64, collaborator: i64) -> Result<bool> {
    let found: Option<i64> = distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::distributor_id.eq(id))
        .filter(distributor_collaborators::collaborator_id.eq(collaborator))
        .select(distributor_collaborators::collaborator_id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// The distributors, by id, that may count what a collaborator of theirs scores: active ones with
/// an open distribution. None of them is locked.
pub fn ids_counting(tenant: &mut Tenant<'_>, collaborator: i64) -> Result<Vec<i64>> {
    let members = distributor_collaborators::table
        .filter(distributor_collaborators::organization_id.eq(tenant.id()))
        .filter(distributor_collaborators::collaborator_id.eq(collaborator))
        .select(distributor_collaborators::distributor_id);
    let open = distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::status.eq("pending"))
        .select(distributions::distributor_id);
    distributors::table
        .filter(distributors::organization_id.eq(tenant.id()))
        .filter(distributors::status.eq("active"))
        .filter(distributors::id.eq_any(members))
        .filter(distributors::id.eq_any(open))
        .order(distributors::id)
        .select(distributors::id)
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// The ids of the distributors of that name that are not deleted, at most two: one, none, or too
/// many to mean one.
pub fn ids_by_name(tenant: &mut Tenant<'_>, name: &str) -> Result<Vec<i64>> {
    distributors::table
        .filter(distributors::organization_id.eq(tenant.id()))
        .filter(distributors::name.eq(name))
        .filter(distributors::status.ne("deleted"))
        .select(distributors::id)
        .order(distributors::id)
        .limit(2)
        .load(tenant.connection()?)
        .map_err(Error::from)
}
