//! Rows of metrics. A metric is the score of a collaborator with a distributor in one distribution,
//! and is the sum of credits (`metric_credit`). A transaction that writes metrics locks the
//! distributor first.

use apportion_core::id::{CollaboratorId, DistributionId, DistributorId, MetricId, OrganizationId};
use apportion_core::metric::MetricType;
use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::select::Stored;
use crate::rows::table::table;
use crate::session::tenant::{RowVersion, Tenant};
use crate::stored;

table! {
    metrics;
    /// A metric of a collaborator.
    MetricRow {
        /// The id of the row.
        id: MetricId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// A metric to be inserted.
    NewMetric {
        /// The distributor that counts the metric.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// The collaborator who has the score.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The distribution that the score counts for.
        distribution_id: DistributionId => BigInt as DISTRIBUTION_ID,
        /// The kind of the metric.
        metric_type: MetricType => Text as METRIC_TYPE,
        /// The score, which is the sum of the points of its credits.
        score: i64 => BigInt as SCORE,
    }
}

stored!(MetricRow in metrics by "\"metrics\".\"organization_id\"");

/// Returns the metric of this kind that a collaborator has in a distribution, if there is one.
pub fn find(
    tenant: &mut Tenant<'_>,
    distribution: DistributionId,
    collaborator: CollaboratorId,
    metric_type: MetricType,
) -> Result<Option<MetricRow>> {
    metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution.0))
        .filter(metrics::collaborator_id.eq(collaborator.0))
        .filter(metrics::metric_type.eq(metric_type.name()))
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Whether a distribution has metrics, and therefore credits.
pub fn any_in_distribution(tenant: &mut Tenant<'_>, distribution: DistributionId) -> Result<bool> {
    let found: Option<MetricId> = metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution.0))
        .select(metrics::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// The score of a collaborator in a distribution.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct CollaboratorScore {
    /// The collaborator.
    pub collaborator_id: CollaboratorId,
    /// The sum of the points of the collaborator.
    pub score: i64,
}

/// Returns the scores in a distribution, ordered by collaborator.
pub fn scores_by_collaborator(
    tenant: &mut Tenant<'_>,
    distribution: DistributionId,
) -> Result<Vec<CollaboratorScore>> {
    metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution.0))
        .order(metrics::collaborator_id)
        .select((metrics::collaborator_id, metrics::score))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Inserts a metric, and returns its id.
pub fn insert(tenant: &mut Tenant<'_>, new: &NewMetric, now: NaiveDateTime) -> Result<MetricId> {
    insert_row!(metrics, tenant, now, new, timestamps!(metrics, now))
}

/// Sets the score of a metric.
pub fn set_score(
    tenant: &mut Tenant<'_>,
    id: MetricId,
    score: i64,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(metrics, tenant, id, now, metrics::score.eq(score))
}

/// Moves all metrics of one distribution to another, which is opened in its place.
pub fn move_to_distribution(
    tenant: &mut Tenant<'_>,
    from: DistributionId,
    to: DistributionId,
    now: NaiveDateTime,
) -> Result<()> {
    let taken = metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(from.0));
    let taken: Vec<RowVersion> = diesel::update(taken)
        .set((metrics::distribution_id.eq(to.0), next_version!(metrics, now)))
        .returning((metrics::id, metrics::version))
        .get_results(tenant.connection()?)
        .map_err(Error::from)?;
    tenant.record_updates(MetricRow::TABLE, &taken, now)
}
