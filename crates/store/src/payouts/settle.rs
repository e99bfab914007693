//! Settlements: obligations that are fulfilled together with their allocations, many rows at a
//! time. The distributors are locked. Not here: the effect on the distributions
//! (`crate::distribution::complete`).

use apportion_core::id::{AllocationId, DistributionId, DistributorId, ObligationId, SettlementId};
use apportion_core::obligation::ObligationStatus;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::error::{Error, Result};
use crate::rows::select::Stored;
use crate::session::tenant::{RowVersion, Tenant};
use crate::sql::statement::{Statement, powers_of_two};
use crate::tables::payouts::allocation::AllocationRow;
use crate::tables::payouts::obligation::ObligationRow;

/// An obligation that can be settled: it is approved, and its allocation is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Payable {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The allocation that covers it.
    pub allocation_id: AllocationId,
    /// The distribution of the allocation.
    pub distribution_id: DistributionId,
}

/// Returns the obligations of a distribution that can be settled, ordered by allocation.
pub fn payable(tenant: &mut Tenant<'_>, distribution: DistributionId) -> Result<Vec<Payable>> {
    Statement::new(
        "SELECT part.obligation_id, part.id, part.distribution_id \
         FROM allocations AS part INNER JOIN obligations AS owed \
         ON owed.organization_id = part.organization_id AND owed.id = part.obligation_id \
         WHERE part.organization_id = :organization AND part.distribution_id = :distribution \
         AND part.status = 'pending' AND owed.status = 'approved' ORDER BY part.id",
    )
    .bind("organization", tenant.id())
    .bind("distribution", distribution.0)
    .yielding::<(BigInt, BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

/// An obligation that a client wants to settle.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct NamedObligation {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The distributor that owes it.
    pub distributor_id: DistributorId,
    /// The status of the obligation.
    pub status: ObligationStatus,
    /// The allocation that covers it, if it is pending.
    pub allocation_id: Option<AllocationId>,
    /// The distribution of that allocation.
    pub distribution_id: Option<DistributionId>,
}

impl NamedObligation {
    /// Returns the obligation with its allocation; `None` if it cannot be settled.
    pub fn payable(&self) -> Option<Payable> {
        let (allocation_id, distribution_id) = self.allocation_id.zip(self.distribution_id)?;
        let is_approved = self.status == ObligationStatus::Approved;
        let obligation_id = self.obligation_id;
        is_approved.then_some(Payable { obligation_id, allocation_id, distribution_id })
    }
}

/// Returns the obligations with these ids in their order by id. Those that do not exist are left
/// out.
pub fn named(tenant: &mut Tenant<'_>, ids: &[ObligationId]) -> Result<Vec<NamedObligation>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let mut found: Vec<NamedObligation> = Vec::with_capacity(ids.len());
    for ids in powers_of_two(&ids) {
        let statement = Statement::new(
            "SELECT owed.id, owed.distributor_id, owed.status, part.id, part.distribution_id \
             FROM obligations AS owed LEFT JOIN allocations AS part \
             ON part.organization_id = owed.organization_id AND part.id = owed.allocation_id \
             AND part.status = 'pending' \
             WHERE owed.organization_id = :organization AND owed.id IN (:ids)",
        )
        .bind("organization", tenant.id())
        .bind("ids", ids);
        tenant.note_shape(&statement);
        let rows: Vec<NamedObligation> = statement
            .yielding::<(BigInt, BigInt, Text, Nullable<BigInt>, Nullable<BigInt>)>()
            .load(tenant.connection()?)?;
        found.extend(rows);
    }
    found.sort_unstable_by_key(|row| row.obligation_id);
    Ok(found)
}

/// The settlement of many obligations.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'s> {
    /// The settlement.
    pub settlement_id: SettlementId,
    /// The reference that each obligation gets that has none.
    pub reference: Option<&'s str>,
    /// The instant at which it is written, UTC.
    pub now: NaiveDateTime,
}

/// Fulfils obligations that can be settled, and completes their allocations.
pub fn settle(tenant: &mut Tenant<'_>, settled: Settled<'_>, payable: &[Payable]) -> Result<()> {
    let Settled { settlement_id, reference, now } = settled;
    for payable in powers_of_two(payable) {
        let obligations: Vec<i64> = payable.iter().map(|it| it.obligation_id.0).collect();
        let statement = Statement::new(
            "UPDATE obligations SET status = 'fulfilled', version = version + 1, \
             updated_at = :now, reference = COALESCE(reference, NULLIF(:reference, '')) \
             WHERE organization_id = :organization AND id IN (:ids) RETURNING id, version",
        )
        .bind("now", now)
        .bind("reference", reference.unwrap_or_default())
        .bind("organization", tenant.id())
        .bind("ids", obligations.as_slice());
        update(tenant, ObligationRow::TABLE, statement, now)?;
        let allocations: Vec<i64> = payable.iter().map(|it| it.allocation_id.0).collect();
        let statement = Statement::new(
            "UPDATE allocations SET status = 'complete', version = version + 1, \
             updated_at = :now, settlement_id = :settlement \
             WHERE organization_id = :organization AND id IN (:ids) RETURNING id, version",
        )
        .bind("now", now)
        .bind("settlement", settlement_id.0)
        .bind("organization", tenant.id())
        .bind("ids", allocations.as_slice());
        update(tenant, AllocationRow::TABLE, statement, now)?;
    }
    Ok(())
}

fn update(
    tenant: &mut Tenant<'_>,
    table: &'static str,
    statement: Statement<'_>,
    now: NaiveDateTime,
) -> Result<()> {
    tenant.note_shape(&statement);
    let rows: Vec<RowVersion> =
        statement.yielding::<(BigInt, BigInt)>().load(tenant.connection()?)?;
    tenant.record_updates(table, &rows, now)
}
