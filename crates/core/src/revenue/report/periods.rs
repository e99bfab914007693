//! The periods of the calendar by number: the period of each day, and the last day of each period.
//!
//! The tables are made once for each kind of period and for the whole calendar. So a report looks
//! days up and never computes with dates, and starting one costs nothing, whatever its window.

use std::iter;
use std::sync::LazyLock;

use crate::calendar::window::Window;
use crate::calendar::{DateRange, LAST_DAY, Period};

/// The periods of a window; a single one if the report is not grouped by date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    calendar: &'static Calendar,
    /// The position of the window's first period in the calendar.
    first: usize,
    len: usize,
}

/// A table of the calendar cut into periods.
#[derive(Debug)]
struct Calendar {
    /// The first day of the calendar.
    first: i32,
    starts: Vec<i32>,
    ends: Vec<i32>,
    /// The position of the period of each day.
    of_day: Vec<usize>,
}

static DAYS: LazyLock<Calendar> = LazyLock::new(|| Calendar::cut(Period::Day));
static WEEKS: LazyLock<Calendar> = LazyLock::new(|| Calendar::cut(Period::Week));
static MONTHS: LazyLock<Calendar> = LazyLock::new(|| Calendar::cut(Period::Month));
static QUARTERS: LazyLock<Calendar> = LazyLock::new(|| Calendar::cut(Period::Quarter));
static YEARS: LazyLock<Calendar> = LazyLock::new(|| Calendar::cut(Period::Year));
static UNCUT: LazyLock<Calendar> = LazyLock::new(|| {
    let (starts, ends) = (vec![0], vec![LAST_DAY.to_epoch_days()]);
    Calendar { first: 0, starts, ends, of_day: Vec::new() }
});

impl Calendar {
    fn cut(period: Period) -> Self {
        let mut calendar = Self { first: 0, starts: vec![], ends: vec![], of_day: vec![] };
        let Some(all) = DateRange::window(None, None) else { return calendar };
        calendar.first = all.start().to_epoch_days();
        for (number, (starts_on, days)) in period.split(all).enumerate() {
            calendar.starts.push(starts_on.to_epoch_days());
            calendar.ends.push(days.end().to_epoch_days());
            let count = usize::try_from(days.days()).unwrap_or(0);
            calendar.of_day.extend(iter::repeat_n(number, count));
        }
        calendar
    }

    fn number(&self, day: i32) -> usize {
        let at = day.checked_sub(self.first).and_then(|days| usize::try_from(days).ok());
        at.and_then(|at| self.of_day.get(at)).copied().unwrap_or(0)
    }
}

impl Periods {
    pub(super) fn new(period: Option<Period>, window: Window) -> Self {
        let calendar = match period {
            None => &UNCUT,
            Some(Period::Day) => &DAYS,
            Some(Period::Week) => &WEEKS,
            Some(Period::Month) => &MONTHS,
            Some(Period::Quarter) => &QUARTERS,
            Some(Period::Year) => &YEARS,
        };
        let calendar = LazyLock::force(calendar);
        let Some(span) = window.span() else { return Self { calendar, first: 0, len: 0 } };
        let [first, last] = [span.first(), span.last()].map(|day| calendar.number(day));
        Self { calendar, first, len: last.saturating_sub(first).saturating_add(1) }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the number of the period that contains a day of the window, counted from 0.
    #[inline]
    pub(super) fn number_of(&self, day: i32) -> usize {
        self.calendar.number(day).saturating_sub(self.first)
    }

    /// Returns the last days of a period and of all periods after it, even past the window.
    #[inline]
    pub(super) fn ends_from(&self, number: usize) -> &'static [i32] {
        self.calendar.ends.get(self.first.saturating_add(number)..).unwrap_or_default()
    }

    /// Returns the first day of a period, which may be before the window.
    pub(super) fn starts_on(&self, number: usize) -> i32 {
        let at = self.first.saturating_add(number);
        self.calendar.starts.get(at).copied().unwrap_or(self.calendar.first)
    }
}
