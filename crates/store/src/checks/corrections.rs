//! The subjects of the checks of what holds over time: the periods of a distributor, what is taken
//! back of obligations, and what is settled.

use apportion_core::allocation::AllocationStatus;
use apportion_core::checks::{CarriedPool, DistributionPeriod, SettledAllocation, TakenBack};
use apportion_core::distribution::DistributionStatus;
use apportion_core::obligation::ObligationStatus;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::pages::Pages;
use super::{End, Run, SUBJECTS_AT_ONCE};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;

pub(super) fn periods_adjoin(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    in_order(tenant, run, |run, one, before| {
        let Period { distributor_id, id, from, until, .. } = *one;
        let due_from = before.map(Period::next_from);
        let period = DistributionPeriod { id, distributor_id, from, until, due_from };
        run.finding.note(period.periods_adjoin());
    })
}

pub(super) fn pools_carried_on(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    in_order(tenant, run, |run, one, before| {
        let left_before = before.map_or(0, Period::leaves);
        let pool = CarriedPool { id: one.id, carried: one.carried, left_before };
        run.finding.note(pool.pools_carried_on());
    })
}

/// Looks at every distribution, after the one before of its distributor.
fn in_order(
    tenant: &mut Tenant<'_>,
    run: &mut Run<'_>,
    mut look: impl FnMut(&mut Run<'_>, &Period, Option<&Period>),
) -> Result<End> {
    let mut before: Option<Period> = None;
    let pages = Pages { load: periods, key: |it| (it.distributor_id, it.id) };
    pages.each(tenant, run, |_, run, page| {
        for period in page {
            let same =
                before.as_ref().filter(|before| before.distributor_id == period.distributor_id);
            look(run, &period, same);
            before = Some(period);
        }
        Ok(End::Complete)
    })
}

#[derive(Queryable)]
struct Period {
    distributor_id: i64,
    id: i64,
    status: DistributionStatus,
    from: NaiveDate,
    until: Option<NaiveDate>,
    carried: i64,
    carried_on: i64,
}

impl Period {
    /// Returns whether it was triggered and did not fail. Any other one has used up nothing.
    fn is_paid(&self) -> bool {
        matches!(self.status, DistributionStatus::Complete | DistributionStatus::Processing)
    }

    /// Returns the first day of the period that follows.
    fn next_from(&self) -> NaiveDate {
        self.until.filter(|_| self.is_paid()).unwrap_or(self.from)
    }

    /// Returns the amount that it leaves for the period that follows, in minor units.
    fn leaves(&self) -> i64 {
        if self.is_paid() { self.carried_on } else { self.carried }
    }
}

fn periods(tenant: &mut Tenant<'_>, after: (i64, i64)) -> Result<Vec<Period>> {
    Statement::new(
        "SELECT distributor_id, id, status, period_from, period_until, carried, carried_on \
         FROM distributions WHERE organization_id = :organization \
         AND (distributor_id, id) > (:after_distributor, :after) \
         ORDER BY distributor_id, id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after_distributor", after.0)
    .bind("after", after.1)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, BigInt, Text, Date, Nullable<Date>, BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

pub(super) fn reversals_within(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let mut sum: Option<TakenBack> = None;
    let pages = Pages { load: reversals, key: |it| (it.reverses_id, it.id) };
    let end = pages.each(tenant, run, |_, run, page| {
        for reversal in page {
            if let Some(whole) = sum.take_if(|whole| whole.id != reversal.reverses_id) {
                run.finding.note(whole.reversals_within());
            }
            reversal.add_to(sum.get_or_insert(reversal.whole()));
        }
        Ok(End::Complete)
    })?;
    if let Some(whole) = sum.filter(|_| end == End::Complete) {
        run.finding.note(whole.reversals_within());
    }
    Ok(end)
}

/// A reversal, or a part of a refund, and the obligation that it takes back.
#[derive(Queryable)]
struct Reversal {
    reverses_id: i64,
    id: i64,
    refund_id: Option<i64>,
    value: i64,
    status: ObligationStatus,
    whole_value: i64,
    whole_status: ObligationStatus,
}

impl Reversal {
    fn whole(&self) -> TakenBack {
        let (value, status) = (self.whole_value, self.whole_status);
        TakenBack {
            id: self.reverses_id,
            value,
            status,
            reversals: 0,
            refunds: 0,
            has_reversals: false,
            has_refunds: false,
        }
    }

    /// Adds the value, unless the reversal does not count any more.
    fn add_to(&self, whole: &mut TakenBack) {
        if self.status.is_void() {
            return;
        }
        let (sum, is_there) = if self.refund_id.is_some() {
            (&mut whole.refunds, &mut whole.has_refunds)
        } else {
            (&mut whole.reversals, &mut whole.has_reversals)
        };
        *sum = sum.saturating_add(self.value.into());
        *is_there = true;
    }
}

fn reversals(tenant: &mut Tenant<'_>, after: (i64, i64)) -> Result<Vec<Reversal>> {
    Statement::new(
        "SELECT part.reverses_id, part.id, part.refund_id, part.value, part.status, \
         whole.value, whole.status \
         FROM obligations AS part INNER JOIN obligations AS whole \
         ON whole.organization_id = part.organization_id AND whole.id = part.reverses_id \
         WHERE part.organization_id = :organization \
         AND (part.reverses_id, part.id) > (:after_reversed, :after) \
         ORDER BY part.reverses_id, part.id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after_reversed", after.0)
    .bind("after", after.1)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, BigInt, Nullable<BigInt>, BigInt, Text, BigInt, Text)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

pub(super) fn settled_once(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    Pages { load: allocations, key: |it| it.id }.each(tenant, run, |_, run, page| {
        for Allocation { id, status, settlement_id, obligation, named } in page {
            let settled = SettledAllocation {
                id,
                status,
                has_settlement: settlement_id.is_some(),
                obligation,
                is_referred_to: named == Some(id),
            };
            run.finding.note(settled.settled_once());
        }
        Ok(End::Complete)
    })
}

/// An allocation and its obligation.
#[derive(Queryable)]
struct Allocation {
    id: i64,
    status: AllocationStatus,
    settlement_id: Option<i64>,
    /// The status of the obligation.
    obligation: ObligationStatus,
    /// The allocation that the obligation refers to.
    named: Option<i64>,
}

fn allocations(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Allocation>> {
    Statement::new(
        "SELECT part.id, part.status, part.settlement_id, owed.status, owed.allocation_id \
         FROM allocations AS part INNER JOIN obligations AS owed \
         ON owed.organization_id = part.organization_id AND owed.id = part.obligation_id \
         WHERE part.organization_id = :organization AND part.id > :after \
         ORDER BY part.id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, Text, Nullable<BigInt>, Text, Nullable<BigInt>)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}
