//! The places of instants in their period, by which BYSETPOS of RFC 5545 chooses some of them: the
//! last working day of a month, say. Not here: which days a rule includes (`rule`).

use std::ops::RangeInclusive;

use chrono::NaiveDate;

/// The included days of the period that was asked for last, since the next question is mostly about
/// the same one. So each day of the calendar is looked at once more, and no oftener.
#[derive(Debug, Default)]
pub(super) struct Places {
    period: Option<RangeInclusive<NaiveDate>>,
    days: Vec<NaiveDate>,
}

impl Places {
    /// Counts the instants of a period before a day, and those on that day and after it. `times` is
    /// their number on each included day.
    pub(super) fn around(
        &mut self,
        day: NaiveDate,
        times: usize,
        period: impl FnOnce() -> RangeInclusive<NaiveDate>,
        includes: impl Fn(&NaiveDate) -> bool,
    ) -> (usize, usize) {
        if !self.period.as_ref().is_some_and(|known| known.contains(&day)) {
            let period = period();
            let days = period.start().iter_days().take_while(|day| period.contains(day));
            self.days.clear();
            self.days.extend(days.filter(includes));
            self.period = Some(period);
        }
        let before = self.days.partition_point(|other| *other < day);
        let from = self.days.len().saturating_sub(before);
        (before.saturating_mul(times), from.saturating_mul(times))
    }
}
