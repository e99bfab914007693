//! The type `obligations`. An obligation belongs to a distributor, which is locked while the
//! obligation is written. The distributor stores the sum of its obligations that are approved and
//! not allocated. Settling an allocated obligation also settles its allocation
//! (`payouts::settling`).

use apportion_core::distributor::DistributorStatus;
use apportion_core::fault::Fault;
use apportion_core::id::{
    AllocationId, CollaboratorId, DistributionRefundId, DistributorId, ObligationId,
};
use apportion_core::names::UnknownName;
use apportion_core::obligation::{
    ObligationDraft, ObligationState, ObligationStatus, ObligationTerms, ReversedObligation,
};
use apportion_jsonapi::{
    Bounds, Code, Decimals, Declaration, Error, Input, Linkage, Relationship, Scalar,
};
use apportion_store::distributor::{self, DistributorRow, StoredDistributor};
use apportion_store::obligation::{self, ObligationRow, StoredObligation, WrittenObligation};
use apportion_store::{self as store, Tenant};

use crate::catalog::attributes::{
    date, decimals, external_id, instant, integer, long_text, organization, remark, text, word,
};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Failure, Result, judged, judged_with, locked, refused_status};
use crate::payouts::accumulated::{Unfit, accumulate, accumulated};
use crate::payouts::settling;
use crate::resources::payouts::reversal::{Reversal, check_reversed, reversed, reversed_anew};

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
    )))
    .amounts(&["value"], Decimals::Own(|row| decimals(&row.stored.units)));
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
        .attribute(external_id(obligation::EXTERNAL_ID), |row| {
            row.stored.external_id.as_deref().into()
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
        .to_one(organization(obligation::ORGANIZATION_ID), |row| Some(row.stored.organization_id.0))
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
    pub(crate) refund_id: Option<DistributionRefundId>,
    /// The units of the distributor.
    pub(crate) units: String,
}

draft! {
    pub(crate) ObligationDraft of row: &StoredObligation;
    WrittenObligation of terms: ObligationTerms, parties: Parties,
        allocation_id: Option<AllocationId>;
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
        refund_id: parties.refund_id,
        allocation_id: allocation_id,
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
    // One that does not exist is a fault already.
    let distributor = payer.as_ref().map(|payer| payer.stored.id);
    let by = Reversal { id: None, distributor, collaborator };
    let reversed = reverses.map_or(Ok(None), |id| reversed(work, id, by))?;
    if let (Some(payer), Some(id)) = (&payer, reverses) {
        check_units(work, &payer.stored, id, input)?;
    }
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
        refund_id: None,
        units: payer.stored.units,
    };
    Ok(obligation::insert(&mut work.tenant, &written(terms, parties, None), work.now)?.0)
}

/// Refuses the reversal of an obligation in units that the distributor paid in before.
fn check_units(
    work: &mut Work<'_>,
    payer: &StoredDistributor,
    reversed: ObligationId,
    input: &mut Input,
) -> Result<()> {
    let found = obligation::find(&mut work.tenant, reversed)?;
    if let Some(found) = found.filter(|found| found.stored.units != payer.units) {
        input.refuse_relationship("reverses", &other_units(&found.stored.units, &payer.units));
    }
    Ok(())
}

/// Says that an obligation cannot be taken back in other units.
pub(crate) fn other_units(of_obligation: &str, of_payer: &str) -> String {
    format!("must be in {of_payer}, which the distributor pays in now; it is in {of_obligation}")
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
    Ok(Some(engine::trigger_due(work, payer)?))
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
    let payer = engine::trigger_due(work, payer)?.stored;
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
    check_state(held, old, &terms, input)?;
    check_reversed(work, old, status)?;
    let is_returned = held.status == ObligationStatus::Fulfilled && status != held.status;
    if is_returned && payer.status == DistributorStatus::Deleted {
        let detail = "The distributor is deleted, so that it can owe nothing again";
        return Err(Error::pointer(Code::Conflict, "/data/attributes/status", detail).into());
    }
    if is_returned && old.units != payer.units {
        let detail = format!(
            "The obligation is in {}, and the distributor pays in {} now, so that it cannot owe it \
             again",
            old.units, payer.units
        );
        return Err(Error::pointer(Code::Conflict, "/data/attributes/status", detail).into());
    }
    let allocation = old.allocation_id.filter(|_| !is_returned);
    let open = |is_open: bool, status, value| if is_open { accumulated(status, value) } else { 0 };
    let before = open(!held.is_allocated, held.status, old.value);
    let after = open(allocation.is_none(), status, terms.value);
    let what = if terms.value == old.value { "status" } else { "value" };
    accumulate(work, &payer, before, after).map_err(|it| it.of(input, what))?;
    if let Some(part) = old.allocation_id.filter(|_| status != held.status) {
        settling::settle(work, part, old, status)?;
    }
    let parties = Parties {
        distributor_id: old.distributor_id,
        collaborator_id: old.collaborator_id,
        reverses_id: old.reverses_id,
        refund_id: old.refund_id,
        units: old.units.clone(),
    };
    let written = written(terms, parties, allocation);
    Ok(obligation::update(&mut work.tenant, old.id, &written, work.now)?)
}

fn delete(work: &mut Work<'_>, row: &ObligationRow) -> Result<()> {
    let (payer, old) = payer_of(work, row)?;
    let held = held(work, &old)?;
    held.may_be_deleted()?;
    if obligation::has_history(&mut work.tenant, old.id)? {
        let detail = "Payments or reversals of the obligation are kept although they have ended; \
                      cancel it instead of deleting it";
        return Err(Failure::refusal(Code::Conflict, detail));
    }
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
        is_reversed: obligation::is_taken_back(&mut work.tenant, stored.id)?,
        is_of_pool: stored.refund_id.is_some() || stored.shared_in_id.is_some(),
    })
}

/// Checks that the state of an obligation allows the change, and that the change is explained if it
/// has to be.
fn check_state(
    held: ObligationState,
    old: &StoredObligation,
    new: &ObligationTerms,
    input: &mut Input,
) -> Result<()> {
    let needs_reason = held.needs_reason(new.status);
    // Whoever rejects or cancels may say why.
    let is_ended = new.status != held.status && new.status.is_void();
    let changes = [
        ("award_type", old.award_type != new.award_type),
        ("value", old.value != new.value),
        ("reason", !is_ended && needs_reason.is_none() && old.reason != new.reason),
        ("due_on", old.due_on != new.due_on),
    ];
    let changed = changes.into_iter().filter(|(_, changed)| *changed);
    let mut errors: Vec<Error> =
        changed.filter_map(|(name, _)| held.may_change(name).map_err(locked).err()).collect();
    errors.extend(held.may_become(new.status).map_err(refused_status).err());
    if old.reference != new.reference {
        errors.extend(held.may_change_reference().map_err(locked).err());
    }
    if !errors.is_empty() {
        return Err(Failure::Refused(errors));
    }
    let is_explained =
        input.gives("reason") && new.reason.as_deref().is_some_and(|it| !it.trim().is_empty());
    if let Some(message) = needs_reason.filter(|_| !is_explained) {
        input.refuse("reason", message);
        return Err(Failure::Refused(std::mem::take(&mut input.errors)));
    }
    Ok(())
}
