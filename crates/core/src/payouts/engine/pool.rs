//! Sharing a pool: how much there is, who takes part, and who gets no share.
//!
//! The division itself is [`crate::shares`]; who takes part is decided by [`crate::share_rule`].
//! Whether a share is paid at once is decided by [`super::netting`].

use crate::money::percent_of;
use crate::payouts::engine::outcome::basis;
use crate::payouts::engine::plan::{
    Basis, Failure, PlannedShare, UnpaidCollaborator, UnpaidReason,
};
use crate::payouts::engine::sentence::{self, Takers};
use crate::payouts::engine::snapshot::{OpenDistribution, Snapshot};
use crate::payouts::metric::Score;
use crate::payouts::resolver::PoolSource;
use crate::payouts::sharing::share_explanation::{PoolAmount, RankedWeight, SharedPool};
use crate::payouts::sharing::share_rule::ShareRule;
use crate::payouts::sharing::shares::{Ranking, Weight, ranked_shares};
use crate::rules::id::CollaboratorId;

/// A pool that was shared.
pub(crate) struct SharedOut {
    /// The pool.
    pub(crate) amount: PoolAmount,
    /// The source of the pool.
    pub(crate) basis: Basis,
    /// The sum of the weights.
    pub(crate) total_score: i128,
    /// The shares that are not 0, sorted by collaborator.
    pub(crate) shares: Vec<PlannedShare>,
    /// The collaborators without a share, in any order.
    pub(crate) unpaid: Vec<UnpaidCollaborator>,
    /// The figures that all shares have in common; `None` if nothing was shared.
    pub(crate) pool: Option<SharedPool>,
    /// The amount carried over to the next distribution.
    pub(crate) carried_on: i64,
    /// The pool and its sharing in words.
    pub(crate) sentence: String,
}

/// A pool, and the rule for sharing it.
pub(crate) struct Pool<'a> {
    pub(crate) snapshot: &'a Snapshot<'a>,
    pub(crate) source: PoolSource,
    pub(crate) share_rule: ShareRule,
}

impl Pool<'_> {
    /// Shares the pool. One below zero is not shared but carried on, as is one that nobody takes,
    /// where the distributor says so.
    pub(crate) fn share_out(&self) -> Result<SharedOut, Failure> {
        let Snapshot { payer, open: OpenDistribution { carried, .. }, .. } = *self.snapshot;
        let pool = self.base()?.checked_add(carried).ok_or(Failure::Pool)?;
        let amount = PoolAmount { total: pool, carried };
        let scores = by_collaborator(self.snapshot.scores)?;
        let weights = self.share_rule.weights(&scores);
        let total_score = weights.iter().map(|weight| i128::from(weight.weight)).sum();

        let mut shares = PoolShares::share_out(pool, &weights);
        shares.unpaid.extend(self.without_part(&scores));
        let count = u64::try_from(weights.len()).unwrap_or(u64::MAX);
        let basis = basis(self.snapshot, self.source);
        let sentences = [
            sentence::pool(&payer.units, &basis, amount),
            sentence::sharing(self.share_rule, Takers { count, total_score }, pool),
        ];
        let is_carried = pool < 0 || (weights.is_empty() && payer.carry_over);
        Ok(SharedOut {
            amount,
            basis,
            total_score,
            shares: shares.shares,
            unpaid: shares.unpaid,
            pool: shares.ranking.map(|ranking| {
                let units = payer.units.clone();
                SharedPool::from_ranking(units, amount, &ranking, self.share_rule.is_even())
            }),
            carried_on: if is_carried { pool } else { 0 },
            sentence: sentences.join(" "),
        })
    }

    /// Returns the pool of this period, without what was carried over.
    fn base(&self) -> Result<i64, Failure> {
        match self.source {
            PoolSource::Fixed(amount) => Ok(amount),
            PoolSource::Revenue(percentage) => {
                let recognized = i64::try_from(self.snapshot.recognized);
                let recognized = recognized.map_err(|_| Failure::Revenue)?;
                percent_of(recognized, percentage).map_err(|_| Failure::Pool)
            }
        }
    }

    /// Lists who takes no part in the pool: collaborators whose score is 0 or less, or below the
    /// top score if only that shares, and members without a score.
    fn without_part(&self, scores: &[Score]) -> impl Iterator<Item = UnpaidCollaborator> {
        let top = scores.iter().map(|score| score.score).max().unwrap_or_default();
        let top_only = self.share_rule == ShareRule::TopScore;
        let scored = scores.iter().filter_map(move |score| {
            let reason = match score.score {
                ..=0 => UnpaidReason::NoScore,
                score if top_only && score < top => UnpaidReason::NotTopScore { score, top },
                _ => return None,
            };
            Some(UnpaidCollaborator::without_share(score.collaborator_id, reason))
        });
        let is_scored = |id: &CollaboratorId| {
            scores.binary_search_by_key(id, |score| score.collaborator_id).is_ok()
        };
        let idle = self.snapshot.members.iter().copied().filter(move |id| !is_scored(id));
        scored.chain(idle.map(|id| UnpaidCollaborator::without_share(id, UnpaidReason::NoScore)))
    }
}

