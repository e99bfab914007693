//! Properties of plans: money is conserved, nothing is paid twice, and order does not matter.

use std::collections::BTreeSet;

use apportion_core::decimal::Percent;
use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::{Basis, Origin, Plan};
use apportion_core::id::CollaboratorId;
use apportion_core::metric::Score;
use apportion_core::obligation::ObligationStatus;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::share_rule::ShareRule;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::arbitrary;
use crate::payouts::payer::{Rows, at, obligation};

fn payout() -> impl Strategy<Value = Payout> {
    let percent =
        (1..=Percent::WHOLE.units()).prop_map(|units| Percent::from_units(units).unwrap());
    let pool = prop_oneof![
        2 => (0..=1_000_000_i64).prop_map(PoolSource::Fixed),
        1 => Just(PoolSource::Fixed(i64::MAX)),
        2 => percent.prop_map(PoolSource::Revenue),
    ];
    let rules = vec![ShareRule::Evenly, ShareRule::Performance, ShareRule::TopScore];
    let shared = (pool, prop::sample::select(rules))
        .prop_map(|(pool, share_rule)| Payout::Shared { pool, share_rule });
    prop_oneof![3 => shared, 2 => Just(Payout::Owed)]
}

fn carried() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(0), 4 => -2_000_000..=2_000_000_i64, 1 => arbitrary::amount()]
}

fn recognized() -> impl Strategy<Value = i128> {
    let past_64 = i128::from(i64::MAX) + 1;
    prop_oneof![24 => arbitrary::amount().prop_map(i128::from), 1 => Just(past_64)]
}

/// Draws a distributor of any kind at noon of 2025-07-02, when its distribution is due.
fn rows() -> impl Strategy<Value = Rows> {
    let score = prop_oneof![24 => 0..=20_i64, 1 => Just(i64::MAX)];
    let scores = prop::collection::vec((1..=12_i64, score), 0..12);
    let value = prop_oneof![8 => -1_000..=1_000_i64, 1 => arbitrary::amount()];
    let owed = prop::collection::vec((1..=8_i64, value, any::<[bool; 4]>()), 0..16);
    let minimum = prop_oneof![Just(None), (0..=1_000_i64).prop_map(Some)];
    let switches = (any::<bool>(), any::<bool>(), minimum);
    (payout(), carried(), recognized(), scores, owed, switches).prop_map(
        |(payout, carried, recognized, scores, owed, (requires_approval, carry_over, minimum))| {
            let mut rows = Rows::of(payout);
            rows.payer.requires_approval = requires_approval;
            rows.payer.carry_over = carry_over;
            rows.payer.minimum = minimum;
            rows.open.carried = carried;
            rows.recognized = recognized;
            let score = |(id, score)| Score { collaborator_id: CollaboratorId(id), score };
            rows.scores = scores.into_iter().map(score).collect();
            for (id, (collaborator, value, kind)) in (1..).zip(owed) {
                let [is_late, is_allocated, is_pending, is_share] = kind;
                let mut owed = obligation(id, (collaborator, if value == 0 { 1 } else { value }));
                owed.state.is_allocated = is_allocated && is_late;
                owed.due_on = (is_late && is_pending).then(|| crate::day("2025-07-03"));
                owed.is_share = is_share && value > 0;
                if is_pending {
                    owed.state.status = ObligationStatus::Pending;
                }
                rows.obligations.push(owed);
            }
            rows
        },
    )
}

fn wide_sum(amounts: impl IntoIterator<Item = i64>) -> i128 {
    amounts.into_iter().map(i128::from).sum()
}

