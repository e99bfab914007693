//! The window: the days that a report looks at.
//!
//! Each condition on the date narrows the window. An empty window is not an error. A window is
//! always one unbroken span of days. Not here: days with gaps between them (`day_set`).

use chrono::NaiveDate;

use crate::calendar::day_span::DaySpan;
use crate::calendar::{DateRange, FIRST_DAY, LAST_DAY};

/// A span of days of the calendar, possibly empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    first: i32,
    last: i32,
}

impl Window {
    /// The window of all days of the calendar.
    pub const ALL: Self = Self { first: FIRST_DAY.to_epoch_days(), last: LAST_DAY.to_epoch_days() };

    /// The empty window.
    pub const NONE: Self = Self { first: 1, last: 0 };

    /// Narrows the window to days on or after the date.
    #[must_use]
    pub fn at_least(self, date: NaiveDate) -> Self {
        Self { first: self.first.max(date.to_epoch_days()), ..self }
    }

    /// Narrows the window to days after the date.
    #[must_use]
    pub fn more_than(self, date: NaiveDate) -> Self {
        Self { first: self.first.max(date.to_epoch_days().saturating_add(1)), ..self }
    }

    /// Narrows the window to days on or before the date.
    #[must_use]
    pub fn at_most(self, date: NaiveDate) -> Self {
        Self { last: self.last.min(date.to_epoch_days()), ..self }
    }

    /// Narrows the window to days before the date.
    #[must_use]
    pub fn less_than(self, date: NaiveDate) -> Self {
        Self { last: self.last.min(date.to_epoch_days().saturating_sub(1)), ..self }
    }

    /// Narrows the window to the date. The window is empty if the date is not one of its days.
    #[must_use]
    pub fn only(self, date: NaiveDate) -> Self {
        self.at_least(date).at_most(date)
    }

    /// Returns the days as a range, or `None` if the window is empty.
    #[must_use]
    pub fn range(self) -> Option<DateRange> {
        self.span()?;
        let [from, until] = [self.first, self.last].map(NaiveDate::from_epoch_days);
        DateRange::window(from, until)
    }

    /// Returns the days as a span, or `None` if the window is empty.
    #[must_use]
    #[inline]
    pub fn span(self) -> Option<DaySpan> {
        DaySpan::ordered(self.first, self.last)
    }

    /// Returns those days of a span that are in the window, or `None` if there are no such days.
    #[must_use]
    #[inline]
    pub fn clip(self, span: DaySpan) -> Option<DaySpan> {
        DaySpan::ordered(span.first().max(self.first), span.last().min(self.last))
    }

    /// Counts those days of a span that are in the window.
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
