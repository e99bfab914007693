//! Rows of metrics: what a collaborator scored with a distributor in one period. They follow from
//! credits (`metric_credit`); whoever writes one locks the distributor first.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::database::schema::metrics;
use crate::error::{Error, Result};
use crate::rows::macros::{insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::select::Stored;
use crate::session::tenant::Tenant;
use crate::{fields, stored};

fields! {
    metrics;
    /// The id.
    ID = id;
    /// Who counts it.
    DISTRIBUTOR_ID = distributor_id;
    /// Whose it is.
    COLLABORATOR_ID = collaborator_id;
    /// The distribution that it counts for.
    DISTRIBUTION_ID = distribution_id;
    /// What it counts.
    METRIC_TYPE = metric_type;
    /// The sum of its credits.
    SCORE = score;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
    /// When the row was last changed, UTC.
    UPDATED_AT = updated_at;
}

/// A metric.
#[derive(Clone, Debug, Queryable)]
pub struct MetricRow {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// Who counts it.
    pub distributor_id: i64,
    /// Whose it is.
    pub collaborator_id: i64,
    /// The distribution that it counts for.
    pub distribution_id: i64,
    /// What it counts.
    pub metric_type: String,
    /// The sum of its credits.
    pub score: i64,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

stored!(MetricRow in metrics by "\"metrics\".\"organization_id\"");

/// A metric that appears.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = metrics)]
pub struct NewMetric {
    /// Who counts it.
    pub distributor_id: i64,
    /// Whose it is.
    pub collaborator_id: i64,
    /// The distribution that it counts for.
    pub distribution_id: i64,
    /// What it counts.
    pub metric_type: String,
    /// The sum of its credits.
    pub score: i64,
}

/// The metric of that kind of a collaborator in a distribution.
pub fn find(
    tenant: &mut Tenant<'_>,
    distribution: i64,
    collaborator: i64,
    metric_type: &str,
) -> Result<Option<MetricRow>> {
    metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution))
        .filter(metrics::collaborator_id.eq(collaborator))
        .filter(metrics::metric_type.eq(metric_type))
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)
}

/// Whether a distribution has metrics, and so credits.
pub fn any_in_distribution(tenant: &mut Tenant<'_>, distribution: i64) -> Result<bool> {
    let found: Option<i64> = metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution))
        .select(metrics::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// What was scored for a distribution: collaborators and their scores, by collaborator.
pub fn scores_by_collaborator(
    tenant: &mut Tenant<'_>,
    distribution: i64,
) -> Result<Vec<(i64, i64)>> {
    metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(distribution))
        .order(metrics::collaborator_id)
        .select((metrics::collaborator_id, metrics::score))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Adds a metric; answers with the id.
pub fn insert(tenant: &mut Tenant<'_>, content: &NewMetric, now: NaiveDateTime) -> Result<i64> {
    insert_row!(metrics, tenant, now, content, timestamps!(metrics, now))
}

/// Sets the score of a metric.
pub fn set_score(tenant: &mut Tenant<'_>, id: i64, score: i64, now: NaiveDateTime) -> Result<()> {
    update_row!(metrics, tenant, id, now, metrics::score.eq(score))
}

/// Makes the metrics of one distribution those of another, which opens in its place.
pub fn move_to_distribution(
    tenant: &mut Tenant<'_>,
    from: i64,
    to: i64,
    now: NaiveDateTime,
) -> Result<()> {
    let taken = metrics::table
        .filter(metrics::organization_id.eq(tenant.id()))
        .filter(metrics::distribution_id.eq(from));
    let taken: Vec<(i64, i64)> = diesel::update(taken)
        .set((metrics::distribution_id.eq(to), next_version!(metrics, now)))
        .returning((metrics::id, metrics::version))
        .get_results(tenant.connection()?)
        .map_err(Error::from)?;
    tenant.record_updates(MetricRow::TABLE, &taken, now)
}
