//! How a share came about: its figures, and one sentence that a payee can read.
//!
//! What a pool was shared by is kept once for all its shares ([`SharedPool`]); with the weight and
//! the rank of a share, every figure of it can be had again. The shares are [`crate::shares`].

use crate::money::fraction::Fraction;
use crate::money::units::{Units, decimal};
use crate::payouts::shares::{Ranking, part, signed};

/// What all shares of a pool have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPool {
    /// What the amounts are counted in.
    pub units: Units,
    /// What is shared, with what was carried.
    pub pool: i64,
    /// How much of the pool earlier periods left.
    pub carried: i64,
    /// The sum of the weights, above 0.
    pub total_weight: i128,
    /// How many units the floors left to hand out.
    pub extra_units: u64,
    /// Whether all weights are 1: equal parts, not points.
    pub is_even: bool,
}

/// An amount to be shared, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolAmount {
    /// All that is shared, with what was carried.
    pub total: i64,
    /// The part of it that earlier periods left.
    pub carried: i64,
}

/// What one of the shares adds to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedWeight {
    /// Above 0.
    pub weight: i64,
    /// Place of its remainder among all, from 1.
    pub rank: u64,
}

/// The figures behind one share, amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareExplanation {
    /// What was shared, with what was carried.
    pub pool: i64,
    /// What the share is by: points, or 1 where all are equal.
    pub score: i64,
    /// All points, or how many share.
    pub total_score: i128,
    /// `pool * score / total_score`.
    pub exact: Fraction,
    /// The whole units of `exact`, towards zero.
    pub floor: i64,
    /// `exact - floor`, with the sign of the pool.
    pub remainder: Fraction,
    /// Place of the remainder among all, from 1; ties by the lower collaborator id.
    pub rank: u64,
    /// Whether the share is a unit more than its floor, away from zero.
    pub extra_unit: bool,
    /// How much of the pool earlier periods left.
    pub carried: i64,
    /// All of it in one sentence.
    pub sentence: String,
}

/// The exact part of a weight: `floor + remainder / total`, as magnitudes.
struct Part {
    floor: u64,
    remainder: u128,
    total: u128,
}

impl SharedPool {
    /// What the shares of a ranking have in common, with the pool and what of it was carried.
    #[must_use]
    pub const fn from_ranking(
        units: Units,
        pool: PoolAmount,
        ranking: &Ranking,
        is_even: bool,
    ) -> Self {
        let PoolAmount { total: pool, carried } = pool;
        let Ranking { total_weight, extra_units, .. } = *ranking;
        Self { units, pool, carried, total_weight, extra_units, is_even }
    }

    /// How the share of this weight and rank came about.
    ///
    /// # Panics
    ///
    /// When the weight is none that the pool was shared by: below 0, or above the total.
    #[must_use]
    pub fn explain(&self, share: RankedWeight) -> ShareExplanation {
        let part = self.part(share.weight);
        let exact = product(self.pool, share.weight);
        let remainder = part.remainder.cast_signed();
        let remainder = if self.pool < 0 { remainder.wrapping_neg() } else { remainder };
        let extra_unit = share.rank <= self.extra_units;
        ShareExplanation {
            pool: self.pool,
            score: share.weight,
            total_score: self.total_weight,
            exact: Fraction::new(exact, part.total),
            floor: signed(part.floor, self.pool),
            remainder: Fraction::new(remainder, part.total),
            rank: share.rank,
            extra_unit,
            carried: self.carried,
            sentence: self.sentence(share, &part, extra_unit),
        }
    }

    fn part(&self, weight: i64) -> Part {
        let total = self.total_weight.unsigned_abs();
        let in_pool = (0..=self.total_weight).contains(&i128::from(weight));
        assert!(in_pool, "a share is explained by a weight of its pool");
        let (floor, remainder) = part(self.pool.unsigned_abs(), weight.unsigned_abs(), total);
        Part { floor, remainder, total }
    }

    /// `17.65 EUR: 3 of 17 points of 100.00 EUR is 17.6470..., rounded up as the second-largest
    /// remainder.`
    fn sentence(&self, share: RankedWeight, part: &Part, extra_unit: bool) -> String {
        let Self { units, pool, carried, total_weight, .. } = self;
        let value = signed(part.floor.saturating_add(u64::from(extra_unit)), *pool);
        let noun = match (self.is_even, total_weight) {
            (true, 1) => "equal part",
            (true, _) => "equal parts",
            (false, 1) => "point",
            (false, _) => "points",
        };
        let carried = match carried {
            0 => String::new(),
            amount => format!(" (with {} carried over)", units.amount(*amount)),
        };
        format!(
            "{}: {} of {total_weight} {noun} of {}{carried} is {}, {}.",
            units.amount(value),
            share.weight,
            units.amount(*pool),
            self.digits(part),
            self.rounding(share.rank, part, extra_unit),
        )
    }

    /// The exact part, cut after two digits more than its units have: `17.6470...`.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the total is above 0, and a hundredfold remainder would take 2^57 weights to \
                  overflow"
    )]
    fn digits(&self, part: &Part) -> String {
        let hundredfold = part.remainder * 100;
        let cut = u128::from(part.floor) * 100 + hundredfold / part.total;
        let sign = if self.pool < 0 { "-" } else { "" };
        let more = if hundredfold.is_multiple_of(part.total) { "" } else { "..." };
        format!("{sign}{}{more}", decimal(cut, self.units.decimals().saturating_add(2)))
    }

    fn rounding(&self, rank: u64, part: &Part, extra_unit: bool) -> String {
        let (larger, smaller) =
            if self.pool < 0 { ("away from zero", "towards zero") } else { ("up", "down") };
        let place = nth_largest(rank);
        match (part.remainder, extra_unit) {
            (0, _) => "with nothing to round".to_owned(),
            (_, true) => format!("rounded {larger} as the {place} remainder"),
            (_, false) => format!(
                "rounded {smaller} as the {place} remainder, {} being rounded {larger}",
                match self.extra_units {
                    1 => "only the largest".to_owned(),
                    count => format!("only the largest {count}"),
                }
            ),
        }
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "2^63 * 2^63 is below 2^127")]
fn product(pool: i64, weight: i64) -> i128 {
    i128::from(pool) * i128::from(weight)
}

/// `largest`, `second-largest`, `21st-largest`.
fn nth_largest(rank: u64) -> String {
    const WORDS: [&str; 10] = [
        "", "second-", "third-", "fourth-", "fifth-", "sixth-", "seventh-", "eighth-", "ninth-",
        "tenth-",
    ];
    let suffix = match (rank % 10, rank % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    let word = usize::try_from(rank).ok().and_then(|rank| WORDS.get(rank.checked_sub(1)?));
    word.map_or_else(|| format!("{rank}{suffix}-largest"), |word| format!("{word}largest"))
}
