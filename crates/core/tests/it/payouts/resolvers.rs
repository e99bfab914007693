//! Resolvers: the pairs that fit together, the values they need, and their names.

use apportion_core::id::{CollaboratorId, ObligationId};
use apportion_core::metric::Score;
use apportion_core::resolver::{
    DistributionResolver, Payout, PoolResolver, PoolSource, ResolverInputs,
};
use apportion_core::share_rule::ShareRule;

use crate::lines;

/// Combines two resolvers, with all values given.
fn payout(pool: PoolResolver, distribution: DistributionResolver) -> Result<Payout, Vec<String>> {
    let resolving = ResolverInputs {
        units: &"EUR".parse().unwrap(),
        pool_amount: Some(7),
        revenue_percentage: Some("10".parse().unwrap()),
    };
    Payout::from_resolvers(pool, distribution, &resolving).map_err(|faults| lines(&faults))
}

#[test]
fn pools_are_shared_and_what_is_owed_is_accumulated() {
    use DistributionResolver as By;
    let share_rules = [
        (By::EvenlySharedPool, ShareRule::Evenly),
        (By::PerformanceSharedPool, ShareRule::Performance),
        (By::TopScoreWins, ShareRule::TopScore),
    ];
    let misfit = |pool, fitting| {
        let message = format!("must be {fitting} if the pool resolver is {pool}");
        Err(vec![format!("distribution_resolver {message}")])
    };
    let shared = "evenly_shared_pool, performance_shared_pool or top_score_wins";
    for (by, share_rule) in share_rules {
        let fixed = Payout::Shared { pool: PoolSource::Fixed(7), share_rule };
        assert_eq!(payout(PoolResolver::FixedAmount, by), Ok(fixed));
        let percentage = PoolSource::Revenue("10".parse().unwrap());
        let revenue = Payout::Shared { pool: percentage, share_rule };
        assert_eq!(payout(PoolResolver::RecognizedRevenue, by), Ok(revenue));
        assert_eq!(
            payout(PoolResolver::Obligations, by),
            misfit("obligations", "accumulated_obligations")
        );
    }
    let owed = By::AccumulatedObligations;
    assert_eq!(payout(PoolResolver::Obligations, owed), Ok(Payout::Owed));
    assert_eq!(payout(PoolResolver::FixedAmount, owed), misfit("fixed_amount", shared));
    assert_eq!(payout(PoolResolver::RecognizedRevenue, owed), misfit("recognized_revenue", shared));
}

#[test]
fn what_is_owed_needs_nothing() {
    let units = "points".parse().unwrap();
    let resolving = ResolverInputs { units: &units, pool_amount: None, revenue_percentage: None };
    let owed = DistributionResolver::AccumulatedObligations;
    let payout = Payout::from_resolvers(PoolResolver::Obligations, owed, &resolving);
    assert_eq!(payout, Ok(Payout::Owed));
    let misfit =
        Payout::from_resolvers(PoolResolver::RecognizedRevenue, owed, &resolving).unwrap_err();
    assert_eq!(misfit.len(), 3);
}

#[test]
fn every_name_is_read_as_it_is_written() {
    for (resolver, name) in PoolResolver::ALL.iter().zip(PoolResolver::NAMES) {
        assert_eq!(name.parse(), Ok(*resolver));
        assert_eq!(resolver.to_string(), *name);
    }
    assert!("Fixed_amount".parse::<PoolResolver>().is_err());
    assert_eq!(format!("{:>2}{:>3}", CollaboratorId(1), ObligationId(2)), " 1  2");
}

#[test]
fn weights_are_of_those_who_scored() {
    let scores: Vec<Score> = [(4, 3), (1, 0), (3, 9), (2, -1), (5, 9)]
        .map(|(id, score)| Score { collaborator_id: CollaboratorId(id), score })
        .to_vec();
    let check = |share_rule: ShareRule, expected: &[(i64, i64)]| {
        let weights = share_rule.weights(&scores);
        let weights: Vec<_> =
            weights.iter().map(|weight| (weight.collaborator_id.0, weight.weight)).collect();
        assert_eq!(weights, expected);
        assert!(share_rule.weights(&[]).is_empty());
        assert!(share_rule.weights(&scores[1..2]).is_empty());
    };
    check(ShareRule::Evenly, &[(4, 1), (3, 1), (5, 1)]);
    check(ShareRule::Performance, &[(4, 3), (3, 9), (5, 9)]);
    check(ShareRule::TopScore, &[(3, 1), (5, 1)]);
}
