//! The entries of a report: revenue distributions, each with the keys that it can be grouped by.
//!
//! This file also follows an entry through the days, and so computes what each figure gains from
//! one day to another.

use crate::calendar::day_span::DaySpan;
use crate::money::currency::Currency;
use crate::money::projected;
use crate::revenue::deal::DealStatus;
use crate::revenue::recognition::{Divisor, Recognition};

use super::figure::Three;
use super::sums::Slices;

/// One revenue distribution as a report sees it. The ids are chosen by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of the organization.
    pub organization: i64,
    /// The id of the deal.
    pub deal: i64,
    /// The id of the person who created the distribution, if that is known.
    pub creator: Option<i64>,
    /// The id of the distribution.
    pub revenue_distribution: i64,
    /// The deal's currency.
    pub currency: Currency,
    /// The deal's probability in percent, 0 to 100.
    pub probability: i64,
    /// The deal's status, which decides whether anything is recognised.
    pub status: DealStatus,
    /// The days that the amounts are spread over.
    pub days: DaySpan,
    /// The amount in minor units of `currency`.
    pub amount: i64,
    /// The amount in minor units of the organization's currency.
    pub amount_default: i64,
}

/// The progress of a revenue distribution through the days of a window: the amounts that are
/// recognised up to the day that was reached.
///
/// It has one line for the deal's currency and the organization's alike if the amounts in both are
/// equal, else one for each.
pub(super) struct Course<const LINES: usize> {
    days: DaySpan,
    divisor: Divisor,
    as_of: i32,
    reached: i32,
    lines: [Line; LINES],
}

impl<const LINES: usize> Course<LINES> {
    /// Creates a course that has reached the day before `window`. The window must lie within the
    /// days of the entry.
    #[inline]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "days of the calendar are far from the limits"
    )]
    pub(super) fn new(entry: &Entry, amounts: [i64; LINES], window: DaySpan, as_of: i32) -> Self {
        let divisor = Divisor::new(entry.days);
        let reached = window.first() - 1;
        let before = entry.days.days_until(reached);
        let today = entry.days.days_until(as_of.clamp(reached, window.last()));
        let line = |amount| Line::new(divisor, [amount, entry.probability], before, today);
        Self { days: entry.days, divisor, as_of, reached, lines: amounts.map(line) }
    }

    /// Advances to the end of a later day; returns the slices gained since the last step.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "days of the calendar are far from the limits"
    )]
    pub(super) fn step_to(&mut self, day: i32) -> Slices<i64> {
        let (k, past, divisor) = (self.days.days_until(day), day <= self.as_of, self.divisor);
        let mut lines = self.lines.iter_mut();
        let own = lines.next().map_or([0; 3], |line| line.step_to(divisor, k, past));
        let default = lines.next().map_or(own, |line| line.step_to(divisor, k, past));
        let count = i64::from(day - self.reached);
        self.reached = day;
        Slices { count, own, default }
    }
}

/// The progress of one amount.
struct Line {
    revenue: Recognition,
    /// The projected amount, or `None` if it equals the amount.
    projected: Option<Recognition>,
    /// The part that is recognised by the last day that counts as recognised.
    recognised: i64,
    reached: Three<i64>,
}

impl Line {
    #[inline]
    fn new(divisor: Divisor, [amount, probability]: [i64; 2], before: i64, today: i64) -> Self {
        let revenue = divisor.spread(amount);
        let expected = projected(amount, probability);
        let projected = (expected != amount).then(|| divisor.spread(expected));
        let start = divisor.by_day(before, &revenue);
        let projected_start =
            projected.map_or(start, |recognition| divisor.by_day(before, &recognition));
        let recognised = divisor.by_day(today, &revenue);
        Self { revenue, projected, recognised, reached: [start, start, projected_start] }
    }

    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "P is monotone from 0 to its total, so no difference is larger than the total"
    )]
    fn step_to(&mut self, divisor: Divisor, k: i64, past: bool) -> Three<i64> {
        let revenue = divisor.by_day(k, &self.revenue);
        let recognised = if past { revenue } else { self.recognised };
        let projected =
            self.projected.map_or(revenue, |recognition| divisor.by_day(k, &recognition));
        let [from_revenue, from_recognised, from_projected] = self.reached;
        self.reached = [revenue, recognised, projected];
        [revenue - from_revenue, recognised - from_recognised, projected - from_projected]
    }
}
