//! The days of a distribution as two numbers, as columns hold them.
//!
//! A [`DateRange`] for whoever adds up many: no dates are made, only numbers compared. A day's
//! number counts from 1970-01-01, which is 0 (`NaiveDate::to_epoch_days`).

use chrono::NaiveDate;

use crate::calendar::{CalendarError, DateRange};

/// At least one day, both ends included, within the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaySpan {
    first: i32,
    last: i32,
}

impl DaySpan {
    /// The days of a distribution, by their numbers.
    ///
    /// # Errors
    ///
    /// As [`DateRange::new`].
    pub fn new(first: i32, last: i32) -> Result<Self, CalendarError> {
        let date = |day| NaiveDate::from_epoch_days(day).ok_or(CalendarError::OutOfCalendar);
        DateRange::new(date(first)?, date(last)?).map(Self::from)
    }

    /// Both are within the calendar: the callers' care.
    pub(crate) fn ordered(first: i32, last: i32) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The number of the first day.
    #[must_use]
    #[inline]
    pub const fn first(self) -> i32 {
        self.first
    }

    /// The number of the last day.
    #[must_use]
    #[inline]
    pub const fn last(self) -> i32 {
        self.last
    }

    /// How many days, at least 1.
    #[must_use]
    #[inline]
    pub fn days(self) -> i64 {
        self.days_until(self.last)
    }

    /// From the first day of either to the last.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// The days from the first until this one, which may be before it.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "numbers of 32 bits, in 64")]
    pub(crate) fn days_until(self, day: i32) -> i64 {
        i64::from(day) - i64::from(self.first) + 1
    }
}

impl From<DateRange> for DaySpan {
    fn from(range: DateRange) -> Self {
        Self { first: range.start().to_epoch_days(), last: range.end().to_epoch_days() }
    }
}
