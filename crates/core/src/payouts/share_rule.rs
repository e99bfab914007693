//! Who shares a pool, and by which weight: evenly, by performance, or the top score alone.
//!
//! Everybody with a score above 0 in the period may share, also who has left since: earned is
//! earned. How a pool is then divided is [`crate::shares`].

use crate::payouts::metric::Score;
use crate::payouts::shares::Weight;

/// How the pool of a distributor is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShareRule {
    /// The same to everybody with a score above 0.
    Evenly,
    /// By score.
    Performance,
    /// All of it to the highest score; who ties for it shares evenly.
    TopScore,
}

impl ShareRule {
    /// The weights of those who share, in the order of their scores; none where no score is
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

    /// Whether all who share get the same but for the last unit.
    #[must_use]
    pub const fn is_even(self) -> bool {
        !matches!(self, Self::Performance)
    }
}
