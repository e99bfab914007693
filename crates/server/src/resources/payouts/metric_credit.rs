//! The type `metric_credits`. Credits can be added, but neither changed nor deleted. A credit adds
//! its points to a metric of the open distribution; the first credit also inserts that metric
//! (`credit`).

use apportion_core::id::{CollaboratorId, DistributorId};
use apportion_core::metric_credit::{MetricCreditDraft, MetricCreditTerms};
use apportion_jsonapi::{Bounds, Declaration, Input, Relationship, Scalar};
use apportion_store::metric_credit::{self, MetricCreditRow};
use apportion_store::{collaborator, distributor};

use crate::catalog::attributes::{external_id, instant, integer, long_text, organization};
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Failure, Result, judged, judged_with};
use crate::resources::payouts::credit;

pub(crate) fn resource() -> Resource<MetricCreditRow> {
    // A credit never changes, so its version is always 1.
    let declaration = Declaration::new(
        "metric_credits",
        (|row: &MetricCreditRow| row.id.0, metric_credit::ID),
        |_| 1,
    )
    .append_only()
    .attribute(
        integer("points")
            .bounded(Bounds::Between(1, i64::MAX))
            .required()
            .field(metric_credit::POINTS),
        |row| Scalar::Integer(row.points),
    )
    .attribute(long_text("reason").nullable().writable().field(metric_credit::REASON), |row| {
        row.reason.as_deref().into()
    })
    .attribute(external_id(metric_credit::EXTERNAL_ID), |row| row.external_id.as_deref().into())
    .attribute(instant("created_at").field(metric_credit::CREATED_AT), |row| {
        Scalar::Instant(row.created_at)
    })
    .to_one(organization(metric_credit::ORGANIZATION_ID), |row| Some(row.organization_id.0))
    .to_one(
        Relationship::to_one("collaborator", "collaborators")
            .required()
            .field(metric_credit::COLLABORATOR_ID),
        |row| Some(row.collaborator_id.0),
    )
    .to_one(
        Relationship::to_one("distributor", "distributors")
            .required()
            .field(metric_credit::DISTRIBUTOR_ID),
        |row| Some(row.distributor_id.0),
    )
    .to_one(Relationship::to_one("creator", "people").field(metric_credit::CREATOR_ID), |row| {
        row.creator_id.map(|id| id.0)
    });
    Resource { declaration, writes: Some(Writes::append_only(create)) }
}

/// Returns the terms of a new credit, or refuses the input.
pub(crate) fn new_terms(input: &mut Input) -> Result<MetricCreditTerms> {
    let mut draft = MetricCreditDraft::default();
    input.set("points", &mut draft.points);
    input.set("reason", &mut draft.reason);
    judged(input, draft.check())
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let distributor = work.needed(input, "distributor", "distributors")?;
    let collaborator = work.needed(input, "collaborator", "collaborators")?;
    let terms = new_terms(input)?;
    let (Some(distributor), Some(collaborator)) = (distributor, collaborator) else {
        return Err(Failure::not_found());
    };
    let distributor = distributor::lock(&mut work.tenant, DistributorId(distributor))?;
    let distributor = distributor.ok_or_else(Failure::not_found)?;
    let distributor = engine::trigger_due(work, distributor)?;
    let collaborator = collaborator::lock(&mut work.tenant, CollaboratorId(collaborator))?;
    let collaborator = collaborator.ok_or_else(Failure::not_found)?;
    let points = credit::manual_points(work, &distributor, &collaborator)?;
    let points = points.map_err(|fault| vec![fault]);
    judged_with(input, points, &["collaborator", "distributor"])?;
    let given = credit::give(work, &distributor, &collaborator, terms)?;
    Ok(judged(input, given.map_err(|fault| vec![fault]))?.0)
}
