//! The transaction that inserts the rows of a plan, as short as it can be: on SQLite all others who
//! write wait for it, on PostgreSQL those who need the rows that it locks. It compares the stored
//! rows that the plan was made by with those that it locks. Not here: everything that can be done
//! before.

use std::collections::{BTreeMap, HashMap};

use apportion_core::deal_totals::DealTotals;
use apportion_core::distributor::DistributorStatus;
use apportion_core::id::{CollaboratorId, DealId, DistributorId, ObligationId};
use apportion_store::deal::{self, Summed, Sums};
use apportion_store::distributor::{self, DistributorRow};
use apportion_store::metric_credit::{self, NewMetricCredit};
use apportion_store::obligation;
use apportion_store::revenue_distribution::{self, WrittenRevenueDistribution};
use apportion_store::{self as store, collaborator, import, person};

use super::judge::{self, make, stored_reversals};
use super::names::Reference;
use super::plan::{Plan, PlannedDeal};
use crate::catalog::Work;
use crate::engine;
use crate::failure::Failure;
use crate::payouts::accumulated::accumulated;
use crate::resources::payouts::credit;
use crate::resources::payouts::obligation::{Parties, written};

/// The reason why the rows of a plan were not inserted.
#[derive(Debug)]
pub(super) enum Stop {
    /// The database is no longer as it was when the plan was made. The text says what differs.
    Stale(String),
    /// The database cannot be used at present.
    Away(store::Error),
    /// The database did not answer the commit, so that nobody knows whether the rows were kept.
    Unsure(String),
    /// The database cannot be used.
    Store(store::Error),
    /// This program failed.
    Broken(String),
}

type Result<T, E = Stop> = std::result::Result<T, E>;

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Self {
        use store::Error::{Duplicate, Interrupted, Referenced, Unavailable};
        match error {
            Duplicate | Interrupted(_) | Referenced => Self::Stale(error.to_string()),
            // It may be busy for longer than a statement waits for a lock.
            Unavailable(..) => Self::Away(error),
            other => Self::Store(other),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Broken(why) => Self::Broken(why),
            Failure::Refused(errors) => {
                let details: Vec<&str> = errors.iter().map(|error| error.detail.as_ref()).collect();
                Self::Stale(details.join("; "))
            }
        }
    }
}

/// The time at which the stored rows are locked that others refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Locking {
    /// Before anything is inserted, so that nobody changes them meanwhile.
    First,
    /// After all that can be inserted without it, so that others hardly wait for them.
    Last,
}

/// Makes the changes of a plan and inserts its rows, within a transaction that has begun.
/// Distributors are locked before deals, and both in the order of their ids.
pub(super) fn write(work: &mut Work<'_>, plan: &Plan, locking: Locking) -> Result<()> {
    for file in &plan.files {
        import::insert(&mut work.tenant, file, work.now)?;
    }
    // New rows were judged by what the changes leave.
    judge::lock(work, &plan.changes)?;
    for change in &plan.changes {
        make(work, change)?;
    }
    // The sums of reversals and the ids of metrics have to be known before. What a distributor pays
    // that is due must not count revenue of this command.
    let shares_revenue = !plan.distributions.is_empty() && !plan.stored.distributors.is_empty();
    let early = !plan.stored.reversed.is_empty() || !plan.credits.is_empty() || shares_revenue;
    let early = early || locking == Locking::First;
    let payers = if early { Some(lock(work, plan)?) } else { None };
    person::insert_many(&mut work.tenant, &plan.people, work.now)?;
    let collaborators = collaborator::insert_many(&mut work.tenant, &plan.collaborators, work.now)?;
    insert_revenue(work, plan)?;
    let distributors = insert_distributors(work, plan)?;
    let inserted = Inserted { distributors, collaborators };
    insert_obligations(work, plan, &inserted)?;
    let payers = payers.map_or_else(|| lock(work, plan), Ok)?;
    update_deals(work, plan)?;
    update_distributors(work, plan, &payers, &inserted)?;
    insert_credits(work, plan, &payers)
}

/// Locks the stored rows that others refer to, and returns the distributors.
fn lock(work: &mut Work<'_>, plan: &Plan) -> Result<BTreeMap<i64, DistributorRow>> {
    let payers = lock_distributors(work, plan)?;
    lock_deals(work, plan)?;
    Ok(payers)
}

