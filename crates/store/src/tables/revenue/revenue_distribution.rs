//! Rows of revenue distributions. Their amounts follow from the deal, so a transaction that writes
//! them locks the deal first (`deal::lock`). Not here: the amounts of single days, which are not
//! stored.

use crate::error::{Error, Result};
use crate::rows::insert_many::{self, stamps, target};
use crate::rows::macros::{delete_row, insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::stored;
use crate::tables::revenue::deal;
use apportion_core::currency::Currency;
use apportion_core::id::{DealId, OrganizationId, PersonId, RevenueDistributionId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

table! {
    revenue_distributions;
    /// A revenue distribution.
    RevenueDistributionRow {
        /// The id of the row.
        id: RevenueDistributionId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The person whose token created the row; `None` if the token is bound to no person.
        creator_id: Option<PersonId> => Nullable<BigInt> as CREATOR_ID,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a distribution that clients set, and the columns that follow from them and
    /// the deal.
    WrittenRevenueDistribution {
        /// The deal that is distributed.
        deal_id: DealId => BigInt as DEAL_ID,
        /// The first day of the distribution.
        start_on: NaiveDate => Date as START_ON,
        /// The last day of the distribution, which belongs to it.
        end_on: NaiveDate => Date as END_ON,
        /// The percentage of the deal that is distributed, in units of 10^-10 percent.
        amount_percent_e10: i64 => BigInt as AMOUNT_PERCENT,
        /// The amount in minor units of the deal's currency.
        amount: i64 => BigInt as AMOUNT,
        /// The amount in minor units of the tenant's currency.
        amount_default: i64 => BigInt,
        /// The deal's currency, a code of ISO 4217.
        currency: Currency => Text,
        /// The tenant's currency, a code of ISO 4217.
        currency_default: Currency => Text,
    }
}

/// The name of the deal.
pub const DEAL_NAME: Field = deal::NAME.through(Join {
    table: "deals",
    on: "\"deals\".\"organization_id\" = \"revenue_distributions\".\"organization_id\" \
         AND \"deals\".\"id\" = \"revenue_distributions\".\"deal_id\"",
});

/// The amounts of a distribution after a change of its deal.
#[derive(Clone, Copy, Debug)]
pub struct Rewritten {
    /// The distribution.
    pub id: RevenueDistributionId,
    /// The amount in minor units of the deal's currency.
    pub amount: i64,
    /// The amount in minor units of the tenant's currency.
    pub amount_default: i64,
}

stored!(
    RevenueDistributionRow in revenue_distributions
    by "\"revenue_distributions\".\"organization_id\""
);

/// Returns the distribution with this id, or `None` if it does not exist.
pub fn find(
    tenant: &mut Tenant<'_>,
    id: RevenueDistributionId,
) -> Result<Option<RevenueDistributionRow>> {
    own_row!(revenue_distributions, tenant, id)
        .get_result(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Finds a distribution and locks its deal, and with it every distribution of that deal.
///
/// # Errors
///
/// [`Error::Interrupted`] if another transaction moves the distribution to another deal meanwhile.
pub fn lock(
    tenant: &mut Tenant<'_>,
    id: RevenueDistributionId,
) -> Result<Option<RevenueDistributionRow>> {
    let Some(seen) = find(tenant, id)? else { return Ok(None) };
    deal::lock(tenant, seen.deal_id)?;
    match find(tenant, id)? {
        Some(row) if row.deal_id != seen.deal_id => {
            Err(Error::Interrupted("it was moved to another deal".to_owned()))
        }
        row => Ok(row),
    }
}

/// Inserts a distribution, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenRevenueDistribution,
    now: NaiveDateTime,
) -> Result<RevenueDistributionId> {
    insert_row!(
        revenue_distributions,
        tenant,
        now,
        revenue_distributions::creator_id.eq(tenant.creator()),
        written,
        timestamps!(revenue_distributions, now)
    )
}

/// Inserts distributions, and returns their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[(WrittenRevenueDistribution, ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    let creator = ("creator_id", tenant.creator().into());
    let [created, updated] = stamps(now);
    let target = target!("revenue_distributions");
    insert_many::insert_many(tenant, target, &[creator, created, updated], rows, now)
}

/// Updates a distribution.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: RevenueDistributionId,
    written: &WrittenRevenueDistribution,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(revenue_distributions, tenant, id, now, written)
}

/// Deletes a distribution.
pub fn delete(
    tenant: &mut Tenant<'_>,
    id: RevenueDistributionId,
    now: NaiveDateTime,
) -> Result<()> {
    delete_row!(revenue_distributions, tenant, id, now)
}

/// A distribution, and the percentage of its deal that it distributes.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct DistributedPercent {
    /// The distribution.
    pub id: RevenueDistributionId,
    /// The percentage of the deal that is distributed, in units of 10^-10 percent.
    pub amount_percent_e10: i64,
}

/// Returns the distributions of a deal with their percentages, ordered by id: to rewrite them.
///
/// # Errors
///
/// [`Error::TooMany`] if the work would rewrite more than it may.
pub fn percents_of_deal(tenant: &mut Tenant<'_>, deal: DealId) -> Result<Vec<DistributedPercent>> {
    let count: i64 = revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::deal_id.eq(deal.0))
        .count()
        .get_result(tenant.connection()?)?;
    tenant.session().count_rewritten(usize::try_from(count)?)?;
    revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::deal_id.eq(deal.0))
        .order(revenue_distributions::id)
        .select((revenue_distributions::id, revenue_distributions::amount_percent_e10))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Updates the amounts and the currency of distributions of one deal, many rows in each statement.
/// The event of the deal's change stands for all of them.
pub fn rewrite(
    tenant: &mut Tenant<'_>,
    currency: Currency,
    rows: &[Rewritten],
    now: NaiveDateTime,
) -> Result<()> {
    for rows in rows.chunks(REWRITTEN_AT_ONCE) {
        let rewritten: Vec<[i64; 3]> =
            rows.iter().map(|row| [row.id.0, row.amount, row.amount_default]).collect();
        // The text differs with the number of rows, so it is not worth caching a prepared
        // statement.
        let statement = Statement::uncached(
            "WITH rewritten (id, amount, amount_default) AS (VALUES :rewritten) \
             UPDATE revenue_distributions SET amount = rewritten.amount, \
             amount_default = rewritten.amount_default, version = version + 1, \
             currency = :currency, updated_at = :now FROM rewritten \
             WHERE revenue_distributions.organization_id = :organization \
             AND revenue_distributions.id = rewritten.id",
        )
        .bind("rewritten", rewritten.as_slice())
        .bind("currency", currency.code())
        .bind("now", now)
        .bind("organization", tenant.id());
        statement.execute(tenant.connection()?)?;
    }
    Ok(())
}

/// The number of distributions that one statement updates. Each binds three values, and both
/// databases allow far more than 3000.
const REWRITTEN_AT_ONCE: usize = 1000;
