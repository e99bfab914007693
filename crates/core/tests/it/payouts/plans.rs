//! Plans of distributors that pay obligations, plans that fail, and the dates of plans.

use apportion_core::distribution::DistributionStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{Basis, Failure, OpenDistribution, Origin, Plan, WaitReason};
use apportion_core::id::CollaboratorId;
use apportion_core::obligation::ObligationStatus;
use apportion_core::resolver::Payout;
use apportion_core::share_rule::ShareRule;

use crate::day;
use crate::payouts::payer::{Rows, at, fixed, next_noon, paid, unpaid};
use crate::payouts::plan_pools::revenue;

/// Returns the sentence of a collected obligation, found by its position among the allocations.
fn sentence(plan: &Plan, at: usize) -> String {
    let allocation = plan.allocations[at];
    match allocation.origin {
        Origin::Collected { net, .. } => net.sentence(allocation.value, &plan.units),
        Origin::Share(share) => panic!("{share:?}"),
    }
}

#[test]
fn what_is_owed_is_collected() {
    let owing = [(1, 500), (2, 300), (1, -200), (3, -50), (2, 40)];
    let plan = Rows::of(Payout::Owed).owing(&owing).plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 500", "1 -200", "2 300", "2 40"]);
    assert_eq!(unpaid(&plan), ["3 The net of -0.50 EUR is not above zero and waits."]);
    assert_eq!((plan.value, plan.status), (640, DistributionStatus::Processing));
    let explanation = &plan.explanation;
    assert_eq!((explanation.pool, explanation.basis), (640, Basis::Collected(640)));
    assert_eq!(
        explanation.sentence,
        "6.40 EUR is owed and due: 4 obligations to 2 collaborators. 1 collaborator must wait."
    );
    assert_eq!(sentence(&plan, 1), "-2.00 EUR: one of 2 obligations, 3.00 EUR together.");
    let alone = Rows::of(Payout::Owed).owing(&[(2, 5)]).plan("2025-07-02");
    assert_eq!(sentence(&alone, 0), "0.05 EUR: all that is owed and due.");
    let nothing = "Nothing is owed and due.";
    assert_eq!(unpaid(&alone), [format!("1 {nothing}"), format!("3 {nothing}")]);
}

#[test]
fn a_net_below_the_minimum_waits_whole() {
    let owing = [(1, 999), (2, 1_200), (2, -200), (3, 5_000)];
    let plan = Rows::of(Payout::Owed).owing(&owing).at_least(1_000).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 1200", "2 -200", "3 5000"]);
    let waits = "1 The net of 9.99 EUR is below the minimum of 10.00 EUR and waits.";
    assert_eq!(unpaid(&plan), [waits]);
    let none = Rows::of(Payout::Owed).at_least(1).plan("2025-07-02");
    assert_eq!((none.status, none.value), (DistributionStatus::Complete, 0));
    let sentence = "0.00 EUR is owed and due: 0 obligations to 0 collaborators.";
    assert_eq!(none.explanation.sentence, sentence);
}

#[test]
fn what_does_not_fit_fails_and_the_next_takes_over() {
    let largest = fixed(i64::MAX, ShareRule::Evenly);
    let mut pool = Rows::of(largest).scoring(&[1]);
    pool.open.carried = 1;
    let mut score = Rows::of(largest).scoring(&[i64::MAX]);
    score.scores.extend_from_within(..);
    let past_64 = Rows { recognized: i128::from(i64::MIN) - 1, ..Rows::of(revenue("1")) };
    let owed = Rows::of(Payout::Owed).owing(&[(1, i64::MAX), (2, 1)]);
    let net = Rows::of(Payout::Owed).owing(&[(1, i64::MAX), (1, 1)]);
    let score_error = Failure::Score(CollaboratorId(1));
    let cases = [
        (pool, Failure::Pool, "the pool with what was carried over does not fit 64 bits"),
        (score, score_error, "the score of collaborator 1 does not fit 64 bits"),
        (past_64, Failure::Revenue, "the revenue recognised in the period does not fit 64 bits"),
        (owed, Failure::Owed, "the sum of what is owed does not fit 64 bits"),
        (net, Failure::Owed, "the sum of what is owed does not fit 64 bits"),
    ];
    for (rows, failure, message) in cases {
        let plan = rows.plan("2025-07-02");
        assert_eq!((plan.failure, plan.status), (Some(failure), DistributionStatus::Failed));
        assert_eq!((plan.value, plan.allocations.len()), (0, 0));
        let rest = "Nothing is paid, and the next distribution takes over the period.";
        assert_eq!(plan.explanation.sentence, format!("Failed: {message}. {rest}"));
        let next = plan.next.unwrap();
        assert!(next.takes_over_metrics);
        let expected = OpenDistribution { trigger_at: at("2025-07-03"), ..rows.open };
        assert_eq!(next.open, expected);
    }
}

