//! The type `metrics`, which can only be read: the score of a metric is the sum of its credits
//! (`metric_credit`).

use apportion_core::metric::MetricType;
use apportion_jsonapi::{Declaration, Scalar};
use apportion_store::metric::{self, MetricRow};

use crate::catalog::Resource;
use crate::catalog::attributes::{fixed, instant, integer, organization, word};

pub(crate) fn resource() -> Resource<MetricRow> {
    let declaration =
        Declaration::new("metrics", (|row: &MetricRow| row.id.0, metric::ID), |row| row.version)
            .attribute(word("metric_type", MetricType::NAMES).field(metric::METRIC_TYPE), |row| {
                Scalar::Text(row.metric_type.name())
            })
            .attribute(integer("score").field(metric::SCORE), |row| Scalar::Integer(row.score))
            .attribute(instant("created_at").field(metric::CREATED_AT), |row| {
                Scalar::Instant(row.created_at)
            })
            .attribute(instant("updated_at").field(metric::UPDATED_AT), |row| {
                Scalar::Instant(row.updated_at)
            })
            .to_one(organization(metric::ORGANIZATION_ID), |row| Some(row.organization_id.0))
            .to_one(fixed("distributor", "distributors").field(metric::DISTRIBUTOR_ID), |row| {
                Some(row.distributor_id.0)
            })
            .to_one(fixed("collaborator", "collaborators").field(metric::COLLABORATOR_ID), |row| {
                Some(row.collaborator_id.0)
            })
            .to_one(fixed("distribution", "distributions").field(metric::DISTRIBUTION_ID), |row| {
                Some(row.distribution_id.0)
            });
    Resource { declaration, writes: None }
}
