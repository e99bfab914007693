//! The subjects of the laws of payouts: distributions, obligations, trigger dates, metrics.

use std::collections::HashMap;

use apportion_core::checks::{CoveredObligation, CreditedMetric, PaidDistribution, TriggerDate};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::{Look, Walk, ask};
use crate::error::Result;
use crate::session::tenant::Tenant;
use crate::sql::criteria::Value::{Instant, Integer};

/// How many rows of subjects are read at once.
const ROWS: usize = 10_000;

pub(super) fn allocations_sum(tenant: &mut Tenant<'_>, look: &mut Look<'_>) -> Result<Walk> {
    const PARTS: &[&str] = &[
        "SELECT id, status, value FROM distributions WHERE organization_id = ",
        " AND id > ",
        " ORDER BY id LIMIT ",
    ];
    let mut after = 0;
    loop {
        let values = [tenant.id(), after, super::SUBJECTS].map(Integer);
        let page: Vec<(i64, String, i64)> = ask!(tenant, (BigInt, Text, BigInt), PARTS, values);
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Walk::Ended) };
        let Some(sums) = paid(tenant, first.0, last.0, look)? else {
            return Ok(Walk::Stopped);
        };
        after = last.0;
        for (id, status, value) in page {
            let (allocations, obligations) = sums.get(&id).copied().unwrap_or_default();
            let value = (status != "pending").then_some(value);
            let paid = PaidDistribution { id, value, allocations, obligations };
            look.finding.note(paid.allocations_sum());
        }
        if look.is_over() {
            return Ok(Walk::Stopped);
        }
    }
}

/// What distributions of these ids pay: the sums of their allocations that are not cancelled, and
/// of the obligations of these. None where the look is over before.
fn paid(
    tenant: &mut Tenant<'_>,
    first: i64,
    last: i64,
    look: &mut Look<'_>,
) -> Result<Option<HashMap<i64, (i128, i128)>>> {
    const PARTS: &[&str] = &[
        "SELECT part.distribution_id, part.id, part.value, owed.value FROM allocations AS part \
         INNER JOIN obligations AS owed ON owed.organization_id = part.organization_id \
         AND owed.id = part.obligation_id \
         WHERE part.status <> 'cancelled' AND part.organization_id = ",
        " AND part.distribution_id <= ",
        " AND (part.distribution_id, part.id) > (",
        ", ",
        ") ORDER BY part.distribution_id, part.id LIMIT ",
    ];
    let mut sums: HashMap<i64, (i128, i128)> = HashMap::new();
    let mut after = (first, 0);
    loop {
        let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let values = [tenant.id(), last, after.0, after.1, limit].map(Integer);
        let rows: Vec<(i64, i64, i64, i64)> =
            ask!(tenant, (BigInt, BigInt, BigInt, BigInt), PARTS, values);
        for (distribution, id, allocated, owed) in &rows {
            let sum = sums.entry(*distribution).or_default();
            sum.0 = sum.0.saturating_add(i128::from(*allocated));
            sum.1 = sum.1.saturating_add(i128::from(*owed));
            after = (*distribution, *id);
        }
        if rows.len() < ROWS {
            return Ok(Some(sums));
        }
        if look.is_over() {
            return Ok(None);
        }
    }
}

pub(super) fn obligation_once(tenant: &mut Tenant<'_>, look: &mut Look<'_>) -> Result<Walk> {
    const PARTS: &[&str] = &[
        "SELECT owed.id, owed.allocation_id, named.obligation_id FROM obligations AS owed \
         LEFT JOIN allocations AS named ON named.organization_id = owed.organization_id \
         AND named.id = owed.allocation_id WHERE owed.organization_id = ",
        " AND owed.id > ",
        " ORDER BY owed.id LIMIT ",
    ];
    const LIVE: &[&str] = &[
        "SELECT obligation_id, id FROM allocations WHERE status <> 'cancelled' \
         AND organization_id = ",
        " AND obligation_id >= ",
        " AND obligation_id <= ",
        " ORDER BY obligation_id, id",
    ];
    let mut after = 0;
    loop {
        let values = [tenant.id(), after, super::SUBJECTS].map(Integer);
        let page: Vec<(i64, Option<i64>, Option<i64>)> =
            ask!(tenant, (BigInt, Nullable<BigInt>, Nullable<BigInt>), PARTS, values);
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Walk::Ended) };
        let values = [tenant.id(), first.0, last.0].map(Integer);
        let live: Vec<(i64, i64)> = ask!(tenant, (BigInt, BigInt), LIVE, values);
        after = last.0;
        for (id, allocation_id, named_covers) in page {
            let start = live.partition_point(|(obligation, _)| *obligation < id);
            let end = live.partition_point(|(obligation, _)| *obligation <= id);
            let own: Vec<i64> =
                live.get(start..end).unwrap_or_default().iter().map(|it| it.1).collect();
            let covered = CoveredObligation { id, allocation_id, named_covers, live: &own };
            look.finding.note(covered.obligation_once());
        }
        if look.is_over() {
            return Ok(Walk::Stopped);
        }
    }
}

