//! Explanations of shares: their figures and sentences, which must agree with the shares.

use apportion_core::share_explanation::{PoolAmount, RankedWeight, ShareExplanation, SharedPool};
use apportion_core::shares::ranked_shares;
use apportion_core::units::Units;
use proptest::prelude::*;

use crate::arbitrary;
use crate::payouts::shares::weights;

const fn pool(total: i64, carried: i64) -> PoolAmount {
    PoolAmount { total, carried }
}

/// Explains all shares of a pool, in the order of the weights.
fn explained(units: &str, pool: PoolAmount, by: &[i64]) -> Vec<ShareExplanation> {
    let weights = weights(by);
    let ranking = ranked_shares(pool.total, &weights).unwrap();
    let is_even = by.iter().all(|weight| *weight == 1);
    let shared = SharedPool::from_ranking(units.parse().unwrap(), pool, &ranking, is_even);
    let placed = by.iter().zip(&ranking.shares);
    placed
        .map(|(&weight, share)| shared.explain(RankedWeight { weight, rank: share.rank }))
        .collect()
}

fn check(units: &str, pool: PoolAmount, by: &[i64], expected: &[&str]) {
    let explained = explained(units, pool, by);
    let sentences: Vec<&str> = explained.iter().map(|share| share.sentence.as_str()).collect();
    assert_eq!(sentences, expected);
}

#[test]
fn all_figures_of_one_share() {
    let all = explained("EUR", pool(10_000, 0), &[3, 9, 5]);
    let ShareExplanation { exact, remainder, sentence, .. } = &all[0];
    assert_eq!((exact.to_string(), remainder.to_string()), ("30000/17".into(), "12/17".into()));
    assert_eq!((exact.numerator(), exact.denominator()), (30_000, 17));
    assert_eq!((all[0].score, all[0].total_score, all[0].floor), (3, 17, 1_764));
    assert_eq!((all[0].rank, all[0].extra_unit, all[0].pool, all[0].carried), (1, true, 10_000, 0));
    assert_eq!(
        sentence,
        "17.65 EUR: 3 of 17 points of 100.00 EUR is 17.6470..., rounded up as the largest \
         remainder."
    );
}

#[test]
fn rounded_up_and_down() {
    check(
        "points",
        pool(323, 0),
        &[1, 2, 3, 1],
        &[
            "46 points: 1 of 7 points of 323 points is 46.14..., rounded down as the third-largest \
             remainder, only the largest being rounded up.",
            "92 points: 2 of 7 points of 323 points is 92.28..., rounded down as the \
             second-largest remainder, only the largest being rounded up.",
            "139 points: 3 of 7 points of 323 points is 138.42..., rounded up as the largest \
             remainder.",
            "46 points: 1 of 7 points of 323 points is 46.14..., rounded down as the \
             fourth-largest remainder, only the largest being rounded up.",
        ],
    );
}

#[test]
fn exactly() {
    check(
        "JPY",
        pool(10, 4),
        &[1, 1],
        &["5 JPY: 1 of 2 equal parts of 10 JPY (with 4 JPY carried over) is 5.00, with nothing to \
           round."; 2],
    );
    check(
        "KWD",
        pool(7, 0),
        &[2],
        &["0.007 KWD: 2 of 2 points of 0.007 KWD is 0.00700, with nothing \
                                  to round."],
    );
    check(
        "EUR",
        pool(7, 0),
        &[1],
        &["0.07 EUR: 1 of 1 equal part of 0.07 EUR is 0.0700, with nothing \
                                  to round."],
    );
}

#[test]
fn of_a_negative_pool() {
    let all = explained("EUR", pool(-200, -50), &[1, 1, 1]);
    assert_eq!((all[2].floor, all[2].extra_unit), (-66, false));
    assert_eq!(all[2].exact.to_string(), "-200/3");
    assert_eq!(all[2].remainder.to_string(), "-2/3");
    check(
        "EUR",
        pool(-200, -50),
        &[1, 1, 1],
        &[
            "-0.67 EUR: 1 of 3 equal parts of -2.00 EUR (with -0.50 EUR carried over) is \
             -0.6666..., rounded away from zero as the largest remainder.",
            "-0.67 EUR: 1 of 3 equal parts of -2.00 EUR (with -0.50 EUR carried over) is \
             -0.6666..., rounded away from zero as the second-largest remainder.",
            "-0.66 EUR: 1 of 3 equal parts of -2.00 EUR (with -0.50 EUR carried over) is \
             -0.6666..., rounded towards zero as the third-largest remainder, only the largest 2 \
             being rounded away from zero.",
        ],
    );
}

