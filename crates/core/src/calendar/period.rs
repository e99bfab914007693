//! The periods that reports are made by: days, weeks, months, quarters and years.

use std::iter;

use chrono::{Datelike, Months, NaiveDate, Weekday};

use crate::calendar::date_range::DateRange;

/// A kind of period. Weeks are those of ISO 8601, from Monday to Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A day, named like `2025-07-01`.
    Day,
    /// A week, named like `2025-W27`.
    Week,
    /// A month, named like `2025-07`.
    Month,
    /// A quarter, named like `2025-Q3`.
    Quarter,
    /// A year, named like `2025`.
    Year,
}

/// One whole period, both ends included; at an edge of the calendar it may reach out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodSpan {
    /// The first day of the period.
    pub starts_on: NaiveDate,
    /// The last day of the period.
    pub ends_on: NaiveDate,
}

impl Period {
    /// Returns the whole period that contains the day. Both may reach outside the calendar.
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

    /// Returns the name of the period that contains the day, such as `2025-W27`.
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

    /// Cuts a range at the borders of periods.
    ///
    /// Yields for each period the day on which it starts, which may be before the range, and those
    /// of its days that are in the range.
    pub fn split(self, range: DateRange) -> impl Iterator<Item = (NaiveDate, DateRange)> {
        let part = move |from: NaiveDate| {
            let period = self.containing(from);
            let days = DateRange::ordered(from, range.end().min(period.ends_on))?;
            Some((period.starts_on, days))
        };
        iter::successors(part(range.start()), move |(_, days)| part(days.end().succ_opt()?))
    }
}

fn week(date: NaiveDate) -> PeriodSpan {
    let week = date.week(Weekday::Mon);
    PeriodSpan {
        starts_on: week.checked_first_day().unwrap_or(NaiveDate::MIN),
        ends_on: week.checked_last_day().unwrap_or(NaiveDate::MAX),
    }
}

/// Returns the `count` months that contain the day, counted from January; `count` divides 12.
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
