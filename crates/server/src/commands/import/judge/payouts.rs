//! The judging of obligations and metric credits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apportion_core::distributor::DistributorStatus;
use apportion_core::fault::Fault;
use apportion_core::id::ObligationId;
use apportion_core::metric::{MetricType, score_after_credit};
use apportion_core::obligation::{ObligationTerms, ReversedObligation};
use apportion_core::units::Units;
use apportion_jsonapi::Input;
use apportion_store::collaborator::{self, CollaboratorRow};
use apportion_store::distributor::{self, DistributorRow};
use apportion_store::obligation::{self, ObligationRow};
use apportion_store::{self as store, Tenant, metric};

use super::super::ImportError;
use super::super::names::{self, Names, Reference};
use super::super::plan::{Plan, PlannedCredit, PlannedObligation, StoredReversal};
use super::{Judge, NewRow};
use crate::catalog::Work;
use crate::failure::{Failure, Result as Judged, judged, judged_with};
use crate::payouts::accumulated::accumulated;
use crate::resources::payouts::{credit, metric_credit, obligation as obligations};

/// The largest number of scores that a command adds to, each by statements of its own.
const MAX_CREDITED: usize = 20_000;

/// The rows that a line refers to.
#[derive(Clone, Copy)]
struct Payee {
    distributor: Option<Reference>,
    collaborator: Option<Reference>,
}

impl Judge<'_> {
    pub(super) fn obligations(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let mut rows = std::mem::take(&mut self.rows);
        let payees = payees(work, &mut rows, plan)?;
        let reversed: BTreeSet<i64> = rows.iter().filter_map(|new| reverses(&new.input)).collect();
        let reversed: Vec<i64> = reversed.into_iter().collect();
        plan.stored.reversed.extend(stored_reversals(&mut work.tenant, &reversed)?);
        let mut sums = Sums::of(plan);
        for (NewRow { row, mut input }, payee) in rows.into_iter().zip(payees) {
            let units = payer_units(plan, payee.distributor, &mut input);
            self.give_amounts(work, row, units.as_ref(), &mut input);
            let judged = obligation(payee, units, plan, &mut sums, &mut input);
            plan.obligations.extend(self.accept(row, judged)?);
        }
        Ok(())
    }

    pub(super) fn credits(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let mut rows = std::mem::take(&mut self.rows);
        let payees = payees(work, &mut rows, plan)?;
        let mut scores = Scores::of(plan);
        for (NewRow { row, mut input }, payee) in rows.into_iter().zip(payees) {
            let judged = given_credit(work, payee, plan, &mut scores, &mut input);
            plan.credits.extend(self.accept(row, judged)?);
            if scores.0.len() > MAX_CREDITED {
                let reason = format!(
                    "credits one collaborator too many: a command credits at most {MAX_CREDITED}; \
                     give the rest to another command"
                );
                self.faults.add(row.line, None, &reason);
                break;
            }
        }
        Ok(())
    }
}

