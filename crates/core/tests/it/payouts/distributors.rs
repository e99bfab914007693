//! The rules of a distributor.

use apportion_core::distributor::{
    DistributorDraft, DistributorStatus, DistributorTerms, RevenueScope,
};
use apportion_core::metric::{CountedMetric, CountedMetricDraft, MetricType};
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::share_rule::ShareRule;
use chrono_tz::Europe::Berlin;

use crate::lines;

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn draft() -> DistributorDraft {
    DistributorDraft {
        name: text("Partners"),
        units: text("EUR"),
        pool_resolver: text("fixed_amount"),
        distribution_resolver: text("evenly_shared_pool"),
        pool_amount: Some(100),
        ..DistributorDraft::default()
    }
}

fn terms(draft: &DistributorDraft) -> DistributorTerms {
    draft.check(Berlin).unwrap()
}

fn refused(draft: &DistributorDraft, expected: &[&str]) {
    assert_eq!(lines(&draft.check(Berlin).unwrap_err()), expected, "{draft:.40?}");
}

#[test]
fn little_is_required() {
    let terms = terms(&draft());
    assert_eq!((terms.status, terms.time_zone), (DistributorStatus::Active, Berlin));
    assert_eq!((terms.requires_approval, terms.carry_over), (false, false));
    assert_eq!((terms.metric_types.len(), terms.units.name()), (0, "EUR"));
    let payout = Payout::Shared { pool: PoolSource::Fixed(100), share_rule: ShareRule::Evenly };
    assert_eq!(terms.payout, payout);
    refused(
        &DistributorDraft::default(),
        &[
            "distribution_resolver is required",
            "name is required",
            "pool_resolver is required",
            "units is required",
        ],
    );
}

#[test]
fn every_fault_is_found_at_once() {
    let draft = DistributorDraft {
        name: text(""),
        description: text(&"ß".repeat(10_001)),
        units: text("2"),
        status: text("deleted"),
        pool_resolver: text("lottery"),
        distribution_resolver: text("luck"),
        pool_amount: Some(-1),
        revenue_percentage: Some(0),
        minimum_value: Some(-1),
        revenue_scope: text("some"),
        time_zone: text("Mars/Olympus"),
        ..draft()
    };
    refused(
        &draft,
        &[
            "description must be at most 10000 characters",
            "distribution_resolver must be evenly_shared_pool, performance_shared_pool, \
             top_score_wins or accumulated_obligations",
            "minimum_value must not be negative",
            "name must not be empty",
            "pool_amount must not be negative",
            "pool_resolver must be fixed_amount, recognized_revenue or obligations",
            "revenue_percentage must be greater than 0",
            "revenue_scope must be all or deals",
            "status must be active or inactive",
            "time_zone must be an IANA time zone such as Europe/Berlin",
            "units must be an ISO 4217 currency code or a unit of 1 to 32 letters",
        ],
    );
}

#[test]
fn deals_that_are_given_are_the_scope() {
    use RevenueScope::{All, Deals};
    let stating = |stated: Option<&str>, gives_deals| DistributorDraft {
        revenue_scope: stated.map(str::to_owned),
        gives_deals,
        ..draft()
    };
    let cases = [
        (None, false, All),
        (None, true, Deals),
        (Some("all"), false, All),
        (Some("deals"), false, Deals),
        (Some("deals"), true, Deals),
    ];
    for (stated, gives_deals, expected) in cases {
        let scope = terms(&stating(stated, gives_deals)).revenue_scope;
        assert_eq!(scope, expected, "{stated:?} {gives_deals}");
    }
    let both = "revenue_scope must be deals, or absent, if deals are given";
    refused(&stating(Some("all"), true), &[both]);
}

