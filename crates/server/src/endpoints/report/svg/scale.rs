//! The two axes of a chart, which place bars and amounts on the paper.
//!
//! All computation is in whole numbers. Steps between ticks are 1, 2 or 5 times a power of ten, in
//! minor units.

use std::iter;
use std::ops::Range;

use apportion_core::calendar::Period;
use apportion_core::currency::Currency;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::amount::{grouped, minor_per_unit};
use super::bars::Bars;

/// The width of the place of one bar, in units of the axis.
const SLOT: i64 = 1_000;
/// The largest number of steps between ticks of amounts.
const MAX_STEPS: i128 = 6;

/// The axis of the bars, on which the place of each bar is [`SLOT`] wide.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    count: i64,
    /// The width of a bar within its place.
    width: i64,
    /// The numbers of the bars that have a label.
    labelled: Vec<usize>,
}

/// The axis of the amounts, in minor units. It begins and ends with a tick, and contains 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    low: i128,
    high: i128,
    step: i128,
    currency: Currency,
}

/// Returns the distances between labels that are even for periods of this length.
const fn label_steps(period: Period) -> &'static [usize] {
    match period {
        Period::Day => &[1, 2, 7],
        Period::Week => &[1, 2, 4],
        Period::Month | Period::Quarter | Period::Year => &[1, 2],
    }
}

/// Returns the endings of labels to show if there are too many bars for even steps, such as those
/// of the first day of a month. Later entries show fewer labels.
const fn round_endings(period: Period) -> &'static [&'static [&'static str]] {
    match period {
        Period::Day => &[&["-01"], &["-01-01", "-04-01", "-07-01", "-10-01"], &["-01-01"]],
        Period::Week => &[&["-W01", "-W14", "-W27", "-W40"], &["-W01"]],
        Period::Month => &[&["-01", "-04", "-07", "-10"], &["-01"]],
        Period::Quarter => &[&["-Q1"]],
        Period::Year => &[&["0", "5"], &["0"], &["50", "00"]],
    }
}

/// Lists the numbers of the bars that have a label. Of periods, at most `most` have one; of other
/// bars, all have.
fn labelled(bars: &Bars, most: usize) -> Vec<usize> {
    let every = |step| (0..bars.labels.len()).step_by(step).collect::<Vec<_>>();
    let ending = |ends: &[&str]| {
        let labels = (0..).zip(&bars.labels);
        let round = labels.filter(|(_, label)| ends.iter().any(|end| label.ends_with(end)));
        round.map(|(number, _)| number).collect::<Vec<_>>()
    };
    let Some(period) = bars.period else { return every(1) };
    let even = label_steps(period).iter().map(|step| every(*step));
    let round = round_endings(period).iter().map(|ends| ending(ends));
    let fits = |numbers: &Vec<usize>| (1..=most).contains(&numbers.len());
    let step = bars.labels.len().div_ceil(most.max(1)).max(1);
    even.chain(round).find(fits).unwrap_or_else(|| every(step))
}

#[expect(clippy::arithmetic_side_effects, reason = "numbers of bars are small")]
impl Slots {
    /// Creates the axis, with as many labels as have room in a line of `letters`.
    pub(super) fn new(bars: &Bars, letters: usize) -> Self {
        let count = i64::try_from(bars.labels.len()).unwrap_or(i64::MAX / SLOT);
        let longest = bars.labels.iter().map(|label| label.chars().count()).max();
        let most = letters.checked_div(longest.unwrap_or_default() + 1).unwrap_or_default();
        let width = if bars.are_dense() { SLOT } else { SLOT * 3 / 4 };
        // The cap keeps a lone bar from filling the whole plot.
        let width = width.min(count * SLOT / 4);
        Self { count, width, labelled: labelled(bars, most) }
    }

    /// Returns the left and the right edge of a bar.
    pub(super) fn edges(&self, number: usize) -> [i64; 2] {
        let start = i64::try_from(number).unwrap_or(self.count) * SLOT;
        let space = (SLOT - self.width) / 2;
        [start + space, start + SLOT - space]
    }

    /// Returns the beginning and the end of the axis.
    pub(super) fn ends(&self) -> [i64; 2] {
        [0, self.count.max(1) * SLOT]
    }

    /// Returns the number of the bar at a place on the axis.
    pub(super) fn number(at: i64) -> usize {
        usize::try_from(at / SLOT).unwrap_or_default()
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "numbers of bars are small")]
impl Ranged for Slots {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i64;

    fn map(&self, value: &i64, limit: (i32, i32)) -> i32 {
        let [first, last] = self.ends().map(i128::from);
        proportional(i128::from(*value), first..last, limit.0, limit.1)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        let middle = |number: &usize| Some(i64::try_from(*number).ok()? * SLOT + SLOT / 2);
        self.labelled.iter().filter_map(middle).collect()
    }

    fn range(&self) -> Range<i64> {
        let [first, last] = self.ends();
        first..last
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "sums of far fewer than 2^60 amounts of 64 bits"
)]
impl Amounts {
    /// Creates an axis that holds every bar, or one unit of the currency if all bars are empty.
    pub(super) fn for_bars(bars: &Bars, currency: Currency) -> Self {
        let (mut low, mut high) = (0, 0);
        for number in 0..bars.labels.len() {
            let parts = bars.series.iter().filter_map(|series| series.amounts.get(number));
            let (up, down): (Vec<i128>, Vec<i128>) = parts.partition(|part| **part > 0);
            low = low.min(down.iter().sum());
            high = high.max(up.iter().sum());
        }
        if low == high {
            high = minor_per_unit(currency);
        }
        let mut steps = iter::successors(Some(1), |power| Some(power * 10))
            .flat_map(|power: i128| [power, 2 * power, 5 * power]);
        let up = |value: i128, step: i128| -(-value).div_euclid(step);
        let fits = |step: &i128| up(high, *step) + up(-low, *step) <= MAX_STEPS;
        let step = steps.find(fits).unwrap_or(high - low);
        Self { low: -up(-low, step) * step, high: up(high, step) * step, step, currency }
    }

    /// Returns the currency of the amounts.
    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    /// Writes an amount on the axis, without decimals if no tick has any.
    pub(super) fn label(&self, minor: i128) -> String {
        grouped(minor, self.currency, self.step % minor_per_unit(self.currency) == 0)
    }

    /// Returns the labels of all ticks, the lowest first.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> {
        self.ticks().map(|minor| self.label(minor))
    }

    fn ticks(&self) -> impl Iterator<Item = i128> + use<> {
        let Self { low, high, step, .. } = *self;
        iter::successors(Some(low), move |tick| Some(tick + step)).take_while(move |it| *it <= high)
    }
}

impl Ranged for Amounts {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i128;

    fn map(&self, value: &i128, limit: (i32, i32)) -> i32 {
        proportional(*value, self.low..self.high, limit.0, limit.1)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i128> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks().collect() }
    }

    fn range(&self) -> Range<i128> {
        self.low..self.high
    }
}

/// Returns the place from `first` to `last` that corresponds to a value in a range, rounded down.
fn proportional(value: i128, from: Range<i128>, first: i32, last: i32) -> i32 {
    let along = value.saturating_sub(from.start);
    let whole = from.end.saturating_sub(from.start).max(1);
    let room = i128::from(last).saturating_sub(first.into());
    let place = along.saturating_mul(room).checked_div_euclid(whole).unwrap_or_default();
    i32::try_from(place.saturating_add(first.into())).unwrap_or(last)
}

impl ValueFormatter<i64> for Slots {}
impl ValueFormatter<i128> for Amounts {}
