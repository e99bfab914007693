//! A plan as rows: marks the distribution as triggered, writes its obligations and allocations, and
//! opens the next distribution. All happens in one transaction, which begins with the lock of the
//! distributor. Unique indexes refuse whatever would happen twice. Not here: the rules by which a
//! plan is made.

use apportion_core::distribution::DistributionStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{NextDistribution, Origin, Plan, PlannedAllocation, PlannedShare};
use apportion_core::id::{DistributionId, DistributorId};
use apportion_core::obligation::{DISTRIBUTION_AWARD, ObligationStatus};
use apportion_store::allocate::{self, CollectedObligation, EarnedShare, NewObligations, Payment};
use apportion_store::distribution::{self, NewDistribution};
use apportion_store::distributor::{self, DistributorRow, Occupied, StoredDistributor};
use apportion_store::{self as store, Outage, Stored, Tenant, metric};
use chrono::{DateTime, NaiveDateTime, Utc};

use crate::catalog::Work;
use crate::engine::snapshot::{Planned, plan_open};
use crate::engine::triggered::Triggered;
use crate::payouts::explanation::{self, write_shared_pool};

/// Triggers the open distribution of a distributor. Returns `None` and writes nothing if another
/// engine has locked the distributor or has triggered it before, or if it is not due.
pub fn trigger(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    occupied: Occupied,
    now: DateTime<Utc>,
) -> store::Result<Option<Triggered>> {
    let claimed = distributor::claim(tenant, distributor, occupied)?;
    let is_active = |payer: &StoredDistributor| payer.status == DistributorStatus::Active;
    let Some(payer) = claimed.filter(is_active) else { return Ok(None) };
    trigger_locked(tenant, payer, now)
}

/// Triggers the open distribution of a distributor that is locked, if it is due, before something
/// is written that would change what it pays: whatever is written after the trigger date counts for
/// the next one. Returns the distributor as it is then.
///
/// A request may have arrived before the last trigger date and be carried out after it. It is
/// written as if it had arrived on that date, so that nothing lies before a trigger that did not
/// see it.
pub(crate) fn trigger_due(
    work: &mut Work<'_>,
    payer: DistributorRow,
) -> store::Result<DistributorRow> {
    let (tenant, now) = (&mut work.tenant, work.now);
    let id = payer.stored.id;
    let is_due = payer.next_trigger_date.is_some_and(|date| date <= now);
    if !is_due || payer.stored.status != DistributorStatus::Active {
        if let Some(last) = distribution::last_triggered(tenant, id)? {
            work.now = now.max(last);
        }
        return Ok(payer);
    }
    if !work.is_clock_sound {
        let why = format!("distributor {id} is due by a clock that is wrong");
        return Err(store::Error::Unavailable(Outage::Clock, why));
    }
    // Nothing is logged: the write may still be refused, and the trigger undone with it.
    trigger_locked(tenant, payer.stored, now.and_utc())?;
    let found = distributor::find(tenant, id)?.ok_or("it is gone, although it is locked");
    store::intact(DistributorRow::TABLE, id.0, found)
}

/// Triggers the open distribution of a distributor that is locked, if it is due.
fn trigger_locked(
    tenant: &mut Tenant<'_>,
    payer: StoredDistributor,
    now: DateTime<Utc>,
) -> store::Result<Option<Triggered>> {
    let planned = plan_open(tenant, &payer, now)?;
    let Some(planned) = planned.filter(|planned| planned.plan.wait_reason.is_none()) else {
        return Ok(None);
    };
    let Planned { open, plan } = &planned;
    let at = now.naive_utc();
    let payment =
        Payment { distributor_id: payer.id, distribution_id: open.id, units: &open.units, now: at };
    let added = pay(tenant, payment, plan)?;
    mark_triggered(tenant, open.id, plan, at)?;
    if let Some(next) = &plan.next {
        open_next(tenant, open, next, at)?;
    }
    let left = i64::try_from(i128::from(payer.accumulated_value).saturating_add(added))?;
    // The write is needed even if nothing was collected: it gives the row a new version, which it
    // must have because it refers to another open distribution now.
    distributor::set_accumulated_value(tenant, payer.id, left, at)?;
    Ok(Some(Triggered::new(&payer, planned)))
}

/// Writes the obligations and allocations of a plan. Returns the change of what is approved and not
/// allocated, in minor units.
fn pay(tenant: &mut Tenant<'_>, payment: Payment<'_>, plan: &Plan) -> store::Result<i128> {
    let (mut shares, mut collected) = (Vec::new(), Vec::new());
    let mut added = 0_i128;
    for allocation in &plan.allocations {
        let PlannedAllocation { collaborator_id, value, origin } = *allocation;
        match origin {
            Origin::Share(part) => {
                shares.push(earned(PlannedShare { collaborator_id, value, part })?);
            }
            Origin::Collected { obligation_id, is_approved, net } => {
                if is_approved {
                    added = added.saturating_sub(value.into());
                }
                collected.push(CollectedObligation {
                    obligation_id,
                    collaborator_id,
                    value,
                    net_value: net.value,
                    net_parts: i64::try_from(net.parts)?,
                });
            }
        }
    }
    let kept = plan.kept.iter().copied().map(earned).collect::<store::Result<Vec<_>>>()?;
    if plan.obligation_status == ObligationStatus::Approved {
        let kept = kept.iter().map(|share| i128::from(share.value)).sum();
        added = added.saturating_add(kept);
    }
    let obligations =
        NewObligations { status: plan.obligation_status.name(), award_type: DISTRIBUTION_AWARD };
    allocate::pay_shares(tenant, payment, obligations, &shares)?;
    allocate::keep_shares(tenant, payment, obligations, &kept)?;
    allocate::pay_obligations(tenant, payment, &collected)?;
    Ok(added)
}

fn earned(share: PlannedShare) -> store::Result<EarnedShare> {
    let PlannedShare { collaborator_id, value, part } = share;
    let (weight, rank) = (part.weight, i64::try_from(part.rank)?);
    Ok(EarnedShare { collaborator_id, value, weight, rank })
}

/// Writes the outcome into the distribution itself.
fn mark_triggered(
    tenant: &mut Tenant<'_>,
    id: DistributionId,
    plan: &Plan,
    now: NaiveDateTime,
) -> store::Result<()> {
    let triggered = distribution::Triggered {
        status: plan.status,
        period_until: plan.period_until,
        carried_on: plan.carried_on,
        value: plan.value,
        allocation_count: i64::try_from(plan.allocations.len())?,
        shared_pool: plan.shared.as_ref().map(write_shared_pool),
        explanation: Some(explanation::of_plan(plan)),
    };
    distribution::trigger(tenant, id, &triggered, now)
}

/// Inserts the next distribution. It takes over the metrics if the one before failed.
fn open_next(
    tenant: &mut Tenant<'_>,
    before: &distribution::StoredDistribution,
    next: &NextDistribution,
    now: NaiveDateTime,
) -> store::Result<()> {
    let new = NewDistribution {
        distributor_id: before.distributor_id,
        status: DistributionStatus::Pending,
        value: 0,
        units: before.units.clone(),
        opened_at: next.open.opened_at.naive_utc(),
        period_from: next.open.period_from,
        trigger_date: next.open.trigger_at.naive_utc(),
        carried: next.open.carried,
    };
    let id = distribution::insert(tenant, &new, now)?;
    if next.takes_over_metrics {
        metric::move_to_distribution(tenant, before.id, id, now)?;
    }
    Ok(())
}
