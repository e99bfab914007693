//! Rows of settlements. Settlements are inserted, and never changed or deleted. Not here: the
//! obligations that a settlement fulfils (`crate::payouts::settle`).

use apportion_core::id::{DistributionId, OrganizationId, SettlementId};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::error::Result;
use crate::rows::macros::insert_row;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::stored;

table! {
    settlements;
    /// A settlement of many obligations.
    SettlementRow {
        /// The id of the row.
        id: SettlementId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
    /// A settlement to be inserted.
    NewSettlement {
        /// The distribution that was settled as a whole; `None` if obligations were named.
        distribution_id: Option<DistributionId> => Nullable<BigInt> as DISTRIBUTION_ID,
        /// The name of the payment in another system, if stated.
        reference: Option<String> => Nullable<Text> as REFERENCE,
        /// The day of the payment.
        settled_on: NaiveDate => Date as SETTLED_ON,
    }
}

/// The ids of the settlements that fulfilled an obligation.
pub const OF_OBLIGATION: Field =
    Field::of::<BigInt>("\"allocations\".\"settlement_id\"").through(Join {
        table: "allocations",
        on: "\"allocations\".\"organization_id\" = \"obligations\".\"organization_id\" \
             AND \"allocations\".\"obligation_id\" = \"obligations\".\"id\"",
    });

stored!(SettlementRow in settlements by "\"settlements\".\"organization_id\"");

/// Inserts a settlement, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    new: &NewSettlement,
    now: NaiveDateTime,
) -> Result<SettlementId> {
    insert_row!(settlements, tenant, now, new, settlements::created_at.eq(now))
}
