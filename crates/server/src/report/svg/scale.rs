//! The two axes of a chart: where a bar, and where an amount, is on the paper.
//!
//! In whole numbers throughout: ticks are 1, 2 or 5 times a power of ten of minor units.

use std::iter;
use std::ops::Range;

use apportion_core::calendar::Period;
use apportion_core::currency::Currency;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::amount::{grouped, minor_per_unit};
use super::bars::Bars;

/// The width of a place for a bar, on the axis itself.
const SLOT: i64 = 1_000;
/// From this many bars on there is no space between them.
const DENSE: i64 = 150;
/// Most steps between ticks of amounts.
const MAX_STEPS: i128 = 6;

/// The axis of the bars, in thousandths of the place of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    count: i64,
    /// Every how many there is a label.
    step: i64,
}

/// The axis of the amounts, in minor units, from a tick to a tick with 0 between them or at an end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    low: i128,
    high: i128,
    step: i128,
    currency: Currency,
}

#[expect(clippy::arithmetic_side_effects, reason = "numbers of bars are small, steps above 0")]
impl Slots {
    /// With as many labels as have room: side by side there is room for so many letters.
    pub(super) fn new(bars: &Bars, letters: i32) -> Self {
        let count = i64::try_from(bars.labels.len()).unwrap_or(i64::MAX / SLOT);
        let longest = bars.labels.iter().map(|label| label.chars().count()).max();
        let longest = i64::try_from(longest.unwrap_or_default()).unwrap_or_default();
        let most = (i64::from(letters) / (longest + 1)).max(1);
        let fits = |step: &i64| (count + step - 1) / step <= most;
        let even: &[i64] = match bars.period {
            Some(Period::Day) => &[1, 2, 7, 14, 28],
            Some(Period::Week) => &[1, 2, 4, 13, 26, 52],
            Some(Period::Month) => &[1, 2, 3, 6, 12, 24, 60, 120],
            Some(Period::Quarter) => &[1, 2, 4, 8, 20, 40],
            Some(Period::Year) => &[1, 2, 5, 10, 20, 50],
            None => &[1],
        };
        let steps = even.iter().copied().chain((1..).map(|times| times * 50));
        Self { count, step: steps.take(1_000).find(fits).unwrap_or(count.max(1)) }
    }

    /// Where a bar begins and ends.
    pub(super) fn edges(self, number: usize) -> [i64; 2] {
        let start = i64::try_from(number).unwrap_or(self.count) * SLOT;
        let space = if self.count < DENSE { SLOT / 8 } else { 0 };
        [start + space, start + SLOT - space]
    }

    /// Where the axis begins and ends.
    pub(super) fn ends(self) -> [i64; 2] {
        [0, self.count.max(1) * SLOT]
    }

    /// The number of the bar that is there.
    pub(super) fn number(at: i64) -> usize {
        usize::try_from(at / SLOT).unwrap_or_default()
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "numbers of bars are small, steps above 0")]
impl Ranged for Slots {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i64;

    fn map(&self, value: &i64, limit: (i32, i32)) -> i32 {
        let [first, last] = self.ends().map(i128::from);
        proportional(i128::from(*value), first..last, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        let step = usize::try_from(self.step).unwrap_or(usize::MAX);
        (0..self.count).step_by(step).map(|number| number * SLOT + SLOT / 2).collect()
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
    /// Holds every bar, and one unit of the currency where there is none.
    pub(super) fn over(bars: &Bars, currency: Currency) -> Self {
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

    /// What the amounts are in.
    pub(super) fn currency(&self) -> Currency {
        self.currency
    }

    /// An amount on the axis, without the decimals that no tick needs.
    pub(super) fn label(&self, minor: i128) -> String {
        grouped(minor, self.currency, self.step % minor_per_unit(self.currency) == 0)
    }

    /// All labels, the lowest first.
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
        proportional(*value, self.low..self.high, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<i128> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks().collect() }
    }

    fn range(&self) -> Range<i128> {
        self.low..self.high
    }
}

/// The place between two others, to the nearest whole one below.
fn proportional(value: i128, from: Range<i128>, (first, last): (i32, i32)) -> i32 {
    let along = value.saturating_sub(from.start);
    let whole = from.end.saturating_sub(from.start).max(1);
    let room = i128::from(last).saturating_sub(first.into());
    let place = along.saturating_mul(room).checked_div_euclid(whole).unwrap_or_default();
    i32::try_from(place.saturating_add(first.into())).unwrap_or(last)
}

impl ValueFormatter<i64> for Slots {}
impl ValueFormatter<i128> for Amounts {}
