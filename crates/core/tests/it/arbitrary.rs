//! The values that properties are tried on: amounts, percentages, rates, currencies, ranges,
//! periods, and sets of distributions to report on. Edge cases are drawn often. There are no
//! properties here.

use apportion_core::calendar::{DateRange, FIRST_DAY, LAST_DAY, MAX_DAYS, Period};
use apportion_core::currency::Currency;
use apportion_core::deal::DealStatus;
use apportion_core::decimal::{Percent, Rate};
use apportion_core::id::CollaboratorId;
use apportion_core::report::{Entry, Group, Grouping};
use apportion_core::shares::Weight;
use apportion_core::window::Window;
use chrono::{Days, NaiveDate};
use proptest::prelude::*;

/// The smallest number of units that no decimal can have.
const END_OF_UNITS: i64 = 1_000_000_000_000_000_000;

/// The number of cases of a property in a whole run.
const CASES: usize = 10_000;

pub(crate) fn config() -> ProptestConfig {
    let cases = u32::try_from(apportion_testing::rounds(CASES)).unwrap();
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Draws any `i64`: small and everyday amounts, the edges, and any other.
pub(crate) fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => -100_i64..=100,
        3 => -1_000_000_000_i64..=1_000_000_000,
        2 => any::<i64>(),
        1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX]),
    ]
}

pub(crate) fn percent() -> impl Strategy<Value = Percent> {
    units(10_000_000_000).prop_map(|units| Percent::from_units(units).unwrap())
}

pub(crate) fn rate() -> impl Strategy<Value = Rate> {
    units(1_000_000_000_000).prop_map(|units| Rate::from_units(units).unwrap())
}

/// Draws units of a decimal: whole numbers up to 200 of `one`, any number, and the edges.
fn units(one: i64) -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => (1..=200_i64).prop_map(move |whole| whole * one),
        2 => 1..=200 * one,
        2 => 1..END_OF_UNITS,
        1 => prop::sample::select(vec![1, 2, one / 2, END_OF_UNITS - 1]),
    ]
}

/// Draws a currency of 0, 2, 3 or 4 decimals.
pub(crate) fn currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"]).prop_map(super::currency)
}

/// Draws any day of the calendar, often one near its edges.
pub(crate) fn date() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![
        8 => (0..109_573_u64).prop_map(|days| FIRST_DAY + Days::new(days)),
        1 => (0..400_u64).prop_map(|days| FIRST_DAY + Days::new(days)),
        1 => (0..400_u64).prop_map(|days| LAST_DAY - Days::new(days)),
    ]
}

/// Draws a range of at most `max_days` days, anywhere in the calendar.
pub(crate) fn range(max_days: i64) -> impl Strategy<Value = DateRange> {
    let days = prop_oneof![1..=max_days.min(40), 1..=max_days];
    (date(), days).prop_map(|(start, days)| {
        let last = start + Days::new(u64::try_from(days - 1).unwrap());
        DateRange::new(start, last.min(LAST_DAY)).unwrap()
    })
}

/// Draws a range of any length that a distribution may have.
pub(crate) fn long_range() -> impl Strategy<Value = DateRange> {
    range(MAX_DAYS)
}

pub(crate) fn period() -> impl Strategy<Value = Period> {
    prop::sample::select(vec![
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
    ])
}

/// Draws a range and windows that divide it without gaps or overlaps.
pub(crate) fn partition(max_days: i64) -> impl Strategy<Value = (DateRange, Vec<DateRange>)> {
    (range(max_days), prop::collection::vec(any::<prop::sample::Index>(), 0..8)).prop_map(
        |(range, cuts)| {
            let days = usize::try_from(range.days()).unwrap();
            let mut ends: Vec<i64> = cuts.iter().map(|cut| cut.index(days) as i64).collect();
            ends.extend([0, range.days()]);
            ends.sort_unstable();
            ends.dedup();
            let nth = |number| range.nth_day(number).unwrap();
            let windows = ends
                .windows(2)
                .map(|pair| DateRange::new(nth(pair[0] + 1), nth(pair[1])).unwrap())
                .collect();
            (range, windows)
        },
    )
}

