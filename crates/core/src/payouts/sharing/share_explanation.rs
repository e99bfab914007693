//! Explanations of shares: the figures of a share, and a sentence that a payee can read.
//!
//! [`SharedPool`] holds what all shares of a pool have in common. Together with the weight and the
//! rank of a share, all figures of that share can be computed again. Dividing a pool is
//! [`crate::shares`].

use crate::money::fraction::Fraction;
use crate::money::units::{Units, decimal};
use crate::payouts::sharing::shares::{Ranking, part, signed};

/// The figures that all shares of a pool have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPool {
    /// The units of all amounts.
    pub units: Units,
    /// The amount that is shared, with what was carried over.
    pub pool: i64,
    /// The part of the pool that earlier periods left.
    pub carried: i64,
    /// The sum of the weights, above 0.
    pub total_weight: i128,
    /// The minor units that remain after every share is rounded down; each goes to one share.
    pub extra_units: u64,
    /// Whether all weights are 1, so that the shares are equal parts and not points.
    pub is_even: bool,
}

/// An amount to be shared, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolAmount {
    /// The amount that is shared, with what was carried over.
    pub total: i64,
    /// The part of it that earlier periods left.
    pub carried: i64,
}

/// The figures that belong to one share only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankedWeight {
    /// The weight of the share, above 0.
    pub weight: i64,
    /// The rank of its remainder among all, from 1.
    pub rank: u64,
}

/// The figures of one share, with amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareExplanation {
    /// The amount that is shared, with what was carried over.
    pub pool: i64,
    /// The weight of the share: its points, or 1 if all parts are equal.
    pub score: i64,
    /// The sum of all weights: all points, or the number of equal parts.
    pub total_score: i128,
    /// The exact share, `pool * score / total_score`.
    pub exact: Fraction,
    /// The whole units of `exact`, rounded towards zero.
    pub floor: i64,
    /// The rest, `exact - floor`, with the sign of the pool.
    pub remainder: Fraction,
    /// The rank of the remainder among all, from 1; ties go to the lower collaborator id.
    pub rank: u64,
    /// Whether the share is one unit more than its floor, away from zero.
    pub extra_unit: bool,
    /// The part of the pool that earlier periods left.
    pub carried: i64,
    /// A sentence with all of these figures.
    pub sentence: String,
}

/// The exact part of a weight, `floor + remainder / total`, as magnitudes.
struct Part {
    floor: u64,
    remainder: u128,
    total: u128,
}

impl SharedPool {
    /// Takes the common figures from a ranking of the pool's shares.
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

    /// Explains the share with this weight and rank.
    ///
    /// # Panics
    ///
    /// If the weight cannot be one of the pool's: if it is below 0, or above the total.
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
        assert!(in_pool, "the weight must be one of the pool's");
        let (floor, remainder) = part(self.pool.unsigned_abs(), weight.unsigned_abs(), total);
        Part { floor, remainder, total }
    }

    /// Writes the sentence, such as `17.65 EUR: 3 of 17 points of 100.00 EUR is 17.6470..., rounded
    /// up as the second-largest remainder.`
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

    /// Writes the exact part, cut off two digits after the decimals of its units: `17.6470...`.
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

/// Writes a rank in words: `largest`, `second-largest`, `21st-largest`.
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
