//! Rows of deals, with what is derived from their distributions.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::database::schema::deals;
use crate::error::{Error, Result};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::{fields, stored};

fields! {
    deals;
    /// The id.
    ID = id;
    /// The name.
    NAME = name;
    /// Who made the row.
    CREATOR_ID = creator_id;
    /// The currency.
    CURRENCY = currency;
    /// The value in minor units.
    VALUE = value;
    /// The rate to the tenant's currency, in units of 10^-12.
    EXCHANGE_RATE = exchange_rate_e12;
    /// The day of the rate.
    EXCHANGE_DATE = exchange_date;
    /// The probability in percent.
    PROBABILITY = probability;
    /// The day of the deal.
    DATE = date;
    /// The last day of the deal.
    END_DATE = end_date;
    /// The value in the tenant's currency.
    VALUE_DEFAULT = value_default;
    /// What is distributed, in units of 10^-10 percent.
    DISTRIBUTED_PERCENT = distributed_percent_e10;
    /// What is distributed, in minor units.
    DISTRIBUTED_AMOUNT = distributed_amount;
    /// What is left, in minor units.
    UNDISTRIBUTED_AMOUNT = undistributed_amount;
    /// When the row was made.
    CREATED_AT = created_at;
    /// When the row was last changed.
    UPDATED_AT = updated_at;
}

/// The distributor whose revenue is that of certain deals.
pub const DISTRIBUTOR_ID: Field = Field::of::<BigInt>("\"distributor_deals\".\"distributor_id\"")
    .through(Join {
        table: "distributor_deals",
        on: "\"distributor_deals\".\"organization_id\" = \"deals\".\"organization_id\" \
             AND \"distributor_deals\".\"deal_id\" = \"deals\".\"id\"",
    });

/// A deal.
#[derive(Clone, Debug, Queryable)]
pub struct DealRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// Who made it, if a token named a person.
    pub creator_id: Option<i64>,
    /// The name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub value: i64,
    /// Units of 10^-12; none in the tenant's own currency.
    pub exchange_rate_e12: Option<i64>,
    /// The day of the rate.
    pub exchange_date: Option<NaiveDate>,
    /// Percent, 0 to 100.
    pub probability: i64,
    /// The day of the deal.
    pub date: Option<NaiveDate>,
    /// Its last day.
    pub end_date: Option<NaiveDate>,
    /// Minor units of the tenant's currency.
    pub value_default: i64,
    /// The sum over its distributions, units of 10^-10 percent.
    pub distributed_percent_e10: i64,
    /// The sum over its distributions, minor units.
    pub distributed_amount: i64,
    /// What is left, minor units; below zero where more than all is distributed.
    pub undistributed_amount: i64,
    /// Raised by every change of what the deal shows.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

stored!(DealRow in deals by "\"deals\".\"organization_id\"");

/// What can be set of a deal, and what follows from it.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = deals, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WrittenDeal {
    /// The name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub value: i64,
    /// Units of 10^-12.
    pub exchange_rate_e12: Option<i64>,
    /// The day of the rate.
    pub exchange_date: Option<NaiveDate>,
    /// Percent, 0 to 100.
    pub probability: i64,
    /// The day of the deal.
    pub date: Option<NaiveDate>,
    /// Its last day.
    pub end_date: Option<NaiveDate>,
    /// Minor units of the tenant's currency.
    pub value_default: i64,
}

/// What the distributions of a deal sum to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = deals)]
pub struct Sums {
    /// Units of 10^-10 percent.
    pub distributed_percent_e10: i64,
    /// Minor units.
    pub distributed_amount: i64,
    /// Minor units.
    pub undistributed_amount: i64,
}

/// A deal, locked until the end of the transaction: its distributions follow from it, so whoever
/// writes them, or it, comes through here first.
pub fn lock(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<DealRow>> {
    lock_row!(deals, tenant, id)
}

/// Adds a deal without distributions; answers with the id.
pub fn insert(tenant: &mut Tenant<'_>, content: &WrittenDeal, now: NaiveDateTime) -> Result<i64> {
    insert_row!(
        deals,
        tenant,
        now,
        deals::creator_id.eq(tenant.creator()),
        content,
        Sums {
            distributed_percent_e10: 0,
            distributed_amount: 0,
            undistributed_amount: content.value,
        },
        timestamps!(deals, now)
    )
}

/// Changes a deal, together with what its distributions sum to.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: i64,
    content: &WrittenDeal,
    sums: Sums,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(deals, tenant, id, now, content, sums)
}

/// Sets what the distributions of a deal sum to, after one of them was written.
pub fn update_sums(tenant: &mut Tenant<'_>, id: i64, sums: Sums, now: NaiveDateTime) -> Result<()> {
    let statement = Statement::new(
        "UPDATE deals SET distributed_percent_e10 = :percent, distributed_amount = :amount, \
         undistributed_amount = :left, version = version + 1, updated_at = :now \
         WHERE organization_id = :organization AND id = :id RETURNING version",
    )
    .bind("percent", sums.distributed_percent_e10)
    .bind("amount", sums.distributed_amount)
    .bind("left", sums.undistributed_amount)
    .bind("now", now)
    .bind("organization", tenant.id())
    .bind("id", id);
    let version = statement.yielding::<BigInt>().get_result(tenant.connection()?)?;
    tenant.record_update("deals", id, version, now)
}

/// The ids of the deals of that name, at most two: one, none, or too many to mean one.
pub fn ids_by_name(tenant: &mut Tenant<'_>, name: &str) -> Result<Vec<i64>> {
    deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .filter(deals::name.eq(name))
        .select(deals::id)
        .order(deals::id)
        .limit(2)
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Removes a deal that has no distributions.
pub fn delete(tenant: &mut Tenant<'_>, id: i64, now: NaiveDateTime) -> Result<()> {
    delete_row!(deals, tenant, id, now)
}
