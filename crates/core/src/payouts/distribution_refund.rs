//! Refunds: parts of a pool that are taken back from those who shared it.
//!
//! The rules of a draft, and the division of a refund. After a refund, the shares that are left are
//! those that a pool without the refunded amount would have had. So any sequence of partial refunds
//! ends where a single one would. Dividing a pool is [`crate::shares`].

use thiserror::Error;
use validator::{Validate, ValidationError};

use crate::payouts::distribution::DistributionStatus;
use crate::payouts::sharing::shares::{Weight, shares};
use crate::rules::fault::{Fault, Faults};
use crate::rules::id::CollaboratorId;
use crate::rules::text::{MAX_LONG_TEXT_CHARS, without_nul};

/// A refund as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct DistributionRefundDraft {
    /// Required: the amount in minor units, above 0.
    #[validate(required, custom(function = above_zero))]
    pub amount: Option<i64>,
    /// The reason, of at most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub reason: Option<String>,
}

/// A refund that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionRefundTerms {
    /// The amount in minor units, above 0.
    pub amount: i64,
    /// The reason for the refund.
    pub reason: Option<String>,
}

/// A share of the pool that was made and neither cancelled nor rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundedShare {
    /// The collaborator who earned it, who must occur only once.
    pub collaborator_id: CollaboratorId,
    /// The weight by which the pool was shared, above 0.
    pub weight: i64,
    /// The value of the share in minor units, above 0.
    pub value: i64,
    /// The sum of the collaborator's parts of earlier refunds in minor units, whatever became of
    /// them. A part above 0 counts only if it is neither cancelled nor rejected.
    pub refunded: i128,
    /// The sum of all that takes the share back and is neither cancelled nor rejected, reversals
    /// and parts of refunds, in minor units.
    pub taken_back: i128,
}

/// A reason why a refund is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefundError {
    /// The distribution was not triggered, or did not share a pool.
    #[error("must be one that shared a pool")]
    NothingShared,
    /// The amount is more than what is left of the pool, in minor units.
    #[error("must be at most what is left of the pool, which is {0}")]
    MoreThanLeft(i128),
    /// A share was taken back by reversals, so that its part would take back more than there was.
    #[error("the share of collaborator {0} is taken back by reversals already; cancel these first")]
    TakenBack(CollaboratorId),
}

impl DistributionRefundDraft {
    /// Checks every rule of the draft.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self) -> Result<DistributionRefundTerms, Vec<Fault>> {
        let faults = Faults::declared_by(self);
        match self.amount {
            Some(amount) if faults.is_empty() => {
                Ok(DistributionRefundTerms { amount, reason: self.reason.clone() })
            }
            _ => Err(faults.into_vec()),
        }
    }
}

/// Divides a refund of `amount` minor units among the shares of a distribution with this status.
/// Returns the part of each share in minor units, in the same order; the parts add up to `-amount`.
///
/// The part of each is the difference between its share of the pool that is left and what it has
/// left now. If no share was cancelled, that is the difference of the shares of both pools. It is 0
/// or less, except that a smaller pool can give somebody one unit more by largest remainder.
///
/// # Errors
///
/// [`RefundError`] if nothing was shared, if the amount is more than what is left, or if a part
/// would take back more than the share has.
///
/// # Examples
///
/// A pool of 100.00 was shared by 3 and 14 points. First 30.00 of it are refunded, and later 20.00:
///
/// ```
/// use apportion_core::distribution::DistributionStatus;
/// use apportion_core::distribution_refund::{RefundedShare, divide};
/// use apportion_core::id::CollaboratorId;
///
/// let share = |(id, weight, value, refunded)| RefundedShare {
///     collaborator_id: CollaboratorId(id),
///     weight,
///     value,
///     refunded,
///     taken_back: refunded,
/// };
/// let status = DistributionStatus::Complete;
/// let shares = [(1, 3, 1_765, 0), (2, 14, 8_235, 0)].map(share);
/// assert_eq!(divide(3_000, status, &shares)?, [-530, -2_470]);
/// let shares = [(1, 3, 1_765, -530), (2, 14, 8_235, -2_470)].map(share);
/// assert_eq!(divide(2_000, status, &shares)?, [-353, -1_647]);
/// // What is left is what a pool of 50.00 would have been shared into: 8.82 and 41.18.
/// assert_eq!((1_765 - 530 - 353, 8_235 - 2_470 - 1_647), (882, 4_118));
/// # Ok::<(), apportion_core::distribution_refund::RefundError>(())
/// ```
pub fn divide(
    amount: i64,
    status: DistributionStatus,
    refunded: &[RefundedShare],
) -> Result<Vec<i64>, RefundError> {
    let is_triggered =
        matches!(status, DistributionStatus::Processing | DistributionStatus::Complete);
    if !is_triggered || refunded.is_empty() {
        return Err(RefundError::NothingShared);
    }
    let left: i128 = refunded.iter().map(RefundedShare::left).sum();
    let net = left.saturating_sub(amount.into());
    let net = i64::try_from(net).ok().filter(|net| *net >= 0);
    let net = net.ok_or(RefundError::MoreThanLeft(left))?;
    let weights: Vec<Weight> = refunded.iter().map(RefundedShare::weight).collect();
    let shares = shares(net, &weights).map_err(|_| RefundError::NothingShared)?;
    let part = |(before, share): (&RefundedShare, i64)| {
        let RefundedShare { collaborator_id, value, taken_back, .. } = *before;
        let part = i128::from(share).saturating_sub(before.left());
        let rest = i128::from(value).saturating_add(taken_back).saturating_add(part);
        let is_possible = part >= 0 || rest >= 0;
        let part = i64::try_from(part).ok().filter(|_| is_possible);
        part.ok_or(RefundError::TakenBack(collaborator_id))
    };
    refunded.iter().zip(shares).map(part).collect()
}

impl RefundedShare {
    /// Returns what earlier refunds left of the share, in minor units.
    fn left(&self) -> i128 {
        i128::from(self.value).saturating_add(self.refunded)
    }

    const fn weight(&self) -> Weight {
        Weight { collaborator_id: self.collaborator_id, weight: self.weight }
    }
}

fn above_zero(amount: i64) -> Result<(), ValidationError> {
    let broken = || ValidationError::new("amount").with_message("must be above 0".into());
    if amount > 0 { Ok(()) } else { Err(broken()) }
}