/// Looks up the distributors and collaborators that rows refer to. What is not found is an error of
/// the input of the row.
fn payees(
    work: &mut Work<'_>,
    rows: &mut [NewRow<'_>],
    plan: &mut Plan,
) -> store::Result<Vec<Payee>> {
    let tenant = &mut work.tenant;
    let lines = || rows.iter().map(|new| new.row);
    let distributors = Names::find(tenant, "distributor", &names::DISTRIBUTORS, lines())?;
    let collaborators = Names::find(tenant, "collaborator", &names::COLLABORATORS, lines())?;
    let known = |kind| plan.names.get(kind);
    let named: Vec<Payee> = rows
        .iter_mut()
        .map(|NewRow { row, input }| Payee {
            distributor: distributors.reference(row, known("distributors"), input),
            collaborator: collaborators.reference(row, known("collaborators"), input),
        })
        .collect();
    let ids = names::unknown(named.iter().map(|it| it.distributor), &plan.stored.distributors);
    let found = store::load_by::<DistributorRow>(tenant, distributor::ID, &ids, ids.len())?;
    plan.stored.distributors.extend(found.into_iter().map(|row| (row.stored.id.0, row)));
    let ids = names::unknown(named.iter().map(|it| it.collaborator), &plan.stored.collaborators);
    let found = store::load_by::<CollaboratorRow>(tenant, collaborator::ID, &ids, ids.len())?;
    plan.stored.collaborators.extend(found.into_iter().map(|row| (row.id.0, row)));
    let there = named.into_iter().zip(rows).map(|(payee, NewRow { input, .. })| {
        let distributor = payee.distributor.filter(|it| is_there(it, &plan.stored.distributors));
        if distributor.is_none() && payee.distributor.is_some() {
            names::refuse_unlinked(input, "distributor", "distributors");
        }
        let collaborator = payee.collaborator.filter(|it| is_there(it, &plan.stored.collaborators));
        if collaborator.is_none() && payee.collaborator.is_some() {
            names::refuse_unlinked(input, "collaborator", "collaborators");
        }
        Payee { distributor, collaborator }
    });
    Ok(there.collect())
}

fn is_there<R>(reference: &Reference, known: &BTreeMap<i64, R>) -> bool {
    match reference {
        Reference::Stored(id) => known.contains_key(id),
        Reference::Planned(_) => true,
    }
}

/// Returns the units of the distributor that owes, which must not be deleted.
fn payer_units(plan: &Plan, payer: Option<Reference>, input: &mut Input) -> Option<Units> {
    match payer? {
        Reference::Planned(at) => plan.distributors.get(at).map(|it| it.units.clone()),
        Reference::Stored(id) => {
            let payer = plan.stored.distributors.get(&id)?;
            if payer.stored.status == DistributorStatus::Deleted {
                input.refuse_relationship("distributor", "must not be deleted");
            }
            payer.stored.units.parse().ok()
        }
    }
}

/// The sums that obligations of the same command add to.
struct Sums {
    /// The approved obligations of each distributor.
    owed: HashMap<i64, i128>,
    /// The planned reversals of each obligation.
    taken_back: HashMap<i64, i128>,
}

impl Sums {
    fn of(plan: &Plan) -> Self {
        let mut sums = Self { owed: HashMap::new(), taken_back: HashMap::new() };
        for planned in &plan.obligations {
            sums.add(planned.distributor, planned.reverses, &planned.terms);
        }
        sums
    }

    fn add(&mut self, payer: Reference, reverses: Option<i64>, terms: &ObligationTerms) {
        let owed = self.owed.entry(key(payer)).or_default();
        *owed = owed.saturating_add(accumulated(terms.status, terms.value).into());
        if let Some(reversed) = reverses {
            let taken_back = self.taken_back.entry(reversed).or_default();
            *taken_back = taken_back.saturating_add(terms.value.into());
        }
    }
}

/// Returns a number that differs for all rows of a type: ids are above 0.
fn key(reference: Reference) -> i64 {
    match reference {
        Reference::Stored(id) => id,
        Reference::Planned(at) => i64::try_from(at).unwrap_or(i64::MAX).saturating_neg(),
    }
}

/// Returns the id of the obligation that an input takes back.
fn reverses(input: &Input) -> Option<i64> {
    match names::linked(input, "reverses") {
        Some(Reference::Stored(id)) => Some(id),
        _ => None,
    }
}

/// Reads obligations that are taken back, with the sums of their reversals.
pub(in super::super) fn stored_reversals(
    tenant: &mut Tenant<'_>,
    ids: &[i64],
) -> store::Result<HashMap<i64, StoredReversal>> {
    let found = store::load_by::<ObligationRow>(tenant, obligation::ID, ids, ids.len())?;
    let of_them =
        store::load_by::<ObligationRow>(tenant, obligation::REVERSES_ID, ids, usize::MAX)?;
    let mut reversals: HashMap<i64, StoredReversal> = found
        .into_iter()
        .map(|ObligationRow { stored, .. }| {
            let reversal = StoredReversal {
                units: stored.units,
                value: stored.value,
                status: stored.status,
                taken_back: 0,
                distributor: stored.distributor_id.0,
                collaborator: stored.collaborator_id.0,
                is_reversal: stored.reverses_id.is_some(),
            };
            (stored.id.0, reversal)
        })
        .collect();
    for ObligationRow { stored, .. } in of_them.into_iter().filter(|it| !it.stored.status.is_void())
    {
        let reversed = stored.reverses_id.and_then(|ObligationId(id)| reversals.get_mut(&id));
        if let Some(reversed) = reversed {
            reversed.taken_back = reversed.taken_back.saturating_add(stored.value.into());
        }
    }
    Ok(reversals)
}

/// Returns the obligation that an input makes, and adds it to the sums.
fn obligation(
    payee: Payee,
    units: Option<Units>,
    plan: &mut Plan,
    sums: &mut Sums,
    input: &mut Input,
) -> Judged<PlannedObligation> {
    let reverses = reverses(input);
    let reversed = reverses.and_then(|id| {
        let stored = plan.stored.reversed.get(&id)?;
        let planned = sums.taken_back.get(&id).copied().unwrap_or_default();
        let is_own = |reference: Option<Reference>, id: i64| {
            reference.is_none_or(|reference| reference == Reference::Stored(id))
        };
        Some(ReversedObligation {
            value: stored.value,
            status: stored.status,
            taken_back: stored.taken_back.saturating_add(planned),
            is_of_distributor: is_own(payee.distributor, stored.distributor),
            is_of_collaborator: is_own(payee.collaborator, stored.collaborator),
            is_reversal: stored.is_reversal,
        })
    });
    if reversed.is_none() {
        names::refuse_unlinked(input, "reverses", "obligations");
    }
    let stored = reverses.and_then(|id| plan.stored.reversed.get(&id));
    if let (Some(stored), Some(units)) = (stored, &units)
        && stored.units != units.name()
    {
        input.refuse_relationship(
            "reverses",
            &obligations::other_units(&stored.units, units.name()),
        );
    }
    let terms = obligations::terms(reversed, input)?;
    let (Some(distributor), Some(collaborator), Some(units)) =
        (payee.distributor, payee.collaborator, units)
    else {
        return Err(Failure::not_found());
    };
    let stored = match distributor {
        Reference::Stored(id) => plan.stored.distributors.get(&id),
        Reference::Planned(_) => None,
    };
    let stored = stored.map_or(0, |payer| payer.stored.accumulated_value);
    let planned = sums.owed.get(&key(distributor)).copied().unwrap_or_default();
    let owed = planned
        .saturating_add(stored.into())
        .saturating_add(accumulated(terms.status, terms.value).into());
    let unfit = |_| vec![Fault::new("value", "makes a sum that does not fit 64 bits")];
    judged(input, i64::try_from(owed).map_err(unfit))?;
    sums.add(distributor, reverses, &terms);
    let external_id = plan.note_external("obligations", plan.obligations.len(), input);
    Ok(PlannedObligation { external_id, distributor, collaborator, reverses, units, terms })
}

/// The scores that credits of the same command add to, by distributor and collaborator.
struct Scores(HashMap<(i64, i64), Score>);

struct Score {
    /// The planned points.
    points: i64,
    /// The score that is stored, once it was looked up, or why there can be none.
    stored: Option<Result<i64, Fault>>,
}

impl Scores {
    fn of(plan: &Plan) -> Self {
        let mut scores = Self(HashMap::new());
        for planned in &plan.credits {
            let score = scores.at(planned.distributor, planned.collaborator);
            score.points = score.points.saturating_add(planned.terms.points);
        }
        scores
    }

    fn at(&mut self, distributor: i64, collaborator: i64) -> &mut Score {
        let key = (distributor, collaborator);
        self.0.entry(key).or_insert(Score { points: 0, stored: None })
    }
}

/// Returns the credit that an input gives, and adds it to the scores.
fn given_credit(
    work: &mut Work<'_>,
    payee: Payee,
    plan: &mut Plan,
    scores: &mut Scores,
    input: &mut Input,
) -> Judged<PlannedCredit> {
    let Payee { distributor, collaborator } = payee;
    let is_planned = |it| matches!(it, Some(Reference::Planned(_)));
    if is_planned(distributor) || is_planned(collaborator) {
        let reason = "must have the collaborator among its collaborators";
        input.refuse_relationship("distributor", reason);
    }
    let terms = metric_credit::new_terms(input)?;
    let (Some(Reference::Stored(distributor)), Some(Reference::Stored(collaborator))) =
        (distributor, collaborator)
    else {
        return Err(Failure::not_found());
    };
    let rows = plan.stored.distributors.get(&distributor);
    let rows = rows.zip(plan.stored.collaborators.get(&collaborator));
    let (payer, payee) = rows.ok_or_else(Failure::not_found)?;
    let score = scores.at(distributor, collaborator);
    let stored = match score.stored.clone() {
        Some(stored) => stored,
        None => score.stored.insert(stored_score(work, payer, payee)?).clone(),
    };
    let stored = stored.map_err(|fault| vec![fault]);
    let stored = judged_with(input, stored, &["collaborator", "distributor"])?;
    let points = score_after_credit(score.points, terms.points);
    let points = points.and_then(|points| score_after_credit(stored, points).map(|_| points));
    score.points = judged(input, points.map_err(|fault| vec![fault]))?;
    let external_id = plan.note_external("metric_credits", plan.credits.len(), input);
    Ok(PlannedCredit { external_id, distributor, collaborator, terms })
}

/// Returns the score of a collaborator in the open distribution, or the reason why the distributor
/// gives the collaborator no points.
fn stored_score(
    work: &mut Work<'_>,
    payer: &DistributorRow,
    payee: &CollaboratorRow,
) -> Judged<Result<i64, Fault>> {
    if let Err(fault) = credit::manual_points(work, payer, payee)? {
        return Ok(Err(fault));
    }
    let Some(open) = payer.current_distribution_id else { return Ok(Ok(0)) };
    let found = metric::find(&mut work.tenant, open, payee.id, MetricType::Manual)?;
    Ok(Ok(found.map_or(0, |metric| metric.score)))
}
