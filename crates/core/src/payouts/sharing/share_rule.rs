//! Share rules: who shares a pool, and with which weight.
//!
//! Only collaborators with a score above 0 in the period share; by [`ShareRule::TopScore`] only
//! those with the highest. Collaborators who have left since count too, because a score that was
//! earned stays earned. Dividing the pool is [`crate::shares`].

use crate::payouts::metric::Score;
use crate::payouts::sharing::shares::Weight;

/// A rule for sharing the pool of a distributor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShareRule {
    /// Everybody with a score above 0 gets the same.
    Evenly,
    /// Everybody gets a share in proportion to their score.
    Performance,
    /// The highest score gets everything; several collaborators who have it share evenly.
    TopScore,
}

impl ShareRule {
    /// Returns the weights of those who share, in the order of their scores; nobody if no score is
    /// above 0.
    #[must_use]
    pub fn weights(self, scores: &[Score]) -> Vec<Weight> {
        let top = scores.iter().map(|score| score.score).max().unwrap_or_default();
        let shares = |score: i64| match self {
            Self::Evenly | Self::Performance => score > 0,
            Self::TopScore => score > 0 && score == top,
        };
        let weight = |score| if self.is_even() { 1 } else { score };
        let takers = scores.iter().filter(|score| shares(score.score));
        takers
            .map(|score| Weight {
                collaborator_id: score.collaborator_id,
                weight: weight(score.score),
            })
            .collect()
    }

    /// Returns whether all shares are equal but for the last unit.
    #[must_use]
    pub const fn is_even(self) -> bool {
        !matches!(self, Self::Performance)
    }
}
