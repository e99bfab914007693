//! Shares of a pool by largest remainder (Hamilton's method), exact to the last unit.
//!
//! Every share is the floor of its exact part `pool * weight / total`; the units that are left go
//! out one each by remainder, largest first, ties to the lower collaborator id. A negative pool is
//! shared by its magnitude. Who takes part and with which weight is [`crate::share_rule`]; what a
//! share says of itself is [`crate::share_explanation`].

use std::cmp::Ordering;

use thiserror::Error;

use crate::rules::id::CollaboratorId;

/// What one collaborator shares by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Whose it is, once in a pool; the lower id wins ties.
    pub collaborator_id: CollaboratorId,
    /// 0 or more; 0 gets nothing.
    pub weight: i64,
}

/// A share and the place of its remainder among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedShare {
    /// In the units of the pool, with its sign.
    pub amount: i64,
    /// From 1, the largest remainder first; 0 for a weight of 0, which has no part.
    pub rank: u64,
}

/// All shares of a pool with their ranks, and what they were shared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// In the order of the weights.
    pub shares: Vec<RankedShare>,
    /// The sum of the weights, above 0.
    pub total_weight: i128,
    /// How many units the floors left: ranks up to this one got a unit more.
    pub extra_units: u64,
}

/// Why a pool cannot be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SharesError {
    /// There is no weight above 0.
    #[error("nobody has a weight above 0")]
    NoWeight,
    /// A weight is below 0.
    #[error("weights must not be negative")]
    NegativeWeight,
    /// The difference of two shares is past `i64`.
    #[error("a refund does not fit 64 bits")]
    Overflow,
}

/// The share of each weight, in the order of the weights; together exactly the pool.
///
/// Each is within one unit of its exact part, and depends on the weights and ids only, not on
/// their order. Takes linear time.
///
/// # Errors
///
/// [`SharesError`] for a weight below 0, or where all are 0.
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

/// The same shares, each with its rank: what an explanation needs. Sorts.
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

/// What a refund adds to each share of a pool that was paid out: `shares(net) - shares(gross)`.
///
/// `gross` is what the pool was before, `net` what it is now, so that any sequence of partial
/// refunds ends where one refund would.
///
/// # Errors
///
/// Those of [`shares()`], and [`SharesError::Overflow`] where a difference does not fit `i64`.
///
/// # Examples
///
/// A pool of 100.00 was shared, then 30.00 and later 20.00 of it were refunded:
///
/// ```
/// use apportion_core::id::CollaboratorId;
/// use apportion_core::shares::{Weight, refund, shares};
///
/// let weight = |(id, weight)| Weight { collaborator_id: CollaboratorId(id), weight };
/// let weights = [(1, 3), (2, 14)].map(weight);
/// assert_eq!(shares(10_000, &weights)?, [1_765, 8_235]);
/// assert_eq!(refund(10_000, 7_000, &weights)?, [-530, -2_470]);
/// assert_eq!(refund(7_000, 5_000, &weights)?, [-353, -1_647]);
/// // What is left is what a pool of 50.00 would have been shared into.
/// assert_eq!(shares(5_000, &weights)?, [1_765 - 530 - 353, 8_235 - 2_470 - 1_647]);
/// # Ok::<(), apportion_core::shares::SharesError>(())
/// ```
pub fn refund(gross: i64, net: i64, weights: &[Weight]) -> Result<Vec<i64>, SharesError> {
    let (before, after) = (shares(gross, weights)?, shares(net, weights)?);
    let differences =
        after.into_iter().zip(before).map(|(after, before)| after.checked_sub(before));
    differences.collect::<Option<_>>().ok_or(SharesError::Overflow)
}

/// The floors of all exact parts, and what they leave of the pool.
struct Division {
    /// Of each weight, in order.
    floors: Vec<u64>,
    /// Of the weights above 0.
    remainders: Vec<Remainder>,
    /// The sum of the weights, above 0.
    total: u128,
    /// Units left to hand out: fewer than there are remainders.
    left: u64,
}

/// What a floor leaves of an exact part, in units of one over the total weight.
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
        reason = "floors are parts of the pool: together at most 2^63"
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

/// The sum of all weights, above 0.
fn total_weight(weights: &[Weight]) -> Result<u128, SharesError> {
    let each = weights.iter().map(|weight| u64::try_from(weight.weight).map(u128::from));
    let total: u128 = each.sum::<Result<_, _>>().map_err(|_| SharesError::NegativeWeight)?;
    if total == 0 { Err(SharesError::NoWeight) } else { Ok(total) }
}

/// Floor and remainder of `pool * weight / total`, for `weight <= total` and `total > 0`.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "2^64 * 2^64 is at most 2^128 - 1 here; a part is not more than the pool"
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

/// The magnitude with the sign of the pool; it is at most the pool's, so it fits.
#[expect(clippy::expect_used, reason = "a share is not more than the pool")]
pub(crate) fn signed(magnitude: u64, pool: i64) -> i64 {
    let share =
        if pool < 0 { 0_i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() };
    share.expect("a share is not more than the pool")
}
