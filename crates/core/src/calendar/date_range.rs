//! Ranges of whole days, and the first and last day of the calendar.

use chrono::{Days, NaiveDate};
use thiserror::Error;

/// The first day that any date may be: 1900-01-01.
pub const FIRST_DAY: NaiveDate = fixed_day(1900, 1, 1);
/// The last day that any date may be: 2199-12-31.
pub const LAST_DAY: NaiveDate = fixed_day(2199, 12, 31);
/// The longest revenue distribution, in days: a hundred years.
pub const MAX_DAYS: i64 = 36_525;

#[expect(
    clippy::unwrap_used,
    reason = "run by the compiler, which refuses a date that does not exist"
)]
const fn fixed_day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// An error: a day is outside the calendar, or two days do not make a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The last day is before the first.
    #[error("must not be before the start")]
    EndBeforeStart,
    /// A day is before [`FIRST_DAY`] or after [`LAST_DAY`].
    #[error("must be from {FIRST_DAY} to {LAST_DAY}")]
    OutOfCalendar,
    /// The range has more than [`MAX_DAYS`] days.
    #[error("must be within {MAX_DAYS} days of the start, both days counted")]
    TooLong,
}

/// Returns the day if it is in the calendar.
///
/// # Errors
///
/// [`CalendarError::OutOfCalendar`] for a day outside [`FIRST_DAY`]`..=`[`LAST_DAY`].
pub fn in_calendar(date: NaiveDate) -> Result<NaiveDate, CalendarError> {
    if (FIRST_DAY..=LAST_DAY).contains(&date) {
        Ok(date)
    } else {
        Err(CalendarError::OutOfCalendar)
    }
}

/// A range of at least one day within the calendar, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    start: NaiveDate,
    end: NaiveDate,
}

impl DateRange {
    /// Creates the range of a revenue distribution.
    ///
    /// # Errors
    ///
    /// [`CalendarError`] if a day is outside the calendar, the end is before the start, or there
    /// are too many days.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Result<Self, CalendarError> {
        let range = Self::ordered(in_calendar(start)?, in_calendar(end)?)
            .ok_or(CalendarError::EndBeforeStart)?;
        if range.days() > MAX_DAYS { Err(CalendarError::TooLong) } else { Ok(range) }
    }

    /// Creates a range of any length from one day until another, both included.
    ///
    /// An end that is `None` is the edge of the calendar, and days outside the calendar are cut
    /// off. Returns `None` if no day is left.
    #[must_use]
    pub fn window(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Option<Self> {
        let start = from.map_or(FIRST_DAY, |day| day.max(FIRST_DAY));
        let end = until.map_or(LAST_DAY, |day| day.min(LAST_DAY));
        Self::ordered(start, end)
    }

    pub(super) fn ordered(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// Returns the first day.
    #[must_use]
    pub const fn start(&self) -> NaiveDate {
        self.start
    }

    /// Returns the last day.
    #[must_use]
    pub const fn end(&self) -> NaiveDate {
        self.end
    }

    /// Returns the number of days, at least 1.
    #[must_use]
    pub fn days(&self) -> i64 {
        self.days_until(self.end)
    }

    #[expect(
        clippy::arithmetic_side_effects,
        reason = "chrono's days are within 2^28 of each other"
    )]
    fn days_until(&self, date: NaiveDate) -> i64 {
        date.signed_duration_since(self.start).num_days() + 1
    }

    /// Returns whether the day is in the range.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        (self.start..=self.end).contains(&date)
    }

    /// Returns the days that both ranges have in common, or `None` if there is no such day.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        Self::ordered(self.start.max(other.start), self.end.min(other.end))
    }

    /// Returns the number of a day, counted from 1, or `None` for a day outside the range.
    #[must_use]
    pub fn day_number(&self, date: NaiveDate) -> Option<i64> {
        self.contains(date).then(|| self.days_until(date))
    }

    /// Returns the day with a number, counted from 1: the inverse of [`DateRange::day_number`].
    #[must_use]
    pub fn nth_day(&self, number: i64) -> Option<NaiveDate> {
        let after_start = u64::try_from(number.checked_sub(1)?).ok()?;
        self.start.checked_add_days(Days::new(after_start)).filter(|date| self.contains(*date))
    }

    /// Iterates over all days in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let Self { start, end } = *self;
        start.iter_days().take_while(move |date| *date <= end)
    }
}
