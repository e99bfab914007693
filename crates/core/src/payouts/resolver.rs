//! Resolvers: where the money of a distributor comes from, and how it is handed out.
//!
//! Which names there are, which two go together, and what each needs. What they do is
//! [`crate::share_rule`], [`crate::accumulation`] and [`crate::engine`].

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::share_rule::ShareRule;
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;

names! {
    /// Where the pool of a period comes from.
    PoolResolver {
        /// The same amount every period.
        FixedAmount = "fixed_amount",
        /// A percentage of the revenue recognised in the period.
        RecognizedRevenue = "recognized_revenue",
        /// No pool: what is owed.
        Obligations = "obligations",
    }
}

names! {
    /// How it is handed out.
    DistributionResolver {
        /// The same to everybody with a score.
        EvenlySharedPool = "evenly_shared_pool",
        /// By score.
        PerformanceSharedPool = "performance_shared_pool",
        /// To the highest score.
        TopScoreWins = "top_score_wins",
        /// To whom it is owed.
        AccumulatedObligations = "accumulated_obligations",
    }
}

/// What the resolvers are given to work with, as stored or drafted.
#[derive(Clone, Copy, Debug)]
pub struct ResolverInputs<'a> {
    /// What is counted in.
    pub units: &'a Units,
    /// For `fixed_amount`, in minor units.
    pub pool_amount: Option<i64>,
    /// For `recognized_revenue`.
    pub revenue_percentage: Option<Percent>,
    /// For `accumulated_obligations`, in minor units; none where `None`.
    pub minimum_value: Option<i64>,
}

/// What a distributor pays: two resolvers that go together, with what they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payout {
    /// A pool, shared by the scores of the period.
    Shared {
        /// Where it comes from.
        pool: PoolSource,
        /// Who gets which part.
        share_rule: ShareRule,
    },
    /// What is owed and due.
    Owed {
        /// What a collaborator's net must reach, in minor units; 0 or more.
        minimum: i64,
    },
}

/// Where a pool comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolSource {
    /// Minor units a period.
    Fixed(i64),
    /// A percentage of the revenue recognised in the period.
    Revenue(Percent),
}

impl Payout {
    /// The resolvers with what they need; what the other resolvers would need is left aside.
    ///
    /// # Errors
    ///
    /// A fault at `distribution_resolver` for two that do not go together, at `pool_amount` or
    /// `revenue_percentage` where it is needed and missing, at `units` for revenue in a plain unit.
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
            (None, None) if pool == PoolResolver::Obligations => {
                Some(Self::Owed { minimum: resolving.minimum_value.unwrap_or_default() })
            }
            _ => None,
        };
        if share_rule.is_none() != (pool == PoolResolver::Obligations) {
            let message = format!("must go with the pool resolver, which {pool} does not");
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
                let in_money =
                    self.units.currency().ok_or("must be a currency to share revenue in");
                faults.note("units", in_money);
                let percentage = self.revenue_percentage.map(Ok::<_, Fault>);
                faults.required("revenue_percentage", percentage).map(PoolSource::Revenue)
            }
            PoolResolver::Obligations => None,
        }
    }
}