pub(super) fn trigger_once(tenant: &mut Tenant<'_>, look: &mut Look<'_>) -> Result<Walk> {
    const PARTS: &[&str] = &[
        "SELECT distributor_id, trigger_date, id FROM distributions \
         WHERE status <> 'cancelled' AND organization_id = ",
        " AND (distributor_id, trigger_date, id) > (",
        ", ",
        ", ",
        ") ORDER BY distributor_id, trigger_date, id LIMIT ",
    ];
    let mut after = (0, NaiveDateTime::default(), 0);
    let mut before: Option<(i64, NaiveDateTime, i64)> = None;
    loop {
        let values = [
            Integer(tenant.id()),
            Integer(after.0),
            Instant(after.1),
            Integer(after.2),
            Integer(super::SUBJECTS),
        ];
        let page: Vec<(i64, NaiveDateTime, i64)> =
            ask!(tenant, (BigInt, Timestamp, BigInt), PARTS, values);
        let Some(last) = page.last() else { return Ok(Walk::Ended) };
        after = *last;
        for row in page {
            let (distributor_id, trigger_date, id) = row;
            let same = before.filter(|it| (it.0, it.1) == (distributor_id, trigger_date));
            let date = TriggerDate { id, distributor_id, same_as: same.map(|it| it.2) };
            look.finding.note(date.trigger_once());
            before = Some(row);
        }
        if look.is_over() {
            return Ok(Walk::Stopped);
        }
    }
}

pub(super) fn metrics_follow_credits(tenant: &mut Tenant<'_>, look: &mut Look<'_>) -> Result<Walk> {
    const PARTS: &[&str] = &[
        "SELECT id, score FROM metrics WHERE organization_id = ",
        " AND id > ",
        " ORDER BY id LIMIT ",
    ];
    let mut after = 0;
    loop {
        let values = [tenant.id(), after, super::SUBJECTS].map(Integer);
        let page: Vec<(i64, i64)> = ask!(tenant, (BigInt, BigInt), PARTS, values);
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Walk::Ended) };
        let Some(sums) = credited(tenant, first.0, last.0, look)? else {
            return Ok(Walk::Stopped);
        };
        after = last.0;
        for (id, score) in page {
            let credits = sums.get(&id).copied().unwrap_or_default();
            look.finding.note(CreditedMetric { id, score, credits }.metrics_follow_credits());
        }
        if look.is_over() {
            return Ok(Walk::Stopped);
        }
    }
}

/// What was credited to the metrics of these ids by their own distributors, to their own
/// collaborators. None where the look is over before.
fn credited(
    tenant: &mut Tenant<'_>,
    first: i64,
    last: i64,
    look: &mut Look<'_>,
) -> Result<Option<HashMap<i64, i128>>> {
    const PARTS: &[&str] = &[
        "SELECT given.metric_id, given.id, CASE \
         WHEN given.distributor_id = sum.distributor_id \
         AND given.collaborator_id = sum.collaborator_id THEN given.points \
         ELSE CAST(0 AS BIGINT) END FROM metric_credits AS given \
         INNER JOIN metrics AS sum ON sum.organization_id = given.organization_id \
         AND sum.id = given.metric_id WHERE given.organization_id = ",
        " AND given.metric_id <= ",
        " AND (given.metric_id, given.id) > (",
        ", ",
        ") ORDER BY given.metric_id, given.id LIMIT ",
    ];
    let mut sums: HashMap<i64, i128> = HashMap::new();
    let mut after = (first, 0);
    loop {
        let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let values = [tenant.id(), last, after.0, after.1, limit].map(Integer);
        let rows: Vec<(i64, i64, i64)> = ask!(tenant, (BigInt, BigInt, BigInt), PARTS, values);
        for (metric, id, points) in &rows {
            let sum = sums.entry(*metric).or_default();
            *sum = sum.saturating_add(i128::from(*points));
            after = (*metric, *id);
        }
        if rows.len() < ROWS {
            return Ok(Some(sums));
        }
        if look.is_over() {
            return Ok(None);
        }
    }
}
