//! Properties of shares by largest remainder, and examples that can be computed by hand.

use std::collections::BTreeMap;

use apportion_core::id::CollaboratorId;
use apportion_core::shares::{SharesError, Weight, ranked_shares, shares};
use proptest::prelude::*;

use crate::arbitrary;

/// Returns weights of the collaborators 1, 2, 3 and so on.
pub(crate) fn weights(weights: &[i64]) -> Vec<Weight> {
    let numbered = (1..).zip(weights);
    numbered.map(|(id, &weight)| Weight { collaborator_id: CollaboratorId(id), weight }).collect()
}

fn check(pool: i64, by: &[i64], expected: &[i64]) {
    assert_eq!(shares(pool, &weights(by)).unwrap(), expected, "{pool} over {by:?}");
}

fn wide_sum(amounts: &[i64]) -> i128 {
    amounts.iter().copied().map(i128::from).sum()
}

/// Computes the shares directly from the definition, with wide integers and a full sort.
fn by_the_book(pool: i128, weights: &[Weight]) -> Vec<i128> {
    let total: i128 = weights.iter().map(|weight| i128::from(weight.weight)).sum();
    let exact = |weight: &Weight| pool.abs() * i128::from(weight.weight);
    let mut shares: Vec<i128> = weights.iter().map(|weight| exact(weight) / total).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&at| (-(exact(&weights[at]) % total), weights[at].collaborator_id));
    let left = pool.abs() - shares.iter().sum::<i128>();
    for &at in order.iter().take(usize::try_from(left).unwrap()) {
        shares[at] += 1;
    }
    shares.iter().map(|share| share * pool.signum()).collect()
}

#[test]
fn the_worked_examples() {
    check(323, &[1, 2, 3, 1], &[46, 92, 139, 46]);
    check(10_000, &[3, 14], &[1_765, 8_235]);
    check(100, &[1, 1, 1], &[34, 33, 33]);
    check(-100, &[1, 1, 1], &[-34, -33, -33]);
    check(1, &[1, 1], &[1, 0]);
    check(2, &[1, 1, 1], &[1, 1, 0]);
    check(0, &[1, 2], &[0, 0]);
    check(7, &[0, 5, 0], &[0, 7, 0]);
    check(1, &[0, 1], &[0, 1]);
}

#[test]
fn ties_go_to_the_lower_id_wherever_it_stands() {
    let mut backwards = weights(&[1, 1, 1]);
    backwards.reverse();
    assert_eq!(shares(100, &backwards).unwrap(), [33, 33, 34]);
}

#[test]
fn nothing_overflows() {
    let many = vec![i64::MAX; 1_000];
    for pool in [i64::MIN, i64::MIN + 1, -1, 1, i64::MAX] {
        let shares = shares(pool, &weights(&many)).unwrap();
        assert_eq!(wide_sum(&shares), i128::from(pool));
    }
    check(i64::MIN, &[i64::MAX], &[i64::MIN]);
    check(i64::MAX, &[i64::MAX, 0], &[i64::MAX, 0]);
    check(i64::MIN, &[1, i64::MAX], &[-1, i64::MIN + 1]);
}

#[test]
fn somebody_must_have_a_weight_and_nobody_a_negative_one() {
    for none in [vec![], vec![0], vec![0, 0]] {
        assert_eq!(shares(5, &weights(&none)), Err(SharesError::NoWeight));
        assert_eq!(ranked_shares(0, &weights(&none)), Err(SharesError::NoWeight));
    }
    assert_eq!(shares(5, &weights(&[3, -1])), Err(SharesError::NegativeWeight));
    assert_eq!(shares(5, &weights(&[i64::MIN, i64::MAX])), Err(SharesError::NegativeWeight));
}

#[test]
fn large_pools_add_up() {
    let by: Vec<i64> = (0..200_000).map(|number| number * 7_919 % 100_003).collect();
    let shares_of = |pool| shares(pool, &weights(&by)).unwrap();
    assert_eq!(wide_sum(&shares_of(999_999_937)), 999_999_937);
    assert_eq!(wide_sum(&shares_of(i64::MIN)), i128::from(i64::MIN));
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn sum_to_the_pool(pool in arbitrary::amount(), weights in arbitrary::weights()) {
        prop_assert_eq!(wide_sum(&shares(pool, &weights).unwrap()), i128::from(pool));
    }

    /// The magnitude of a share is the floor or the ceiling of its exact part.
    #[test]
    fn are_within_one_unit_of_exact(pool in arbitrary::amount(), weights in arbitrary::weights()) {
        let total: i128 = weights.iter().map(|weight| i128::from(weight.weight)).sum();
        for (weight, share) in weights.iter().zip(shares(pool, &weights).unwrap()) {
            let exact = i128::from(pool).abs() * i128::from(weight.weight);
            let floor = exact / total;
            let ceiling = floor + i128::from(exact % total > 0);
            let magnitude = i128::from(share).abs();
            prop_assert!(magnitude == floor || magnitude == ceiling);
            prop_assert!(share == 0 || share.signum() == pool.signum());
            prop_assert!(weight.weight > 0 || share == 0);
        }
    }

    #[test]
    fn follow_the_book(pool in arbitrary::amount(), weights in arbitrary::weights()) {
        let by_the_book = by_the_book(pool.into(), &weights);
        let shares: Vec<i128> =
            shares(pool, &weights).unwrap().into_iter().map(i128::from).collect();
        prop_assert_eq!(shares, by_the_book);
    }

    #[test]
    fn do_not_depend_on_order(
        pool in arbitrary::amount(),
        (weights, shuffled) in arbitrary::weights()
            .prop_flat_map(|weights| (Just(weights.clone()), Just(weights).prop_shuffle())),
    ) {
        let by_id = |weights: &[Weight]| -> BTreeMap<CollaboratorId, i64> {
            let ids = weights.iter().map(|weight| weight.collaborator_id);
            ids.zip(shares(pool, weights).unwrap()).collect()
        };
        prop_assert_eq!(by_id(&weights), by_id(&shuffled));
    }

    /// The comparison uses wide integers, because the negative of the smallest pool does not fit
    /// `i64`.
    #[test]
    fn are_mirrored(pool in arbitrary::amount(), weights in arbitrary::weights()) {
        let wide = |shares: Vec<i64>| shares.into_iter().map(|share| -i128::from(share));
        let negated: Vec<i128> = wide(shares(pool, &weights).unwrap()).collect();
        prop_assert_eq!(&negated, &by_the_book(-i128::from(pool), &weights));
        if let Some(mirrored) = pool.checked_neg() {
            let mirrored = shares(mirrored, &weights).unwrap();
            prop_assert_eq!(negated, mirrored.into_iter().map(i128::from).collect::<Vec<_>>());
        }
    }

    #[test]
    fn are_the_same_with_ranks(pool in arbitrary::amount(), weights in arbitrary::weights()) {
        let ranking = ranked_shares(pool, &weights).unwrap();
        let amounts: Vec<i64> = ranking.shares.iter().map(|share| share.amount).collect();
        prop_assert_eq!(amounts, shares(pool, &weights).unwrap());
        let mut ranks: Vec<u64> = ranking.shares.iter().map(|share| share.rank).collect();
        ranks.retain(|rank| *rank > 0);
        ranks.sort_unstable();
        let sharers = weights.iter().filter(|weight| weight.weight > 0).count() as u64;
        prop_assert_eq!(ranks, (1..=sharers).collect::<Vec<_>>());
        prop_assert!(ranking.extra_units < sharers);
    }
}
