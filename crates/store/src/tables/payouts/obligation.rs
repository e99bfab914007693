//! Rows of obligations. Whoever writes one locks its distributor first.

use crate::database::lookup::Lookup;
use crate::error::{Error, Result};
use crate::rows::macros::{delete_row, insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::select::load_by;
use crate::rows::table::table;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::stored;
use apportion_core::id::{
    AllocationId, CollaboratorId, DistributorId, ObligationId, OrganizationId,
};
use apportion_core::obligation::ObligationStatus;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

table! {
    obligations;
    /// The columns of an obligation.
    StoredObligation {
        /// The id.
        id: ObligationId => BigInt as ID,
        /// The tenant.
        organization_id: OrganizationId => BigInt,
        /// The allocation that covers it.
        allocation_id: Option<AllocationId> => Nullable<BigInt> as ALLOCATION_ID,
        /// Raised by every change.
        version: i64 => BigInt,
        /// When the row was made, UTC.
        created_at: NaiveDateTime => Timestamp as CREATED_AT,
        /// When the row was last changed, UTC.
        updated_at: NaiveDateTime => Timestamp as UPDATED_AT,
    }
    /// The columns of an obligation that are written together.
    WrittenObligation {
        /// Who owes.
        distributor_id: DistributorId => BigInt as DISTRIBUTOR_ID,
        /// To whom.
        collaborator_id: CollaboratorId => BigInt as COLLABORATOR_ID,
        /// The obligation that it reverses.
        reverses_id: Option<ObligationId> => Nullable<BigInt> as REVERSES_ID,
        /// How far it is.
        status: ObligationStatus => Text as STATUS,
        /// What kind of award it is.
        award_type: Option<String> => Nullable<Text> as AWARD_TYPE,
        /// Minor units, not 0; below 0 for a clawback.
        value: i64 => BigInt as VALUE,
        /// What it is counted in.
        units: String => Text as UNITS,
        /// Why it is owed.
        reason: Option<String> => Nullable<Text> as REASON,
        /// What the payment is called elsewhere.
        reference: Option<String> => Nullable<Text> as REFERENCE,
        /// The first day on which it may be paid.
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
const ADDRESS: Lookup<Nullable<Text>> = linked!("collaborators", "collaborator_id", "email");
const RENAMED: Lookup<BigInt> = linked!("collaborators", "collaborator_id", "version");
const PAYER: Lookup<Text> = linked!("distributors", "distributor_id", "name");
const PAYER_RENAMED: Lookup<BigInt> = linked!("distributors", "distributor_id", "name_version");

/// An obligation.
#[derive(Clone, Debug, Queryable)]
pub struct ObligationRow {
    /// Its own columns.
    pub stored: StoredObligation,
    /// The name of its collaborator.
    pub collaborator_name: String,
    /// Their e-mail address, if known.
    pub collaborator_email: Option<String>,
    /// The version of their row.
    pub collaborator_version: i64,
    /// The name of its distributor.
    pub distributor_name: String,
    /// Raised where that changes.
    pub distributor_version: i64,
}

stored!(
    ObligationRow in obligations by "\"obligations\".\"organization_id\""
        with NAME: Text, ADDRESS: Nullable<Text>, RENAMED: BigInt, PAYER: Text,
        PAYER_RENAMED: BigInt
);

/// An obligation, with what is looked up for it.
pub fn find(tenant: &mut Tenant<'_>, id: ObligationId) -> Result<Option<ObligationRow>> {
    Ok(load_by::<ObligationRow>(tenant, ID, &[id.0], 1)?.pop())
}

/// Whether another obligation reverses it.
pub fn is_reversed(tenant: &mut Tenant<'_>, id: ObligationId) -> Result<bool> {
    let found: Option<ObligationId> = obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::reverses_id.eq(id.0))
        .select(obligations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// Whether a distributor has obligations that may still be allocated.
pub fn any_open(tenant: &mut Tenant<'_>, distributor: DistributorId) -> Result<bool> {
    let found: Option<ObligationId> = obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor.0))
        // Spelled out, as the index of these is.
        .filter(sql::<Bool>("status IN ('pending', 'approved') AND allocation_id IS NULL"))
        .select(obligations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// An obligation that may be collected: approved, and not allocated.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct OpenObligation {
    /// The id.
    pub id: ObligationId,
    /// To whom.
    pub collaborator_id: CollaboratorId,
    /// Minor units, not 0; below 0 for a clawback.
    pub value: i64,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
}

/// What a distributor may collect that was made before that, by collaborator.
pub fn collectable(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    before: NaiveDateTime,
) -> Result<Vec<OpenObligation>> {
    obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor.0))
        // Spelled out, as the index of these is.
        .filter(sql::<Bool>("status IN ('pending', 'approved') AND allocation_id IS NULL"))
        .filter(obligations::status.eq(ObligationStatus::Approved.name()))
        .filter(obligations::created_at.lt(before))
        .order((obligations::collaborator_id, obligations::id))
        .select((
            obligations::id,
            obligations::collaborator_id,
            obligations::value,
            obligations::due_on,
            obligations::created_at,
        ))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// Adds an obligation; answers with the id.
pub fn insert(
    tenant: &mut Tenant<'_>,
    written: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<ObligationId> {
    insert_row!(obligations, tenant, now, written, timestamps!(obligations, now))
}

/// Changes an obligation.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: ObligationId,
    written: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(obligations, tenant, id, now, written)
}

/// Removes an obligation that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: ObligationId, now: NaiveDateTime) -> Result<()> {
    delete_row!(obligations, tenant, id, now)
}
