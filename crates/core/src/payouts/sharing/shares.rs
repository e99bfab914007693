//! Shares of a pool by largest remainder (Hamilton's method), exact to the last unit.
//!
//! Each share is the floor of its exact part `pool * weight / total`. The units that are left over
//! go out one by one, to the largest remainders first; ties go to the lower collaborator id. A
//! negative pool is shared by its magnitude. Who takes part, and with which weight, is
//! [`crate::share_rule`]; explanations of shares are [`crate::share_explanation`].

use std::cmp::Ordering;

use thiserror::Error;

use crate::rules::id::CollaboratorId;

/// The weight of one collaborator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The collaborator, who must occur only once in a pool; the lower id wins ties.
    pub collaborator_id: CollaboratorId,
    /// The weight, 0 or more; a weight of 0 gets nothing.
    pub weight: i64,
}

/// A share, and the rank of its remainder among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedShare {
    /// The share in the units of the pool, with its sign.
    pub amount: i64,
    /// The rank, from 1 for the largest remainder; 0 for a weight of 0, which has no part.
    pub rank: u64,
}

/// All shares of a pool with their ranks, and the figures they were computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// The shares in the order of the weights.
    pub shares: Vec<RankedShare>,
    /// The sum of the weights, above 0.
    pub total_weight: i128,
    /// The number of units that the floors left over; ranks up to this one got one of them.
    pub extra_units: u64,
}

/// An error: a pool cannot be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SharesError {
    /// No weight is above 0.
    #[error("nobody has a weight above 0")]
    NoWeight,
    /// A weight is below 0.
    #[error("weights must not be negative")]
    NegativeWeight,
}

/// Divides a pool into one share for each weight, in their order; the shares add up to the pool.
///
/// Each share is within one unit of its exact part. It depends on the weights and the ids, but not
/// on their order. Takes linear time.
///
/// # Errors
///
/// [`SharesError`] if a weight is below 0, or if all weights are 0.
///
/// # Examples
///
/// ```
/// use apportion_core::id::CollaboratorId;
/// use apportion_core::shares::{Weight, shares};
///
/// let weight = |(id, weight)| Weight { collaborator_id: CollaboratorId(id), weight };
/// let weights = [(1, 1), (2, 2), (3, 3), (4, 1)].map(weight);
/// assert_eq!(shares(323, &weights)?, [46, 92, 139, 46]);
/// # Ok::<(), apportion_core::shares::SharesError>(())
/// ```
pub fn shares(pool: i64, weights: &[Weight]) -> Result<Vec<i64>, SharesError> {
    let Division { mut floors, mut remainders, left, .. } = Division::by_weights(pool, weights)?;
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    if left < remainders.len() {
        remainders.select_nth_unstable_by(left, Remainder::largest_first);
    }
    for remainder in remainders.iter().take(left) {
        add_one(&mut floors, remainder.index);
    }
    Ok(floors.into_iter().map(|floor| signed(floor, pool)).collect())
}

/// Divides a pool as [`shares()`] does, but ranks the shares too, for explanations. Sorts them.
///
/// # Errors
///
/// Those of [`shares()`].
pub fn ranked_shares(pool: i64, weights: &[Weight]) -> Result<Ranking, SharesError> {
    let Division { floors, mut remainders, total, left } = Division::by_weights(pool, weights)?;
    remainders.sort_unstable_by(Remainder::largest_first);
    let unranked = |floor: &u64| RankedShare { amount: signed(*floor, pool), rank: 0 };
    let mut shares: Vec<RankedShare> = floors.iter().map(unranked).collect();
    for (rank, Remainder { index, .. }) in (1..).zip(remainders) {
        let floor = floors.get(index).copied().unwrap_or_default();
        let extra = u64::from(rank <= left);
        if let Some(share) = shares.get_mut(index) {
            *share = RankedShare { amount: signed(floor.saturating_add(extra), pool), rank };
        }
    }
    Ok(Ranking { shares, total_weight: total.cast_signed(), extra_units: left })
}

/// The floors of all exact parts, and what they leave of the pool.
struct Division {
    /// The floor of each weight, in order.
    floors: Vec<u64>,
    /// The remainders of all weights above 0.
    remainders: Vec<Remainder>,
    /// The sum of the weights, above 0.
    total: u128,
    /// The units that the floors left over; there are fewer of them than remainders.
    left: u64,
}

/// The difference of an exact part and its floor, in units of one over the total weight.
struct Remainder {
    size: u128,
    collaborator_id: CollaboratorId,
    index: usize,
}

impl Remainder {
    fn largest_first(&self, other: &Self) -> Ordering {
        let by_id = self.collaborator_id.cmp(&other.collaborator_id);
        other.size.cmp(&self.size).then(by_id)
    }
}

impl Division {
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the sum of the floors is at most the pool, which is at most 2^63"
    )]
    fn by_weights(pool: i64, weights: &[Weight]) -> Result<Self, SharesError> {
        let total = total_weight(weights)?;
        let mut floors = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let mut left = pool.unsigned_abs();
        for (index, Weight { collaborator_id, weight }) in weights.iter().enumerate() {
            let (floor, size) = part(pool.unsigned_abs(), weight.unsigned_abs(), total);
            floors.push(floor);
            left -= floor;
            if *weight > 0 {
                let collaborator_id = *collaborator_id;
                remainders.push(Remainder { size, collaborator_id, index });
            }
        }
        Ok(Self { floors, remainders, total, left })
    }
}

/// Sums up all weights; the sum is above 0.
fn total_weight(weights: &[Weight]) -> Result<u128, SharesError> {
    let each = weights.iter().map(|weight| u64::try_from(weight.weight).map(u128::from));
    let total: u128 = each.sum::<Result<_, _>>().map_err(|_| SharesError::NegativeWeight)?;
    if total == 0 { Err(SharesError::NoWeight) } else { Ok(total) }
}

/// Returns the floor and the remainder of `pool * weight / total`, for `weight <= total` and `total
/// > 0`.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "the product of two 64-bit numbers fits 128 bits; a part is at most the pool"
)]
pub(crate) fn part(pool: u64, weight: u64, total: u128) -> (u64, u128) {
    let exact = u128::from(pool) * u128::from(weight);
    let floor = exact / total;
    let remainder = exact - floor * total;
    (u64::try_from(floor).expect("a part is not more than the whole"), remainder)
}

fn add_one(floors: &mut [u64], index: usize) {
    if let Some(floor) = floors.get_mut(index) {
        *floor = floor.saturating_add(1);
    }
}

/// Gives a magnitude the sign of the pool. It is at most the pool's magnitude, so it fits.
#[expect(clippy::expect_used, reason = "a share is not more than the pool")]
pub(crate) fn signed(magnitude: u64, pool: i64) -> i64 {
    let share =
        if pool < 0 { 0_i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() };
    share.expect("a share is not more than the pool")
}
