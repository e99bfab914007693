//! A distributor for the tests of plans, with its rows, and a schedule of every noon in UTC.
//!
//! There are no cases here.

use apportion_core::accumulation::Owed;
use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{OpenDistribution, Payer, Plan, Snapshot, UnpaidCollaborator, plan};
use apportion_core::id::{CollaboratorId, ObligationId};
use apportion_core::metric::Score;
use apportion_core::obligation::{ObligationState, ObligationStatus};
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::share_rule::ShareRule;
use apportion_core::uncounted::UncountedRevenue;
use chrono::{DateTime, Days, NaiveTime, Utc};

use crate::day;

/// Parses an instant such as `2025-07-01T12:00:00Z`; a date alone means its noon.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let text = if text.len() == 10 { format!("{text}T12:00:00Z") } else { text.to_owned() };
    text.parse().unwrap()
}

/// Returns the first noon after an instant.
pub(crate) fn next_noon(after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let noon = after.with_time(NaiveTime::from_hms_opt(12, 0, 0)?).single()?;
    if noon > after { Some(noon) } else { noon.checked_add_days(Days::new(1)) }
}

/// Returns a payout of a fixed pool.
pub(crate) fn fixed(amount: i64, share_rule: ShareRule) -> Payout {
    Payout::Shared { pool: PoolSource::Fixed(amount), share_rule }
}

/// The rows that a snapshot borrows.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub payer: Payer,
    pub open: OpenDistribution,
    pub members: Vec<CollaboratorId>,
    pub scores: Vec<Score>,
    pub obligations: Vec<Owed>,
    pub(crate) accumulated: i64,
    pub recognized: i128,
    pub uncounted: Vec<UncountedRevenue>,
}

impl Rows {
    /// Creates rows of a distribution in euro, open from noon of 2025-07-01 to noon of 2025-07-02,
    /// with three members.
    pub(crate) fn of(payout: Payout) -> Self {
        let payer = Payer {
            status: DistributorStatus::Active,
            units: "EUR".parse().unwrap(),
            payout,
            time_zone: chrono_tz::UTC,
            minimum: None,
            requires_approval: false,
            carry_over: false,
        };
        let open = OpenDistribution {
            opened_at: at("2025-07-01"),
            period_from: day("2025-07-01"),
            trigger_at: at("2025-07-02"),
            carried: 0,
        };
        let members = [1, 2, 3].map(CollaboratorId).to_vec();
        let (scores, obligations) = (vec![], vec![]);
        Self {
            payer,
            open,
            members,
            scores,
            obligations,
            accumulated: 0,
            recognized: 0,
            uncounted: vec![],
        }
    }

    /// Sets the scores of the collaborators 1, 2, 3 and so on.
    pub(crate) fn scoring(mut self, scores: &[i64]) -> Self {
        let score = |(id, &score)| Score { collaborator_id: CollaboratorId(id), score };
        self.scores = (1..).zip(scores).map(score).collect();
        self
    }

    /// Sets approved obligations, each made for a collaborator and a value.
    pub(crate) fn owing(mut self, owed: &[(i64, i64)]) -> Self {
        self.obligations = (1..).zip(owed).map(|(id, owed)| obligation(id, *owed)).collect();
        self
    }

    /// Sets the smallest net that is paid.
    pub(crate) fn at_least(mut self, minimum: i64) -> Self {
        self.payer.minimum = Some(minimum);
        self
    }

    pub(crate) fn plan(&self, now: &str) -> Plan {
        self.plan_at(at(now))
    }

    pub(crate) fn plan_at(&self, now: DateTime<Utc>) -> Plan {
        let snapshot = Snapshot {
            payer: &self.payer,
            open: self.open,
            members: &self.members,
            scores: &self.scores,
            obligations: &self.obligations,
            accumulated: self.accumulated,
            recognized: self.recognized,
            uncounted: &self.uncounted,
            now,
        };
        plan(&snapshot, next_noon)
    }
}

/// Returns an approved obligation that was created at noon of 2025-07-01.
pub(crate) fn obligation(id: i64, (collaborator, value): (i64, i64)) -> Owed {
    Owed {
        obligation_id: ObligationId(id),
        collaborator_id: CollaboratorId(collaborator),
        value,
        state: ObligationState {
            status: ObligationStatus::Approved,
            is_allocated: false,
            is_reversed: false,
            is_of_pool: false,
        },
        is_share: false,
        created_at: at("2025-07-01"),
        due_on: None,
    }
}

/// Writes the allocations as lines of `collaborator value`.
pub(crate) fn paid(plan: &Plan) -> Vec<String> {
    let line = |(id, value): (CollaboratorId, i64)| format!("{id} {value}");
    plan.allocations.iter().map(|paid| line((paid.collaborator_id, paid.value))).collect()
}

/// Writes those who get nothing as lines of `collaborator reason`.
pub(crate) fn unpaid(plan: &Plan) -> Vec<String> {
    let line =
        |unpaid: UnpaidCollaborator| format!("{} {}", unpaid.collaborator_id, plan.reason(&unpaid));
    plan.explanation.unpaid.iter().copied().map(line).collect()
}