/// The ids of rows that were inserted, by their positions in the plan.
struct Inserted {
    distributors: Vec<i64>,
    collaborators: Vec<i64>,
}

/// Locks the distributors that rows refer to, and triggers those that are due. Their units must be
/// those by which amounts were read. None may have been triggered since the rows were judged: what
/// was inserted before the lock would have been missed by a trigger that should have seen it.
fn lock_distributors(work: &mut Work<'_>, plan: &Plan) -> Result<BTreeMap<i64, DistributorRow>> {
    let mut locked = BTreeMap::new();
    for (id, judged) in &plan.stored.distributors {
        let found = distributor::lock(&mut work.tenant, DistributorId(*id))?;
        let found = found.filter(|found| {
            found.stored.units == judged.stored.units
                && found.stored.status != DistributorStatus::Deleted
                && found.current_distribution_id == judged.current_distribution_id
        });
        let found = found.ok_or_else(|| Stop::Stale(format!("distributor {id} has changed")))?;
        let payer = engine::trigger_due(work, found)?;
        locked.insert(*id, payer);
    }
    let reversed: Vec<i64> = plan.stored.reversed.keys().copied().collect();
    let present = stored_reversals(&mut work.tenant, &reversed)?;
    let same = plan.stored.reversed.iter().all(|(id, judged)| present.get(id) == Some(judged));
    if same { Ok(locked) } else { Err(Stop::Stale("a reversed obligation has changed".to_owned())) }
}

/// Locks the deals that get distributions, which must be those by which amounts were computed.
fn lock_deals(work: &mut Work<'_>, plan: &Plan) -> Result<()> {
    let ids: Vec<i64> = plan.stored.deals.keys().copied().collect();
    let locked: HashMap<i64, i64> = deal::lock_many(&mut work.tenant, &ids)?.into_iter().collect();
    let changed =
        plan.stored.deals.iter().find(|(id, judged)| locked.get(id) != Some(&judged.version));
    match changed {
        Some((id, _)) => Err(Stop::Stale(format!("deal {id} has changed"))),
        None => Ok(()),
    }
}

/// Inserts deals, with the sums of their distributions, and distributions.
fn insert_revenue(work: &mut Work<'_>, plan: &Plan) -> Result<()> {
    let mut deals = Vec::with_capacity(plan.deals.len());
    for PlannedDeal { external_id, written, totals, .. } in &plan.deals {
        let sums = sums(*totals, written.value)?;
        deals.push(((written.clone(), sums), external_id.clone()));
    }
    let deals = deal::insert_many(&mut work.tenant, &deals, work.now)?;
    let mut distributions = Vec::with_capacity(plan.distributions.len());
    for planned in &plan.distributions {
        let deal_id = DealId(id_of(planned.deal, &deals)?);
        let written = planned.written.clone();
        let written = WrittenRevenueDistribution { deal_id, ..written };
        distributions.push((written, planned.external_id.clone()));
    }
    revenue_distribution::insert_many(&mut work.tenant, &distributions, work.now)?;
    Ok(())
}

/// Adds the new distributions of stored deals to the sums of these.
fn update_deals(work: &mut Work<'_>, plan: &Plan) -> Result<()> {
    let mut changed = Vec::with_capacity(plan.stored.deals.len());
    for (id, deal) in &plan.stored.deals {
        let sums = sums(deal.totals, deal.money.value)?;
        changed.push(Summed { id: DealId(*id), version: deal.version, sums });
    }
    Ok(deal::update_sums_of_many(&mut work.tenant, &changed, work.now)?)
}

fn sums(totals: DealTotals, value: i64) -> Result<Sums> {
    let left = totals.undistributed(value);
    let undistributed_amount = left.map_err(|fault| Stop::Broken(fault.to_string()))?;
    Ok(Sums {
        distributed_percent_e10: totals.percent_units,
        distributed_amount: totals.amount,
        undistributed_amount,
    })
}

/// Returns the id of a row that another refers to, given the ids of those that were inserted.
fn id_of(reference: Reference, inserted: &[i64]) -> Result<i64> {
    match reference {
        Reference::Stored(id) => Ok(id),
        Reference::Planned(at) => {
            let id = inserted.get(at).copied();
            id.ok_or_else(|| Stop::Broken("a row refers to one that is not planned".to_owned()))
        }
    }
}

