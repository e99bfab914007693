//! Rows of refunds of a distribution's pool. Refunds are inserted, and never changed or deleted.
//! Not here: the obligations that take the refund back (`crate::payouts::refund`).

use apportion_core::id::{DistributionId, DistributionRefundId, OrganizationId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::database::lookup::Lookup;
use crate::error::Result;
use crate::rows::macros::insert_row;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    distribution_refunds;
    /// The columns of the table `distribution_refunds`.
    StoredDistributionRefund {
        /// The id of the row.
        id: DistributionRefundId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
    /// A refund to be inserted.
    NewDistributionRefund {
        /// The distribution that shared the pool.
        distribution_id: DistributionId => BigInt as DISTRIBUTION_ID,
        /// The amount in minor units, above 0.
        amount: i64 => BigInt as AMOUNT,
        /// The reason for the refund, if stated.
        reason: Option<String> => Nullable<Text> as REASON,
    }
}

const UNITS: Lookup<Text> = Lookup::of(
    "(SELECT \"whole\".\"units\" FROM \"distributions\" AS \"whole\" \
     WHERE \"whole\".\"organization_id\" = \"distribution_refunds\".\"organization_id\" \
     AND \"whole\".\"id\" = \"distribution_refunds\".\"distribution_id\")",
);

/// A refund of a part of a pool, with the units of its distribution.
#[derive(Clone, Debug, Queryable)]
pub struct DistributionRefundRow {
    /// The columns of its own table.
    pub stored: StoredDistributionRefund,
    /// The units of the amount.
    pub units: String,
}

stored!(
    DistributionRefundRow in distribution_refunds
        by "\"distribution_refunds\".\"organization_id\"", long "reason" with UNITS: Text
);

/// Inserts a refund, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    new: &NewDistributionRefund,
    now: NaiveDateTime,
) -> Result<DistributionRefundId> {
    insert_row!(distribution_refunds, tenant, now, new, distribution_refunds::created_at.eq(now))
}
