//! Resolvers: the names for the source of a distributor's money and for the way it is divided.
//!
//! The names, the pairs that fit together, and the values that each needs. What they do is in
//! [`crate::share_rule`], [`crate::accumulation`] and [`crate::engine`].

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::sharing::share_rule::ShareRule;
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;

names! {
    /// The source of a period's pool.
    PoolResolver {
        /// The pool is the same amount in every period.
        FixedAmount = "fixed_amount",
        /// The pool is a percentage of the revenue recognised in the period.
        RecognizedRevenue = "recognized_revenue",
        /// There is no pool; the distributor pays what it owes.
        Obligations = "obligations",
    }
}

names! {
    /// The way in which a pool is divided.
    DistributionResolver {
        /// All collaborators with a score get equal shares.
        EvenlySharedPool = "evenly_shared_pool",
        /// All collaborators get shares in proportion to their scores.
        PerformanceSharedPool = "performance_shared_pool",
        /// The collaborator with the highest score gets everything.
        TopScoreWins = "top_score_wins",
        /// Each collaborator gets what is owed to them.
        AccumulatedObligations = "accumulated_obligations",
    }
}

/// The values that resolvers use, as stored or as drafted.
#[derive(Clone, Copy, Debug)]
pub struct ResolverInputs<'a> {
    /// The units of all amounts.
    pub units: &'a Units,
    /// The pool in minor units, for `fixed_amount`.
    pub pool_amount: Option<i64>,
    /// The percentage, for `recognized_revenue`.
    pub revenue_percentage: Option<Percent>,
}

/// A payout: two resolvers that fit together, with the values that they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payout {
    /// A pool is shared by the scores of the period.
    Shared {
        /// The source of the pool.
        pool: PoolSource,
        /// The rule that decides who gets which share.
        share_rule: ShareRule,
    },
    /// The obligations that are due are paid, and nothing is shared.
    Owed,
}

/// The source of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolSource {
    /// A fixed number of minor units in each period.
    Fixed(i64),
    /// A percentage of the revenue recognised in the period.
    Revenue(Percent),
}

impl Payout {
    /// Combines two resolvers with the values that they need; other values are ignored.
    ///
    /// # Errors
    ///
    /// A fault at `distribution_resolver` if the two do not fit together, at `pool_amount` or
    /// `revenue_percentage` if that is needed and missing, and at `units` for revenue in a plain
    /// unit.
    pub fn from_resolvers(
        pool: PoolResolver,
        distribution: DistributionResolver,
        resolving: &ResolverInputs<'_>,
    ) -> Result<Self, Vec<Fault>> {
        let share_rule = match distribution {
            DistributionResolver::EvenlySharedPool => Some(ShareRule::Evenly),
            DistributionResolver::PerformanceSharedPool => Some(ShareRule::Performance),
            DistributionResolver::TopScoreWins => Some(ShareRule::TopScore),
            DistributionResolver::AccumulatedObligations => None,
        };
        let mut faults = Faults::default();
        let source = resolving.source(pool, &mut faults);
        let payout = match (source, share_rule) {
            (Some(pool), Some(share_rule)) => Some(Self::Shared { pool, share_rule }),
            (None, None) if pool == PoolResolver::Obligations => Some(Self::Owed),
            _ => None,
        };
        if share_rule.is_none() != (pool == PoolResolver::Obligations) {
            let fitting = match pool {
                PoolResolver::Obligations => "accumulated_obligations",
                PoolResolver::FixedAmount | PoolResolver::RecognizedRevenue => {
                    "evenly_shared_pool, performance_shared_pool or top_score_wins"
                }
            };
            let message = format!("must be {fitting} if the pool resolver is {pool}");
            faults.note("distribution_resolver", Err::<(), _>(message));
        }
        payout.filter(|_| faults.is_empty()).ok_or_else(|| faults.into_vec())
    }
}

impl ResolverInputs<'_> {
    fn source(&self, pool: PoolResolver, faults: &mut Faults) -> Option<PoolSource> {
        match pool {
            PoolResolver::FixedAmount => {
                let amount = self.pool_amount.map(Ok::<_, Fault>);
                faults.required("pool_amount", amount).map(PoolSource::Fixed)
            }
            PoolResolver::RecognizedRevenue => {
                let in_money = self.units.currency().ok_or(
                    "must be an ISO 4217 currency code if the pool resolver is recognized_revenue",
                );
                faults.note("units", in_money);
                let percentage = self.revenue_percentage.map(Ok::<_, Fault>);
                faults.required("revenue_percentage", percentage).map(PoolSource::Revenue)
            }
            PoolResolver::Obligations => None,
        }
    }
}
