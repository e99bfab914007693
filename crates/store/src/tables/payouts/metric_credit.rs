//! Rows of metric credits, which are only ever added.

use apportion_core::id::{
    CollaboratorId, DistributorId, MetricCreditId, MetricId, OrganizationId, PersonId,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::Result;
use crate::rows::macros::insert_row;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::stored;

table! {
    metric_credits;
    /// A credit.
    MetricCreditRow {
        /// The id.
        id: MetricCreditId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// Who credited, if a token named a person.
        creator_id: Option<PersonId> => Nullable<BigInt> as CREATOR_ID,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
    }
    /// A credit that is given.
    NewMetricCredit {
        /// Who counts it.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// Who is credited.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The metric that it is part of.
        metric_id: MetricId => BigInt,
        /// Above 0.
        points: i64 => BigInt as POINTS,
        /// Why.
        reason: Option<String> => Nullable<Text> as REASON,
    }
}

stored!(MetricCreditRow in metric_credits by "\"metric_credits\".\"organization_id\"");

/// Adds a credit; answers with the id.
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
