//! Rows of deals, with what is derived from their distributions.

use crate::error::{Error, Result};
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::stored;
use apportion_core::currency::Currency;
use apportion_core::id::{DealId, OrganizationId, PersonId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

table! {
    deals;
    /// A deal.
    DealRow {
        /// The id.
        id: DealId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// Who made it, if a token named a person.
        creator_id: Option<PersonId> => Nullable<BigInt> as CREATOR_ID,
        /// The sum over its distributions, units of 10^-10 percent.
        distributed_percent_e10: i64 => BigInt as DISTRIBUTED_PERCENT,
        /// The sum over its distributions, minor units.
        distributed_amount: i64 => BigInt as DISTRIBUTED_AMOUNT,
        /// What is left, minor units; below zero where more than all is distributed.
        undistributed_amount: i64 => BigInt as UNDISTRIBUTED_AMOUNT,
        /// Raised by every change of what the deal shows.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a deal that clients set, and what follows from them.
    WrittenDeal {
        /// The name.
        name: String => Text as NAME,
        /// ISO 4217.
        currency: Currency => Text as CURRENCY,
        /// Minor units.
        value: i64 => BigInt as VALUE,
        /// Units of 10^-12; none in the tenant's own currency.
        exchange_rate_e12: Option<i64> => Nullable<BigInt> as EXCHANGE_RATE,
        /// The day of the rate.
        exchange_date: Option<NaiveDate> => Nullable<Date> as EXCHANGE_DATE,
        /// Percent, 0 to 100.
        probability: i64 => BigInt as PROBABILITY,
        /// The day of the deal.
        date: Option<NaiveDate> => Nullable<Date> as DATE,
        /// Its last day.
        end_date: Option<NaiveDate> => Nullable<Date> as END_DATE,
        /// Minor units of the tenant's currency.
        value_default: i64 => BigInt as VALUE_DEFAULT,
    }
}

/// The distributor whose revenue is that of certain deals.
pub const DISTRIBUTOR_ID: Field = Field::of::<BigInt>("\"distributor_deals\".\"distributor_id\"")
    .through(Join {
        table: "distributor_deals",
        on: "\"distributor_deals\".\"organization_id\" = \"deals\".\"organization_id\" \
             AND \"distributor_deals\".\"deal_id\" = \"deals\".\"id\"",
    });

stored!(DealRow in deals by "\"deals\".\"organization_id\"");

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
pub fn lock(tenant: &mut Tenant<'_>, id: DealId) -> Result<Option<DealRow>> {
    lock_row!(deals, tenant, id)
}

/// Adds a deal without distributions; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenDeal,
    now: NaiveDateTime,
) -> Result<DealId> {
    insert_row!(
        deals,
        tenant,
        now,
        deals::creator_id.eq(tenant.creator()),
        written,
        Sums {
            distributed_percent_e10: 0,
            distributed_amount: 0,
            undistributed_amount: written.value,
        },
        timestamps!(deals, now)
    )
}

/// Changes a deal, together with what its distributions sum to.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: DealId,
    written: &WrittenDeal,
    sums: Sums,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(deals, tenant, id, now, written, sums)
}

/// Sets what the distributions of a deal sum to, after one of them was written.
pub fn update_sums(
    tenant: &mut Tenant<'_>,
    id: DealId,
    sums: Sums,
    now: NaiveDateTime,
) -> Result<()> {
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
    .bind("id", id.0);
    let version = statement.yielding::<BigInt>().get_result(tenant.connection()?)?;
    tenant.record_update("deals", id.0, version, now)
}

/// The ids of the deals of that name, at most two: one, none, or too many to mean one.
pub fn ids_by_name(tenant: &mut Tenant<'_>, name: &str) -> Result<Vec<DealId>> {
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
pub fn delete(tenant: &mut Tenant<'_>, id: DealId, now: NaiveDateTime) -> Result<()> {
    delete_row!(deals, tenant, id, now)
}
