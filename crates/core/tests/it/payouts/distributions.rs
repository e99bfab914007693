//! How far distributions and allocations are, and what settling an obligation does to them.

use apportion_core::allocation::AllocationStatus;
use apportion_core::distribution::{DistributionStatus, SettlementEffect, TriggeredDistribution};
use apportion_core::money::MoneyError;
use apportion_core::obligation::ObligationStatus;

fn ways(from: DistributionStatus) -> Vec<&'static str> {
    assert_eq!(from.may_become(from), Ok(()));
    let others = DistributionStatus::ALL.iter().filter(|to| **to != from);
    others.filter(|to| from.may_become(**to).is_ok()).map(|to| to.name()).collect()
}

#[test]
fn distributions_go_one_way() {
    use DistributionStatus::{Cancelled, Complete, Failed, Pending, Processing};
    assert_eq!(ways(Pending), ["processing", "complete", "failed", "cancelled"]);
    assert_eq!(ways(Processing), ["complete"]);
    for last in [Complete, Failed, Cancelled] {
        assert!(last.is_final() && ways(last).is_empty());
    }
    assert!(!Pending.is_final() && !Processing.is_final());
    let refused = Processing.may_become(Cancelled).unwrap_err();
    assert_eq!(refused.to_string(), "the distribution is processing and cannot become cancelled");
}

#[test]
fn allocations_are_settled_once() {
    use AllocationStatus::{Cancelled, Complete, Pending};
    for to in [Pending, Complete, Cancelled] {
        assert_eq!(Pending.may_become(to), Ok(()));
    }
    for (from, to) in [(Complete, Cancelled), (Cancelled, Complete), (Complete, Pending)] {
        let message = format!("the allocation is {from} and cannot become {to}");
        assert_eq!(from.may_become(to).unwrap_err().to_string(), message);
        assert_eq!(from.may_become(from), Ok(()));
    }
}

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
    let one_of_two = TriggeredDistribution { value: 500, pending: 2, obligation: 200 };
    assert_eq!(settled(one_of_two, Pending), ("pending", "processing", 500));
    assert_eq!(settled(one_of_two, Approved), ("pending", "processing", 500));
    assert_eq!(settled(one_of_two, Fulfilled), ("complete", "processing", 500));
    assert_eq!(settled(one_of_two, Rejected), ("cancelled", "processing", 300));
    let last = TriggeredDistribution { pending: 1, ..one_of_two };
    assert_eq!(settled(last, Approved), ("pending", "processing", 500));
    assert_eq!(settled(last, Fulfilled), ("complete", "complete", 500));
    assert_eq!(settled(last, Cancelled), ("cancelled", "complete", 300));
    let debt = TriggeredDistribution { value: -500, pending: 1, obligation: -500 };
    assert_eq!(settled(debt, Rejected), ("cancelled", "complete", 0));
    let unfit = TriggeredDistribution { value: i64::MIN, pending: 1, obligation: 1 };
    assert_eq!(unfit.settle(Rejected), Err(MoneyError::Overflow));
    assert_eq!(settled(unfit, Fulfilled), ("complete", "complete", i64::MIN));
}
