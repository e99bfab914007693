//! The subjects of the checks of payouts: distributions, obligations, trigger dates, metrics.

use std::collections::HashMap;

use apportion_core::checks::{CoveredObligation, CreditedMetric, PaidDistribution, TriggerDate};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::pages::Pages;
use super::{End, Run, SUBJECTS_AT_ONCE, is_full};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;

/// The number of rows of subjects that are read at once.
const ROWS_AT_ONCE: i64 = 10_000;

pub(super) fn allocations_sum(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let pages = Pages { load: distributions, key: |it| it.id };
    pages.each(tenant, run, |tenant, run, page| {
        let Some((first, last)) = page.first().zip(page.last()) else { return Ok(End::Complete) };
        let Some(sums) = sums_paid(tenant, first.id, last.id, run)? else {
            return Ok(End::Stopped);
        };
        for Distribution { id, status, value } in page {
            let sums = sums.get(&id).copied().unwrap_or_default();
            let value = (status != "pending").then_some(value);
            let (allocations, obligations) = (sums.allocations, sums.obligations);
            let paid = PaidDistribution { id, value, allocations, obligations };
            run.finding.note(paid.allocations_sum());
        }
        Ok(End::Complete)
    })
}

#[derive(Queryable)]
struct Distribution {
    id: i64,
    status: String,
    value: i64,
}

