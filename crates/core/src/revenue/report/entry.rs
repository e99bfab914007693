//! What a report is made of: one revenue distribution with what it is grouped by.
//!
//! And its course through the days: the difference between one day and another of each figure.

use crate::calendar::day_span::DaySpan;
use crate::money::currency::Currency;
use crate::money::projected;
use crate::revenue::recognition::{Divisor, Recognition};

use super::figure::Three;
use super::sums::Slices;

/// One revenue distribution as a report sees it. Ids are whatever the caller's are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The tenant.
    pub organization: i64,
    /// The deal.
    pub deal: i64,
    /// Who made the distribution, where that is known.
    pub creator: Option<i64>,
    /// The distribution.
    pub revenue_distribution: i64,
    /// The deal's currency.
    pub currency: Currency,
    /// The deal's probability in percent, 0 to 100.
    pub probability: i64,
    /// The days that it is spread over.
    pub days: DaySpan,
    /// Minor units of `currency`.
    pub amount: i64,
    /// Minor units of the organization's currency.
    pub amount_default: i64,
}

/// The way of a distribution through the days of a window: how far each figure has come. It has one
/// line where both currencies are the same, else two.
pub(super) struct Course<const LINES: usize> {
    days: DaySpan,
    divisor: Divisor,
    as_of: i32,
    reached: i32,
    lines: [Line; LINES],
}

impl<const LINES: usize> Course<LINES> {
    /// Stands before the first day of `window`, which is of the entry's days.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "days of the calendar")]
    pub(super) fn new(entry: &Entry, amounts: [i64; LINES], window: DaySpan, as_of: i32) -> Self {
        let divisor = Divisor::new(entry.days);
        let reached = window.first() - 1;
        let before = entry.days.days_until(reached);
        let today = entry.days.days_until(as_of.clamp(reached, window.last()));
        let line = |amount| Line::new(divisor, [amount, entry.probability], before, today);
        Self { days: entry.days, divisor, as_of, reached, lines: amounts.map(line) }
    }

    /// Goes on to the end of a later day: the slices on the way.
    #[inline(always)]
    #[expect(clippy::arithmetic_side_effects, reason = "days of the calendar")]
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

/// One amount on its way.
struct Line {
    revenue: Recognition,
    /// `None` where it is the revenue.
    projected: Option<Recognition>,
    /// What is recognised in the end.
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
        reason = "P is monotone from 0 to its total, so differences are of no more than the total"
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
