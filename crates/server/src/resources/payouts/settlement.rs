//! The type `settlements`. A settlement fulfils many obligations that were paid outside: all that a
//! distribution has to pay, or those that it names. It can be added, but neither changed nor
//! deleted. Not here: the settling of a single obligation by its status (`payouts::settling`).

use std::collections::BTreeSet;

use apportion_core::distribution::DistributionStatus;
use apportion_core::id::{AllocationId, DistributionId, DistributorId, ObligationId};
use apportion_core::obligation::ObligationStatus;
use apportion_core::settlement::SettlementDraft;
use apportion_jsonapi::{Code, Declaration, Error, Input, Linkage, Relationship, Scalar};
use apportion_store::distribution::{self, Outcome};
use apportion_store::settle::{self, NamedObligation, Payable, Settled};
use apportion_store::settlement::{self, NewSettlement, SettlementRow};
use apportion_store::{allocation, distributor};

use crate::catalog::attributes::{date, instant, organization, remark};
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Failure, Result, judged};
use crate::payouts::terms::home_zone;

pub(crate) fn resource() -> Resource<SettlementRow> {
    // A settlement never changes, so its version is always 1.
    let declaration =
        Declaration::new("settlements", (|row: &SettlementRow| row.id.0, settlement::ID), |_| 1)
            .append_only()
            .attribute(
                remark("reference").nullable().writable().field(settlement::REFERENCE),
                |row| row.reference.as_deref().into(),
            )
            .attribute(date("settled_on").writable().field(settlement::SETTLED_ON), |row| {
                Scalar::Date(row.settled_on)
            })
            .attribute(instant("created_at").field(settlement::CREATED_AT), |row| {
                Scalar::Instant(row.created_at)
            })
            .to_one(organization(settlement::ORGANIZATION_ID), |row| Some(row.organization_id.0))
            .to_one(
                Relationship::to_one("distribution", "distributions")
                    .set_once()
                    .field(settlement::DISTRIBUTION_ID),
                |row| row.distribution_id.map(|id| id.0),
            )
            .to_many(
                Relationship::to_many("obligations", "obligations", settlement::OF_OBLIGATION)
                    .set_once(),
            );
    Resource { declaration, writes: Some(Writes::append_only(create)) }
}

/// The obligations that are to be settled, as a client describes them.
enum Subject {
    Distribution(DistributionId),
    Obligations(Vec<ObligationId>),
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let mut draft = SettlementDraft::default();
    input.set("reference", &mut draft.reference);
    input.set("settled_on", &mut draft.settled_on);
    let distribution = work.linked(input, "distribution", "distributions")?.flatten();
    let obligations = work.members(input, "obligations", "obligations")?;
    let subject = subject(input, distribution, obligations.as_ref());
    let zone = home_zone(work)?;
    let today = work.now.and_utc().with_timezone(&zone).date_naive();
    let terms = judged(input, draft.check(today))?;
    let payable = match subject.ok_or_else(Failure::not_found)? {
        Subject::Distribution(id) => of_distribution(work, id)?,
        Subject::Obligations(ids) => of_names(work, &ids)?,
    };
    let new = NewSettlement {
        distribution_id: distribution.map(DistributionId),
        reference: terms.reference.clone(),
        settled_on: terms.settled_on,
    };
    let settlement_id = settlement::insert(&mut work.tenant, &new, work.now)?;
    let reference = terms.reference.as_deref();
    let settled = Settled { settlement_id, reference, now: work.now };
    settle::settle(&mut work.tenant, settled, &payable)?;
    let distributions: BTreeSet<_> = payable.iter().map(|it| it.distribution_id).collect();
    for id in distributions {
        complete(work, id)?;
    }
    Ok(settlement_id.0)
}

/// Returns what is to be settled. Everything but exactly one of the two is an error of the input.
fn subject(
    input: &mut Input,
    distribution: Option<i64>,
    obligations: Option<&Linkage>,
) -> Option<Subject> {
    let named = obligations.map(Linkage::members).unwrap_or_default();
    match (distribution, obligations) {
        (Some(_), Some(_)) => {
            let message = "must not be given together with distribution";
            input.refuse_relationship("obligations", message);
            None
        }
        (Some(id), None) => Some(Subject::Distribution(DistributionId(id))),
        // What was given could not be read, or is not there: that is a fault already.
        (None, _) if named.is_empty() && !input.errors.is_empty() => None,
        (None, None) => {
            input.refuse_relationship("obligations", "must be given, or a distribution");
            None
        }
        (None, Some(_)) if named.is_empty() => {
            input.refuse_relationship("obligations", "must name at least one obligation");
            None
        }
        (None, Some(_)) => {
            Some(Subject::Obligations(named.iter().map(|id| ObligationId(*id)).collect()))
        }
    }
}

/// Returns all that a distribution has to pay.
fn of_distribution(work: &mut Work<'_>, id: DistributionId) -> Result<Vec<Payable>> {
    let found = distribution::find(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
    lock(work, found.distributor_id)?;
    let payable = settle::payable(&mut work.tenant, id)?;
    if payable.is_empty() {
        let pointer = "/data/relationships/distribution";
        let detail = format!(
            "Distribution {id} has nothing to settle: none of its obligations is approved and \
             allocated"
        );
        return Err(Error::pointer(Code::Conflict, pointer, detail).into());
    }
    Ok(payable)
}

/// Returns the obligations that are named, all of which must be approved and allocated.
fn of_names(work: &mut Work<'_>, ids: &[ObligationId]) -> Result<Vec<Payable>> {
    let seen = settle::named(&mut work.tenant, ids)?;
    let distributors: BTreeSet<DistributorId> = seen.iter().map(|it| it.distributor_id).collect();
    for id in distributors {
        lock(work, id)?;
    }
    let named = settle::named(&mut work.tenant, ids)?;
    if named.len() != ids.len() {
        let pointer = "/data/relationships/obligations";
        let detail = "One of the obligations was deleted meanwhile; name those that are left";
        return Err(Error::pointer(Code::Conflict, pointer, detail).into());
    }
    let unfit = named.iter().filter_map(unfit);
    let errors: Vec<Error> = unfit
        .map(|detail| Error::pointer(Code::Conflict, "/data/relationships/obligations", detail))
        .collect();
    if !errors.is_empty() {
        return Err(errors.into());
    }
    Ok(named.iter().filter_map(NamedObligation::payable).collect())
}

/// Says why an obligation cannot be settled, if it cannot.
fn unfit(named: &NamedObligation) -> Option<String> {
    if named.payable().is_some() {
        return None;
    }
    let is_approved = named.status == ObligationStatus::Approved;
    let allocated = if is_approved { " and not allocated" } else { "" };
    Some(format!(
        "Obligation {} is {}{allocated}; only one that is approved and allocated can be settled",
        named.obligation_id,
        named.status.name(),
    ))
}

/// Locks a distributor, and triggers it first if it is due.
fn lock(work: &mut Work<'_>, id: DistributorId) -> Result<()> {
    if let Some(payer) = distributor::lock(&mut work.tenant, id)? {
        engine::trigger_due(work, payer)?;
    }
    Ok(())
}

/// Completes a distribution that has nothing left to settle.
fn complete(work: &mut Work<'_>, id: DistributionId) -> Result<()> {
    if allocation::any_pending(&mut work.tenant, id, AllocationId(0))? {
        return Ok(());
    }
    let found = distribution::find(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
    let outcome = Outcome { status: DistributionStatus::Complete, value: found.value };
    Ok(distribution::set_outcome(&mut work.tenant, id, outcome, work.now)?)
}
