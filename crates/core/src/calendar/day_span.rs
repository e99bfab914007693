//! The days of a distribution as two numbers, as columns of the database hold them.
//!
//! Sums over many distributions use it in place of a [`DateRange`], because comparing numbers needs
//! no dates. Days are numbered from 1970-01-01, which is 0 (`NaiveDate::to_epoch_days`).

use chrono::NaiveDate;

use crate::calendar::{CalendarError, DateRange};

/// A span of at least one day within the calendar, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaySpan {
    first: i32,
    last: i32,
}

impl DaySpan {
    /// Creates the span of a revenue distribution from the numbers of its days.
    ///
    /// # Errors
    ///
    /// Those of [`DateRange::new`].
    pub fn new(first: i32, last: i32) -> Result<Self, CalendarError> {
        let date = |day| NaiveDate::from_epoch_days(day).ok_or(CalendarError::OutOfCalendar);
        DateRange::new(date(first)?, date(last)?).map(Self::from)
    }

    /// Creates a span if the days are in order. Callers ensure that both are in the calendar.
    pub(crate) fn ordered(first: i32, last: i32) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// Returns the number of the first day.
    #[must_use]
    #[inline]
    pub const fn first(self) -> i32 {
        self.first
    }

    /// Returns the number of the last day.
    #[must_use]
    #[inline]
    pub const fn last(self) -> i32 {
        self.last
    }

    /// Returns the number of days, at least 1.
    #[must_use]
    #[inline]
    pub fn days(self) -> i64 {
        self.days_until(self.last)
    }

    /// Returns the span from the earlier first day to the later last day.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Counts the days from the first until a day, both included; 0 or less if that day is before
    /// the first.
    #[inline]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the difference of two 32-bit numbers fits 64 bits"
    )]
    pub(crate) fn days_until(self, day: i32) -> i64 {
        i64::from(day) - i64::from(self.first) + 1
    }
}

impl From<DateRange> for DaySpan {
    fn from(range: DateRange) -> Self {
        Self { first: range.start().to_epoch_days(), last: range.end().to_epoch_days() }
    }
}
