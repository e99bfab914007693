//! Distributions: how settling an obligation changes its allocation and its distribution.

use apportion_core::distribution::{SettlementEffect, TriggeredDistribution};
use apportion_core::money::MoneyError;
use apportion_core::obligation::ObligationStatus;

fn settled(
    triggered: TriggeredDistribution,
    to: ObligationStatus,
) -> (&'static str, &'static str, i64) {
    let SettlementEffect { allocation, status, value } = triggered.settle(to).unwrap();
    (allocation.name(), status.name(), value)
}

#[test]
fn settling_the_last_obligation_completes_a_distribution() {
    use ObligationStatus::{Approved, Cancelled, Fulfilled, Pending, Rejected};
    let one_of_two = TriggeredDistribution {
        value: 500,
        has_other_pending: true,
        obligation: 200,
        is_fulfilled: false,
    };
    assert_eq!(settled(one_of_two, Pending), ("pending", "processing", 500));
    assert_eq!(settled(one_of_two, Approved), ("pending", "processing", 500));
    assert_eq!(settled(one_of_two, Fulfilled), ("complete", "processing", 500));
    assert_eq!(settled(one_of_two, Rejected), ("cancelled", "processing", 300));
    let last = TriggeredDistribution { has_other_pending: false, ..one_of_two };
    assert_eq!(settled(last, Approved), ("pending", "processing", 500));
    assert_eq!(settled(last, Fulfilled), ("complete", "complete", 500));
    assert_eq!(settled(last, Cancelled), ("cancelled", "complete", 300));
    let debt = TriggeredDistribution { value: -500, obligation: -500, ..last };
    assert_eq!(settled(debt, Rejected), ("cancelled", "complete", 0));
    let unfit = TriggeredDistribution { value: i64::MIN, obligation: 1, ..last };
    assert_eq!(unfit.settle(Rejected), Err(MoneyError::Overflow));
    assert_eq!(settled(unfit, Fulfilled), ("complete", "complete", i64::MIN));
}

#[test]
fn a_payment_that_comes_back_leaves_its_distribution() {
    let paid = TriggeredDistribution {
        value: 500,
        has_other_pending: false,
        obligation: 200,
        is_fulfilled: true,
    };
    assert_eq!(settled(paid, ObligationStatus::Approved), ("returned", "complete", 300));
    let among_others = TriggeredDistribution { has_other_pending: true, ..paid };
    assert_eq!(settled(among_others, ObligationStatus::Approved), ("returned", "processing", 300));
}
