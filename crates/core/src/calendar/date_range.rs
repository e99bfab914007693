//! The calendar: ranges of whole days, and the periods that reports are made by.
//!
//! Days are days: no clock, no time zone, no hours, no working days. What "today" is, the caller
//! says.

use std::iter;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use thiserror::Error;

/// The first day that anything may be dated: 1900-01-01.
pub const FIRST_DAY: NaiveDate = fixed_day(1900, 1, 1);
/// The last day that anything may be dated: 2199-12-31.
pub const LAST_DAY: NaiveDate = fixed_day(2199, 12, 31);
/// The longest distribution, in days: a hundred years.
pub const MAX_DAYS: i64 = 36_525;

#[expect(clippy::unwrap_used, reason = "run by the compiler, which refuses a day that is none")]
const fn fixed_day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Why two days do not make a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The last day is before the first.
    #[error("must not be before the start")]
    EndBeforeStart,
    /// A day before [`FIRST_DAY`] or after [`LAST_DAY`].
    #[error("must be from {FIRST_DAY} to {LAST_DAY}")]
    OutOfCalendar,
    /// More than [`MAX_DAYS`] days.
    #[error("must not be past day {MAX_DAYS} from the start")]
    TooLong,
}

/// The day itself, where it is in the calendar.
///
/// # Errors
///
/// [`CalendarError::OutOfCalendar`] outside [`FIRST_DAY`]`..=`[`LAST_DAY`].
pub fn in_calendar(date: NaiveDate) -> Result<NaiveDate, CalendarError> {
    if (FIRST_DAY..=LAST_DAY).contains(&date) {
        Ok(date)
    } else {
        Err(CalendarError::OutOfCalendar)
    }
}

/// At least one day, both ends included, within the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRange {
    start: NaiveDate,
    end: NaiveDate,
}

impl DateRange {
    /// The days of a distribution.
    ///
    /// # Errors
    ///
    /// [`CalendarError`]: a day outside the calendar, an end before its start, too many days.
    pub fn new(start: NaiveDate, end: NaiveDate) -> Result<Self, CalendarError> {
        let range = Self::ordered(in_calendar(start)?, in_calendar(end)?)
            .ok_or(CalendarError::EndBeforeStart)?;
        if range.days() > MAX_DAYS { Err(CalendarError::TooLong) } else { Ok(range) }
    }

    /// The days of the calendar from one day until another, of any length, each end open where it
    /// is `None`. `None` where no day of the calendar is left.
    #[must_use]
    pub fn window(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Option<Self> {
        let start = from.map_or(FIRST_DAY, |day| day.max(FIRST_DAY));
        let end = until.map_or(LAST_DAY, |day| day.min(LAST_DAY));
        Self::ordered(start, end)
    }

    fn ordered(start: NaiveDate, end: NaiveDate) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// The first day.
    #[must_use]
    pub const fn start(&self) -> NaiveDate {
        self.start
    }

    /// The last day.
    #[must_use]
    pub const fn end(&self) -> NaiveDate {
        self.end
    }

    /// The number of days, at least 1.
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

    /// Whether the day is one of the range.
    #[must_use]
    pub fn contains(&self, date: NaiveDate) -> bool {
        (self.start..=self.end).contains(&date)
    }

    /// The days that both ranges have.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        Self::ordered(self.start.max(other.start), self.end.min(other.end))
    }

    /// The number of a day, the first being 1. `None` for a day outside the range.
    #[must_use]
    pub fn day_number(&self, date: NaiveDate) -> Option<i64> {
        self.contains(date).then(|| self.days_until(date))
    }

    /// The day of a number, the first being 1: the inverse of [`DateRange::day_number`].
    #[must_use]
    pub fn nth_day(&self, number: i64) -> Option<NaiveDate> {
        let after_start = u64::try_from(number.checked_sub(1)?).ok()?;
        self.start.checked_add_days(Days::new(after_start)).filter(|date| self.contains(*date))
    }

    /// Every day, in order.
    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let Self { start, end } = *self;
        start.iter_days().take_while(move |date| *date <= end)
    }
}

/// What a report is made by. Weeks are those of ISO 8601: Monday to Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// `2025-07-01`
    Day,
    /// `2025-W27`
    Week,
    /// `2025-07`
    Month,
    /// `2025-Q3`
    Quarter,
    /// `2025`
    Year,
}

/// A whole period, both ends included; at the edges it may reach out of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodSpan {
    /// The first day of the period.
    pub starts_on: NaiveDate,
    /// The last day of the period.
    pub ends_on: NaiveDate,
}

impl Period {
    /// The whole period that the day is in. Any day will do, also outside the calendar.
    #[must_use]
    pub fn containing(self, date: NaiveDate) -> PeriodSpan {
        match self {
            Self::Day => PeriodSpan { starts_on: date, ends_on: date },
            Self::Week => week(date),
            Self::Month => months(date, 1),
            Self::Quarter => months(date, 3),
            Self::Year => months(date, 12),
        }
    }

    /// The name of the period that the day is in, such as `2025-W27`.
    #[must_use]
    pub fn key(self, date: NaiveDate) -> String {
        let pattern = match self {
            Self::Day => "%Y-%m-%d",
            Self::Week => "%G-W%V",
            Self::Month => "%Y-%m",
            Self::Quarter => "%Y-Q%q",
            Self::Year => "%Y",
        };
        date.format(pattern).to_string()
    }

    /// The range cut at the borders of periods: for each period the day it starts on, which may be
    /// before the range, and its days that are in the range.
    pub fn split(self, range: DateRange) -> impl Iterator<Item = (NaiveDate, DateRange)> {
        let part = move |from: NaiveDate| {
            let period = self.containing(from);
            let days = DateRange::ordered(from, range.end.min(period.ends_on))?;
            Some((period.starts_on, days))
        };
        iter::successors(part(range.start), move |(_, days)| part(days.end.succ_opt()?))
    }
}

fn week(date: NaiveDate) -> PeriodSpan {
    let week = date.week(Weekday::Mon);
    PeriodSpan {
        starts_on: week.checked_first_day().unwrap_or(NaiveDate::MIN),
        ends_on: week.checked_last_day().unwrap_or(NaiveDate::MAX),
    }
}

/// The run of `count` months, counted from January, that the day is in; `count` divides 12.
fn months(date: NaiveDate, count: u32) -> PeriodSpan {
    let starts_on = NaiveDate::from_ymd_opt(date.year(), first_month(date, count), 1);
    let next_starts_on = starts_on.and_then(|day| day.checked_add_months(Months::new(count)));
    PeriodSpan {
        starts_on: starts_on.unwrap_or(NaiveDate::MIN),
        ends_on: next_starts_on.and_then(|day| day.pred_opt()).unwrap_or(NaiveDate::MAX),
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "count is 1, 3 or 12, months are 0..=11")]
fn first_month(date: NaiveDate, count: u32) -> u32 {
    date.month0() / count * count + 1
}
