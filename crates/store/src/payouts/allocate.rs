//! The payment of a distribution, written many rows at a time: obligations for the shares of a
//! pool, and an allocation for each obligation, new or collected. The distributor is locked. Not
//! here: the row of the distribution, and the sum of the obligations that are left to the
//! distributor.

use crate::error::{Error, Result};
use crate::rows::insert_many::{Target, reserve_ids, target};
use crate::rows::select::Stored;
use crate::session::event::Event;
use crate::session::tenant::{RowVersion, Tenant};
use crate::session::totals;
use crate::sql::statement::{Statement, powers_of_two};
use crate::tables::payouts::allocation::AllocationRow;
use crate::tables::payouts::distribution::DistributionRow;
use crate::tables::payouts::obligation::ObligationRow;
use apportion_core::event::Action;
use apportion_core::id::{CollaboratorId, DistributionId, DistributorId, ObligationId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// The payment of a distribution that is triggered.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'p> {
    /// The distributor that pays.
    pub distributor_id: DistributorId,
    /// The distribution.
    pub distribution_id: DistributionId,
    /// The units of its amounts.
    pub units: &'p str,
    /// The instant at which it is triggered, UTC.
    pub now: NaiveDateTime,
}

/// The part that all obligations have in common that shares make.
#[derive(Clone, Copy, Debug)]
pub struct NewObligations<'p> {
    /// The status.
    pub status: &'p str,
    /// The kind of award.
    pub award_type: &'p str,
}

/// A share of a pool.
#[derive(Clone, Copy, Debug)]
pub struct EarnedShare {
    /// The collaborator who earned it.
    pub collaborator_id: CollaboratorId,
    /// Minor units, not 0.
    pub value: i64,
    /// The weight by which it was shared.
    pub weight: i64,
    /// The place of its remainder among all remainders, from 1.
    pub rank: i64,
}

/// An obligation that was there before, and is paid.
#[derive(Clone, Copy, Debug)]
pub struct CollectedObligation {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The collaborator who is paid.
    pub collaborator_id: CollaboratorId,
    /// Minor units, not 0.
    pub value: i64,
    /// The sum of the collaborator's obligations that are paid together, minor units.
    pub net_value: i64,
    /// The number of obligations in that sum.
    pub net_parts: i64,
}

/// Inserts an obligation and its allocation for each share.
pub fn pay_shares(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    obligations: NewObligations<'_>,
    shares: &[EarnedShare],
) -> Result<()> {
    for shares in powers_of_two(shares) {
        // Each names the other, so both ids have to be known before either row is there.
        let obligation_ids = reserve_ids(tenant, OBLIGATIONS, shares.len())?;
        let allocation_ids = reserve_ids(tenant, ALLOCATIONS, shares.len())?;
        let (mut owed, mut allocated) = (Vec::new(), Vec::new());
        for ((obligation_id, allocation_id), share) in
            obligation_ids.into_iter().zip(allocation_ids).zip(shares)
        {
            let EarnedShare { collaborator_id, value, weight, rank } = *share;
            let collaborator_id = collaborator_id.0;
            owed.push([obligation_id, allocation_id, collaborator_id, value, weight, rank]);
            allocated.push([allocation_id, obligation_id, collaborator_id, value]);
        }
        insert_obligations(tenant, payment, obligations, (PAID_SHARES, &owed))?;
        insert_allocations(tenant, payment, INSERT_SHARES, &allocated)?;
    }
    totals::add_many(tenant, ObligationRow::TABLE, shares.len())?;
    record_allocations(tenant, payment, shares.len())
}

/// Inserts an obligation for each share that is not paid yet.
pub fn keep_shares(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    obligations: NewObligations<'_>,
    shares: &[EarnedShare],
) -> Result<()> {
    for shares in powers_of_two(shares) {
        let ids = reserve_ids(tenant, OBLIGATIONS, shares.len())?;
        let row = |(id, share): (i64, &EarnedShare)| {
            let EarnedShare { collaborator_id, value, weight, rank } = *share;
            [id, collaborator_id.0, value, weight, rank]
        };
        let rows: Vec<_> = ids.iter().copied().zip(shares).map(row).collect();
        insert_obligations(tenant, payment, obligations, (KEPT_SHARES, &rows))?;
        tenant.record_inserts(ObligationRow::TABLE, &ids, payment.now)?;
    }
    Ok(())
}

/// Inserts an allocation for each obligation, and links the obligation to it.
pub fn pay_obligations(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    collected: &[CollectedObligation],
) -> Result<()> {
    for collected in powers_of_two(collected) {
        let allocation_ids = reserve_ids(tenant, ALLOCATIONS, collected.len())?;
        let (mut allocated, mut links) = (Vec::new(), Vec::new());
        for (allocation_id, collected) in allocation_ids.into_iter().zip(collected) {
            let (obligation_id, collaborator_id) =
                (collected.obligation_id.0, collected.collaborator_id.0);
            let CollectedObligation { value, net_value, net_parts, .. } = *collected;
            let row = [allocation_id, obligation_id, collaborator_id, value, net_value, net_parts];
            allocated.push(row);
            links.push([obligation_id, allocation_id]);
        }
        insert_allocations(tenant, payment, INSERT_COLLECTED, &allocated)?;
        link_obligations(tenant, payment, &links)?;
    }
    record_allocations(tenant, payment, collected.len())
}

