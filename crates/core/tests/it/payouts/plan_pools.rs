//! Plans of distributors that share a pool.

use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::{Basis, OpenDistribution, Origin, Payer, RevenueIn, recognized};
use apportion_core::id::CollaboratorId;
use apportion_core::obligation::ObligationStatus;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::share_rule::ShareRule;
use apportion_core::slicing::SpreadAmount;
use apportion_core::uncounted::UncountedRevenue;

use crate::payouts::payer::{Rows, at, fixed, paid, unpaid};
use crate::{currency, day, range};

#[test]
fn a_pool_is_shared_by_performance() {
    let rows = Rows::of(fixed(10_000, ShareRule::Performance)).scoring(&[3, 0, 5, 9]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 1765", "3 2941", "4 5294"]);
    assert_eq!(unpaid(&plan), ["2 No score in the period."]);
    assert_eq!((plan.status, plan.value), (DistributionStatus::Processing, 10_000));
    assert_eq!((plan.wait_reason, plan.failure), (None, None));
    assert_eq!((plan.explanation.pool, plan.explanation.total_score), (10_000, 17));
    assert_eq!(plan.explanation.basis, Basis::Amount(10_000));
    let sentence = "The pool is 100.00 EUR. It is shared by 3 collaborators with 17 points.";
    assert_eq!(plan.explanation.sentence, sentence);
    let Origin::Share(share) = plan.allocations[0].origin else {
        panic!("the allocation is a share of the pool");
    };
    let share = plan.shared.as_ref().unwrap().explain(share);
    assert_eq!((share.exact.to_string(), share.rank), ("30000/17".to_owned(), 1));
}

#[test]
fn a_pool_is_shared_evenly() {
    let rows = Rows::of(fixed(100, ShareRule::Evenly)).scoring(&[3, 0, 5, 9]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 34", "3 33", "4 33"]);
    let sentence = "The pool is 1.00 EUR. It is shared evenly by 3 collaborators.";
    assert_eq!((plan.explanation.sentence.as_str(), plan.explanation.total_score), (sentence, 3));
}

#[test]
fn the_top_score_takes_all() {
    let rows = Rows::of(fixed(100, ShareRule::TopScore));
    let plan = rows.clone().scoring(&[3, 5, 4]).plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 100"]);
    let below = |id, score| format!("{id} The score of {score} is below the top score of 5.");
    assert_eq!(unpaid(&plan), [below(1, 3), below(3, 4)]);
    let tied = rows.scoring(&[5, 3, 5]).plan("2025-07-02");
    assert_eq!(paid(&tied), ["1 50", "3 50"]);
    let sentence =
        "The pool is 1.00 EUR. It is shared evenly by 2 collaborators with the top score.";
    assert_eq!(tied.explanation.sentence, sentence);
}

#[test]
fn who_scores_needs_no_longer_be_a_member_and_scores_add_up() {
    let mut rows = Rows::of(fixed(100, ShareRule::Performance)).scoring(&[1, 2, 3, 4]);
    rows.members = vec![CollaboratorId(9), CollaboratorId(9)];
    rows.scores.extend_from_within(..1);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 18", "2 18", "3 27", "4 37"]);
    assert_eq!(unpaid(&plan), ["9 No score in the period."]);
}

#[test]
fn a_share_of_nothing_is_not_paid() {
    let plan = Rows::of(fixed(1, ShareRule::Evenly)).scoring(&[1, 1, 1]).plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 1"]);
    let message = "0.00 EUR: 1 of 3 equal parts of 0.01 EUR is 0.0033..., rounded down as the";
    assert_eq!(
        unpaid(&plan),
        [
            format!("2 {message} second-largest remainder, only the largest being rounded up."),
            format!("3 {message} third-largest remainder, only the largest being rounded up."),
        ]
    );
}

#[test]
fn nothing_to_share_is_complete_at_once() {
    let plan = Rows::of(fixed(0, ShareRule::Performance)).scoring(&[2]).plan("2025-07-02");
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
    let mut rows = Rows::of(fixed(100, ShareRule::Evenly));
    rows.open.carried = -30;
    let carried = |rows: &Rows| rows.plan("2025-07-02").next.unwrap().open.carried;
    assert_eq!(carried(&rows), 0);
    rows.payer.carry_over = true;
    assert_eq!(carried(&rows), 70);
    let plan = rows.plan("2025-07-02");
    assert_eq!((plan.status, plan.value), (DistributionStatus::Complete, 0));
    let sentence = "The pool is 1.00 EUR; with -0.30 EUR carried over, it is 0.70 EUR. Nobody has \
                    a score above 0, so nothing is shared.";
    assert_eq!(plan.explanation.sentence, sentence);
    let taken = rows.scoring(&[1]);
    assert_eq!(carried(&taken), 0);
    assert_eq!(paid(&taken.plan("2025-07-02")), ["1 70"]);
}

#[test]
fn a_negative_pool_is_carried_and_never_paid() {
    let mut rows = Rows::of(fixed(100, ShareRule::Evenly)).scoring(&[1, 1]);
    rows.open.carried = -130;
    let plan = rows.plan("2025-07-02");
    assert_eq!((plan.value, plan.carried_on, paid(&plan).len()), (0, -30, 0));
    assert_eq!(plan.status, DistributionStatus::Complete);
    let sentence = "The pool is 1.00 EUR; with -1.30 EUR carried over, it is -0.30 EUR. It is \
                    below zero, so it is carried to the next period.";
    assert_eq!(plan.explanation.sentence, sentence);
    let waits = "The pool is below zero and is carried to the next period.";
    let idle = "No score in the period.";
    assert_eq!(unpaid(&plan), [format!("1 {waits}"), format!("2 {waits}"), format!("3 {idle}")]);
    // What is owed is paid all the same.
    let plan = rows.owing(&[(2, 7)]).plan("2025-07-02");
    assert_eq!((paid(&plan), plan.carried_on), (vec!["2 7".to_owned()], -30));
    let next = plan.next.unwrap().open;
    assert_eq!((next.carried, next.trigger_at), (-30, at("2025-07-03")));
}

#[test]
fn shares_are_netted_with_what_is_owed() {
    let rows = Rows::of(fixed(300, ShareRule::Evenly)).scoring(&[1, 1, 1]);
    let rows = rows.owing(&[(1, -40), (2, -100), (3, -130), (4, 5), (5, -1)]);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["1 100", "1 -40", "4 5"]);
    assert_eq!((plan.value, plan.carried_on, plan.explanation.pool), (65, 0, 300));
    let kept: Vec<_> = plan.kept.iter().map(|it| (it.collaborator_id.0, it.value)).collect();
    assert_eq!(kept, [(2, 100), (3, 100)]);
    let waits = |id, net| format!("{id} The net of {net} EUR is not above zero and waits.");
    assert_eq!(unpaid(&plan), [waits(2, "0.00"), waits(3, "-0.30"), waits(5, "-0.01")]);
    let figures: Vec<_> =
        plan.explanation.unpaid.iter().map(|it| (it.share, it.open, it.net())).collect();
    let expected = [
        (Some(100), Some(-100), Some(0)),
        (Some(100), Some(-130), Some(-30)),
        (None, Some(-1), Some(-1)),
    ];
    assert_eq!(figures, expected);
    let sentence = "The pool is 3.00 EUR. It is shared evenly by 3 collaborators. With \
                    2 obligations owed and due, 0.65 EUR is paid to 2 collaborators. \
                    3 collaborators must wait.";
    assert_eq!(plan.explanation.sentence, sentence);
}

#[test]
fn a_share_below_the_minimum_waits() {
    let rows = Rows::of(fixed(300, ShareRule::Performance)).scoring(&[1, 5]).at_least(100);
    let plan = rows.plan("2025-07-02");
    assert_eq!(paid(&plan), ["2 250"]);
    let waits = "1 The net of 0.50 EUR is below the minimum of 1.00 EUR and waits.";
    assert_eq!(unpaid(&plan), [waits.to_owned(), "3 No score in the period.".to_owned()]);
    let minimums: Vec<_> = plan.explanation.unpaid.iter().map(|it| it.minimum).collect();
    assert_eq!(minimums, [Some(100), Some(100)]);
    let more = rows.owing(&[(1, 50)]).plan("2025-07-02");
    assert_eq!(paid(&more), ["1 50", "1 50", "2 250"]);
}

#[test]
fn approval_is_asked_for_where_the_distributor_says_so() {
    let mut rows = Rows::of(fixed(100, ShareRule::Evenly)).scoring(&[1]);
    assert_eq!(rows.plan("2025-07-02").obligation_status, ObligationStatus::Approved);
    rows.payer.requires_approval = true;
    let plan = rows.plan("2025-07-02");
    let expected = (ObligationStatus::Pending, DistributionStatus::Processing);
    assert_eq!((plan.obligation_status, plan.status), expected);
}

pub(crate) fn revenue(percentage: &str) -> Payout {
    let pool = PoolSource::Revenue(percentage.parse().unwrap());
    Payout::Shared { pool, share_rule: ShareRule::Performance }
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
         2025-07-02; with 0.10 EUR carried over, it is 1.36 EUR. It is shared by \
         1 collaborator with 1 point."
    );
    rows.open.carried = 0;
    rows.recognized = -1_004;
    assert_eq!(rows.plan("2025-07-02").carried_on, -126);
}

