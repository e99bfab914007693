//! Rows of distributions. Whoever writes one locks its distributor first.

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::stored;
use crate::tables::administration::event::Action;
use apportion_core::distribution::DistributionStatus;
use apportion_core::id::{DistributionId, DistributorId, OrganizationId};
use chrono::NaiveDateTime;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

table! {
    distributions;
    /// The columns of a distribution.
    StoredDistribution {
        /// The id.
        id: DistributionId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// How many allocations it has.
        allocation_count: i64 => BigInt as ALLOCATION_COUNT,
        /// A JSON object: what its shares have in common, where it has shares.
        shared_pool: Option<String> => Nullable<Text>,
        /// A JSON object: how it came about, once it was triggered.
        explanation: Option<String> => Nullable<Text>,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// A distribution that is opened.
    NewDistribution {
        /// Who pays.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// How far it is.
        status: DistributionStatus => Text as STATUS,
        /// The sum of its allocations that are not cancelled, minor units.
        value: i64 => BigInt as VALUE,
        /// What it is counted in.
        units: String => Text as UNITS,
        /// Where its period begins, UTC.
        opened_at: NaiveDateTime => Timestamp,
        /// When it is triggered, and its period ends, UTC.
        trigger_date: NaiveDateTime => Timestamp as TRIGGER_DATE,
        /// What the periods before left for it, minor units.
        carried: i64 => BigInt,
    }
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

/// What triggering makes of a distribution.
#[derive(Clone, Debug)]
pub struct Triggered {
    /// Processing, complete or failed.
    pub status: DistributionStatus,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How far it is then.
    pub status: DistributionStatus,
    /// The sum of its allocations that are not cancelled, minor units.
    pub value: i64,
}

/// The open distribution of a distributor.
pub fn find_open(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
) -> Result<Option<StoredDistribution>> {
    distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor.0))
        .filter(distributions::status.eq(DistributionStatus::Pending.name()))
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// The columns of a distribution.
pub fn find(tenant: &mut Tenant<'_>, id: DistributionId) -> Result<Option<StoredDistribution>> {
    own_row!(distributions, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// The latest trigger date of a distributor that was executed.
pub fn last_trigger_date(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
) -> Result<Option<NaiveDateTime>> {
    distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor.0))
        .filter(
            distributions::status
                .ne_all([DistributionStatus::Pending.name(), DistributionStatus::Cancelled.name()]),
        )
        .select(max(distributions::trigger_date))
        .first(tenant.connection()?)
        .map_err(Error::from)
}

/// Adds a distribution; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    new: &NewDistribution,
    now: NaiveDateTime,
) -> Result<DistributionId> {
    insert_row!(distributions, tenant, now, new, timestamps!(distributions, now))
}

/// Moves the trigger date of an open distribution, and sets what it is counted in.
pub fn reschedule(
    tenant: &mut Tenant<'_>,
    id: DistributionId,
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
    id: DistributionId,
    triggered: &Triggered,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(
        distributions,
        tenant,
        id,
        now,
        action = Action::Trigger,
        distributions::status.eq(triggered.status.name()),
        distributions::value.eq(triggered.value),
        distributions::allocation_count.eq(triggered.allocation_count),
        distributions::shared_pool.eq(triggered.shared_pool.as_deref()),
        distributions::explanation.eq(triggered.explanation.as_deref())
    )
}

/// Sets status and value.
pub fn set_outcome(
    tenant: &mut Tenant<'_>,
    id: DistributionId,
    outcome: Outcome,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(
        distributions,
        tenant,
        id,
        now,
        distributions::status.eq(outcome.status.name()),
        distributions::value.eq(outcome.value)
    )
}

/// Sets the value of an open distribution, unless it has another version by now. It is a
/// forecast: no change that a version counts.
pub fn set_forecast(
    tenant: &mut Tenant<'_>,
    id: DistributionId,
    version: i64,
    value: i64,
) -> Result<()> {
    let open = own_row!(distributions, tenant, id)
        .filter(distributions::status.eq(DistributionStatus::Pending.name()))
        .filter(distributions::version.eq(version));
    diesel::update(open)
        .set(distributions::value.eq(value))
        .execute(tenant.connection()?)
        .map(|_| ())
        .map_err(Error::from)
}
