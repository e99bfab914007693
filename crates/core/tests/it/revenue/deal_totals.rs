//! Deal totals: the sums over the distributions of a deal.

use apportion_core::deal::DealMoney;
use apportion_core::deal_totals::{DealPart, DealTotals, RecomputedDeal};
use apportion_core::decimal::Percent;
use apportion_core::fault::Fault;
use apportion_core::revenue_distribution::Amounts;
use proptest::prelude::*;

use crate::{arbitrary, currency};

const LARGEST: &str = "99999999.9999999999";

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

fn part(text: &str, amount: i64) -> DealPart {
    DealPart { percent: percent(text), amount }
}

fn sums(units: i64, amount: i64) -> DealTotals {
    DealTotals { percent_units: units, amount }
}

fn euros(value: i64) -> DealMoney {
    let euro = currency("EUR");
    DealMoney { value, currency: euro, exchange_rate: None, default_currency: euro }
}

fn at_percent<T: std::fmt::Debug>(result: Result<T, Fault>) {
    assert_eq!(result.unwrap_err().field, "amount_percent");
}

#[test]
fn follow_every_change() {
    let none = DealTotals::default();
    let half = none.with(part("50", 500)).unwrap();
    assert_eq!(half, sums(500_000_000_000, 500));
    let more = half.with(part("33.3", 333)).unwrap();
    assert_eq!(more, sums(833_000_000_000, 833));
    assert_eq!(more.replacing(part("50", 500), part("60", 600)), Ok(sums(933_000_000_000, 933)));
    assert_eq!(more.without(part("33.3", 333)), Ok(half));
    assert_eq!(half.without(part("50", 500)), Ok(none));
}

#[test]
fn leave_the_rest_of_the_deal_which_may_be_negative() {
    assert_eq!(DealTotals::default().undistributed(1_000), Ok(1_000));
    assert_eq!(sums(0, 400).undistributed(1_000), Ok(600));
    assert_eq!(sums(0, 1_500).undistributed(1_000), Ok(-500));
    assert_eq!(sums(0, -1_500).undistributed(-1_000), Ok(500));
    at_percent(sums(0, 1).undistributed(i64::MIN));
    at_percent(sums(0, i64::MIN).undistributed(0));
}

#[test]
fn fit_64_bits_or_are_a_fault() {
    at_percent(sums(0, i64::MAX).with(part("1", 1)));
    at_percent(sums(0, i64::MIN).with(part("1", -1)));
    at_percent(sums(i64::MAX, 0).with(part("1", 0)));
    at_percent(sums(i64::MIN, 0).without(part("1", 0)));
    at_percent(DealTotals::from_parts(std::iter::repeat_n(part(LARGEST, 0), 10)));
    let nine = DealTotals::from_parts(std::iter::repeat_n(part(LARGEST, 0), 9)).unwrap();
    assert_eq!(nine.percent_units, 8_999_999_999_999_999_991);
}

#[test]
fn replace_without_a_detour_past_64_bits() {
    let full = sums(10, i64::MAX);
    let (old, new) = (part("0.0000000001", -1), part("0.0000000001", -1));
    assert_eq!(full.replacing(old, new), Ok(full));
}

#[test]
fn are_recomputed_with_the_deal() {
    let amounts = |amount| Amounts { amount, amount_default: amount };
    let expected = RecomputedDeal {
        amounts: vec![amounts(501), amounts(333)],
        totals: sums(833_000_000_000, 834),
    };
    let recomputed = DealTotals::recompute(&euros(1_001), &[percent("50"), percent("33.3")]);
    assert_eq!(recomputed, Ok(expected));
    let none = RecomputedDeal { amounts: vec![], totals: DealTotals::default() };
    assert_eq!(DealTotals::recompute(&euros(1_001), &[]), Ok(none));
}

#[test]
fn totals_that_do_not_fit_a_changed_deal_are_a_fault_at_its_value() {
    let fault = |value, percents: &[&str]| {
        let percents: Vec<Percent> = percents.iter().map(|text| percent(text)).collect();
        DealTotals::recompute(&euros(value), &percents).unwrap_err().field
    };
    assert_eq!(fault(i64::MAX, &["100.1"]), "value");
    assert_eq!(fault(i64::MAX, &["60", "60"]), "value");
    assert_eq!(fault(0, &[LARGEST; 10]), "value");
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn one_by_one_or_all_at_once_are_the_same(
        value in arbitrary::amount(),
        percents in prop::collection::vec(arbitrary::percent(), 0..6),
    ) {
        let Ok(all) = DealTotals::recompute(&euros(value), &percents) else { return Ok(()) };
        prop_assert!(all.totals.undistributed(value).is_ok());
        let part = |(percent, one): (&Percent, &Amounts)| DealPart {
            percent: *percent,
            amount: one.amount,
        };
        let parts: Vec<DealPart> = percents.iter().zip(&all.amounts).map(part).collect();
        let mut sums = DealTotals::default();
        for part in &parts {
            sums = sums.with(*part).unwrap();
        }
        prop_assert_eq!(sums, all.totals);
        prop_assert_eq!(DealTotals::from_parts(parts.iter().rev().copied()), Ok(sums));
        for part in &parts {
            sums = sums.without(*part).unwrap();
        }
        prop_assert_eq!(sums, DealTotals::default());
    }
}
