//! The window of days that a report or a list of revenue items looks through.
//!
//! Every condition on the date narrows it, and it may come out empty, which is no fault. It is one
//! run of days: conditions that leave a hole are not its matter.

use chrono::NaiveDate;

use crate::calendar::day_span::DaySpan;
use crate::calendar::{DateRange, FIRST_DAY, LAST_DAY};

/// A run of days of the calendar, possibly none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    first: i32,
    last: i32,
}

impl Window {
    /// Every day of the calendar: the window that nothing has narrowed.
    pub const ALL: Self = Self { first: FIRST_DAY.to_epoch_days(), last: LAST_DAY.to_epoch_days() };

    /// No day.
    pub const NONE: Self = Self { first: 1, last: 0 };

    /// Its days that are the date or later.
    #[must_use]
    pub fn at_least(self, date: NaiveDate) -> Self {
        Self { first: self.first.max(date.to_epoch_days()), ..self }
    }

    /// Its days that are later than the date.
    #[must_use]
    pub fn more_than(self, date: NaiveDate) -> Self {
        Self { first: self.first.max(date.to_epoch_days().saturating_add(1)), ..self }
    }

    /// Its days that are the date or earlier.
    #[must_use]
    pub fn at_most(self, date: NaiveDate) -> Self {
        Self { last: self.last.min(date.to_epoch_days()), ..self }
    }

    /// Its days that are earlier than the date.
    #[must_use]
    pub fn less_than(self, date: NaiveDate) -> Self {
        Self { last: self.last.min(date.to_epoch_days().saturating_sub(1)), ..self }
    }

    /// The date, where it is one of its days.
    #[must_use]
    pub fn only(self, date: NaiveDate) -> Self {
        self.at_least(date).at_most(date)
    }

    /// Its days; `None` where there are none.
    #[must_use]
    pub fn range(self) -> Option<DateRange> {
        self.span()?;
        let [from, until] = [self.first, self.last].map(NaiveDate::from_epoch_days);
        DateRange::window(from, until)
    }

    /// Its days by their numbers; `None` where there are none.
    #[must_use]
    #[inline]
    pub fn span(self) -> Option<DaySpan> {
        DaySpan::ordered(self.first, self.last)
    }

    /// The days of the span that are in the window; `None` where there are none.
    #[must_use]
    #[inline]
    pub fn clip(self, span: DaySpan) -> Option<DaySpan> {
        DaySpan::ordered(span.first().max(self.first), span.last().min(self.last))
    }

    /// How many days of the span are in the window.
    #[must_use]
    #[inline]
    pub fn days_of(self, span: DaySpan) -> i64 {
        self.clip(span).map_or(0, DaySpan::days)
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::ALL
    }
}

impl From<DateRange> for Window {
    fn from(range: DateRange) -> Self {
        Self::ALL.at_least(range.start()).at_most(range.end())
    }
}

impl From<DaySpan> for Window {
    fn from(span: DaySpan) -> Self {
        Self { first: span.first(), last: span.last() }
    }
}
