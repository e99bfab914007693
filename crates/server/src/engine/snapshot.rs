//! The rows that a plan is made from, read in the current transaction, and the plan that core makes
//! of them. A preview and a trigger call the same function; only a trigger locks the distributor
//! first.

use apportion_core::accumulation::Owed;
use apportion_core::distributor::DistributorTerms;
use apportion_core::engine::{OpenDistribution, Payer, Plan, Snapshot, plan};
use apportion_core::id::{CollaboratorId, DistributorId};
use apportion_core::metric::Score;
use apportion_core::obligation::ObligationState;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::uncounted::UncountedRevenue;
use apportion_store::distribution::{self, StoredDistribution};
use apportion_store::distributor::{self, StoredDistributor};
use apportion_store::metric::CollaboratorScore;
use apportion_store::{self as store, Tenant, metric, obligation, organization};
use chrono::{DateTime, Utc};

use crate::payouts::terms::terms;

/// An open distribution and what its trigger would do.
pub(crate) struct Planned {
    /// The open distribution.
    pub(crate) open: StoredDistribution,
    /// The payments of its trigger, and the distribution that follows.
    pub(crate) plan: Plan,
}

/// A distributor and the plan of its open distribution.
pub(crate) struct Preview {
    /// The distributor.
    pub(crate) distributor: distributor::DistributorRow,
    /// The open distribution and its plan; `None` if no distribution is open.
    pub(crate) planned: Option<Planned>,
}

/// Plans a trigger of a distributor's open distribution at `now`, and locks nothing. Returns `None`
/// if there is no such distributor.
pub(crate) fn preview(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    now: DateTime<Utc>,
) -> store::Result<Option<Preview>> {
    let Some(row) = distributor::find(tenant, distributor)? else { return Ok(None) };
    let planned = plan_open(tenant, &row.stored, now)?;
    Ok(Some(Preview { distributor: row, planned }))
}

/// Plans a trigger of a distributor's open distribution at `now`. Returns `None` if no distribution
/// is open.
pub(crate) fn plan_open(
    tenant: &mut Tenant<'_>,
    payer: &StoredDistributor,
    now: DateTime<Utc>,
) -> store::Result<Option<Planned>> {
    let Some(open) = distribution::find_open(tenant, payer.id)? else { return Ok(None) };
    let (terms, schedule) = terms(payer)?;
    let (anchor, zone) = (payer.anchor_at.and_utc(), terms.time_zone);
    let rows = Rows::read(tenant, payer, terms, &open, now)?;
    let plan = plan(&rows.snapshot(), |after| schedule.next_after(anchor, zone, after));
    Ok(Some(Planned { open, plan }))
}

/// The rows that the plan of one open distribution depends on.
struct Rows {
    payer: Payer,
    open: OpenDistribution,
    members: Vec<CollaboratorId>,
    scores: Vec<Score>,
    obligations: Vec<Owed>,
    accumulated: i64,
    recognized: i128,
    uncounted: Vec<UncountedRevenue>,
    now: DateTime<Utc>,
}

impl Rows {
    fn read(
        tenant: &mut Tenant<'_>,
        payer_row: &StoredDistributor,
        terms: DistributorTerms,
        open: &StoredDistribution,
        now: DateTime<Utc>,
    ) -> store::Result<Self> {
        let payer = Payer {
            status: terms.status,
            units: terms.units,
            payout: terms.payout,
            time_zone: terms.time_zone,
            minimum: terms.minimum_value,
            requires_approval: terms.requires_approval,
            carry_over: terms.carry_over,
        };
        let distributor = payer_row.id;
        let members = distributor::collaborator_ids(tenant, distributor)?;
        let opening = OpenDistribution {
            opened_at: open.opened_at.and_utc(),
            period_from: open.period_from,
            trigger_at: open.trigger_date.and_utc(),
            carried: open.carried,
        };
        let mut rows = Self {
            payer,
            open: opening,
            members,
            scores: Vec::new(),
            obligations: Vec::new(),
            accumulated: payer_row.accumulated_value,
            recognized: 0,
            uncounted: Vec::new(),
            now,
        };
        let before = rows.snapshot().cutoff().at.naive_utc();
        let due = obligation::collectable(tenant, distributor, before)?;
        rows.obligations = due.iter().map(owed).collect();
        if matches!(rows.payer.payout, Payout::Shared { .. }) {
            let scores = metric::scores_by_collaborator(tenant, open.id)?.into_iter();
            let score =
                |CollaboratorScore { collaborator_id, score }| Score { collaborator_id, score };
            rows.scores = scores.map(score).collect();
            rows.read_revenue(tenant, distributor)?;
        }
        Ok(rows)
    }

    /// Sums the revenue of the period, in minor units, and what the pool cannot count of it. Does
    /// nothing unless the distributor shares revenue.
    fn read_revenue(
        &mut self,
        tenant: &mut Tenant<'_>,
        distributor: DistributorId,
    ) -> store::Result<()> {
        if !matches!(self.payer.payout, Payout::Shared { pool: PoolSource::Revenue(_), .. }) {
            return Ok(());
        }
        let Some(organization) = organization::find(tenant)? else { return Ok(()) };
        let revenue = self.payer.revenue_in(organization.currency);
        let days = self.open.revenue_days(self.now, self.payer.time_zone);
        if let (Some(revenue), Some(days)) = (revenue, days) {
            self.recognized = store::recognized(tenant, distributor, revenue, days)?;
            self.uncounted = store::uncounted(tenant, distributor, revenue, days)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            payer: &self.payer,
            open: self.open,
            members: &self.members,
            scores: &self.scores,
            obligations: &self.obligations,
            accumulated: self.accumulated,
            recognized: self.recognized,
            uncounted: &self.uncounted,
            now: self.now,
        }
    }
}

fn owed(row: &obligation::OpenObligation) -> Owed {
    Owed {
        obligation_id: row.id,
        collaborator_id: row.collaborator_id,
        value: row.value,
        state: ObligationState {
            status: row.status,
            is_allocated: false,
            is_reversed: false,
            is_of_pool: row.shared_in_id.is_some(),
        },
        is_share: row.shared_in_id.is_some(),
        created_at: row.created_at.and_utc(),
        due_on: row.due_on,
    }
}