#[test]
fn the_extremes_are_shared() {
    let rows = Rows::of(fixed(i64::MAX, ShareRule::Performance)).scoring(&[i64::MAX; 3]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(plan.value, i64::MAX);
    assert_eq!(plan.explanation.total_score, 3 * i128::from(i64::MAX));
    let mut debt = Rows::of(fixed(0, ShareRule::Performance)).scoring(&[i64::MAX, 1]);
    debt.open.carried = i64::MIN;
    assert_eq!(debt.plan("2025-07-02").carried_on, i64::MIN);
    let owing = [(1, i64::MIN), (1, i64::MIN), (2, 1)];
    let plan = Rows::of(Payout::Owed).owing(&owing).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 1"]);
}

#[test]
fn before_its_date_a_plan_counts_what_exists_and_is_due() {
    let mut rows = Rows::of(Payout::Owed).owing(&[(1, 5), (2, 7)]);
    rows.obligations[0].due_on = Some(day("2025-07-02"));
    rows.obligations[1].created_at = at("2025-07-01T18:00:00Z");
    let early = rows.plan("2025-07-01T18:00:00Z");
    assert_eq!(early.wait_reason, Some(WaitReason::NotDue(at("2025-07-02"))));
    let message = "The trigger date 2025-07-02T12:00:00.000Z has not come.";
    assert_eq!(early.wait_reason.unwrap().to_string(), message);
    assert_eq!((paid(&early), early.open), (vec!["2 7".to_owned()], rows.open));
    assert_eq!(early.next.unwrap().open.trigger_at, at("2025-07-03"));
    assert_eq!(paid(&rows.plan("2025-07-02")), ["1 5", "2 7"]);
}

#[test]
fn obligations_wait_for_the_cutoff_and_their_due_date() {
    let mut rows = Rows::of(Payout::Owed).owing(&[(1, 1); 6]);
    rows.payer.time_zone = chrono_tz::Pacific::Auckland;
    rows.obligations[0].due_on = Some(day("2025-07-03"));
    rows.obligations[1].due_on = Some(day("2025-07-04"));
    rows.obligations[2].created_at = at("2025-07-02");
    rows.obligations[3].state.is_allocated = true;
    rows.obligations[4].state.status = ObligationStatus::Pending;
    let plan = rows.plan("2025-07-09");
    let collected: Vec<String> =
        plan.allocations.iter().map(|allocation| format!("{:?}", allocation.origin)).collect();
    assert_eq!(collected.len(), 2);
    assert!(collected[0].contains("ObligationId(1)"), "due on the day in Auckland: {collected:?}");
    assert!(collected[1].contains("ObligationId(6)"));
}

#[test]
fn missed_periods_run_once_under_the_date_that_was_missed() {
    let rows = Rows::of(fixed(100, ShareRule::Evenly)).scoring(&[1]);
    let plan = rows.plan("2025-07-09");
    assert_eq!((plan.wait_reason, plan.open), (None, rows.open));
    let expected = OpenDistribution {
        opened_at: at("2025-07-02"),
        period_from: day("2025-07-02"),
        trigger_at: at("2025-07-10"),
        carried: 0,
    };
    let next = plan.next.unwrap();
    assert_eq!((next.open, next.takes_over_metrics), (expected, false));
    let same = rows.plan("2025-07-02");
    assert_eq!((same.allocations, same.explanation), (plan.allocations, plan.explanation));
}

#[test]
fn only_an_active_distributor_is_triggered() {
    let mut rows = Rows::of(fixed(100, ShareRule::Evenly)).scoring(&[1]);
    for status in [DistributorStatus::Inactive, DistributorStatus::Deleted] {
        rows.payer.status = status;
        let plan = rows.plan("2025-07-09");
        assert_eq!(plan.wait_reason, Some(WaitReason::NotActive));
        assert_eq!(plan.value, 100);
    }
    assert_eq!(WaitReason::NotActive.to_string(), "The distributor is not active.");
    let message = "The distributor has no open distribution.";
    assert_eq!(WaitReason::NothingOpen.to_string(), message);
}

#[test]
fn a_distribution_opens_and_moves_with_the_schedule() {
    let first = OpenDistribution::beginning(at("2025-07-01"), chrono_tz::UTC, None);
    let first = first.rescheduled(at("2025-07-01"), next_noon).unwrap();
    let expected = OpenDistribution {
        opened_at: at("2025-07-01"),
        period_from: day("2025-07-01"),
        trigger_at: at("2025-07-02"),
        carried: 0,
    };
    assert_eq!(first, expected);
    let moved =
        OpenDistribution { carried: 5, ..first }.rescheduled(at("2025-07-05"), next_noon).unwrap();
    let expected = OpenDistribution {
        opened_at: at("2025-07-01"),
        period_from: day("2025-07-01"),
        trigger_at: at("2025-07-06"),
        carried: 5,
    };
    assert_eq!(moved, expected);
    assert_eq!(first.rescheduled(at("2025-07-05"), |_| None), None);
    assert_eq!(first.rescheduled(at("2025-07-05"), Some), None);
    let earlier =
        OpenDistribution::beginning(first.opened_at, chrono_tz::UTC, Some(day("2025-06-01")));
    assert_eq!((earlier.period_from, earlier.opened_at), (day("2025-06-01"), first.opened_at));
}

#[test]
fn what_is_left_fits_64_bits_or_the_distribution_fails() {
    let mut rows = Rows::of(Payout::Owed).owing(&[(1, i64::MAX)]);
    rows.accumulated = -i64::MAX;
    let plan = rows.plan("2025-07-02");
    let failed = (plan.failure, plan.status, plan.value, plan.allocations.len());
    assert_eq!(failed, (Some(Failure::Left), DistributionStatus::Failed, 0, 0));
    let sentence = "Failed: the sum of what waits does not fit 64 bits. Nothing is paid, and the \
                    next distribution takes over the period.";
    assert_eq!(plan.explanation.sentence, sentence);
    rows.accumulated = 0;
    assert_eq!(rows.plan("2025-07-02").value, i64::MAX);
}