fn distributions(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Distribution>> {
    Statement::new(
        "SELECT id, status, value FROM distributions \
         WHERE organization_id = :organization AND id > :after ORDER BY id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, Text, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

/// The sums of a distribution's allocations that are pending or complete, and of the obligations
/// that these cover. An obligation in other units adds nothing.
#[derive(Clone, Copy, Default)]
struct SumsPaid {
    allocations: i128,
    obligations: i128,
}

/// Sums what the distributions with ids from `first` to `last` pay. Returns `None` if the run is
/// stopped before.
fn sums_paid(
    tenant: &mut Tenant<'_>,
    first: i64,
    last: i64,
    run: &mut Run<'_>,
) -> Result<Option<HashMap<i64, SumsPaid>>> {
    let mut sums: HashMap<i64, SumsPaid> = HashMap::new();
    let mut after = (first, 0);
    loop {
        let rows: Vec<(i64, i64, i64, i64)> = Statement::new(
            "SELECT part.distribution_id, part.id, part.value, \
             CASE WHEN owed.units = paid.units THEN owed.value ELSE 0 END \
             FROM allocations AS part INNER JOIN obligations AS owed \
             ON owed.organization_id = part.organization_id AND owed.id = part.obligation_id \
             INNER JOIN distributions AS paid \
             ON paid.organization_id = part.organization_id AND paid.id = part.distribution_id \
             WHERE part.status IN ('pending', 'complete') AND part.organization_id = :organization \
             AND part.distribution_id <= :last \
             AND (part.distribution_id, part.id) > (:after_distribution, :after) \
             ORDER BY part.distribution_id, part.id LIMIT :limit",
        )
        .bind("organization", tenant.id())
        .bind("last", last)
        .bind("after_distribution", after.0)
        .bind("after", after.1)
        .bind("limit", ROWS_AT_ONCE)
        .yielding::<(BigInt, BigInt, BigInt, BigInt)>()
        .load(tenant.connection()?)?;
        for (distribution, id, allocated, owed) in &rows {
            let sums = sums.entry(*distribution).or_default();
            sums.allocations = sums.allocations.saturating_add(i128::from(*allocated));
            sums.obligations = sums.obligations.saturating_add(i128::from(*owed));
            after = (*distribution, *id);
        }
        if !is_full(rows.len(), ROWS_AT_ONCE) {
            return Ok(Some(sums));
        }
        if run.is_stopped() {
            return Ok(None);
        }
    }
}

pub(super) fn obligation_once(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let pages = Pages { load: obligations, key: |it| it.id };
    pages.each(tenant, run, |tenant, run, page| {
        let Some((first, last)) = page.first().zip(page.last()) else { return Ok(End::Complete) };
        let live = live_allocations(tenant, first.id, last.id)?;
        for Obligation { id, allocation_id, named_covers } in page {
            let start = live.partition_point(|(obligation, _)| *obligation < id);
            let end = live.partition_point(|(obligation, _)| *obligation <= id);
            let own = live.get(start..end).unwrap_or_default();
            let own: Vec<i64> = own.iter().map(|(_, allocation)| *allocation).collect();
            let covered = CoveredObligation { id, allocation_id, named_covers, live: &own };
            run.finding.note(covered.obligation_once());
        }
        Ok(End::Complete)
    })
}

#[derive(Queryable)]
struct Obligation {
    id: i64,
    /// The allocation that it names.
    allocation_id: Option<i64>,
    /// The obligation that this allocation covers.
    named_covers: Option<i64>,
}

fn obligations(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Obligation>> {
    Statement::new(
        "SELECT owed.id, owed.allocation_id, named.obligation_id FROM obligations AS owed \
         LEFT JOIN allocations AS named ON named.organization_id = owed.organization_id \
         AND named.id = owed.allocation_id \
         WHERE owed.organization_id = :organization AND owed.id > :after \
         ORDER BY owed.id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, Nullable<BigInt>, Nullable<BigInt>)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

/// Returns the allocations that are pending or complete and cover the obligations with ids from
/// `first` to `last`, each after its obligation, ordered by both.
fn live_allocations(tenant: &mut Tenant<'_>, first: i64, last: i64) -> Result<Vec<(i64, i64)>> {
    Statement::new(
        "SELECT obligation_id, id FROM allocations \
         WHERE status IN ('pending', 'complete') AND organization_id = :organization \
         AND obligation_id >= :first AND obligation_id <= :last ORDER BY obligation_id, id",
    )
    .bind("organization", tenant.id())
    .bind("first", first)
    .bind("last", last)
    .yielding::<(BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

pub(super) fn trigger_once(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let mut before: Option<Trigger> = None;
    Pages { load: triggers, key: |it| *it }.each(tenant, run, |_, run, page| {
        for trigger in page {
            let Trigger { distributor_id, trigger_date, id } = trigger;
            let same = before.filter(|before| {
                (before.distributor_id, before.trigger_date) == (distributor_id, trigger_date)
            });
            let date = TriggerDate { id, distributor_id, same_as: same.map(|before| before.id) };
            run.finding.note(date.trigger_once());
            before = Some(trigger);
        }
        Ok(End::Complete)
    })
}

/// A distribution that is not cancelled, by what orders it.
#[derive(Clone, Copy, Default, Queryable)]
struct Trigger {
    distributor_id: i64,
    trigger_date: NaiveDateTime,
    id: i64,
}

fn triggers(tenant: &mut Tenant<'_>, after: Trigger) -> Result<Vec<Trigger>> {
    Statement::new(
        "SELECT distributor_id, trigger_date, id FROM distributions \
         WHERE status <> 'cancelled' AND organization_id = :organization \
         AND (distributor_id, trigger_date, id) > (:after_distributor, :after_date, :after) \
         ORDER BY distributor_id, trigger_date, id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after_distributor", after.distributor_id)
    .bind("after_date", after.trigger_date)
    .bind("after", after.id)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, Timestamp, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

pub(super) fn metrics_follow_credits(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let pages = Pages { load: metrics, key: |it| it.id };
    pages.each(tenant, run, |tenant, run, page| {
        let Some((first, last)) = page.first().zip(page.last()) else { return Ok(End::Complete) };
        let Some(sums) = points_credited(tenant, first.id, last.id, run)? else {
            return Ok(End::Stopped);
        };
        for Metric { id, score } in page {
            let credits = sums.get(&id).copied().unwrap_or_default();
            run.finding.note(CreditedMetric { id, score, credits }.metrics_follow_credits());
        }
        Ok(End::Complete)
    })
}

#[derive(Queryable)]
struct Metric {
    id: i64,
    score: i64,
}

fn metrics(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Metric>> {
    Statement::new(
        "SELECT id, score FROM metrics \
         WHERE organization_id = :organization AND id > :after ORDER BY id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

/// Sums the points that were credited to the metrics with ids from `first` to `last` by their own
/// distributors, to their own collaborators. Returns `None` if the run is stopped before.
fn points_credited(
    tenant: &mut Tenant<'_>,
    first: i64,
    last: i64,
    run: &mut Run<'_>,
) -> Result<Option<HashMap<i64, i128>>> {
    let mut sums: HashMap<i64, i128> = HashMap::new();
    let mut after = (first, 0);
    loop {
        let rows: Vec<(i64, i64, i64)> = Statement::new(
            "SELECT given.metric_id, given.id, CASE \
             WHEN given.distributor_id = sum.distributor_id \
             AND given.collaborator_id = sum.collaborator_id THEN given.points \
             ELSE CAST(0 AS BIGINT) END FROM metric_credits AS given \
             INNER JOIN metrics AS sum ON sum.organization_id = given.organization_id \
             AND sum.id = given.metric_id WHERE given.organization_id = :organization \
             AND given.metric_id <= :last \
             AND (given.metric_id, given.id) > (:after_metric, :after) \
             ORDER BY given.metric_id, given.id LIMIT :limit",
        )
        .bind("organization", tenant.id())
        .bind("last", last)
        .bind("after_metric", after.0)
        .bind("after", after.1)
        .bind("limit", ROWS_AT_ONCE)
        .yielding::<(BigInt, BigInt, BigInt)>()
        .load(tenant.connection()?)?;
        for (metric, id, points) in &rows {
            let sum = sums.entry(*metric).or_default();
            *sum = sum.saturating_add(i128::from(*points));
            after = (*metric, *id);
        }
        if !is_full(rows.len(), ROWS_AT_ONCE) {
            return Ok(Some(sums));
        }
        if run.is_stopped() {
            return Ok(None);
        }
    }
}
