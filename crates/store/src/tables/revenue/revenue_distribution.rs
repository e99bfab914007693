//! Rows of revenue distributions. Their amounts follow from the deal: whoever writes them locks it
//! first (`deal::lock`).

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::database::schema::revenue_distributions;
use crate::error::{Error, Result};
use crate::rows::macros::{delete_row, insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::select::Stored;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::{fields, stored};

fields! {
    revenue_distributions;
    /// The id.
    ID = id;
    /// The deal.
    DEAL_ID = deal_id;
    /// Who made the row.
    CREATOR_ID = creator_id;
    /// The first day.
    START_ON = start_on;
    /// The last day.
    END_ON = end_on;
    /// The part of the deal, in units of 10^-10 percent.
    AMOUNT_PERCENT = amount_percent_e10;
    /// The amount in the deal's currency.
    AMOUNT = amount;
    /// When the row was made.
    CREATED_AT = created_at;
}

/// The name of the deal.
pub const DEAL_NAME: Field = crate::tables::revenue::deal::NAME.through(Join {
    table: "deals",
    on: "\"deals\".\"organization_id\" = \"revenue_distributions\".\"organization_id\" \
         AND \"deals\".\"id\" = \"revenue_distributions\".\"deal_id\"",
});

/// A revenue distribution.
#[derive(Clone, Debug, Queryable)]
pub struct RevenueDistributionRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// The deal that is spread.
    pub deal_id: i64,
    /// Who made it, if a token named a person.
    pub creator_id: Option<i64>,
    /// The first day.
    pub start_on: NaiveDate,
    /// The last day.
    pub end_on: NaiveDate,
    /// Units of 10^-10 percent.
    pub amount_percent_e10: i64,
    /// Minor units of the deal's currency.
    pub amount: i64,
    /// Minor units of the tenant's currency.
    pub amount_default: i64,
    /// The deal's currency, ISO 4217.
    pub currency: String,
    /// The tenant's currency, ISO 4217.
    pub currency_default: String,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

/// What can be set of a distribution, and what follows from it and its deal.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = revenue_distributions)]
pub struct WrittenRevenueDistribution {
    /// The deal that is spread.
    pub deal_id: i64,
    /// The first day.
    pub start_on: NaiveDate,
    /// The last day.
    pub end_on: NaiveDate,
    /// Units of 10^-10 percent.
    pub amount_percent_e10: i64,
    /// Minor units of the deal's currency.
    pub amount: i64,
    /// Minor units of the tenant's currency.
    pub amount_default: i64,
    /// The deal's currency, ISO 4217.
    pub currency: String,
    /// The tenant's currency, ISO 4217.
    pub currency_default: String,
}

/// What a distribution comes to after its deal was changed.
#[derive(Clone, Copy, Debug)]
pub struct Rewritten {
    /// The distribution.
    pub id: i64,
    /// Minor units of the deal's currency.
    pub amount: i64,
    /// Minor units of the tenant's currency.
    pub amount_default: i64,
}

stored!(RevenueDistributionRow in revenue_distributions by "\"revenue_distributions\".\"organization_id\"");

/// A distribution.
pub fn find(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<RevenueDistributionRow>> {
    own_row!(revenue_distributions, tenant, id)
        .get_result(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Adds a distribution; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    content: &WrittenRevenueDistribution,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(
        revenue_distributions,
        tenant,
        now,
        revenue_distributions::creator_id.eq(tenant.creator()),
        content,
        timestamps!(revenue_distributions, now)
    )
}

/// Changes a distribution.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: i64,
    content: &WrittenRevenueDistribution,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(revenue_distributions, tenant, id, now, content)
}

/// Removes a distribution.
pub fn delete(tenant: &mut Tenant<'_>, id: i64, now: NaiveDateTime) -> Result<()> {
    delete_row!(revenue_distributions, tenant, id, now)
}

/// The distributions of a deal with their percentages, in units of 10^-10, by id.
pub fn percents_of_deal(tenant: &mut Tenant<'_>, deal: i64) -> Result<Vec<(i64, i64)>> {
    revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::deal_id.eq(deal))
        .order(revenue_distributions::id)
        .select((revenue_distributions::id, revenue_distributions::amount_percent_e10))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Gives distributions of one deal new amounts and the deal's currency, many in a statement.
pub fn rewrite(
    tenant: &mut Tenant<'_>,
    currency: &str,
    rows: &[Rewritten],
    now: NaiveDateTime,
) -> Result<()> {
    for rows in rows.chunks(REWRITTEN_AT_ONCE) {
        let rewritten: Vec<[i64; 3]> =
            rows.iter().map(|row| [row.id, row.amount, row.amount_default]).collect();
        // There are as many texts as there are lengths: none is worth keeping prepared.
        let statement = Statement::uncached(
            "WITH rewritten (id, amount, amount_default) AS (VALUES :rewritten) \
             UPDATE revenue_distributions SET amount = rewritten.amount, \
             amount_default = rewritten.amount_default, version = version + 1, \
             currency = :currency, updated_at = :now FROM rewritten \
             WHERE revenue_distributions.organization_id = :organization \
             AND revenue_distributions.id = rewritten.id \
             RETURNING revenue_distributions.id, revenue_distributions.version",
        )
        .bind("rewritten", rewritten.as_slice())
        .bind("currency", currency)
        .bind("now", now)
        .bind("organization", tenant.id());
        let changed: Vec<(i64, i64)> =
            statement.yielding::<(BigInt, BigInt)>().load(tenant.connection()?)?;
        tenant.record_updates(RevenueDistributionRow::TABLE, &changed, now)?;
    }
    Ok(())
}

/// Three values a row, far below what either database binds in a statement.
const REWRITTEN_AT_ONCE: usize = 1000;
