//! What the engine would do: a table of distributors, each with its plan.

use apportion_core::distribution::DistributionStatus;
use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{
    AllocationExplanation, Basis, Failure, Opening, Payer, RevenueIn, Waits, recognized,
};
use apportion_core::id::CollaboratorId;
use apportion_core::obligation::ObligationStatus;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::sharing::Sharing;
use apportion_core::slicing::Span;

use crate::payer::{Rows, at, fixed, next_noon, paid, unpaid};
use crate::{currency, day, range};

#[test]
fn a_pool_is_shared_by_performance() {
    let rows = Rows::of(fixed(10_000, Sharing::Performance)).scoring(&[3, 0, 5, 9]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 1765", "3 2941", "4 5294"]);
    assert_eq!(unpaid(&plan), ["2 No score in the period."]);
    assert_eq!((plan.status, plan.value), (DistributionStatus::Processing, 10_000));
    assert_eq!((plan.waits, plan.failure), (None, None));
    assert_eq!((plan.explanation.pool, plan.explanation.total_score), (10_000, 17));
    assert_eq!(plan.explanation.basis, Basis::Amount(10_000));
    let sentence = "The pool is 100.00 EUR. 3 collaborators share it by their 17 points.";
    assert_eq!(plan.explanation.sentence, sentence);
    let Some(AllocationExplanation::Share(share)) = plan.explain(&plan.allocations[0]) else {
        panic!("a share is explained as one");
    };
    assert_eq!((share.exact.to_string(), share.rank), ("30000/17".to_owned(), 1));
}

#[test]
fn a_pool_is_shared_evenly() {
    let rows = Rows::of(fixed(100, Sharing::Evenly)).scoring(&[3, 0, 5, 9]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 34", "3 33", "4 33"]);
    let sentence = "The pool is 1.00 EUR. 3 collaborators share it evenly.";
    assert_eq!((plan.explanation.sentence.as_str(), plan.explanation.total_score), (sentence, 3));
}

#[test]
fn the_top_score_takes_all() {
    let rows = Rows::of(fixed(100, Sharing::TopScore));
    let plan = rows.clone().scoring(&[3, 5, 4]).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 100"]);
    let below = |id, score| format!("{id} The score of {score} is below the top score of 5.");
    assert_eq!(unpaid(&plan), [below(1, 3), below(3, 4)]);
    let tied = rows.scoring(&[5, 3, 5]).plan("2025-07-02");
    assert_eq!(paid(&tied), ["1 50", "3 50"]);
    let sentence = "The pool is 1.00 EUR. 2 collaborators with the top score share it evenly.";
    assert_eq!(tied.explanation.sentence, sentence);
}

#[test]
fn who_scores_needs_no_longer_be_a_member_and_scores_add_up() {
    let mut rows = Rows::of(fixed(100, Sharing::Performance)).scoring(&[1, 2, 3, 4]);
    rows.members = vec![CollaboratorId(9), CollaboratorId(9)];
    rows.scores.extend_from_within(..1);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 18", "2 18", "3 27", "4 37"]);
    assert_eq!(unpaid(&plan), ["9 No score in the period."]);
}

#[test]
fn a_share_of_nothing_is_not_paid() {
    let plan = Rows::of(fixed(1, Sharing::Evenly)).scoring(&[1, 1, 1]).plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 1"]);
    let told = "0.00 EUR: 1 of 3 equal parts of 0.01 EUR is 0.0033..., rounded down as the";
    assert_eq!(
        unpaid(&plan),
        [
            format!("2 {told} second-largest remainder, only the largest being rounded up."),
            format!("3 {told} third-largest remainder, only the largest being rounded up."),
        ]
    );
}

#[test]
fn nothing_to_share_is_complete_at_once() {
    let plan = Rows::of(fixed(0, Sharing::Performance)).scoring(&[2]).plan("2025-07-02");
    assert_eq!((plan.status, plan.value), (DistributionStatus::Complete, 0));
    let nobody = "No score in the period.";
    assert_eq!(
        unpaid(&plan),
        ["1 There is nothing to share.".into(), format!("2 {nobody}"), format!("3 {nobody}")]
    );
    assert_eq!(plan.explanation.sentence, "The pool is 0.00 EUR. There is nothing to share.");
    assert_eq!((plan.explanation.total_score, plan.shared), (2, None));
}

#[test]
fn a_pool_without_takers_is_carried_where_the_distributor_says_so() {
    let mut rows = Rows::of(fixed(100, Sharing::Evenly));
    rows.open.carried = -30;
    let carried = |rows: &Rows| rows.plan("2025-07-02").next.unwrap().open.carried;
    assert_eq!(carried(&rows), 0);
    rows.payer.carry_over = true;
    assert_eq!(carried(&rows), 70);
    let plan = rows.plan("2025-07-02");
    assert_eq!((plan.status, plan.value), (DistributionStatus::Complete, 0));
    let sentence = "The pool is 1.00 EUR, with -0.30 EUR carried over 0.70 EUR. Nobody has a score \
                    above 0, so nothing is paid.";
    assert_eq!(plan.explanation.sentence, sentence);
    rows.open.carried = -130;
    assert_eq!(carried(&rows), -30);
    let taken = rows.scoring(&[1]);
    assert_eq!(carried(&taken), 0);
    assert_eq!(paid(&taken.plan("2025-07-02")), ["1 -30"]);
}

#[test]
fn approval_is_asked_for_where_the_distributor_says_so() {
    let mut rows = Rows::of(fixed(100, Sharing::Evenly)).scoring(&[1]);
    assert_eq!(rows.plan("2025-07-02").obligation_status, ObligationStatus::Approved);
    rows.payer.requires_approval = true;
    let plan = rows.plan("2025-07-02");
    let expected = (ObligationStatus::Pending, DistributionStatus::Processing);
    assert_eq!((plan.obligation_status, plan.status), expected);
}

fn revenue(percentage: &str) -> Payout {
    let pool = PoolSource::Revenue(percentage.parse().unwrap());
    Payout::Shared { pool, sharing: Sharing::Performance }
}

#[test]
fn a_pool_is_a_part_of_the_revenue_recognised() {
    let mut rows = Rows::of(revenue("12.5")).scoring(&[1]);
    rows.recognized = 1_004;
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 126"]);
    let expected = Basis::Revenue {
        from: day("2025-07-01"),
        until: day("2025-07-02"),
        recognized: 1_004,
        percentage: "12.5".parse().unwrap(),
    };
    assert_eq!(plan.explanation.basis, expected);
    rows.open.carried = 10;
    assert_eq!(
        rows.plan("2025-07-02").explanation.sentence,
        "The pool is 1.26 EUR, 12.5% of the 10.04 EUR recognised from 2025-07-01 until before \
         2025-07-02, with 0.10 EUR carried over 1.36 EUR. 1 collaborator share it by their 1 point."
    );
    rows.open.carried = 0;
    rows.recognized = -1_004;
    assert_eq!(paid(&rows.plan("2025-07-02")), ["1 -126"]);
}

#[test]
fn revenue_is_counted_by_the_days_of_the_distributor() {
    let open = |opened: &str, trigger: &str| Opening {
        opened_at: at(opened),
        trigger_at: at(trigger),
        carried: 0,
    };
    let july = open("2025-06-30T22:00:00Z", "2025-07-31T22:00:00Z");
    let days = |zone| july.revenue_days(at("2026-01-01"), zone).unwrap();
    assert_eq!(days(chrono_tz::Europe::Berlin), range("2025-07-01..2025-07-31"));
    assert_eq!(days(chrono_tz::UTC), range("2025-06-30..2025-07-30"));
    let early = july.revenue_days(at("2025-07-03"), chrono_tz::Europe::Berlin);
    assert_eq!(early, Some(range("2025-07-01..2025-07-02")));
    let within_a_day = open("2025-07-01T01:00:00Z", "2025-07-01T23:00:00Z");
    assert_eq!(within_a_day.revenue_days(at("2026-01-01"), chrono_tz::UTC), None);
    let before = july.revenue_dates(at("2025-01-01"), chrono_tz::UTC);
    assert_eq!(before, (day("2025-06-30"), day("2025-06-30")));
}

#[test]
fn revenue_is_the_sum_of_the_daily_slices() {
    let spans = [
        Span { range: range("2025-07-01..2025-07-31"), total: 100_000 },
        Span { range: range("2025-06-01..2025-06-30"), total: 7 },
        Span { range: range("2025-07-02..2025-07-03"), total: -7 },
    ];
    assert_eq!(recognized(spans, Some(range("2025-07-01..2025-07-02"))), 6_452 - 4);
    assert_eq!(recognized(spans, None), 0);
    let large = Span { total: i64::MAX, ..spans[0] };
    assert_eq!(recognized([large; 2], Some(large.range)), 2 * i128::from(i64::MAX));
}

#[test]
fn revenue_is_in_the_units_of_the_distributor() {
    let payer =
        |payout, units: &str| Payer { units: units.parse().unwrap(), ..Rows::of(payout).payer };
    let counted = |payer: Payer| payer.revenue_in(currency("EUR"));
    assert_eq!(counted(payer(revenue("10"), "EUR")), Some(RevenueIn::Default));
    assert_eq!(counted(payer(revenue("10"), "USD")), Some(RevenueIn::Deals(currency("USD"))));
    assert_eq!(counted(payer(fixed(1, Sharing::Evenly), "EUR")), None);
}

#[test]
fn what_is_owed_is_collected() {
    let owing = [(1, 500), (2, 300), (1, -200), (3, -50), (2, 40)];
    let plan = Rows::of(Payout::Owed { minimum: 0 }).owing(&owing).plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 500", "1 -200", "2 300", "2 40"]);
    assert_eq!(unpaid(&plan), ["3 The net of -0.50 EUR is not above zero and waits."]);
    assert_eq!((plan.value, plan.status), (640, DistributionStatus::Processing));
    let explanation = &plan.explanation;
    assert_eq!((explanation.pool, explanation.basis), (640, Basis::Collected(640)));
    assert_eq!(
        explanation.sentence,
        "6.40 EUR is owed and due: 4 obligations to 2 collaborators. 1 collaborator must wait."
    );
    let sentence = |at: usize| match plan.explain(&plan.allocations[at]) {
        Some(AllocationExplanation::Collected { sentence, .. }) => sentence,
        other => panic!("{other:?}"),
    };
    assert_eq!(sentence(1), "-2.00 EUR: one of 2 obligations, 3.00 EUR together.");
    let alone = Rows::of(Payout::Owed { minimum: 0 }).owing(&[(2, 5)]).plan("2025-07-02");
    let told = alone.explain(&alone.allocations[0]);
    let Some(AllocationExplanation::Collected { sentence, .. }) = told else {
        panic!("{told:?}");
    };
    assert_eq!(sentence, "0.05 EUR: all that is owed and due.");
    let nothing = "Nothing is owed and due.";
    assert_eq!(unpaid(&alone), [format!("1 {nothing}"), format!("3 {nothing}")]);
}

#[test]
fn a_net_below_the_minimum_waits_whole() {
    let owing = [(1, 999), (2, 1_200), (2, -200), (3, 5_000)];
    let plan = Rows::of(Payout::Owed { minimum: 1_000 }).owing(&owing).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 1200", "2 -200", "3 5000"]);
    let waits = "1 The net of 9.99 EUR is below the minimum of 10.00 EUR and waits.";
    assert_eq!(unpaid(&plan), [waits]);
    let none = Rows::of(Payout::Owed { minimum: 1 }).plan("2025-07-02");
    assert_eq!((none.status, none.value), (DistributionStatus::Complete, 0));
    let sentence = "0.00 EUR is owed and due: 0 obligations to 0 collaborators.";
    assert_eq!(none.explanation.sentence, sentence);
}

#[test]
fn what_does_not_fit_fails_and_the_next_takes_over() {
    let largest = fixed(i64::MAX, Sharing::Evenly);
    let mut pool = Rows::of(largest).scoring(&[1]);
    pool.open.carried = 1;
    let score = Rows::of(largest).scoring(&[i64::MAX, 1]);
    let score = Rows { scores: [score.scores.clone(), score.scores].concat(), ..pool.clone() };
    let past_64 = Rows { recognized: i128::from(i64::MIN) - 1, ..Rows::of(revenue("1")) };
    let owed = Rows::of(Payout::Owed { minimum: 0 }).owing(&[(1, i64::MAX), (2, 1)]);
    let net = Rows::of(Payout::Owed { minimum: 0 }).owing(&[(1, i64::MAX), (1, 1)]);
    let score_error = Failure::Score(CollaboratorId(1));
    let cases = [
        (pool, Failure::Pool, "the pool with what was carried over does not fit 64 bits"),
        (score.clone(), score_error, "the score of collaborator 1 does not fit 64 bits"),
        (past_64, Failure::Revenue, "the revenue recognised in the period does not fit 64 bits"),
        (owed, Failure::Owed, "what is owed does not fit 64 bits"),
        (net, Failure::Owed, "what is owed does not fit 64 bits"),
    ];
    for (mut rows, failure, told) in cases {
        if failure == score_error {
            rows.open.carried = 0;
        }
        let plan = rows.plan("2025-07-02");
        assert_eq!((plan.failure, plan.status), (Some(failure), DistributionStatus::Failed));
        assert_eq!((plan.value, plan.allocations.len()), (0, 0));
        let rest = "Nothing is paid, and the next distribution takes over the period.";
        assert_eq!(plan.explanation.sentence, format!("Failed: {told}. {rest}"));
        let next = plan.next.unwrap();
        assert!(next.takes_over_metrics);
        let expected = Opening { trigger_at: at("2025-07-03"), ..rows.open };
        assert_eq!(next.open, expected);
    }
}

#[test]
fn the_extremes_are_shared() {
    let rows = Rows::of(fixed(i64::MAX, Sharing::Performance)).scoring(&[i64::MAX; 3]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(plan.value, i64::MAX);
    assert_eq!(plan.explanation.total_score, 3 * i128::from(i64::MAX));
    let mut debt = Rows::of(fixed(0, Sharing::Performance)).scoring(&[i64::MAX, 1]);
    debt.open.carried = i64::MIN;
    assert_eq!(paid(&debt.plan("2025-07-02")), ["1 -9223372036854775807", "2 -1"]);
    let owing = [(1, i64::MIN), (1, i64::MIN), (2, 1)];
    let plan = Rows::of(Payout::Owed { minimum: 0 }).owing(&owing).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 1"]);
}

#[test]
fn before_its_date_a_plan_is_as_if_triggered_then() {
    let mut rows = Rows::of(Payout::Owed { minimum: 0 }).owing(&[(1, 5), (2, 7)]);
    rows.obligations[1].created_at = at("2025-07-01T18:00:00Z");
    let early = rows.plan("2025-07-01T18:00:00Z");
    assert_eq!(early.waits, Some(Waits::NotDue(at("2025-07-02"))));
    let told = "The trigger date 2025-07-02T12:00:00.000Z has not come.";
    assert_eq!(early.waits.unwrap().to_string(), told);
    assert_eq!((paid(&early), early.open), (vec!["1 5".to_owned()], rows.open));
    assert_eq!(early.next.unwrap().open.trigger_at, at("2025-07-03"));
    assert_eq!(paid(&rows.plan("2025-07-02")), ["1 5", "2 7"]);
}

#[test]
fn obligations_wait_for_the_cutoff_and_their_due_date() {
    let mut rows = Rows::of(Payout::Owed { minimum: 0 }).owing(&[(1, 1); 6]);
    rows.payer.time_zone = chrono_tz::Pacific::Auckland;
    rows.obligations[0].due_on = Some(day("2025-07-03"));
    rows.obligations[1].due_on = Some(day("2025-07-04"));
    rows.obligations[2].created_at = at("2025-07-02");
    rows.obligations[3].held.is_allocated = true;
    rows.obligations[4].held.status = ObligationStatus::Pending;
    let plan = rows.plan("2025-07-09");
    let collected: Vec<String> =
        plan.allocations.iter().map(|allocation| format!("{:?}", allocation.origin)).collect();
    assert_eq!(collected.len(), 2);
    assert!(collected[0].contains("ObligationId(1)"), "due on the day in Auckland: {collected:?}");
    assert!(collected[1].contains("ObligationId(6)"));
}

#[test]
fn missed_periods_run_once_under_the_date_that_was_missed() {
    let rows = Rows::of(fixed(100, Sharing::Evenly)).scoring(&[1]);
    let plan = rows.plan("2025-07-09");
    assert_eq!((plan.waits, plan.open), (None, rows.open));
    let expected =
        Opening { opened_at: at("2025-07-02"), trigger_at: at("2025-07-10"), carried: 0 };
    let next = plan.next.unwrap();
    assert_eq!((next.open, next.takes_over_metrics), (expected, false));
    let same = rows.plan("2025-07-02");
    assert_eq!((same.allocations, same.explanation), (plan.allocations, plan.explanation));
}

#[test]
fn only_an_active_distributor_is_triggered() {
    let mut rows = Rows::of(fixed(100, Sharing::Evenly)).scoring(&[1]);
    for status in [DistributorStatus::Inactive, DistributorStatus::Deleted] {
        rows.payer.status = status;
        let plan = rows.plan("2025-07-09");
        assert_eq!(plan.waits, Some(Waits::NotActive));
        assert_eq!(plan.value, 100);
    }
    assert_eq!(Waits::NotActive.to_string(), "The distributor is not active.");
    let told = "The distributor has no open distribution.";
    assert_eq!(Waits::NothingOpen.to_string(), told);
}

#[test]
fn a_distribution_opens_and_moves_with_the_schedule() {
    let first = Opening::first(at("2025-07-01"), next_noon).unwrap();
    let expected =
        Opening { opened_at: at("2025-07-01"), trigger_at: at("2025-07-02"), carried: 0 };
    assert_eq!(first, expected);
    let moved = Opening { carried: 5, ..first }.rescheduled(at("2025-07-05"), next_noon).unwrap();
    let expected =
        Opening { opened_at: at("2025-07-01"), trigger_at: at("2025-07-06"), carried: 5 };
    assert_eq!(moved, expected);
    assert_eq!(first.rescheduled(at("2025-07-05"), |_| None), None);
    assert_eq!(Opening::first(at("2025-07-05"), Some), None);
}
