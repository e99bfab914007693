//! Rows of obligations. Whoever writes one locks its distributor first.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::database::lookup::Lookup;
use crate::database::schema::obligations;
use crate::error::{Error, Result};
use crate::rows::macros::{delete_row, insert_row, next_version, own_row, timestamps, update_row};
use crate::rows::select::load_by;
use crate::session::tenant::Tenant;
use crate::sql::field::{Field, Join};
use crate::{fields, stored};

fields! {
    obligations;
    /// The id.
    ID = id;
    /// Who owes.
    DISTRIBUTOR_ID = distributor_id;
    /// To whom.
    COLLABORATOR_ID = collaborator_id;
    /// The allocation that covers it.
    ALLOCATION_ID = allocation_id;
    /// The obligation that it reverses.
    REVERSES_ID = reverses_id;
    /// How far it is.
    STATUS = status;
    /// What kind of award it is.
    AWARD_TYPE = award_type;
    /// Minor units, not 0; below 0 for a clawback.
    VALUE = value;
    /// What it is counted in.
    UNITS = units;
    /// Why it is owed.
    REASON = reason;
    /// What the payment is called elsewhere.
    REFERENCE = reference;
    /// The first day on which it may be paid.
    DUE_ON = due_on;
    /// When the row was made, UTC.
    CREATED_AT = created_at;
    /// When the row was last changed, UTC.
    UPDATED_AT = updated_at;
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

/// The columns of an obligation.
#[derive(Clone, Debug, Queryable)]
pub struct StoredObligation {
    /// The id.
    pub id: i64,
    /// The tenant.
    pub organization_id: i64,
    /// Who owes.
    pub distributor_id: i64,
    /// To whom.
    pub collaborator_id: i64,
    /// The allocation that covers it.
    pub allocation_id: Option<i64>,
    /// The obligation that it reverses.
    pub reverses_id: Option<i64>,
    /// How far it is.
    pub status: String,
    /// What kind of award it is.
    pub award_type: Option<String>,
    /// Minor units, not 0; below 0 for a clawback.
    pub value: i64,
    /// What it is counted in.
    pub units: String,
    /// Why it is owed.
    pub reason: Option<String>,
    /// What the payment is called elsewhere.
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
    /// Raised by every change.
    pub version: i64,
    /// When the row was made, UTC.
    pub created_at: NaiveDateTime,
    /// When the row was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

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

/// What can be set of an obligation.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = obligations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct WrittenObligation {
    /// Who owes.
    pub distributor_id: i64,
    /// To whom.
    pub collaborator_id: i64,
    /// The obligation that it reverses.
    pub reverses_id: Option<i64>,
    /// How far it is.
    pub status: String,
    /// What kind of award it is.
    pub award_type: Option<String>,
    /// Minor units, not 0; below 0 for a clawback.
    pub value: i64,
    /// What it is counted in.
    pub units: String,
    /// Why it is owed.
    pub reason: Option<String>,
    /// What the payment is called elsewhere.
    pub reference: Option<String>,
    /// The first day on which it may be paid.
    pub due_on: Option<NaiveDate>,
}

/// An obligation, with what is looked up for it.
pub fn find(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<ObligationRow>> {
    Ok(load_by::<ObligationRow>(tenant, ID, &[id], 1)?.pop())
}

/// Whether another obligation reverses it.
pub fn is_reversed(tenant: &mut Tenant<'_>, id: i64) -> Result<bool> {
    let found: Option<i64> = obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::reverses_id.eq(id))
        .select(obligations::id)
        .first(tenant.connection()?)
        .optional()
        .map_err(Error::from)?;
    Ok(found.is_some())
}

/// Whether a distributor has obligations that may still be allocated.
pub fn any_open(tenant: &mut Tenant<'_>, distributor: i64) -> Result<bool> {
    let found: Option<i64> = obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor))
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
    pub id: i64,
    /// To whom.
    pub collaborator_id: i64,
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
    distributor: i64,
    before: NaiveDateTime,
) -> Result<Vec<OpenObligation>> {
    obligations::table
        .filter(obligations::organization_id.eq(tenant.id()))
        .filter(obligations::distributor_id.eq(distributor))
        // Spelled out, as the index of these is.
        .filter(sql::<Bool>("status IN ('pending', 'approved') AND allocation_id IS NULL"))
        .filter(obligations::status.eq("approved"))
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
    content: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<i64> {
    insert_row!(obligations, tenant, now, content, timestamps!(obligations, now))
}

/// Changes an obligation.
pub fn update(
    tenant: &mut Tenant<'_>,
    id: i64,
    content: &WrittenObligation,
    now: NaiveDateTime,
) -> Result<()> {
    update_row!(obligations, tenant, id, now, content)
}

/// Links an obligation to the allocation that covers it.
pub fn allocate(
    tenant: &mut Tenant<'_>,
    id: i64,
    allocation: i64,
    now: NaiveDateTime,
) -> Result<()> {
    let covered = obligations::allocation_id.eq(allocation);
    update_row!(obligations, tenant, id, now, covered)
}

/// Removes an obligation that nothing refers to.
pub fn delete(tenant: &mut Tenant<'_>, id: i64, now: NaiveDateTime) -> Result<()> {
    delete_row!(obligations, tenant, id, now)
}