#[test]
fn revenue_that_a_pool_cannot_count_is_named() {
    let mut rows = Rows::of(revenue("10")).scoring(&[1]);
    rows.payer.units = "USD".parse().unwrap();
    rows.recognized = 1_000;
    let counted = rows.plan("2025-07-02");
    assert_eq!(counted.sentence(), counted.explanation.sentence);
    let of = |code, amount| UncountedRevenue { currency: currency(code), amount };
    rows.uncounted = vec![of("EUR", 5_000), of("JPY", 70)];
    let plan = rows.plan("2025-07-02");
    assert_eq!(plan.uncounted, rows.uncounted);
    let expected = format!(
        "{} Revenue of 50.00 EUR is not counted, as EUR is not converted to USD. Revenue of 70 JPY \
         is not counted, as JPY is not converted to USD.",
        counted.explanation.sentence
    );
    assert_eq!(plan.sentence(), expected);
    // It changes nothing of what is paid.
    assert_eq!(paid(&plan), paid(&counted));
}

#[test]
fn revenue_is_counted_by_the_days_of_the_distributor() {
    let open = |from: &str, trigger: &str| OpenDistribution {
        opened_at: at("2025-06-30T22:00:00Z"),
        period_from: day(from),
        trigger_at: at(trigger),
        carried: 0,
    };
    let july = open("2025-07-01", "2025-07-31T22:00:00Z");
    let days = |zone| july.revenue_days(at("2026-01-01"), zone).unwrap();
    assert_eq!(days(chrono_tz::Europe::Berlin), range("2025-07-01..2025-07-31"));
    // A change of the zone moves the end of a period, and never its beginning.
    assert_eq!(days(chrono_tz::UTC), range("2025-07-01..2025-07-30"));
    let early = july.revenue_days(at("2025-07-03"), chrono_tz::Europe::Berlin);
    assert_eq!(early, Some(range("2025-07-01..2025-07-02")));
    let within_a_day = open("2025-07-01", "2025-07-01T23:00:00Z");
    assert_eq!(within_a_day.revenue_days(at("2026-01-01"), chrono_tz::UTC), None);
    // The trigger date is on the day before the first one in this zone.
    let back = open("2025-07-01", "2025-07-01T03:00:00Z");
    let until = back.period_until(at("2026-01-01"), chrono_tz::America::New_York);
    assert_eq!(until, day("2025-07-01"));
}

