//! Rows of deals, which include the sums of their distributions. Not here: the computation of these
//! sums (`apportion-core`).

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::rows::insert_many::{self, cells_of, stamps, target};
use crate::rows::lock::lock_many;
use crate::rows::macros::{
    delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row,
};
use crate::rows::named::{Named, find_named};
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
use crate::session::tenant::Tenant;
use crate::sql::exists::exists;
use crate::sql::field::{Field, Join};
use crate::sql::statement::{Statement, powers_of_two};
use crate::stored;
use apportion_core::currency::Currency;
use apportion_core::deal::DealStatus;
use apportion_core::id::{DealId, OrganizationId, PersonId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

table! {
    deals;
    /// A deal.
    DealRow {
        /// The id of the row.
        id: DealId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The person whose token created the row; `None` if the token is bound to no person.
        creator_id: Option<PersonId> => Nullable<BigInt> as CREATOR_ID,
        /// The sum of the percentages of its distributions, in units of 10^-10 percent.
        distributed_percent_e10: i64 => BigInt as DISTRIBUTED_PERCENT,
        /// The sum of the amounts of its distributions, in minor units of its currency.
        distributed_amount: i64 => BigInt as DISTRIBUTED_AMOUNT,
        /// The amount that is not distributed, in minor units; below 0 if more than the value is
        /// distributed.
        undistributed_amount: i64 => BigInt as UNDISTRIBUTED_AMOUNT,
        /// The version of the row, which every change of the deal or its sums increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The attributes of a deal that clients set, and the columns that follow from them.
    WrittenDeal {
        /// The name of the deal.
        name: String => Text as NAME,
        /// The currency of the deal, a code of ISO 4217.
        currency: Currency => Text as CURRENCY,
        /// The value in minor units of the deal's currency.
        value: i64 => BigInt as VALUE,
        /// The rate from the deal's currency to the tenant's, in units of 10^-12; `None` if and
        /// only if both are the same.
        exchange_rate_e12: Option<i64> => Nullable<BigInt> as EXCHANGE_RATE,
        /// The day of the exchange rate.
        exchange_date: Option<NaiveDate> => Nullable<Date> as EXCHANGE_DATE,
        /// The probability of the deal in percent, from 0 to 100.
        probability: i64 => BigInt as PROBABILITY,
        /// The status of the deal, which is `open`, `won` or `lost`.
        status: DealStatus => Text as STATUS,
        /// The day of the deal.
        date: Option<NaiveDate> => Nullable<Date> as DATE,
        /// The last day of the deal.
        end_date: Option<NaiveDate> => Nullable<Date> as END_DATE,
        /// The value in minor units of the tenant's currency.
        value_default: i64 => BigInt as VALUE_DEFAULT,
    }
}

/// The ids of the distributors that share the revenue of the deal.
pub const DISTRIBUTOR_ID: Field = Field::of::<BigInt>("\"distributor_deals\".\"distributor_id\"")
    .through(Join {
        table: "distributor_deals",
        on: "\"distributor_deals\".\"organization_id\" = \"deals\".\"organization_id\" \
             AND \"distributor_deals\".\"deal_id\" = \"deals\".\"id\"",
    });

stored!(DealRow in deals by "\"deals\".\"organization_id\"");

/// The sums of the distributions of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = deals)]
pub struct Sums {
    /// The sum of the percentages, in units of 10^-10 percent.
    pub distributed_percent_e10: i64,
    /// The sum of the amounts, in minor units of the deal's currency.
    pub distributed_amount: i64,
    /// The amount that is not distributed, in minor units; below 0 if more than the value is.
    pub undistributed_amount: i64,
}

cells_of!(Sums { distributed_percent_e10, distributed_amount, undistributed_amount });

/// Returns a deal, and locks it until the end of the transaction.
///
/// The amounts of its distributions follow from the deal. Every transaction that writes the deal or
/// one of its distributions therefore calls this first.
pub fn lock(tenant: &mut Tenant<'_>, id: DealId) -> Result<Option<DealRow>> {
    lock_row!(deals, tenant, id)
}

/// Inserts a deal without distributions, and returns its id.
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

/// Inserts deals, each with the sums of the distributions that it is about to have, and returns
/// their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[((WrittenDeal, Sums), ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    let creator = ("creator_id", tenant.creator().into());
    let [created, updated] = stamps(now);
    insert_many::insert_many(tenant, target!("deals"), &[creator, created, updated], rows, now)
}

/// Updates a deal and the sums of its distributions.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: DealId,
    written: &WrittenDeal,
    sums: Sums,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(deals, tenant, id, now, written, sums)
}

/// Sets the sums of a deal after one of its distributions was written.
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

/// Locks deals until the end of the transaction, and returns their ids and versions in the order of
/// the ids.
pub fn lock_many(tenant: &mut Tenant<'_>, ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    lock_many!("deals").versions(tenant, ids)
}

/// A deal that is locked, and its sums after distributions were written.
#[derive(Clone, Copy, Debug)]
pub struct Summed {
    /// The deal.
    pub id: DealId,
    /// The version that it had.
    pub version: i64,
    /// The sums that it has since.
    pub sums: Sums,
}

/// Sets the sums of many deals.
pub fn update_sums_of_many(
    tenant: &mut Tenant<'_>,
    deals: &[Summed],
    now: NaiveDateTime,
) -> Result<()> {
    let row = |Summed { id, sums, .. }: &Summed| {
        [id.0, sums.distributed_percent_e10, sums.distributed_amount, sums.undistributed_amount]
    };
    let rows: Vec<[i64; 4]> = deals.iter().map(row).collect();
    for rows in powers_of_two(&rows) {
        let ids: Vec<i64> = rows.iter().map(|[id, ..]| *id).collect();
        // By the list PostgreSQL finds the rows, even if it knows nothing yet of a table that was
        // just filled. By the join it would read all rows of the tenant.
        let statement = Statement::new(
            "WITH summed (id, percent, amount, rest) AS (VALUES :rows) \
             UPDATE deals SET distributed_percent_e10 = summed.percent, \
             distributed_amount = summed.amount, undistributed_amount = summed.rest, \
             version = version + 1, updated_at = :now FROM summed \
             WHERE deals.organization_id = :organization AND deals.id = summed.id \
             AND deals.id IN (:ids)",
        )
        .bind("rows", rows)
        .bind("ids", ids.as_slice())
        .bind("now", now)
        .bind("organization", tenant.id());
        tenant.note_shape(&statement);
        statement.execute(tenant.connection()?)?;
    }
    let raised = |Summed { id, version, .. }: &Summed| [id.0, *version];
    let raised: Vec<[i64; 2]> = deals.iter().map(raised).collect();
    tenant.record_raised("deals", &raised, now)
}

/// Returns whether any deal of the tenant is in this currency.
pub fn any_in(tenant: &mut Tenant<'_>, currency: Currency) -> Result<bool> {
    let found = deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .filter(deals::currency.eq(currency.code()));
    exists!(found, tenant.connection()?).map_err(Error::from)
}

/// Finds deals by their names.
pub fn find_by_names(tenant: &mut Tenant<'_>, names: &[&str]) -> Result<HashMap<String, Named>> {
    let text = "SELECT name, MIN(id), MAX(id) FROM deals \
                WHERE organization_id = :organization AND name IN (:texts) GROUP BY name";
    find_named(tenant, text, names)
}

/// Deletes a deal, which must have no distributions.
pub fn delete(tenant: &mut Tenant<'_>, id: DealId, now: NaiveDateTime) -> Result<()> {
    delete_row!(deals, tenant, id, now)
}