/// The shares of a pool, and the collaborators whose share is 0 or who take part in nothing.
struct PoolShares {
    shares: Vec<PlannedShare>,
    unpaid: Vec<UnpaidCollaborator>,
    /// The shares with their ranks; `None` if nothing was shared.
    ranking: Option<Ranking>,
}

impl PoolShares {
    /// Divides a pool. Nobody has a share if the pool is not above 0, or if nobody takes part.
    fn share_out(pool: i64, weights: &[Weight]) -> Self {
        let mut shares = Self { shares: Vec::new(), unpaid: Vec::new(), ranking: None };
        let reason = match pool {
            ..0 => UnpaidReason::NegativePool,
            _ => UnpaidReason::EmptyPool,
        };
        match ranked_shares(pool, weights) {
            Ok(ranking) if pool > 0 => {
                shares.assign(weights, &ranking);
                shares.ranking = Some(ranking);
            }
            _ => shares.unpaid.extend(
                weights
                    .iter()
                    .map(|it| UnpaidCollaborator::without_share(it.collaborator_id, reason)),
            ),
        }
        shares
    }

    fn assign(&mut self, weights: &[Weight], ranking: &Ranking) {
        for (Weight { collaborator_id, weight }, share) in weights.iter().zip(&ranking.shares) {
            let (collaborator_id, value) = (*collaborator_id, share.amount);
            let part = RankedWeight { weight: *weight, rank: share.rank };
            match value {
                0 => {
                    let reason = UnpaidReason::ShareOfZero(part);
                    let unpaid = UnpaidCollaborator::without_share(collaborator_id, reason);
                    self.unpaid.push(UnpaidCollaborator { share: Some(0), ..unpaid });
                }
                _ => self.shares.push(PlannedShare { collaborator_id, value, part }),
            }
        }
    }
}

/// Adds up the scores of each collaborator, sorted by collaborator.
fn by_collaborator(scores: &[Score]) -> Result<Vec<Score>, Failure> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by_key(|score| score.collaborator_id);
    let of_one = |a: &Score, b: &Score| a.collaborator_id == b.collaborator_id;
    sorted.chunk_by(of_one).filter_map(sum).collect()
}

/// Adds up scores of one collaborator; `None` if there are no scores.
fn sum(scores: &[Score]) -> Option<Result<Score, Failure>> {
    let collaborator_id = scores.first()?.collaborator_id;
    let sum = scores.iter().map(|score| i128::from(score.score)).sum::<i128>();
    let score = i64::try_from(sum).map_err(|_| Failure::Score(collaborator_id));
    Some(score.map(|score| Score { collaborator_id, score }))
}
