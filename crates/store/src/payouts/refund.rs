//! Refunds of pools: the shares that a refund is divided by, and the obligations that it makes,
//! many rows at a time. The distributor is locked. Not here: the division of a refund
//! (`apportion-core`).

use std::collections::HashMap;

use apportion_core::distribution_refund::RefundedShare;
use apportion_core::id::{
    CollaboratorId, DistributionId, DistributionRefundId, DistributorId, ObligationId,
};
use apportion_core::obligation::{ObligationStatus, REFUND_AWARD};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::error::{Error, Result};
use crate::payouts::allocate::OBLIGATIONS;
use crate::rows::insert_many::reserve_ids;
use crate::rows::select::Stored;
use crate::session::tenant::Tenant;
use crate::sql::statement::{Statement, powers_of_two};
use crate::tables::payouts::obligation::ObligationRow;

/// A share of a pool, and all that takes it back.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// The obligation for the share.
    pub obligation_id: ObligationId,
    /// The figures by which a refund is divided.
    pub figures: RefundedShare,
}

/// Returns the shares of a distribution's pool that are neither cancelled nor rejected, sorted by
/// collaborator.
pub fn shares(tenant: &mut Tenant<'_>, distribution: DistributionId) -> Result<Vec<Share>> {
    let rows: Vec<(ObligationId, CollaboratorId, i64, i64)> = Statement::new(
        "SELECT id, collaborator_id, weight, value FROM obligations \
         WHERE shared_in_id = :distribution AND organization_id = :organization \
         AND status NOT IN ('cancelled', 'rejected') ORDER BY collaborator_id",
    )
    .bind("organization", tenant.id())
    .bind("distribution", distribution.0)
    .yielding::<(BigInt, BigInt, BigInt, BigInt)>()
    .load(tenant.connection()?)?;
    let mut sums = taken_back(tenant, distribution)?;
    let share = |(obligation_id, collaborator_id, weight, value)| {
        let TakenBack { refunded, live } = sums.remove(&obligation_id).unwrap_or_default();
        let figures = RefundedShare { collaborator_id, weight, value, refunded, taken_back: live };
        Share { obligation_id, figures }
    };
    Ok(rows.into_iter().map(share).collect())
}

/// The sums of what takes a share back.
#[derive(Clone, Copy, Default)]
struct TakenBack {
    /// The sum of the parts of refunds, whatever became of those that take something back.
    refunded: i128,
    /// The sum of all that is neither cancelled nor rejected.
    live: i128,
}

/// A reversal of a share, or the part of a refund.
#[derive(Queryable)]
struct Reversal {
    share_id: ObligationId,
    value: i64,
    status: ObligationStatus,
    refund_id: Option<i64>,
}

fn taken_back(
    tenant: &mut Tenant<'_>,
    distribution: DistributionId,
) -> Result<HashMap<ObligationId, TakenBack>> {
    let reversals: Vec<Reversal> = Statement::new(
        "SELECT share.id, reversal.value, reversal.status, reversal.refund_id \
         FROM obligations AS share INNER JOIN obligations AS reversal \
         ON reversal.organization_id = share.organization_id \
         AND reversal.reverses_id = share.id \
         WHERE share.organization_id = :organization AND share.shared_in_id = :distribution",
    )
    .bind("organization", tenant.id())
    .bind("distribution", distribution.0)
    .yielding::<(BigInt, BigInt, Text, Nullable<BigInt>)>()
    .load(tenant.connection()?)?;
    let mut sums: HashMap<ObligationId, TakenBack> = HashMap::new();
    for Reversal { share_id, value, status, refund_id } in reversals {
        let sum = sums.entry(share_id).or_default();
        if refund_id.is_some() && (value < 0 || !status.is_void()) {
            sum.refunded = sum.refunded.saturating_add(value.into());
        }
        if !status.is_void() {
            sum.live = sum.live.saturating_add(value.into());
        }
    }
    Ok(sums)
}

/// A part of a refund, as the obligation that it becomes.
#[derive(Clone, Copy, Debug)]
pub struct NewPart {
    /// The share that it takes back.
    pub share: Share,
    /// Minor units, not 0.
    pub value: i64,
}

/// The part that all obligations of a refund have in common.
#[derive(Clone, Copy, Debug)]
pub struct NewParts<'p> {
    /// The distributor that takes back.
    pub distributor_id: DistributorId,
    /// The refund.
    pub refund_id: DistributionRefundId,
    /// The status.
    pub status: ObligationStatus,
    /// The units of all values.
    pub units: &'p str,
    /// The reason of the refund, if stated.
    pub reason: Option<&'p str>,
    /// The instant at which it is written, UTC.
    pub now: NaiveDateTime,
}

/// Inserts an obligation for each part of a refund.
pub fn insert_parts(tenant: &mut Tenant<'_>, new: NewParts<'_>, parts: &[NewPart]) -> Result<()> {
    for parts in powers_of_two(parts) {
        let ids = reserve_ids(tenant, OBLIGATIONS, parts.len())?;
        let row = |(id, new): (&i64, &NewPart)| {
            let NewPart { share: Share { obligation_id, figures }, value } = *new;
            [*id, obligation_id.0, figures.collaborator_id.0, value]
        };
        let rows: Vec<_> = ids.iter().zip(parts).map(row).collect();
        let statement = Statement::new(
            "WITH parts (id, reverses_id, collaborator_id, value) AS (VALUES :rows) \
             INSERT INTO obligations (organization_id, distributor_id, refund_id, status, \
             award_type, units, reason, created_at, updated_at, \
             id, reverses_id, collaborator_id, value) \
             SELECT :organization, :distributor, :refund, :status, \
             :award_type, :units, NULLIF(:reason, ''), :now, :now, \
             id, reverses_id, collaborator_id, value FROM parts",
        )
        .bind("rows", rows.as_slice())
        .bind("organization", tenant.id())
        .bind("distributor", new.distributor_id.0)
        .bind("refund", new.refund_id.0)
        .bind("status", new.status.name())
        .bind("award_type", REFUND_AWARD)
        .bind("units", new.units)
        .bind("reason", new.reason.unwrap_or_default())
        .bind("now", new.now);
        tenant.note_shape(&statement);
        statement.execute(tenant.connection()?).map_err(Error::from)?;
        tenant.record_inserts(ObligationRow::TABLE, &ids, new.now)?;
    }
    Ok(())
}
