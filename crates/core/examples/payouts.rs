//! Prints the plan of one distributor without a database: who gets what, and why.
//!
//! `cargo run -p apportion-core --example payouts`

use std::error::Error;

use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{OpenDistribution, Origin, Payer, Snapshot, plan};
use apportion_core::id::CollaboratorId;
use apportion_core::metric::Score;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::share_rule::ShareRule;
use chrono::{DateTime, Months, Utc};
use chrono_tz::Europe::Berlin;

fn main() -> Result<(), Box<dyn Error>> {
    let pool = PoolSource::Revenue("10".parse()?);
    let payer = Payer {
        status: DistributorStatus::Active,
        units: "EUR".parse()?,
        payout: Payout::Shared { pool, share_rule: ShareRule::Performance },
        time_zone: Berlin,
        minimum: None,
        requires_approval: false,
        carry_over: true,
    };
    let score = |(id, score)| Score { collaborator_id: CollaboratorId(id), score };
    let snapshot = Snapshot {
        payer: &payer,
        open: OpenDistribution {
            opened_at: "2025-06-30T22:00:00Z".parse()?,
            period_from: "2025-07-01".parse()?,
            trigger_at: "2025-07-31T22:00:00Z".parse()?,
            carried: 0,
        },
        members: &[1, 2, 3, 4].map(CollaboratorId),
        scores: &[(1, 3), (2, 9), (3, 5)].map(score),
        obligations: &[],
        accumulated: 0,
        recognized: 100_000,
        uncounted: &[],
        now: "2025-08-01T06:00:00Z".parse()?,
    };
    let monthly = |after: DateTime<Utc>| after.checked_add_months(Months::new(1));

    let plan = plan(&snapshot, monthly);
    println!("{} is {}: {}", plan.units.amount(plan.value), plan.status, plan.explanation.sentence);
    for allocation in &plan.allocations {
        if let (Origin::Share(share), Some(shared)) = (allocation.origin, &plan.shared) {
            println!("  to {}: {}", allocation.collaborator_id, shared.explain(share).sentence);
        }
    }
    for unpaid in &plan.explanation.unpaid {
        println!("  to {}: nothing. {}", unpaid.collaborator_id, plan.reason(unpaid));
    }
    if let Some(next) = plan.next {
        println!("The next begins on {} until {}.", next.open.period_from, next.open.trigger_at);
    }
    Ok(())
}