#[test]
fn revenue_is_the_sum_of_the_daily_slices() {
    let spans = [
        SpreadAmount { range: range("2025-07-01..2025-07-31"), total: 100_000 },
        SpreadAmount { range: range("2025-06-01..2025-06-30"), total: 7 },
        SpreadAmount { range: range("2025-07-02..2025-07-03"), total: -7 },
    ];
    assert_eq!(recognized(spans, Some(range("2025-07-01..2025-07-02"))), 6_452 - 4);
    assert_eq!(recognized(spans, None), 0);
    let large = SpreadAmount { total: i64::MAX, ..spans[0] };
    assert_eq!(recognized([large; 2], Some(large.range)), 2 * i128::from(i64::MAX));
}

#[test]
fn revenue_is_in_the_units_of_the_distributor() {
    let payer =
        |payout, units: &str| Payer { units: units.parse().unwrap(), ..Rows::of(payout).payer };
    let counted = |payer: Payer| payer.revenue_in(currency("EUR"));
    assert_eq!(counted(payer(revenue("10"), "EUR")), Some(RevenueIn::Default));
    assert_eq!(counted(payer(revenue("10"), "USD")), Some(RevenueIn::Deals(currency("USD"))));
    assert_eq!(counted(payer(fixed(1, ShareRule::Evenly), "EUR")), None);
}
