//! Checks of conservation: each passes for sound subjects and fails for unsound ones.

use apportion_core::allocation::AllocationStatus;
use apportion_core::checks::{
    Check, Comparison, CoveredObligation, CreditedMetric, DealFigures, DistributionFigures,
    Finding, MAX_COUNTER_EXAMPLES, PaidDistribution, SettledAllocation, TakenBack, TriggerDate,
    Verdict,
};
use apportion_core::deal::DealMoney;
use apportion_core::obligation::ObligationStatus;
use apportion_core::revenue_distribution::Amounts;
use chrono::NaiveDate;

#[track_caller]
fn check(instance: &Comparison, sides: (i128, i128), holds: bool) {
    assert_eq!((instance.left, instance.right), sides, "{instance:?}");
    assert_eq!(instance.broken.is_none(), holds, "{instance:?}");
}

#[test]
fn allocations_sum() {
    let of = |value, allocations, obligations| {
        PaidDistribution { id: 1, value, allocations, obligations }.allocations_sum()
    };
    check(&of(Some(10), 10, 10), (10, 10), true);
    check(&of(Some(-3), -3, -3), (-3, -3), true);
    check(&of(Some(10), 9, 9), (10, 9), false);
    check(&of(Some(10), 10, 11), (10, 11), false);
    check(&of(Some(10), 11, 10), (10, 11), false);
    // A distribution that waits pays nothing, and its value is only a forecast.
    check(&of(None, 0, 0), (0, 0), true);
    check(&of(None, 5, 5), (0, 5), false);
    check(&of(Some(0), i128::MAX, 0), (0, i128::MAX), false);
}

#[test]
fn obligation_once() {
    let of = |allocation_id, named_covers, live: &[i64]| {
        CoveredObligation { id: 7, allocation_id, named_covers, live }.obligation_once()
    };
    check(&of(None, None, &[]), (0, 0), true);
    check(&of(Some(3), Some(7), &[3]), (1, 1), true);
    // The allocation was cancelled.
    check(&of(Some(3), Some(7), &[]), (0, 0), true);
    check(&of(Some(3), Some(7), &[3, 4]), (2, 1), false);
    check(&of(None, None, &[3]), (1, 1), false);
    check(&of(Some(4), Some(7), &[3]), (1, 1), false);
    check(&of(Some(3), Some(8), &[]), (0, 0), false);
    check(&of(Some(3), None, &[]), (0, 0), false);
}

#[test]
fn trigger_once() {
    let of = |same_as| TriggerDate { id: 2, distributor_id: 1, same_as }.trigger_once();
    check(&of(None), (1, 1), true);
    check(&of(Some(1)), (1, 0), false);
}

#[test]
fn metrics_follow_credits() {
    let of = |score, credits| CreditedMetric { id: 1, score, credits }.metrics_follow_credits();
    check(&of(5, 5), (5, 5), true);
    check(&of(5, 4), (5, 4), false);
    check(&of(i64::MAX, i128::from(i64::MAX) + 1), (i64::MAX.into(), 1 << 63), false);
}

#[test]
fn reversals_within() {
    use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
    let with = |value, status, reversals, refunds, has_reversals, has_refunds| {
        TakenBack { id: 1, value, status, reversals, refunds, has_reversals, has_refunds }
            .reversals_within()
    };
    let of = |value, status, reversals: i128, refunds: i128| {
        with(value, status, reversals, refunds, reversals != 0, refunds != 0)
    };
    check(&of(5, Approved, -5, 0), (-5, -5), true);
    check(&of(5, Fulfilled, -6, 0), (-6, -5), false);
    check(&of(5, Fulfilled, 1, 0), (1, 0), false);
    check(&of(-5, Fulfilled, 6, 0), (6, 5), false);
    check(&of(5, Pending, -5, 0), (-5, -5), false);
    // A refund may give one unit more, and takes back of what is pending too.
    check(&of(5, Pending, 0, -5), (-5, -5), true);
    check(&of(5, Pending, 0, 1), (1, 1), true);
    check(&of(5, Approved, -3, -3), (-6, -5), false);
    check(&of(5, Rejected, 0, -5), (-5, -5), false);
    check(&of(5, Cancelled, -1, 0), (-1, -1), false);
    check(&of(i64::MIN, Approved, 1 << 63, 0), (1 << 63, 1 << 63), true);
    // Parts that add up to nothing are there all the same.
    check(&with(5, Cancelled, 0, 0, false, true), (0, 0), false);
    check(&with(5, Rejected, 0, 0, true, false), (0, 0), false);
    check(&with(5, Approved, -1, 1, true, true), (0, 0), true);
}

