//! Rows of metric credits. Credits are inserted, and never changed or deleted. Not here: the score
//! that they add up to (`metric`).

use apportion_core::id::{
    CollaboratorId, DistributorId, MetricCreditId, MetricId, OrganizationId, PersonId,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::Result;
use crate::rows::insert_many::{self, target};
use crate::rows::macros::insert_row;
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    metric_credits;
    /// A credit of points for a collaborator.
    MetricCreditRow {
        /// The id of the row.
        id: MetricCreditId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The person whose token created the row; `None` if the token is bound to no person.
        creator_id: Option<PersonId> => Nullable<BigInt> as CREATOR_ID,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
    /// A credit to be inserted.
    NewMetricCredit {
        /// The distributor that counts the credit.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// The collaborator who gets the points.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The metric that the points are added to.
        metric_id: MetricId => BigInt,
        /// The points, above 0.
        points: i64 => BigInt as POINTS,
        /// The reason for the credit, if stated.
        reason: Option<String> => Nullable<Text> as REASON,
    }
}

stored!(
    MetricCreditRow in metric_credits
        by "\"metric_credits\".\"organization_id\"", long "reason"
);

/// Inserts a credit, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    new: &NewMetricCredit,
    now: NaiveDateTime,
) -> Result<MetricCreditId> {
    insert_row!(
        metric_credits,
        tenant,
        now,
        metric_credits::creator_id.eq(tenant.creator()),
        new,
        metric_credits::created_at.eq(now)
    )
}

/// Inserts credits, and returns their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[(NewMetricCredit, ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    let creator = ("creator_id", tenant.creator().into());
    let created = ("created_at", now.into());
    insert_many::insert_many(tenant, target!("metric_credits"), &[creator, created], rows, now)
}
