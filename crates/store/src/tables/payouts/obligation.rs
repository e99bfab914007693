//! Rows of obligations. A transaction that writes an obligation locks its distributor first. Not
//! here: the insertion of obligations for shares of a pool (`crate::payouts::allocate`).

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::among::load_by;
use crate::rows::insert_many::{self, stamps, target};
use crate::rows::macros::{delete_row, insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::table::table;
use crate::rows::unique::ExternalId;
use crate::session::tenant::Tenant;
use crate::sql::exists::exists;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;
use crate::stored;
use crate::tables::payouts::allocation::allocations;
use apportion_core::id::{
    AllocationId, CollaboratorId, DistributionId, DistributionRefundId, DistributorId,
    ObligationId, OrganizationId,
};
use apportion_core::obligation::ObligationStatus;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

table! {
    obligations;
    /// The columns of the table `obligations`.
    StoredObligation {
        /// The id of the row.
        id: ObligationId => BigInt as ID,
        /// The tenant that the row belongs to.
        organization_id: OrganizationId => BigInt as ORGANIZATION_ID,
        /// The name of the row in another system, which no other row of the type has.
        external_id: Option<String> => Nullable<Text> as EXTERNAL_ID,
        /// The distribution whose pool it is a share of; `None` if it is no share.
        shared_in_id: Option<DistributionId> => Nullable<BigInt>,
        /// The weight by which the share was computed; `None` if it is no share.
        weight: Option<i64> => Nullable<BigInt>,
        /// The rank of the share's remainder among all, from 1; `None` if it is no share.
        rank: Option<i64> => Nullable<BigInt>,
        /// The version of the row, which every change increases by 1.
        version: i64 => BigInt,
        /// The time at which the row was created, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// The time of the last change of the row, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The columns of an obligation that are written together.
    WrittenObligation {
        /// The distributor that owes the value.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// The collaborator to whom the value is owed.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The allocation that covers the obligation, if any.
        allocation_id: Option<AllocationId> => Nullable<BigInt> as ALLOCATION_ID,
        /// The obligation that this one reverses, if any.
        reverses_id: Option<ObligationId> => Nullable<BigInt> as REVERSES_ID,
        /// The refund of a pool that it is a part of, if any.
        refund_id: Option<DistributionRefundId> => Nullable<BigInt> as REFUND_ID,
        /// The status, for example `approved`.
        status: ObligationStatus => Text as STATUS,
        /// The kind of the award, if stated.
        award_type: Option<String> => Nullable<Text> as AWARD_TYPE,
        /// The value in minor units: not 0, and below 0 for a clawback.
        value: i64 => BigInt as VALUE,
        /// The units: a currency, or a plain unit.
        units: String => Text as UNITS,
        /// The reason for the obligation, if stated.
        reason: Option<String> => Nullable<Text> as REASON,
        /// The name of the payment in another system, if stated.
        reference: Option<String> => Nullable<Text> as REFERENCE,
        /// The first day on which it may be paid; `None` if it may be paid at once.
        due_on: Option<NaiveDate> => Nullable<Date> as DUE_ON,
    }
}

const COLLABORATOR: Join = Join {
    table: "collaborators",
    on: "\"collaborators\".\"organization_id\" = \"obligations\".\"organization_id\" \
         AND \"collaborators\".\"id\" = \"obligations\".\"collaborator_id\"",
};

/// The name of the collaborator.
pub const COLLABORATOR_NAME: Field =
    crate::tables::payouts::collaborator::FULL_NAME.through(COLLABORATOR);
/// The e-mail address of the collaborator.
pub const COLLABORATOR_EMAIL: Field =
    crate::tables::payouts::collaborator::EMAIL.through(COLLABORATOR);
/// The name of the distributor.
pub const DISTRIBUTOR_NAME: Field = crate::tables::payouts::distributor::NAME.through(Join {
    table: "distributors",
    on: "\"distributors\".\"organization_id\" = \"obligations\".\"organization_id\" \
         AND \"distributors\".\"id\" = \"obligations\".\"distributor_id\"",
});

macro_rules! linked {
    ($table:literal, $key:literal, $column:literal) => {
        Lookup::of(concat!(
            "(SELECT \"linked\".\"",
            $column,
            "\" FROM \"",
            $table,
            "\" AS \"linked\" \
             WHERE \"linked\".\"organization_id\" = \"obligations\".\"organization_id\" \
             AND \"linked\".\"id\" = \"obligations\".\"",
            $key,
            "\")"
        ))
    };
}

const NAME: Lookup<Text> = linked!("collaborators", "collaborator_id", "full_name");
const EMAIL: Lookup<Nullable<Text>> = linked!("collaborators", "collaborator_id", "email");
const COLLABORATOR_VERSION: Lookup<BigInt> = linked!("collaborators", "collaborator_id", "version");
const PAYER: Lookup<Text> = linked!("distributors", "distributor_id", "name");
const PAYER_VERSION: Lookup<BigInt> = linked!("distributors", "distributor_id", "name_version");

/// An obligation with columns of its collaborator and distributor.
#[derive(Clone, Debug, Queryable)]
pub struct ObligationRow {
    /// The columns of its own table.
    pub stored: StoredObligation,
    /// The name of the collaborator.
    pub collaborator_name: String,
    /// The e-mail address of the collaborator, if known.
    pub collaborator_email: Option<String>,
    /// The version of the collaborator's row.
    pub collaborator_version: i64,
    /// The name of the distributor.
    pub distributor_name: String,
    /// The version of the distributor's name and units, which every change of them increases by 1.
    pub distributor_version: i64,
}

stored!(
    ObligationRow in obligations by "\"obligations\".\"organization_id\"", long "reason"
        with NAME: Text, EMAIL: Nullable<Text>, COLLABORATOR_VERSION: BigInt, PAYER: Text,
        PAYER_VERSION: BigInt
);

/// Returns the obligation with this id, or `None` if it does not exist.
pub fn find(tenant: &mut Tenant<'_>, id: ObligationId) -> Result<Option<ObligationRow>> {
    Ok(load_by::<ObligationRow>(tenant, ID, &[id.0], 1)?.pop())
}

/// Returns the sum of the reversals of an obligation that are neither cancelled nor rejected, in
/// minor units; the parts of refunds of its pool are such reversals. One of them, `but`, is left
/// out.
pub fn taken_back(
    tenant: &mut Tenant<'_>,
    id: ObligationId,
    but: Option<ObligationId>,
) -> Result<i128> {
    // The sum may be 2^63, which is taken back of the smallest value, and does not fit: halves do.
    let (halves, rest): (i64, i64) = Statement::new(
        "SELECT CAST(COALESCE(SUM(value / 2), 0) AS BIGINT), \
         CAST(COALESCE(SUM(value % 2), 0) AS BIGINT) FROM obligations \
         WHERE organization_id = :organization AND reverses_id = :id AND id <> :but \
         AND status NOT IN ('cancelled', 'rejected')",
    )
    .bind("organization", tenant.id())
    .bind("id", id.0)
    .bind("but", but.map_or(0, |id| id.0))
    .yielding::<(BigInt, BigInt)>()
    .get_result(tenant.connection()?)?;
    Ok(i128::from(halves).saturating_mul(2).saturating_add(rest.into()))
}

/// Whether an obligation has reversals that are neither cancelled nor rejected; the parts of
/// refunds of its pool are such reversals. Their sum may be 0.
pub fn is_taken_back(tenant: &mut Tenant<'_>, id: ObligationId) -> Result<bool> {
    let void = [ObligationStatus::Cancelled.name(), ObligationStatus::Rejected.name()];
    let live = reversals_of(tenant, id).filter(obligations::status.ne_all(void));
    Ok(exists!(live, tenant.connection()?)?)
}

/// Whether other rows keep what became of an obligation: an allocation that has ended, or a
/// reversal, whatever became of that.
pub fn has_history(tenant: &mut Tenant<'_>, id: ObligationId) -> Result<bool> {
    let reversals = reversals_of(tenant, id);
    let parts = allocations::table
        .filter(allocations::organization_id.eq(tenant.id()))
        .filter(allocations::obligation_id.eq(id.0));
    Ok(exists!(reversals, tenant.connection()?)? || exists!(parts, tenant.connection()?)?)
}

/// The reversals of an obligation, whatever became of them.
#[diesel::dsl::auto_type(no_type_alias)]
fn reversals_of(tenant: &Tenant<'_>, id: ObligationId) -> _ {
    let (organization, id): (i64, i64) = (tenant.id(), id.0);
    obligations::table
        .filter(obligations::organization_id.eq(organization))
        .filter(obligations::reverses_id.eq(id))
}

/// Whether a distributor has obligations that may still be allocated.
pub fn any_open(tenant: &mut Tenant<'_>, distributor: DistributorId) -> Result<bool> {
    let found: Option<ObligationId> = obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor.0))
        // The condition repeats that of the partial index as literal text, so that the index is
        // used.
        .filter(sql::<Bool>("status IN ('pending', 'approved') AND allocation_id IS NULL"))
        .select(obligations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// An obligation that may be paid: it is not allocated, and approved or the share of a pool.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct OpenObligation {
    /// The id of the row.
    pub id: ObligationId,
    /// The collaborator to whom the value is owed.
    pub collaborator_id: CollaboratorId,
    /// The status: approved, or pending.
    pub status: ObligationStatus,
    /// The distribution whose pool it is a share of; `None` if it is no share.
    pub shared_in_id: Option<DistributionId>,
    /// The value in minor units: not 0, and below 0 for a clawback.
    pub value: i64,
    /// The first day on which it may be paid; `None` if it may be paid at once.
    pub due_on: Option<NaiveDate>,
    /// The time at which the row was created, UTC.
    pub created_at: NaiveDateTime,
}

/// Returns the obligations of a distributor that may be paid and were created before a time,
/// ordered by collaborator and id.
pub fn collectable(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    before: NaiveDateTime,
) -> Result<Vec<OpenObligation>> {
    obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor.0))
        // The condition repeats that of the partial index as literal text, so that the index is
        // used.
        .filter(sql::<Bool>("status IN ('pending', 'approved') AND allocation_id IS NULL"))
        .filter(
            obligations::status
                .eq(ObligationStatus::Approved.name())
                .or(obligations::shared_in_id.is_not_null()),
        )
        .filter(obligations::created_at.lt(before))
        .order((obligations::collaborator_id, obligations::id))
        .select((
            obligations::id,
            obligations::collaborator_id,
            obligations::status,
            obligations::shared_in_id,
            obligations::value,
            obligations::due_on,
            obligations::created_at,
        ))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Inserts an obligation, and returns its id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<ObligationId> {
    insert_row!(obligations, tenant, now, written, timestamps!(obligations, now))
}

/// Inserts obligations, and returns their ids in the same order.
pub fn insert_many(
    tenant: &mut Tenant<'_>,
    rows: &[(WrittenObligation, ExternalId)],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    insert_many::insert_many(tenant, target!("obligations"), &stamps(now), rows, now)
}

/// Updates an obligation.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: ObligationId,
    written: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(obligations, tenant, id, now, written)
}

/// Deletes an obligation, which no other row may refer to.
pub fn delete(tenant: &mut Tenant<'_>, id: ObligationId, now: NaiveDateTime) -> Result<()> {
    delete_row!(obligations, tenant, id, now)
}