#[test]
fn places_past_the_tenth_are_numbers() {
    let all = explained("points", pool(1, 0), &[1; 113]);
    let place = |rank: usize| {
        let words = all[rank - 1].sentence.split(" as the ").nth(1).unwrap();
        words.split(" remainder").next().unwrap().to_owned()
    };
    let places = [10, 11, 12, 13, 14, 21, 22, 23, 101, 111, 112, 113].map(place);
    let expected = [
        "tenth", "11th", "12th", "13th", "14th", "21st", "22nd", "23rd", "101st", "111th", "112th",
        "113th",
    ];
    assert_eq!(places, expected.map(|place| format!("{place}-largest")));
}

#[test]
#[should_panic(expected = "the weight must be one of the pool's")]
fn a_weight_of_another_pool_is_refused() {
    let ranking = ranked_shares(10, &weights(&[1, 2])).unwrap();
    let shared = SharedPool::from_ranking("EUR".parse().unwrap(), pool(10, 0), &ranking, false);
    let _ = shared.explain(RankedWeight { weight: 4, rank: 1 });
}

/// Parses a decimal of a sentence; returns its minor units and the number of its decimals.
fn read(text: &str) -> (i128, u32) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (format!("{whole}{fraction}").parse().unwrap(), u32::try_from(fraction.len()).unwrap())
}

/// The figures that a sentence shows.
struct Figures {
    share: i128,
    score: i128,
    total: i128,
    pool: i128,
    /// The exact part, cut off after `decimals`.
    cut: i128,
    decimals: u32,
    /// Whether the exact part has more digits.
    is_cut: bool,
}

/// Parses the figures of a sentence.
fn figures(sentence: &str) -> Figures {
    let (share, rest) = sentence.split_once(": ").unwrap();
    let number = |text: &str| text.split(' ').next().unwrap().to_owned();
    let (parts, is) = rest.split_once(" is ").unwrap();
    let words: Vec<&str> = parts.split(" of ").collect();
    let exact = is.split(',').next().unwrap();
    let (cut, decimals) = read(exact.trim_end_matches("..."));
    Figures {
        share: read(&number(share)).0,
        score: words[0].parse().unwrap(),
        total: number(words[1]).parse().unwrap(),
        pool: read(&number(words[2])).0,
        cut,
        decimals,
        is_cut: exact.ends_with("..."),
    }
}

proptest! {
    #![proptest_config(arbitrary::config())]

    /// A reader who knows only the sentence and the decimals of the units can compute the share.
    #[test]
    fn can_be_recomputed(
        pool in arbitrary::amount(),
        carried in arbitrary::amount(),
        weights in arbitrary::weights(),
        which in any::<prop::sample::Index>(),
        currency in arbitrary::currency(),
    ) {
        let ranking = ranked_shares(pool, &weights).unwrap();
        let units = Units::Currency(currency);
        let amount = PoolAmount { total: pool, carried };
        let shared = SharedPool::from_ranking(units, amount, &ranking, false);
        let at = which.index(weights.len());
        let (weight, share) = (weights[at].weight, ranking.shares[at]);
        prop_assume!(weight > 0);
        let explanation = shared.explain(RankedWeight { weight, rank: share.rank });

        let exact = i128::from(pool) * i128::from(weight);
        let figures = figures(&explanation.sentence);
        prop_assert_eq!(figures.share, i128::from(share.amount));
        prop_assert_eq!((figures.score, figures.total), (weight.into(), ranking.total_weight));
        prop_assert_eq!(figures.pool, i128::from(pool));
        prop_assert_eq!(figures.decimals, currency.decimals() + 2);
        let remainder = exact % figures.total;
        prop_assert_eq!(figures.cut, exact / figures.total * 100 + remainder * 100 / figures.total);
        prop_assert_eq!(figures.is_cut, remainder * 100 % figures.total != 0);
        let outward = [", rounded up", ", rounded away from zero"];
        let outward = outward.iter().any(|words| explanation.sentence.contains(words));
        prop_assert_eq!(outward, explanation.extra_unit);

        // The exact part is the floor and the remainder; the share is the floor and perhaps one
        // unit.
        let denominator = explanation.remainder.denominator().cast_signed();
        let whole = i128::from(explanation.floor) * denominator;
        prop_assert_eq!(explanation.exact.denominator(), explanation.remainder.denominator());
        prop_assert_eq!(explanation.exact.numerator(), whole + explanation.remainder.numerator());
        let reduced_by = figures.total / explanation.exact.denominator().cast_signed();
        prop_assert_eq!(explanation.exact.numerator() * reduced_by, exact);
        let extra = i64::from(explanation.extra_unit) * pool.signum();
        prop_assert_eq!(explanation.floor + extra, share.amount);
    }
}
