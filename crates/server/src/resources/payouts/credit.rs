//! Credits: points for a collaborator in the open distribution of one distributor, or of every
//! distributor that counts the collaborator. Not here: the requests that give credits
//! (`metric_credit` and `credit_metric`).

use apportion_core::collaborator::CollaboratorStatus;
use apportion_core::fault::Fault;
use apportion_core::id::{CollaboratorId, MetricCreditId, MetricId};
use apportion_core::metric::{MetricType, score_after_credit};
use apportion_core::metric_credit::{CreditTarget, MetricCreditTerms};
use apportion_jsonapi::{Code, Error};
use apportion_store::metric_credit::{self, NewMetricCredit};
use apportion_store::{collaborator, counting_distributors, distributor, metric};

use crate::catalog::Work;
use crate::engine;
use crate::failure::{Failure, Result};
use crate::payouts::kept_json::read_metric_types;

/// The JSON pointer to the collaborator in a request that credits with all distributors.
pub(crate) const COLLABORATOR: &str = "/collaboratorId";

/// Credits a collaborator with every distributor that counts the collaborator. Such a distributor
/// is active, has an open distribution and a manual metric, and has the collaborator among its own.
/// Each gives its default points. If one credit fails, none is given.
pub(crate) fn credit_everywhere(work: &mut Work<'_>, collaborator: CollaboratorId) -> Result<()> {
    let counting = counting_distributors(&mut work.tenant, collaborator)?;
    let mut payers = Vec::with_capacity(counting.len());
    // All distributors are locked before the collaborator, in the same order as for single credits,
    // so that concurrent requests cannot deadlock.
    for id in counting {
        if let Some(payer) = distributor::lock(&mut work.tenant, id)? {
            payers.push(engine::trigger_due(work, payer)?);
        }
    }
    let collaborator = collaborator::lock(&mut work.tenant, collaborator)?;
    let unknown = || Error::pointer(Code::RecordNotFound, COLLABORATOR, "There is no such record");
    let collaborator = collaborator.ok_or_else(unknown)?;
    if collaborator.status != CollaboratorStatus::Active {
        let detail = "collaborator must be active";
        return Err(Error::pointer(Code::InvalidAttribute, COLLABORATOR, detail).into());
    }
    for payer in &payers {
        let Ok(points) = manual_points(work, payer, &collaborator)? else { continue };
        let terms = MetricCreditTerms { points, reason: None };
        if let Err(fault) = give(work, payer, &collaborator, terms)? {
            let detail = format!("A credit of distributor {} {}", payer.stored.id, fault.message);
            return Err(Failure::refusal(Code::InvalidAttribute, detail));
        }
    }
    Ok(())
}

/// Returns the points that the distributor gives the collaborator by default, or the fault that
/// prevents it. The caller has locked both rows.
pub(crate) fn manual_points(
    work: &mut Work<'_>,
    distributor: &distributor::DistributorRow,
    collaborator: &collaborator::CollaboratorRow,
) -> Result<std::result::Result<i64, Fault>> {
    let kinds = read_metric_types(&distributor.stored.metric_types);
    let kinds: Vec<_> = kinds.iter().filter_map(|kind| kind.to_metric()).collect();
    let crediting = CreditTarget {
        collaborator: collaborator.status,
        distributor: distributor.stored.status,
        has_open_distribution: distributor.current_distribution_id.is_some(),
        is_member: distributor::has_collaborator(
            &mut work.tenant,
            distributor.stored.id,
            collaborator.id,
        )?,
        metric_types: &kinds,
    };
    Ok(crediting.manual_points())
}

/// Inserts a credit, and adds its points to the metric of the open distribution. The first credit
/// inserts that metric.
///
/// Returns the id of the credit, or a fault if the new score would not fit 64 bits. The caller has
/// locked the distributor, and knows that it gives points to the collaborator.
pub(crate) fn give(
    work: &mut Work<'_>,
    distributor: &distributor::DistributorRow,
    collaborator: &collaborator::CollaboratorRow,
    terms: MetricCreditTerms,
) -> Result<std::result::Result<MetricCreditId, Fault>> {
    let metric_id = match add_points(work, distributor, collaborator, terms.points)? {
        Ok(id) => id,
        Err(fault) => return Ok(Err(fault)),
    };
    let new = NewMetricCredit {
        distributor_id: distributor.stored.id,
        collaborator_id: collaborator.id,
        metric_id,
        points: terms.points,
        reason: terms.reason,
    };
    Ok(Ok(metric_credit::insert(&mut work.tenant, &new, work.now)?))
}

/// Adds the points of credits that are about to be inserted to the metric of the open distribution,
/// and returns the id of the metric, or a fault if the new score would not fit 64 bits.
pub(crate) fn add_points(
    work: &mut Work<'_>,
    distributor: &distributor::DistributorRow,
    collaborator: &collaborator::CollaboratorRow,
    points: i64,
) -> Result<std::result::Result<MetricId, Fault>> {
    let open = distributor.current_distribution_id.ok_or_else(Failure::not_found)?;
    let metric_type = MetricType::Manual;
    let present = metric::find(&mut work.tenant, open, collaborator.id, metric_type)?;
    let score = present.as_ref().map_or(0, |metric| metric.score);
    let score = match score_after_credit(score, points) {
        Ok(score) => score,
        Err(fault) => return Ok(Err(fault)),
    };
    match present {
        Some(metric) => {
            metric::set_score(&mut work.tenant, metric.id, score, work.now)?;
            Ok(Ok(metric.id))
        }
        None => {
            let new = metric::NewMetric {
                distributor_id: distributor.stored.id,
                collaborator_id: collaborator.id,
                distribution_id: open,
                metric_type,
                score,
            };
            Ok(Ok(metric::insert(&mut work.tenant, &new, work.now)?))
        }
    }
}
