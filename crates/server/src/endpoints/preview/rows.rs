//! A plan as the rows of a preview, members in the order in which they are declared. A planned
//! allocation goes by its distributor, its collaborator and, where it covers one that is there, its
//! obligation: `3-42`, `3-42-117`.

use std::borrow::Cow;

use apportion_core::engine::{Origin, Plan, PlannedAllocation, WaitReason};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::{Rows, Scalar};
use apportion_store::distributor::StoredDistributor;
use chrono::NaiveDateTime;

use crate::engine::snapshot::Planned;
use crate::payouts::explanation;

/// What the open distribution of a distributor would be.
pub(super) struct DistributionRow {
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

impl DistributionRow {
    pub(super) fn new(payer: &StoredDistributor, planned: Option<&Planned>) -> Self {
        let plan = planned.map(|planned| &planned.plan);
        Self {
            distributor: payer.id.0,
            distribution: planned.map(|planned| planned.open.id.0),
            value: plan.map_or(0, |plan| plan.value),
            units: payer.units.clone(),
            status: plan.map(|plan| plan.status.name()),
            trigger_date: plan.map(|plan| plan.open.trigger_at.naive_utc()),
            pool: plan.map_or(0, |plan| plan.explanation.pool),
            reasons: reasons(plan),
            explanation: plan.map(explanation::of_plan),
        }
    }
}

/// Why it is not triggered now, why nothing is paid, and why somebody gets nothing.
fn reasons(plan: Option<&Plan>) -> String {
    let Some(plan) = plan else {
        return Json::Array(vec![reason(None, WaitReason::NothingOpen.to_string())]).compact();
    };
    let waits = plan.wait_reason.map(|waits| reason(None, waits.to_string()));
    let nothing = plan.allocations.is_empty();
    let nothing = nothing.then(|| reason(None, plan.explanation.sentence.clone()));
    let unpaid = plan.explanation.unpaid.iter().map(|unpaid| {
        let collaborator = unpaid.collaborator_id.to_string();
        reason(Some(collaborator), plan.reason(unpaid))
    });
    Json::Array(waits.into_iter().chain(nothing).chain(unpaid).collect()).compact()
}

fn reason(collaborator: Option<String>, reason: String) -> Json<'static> {
    let collaborator = collaborator.map_or(Json::Null, |id| Json::Text(id.into()));
    Json::Object(vec![
        ("collaborator_id".into(), collaborator),
        ("reason".into(), Json::Text(reason.into())),
    ])
}

impl Rows for DistributionRow {
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
        match attribute {
            0 => Scalar::Integer(self.value),
            1 => Scalar::Text(&self.units),
            2 => self.status.into(),
            3 => self.trigger_date.map_or(Scalar::Null, Scalar::Instant),
            4 => Scalar::Integer(self.pool),
            5 => Scalar::Json(Cow::Borrowed(&self.reasons)),
            _ => object(self.explanation.as_deref()),
        }
    }

    fn linkage(&self, _: usize, relationship: usize) -> Option<i64> {
        match relationship {
            0 => Some(self.distributor),
            _ => self.distribution,
        }
    }
}

/// What its allocations would be, by their places in the plan, from 1.
pub(super) struct AllocationRows(Vec<Allocation>);

struct Allocation {
    id: String,
    value: i64,
    explanation: Option<String>,
    collaborator: i64,
    obligation: Option<i64>,
}

impl AllocationRows {
    pub(super) fn new(distributor: i64, planned: Option<&Planned>) -> Self {
        let plan = planned.map(|planned| &planned.plan);
        let rows = plan.into_iter().flat_map(|plan| {
            plan.allocations.iter().map(move |allocation| row(distributor, plan, allocation))
        });
        Self(rows.collect())
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

impl Rows for AllocationRows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn id(&self, row: usize) -> i64 {
        i64::try_from(row).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn id_text(&self, row: usize) -> Option<Cow<'_, str>> {
        self.0.get(row).map(|allocation| Cow::Borrowed(allocation.id.as_str()))
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some(allocation) = self.0.get(row) else { return Scalar::Null };
        match attribute {
            0 => Scalar::Integer(allocation.value),
            _ => object(allocation.explanation.as_deref()),
        }
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        let allocation = self.0.get(row)?;
        match relationship {
            0 => Some(allocation.collaborator),
            _ => allocation.obligation,
        }
    }
}

fn object(text: Option<&str>) -> Scalar<'_> {
    text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Borrowed(text)))
}
