//! Accumulation: properties of netting, and the edges of a cut-off.

use std::collections::BTreeMap;

use apportion_core::accumulation::{
    Accumulation, Cutoff, EarnedShare, Owed, WaitingNet, accumulate,
};
use apportion_core::id::CollaboratorId;
use apportion_core::money::MoneyError;
use apportion_core::obligation::ObligationStatus;
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::payouts::payer::{at, obligation};
use crate::{arbitrary, day};

fn cutoff() -> Cutoff {
    Cutoff { at: at("2025-07-02"), date: day("2025-07-02") }
}

#[test]
fn what_is_approved_and_free_and_in_time_is_due() {
    let owed = obligation(1, (1, 5));
    assert!(owed.is_due(&cutoff()));
    let just_before = cutoff().at - TimeDelta::milliseconds(1);
    assert!(Owed { created_at: just_before, ..owed }.is_due(&cutoff()));
    assert!(!Owed { created_at: cutoff().at, ..owed }.is_due(&cutoff()));
    assert!(Owed { due_on: Some(day("2025-07-02")), ..owed }.is_due(&cutoff()));
    assert!(!Owed { due_on: Some(day("2025-07-03")), ..owed }.is_due(&cutoff()));
    for status in ObligationStatus::ALL.iter().copied() {
        let mut other = owed;
        other.state.status = status;
        assert_eq!(other.is_due(&cutoff()), status == ObligationStatus::Approved);
        let share = Owed { is_share: true, ..other };
        let counts = matches!(status, ObligationStatus::Approved | ObligationStatus::Pending);
        assert_eq!(share.is_due(&cutoff()), counts);
        other.state.is_allocated = true;
        assert!(!other.is_due(&cutoff()));
    }
}

fn owed() -> impl Strategy<Value = Vec<Owed>> {
    let value = prop_oneof![12 => -50..=50_i64, 12 => -3..=3_i64, 1 => arbitrary::amount()];
    let value = value.prop_filter("worth something", |value| *value != 0);
    prop::collection::vec((1..=6_i64, value, 0..8_u8), 0..20).prop_map(|rows| {
        let row = |(id, (collaborator, value, kind))| {
            let mut owed = obligation(id, (collaborator, value));
            owed.state.is_allocated = kind == 0;
            owed.due_on = (kind == 1).then(|| day("2025-07-03"));
            owed.is_share = matches!(kind, 2 | 3);
            if matches!(kind, 3 | 4) {
                owed.state.status = ObligationStatus::Pending;
            }
            owed
        };
        (1..).zip(rows).map(row).collect()
    })
}

fn shares() -> impl Strategy<Value = Vec<EarnedShare>> {
    let value = prop_oneof![8 => 1..=60_i64, 1 => Just(i64::MAX)];
    prop::collection::btree_map(1..=6_i64, value, 0..6).prop_map(|shares| {
        let share = |(id, value)| EarnedShare { collaborator_id: CollaboratorId(id), value };
        shares.into_iter().map(share).collect()
    })
}

proptest! {
    #![proptest_config(arbitrary::config())]

    /// Each collaborator is paid the whole net of the share and of what is due, or none of it.
    #[test]
    fn a_net_is_paid_whole_or_waits(
        shares in shares(),
        owed in owed(),
        minimum in prop_oneof![Just(0), 0..=60_i64],
    ) {
        let mut nets: BTreeMap<CollaboratorId, i128> = BTreeMap::new();
        for due in owed.iter().filter(|owed| owed.is_due(&cutoff())) {
            *nets.entry(due.collaborator_id).or_default() += i128::from(due.value);
        }
        for share in &shares {
            *nets.entry(share.collaborator_id).or_default() += i128::from(share.value);
        }
        let is_paid = |net: i128| net > 0 && net >= i128::from(minimum);
        let value: i128 = nets.values().copied().filter(|net| is_paid(*net)).sum();
        let Ok(result) = accumulate(&shares, &owed, &cutoff(), minimum) else {
            prop_assert!(i64::try_from(value).is_err());
            return Ok(());
        };
        prop_assert_eq!(i128::from(result.value), value);
        for (id, net) in &nets {
            let share = shares.iter().find(|share| share.collaborator_id == *id);
            let share = share.map_or(0, |share| share.value);
            let parts = result.collected.iter().filter(|part| part.collaborator_id == *id);
            let collected: i128 = parts.map(|part| i128::from(part.value)).sum();
            match result.waiting(*id) {
                None => {
                    prop_assert!(is_paid(*net));
                    prop_assert_eq!(collected + i128::from(share), *net);
                }
                Some(waiting) => {
                    prop_assert!(!is_paid(*net) && collected == 0);
                    prop_assert_eq!(waiting.net, *net);
                    prop_assert_eq!(waiting.share.unwrap_or(0), share);
                    let open = waiting.open.unwrap_or(0);
                    prop_assert_eq!(i128::from(share) + open, *net);
                }
            }
        }
        prop_assert!(result.waiting.iter().all(|one| nets.contains_key(&one.collaborator_id)));
        let due = owed.iter().filter(|owed| owed.is_due(&cutoff()));
        let due = due.filter(|owed| result.waiting(owed.collaborator_id).is_none());
        prop_assert_eq!(due.count(), result.collected.len());
    }
}

#[test]
fn parts_that_cancel_out_wait_also_without_a_minimum() {
    let owed = [obligation(1, (1, 5)), obligation(2, (1, -5))];
    let result = accumulate(&[], &owed, &cutoff(), 0);
    let Accumulation { collected, waiting, value, .. } = result.unwrap();
    assert_eq!((collected, value), (vec![], 0));
    let expected =
        WaitingNet { collaborator_id: CollaboratorId(1), share: None, open: Some(0), net: 0 };
    assert_eq!(waiting, [expected]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let pair = |values: [i64; 2]| [obligation(1, (1, values[0])), obligation(2, (1, values[1]))];
    let value = |values| accumulate(&[], &pair(values), &cutoff(), 0).map(|result| result.value);
    assert_eq!(value([i64::MAX, 1]), Err(MoneyError::Overflow));
    assert_eq!(value([i64::MAX, -1]), Ok(i64::MAX - 1));
    assert_eq!(value([i64::MIN, i64::MIN]), Ok(0));
}
