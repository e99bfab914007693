//! Settling a pool: how much there is, who takes part, and who gets nothing.
//!
//! The division itself is [`crate::shares`]; who takes part is decided by [`crate::share_rule`].

use crate::money::percent_of;
use crate::payouts::engine::plan::{
    DistributionExplanation, Failure, Origin, PlannedAllocation, UnpaidCollaborator, UnpaidReason,
};
use crate::payouts::engine::sentence::{self, Takers};
use crate::payouts::engine::settlement::{Settlement, basis, each_once};
use crate::payouts::engine::snapshot::{OpenDistribution, Snapshot};
use crate::payouts::metric::Score;
use crate::payouts::resolver::PoolSource;
use crate::payouts::share_explanation::{PoolAmount, RankedWeight, SharedPool};
use crate::payouts::share_rule::ShareRule;
use crate::payouts::shares::{Ranking, Weight, ranked_shares};
use crate::rules::id::CollaboratorId;

/// A pool, and the rule for sharing it.
pub(crate) struct Shared<'a> {
    pub(crate) snapshot: &'a Snapshot<'a>,
    pub(crate) pool: PoolSource,
    pub(crate) share_rule: ShareRule,
}

impl Shared<'_> {
    pub(crate) fn settle(&self) -> Result<Settlement, Failure> {
        let Snapshot { payer, open: OpenDistribution { carried, .. }, .. } = *self.snapshot;
        let base = self.base()?;
        let pool = base.checked_add(carried).ok_or(Failure::Pool)?;
        let amount = PoolAmount { total: pool, carried };
        let scores = by_collaborator(self.snapshot.scores)?;
        let weights = self.share_rule.weights(&scores);
        let total_score = weights.iter().map(|weight| i128::from(weight.weight)).sum();

        let mut shares = PoolShares::share_out(pool, &weights);
        shares.unpaid.extend(self.without_part(&scores));
        let count = u64::try_from(weights.len()).unwrap_or(u64::MAX);
        let basis = basis(self.snapshot, self.pool);
        let sentences = [
            sentence::pool(&payer.units, &basis, amount),
            sentence::sharing(self.share_rule, Takers { count, total_score }, pool),
        ];
        let carried_on = if weights.is_empty() && payer.carry_over { pool } else { 0 };
        let unpaid = each_once(shares.unpaid);
        Ok(Settlement {
            value: if shares.allocations.is_empty() { 0 } else { pool },
            allocations: shares.allocations,
            explanation: DistributionExplanation {
                pool,
                carried,
                total_score,
                basis,
                unpaid,
                sentence: sentences.join(" "),
            },
            shared: shares.ranking.map(|ranking| {
                let units = payer.units.clone();
                SharedPool::from_ranking(units, amount, &ranking, self.share_rule.is_even())
            }),
            carried_on,
            failure: None,
        })
    }

    /// Returns the pool of this period, without what was carried over.
    fn base(&self) -> Result<i64, Failure> {
        match self.pool {
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
            Some(UnpaidCollaborator { collaborator_id: score.collaborator_id, reason })
        });
        let is_scored = |id: &CollaboratorId| {
            scores.binary_search_by_key(id, |score| score.collaborator_id).is_ok()
        };
        let idle = self.snapshot.members.iter().copied().filter(move |id| !is_scored(id));
        scored.chain(
            idle.map(|id| UnpaidCollaborator {
                collaborator_id: id,
                reason: UnpaidReason::NoScore,
            }),
        )
    }
}

/// The shares of a pool: those that are paid, and the collaborators who get nothing.
struct PoolShares {
    allocations: Vec<PlannedAllocation>,
    unpaid: Vec<UnpaidCollaborator>,
    /// The shares with their ranks; `None` if nothing was shared.
    ranking: Option<Ranking>,
}

impl PoolShares {
    /// Divides a pool. Nobody is paid if the pool is 0, or if nobody takes part.
    fn share_out(pool: i64, weights: &[Weight]) -> Self {
        let mut shares = Self { allocations: Vec::new(), unpaid: Vec::new(), ranking: None };
        match ranked_shares(pool, weights) {
            Ok(ranking) if pool != 0 => {
                shares.assign(weights, &ranking);
                shares.ranking = Some(ranking);
            }
            _ => shares.unpaid.extend(weights.iter().map(|weight| UnpaidCollaborator {
                collaborator_id: weight.collaborator_id,
                reason: UnpaidReason::EmptyPool,
            })),
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
                    self.unpaid.push(UnpaidCollaborator { collaborator_id, reason });
                }
                _ => {
                    let origin = Origin::Share(part);
                    self.allocations.push(PlannedAllocation { collaborator_id, value, origin });
                }
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