/// Applies a plan to the rows; returns `None` if no distribution opens next.
fn applied(rows: &Rows, plan: &Plan, now: DateTime<Utc>) -> Option<Rows> {
    let next = plan.next?;
    let mut rows = Rows { open: next.open, ..rows.clone() };
    if !next.takes_over_metrics {
        rows.scores.clear();
    }
    for allocation in &plan.allocations {
        if let Origin::Collected { obligation_id, .. } = allocation.origin {
            let owed = rows.obligations.iter_mut().find(|owed| owed.obligation_id == obligation_id);
            owed.unwrap().state.is_allocated = true;
        }
    }
    for (id, kept) in (1_000..).zip(&plan.kept) {
        let mut owed = obligation(id, (kept.collaborator_id.0, kept.value));
        owed.created_at = now;
        owed.state.status = plan.obligation_status;
        owed.is_share = true;
        rows.obligations.push(owed);
    }
    Some(rows)
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn money_is_conserved(rows in rows()) {
        let plan = rows.plan("2025-07-02");
        let paid = wide_sum(plan.allocations.iter().map(|allocation| allocation.value));
        prop_assert_eq!(paid, i128::from(plan.value));
        prop_assert!(plan.allocations.iter().all(|allocation| allocation.value != 0));
        prop_assert_eq!(plan.explanation.carried, match (rows.payer.payout, plan.failure) {
            (Payout::Owed, None) => 0,
            _ => rows.open.carried,
        });
        let carried_on = plan.next.unwrap().open.carried;
        if plan.failure.is_some() {
            prop_assert_eq!((plan.value, carried_on), (0, rows.open.carried));
            return Ok(());
        }
        let pool = i128::from(plan.explanation.pool);
        if rows.payer.payout == Payout::Owed {
            prop_assert_eq!((pool, carried_on), (plan.value.into(), 0));
            return Ok(());
        }
        // The pool is shared to the last unit, whether or not the shares are paid at once.
        let shares = plan.allocations.iter().filter(|it| it.obligation_id().is_none());
        let shares = shares.map(|it| it.value).chain(plan.kept.iter().map(|it| it.value));
        let has_takers = rows.scores.iter().any(|score| score.score > 0);
        let is_shared = pool > 0 && has_takers;
        prop_assert_eq!(wide_sum(shares), if is_shared { pool } else { 0 });
        let is_carried = pool < 0 || (!has_takers && rows.payer.carry_over);
        prop_assert_eq!(i128::from(carried_on), if is_carried { pool } else { 0 });
        if let Payout::Shared { pool: PoolSource::Fixed(amount), .. } = rows.payer.payout {
            prop_assert_eq!(plan.explanation.basis, Basis::Amount(amount));
            prop_assert_eq!(pool, i128::from(amount) + i128::from(rows.open.carried));
        }
    }

    /// Everybody occurs once: as somebody who is paid, or with a reason for getting nothing.
    #[test]
    fn nobody_is_forgotten(rows in rows()) {
        let plan = rows.plan("2025-07-02");
        if plan.failure.is_some() {
            prop_assert_eq!((plan.allocations.len(), plan.explanation.unpaid.len()), (0, 0));
            return Ok(());
        }
        let paid: BTreeSet<_> = plan.allocations.iter().map(|paid| paid.collaborator_id).collect();
        let unpaid: Vec<_> =
            plan.explanation.unpaid.iter().map(|unpaid| unpaid.collaborator_id).collect();
        prop_assert!(unpaid.is_sorted_by(|a, b| a < b));
        prop_assert!(unpaid.iter().all(|id| !paid.contains(id)));
        prop_assert!(plan.explanation.unpaid.iter().all(|one| !plan.reason(one).is_empty()));
        let known: BTreeSet<_> = paid.iter().chain(&unpaid).copied().collect();
        prop_assert!(rows.members.iter().all(|id| known.contains(id)));
        if let Payout::Shared { .. } = rows.payer.payout {
            prop_assert!(rows.scores.iter().all(|score| known.contains(&score.collaborator_id)));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        (rows, scores, obligations) in rows().prop_flat_map(|rows| {
            let (scores, owed) = (rows.scores.clone(), rows.obligations.clone());
            (Just(rows), Just(scores).prop_shuffle(), Just(owed).prop_shuffle())
        }),
    ) {
        let shuffled = Rows { scores, obligations, ..rows.clone() };
        let (plan, other) = (rows.plan("2025-07-02"), shuffled.plan("2025-07-02"));
        prop_assert_eq!(format!("{plan:#?}"), format!("{other:#?}"));
        prop_assert_eq!(plan, other);
    }

    /// After a plan is applied, nothing more is paid at the same instant, and no obligation is
    /// lost.
    #[test]
    fn what_is_paid_is_not_paid_again(rows in rows(), late_hours in 0..100_i64) {
        let now = at("2025-07-02") + TimeDelta::hours(late_hours);
        let plan = rows.plan_at(now);
        let after = applied(&rows, &plan, now).unwrap();
        let again = after.plan_at(now);
        prop_assert!(again.wait_reason.is_some());
        prop_assert!(after.open.trigger_at > now);
        if plan.failure.is_some() {
            prop_assert_eq!(&after.scores, &rows.scores);
            prop_assert_eq!(after.open.opened_at, rows.open.opened_at);
            prop_assert_eq!(after.open.period_from, rows.open.period_from);
        } else {
            prop_assert_eq!(after.open.opened_at, rows.open.trigger_at);
            prop_assert_eq!(after.open.period_from, plan.period_until);
            // A late run finds more that is due by its day.
            let is_due_later = rows.obligations.iter().any(|owed| owed.due_on.is_some());
            prop_assert!(is_due_later || again.value == 0);
        }
        let open = |rows: &Rows| {
            let open = rows.obligations.iter().filter(|owed| !owed.state.is_allocated);
            wide_sum(open.map(|owed| owed.value))
        };
        let collected = plan.allocations.iter().filter(|it| it.obligation_id().is_some());
        let collected = wide_sum(collected.map(|it| it.value));
        let kept = wide_sum(plan.kept.iter().map(|it| it.value));
        prop_assert_eq!(open(&rows) - collected + kept, open(&after));
    }

    /// A late run pays the same as a run on time; only the next trigger date differs.
    #[test]
    fn a_late_run_pays_the_same(rows in rows(), late_hours in 0..1_000_i64) {
        let now = at("2025-07-02") + TimeDelta::hours(late_hours);
        let (on_time, late) = (rows.plan("2025-07-02"), rows.plan_at(now));
        prop_assert_eq!(late.wait_reason, None);
        prop_assert!(late.next.unwrap().open.trigger_at > now);
        let dated = Plan { next: on_time.next, ..late };
        prop_assert_eq!(dated, on_time);
    }

    /// The figures of a share add up to the value of its allocation.
    #[test]
    fn every_allocation_explains_itself(rows in rows()) {
        let plan = rows.plan("2025-07-02");
        for allocation in &plan.allocations {
            match allocation.origin {
                Origin::Share(share) => {
                    let explanation = plan.shared.as_ref().unwrap().explain(share);
                    let extra = i64::from(explanation.extra_unit);
                    prop_assert_eq!(explanation.floor + extra, allocation.value);
                    prop_assert_eq!(explanation.pool, plan.explanation.pool);
                    prop_assert_eq!(explanation.total_score, plan.explanation.total_score);
                    prop_assert_eq!(explanation.carried, rows.open.carried);
                }
                Origin::Collected { net, .. } => {
                    let of_one = plan.allocations.iter()
                        .filter(|other| other.collaborator_id == allocation.collaborator_id);
                    prop_assert_eq!(of_one.clone().count() as u64, net.parts);
                    prop_assert_eq!(wide_sum(of_one.map(|part| part.value)), net.value.into());
                }
            }
        }
    }

    #[test]
    fn a_status_says_whether_anything_is_owed(rows in rows()) {
        let plan = rows.plan("2025-07-02");
        let expected = match (plan.failure, plan.allocations.is_empty()) {
            (Some(_), _) => DistributionStatus::Failed,
            (None, true) => DistributionStatus::Complete,
            (None, false) => DistributionStatus::Processing,
        };
        prop_assert_eq!(plan.status, expected);
    }
}
