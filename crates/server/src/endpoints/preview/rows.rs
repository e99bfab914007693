//! A plan as the rows of a preview, whose members are found by their declared names. The id of a
//! planned allocation names its distributor, its collaborator and, if it covers an obligation that
//! exists, that obligation: `3-42`, `3-42-117`.

use std::borrow::Cow;

use apportion_core::engine::{Origin, Plan, PlannedAllocation, WaitReason};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::{ResourceType, Rows, Scalar};
use apportion_store::Field;
use apportion_store::distributor::StoredDistributor;
use chrono::NaiveDateTime;

use crate::engine::snapshot::Planned;
use crate::payouts::explanation;

/// The row of what the open distribution of a distributor would be.
pub(super) struct DistributionRow<'r> {
    resource: &'r ResourceType<Field>,
    distributor: i64,
    distribution: Option<i64>,
    value: i64,
    units: String,
    status: Option<&'static str>,
    trigger_date: Option<NaiveDateTime>,
    pool: i64,
    reasons: String,
    explanation: Option<String>,
}

impl<'r> DistributionRow<'r> {
    /// Creates the row of a distributor, whose plan is `None` if it has no open distribution.
    pub(super) fn new(
        resource: &'r ResourceType<Field>,
        distributor: &StoredDistributor,
        planned: Option<&Planned>,
    ) -> Self {
        let plan = planned.map(|planned| &planned.plan);
        Self {
            resource,
            distributor: distributor.id.0,
            distribution: planned.map(|planned| planned.open.id.0),
            value: plan.map_or(0, |plan| plan.value),
            units: distributor.units.clone(),
            status: plan.map(|plan| plan.status.name()),
            trigger_date: plan.map(|plan| plan.open.trigger_at.naive_utc()),
            pool: plan.map_or(0, |plan| plan.explanation.pool),
            reasons: reasons(plan),
            explanation: plan.map(explanation::of_plan),
        }
    }
}

/// Writes the reasons why the distribution is not triggered now, why nothing is paid, which revenue
/// the pool does not count, and why collaborators get nothing.
fn reasons(plan: Option<&Plan>) -> String {
    let Some(plan) = plan else {
        return Json::Array(vec![reason(None, WaitReason::NothingOpen.to_string())]).compact();
    };
    let waits = plan.wait_reason.map(|waits| reason(None, waits.to_string()));
    let nothing = plan.allocations.is_empty();
    let nothing = nothing.then(|| reason(None, plan.explanation.sentence.clone()));
    let left_out = plan.uncounted.iter();
    let left_out = left_out.map(|left_out| reason(None, left_out.sentence(&plan.units)));
    let unpaid = plan.explanation.unpaid.iter().map(|unpaid| {
        let collaborator = unpaid.collaborator_id.to_string();
        reason(Some(collaborator), plan.reason(unpaid))
    });
    Json::Array(waits.into_iter().chain(nothing).chain(left_out).chain(unpaid).collect()).compact()
}

fn reason(collaborator: Option<String>, reason: String) -> Json<'static> {
    let collaborator = collaborator.map_or(Json::Null, |id| Json::Text(id.into()));
    Json::Object(vec![
        ("collaborator_id".into(), collaborator),
        ("reason".into(), Json::Text(reason.into())),
    ])
}

impl Rows for DistributionRow<'_> {
    fn len(&self) -> usize {
        1
    }

    fn id(&self, _: usize) -> i64 {
        self.distributor
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, _: usize, attribute: usize) -> Scalar<'_> {
        match self.resource.attributes.get(attribute).map(|it| it.name) {
            Some("value") => Scalar::Integer(self.value),
            Some("units") => Scalar::Text(&self.units),
            Some("status") => self.status.into(),
            Some("trigger_date") => self.trigger_date.map_or(Scalar::Null, Scalar::Instant),
            Some("pool") => Scalar::Integer(self.pool),
            Some("reasons") => Scalar::Json(Cow::Borrowed(&self.reasons)),
            Some("explanation") => object(self.explanation.as_deref()),
            _ => Scalar::Null,
        }
    }

    fn linkage(&self, _: usize, relationship: usize) -> Option<i64> {
        match self.resource.relationships.get(relationship)?.name {
            "distributor" => Some(self.distributor),
            "distribution" => self.distribution,
            _ => None,
        }
    }
}

/// The rows of what its allocations would be. Their ids are their positions in the plan, from 1.
pub(super) struct AllocationRows<'r> {
    resource: &'r ResourceType<Field>,
    rows: Vec<Allocation>,
}

struct Allocation {
    id: String,
    value: i64,
    explanation: Option<String>,
    collaborator: i64,
    obligation: Option<i64>,
}

impl<'r> AllocationRows<'r> {
    /// Creates the rows of a distributor's preview. Without a plan there are none.
    pub(super) fn new(
        resource: &'r ResourceType<Field>,
        distributor: i64,
        planned: Option<&Planned>,
    ) -> Self {
        let plan = planned.map(|planned| &planned.plan);
        let rows = plan.into_iter().flat_map(|plan| {
            plan.allocations.iter().map(move |allocation| row(distributor, plan, allocation))
        });
        Self { resource, rows: rows.collect() }
    }
}

fn row(distributor: i64, plan: &Plan, allocation: &PlannedAllocation) -> Allocation {
    let collaborator = allocation.collaborator_id.0;
    let (id, obligation) = match allocation.origin {
        Origin::Share(_) => (format!("{distributor}-{collaborator}"), None),
        Origin::Collected { obligation_id, .. } => {
            (format!("{distributor}-{collaborator}-{obligation_id}"), Some(obligation_id.0))
        }
    };
    let explanation = explanation::of_planned(plan, allocation);
    Allocation { id, value: allocation.value, explanation, collaborator, obligation }
}

impl Rows for AllocationRows<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> i64 {
        i64::try_from(row).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn id_text(&self, row: usize) -> Option<Cow<'_, str>> {
        self.rows.get(row).map(|allocation| Cow::Borrowed(allocation.id.as_str()))
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some(allocation) = self.rows.get(row) else { return Scalar::Null };
        match self.resource.attributes.get(attribute).map(|it| it.name) {
            Some("value") => Scalar::Integer(allocation.value),
            Some("explanation") => object(allocation.explanation.as_deref()),
            _ => Scalar::Null,
        }
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        let allocation = self.rows.get(row)?;
        match self.resource.relationships.get(relationship)?.name {
            "collaborator" => Some(allocation.collaborator),
            "obligation" => allocation.obligation,
            _ => None,
        }
    }
}

fn object(text: Option<&str>) -> Scalar<'_> {
    text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Borrowed(text)))
}