/// Counts the allocations that were inserted, and notes the event of their distribution.
fn record_allocations(tenant: &mut Tenant<'_>, payment: Payment<'_>, count: usize) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    totals::add_many(tenant, AllocationRow::TABLE, count)?;
    tenant.note(Event {
        action: Action::Allocate,
        ..tenant.event(DistributionRow::TABLE, payment.distribution_id.0, payment.now)
    })
}

pub(super) const OBLIGATIONS: &Target = target!("obligations");
const ALLOCATIONS: &Target = target!("allocations");

macro_rules! insert_obligations {
    ($columns:literal) => {
        concat!(
            "WITH shares (",
            $columns,
            ") AS (VALUES :rows) INSERT INTO obligations (organization_id, distributor_id, \
             shared_in_id, status, award_type, units, created_at, updated_at, ",
            $columns,
            ") SELECT :organization, :distributor, :distribution, :status, :award_type, :units, \
             :now, :now, ",
            $columns,
            " FROM shares"
        )
    };
}

const PAID_SHARES: &str =
    insert_obligations!("id, allocation_id, collaborator_id, value, weight, rank");
const KEPT_SHARES: &str = insert_obligations!("id, collaborator_id, value, weight, rank");

/// Inserts obligations for shares: a statement, and the columns that it names for each row.
fn insert_obligations<const WIDTH: usize>(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    obligations: NewObligations<'_>,
    (text, rows): (&'static str, &[[i64; WIDTH]]),
) -> Result<()> {
    let statement = Statement::new(text)
        .bind("rows", rows)
        .bind("organization", tenant.id())
        .bind("distributor", payment.distributor_id.0)
        .bind("distribution", payment.distribution_id.0)
        .bind("status", obligations.status)
        .bind("award_type", obligations.award_type)
        .bind("units", payment.units)
        .bind("now", payment.now);
    tenant.note_shape(&statement);
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

macro_rules! insert_allocations {
    ($columns:literal) => {
        concat!(
            "WITH parts (",
            $columns,
            ") AS (VALUES :rows) INSERT INTO allocations (organization_id, distribution_id, \
             status, created_at, updated_at, ",
            $columns,
            ") SELECT :organization, :distribution, 'pending', :now, :now, ",
            $columns,
            " FROM parts"
        )
    };
}

const INSERT_SHARES: &str = insert_allocations!("id, obligation_id, collaborator_id, value");
const INSERT_COLLECTED: &str =
    insert_allocations!("id, obligation_id, collaborator_id, value, net_value, net_parts");

/// Inserts allocations. A row has the columns that the statement names.
fn insert_allocations<const WIDTH: usize>(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    text: &'static str,
    rows: &[[i64; WIDTH]],
) -> Result<()> {
    let statement = Statement::new(text)
        .bind("rows", rows)
        .bind("organization", tenant.id())
        .bind("distribution", payment.distribution_id.0)
        .bind("now", payment.now);
    tenant.note_shape(&statement);
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Links obligations to the allocations that cover them, by pairs of the ids of both.
///
/// The pairs are given rather than found in the tables, because new rows have no statistics by
/// which PostgreSQL could find them well. SQLite might look at every obligation to find many; a
/// statement costs little there, so that it is given one pair at a time.
fn link_obligations(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    links: &[[i64; 2]],
) -> Result<()> {
    let linked = if tenant.is_postgres() {
        link_together(tenant, payment, links)?
    } else {
        link_one_by_one(tenant, payment, links)?
    };
    if linked.len() != links.len() {
        return Err(Error::Corrupt {
            table: DistributionRow::TABLE,
            id: payment.distribution_id.0,
            why: format!("{} of its {} obligations are there", linked.len(), links.len()),
        });
    }
    tenant.record_updates(ObligationRow::TABLE, &linked, payment.now)
}

/// Returns the ids of the obligations that were linked, with their versions.
fn link_together(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    links: &[[i64; 2]],
) -> Result<Vec<RowVersion>> {
    let statement = Statement::new(
        "WITH links (obligation_id, allocation_id) AS (VALUES :links) \
         UPDATE obligations SET version = obligations.version + 1, updated_at = :now, \
         allocation_id = links.allocation_id FROM links \
         WHERE obligations.organization_id = :organization \
         AND obligations.id = links.obligation_id \
         RETURNING obligations.id, obligations.version",
    )
    .bind("links", links)
    .bind("now", payment.now)
    .bind("organization", tenant.id());
    tenant.note_shape(&statement);
    statement.yielding::<(BigInt, BigInt)>().load(tenant.connection()?).map_err(Error::from)
}

/// Returns the ids of the obligations that were linked, with their versions.
fn link_one_by_one(
    tenant: &mut Tenant<'_>,
    payment: Payment<'_>,
    links: &[[i64; 2]],
) -> Result<Vec<RowVersion>> {
    let mut link = |[obligation_id, allocation_id]: &[i64; 2]| {
        let statement = Statement::new(
            "UPDATE obligations SET version = version + 1, updated_at = :now, \
             allocation_id = :allocation WHERE organization_id = :organization \
             AND id = :obligation RETURNING id, version",
        )
        .bind("now", payment.now)
        .bind("allocation", *allocation_id)
        .bind("organization", tenant.id())
        .bind("obligation", *obligation_id);
        let statement = statement.yielding::<(BigInt, BigInt)>();
        statement.get_result(tenant.connection()?).optional().map_err(Error::from)
    };
    links.iter().filter_map(|pair| link(pair).transpose()).collect()
}
