//! The periods of the calendar, numbered: which one a day is in, and where each ends.
//!
//! Made once for the whole calendar and for each kind of period, so that a fold looks days up and
//! never computes a calendar, and a report over any window costs nothing to begin.

use std::iter;
use std::sync::LazyLock;

use crate::calendar::window::Window;
use crate::calendar::{DateRange, LAST_DAY, Period};

/// The periods of a window; one where no periods are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Periods {
    calendar: &'static Calendar,
    /// The number in the calendar of the first period of the window.
    first: usize,
    len: usize,
}

/// The calendar cut into periods.
#[derive(Debug)]
struct Calendar {
    /// The first day of the calendar.
    first: i32,
    starts: Vec<i32>,
    ends: Vec<i32>,
    /// The number of the period of each day.
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

    /// The number of the period that a day of the window is in, from 0.
    #[inline]
    pub(super) fn number_of(&self, day: i32) -> usize {
        self.calendar.number(day).saturating_sub(self.first)
    }

    /// The last days of this period and those after it, also past the window.
    #[inline]
    pub(super) fn ends_from(&self, number: usize) -> &'static [i32] {
        self.calendar.ends.get(self.first.saturating_add(number)..).unwrap_or_default()
    }

    /// The day that a period starts on, which may be before the window.
    pub(super) fn starts_on(&self, number: usize) -> i32 {
        let at = self.first.saturating_add(number);
        self.calendar.starts.get(at).copied().unwrap_or(self.calendar.first)
    }
}