#[test]
fn what_a_resolver_needs_is_asked_for_once() {
    let without = DistributorDraft { pool_amount: None, ..draft() };
    refused(&without, &["pool_amount is required"]);
    refused(
        &DistributorDraft { pool_amount: Some(-1), ..draft() },
        &["pool_amount must not be negative"],
    );
    let revenue = DistributorDraft { pool_resolver: text("recognized_revenue"), ..draft() };
    refused(&revenue, &["revenue_percentage is required"]);
    let with = |units| DistributorDraft { revenue_percentage: Some(units), ..revenue.clone() };
    refused(&with(0), &["revenue_percentage must be greater than 0"]);
    refused(&with(1_000_000_000_001), &["revenue_percentage must be at most 100.0"]);
    assert_eq!(terms(&with(1)).revenue_percentage.unwrap().units(), 1);
    let all = PoolSource::Revenue("100".parse().unwrap());
    let expected = Payout::Shared { pool: all, share_rule: ShareRule::Evenly };
    assert_eq!(terms(&with(1_000_000_000_000)).payout, expected);
    assert_eq!(terms(&with(1)).pool_amount, Some(100), "the pool is stored though it is not used");
    let in_points = DistributorDraft { units: text("points"), ..with(1) };
    refused(
        &in_points,
        &["units must be an ISO 4217 currency code if the pool resolver is recognized_revenue"],
    );
}

fn counting(kinds: &[(&str, i64)]) -> DistributorDraft {
    let kind = |(metric_type, points): &(&str, i64)| CountedMetricDraft {
        metric_type: text(metric_type),
        points: Some(*points),
    };
    DistributorDraft { metric_types: kinds.iter().map(kind).collect(), ..draft() }
}

#[test]
fn metric_types_are_known_and_worth_something() {
    let manual = CountedMetric { metric_type: MetricType::Manual, points: i64::MAX };
    assert_eq!(terms(&counting(&[("manual", i64::MAX)])).metric_types, [manual]);
    let points = "metric_types must have points in each entry, an integer greater than 0";
    refused(&counting(&[("manual", 0)]), &[points]);
    let once = "metric_types must have each type once, but has manual twice";
    refused(&counting(&[("manual", 1), ("manual", 2), ("manual", -1)]), &[once, points]);
    refused(
        &counting(&[("sales", 1)]),
        &["metric_types must have a type in each entry, which must be manual"],
    );
    let empty = vec![CountedMetricDraft::default()];
    let type_first = "metric_types must have a type in each entry, which must be manual";
    refused(&DistributorDraft { metric_types: empty, ..draft() }, &[type_first]);
}

#[test]
fn in_use_units_and_resolvers_stay() {
    let old = terms(&draft());
    let changed = |draft: DistributorDraft, is_in_use| {
        terms(&draft).may_replace(&old, is_in_use).map_err(|locked| locked.to_string())
    };
    let in_dollars = DistributorDraft { units: text("USD"), ..draft() };
    assert_eq!(changed(in_dollars.clone(), false), Ok(()));
    let in_use = "the distributor is in use by credits, a pool that was carried over, or unallocated obligations";
    assert_eq!(changed(in_dollars, true), Err(format!("{in_use}, so units cannot be changed")));
    let by_score = DistributorDraft { distribution_resolver: text("top_score_wins"), ..draft() };
    let message = format!("{in_use}, so distribution_resolver cannot be changed");
    assert_eq!(changed(by_score, true), Err(message));
    let larger = DistributorDraft { pool_amount: Some(7), name: text("All"), ..draft() };
    assert_eq!(changed(larger, true), Ok(()));
}

#[test]
fn what_is_deleted_stays_so() {
    use DistributorStatus::{Active, Deleted, Inactive};
    for from in [Active, Inactive] {
        for to in [Active, Inactive, Deleted] {
            assert_eq!(from.may_become(to), Ok(()));
        }
    }
    for to in [Active, Inactive, Deleted] {
        let message = format!("the distributor is deleted and cannot become {to}");
        assert_eq!(Deleted.may_become(to).unwrap_err().to_string(), message);
    }
}
