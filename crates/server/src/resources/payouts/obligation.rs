//! The type `obligations`. An obligation belongs to a distributor, which is locked while the
//! obligation is written. The distributor stores the sum of its obligations that are approved and
//! not allocated. Settling an allocated obligation also settles its allocation
//! (`payouts::settling`).

use apportion_core::distributor::DistributorStatus;
use apportion_core::fault::Fault;
use apportion_core::id::{CollaboratorId, DistributorId, ObligationId};
use apportion_core::names::UnknownName;
use apportion_core::obligation::{
    ObligationDraft, ObligationState, ObligationStatus, ObligationTerms, ReversedObligation,
};
use apportion_jsonapi::{Bounds, Code, Declaration, Error, Input, Linkage, Relationship, Scalar};
use apportion_store::distributor::{self, DistributorRow, StoredDistributor};
use apportion_store::obligation::{self, ObligationRow, StoredObligation, WrittenObligation};
use apportion_store::{self as store, Tenant};

use crate::catalog::attributes::{date, instant, integer, long_text, remark, text, word};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Failure, Result, judged, judged_with, locked, refused_status};
use crate::payouts::settling;

pub(crate) fn resource() -> Resource<ObligationRow> {
    let declaration = linked(own_attributes(Declaration::new(
        "obligations",
        (|row: &ObligationRow| row.stored.id.0, obligation::ID),
        // An obligation shows the names of its collaborator and distributor, so their versions are
        // part of its own. None of the three ever decreases.
        |row| {
            let linked = row.collaborator_version.saturating_add(row.distributor_version);
            row.stored.version.saturating_add(linked)
        },
    )));
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

fn own_attributes(
    declaration: Declaration<ObligationRow, store::Field>,
) -> Declaration<ObligationRow, store::Field> {
    declaration
        .writable()
        .attribute(
            word("status", ObligationStatus::NAMES).writable().field(obligation::STATUS),
            |row| Scalar::Text(row.stored.status.name()),
        )
        .attribute(
            remark("award_type").nullable().writable().field(obligation::AWARD_TYPE),
            |row| row.stored.award_type.as_deref().into(),
        )
        .attribute(
            integer("value").bounded(Bounds::Nonzero).writable().field(obligation::VALUE),
            |row| Scalar::Integer(row.stored.value),
        )
        .attribute(text("units").field(obligation::UNITS), |row| Scalar::Text(&row.stored.units))
        .attribute(long_text("reason").nullable().writable().field(obligation::REASON), |row| {
            row.stored.reason.as_deref().into()
        })
        .attribute(remark("reference").nullable().writable().field(obligation::REFERENCE), |row| {
            row.stored.reference.as_deref().into()
        })
        .attribute(date("due_on").nullable().writable().field(obligation::DUE_ON), |row| {
            row.stored.due_on.into()
        })
        .attribute(instant("created_at").field(obligation::CREATED_AT), |row| {
            Scalar::Instant(row.stored.created_at)
        })
        .attribute(instant("updated_at").field(obligation::UPDATED_AT), |row| {
            Scalar::Instant(row.stored.updated_at)
        })
        .attribute(
            text("collaborator_name").on_request().field(obligation::COLLABORATOR_NAME),
            |row| Scalar::Text(&row.collaborator_name),
        )
        .attribute(
            text("collaborator_email")
                .bounded(Bounds::Email(255))
                .nullable()
                .on_request()
                .field(obligation::COLLABORATOR_EMAIL),
            |row| row.collaborator_email.as_deref().into(),
        )
        .attribute(
            text("distributor_name").on_request().field(obligation::DISTRIBUTOR_NAME),
            |row| Scalar::Text(&row.distributor_name),
        )
}

fn linked(
    declaration: Declaration<ObligationRow, store::Field>,
) -> Declaration<ObligationRow, store::Field> {
    declaration
        .to_one(Relationship::to_one("organization", "organizations"), |row| {
            Some(row.stored.organization_id.0)
        })
        .to_one(
            Relationship::to_one("collaborator", "collaborators")
                .required()
                .set_once()
                .field(obligation::COLLABORATOR_ID),
            |row| Some(row.stored.collaborator_id.0),
        )
        .to_one(
            Relationship::to_one("distributor", "distributors")
                .required()
                .set_once()
                .field(obligation::DISTRIBUTOR_ID),
            |row| Some(row.stored.distributor_id.0),
        )
        .to_one(
            Relationship::to_one("allocation", "allocations").field(obligation::ALLOCATION_ID),
            |row| row.stored.allocation_id.map(|id| id.0),
        )
        .to_one(
            Relationship::to_one("reverses", "obligations")
                .set_once()
                .field(obligation::REVERSES_ID),
            |row| row.stored.reverses_id.map(|id| id.0),
        )
}

/// The columns of an obligation that never change.
pub(crate) struct Parties {
    pub(crate) distributor_id: DistributorId,
    pub(crate) collaborator_id: CollaboratorId,
    pub(crate) reverses_id: Option<ObligationId>,
    /// The units of the distributor.
    pub(crate) units: String,
}

draft! {
    pub(crate) ObligationDraft of row: &StoredObligation;
    WrittenObligation of terms: ObligationTerms, parties: Parties;
    {
        // A draft has no status: `update` leaves the status unchanged unless the request states
        // one.
        status: None => status: terms.status,
        award_type: row.award_type.clone() => award_type: terms.award_type,
        value: Some(row.value) => value: terms.value,
        reason: row.reason.clone() => reason: terms.reason,
        reference: row.reference.clone() => reference: terms.reference,
        due_on: row.due_on => due_on: terms.due_on,
    }
    written {
        distributor_id: parties.distributor_id,
        collaborator_id: parties.collaborator_id,
        reverses_id: parties.reverses_id,
        units: parties.units,
    }
}

/// Locks the distributor of an obligation, and with it every obligation of that distributor, and
/// returns the obligation.
fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<ObligationRow>> {
    let id = ObligationId(id);
    let Some(seen) = obligation::find(tenant, id)? else { return Ok(None) };
    distributor::lock(tenant, seen.stored.distributor_id)?;
    obligation::find(tenant, id)
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let distributor = work.needed(input, "distributor", "distributors")?.map(DistributorId);
    let collaborator = work.needed(input, "collaborator", "collaborators")?.map(CollaboratorId);
    let reverses = work.linked(input, "reverses", "obligations")?.flatten().map(ObligationId);
    let payer = distributor.map_or(Ok(None), |id| payer(work, id))?;
    if payer.as_ref().is_some_and(|payer| payer.stored.status == DistributorStatus::Deleted) {
        input.refuse_relationship("distributor", "must not be deleted");
    }
    let by = Reversal { id: None, distributor, collaborator };
    let reversed = reverses.map_or(Ok(None), |id| reversed(work, id, by))?;
    let terms = terms(reversed, input)?;
    let (Some(payer), Some(collaborator_id)) = (payer, collaborator) else {
        return Err(Failure::not_found());
    };
    let after = accumulated(terms.status, terms.value);
    accumulate(work, &payer.stored, 0, after).map_err(|it| it.of(input, "value"))?;
    let parties = Parties {
        distributor_id: payer.stored.id,
        collaborator_id,
        reverses_id: reverses,
        units: payer.stored.units,
    };
    Ok(obligation::insert(&mut work.tenant, &written(terms, parties), work.now)?.0)
}

/// Returns the terms of a new obligation, or of the reversal `of` one, or refuses the input.
pub(crate) fn terms(of: Option<ReversedObligation>, input: &mut Input) -> Result<ObligationTerms> {
    let mut draft = ObligationDraft::default();
    read(input, &mut draft);
    if of.is_none() && input.link("reverses").is_some_and(|it| it.linkage != Linkage::None) {
        // That it is not there is a fault already: its value is not missing.
        draft.value.get_or_insert(1);
    }
    judged_with(input, draft.check(of), &["reverses"])
}

/// Locks a distributor, and triggers it if it is due: an obligation that is written after a trigger
/// date counts for the next one.
fn payer(work: &mut Work<'_>, id: DistributorId) -> Result<Option<DistributorRow>> {
    let Some(payer) = distributor::lock(&mut work.tenant, id)? else { return Ok(None) };
    Ok(Some(engine::trigger_due(&mut work.tenant, payer, work.now)?))
}

/// Locks the distributor of an obligation, and returns both as they are after a trigger that is
/// due.
fn payer_of(
    work: &mut Work<'_>,
    row: &ObligationRow,
) -> Result<(StoredDistributor, StoredObligation)> {
    let id = row.stored.distributor_id;
    let payer = distributor::lock(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
    let version = payer.stored.version;
    let payer = engine::trigger_due(&mut work.tenant, payer, work.now)?.stored;
    if payer.version == version {
        return Ok((payer, row.stored.clone()));
    }
    let row = obligation::find(&mut work.tenant, row.stored.id)?.ok_or_else(Failure::not_found)?;
    Ok((payer, row.stored))
}

fn update(work: &mut Work<'_>, row: &ObligationRow, input: &mut Input) -> Result<()> {
    let (payer, old) = payer_of(work, row)?;
    let old = &old;
    let held = held(work, old)?;
    let fixed = [
        ("distributor", "distributors", Some(old.distributor_id.0)),
        ("collaborator", "collaborators", Some(old.collaborator_id.0)),
        ("reverses", "obligations", old.reverses_id.map(|id| id.0)),
    ];
    for (name, kind, present) in fixed {
        let faults = input.errors.len();
        let wanted = work.linked(input, name, kind)?;
        let is_found = input.errors.len() == faults;
        if is_found && wanted.is_some_and(|wanted| wanted != present) {
            input.refuse_relationship(name, "cannot be changed");
        }
    }
    let mut draft = draft(old);
    read(input, &mut draft);
    let status = draft.status.as_deref().map_or(Ok(held.status), str::parse);
    let unknown = |error: UnknownName| vec![Fault::new("status", error.to_string())];
    let status = judged(input, status.map_err(unknown))?;
    let reversed = reversed_anew(work, old, &draft)?;
    let terms = judged(input, draft.check_changed(status, reversed))?;
    check_state(held, old, &terms)?;
    if !held.is_allocated {
        let before = accumulated(held.status, old.value);
        let what = if terms.value == old.value { "status" } else { "value" };
        let after = accumulated(status, terms.value);
        accumulate(work, &payer, before, after).map_err(|it| it.of(input, what))?;
    }
    if let Some(allocation) = old.allocation_id.filter(|_| status != held.status) {
        settling::settle(work, allocation, old.value, status)?;
    }
    let parties = Parties {
        distributor_id: old.distributor_id,
        collaborator_id: old.collaborator_id,
        reverses_id: old.reverses_id,
        units: old.units.clone(),
    };
    Ok(obligation::update(&mut work.tenant, old.id, &written(terms, parties), work.now)?)
}

fn delete(work: &mut Work<'_>, row: &ObligationRow) -> Result<()> {
    let (payer, old) = payer_of(work, row)?;
    let held = held(work, &old)?;
    held.may_be_deleted()?;
    obligation::delete(&mut work.tenant, old.id, work.now)?;
    let before = accumulated(held.status, old.value);
    accumulate(work, &payer, before, 0).map_err(|unfit| match unfit {
        Unfit::Sum => {
            let detail = "Without it, the sum of what is approved does not fit 64 bits";
            Failure::refusal(Code::Conflict, detail)
        }
        Unfit::Store(error) => Failure::Store(error),
    })
}

fn held(work: &mut Work<'_>, stored: &StoredObligation) -> Result<ObligationState> {
    Ok(ObligationState {
        status: stored.status,
        is_allocated: stored.allocation_id.is_some(),
        is_reversed: obligation::taken_back(&mut work.tenant, stored.id, None)? != 0,
    })
}

/// A reversal, as far as what it takes back depends on it.
#[derive(Clone, Copy)]
struct Reversal {
    /// The reversal, unless it is new.
    id: Option<ObligationId>,
    /// The distributor and the collaborator, if they are known: a missing one is reported as a
    /// fault of its own.
    distributor: Option<DistributorId>,
    collaborator: Option<CollaboratorId>,
}

/// Returns the obligation that a reversal takes back, as far as the rules need to know it. Returns
/// `None` if it does not exist.
fn reversed(
    work: &mut Work<'_>,
    id: ObligationId,
    by: Reversal,
) -> Result<Option<ReversedObligation>> {
    let Some(row) = obligation::find(&mut work.tenant, id)? else { return Ok(None) };
    Ok(Some(ReversedObligation {
        value: row.stored.value,
        status: row.stored.status,
        taken_back: obligation::taken_back(&mut work.tenant, id, by.id)?,
        is_of_distributor: by.distributor.is_none_or(|id| id == row.stored.distributor_id),
        is_of_collaborator: by.collaborator.is_none_or(|id| id == row.stored.collaborator_id),
        is_reversal: row.stored.reverses_id.is_some(),
    }))
}

/// Returns the obligation that a reversal takes back, if its value is about to change.
fn reversed_anew(
    work: &mut Work<'_>,
    old: &StoredObligation,
    draft: &ObligationDraft,
) -> Result<Option<ReversedObligation>> {
    match old.reverses_id {
        Some(id) if draft.value != Some(old.value) => {
            let (distributor, collaborator) = (old.distributor_id, old.collaborator_id);
            let by = Reversal {
                id: Some(old.id),
                distributor: Some(distributor),
                collaborator: Some(collaborator),
            };
            reversed(work, id, by)
        }
        _ => Ok(None),
    }
}

/// Checks that the state of an obligation allows the change.
fn check_state(held: ObligationState, old: &StoredObligation, new: &ObligationTerms) -> Result<()> {
    let changes = [
        ("award_type", old.award_type != new.award_type),
        ("value", old.value != new.value),
        ("reason", old.reason != new.reason),
        ("due_on", old.due_on != new.due_on),
    ];
    let changed = changes.into_iter().filter(|(_, changed)| *changed);
    let mut errors: Vec<Error> =
        changed.filter_map(|(name, _)| held.may_change(name).map_err(locked).err()).collect();
    errors.extend(held.may_become(new.status).map_err(refused_status).err());
    if old.reference != new.reference {
        errors.extend(held.may_change_reference().map_err(locked).err());
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::Refused(errors)) }
}

/// Returns the amount that an obligation that is not allocated adds to the sum of its distributor,
/// in minor units.
pub(crate) fn accumulated(status: ObligationStatus, value: i64) -> i64 {
    if status == ObligationStatus::Approved { value } else { 0 }
}

/// A reason why the sum of the approved obligations of a distributor cannot be updated.
enum Unfit {
    /// It would not fit 64 bits.
    Sum,
    /// The database cannot be used.
    Store(store::Error),
}

impl Unfit {
    /// Makes it the fault of an attribute of the input.
    fn of(self, input: &mut Input, name: &'static str) -> Failure {
        match self {
            Self::Sum => {
                input.refuse(name, "makes a sum that does not fit 64 bits");
                Failure::Refused(std::mem::take(&mut input.errors))
            }
            Self::Store(error) => Failure::Store(error),
        }
    }
}

/// Updates the sum of the approved obligations of a distributor, after one of them changed its part
/// of it from `before` to `after`.
fn accumulate(
    work: &mut Work<'_>,
    payer: &StoredDistributor,
    before: i64,
    after: i64,
) -> std::result::Result<(), Unfit> {
    let sum = i128::from(payer.accumulated_value)
        .saturating_sub(before.into())
        .saturating_add(after.into());
    let sum = i64::try_from(sum).map_err(|_| Unfit::Sum)?;
    if sum == payer.accumulated_value {
        return Ok(());
    }
    distributor::set_accumulated_value(&mut work.tenant, payer.id, sum, work.now)
        .map_err(Unfit::Store)
}