/// Draws a day of one winter. Distributions and windows lie in it, so that they often meet.
fn winter_day() -> impl Strategy<Value = NaiveDate> {
    (0..120_u64).prop_map(|days| super::day("2024-11-15") + Days::new(days))
}

/// Draws a few distributions of a few deals in two currencies and of any status, all in one winter.
pub(crate) fn book(
    amount: impl Strategy<Value = i64> + Clone,
) -> impl Strategy<Value = Vec<Entry>> {
    let status = prop::sample::select(DealStatus::ALL);
    let money = (amount.clone(), prop::option::of(amount), any::<bool>(), 0..=100_i64, status);
    let keys = (1..=2_i64, 1..=3_i64, prop::option::of(1..=2_i64));
    let entry = (keys, money, winter_day(), 0..70_u64).prop_map(|(keys, money, start, days)| {
        let (organization, deal, creator) = keys;
        let (amount, other, in_euros, probability, status) = money;
        let range = DateRange::new(start, start + Days::new(days)).unwrap();
        Entry {
            organization,
            deal,
            creator,
            revenue_distribution: 0,
            currency: super::currency(if in_euros { "EUR" } else { "USD" }),
            probability: if probability > 50 { 100 } else { probability },
            status,
            days: range.into(),
            amount,
            amount_default: other.unwrap_or(amount),
        }
    });
    prop::collection::vec(entry, 0..6).prop_map(|mut entries| {
        for (number, entry) in (1..).zip(&mut entries) {
            entry.revenue_distribution = number;
        }
        entries
    })
}

/// Draws a window that may be open, empty or a part of the winter, and a day of the winter.
pub(crate) fn window() -> impl Strategy<Value = (Window, NaiveDate)> {
    let ends =
        [prop::option::weighted(0.7, winter_day()), prop::option::weighted(0.7, winter_day())];
    (ends, winter_day()).prop_map(|([from, until], as_of)| {
        let window = from.map_or(Window::ALL, |day| Window::ALL.at_least(day));
        (until.map_or(window, |day| window.at_most(day)), as_of)
    })
}

/// Draws any groups in any order.
pub(crate) fn grouping() -> impl Strategy<Value = Grouping> {
    let groups = vec![
        Group::Organization,
        Group::Deal,
        Group::Creator,
        Group::Currency,
        Group::Status,
        Group::RevenueDistribution,
    ];
    let date = prop::option::weighted(0.7, period().prop_map(Group::Date));
    let some = prop::sample::subsequence(groups, 0..=6);
    let all =
        (some, date).prop_map(|(some, date)| some.into_iter().chain(date).collect::<Vec<_>>());
    all.prop_shuffle().prop_map(|groups| Grouping::from_groups(groups.into_iter().map(Ok)).unwrap())
}

/// Draws the weights of some collaborators, not all 0: small ones, equal ones, and the edges.
pub(crate) fn weights() -> impl Strategy<Value = Vec<Weight>> {
    let weight = prop_oneof![
        4 => 0..=10_i64,
        2 => Just(1_i64),
        3 => 0..=1_000_000_000_i64,
        1 => 0..=i64::MAX,
        1 => Just(i64::MAX),
    ];
    let id = prop_oneof![-3..=30_i64, any::<i64>()];
    let some = prop::collection::btree_map(id, weight, 1..24);
    let some = some.prop_filter("somebody shares", |all| all.values().any(|weight| *weight > 0));
    some.prop_map(|all| {
        let weight = |(id, weight)| Weight { collaborator_id: CollaboratorId(id), weight };
        all.into_iter().map(weight).collect::<Vec<_>>()
    })
    .prop_shuffle()
}