fn insert_distributors(work: &mut Work<'_>, plan: &Plan) -> Result<Vec<i64>> {
    let resources = work.resources;
    let kind = resources.find("distributors");
    let kind = kind.ok_or_else(|| Stop::Broken("there are no distributors".to_owned()))?;
    let mut ids = Vec::with_capacity(plan.distributors.len());
    for planned in &plan.distributors {
        ids.push(kind.served.create(work, &mut planned.input.clone())?);
    }
    Ok(ids)
}

fn insert_obligations(work: &mut Work<'_>, plan: &Plan, inserted: &Inserted) -> Result<()> {
    let mut rows = Vec::with_capacity(plan.obligations.len());
    for planned in &plan.obligations {
        let terms = planned.terms.clone();
        let parties = Parties {
            distributor_id: DistributorId(id_of(planned.distributor, &inserted.distributors)?),
            collaborator_id: CollaboratorId(id_of(planned.collaborator, &inserted.collaborators)?),
            reverses_id: planned.reverses.map(ObligationId),
            refund_id: None,
            units: planned.units.name().to_owned(),
        };
        rows.push((written(terms, parties, None), planned.external_id.clone()));
    }
    obligation::insert_many(&mut work.tenant, &rows, work.now)?;
    Ok(())
}

/// Adds the new obligations that are approved to the sums of their distributors.
fn update_distributors(
    work: &mut Work<'_>,
    plan: &Plan,
    payers: &BTreeMap<i64, DistributorRow>,
    inserted: &Inserted,
) -> Result<()> {
    let mut owed: BTreeMap<i64, i128> = BTreeMap::new();
    for planned in &plan.obligations {
        let sum = owed.entry(id_of(planned.distributor, &inserted.distributors)?).or_default();
        let terms = &planned.terms;
        *sum = sum.saturating_add(accumulated(terms.status, terms.value).into());
    }
    for (id, added) in owed.into_iter().filter(|(_, added)| *added != 0) {
        let present = payers.get(&id).map_or(0, |payer| payer.stored.accumulated_value);
        let sum = i64::try_from(added.saturating_add(present.into()))
            .map_err(|_| Stop::Stale(format!("what distributor {id} owes does not fit")))?;
        distributor::set_accumulated_value(&mut work.tenant, DistributorId(id), sum, work.now)?;
    }
    Ok(())
}

/// Inserts credits, and adds the points of each collaborator to the metric of the open
/// distribution.
fn insert_credits(
    work: &mut Work<'_>,
    plan: &Plan,
    payers: &BTreeMap<i64, DistributorRow>,
) -> Result<()> {
    let mut points: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for planned in &plan.credits {
        let sum = points.entry((planned.distributor, planned.collaborator)).or_default();
        *sum = sum.saturating_add(planned.terms.points);
    }
    let mut metrics = HashMap::with_capacity(points.len());
    for ((distributor, collaborator), points) in points {
        let payee = collaborator::lock(&mut work.tenant, CollaboratorId(collaborator))?;
        let (Some(payer), Some(payee)) = (payers.get(&distributor), payee) else {
            return Err(Stop::Stale(format!("collaborator {collaborator} has changed")));
        };
        let refused = |fault: apportion_core::fault::Fault| Stop::Stale(fault.to_string());
        credit::manual_points(work, payer, &payee)?.map_err(refused)?;
        let metric = credit::add_points(work, payer, &payee, points)?.map_err(refused)?;
        metrics.insert((distributor, collaborator), metric);
    }
    let rows = plan.credits.iter().filter_map(|planned| {
        let metric_id = *metrics.get(&(planned.distributor, planned.collaborator))?;
        let credit = NewMetricCredit {
            distributor_id: DistributorId(planned.distributor),
            collaborator_id: CollaboratorId(planned.collaborator),
            metric_id,
            points: planned.terms.points,
            reason: planned.terms.reason.clone(),
        };
        Some((credit, planned.external_id.clone()))
    });
    let rows: Vec<_> = rows.collect();
    metric_credit::insert_many(&mut work.tenant, &rows, work.now)?;
    Ok(())
}
