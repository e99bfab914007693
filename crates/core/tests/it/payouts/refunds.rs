//! Refunds: their drafts, and properties of their division.

use apportion_core::distribution::DistributionStatus;
use apportion_core::distribution_refund::{
    DistributionRefundDraft, RefundError, RefundedShare, divide,
};
use apportion_core::id::CollaboratorId;
use apportion_core::shares::{Weight, shares};
use proptest::prelude::*;

use crate::{arbitrary, lines};

/// Shares a pool, of which nothing was refunded yet.
fn shared(pool: i64, weights: &[Weight]) -> Vec<RefundedShare> {
    let share = |(weight, value): (&Weight, i64)| RefundedShare {
        collaborator_id: weight.collaborator_id,
        weight: weight.weight,
        value,
        refunded: 0,
        taken_back: 0,
    };
    let shares = weights.iter().zip(shares(pool, weights).unwrap());
    shares.map(share).filter(|share| share.value != 0).collect()
}

fn refund(amount: i64, shares: &[RefundedShare]) -> Result<Vec<i64>, RefundError> {
    divide(amount, DistributionStatus::Complete, shares)
}

/// Notes the parts of a refund in the shares that they are taken from.
fn note(shares: &mut [RefundedShare], parts: &[i64]) {
    assert_eq!(shares.len(), parts.len());
    for (share, part) in shares.iter_mut().zip(parts) {
        share.refunded += i128::from(*part);
        share.taken_back += i128::from(*part);
    }
}

fn left(shares: &[RefundedShare]) -> Vec<i128> {
    shares.iter().map(|share| i128::from(share.value) + share.refunded).collect()
}

fn of_two() -> Vec<RefundedShare> {
    let weight = |(id, weight)| Weight { collaborator_id: CollaboratorId(id), weight };
    shared(100, &[(1, 1), (2, 3)].map(weight))
}

#[test]
fn a_draft_needs_an_amount_above_zero() {
    let draft = |amount| DistributionRefundDraft { amount, reason: None };
    assert_eq!(draft(Some(1)).check().unwrap().amount, 1);
    assert_eq!(lines(&draft(None).check().unwrap_err()), ["amount is required"]);
    assert_eq!(lines(&draft(Some(0)).check().unwrap_err()), ["amount must be above 0"]);
    assert_eq!(lines(&draft(Some(-1)).check().unwrap_err()), ["amount must be above 0"]);
}

#[test]
fn only_a_pool_that_was_shared_is_refunded_and_no_more_than_is_left() {
    let shares = of_two();
    for status in DistributionStatus::ALL.iter().copied() {
        use DistributionStatus::{Complete, Processing};
        let is_triggered = matches!(status, Complete | Processing);
        assert_eq!(divide(1, status, &shares).is_ok(), is_triggered, "{status}");
    }
    assert_eq!(refund(1, &[]), Err(RefundError::NothingShared));
    let mut shares = shares;
    assert_eq!(refund(101, &shares), Err(RefundError::MoreThanLeft(100)));
    let parts = refund(60, &shares).unwrap();
    note(&mut shares, &parts);
    assert_eq!(refund(41, &shares), Err(RefundError::MoreThanLeft(40)));
    let message = RefundError::MoreThanLeft(40).to_string();
    assert_eq!(message, "must be at most what is left of the pool, which is 40");
    let parts = refund(40, &shares).unwrap();
    note(&mut shares, &parts);
    assert_eq!(left(&shares), [0, 0]);
}

#[test]
fn nothing_is_taken_back_twice() {
    let mut shares = of_two();
    shares[1].taken_back = -75;
    assert_eq!(refund(4, &shares), Err(RefundError::TakenBack(CollaboratorId(2))));
    shares[1].taken_back = -72;
    assert_eq!(refund(4, &shares).unwrap(), [-1, -3]);
}

#[test]
fn a_part_that_was_rejected_is_not_taken_of_the_others() {
    let mut shares = of_two();
    let parts = refund(40, &shares).unwrap();
    note(&mut shares, &parts);
    // The first part is rejected: it is not taken back, and it stays refunded.
    shares[0].taken_back = 0;
    assert_eq!(refund(20, &shares).unwrap(), [-5, -15]);
}

proptest! {
    #![proptest_config(arbitrary::config())]

    /// Partial refunds, in any number, end at the shares of the smaller pool, as one refund does,
    /// even if shares were cancelled before.
    #[test]
    fn partial_refunds_end_where_one_would(
        pool in 1..1_000_000_000_i64,
        weights in arbitrary::weights(),
        cancelled in prop::collection::vec(prop::bool::weighted(0.2), 24),
        percents in prop::collection::vec(0..=100_i64, 1..6),
    ) {
        let mut before = shared(pool, &weights);
        let mut keep = cancelled.iter().map(|cancelled| !cancelled);
        before.retain(|_| keep.next().unwrap_or(true));
        let whole: i128 = left(&before).iter().sum();
        prop_assume!(whole > 0);
        let mut after = before.clone();
        let mut total = 0;
        for percent in percents {
            let rest = i64::try_from(left(&after).iter().sum::<i128>()).unwrap();
            let amount = rest / 100 * percent + rest % 100 * percent / 100;
            let parts = refund(amount, &after).unwrap();
            let sum: i128 = parts.iter().copied().map(i128::from).sum();
            prop_assert_eq!(sum, -i128::from(amount));
            note(&mut after, &parts);
            prop_assert!(left(&after).iter().all(|left| *left >= 0));
            total += amount;
        }
        let parts = refund(total, &before).unwrap();
        note(&mut before, &parts);
        prop_assert_eq!(left(&before), left(&after));
        let weights: Vec<Weight> = before
            .iter()
            .map(|it| Weight { collaborator_id: it.collaborator_id, weight: it.weight })
            .collect();
        let net = i64::try_from(whole - i128::from(total)).unwrap();
        let net = shares(net, &weights).unwrap().into_iter().map(i128::from);
        prop_assert_eq!(left(&before), net.collect::<Vec<_>>());
    }
}
