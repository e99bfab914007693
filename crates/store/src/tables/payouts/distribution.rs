//! Rows of distributions. Whoever writes one locks its distributor first.

use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::database::lookup::Lookup;
use crate::database::schema::distributions;
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::tables::administration::event::Action;
use crate::{fields, stored};

fields! {
    distributions;
    /// The id.
    ID = id;
    /// Who pays.
    DISTRIBUTOR_ID = distributor_id;
    /// How far it is.
    STATUS = status;
    /// The sum of its allocations that are not cancelled, minor units.
    VALUE = value;
    /// What it is counted in.
    UNITS = units;
    /// When it is triggered, and its period ends, UTC.
    TRIGGER_DATE = trigger_date;
    /// How many allocations it has.
    ALLOCATION_COUNT = allocation_count;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
    /// When the row was last changed, UTC.
    UPDATED_AT = updated_at;
}

/// The name of the distributor.
pub const DISTRIBUTOR_NAME: Field = crate::tables::payouts::distributor::NAME.through(Join {
    table: "distributors",
    on: "\"distributors\".\"organization_id\" = \"distributions\".\"organization_id\" \
         AND \"distributors\".\"id\" = \"distributions\".\"distributor_id\"",
});

macro_rules! distributor {
    ($column:literal) => {
        Lookup::of(concat!(
            "(SELECT \"payer\".\"",
            $column,
            "\" FROM \"distributors\" AS \"payer\" \
             WHERE \"payer\".\"organization_id\" = \"distributions\".\"organization_id\" \
             AND \"payer\".\"id\" = \"distributions\".\"distributor_id\")"
        ))
    };
}

const NAME: Lookup<Text> = distributor!("name");
const NAME_VERSION: Lookup<BigInt> = distributor!("name_version");

/// The columns of a distribution.
#[derive(Clone, Debug, Queryable)]
pub struct StoredDistribution {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// Who pays.
    pub distributor_id: i64,
    /// How far it is.
    pub status: String,
    /// The sum of its allocations that are not cancelled, minor units.
    pub value: i64,
    /// What it is counted in.
    pub units: String,
    /// Where its period begins, UTC.
    pub opened_at: NaiveDateTime,
    /// When it is triggered, and its period ends, UTC.
    pub trigger_date: NaiveDateTime,
    /// What the periods before left for it, minor units.
    pub carried: i64,
    /// How many allocations it has.
    pub allocation_count: i64,
    /// A JSON object: what its shares have in common, where it has shares.
    pub shared_pool: Option<String>,
    /// A JSON object: how it came about, once it was triggered.
    pub explanation: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

/// A distribution.
#[derive(Clone, Debug, Queryable)]
pub struct DistributionRow {
    /// Its own columns.
    pub stored: StoredDistribution,
    /// The name of its distributor.
    pub distributor_name: String,
    /// Raised where that changes.
    pub name_version: i64,
}

stored!(
    DistributionRow in distributions by "\"distributions\".\"organization_id\""
        with NAME: Text, NAME_VERSION: BigInt
);

/// A distribution that is opened.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = distributions)]
pub struct NewDistribution {
    /// Who pays.
    pub distributor_id: i64,
    /// How far it is.
    pub status: String,
    /// The sum of its allocations that are not cancelled, minor units.
    pub value: i64,
    /// What it is counted in.
    pub units: String,
    /// Where its period begins, UTC.
    pub opened_at: NaiveDateTime,
    /// When it is triggered, and its period ends, UTC.
    pub trigger_date: NaiveDateTime,
    /// What the periods before left for it, minor units.
    pub carried: i64,
}

/// What triggering makes of a distribution.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = distributions)]
pub struct Triggered {
    /// Processing, complete or failed.
    pub status: String,
    /// The sum of its allocations, minor units.
    pub value: i64,
    /// How many of these there are.
    pub allocation_count: i64,
    /// A JSON object: what its shares have in common, where it has shares.
    pub shared_pool: Option<String>,
    /// A JSON object: how it came about.
    pub explanation: Option<String>,
}

/// What settling or giving up makes of a distribution.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = distributions)]
pub struct Outcome<'o> {
    /// How far it is then.
    pub status: &'o str,
    /// The sum of its allocations that are not cancelled, minor units.
    pub value: i64,
}

/// The open distribution of a distributor.
pub fn find_open(tenant: &mut Tenant<'_>, distributor: i64) -> Result<Option<StoredDistribution>> {
    distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor))
        .filter(distributions::status.eq("pending"))
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// The columns of a distribution.
pub fn find(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<StoredDistribution>> {
    own_row!(distributions, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// The latest trigger date of a distributor that was executed.
pub fn last_trigger_date(
    tenant: &mut Tenant<'_>,
    distributor: i64,
) -> Result<Option<NaiveDateTime>> {
    distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor))
        .filter(distributions::status.ne_all(["pending", "cancelled"]))
        .select(max(distributions::trigger_date))
        .first(tenant.connection()?)
        .map_err(Error::from)
}

/// Adds a distribution; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    content: &NewDistribution,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(distributions, tenant, now, content, timestamps!(distributions, now))
}

/// Moves the trigger date of an open distribution, and sets what it is counted in.
pub fn reschedule(
    tenant: &mut Tenant<'_>,
    id: i64,
    trigger_date: NaiveDateTime,
    units: &str,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(
        distributions,
        tenant,
        id,
        now,
        distributions::trigger_date.eq(trigger_date),
        distributions::units.eq(units)
    )
}

/// Triggers a distribution.
pub fn trigger(
    tenant: &mut Tenant<'_>,
    id: i64,
    triggered: &Triggered,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(distributions, tenant, id, now, action = Action::Trigger, triggered)
}

/// Sets status and value.
pub fn set_outcome(
    tenant: &mut Tenant<'_>,
    id: i64,
    outcome: &Outcome<'_>,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(distributions, tenant, id, now, outcome)
}

/// Sets the value of an open distribution, unless it has another version by now. It is a
/// forecast: no change that a version counts.
pub fn set_forecast(tenant: &mut Tenant<'_>, id: i64, version: i64, value: i64) -> Result<()> {
    let open = own_row!(distributions, tenant, id)
        .filter(distributions::status.eq("pending"))
        .filter(distributions::version.eq(version));
    diesel::update(open)
        .set(distributions::value.eq(value))
        .execute(tenant.connection()?)
        .map(|_| ())
        .map_err(Error::from)
}
