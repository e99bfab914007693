//! Day slices: an amount spread over the days of a range, exactly.
//!
//! `P(k) = round(total * k / n)` is the part of the total that is recognised by the end of day `k`
//! of `n`. All other figures are differences of two such parts. So the slices of any partition sum
//! to the total, and the sum over a window takes two divisions, however long it is. Slices are
//! computed and never stored.

use chrono::NaiveDate;

use crate::calendar::{DateRange, Period};
use crate::money::rounding::divide_half_away;

/// Returns `P(k) = round(total * k / days)`: the part of `total` recognised by the end of day `k`.
///
/// `k` counts from 1 and is clamped to `0..=days`: nothing is recognised before the first day, and
/// everything after the last. The result is within half a unit of the exact value.
///
/// # Panics
///
/// If `days` is below 1, which the length of a [`DateRange`] never is.
///
/// # Examples
///
/// ```
/// use apportion_core::slicing::recognised;
///
/// assert_eq!([0, 1, 2, 3].map(|k| recognised(1, 3, k)), [0, 0, 1, 1]);
/// ```
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "2^63 * 2^63 is below 2^127; 0 <= k <= days, so |P(k)| <= |total|, which fits i64"
)]
pub fn recognised(total: i64, days: i64, k: i64) -> i64 {
    let elapsed = k.min(days).max(0);
    let exact = i128::from(total) * i128::from(elapsed);
    i64::try_from(divide_half_away(exact, days.into())).expect("a part is not more than the whole")
}

/// An amount, and the days that it is spread over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpreadAmount {
    /// The days.
    pub range: DateRange,
    /// The amount in minor units, which is the sum of all slices.
    pub total: i64,
}

/// The slices of the days that a range and a period have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodSlice {
    /// The day on which the period starts, which may be before the range.
    pub period_starts_on: NaiveDate,
    /// The days of the range that are in the period.
    pub range: DateRange,
    /// The sum of their slices, in minor units.
    pub amount: i64,
}

impl SpreadAmount {
    /// Returns the slice of one day, `P(k) - P(k - 1)`, or `None` for a day outside the range.
    #[must_use]
    pub fn slice(&self, date: NaiveDate) -> Option<i64> {
        self.range.day_number(date).map(|k| self.between(k, k))
    }

    /// Returns the sum of the slices in a window, `P(b) - P(a - 1)`; 0 if no day of the range is in
    /// it.
    #[must_use]
    pub fn window(&self, window: DateRange) -> i64 {
        self.range.intersect(&window).map_or(0, |days| self.part(days))
    }

    /// Iterates over the sums of each period in order; they add up to the total.
    pub fn by_period(&self, period: Period) -> impl Iterator<Item = PeriodSlice> + use<> {
        let span = *self;
        period.split(span.range).map(move |(period_starts_on, range)| PeriodSlice {
            period_starts_on,
            range,
            amount: span.part(range),
        })
    }

    /// Returns the smallest possible slice, `floor(total / n)`, in minor units.
    #[must_use]
    pub fn daily_min(&self) -> i64 {
        self.total.div_euclid(self.range.days())
    }

    /// Returns the largest possible slice, `ceil(total / n)`, in minor units.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a remainder needs n >= 2, so the floor is at most half of i64::MAX"
    )]
    pub fn daily_max(&self) -> i64 {
        let divides = self.total.rem_euclid(self.range.days()) == 0;
        self.daily_min() + i64::from(!divides)
    }

    /// Explains the slice of a day; `None` for a day outside the range.
    #[must_use]
    pub fn explain(&self, date: NaiveDate) -> Option<SliceExplanation> {
        self.range.day_number(date).map(|k| SliceExplanation::for_day(self, k))
    }

    /// Returns the sum of the slices of some days, which must be in the range.
    fn part(&self, days: DateRange) -> i64 {
        let number = |date| self.range.day_number(date).unwrap_or_default();
        self.between(number(days.start()), number(days.end()))
    }

    /// Returns `P(last) - P(first - 1)`, for day numbers `1 <= first <= last <= n`.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "day numbers start at 1; P is monotone from 0 to total, so the difference fits i64"
    )]
    fn between(&self, first: i64, last: i64) -> i64 {
        self.recognised_by(last) - self.recognised_by(first - 1)
    }

    fn recognised_by(&self, k: i64) -> i64 {
        recognised(self.total, self.range.days(), k)
    }
}

/// The figures behind one day's slice, all in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceExplanation {
    /// The amount that is spread.
    pub total: i64,
    /// The number of days that it is spread over, `n`.
    pub days: i64,
    /// The number of this day, from 1.
    pub k: i64,
    /// The part recognised before the day, `P(k - 1)`.
    pub before: i64,
    /// The part recognised by the end of the day, `P(k)`.
    pub upto: i64,
    /// A sentence with all of these figures.
    pub sentence: String,
}

impl SliceExplanation {
    #[expect(clippy::arithmetic_side_effects, reason = "day numbers start at 1")]
    fn for_day(span: &SpreadAmount, k: i64) -> Self {
        let (total, days, slice) = (span.total, span.range.days(), span.between(k, k));
        let (before, upto) = (span.recognised_by(k - 1), span.recognised_by(k));
        let sentence = format!(
            "Day {k} of {days} brings what is recognised of {total} from {before} \
             ({total} x {} / {days}, rounded) to {upto} ({total} x {k} / {days}, rounded), \
             so its share is {slice} minor units.",
            k - 1,
        );
        Self { total, days, k, before, upto, sentence }
    }
}
