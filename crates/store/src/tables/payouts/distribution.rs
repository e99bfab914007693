//! Rows of distributions. A transaction that writes a distribution locks its distributor first. Not
//! here: the allocations of a distribution (`allocation`).

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::exists::exists;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::stored;
use crate::tables::administration::event::Action;
use apportion_core::distribution::DistributionStatus;
use apportion_core::id::{DistributionId, DistributorId, OrganizationId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};

table! {
    distributions;
    /// The columns of the table `distributions`.
    StoredDistribution {
        /// The id of the row.
        id: DistributionId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The day after the last one of the period; `None` before the distribution is triggered.
        period_until: Option<NaiveDate> => Nullable<Date> as PERIOD_UNTIL,
        /// The amount that it leaves for the one that follows, in minor units; 0 before it is
        /// triggered.
        carried_on: i64 => BigInt,
        /// The number of allocations.
        allocation_count: i64 => BigInt as ALLOCATION_COUNT,
        /// The figures that all shares have in common, as a JSON object; `None` if there are no
        /// shares.
        shared_pool: Option<String> => Nullable<Text>,
        /// The explanation, as a JSON object; `None` before the distribution is triggered.
        explanation: Option<String> => Nullable<Text>,
        /// The version of the forecast, which every change of it increases by 1.
        forecast_version: i64 => BigInt,
        /// The version of the row, which every change but a forecast increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// A distribution to be inserted.
    NewDistribution {
        /// The distributor that pays.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// The status, for example `pending`.
        status: DistributionStatus => Text as STATUS,
        /// The sum of the allocations that are not cancelled, in minor units.
        value: i64 => BigInt as VALUE,
        /// The units: a currency, or a plain unit.
        units: String => Text as UNITS,
        /// The time at which it was opened: the trigger date of the one before, UTC.
        opened_at: NaiveDateTime => Timestamp,
        /// The first day of the period: the day on which the one before ended.
        period_from: NaiveDate => Date as PERIOD_FROM,
        /// The time at which the distribution is triggered and its period ends, UTC.
        trigger_date: NaiveDateTime => Timestamp as TRIGGER_DATE,
        /// The amount that earlier periods left for this one, in minor units.
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

/// A distribution with columns of its distributor.
#[derive(Clone, Debug, Queryable)]
pub struct DistributionRow {
    /// The columns of its own table.
    pub stored: StoredDistribution,
    /// The name of the distributor.
    pub distributor_name: String,
    /// The version of the distributor's name and units, which every change of them increases by 1.
    pub name_version: i64,
}

stored!(
    DistributionRow in distributions by "\"distributions\".\"organization_id\""
        with NAME: Text, NAME_VERSION: BigInt
);

/// The columns that triggering sets in a distribution.
#[derive(Clone, Debug)]
pub struct Triggered {
    /// The status, which is processing, complete or failed.
    pub status: DistributionStatus,
    /// The day after the last one of the period.
    pub period_until: NaiveDate,
    /// The amount that it leaves for the one that follows, in minor units.
    pub carried_on: i64,
    /// The sum of the allocations, in minor units.
    pub value: i64,
    /// The number of allocations.
    pub allocation_count: i64,
    /// The figures that all shares have in common, as a JSON object; `None` if there are no shares.
    pub shared_pool: Option<String>,
    /// The explanation, as a JSON object.
    pub explanation: Option<String>,
}

/// The columns that settling or cancelling sets in a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The new status.
    pub status: DistributionStatus,
    /// The sum of the allocations that are not cancelled, in minor units.
    pub value: i64,
}

/// Returns the open distribution of a distributor, which is the pending one, or `None`.
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

/// Returns the distribution of a distributor that was inserted last, or `None` if there was none.
pub fn find_last(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
) -> Result<Option<StoredDistribution>> {
    distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor.0))
        .order(distributions::id.desc())
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Returns the last trigger date of a distributor, or `None` if it was never triggered.
pub fn last_triggered(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
) -> Result<Option<NaiveDateTime>> {
    Statement::new(
        "SELECT trigger_date FROM distributions WHERE organization_id = :organization \
         AND distributor_id = :distributor AND status IN ('complete', 'processing') \
         ORDER BY id DESC LIMIT 1",
    )
    .bind("organization", tenant.id())
    .bind("distributor", distributor.0)
    .yielding::<Timestamp>()
    .get_result(tenant.connection()?)
    .optional()
    .map_err(Error::from)
}

/// Returns whether a distribution of a distributor has allocations that are not settled.
pub fn any_processing(tenant: &mut Tenant<'_>, distributor: DistributorId) -> Result<bool> {
    let processing = distributions::table
        .filter(distributions::organization_id.eq(tenant.id()))
        .filter(distributions::distributor_id.eq(distributor.0))
        .filter(distributions::status.eq(DistributionStatus::Processing.name()));
    Ok(exists!(processing, tenant.connection()?)?)
}

/// Returns the distribution with this id, or `None` if it does not exist.
pub fn find(tenant: &mut Tenant<'_>, id: DistributionId) -> Result<Option<StoredDistribution>> {
    own_row!(distributions, tenant, id).first(tenant.connection()?).optional().map_err(Error::from)
}

/// Returns the latest trigger date of the distributor that was executed, even if it failed, UTC.
/// Returns `None` if no trigger date was executed yet.
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

/// Inserts a distribution, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    new: &NewDistribution,
    now: NaiveDateTime,
) -> Result<DistributionId> {
    insert_row!(distributions, tenant, now, new, timestamps!(distributions, now))
}

/// Updates the trigger date and the units of an open distribution.
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

/// Sets the columns of a triggered distribution, and records the event `trigger`.
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
        distributions::period_until.eq(triggered.period_until),
        distributions::carried_on.eq(triggered.carried_on),
        distributions::value.eq(triggered.value),
        distributions::allocation_count.eq(triggered.allocation_count),
        distributions::shared_pool.eq(triggered.shared_pool.as_deref()),
        distributions::explanation.eq(triggered.explanation.as_deref())
    )
}

/// Sets the status and the value of a distribution.
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

/// Sets the value of an open distribution to a forecast, if its version is still `version`. A
/// forecast leaves the version unchanged, and has one of its own.
#[expect(clippy::arithmetic_side_effects, reason = "the sum is made by SQL, which checks it")]
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
        .set((
            distributions::value.eq(value),
            distributions::forecast_version.eq(distributions::forecast_version + 1),
        ))
        .execute(tenant.connection()?)
        .map(|_| ())
        .map_err(Error::from)
}