#[test]
fn settled_once() {
    for status in AllocationStatus::ALL.iter().copied() {
        for obligation in ObligationStatus::ALL.iter().copied() {
            use AllocationStatus as Part;
            use ObligationStatus as Owed;
            for (has_settlement, is_referred_to) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let settled =
                    SettledAllocation { id: 1, status, has_settlement, obligation, is_referred_to };
                let holds = match (status, obligation) {
                    (Part::Pending, Owed::Pending | Owed::Approved) => {
                        is_referred_to && !has_settlement
                    }
                    (Part::Complete, Owed::Fulfilled) => is_referred_to,
                    (Part::Cancelled, Owed::Cancelled | Owed::Rejected) => !has_settlement,
                    (Part::Returned, _) => !is_referred_to,
                    _ => false,
                };
                check(&settled.settled_once(), (1, i128::from(holds)), holds);
            }
        }
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn spread(amount: i64, amount_default: i64) -> DistributionFigures {
    let (start_on, end_on) = (day("2025-01-01"), day("2025-01-31"));
    // 50 percent.
    let percent = 500_000_000_000;
    DistributionFigures {
        id: 1,
        start_on,
        end_on,
        percent,
        amounts: Amounts { amount, amount_default },
    }
}

#[test]
fn amounts_follow_deals() {
    let deal = DealMoney {
        value: 100,
        currency: "USD".parse().unwrap(),
        exchange_rate: Some("0.9".parse().unwrap()),
        default_currency: "EUR".parse().unwrap(),
    };
    check(&spread(50, 45).amounts_follow_deals(Some(&deal)), (95, 95), true);
    check(&spread(51, 45).amounts_follow_deals(Some(&deal)), (96, 95), false);
    // The two differences cancel each other out in the sum.
    check(&spread(51, 44).amounts_follow_deals(Some(&deal)), (95, 95), false);
    check(&spread(50, 45).amounts_follow_deals(None), (95, 0), false);
    let free = DistributionFigures { percent: 0, ..spread(50, 45) };
    check(&free.amounts_follow_deals(Some(&deal)), (95, 0), false);
    let rows = DealFigures {
        id: 1,
        value: 100,
        distributed_percent: 5,
        distributed_amount: 50,
        undistributed_amount: 50,
    };
    check(&rows.amounts_follow_deals(5), (50, 50), true);
    check(&rows.amounts_follow_deals(6), (50, 50), false);
    let short = DealFigures { undistributed_amount: 49, ..rows };
    check(&short.amounts_follow_deals(5), (49, 50), false);
}

#[test]
fn slices_sum() {
    for amount in [0, 1, -1, 100_000, -7, i64::MAX, i64::MIN] {
        let (instance, slices) = spread(amount, 45).slices_sum();
        let both = i128::from(amount) + 45;
        check(&instance, (both, both), true);
        assert_eq!(slices, i128::from(amount));
    }
    let backwards = DistributionFigures { end_on: day("2024-01-01"), ..spread(50, 45) };
    check(&backwards.slices_sum().0, (95, 0), false);
    let far = DistributionFigures { end_on: day("2300-01-01"), ..spread(50, 45) };
    check(&far.slices_sum().0, (95, 0), false);
    let rows = DealFigures {
        id: 1,
        value: 100,
        distributed_percent: 5,
        distributed_amount: 50,
        undistributed_amount: 50,
    };
    check(&rows.slices_sum(50), (50, 50), true);
    check(&rows.slices_sum(49), (50, 49), false);
}

#[test]
fn findings_add_up() {
    let mut finding = Finding::new(Check::TriggerOnce);
    assert_eq!(finding.verdict(), Verdict::Incomplete);
    finding.is_complete = true;
    assert_eq!(finding.verdict(), Verdict::Pass);
    for id in 0..150 {
        finding.note(TriggerDate { id, distributor_id: 1, same_as: Some(0) }.trigger_once());
    }
    assert_eq!((finding.left, finding.right, finding.broken), (150, 0, 150));
    assert_eq!(finding.counter_examples.len() as u64, MAX_COUNTER_EXAMPLES);
    assert_eq!(finding.counter_examples[99].id, 99);
    finding.is_complete = false;
    // A check that found a counter-example has failed, even if it did not look at all subjects.
    assert_eq!(finding.verdict(), Verdict::Fail);
}

#[test]
fn each_law_says_what_it_is() {
    for check in Check::ALL {
        assert!(check.description().ends_with('.') && check.description().len() > 20, "{check}");
        assert_eq!(check.name().parse(), Ok(*check));
    }
}
