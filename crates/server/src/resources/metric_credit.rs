//! Metric credits on the wire: added, never changed. Each raises a metric of the open distribution,
//! which appears with the first.

use apportion_core::collaborator::CollaboratorStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::metric::{MetricType, credited};
use apportion_core::metric_credit::{Crediting, MetricCreditDraft};
use apportion_jsonapi::{Bounds, Declaration, Input, Relationship, Scalar};
use apportion_store::metric_credit::{self as stored, Content, Row};
use apportion_store::{self as store, collaborator, distributor, metric};

use super::counted::read_metric_types;
use super::{instant, integer, long_text};
use crate::failure::{Failure, Result, judged, judged_with};
use crate::served::{Resource, Work, Writes};

pub(crate) fn resource() -> Resource<Row> {
    // A row that stays as it is has one version.
    let declaration = Declaration::new("metric_credits", (|row: &Row| row.id, stored::ID), |_| 1)
        .append_only()
        .attribute(
            integer("points")
                .bounded(Bounds::Between(1, i64::MAX))
                .required()
                .field(stored::POINTS),
            |row| Scalar::Integer(row.points),
        )
        .attribute(long_text("reason").nullable().writable().field(stored::REASON), |row| {
            row.reason.as_deref().into()
        })
        .attribute(instant("created_at").field(stored::CREATED_AT), |row| {
            Scalar::Instant(row.created_at)
        })
        .to_one(Relationship::to_one("organization", "organizations"), |row| {
            Some(row.organization_id)
        })
        .to_one(
            Relationship::to_one("collaborator", "collaborators")
                .required()
                .field(stored::COLLABORATOR_ID),
            |row| Some(row.collaborator_id),
        )
        .to_one(
            Relationship::to_one("distributor", "distributors")
                .required()
                .field(stored::DISTRIBUTOR_ID),
            |row| Some(row.distributor_id),
        )
        .to_one(Relationship::to_one("creator", "people").field(stored::CREATOR_ID), |row| {
            row.creator_id
        });
    Resource { declaration, writes: Some(Writes::adding(create)) }
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let mut draft = MetricCreditDraft::default();
    input.set("points", &mut draft.points);
    input.set("reason", &mut draft.reason);
    let distributor = work.needed(input, "distributor", "distributors")?;
    let collaborator = work.needed(input, "collaborator", "collaborators")?;
    let terms = judged(input, draft.check())?;
    let (Some(distributor), Some(collaborator)) = (distributor, collaborator) else {
        return Err(Failure::not_found());
    };
    let distributor = distributor::lock(work.scope, work.session, distributor)?;
    let collaborator = collaborator::lock(work.scope, work.session, collaborator)?;
    let (Some(distributor), Some(collaborator)) = (distributor, collaborator) else {
        return Err(Failure::not_found());
    };
    judge(work, (&distributor, &collaborator), input)?;
    let open = distributor.current_distribution_id.ok_or_else(Failure::not_found)?;
    let metric_type = MetricType::Manual.name();
    let by = (open, collaborator.id, metric_type);
    let present = metric::find(work.scope, work.session, by)?;
    let score = credited(present.as_ref().map_or(0, |metric| metric.score), terms.points);
    let score = judged(input, score.map_err(|fault| vec![fault]))?;
    let metric_id = match present {
        Some(metric) => {
            metric::set_score(work.scope, work.session, (metric.id, score), work.now)?;
            metric.id
        }
        None => {
            let content = metric::Content {
                distributor_id: distributor.kept.id,
                collaborator_id: collaborator.id,
                distribution_id: open,
                metric_type: metric_type.to_owned(),
                score,
            };
            metric::insert(work.scope, work.session, &content, work.now)?
        }
    };
    let content = Content {
        distributor_id: distributor.kept.id,
        collaborator_id: collaborator.id,
        metric_id,
        points: terms.points,
        reason: terms.reason,
    };
    Ok(stored::insert(work.scope, work.session, &content, work.now)?)
}

/// Whether this distributor credits this collaborator.
fn judge(
    work: &mut Work<'_>,
    (distributor, collaborator): (&distributor::Row, &collaborator::Row),
    input: &mut Input,
) -> Result<()> {
    let unknown = |error: apportion_core::named::UnknownName| {
        Failure::from(store::Error::Query(error.to_string()))
    };
    let status: DistributorStatus = distributor.kept.status.parse().map_err(unknown)?;
    let active: CollaboratorStatus = collaborator.status.parse().map_err(unknown)?;
    let link = (distributor.kept.id, collaborator.id);
    let kinds = read_metric_types(&distributor.kept.metric_types);
    let kinds: Vec<_> = kinds.iter().filter_map(|kind| kind.counted()).collect();
    let crediting = Crediting {
        collaborator: active,
        distributor: status,
        has_open_distribution: distributor.current_distribution_id.is_some(),
        is_member: distributor::has_collaborator(work.scope, work.session, link)?,
        metric_types: &kinds,
    };
    let points = crediting.manual_points().map_err(|fault| vec![fault]);
    judged_with(input, points, &["collaborator", "distributor"]).map(|_| ())
}
