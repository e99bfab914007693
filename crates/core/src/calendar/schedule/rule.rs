//! Recurrence rules of RFC 5545, section 3.3.10, as far as they concern days and times of day.
//!
//! COUNT, UNTIL, BYWEEKNO and BYYEARDAY are not supported, nor is any frequency higher than daily.
//! The RFC distinguishes parts that expand from parts that limit; here both only decide whether a
//! day is included. BYSETPOS then chooses among the instants of a period (`places`).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, Timelike, Weekday};

use super::places::Places;
use super::{MAX_STEP, month_number, whole_number};
use crate::calendar::Period;

const PARTS: &str = "a rule takes FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, \
    BYSECOND, BYSETPOS and WKST, each at most once";
const FREQUENCIES: &str = "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY";
/// The most weeks of which a month, or a year, has at least one day.
const WEEKS_OF_MONTH: u32 = 5;
const WEEKS_OF_YEAR: u32 = 53;
/// The largest number of BYSETPOS, which is that of RFC 5545.
const MAX_POSITION: u32 = 366;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A place counted from the start of the month or year, or from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nth {
    First(u32),
    Last(u32),
}

impl Nth {
    /// Returns whether this is the place of something that is `first` from the start and `last`
    /// from the end.
    fn is(self, first: u32, last: u32) -> bool {
        match self {
            Self::First(nth) => nth == first,
            Self::Last(nth) => nth == last,
        }
    }
}

/// A parsed rule. A list of a part that was not given is empty; the anchor then takes its place, or
/// there is no such condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    frequency: Frequency,
    interval: u32,
    months: Vec<u32>,
    month_days: Vec<Nth>,
    weekdays: Vec<(Option<Nth>, Weekday)>,
    hours: BTreeSet<u32>,
    minutes: BTreeSet<u32>,
    seconds: BTreeSet<u32>,
    /// The places, among all instants of a period, of those that are kept.
    positions: Vec<Nth>,
    week_start: Weekday,
}

impl Rule {
    /// Parses a rule, with or without a leading `RRULE:`; case does not matter.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_uppercase();
        let mut parts = Vec::new();
        for part in text.strip_prefix("RRULE:").unwrap_or(&text).split(';') {
            parts.push(part.split_once('=').ok_or(PARTS)?);
        }
        let mut take = |name| {
            let found = parts.iter().position(|(part, _)| *part == name)?;
            Some(parts.swap_remove(found).1)
        };
        let frequency = take("FREQ").and_then(frequency).ok_or(FREQUENCIES)?;
        let rule = Self {
            frequency,
            interval: take("INTERVAL").map_or(Ok(1), |value| number("INTERVAL", value, STEPS))?,
            months: numbers("BYMONTH", take("BYMONTH"), 1..=12)?,
            month_days: list(take("BYMONTHDAY"), month_day)
                .ok_or("BYMONTHDAY must be from 1 to 31 or -31 to -1")?,
            weekdays: list(take("BYDAY"), weekday)
                .ok_or("BYDAY must be MO, TU, WE, TH, FR, SA or SU, or numbered such as -1FR")?,
            hours: numbers("BYHOUR", take("BYHOUR"), 0..=23)?,
            minutes: numbers("BYMINUTE", take("BYMINUTE"), 0..=59)?,
            seconds: numbers("BYSECOND", take("BYSECOND"), 0..=59)?,
            positions: list(take("BYSETPOS"), |value| nth(value, MAX_POSITION))
                .ok_or("BYSETPOS must be from 1 to 366 or -366 to -1")?,
            week_start: match take("WKST") {
                Some(value) => named(value).ok_or("WKST must be MO, TU, WE, TH, FR, SA or SU")?,
                None => Weekday::Mon,
            },
        };
        match parts.first() {
            Some((name, _)) => Err(format!("{name} is not accepted here: {PARTS}")),
            None => rule.consistent(),
        }
    }

    /// Checks the conditions between parts in RFC 5545, and that no number exceeds what a month or
    /// year has.
    fn consistent(self) -> Result<Self, String> {
        let names_times = [&self.hours, &self.minutes, &self.seconds].iter().any(|l| !l.is_empty());
        let names_others = self.names_days() || !self.months.is_empty() || names_times;
        if !self.positions.is_empty() && !names_others {
            return Err("BYSETPOS must be used with another part, such as BYDAY".to_owned());
        }
        let weeks = match self.frequency {
            Frequency::Weekly if !self.month_days.is_empty() => {
                return Err("BYMONTHDAY must not be used with FREQ=WEEKLY".to_owned());
            }
            Frequency::Daily | Frequency::Weekly => 0,
            _ if self.counts_in_months() => WEEKS_OF_MONTH,
            _ => WEEKS_OF_YEAR,
        };
        let most = |nth: &Option<Nth>| match nth {
            Some(Nth::First(nth) | Nth::Last(nth)) => *nth,
            None => 0,
        };
        let numbered = self.weekdays.iter().map(|(nth, _)| most(nth)).max();
        match (weeks, numbered.is_some_and(|nth| nth > weeks)) {
            (_, false) => Ok(self),
            (0, true) => Err("BYDAY must not be numbered with FREQ=DAILY or WEEKLY".to_owned()),
            (_, true) => Err(format!("BYDAY must be numbered from 1 to {weeks} or -{weeks} to -1")),
        }
    }

    /// Returns whether the days of BYDAY are numbered within their month, or else within their
    /// year.
    fn counts_in_months(&self) -> bool {
        self.frequency == Frequency::Monthly || !self.months.is_empty()
    }

    /// Returns whether a day is included; the day must not be before the anchor's.
    pub(super) fn includes(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        self.in_month(anchor, day) && self.on_day(anchor, day) && self.in_step(anchor, day)
    }

    /// Returns whether the day's period is a multiple of the interval after the anchor's.
    fn in_step(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        let days = |from: NaiveDate, to: NaiveDate| {
            to.signed_duration_since(from).num_days().unsigned_abs()
        };
        let interval = u64::from(self.interval);
        match self.frequency {
            Frequency::Daily => days(anchor, day).is_multiple_of(interval),
            Frequency::Weekly => {
                let weeks_apart = days(self.starts_week(anchor), self.starts_week(day));
                weeks_apart.is_multiple_of(interval.saturating_mul(7))
            }
            Frequency::Monthly => {
                month_number(anchor).abs_diff(month_number(day)).is_multiple_of(self.interval)
            }
            Frequency::Yearly => anchor.year().abs_diff(day.year()).is_multiple_of(self.interval),
        }
    }

    /// Returns the first day of the week of a day.
    fn starts_week(&self, day: NaiveDate) -> NaiveDate {
        day.week(self.week_start).checked_first_day().unwrap_or(NaiveDate::MIN)
    }

    /// Returns the first and the last day of the period of a day, which may reach out of the
    /// calendar.
    fn period(&self, day: NaiveDate) -> RangeInclusive<NaiveDate> {
        let kind = match self.frequency {
            Frequency::Weekly => {
                let first = self.starts_week(day);
                return first..=first.checked_add_days(Days::new(6)).unwrap_or(NaiveDate::MAX);
            }
            Frequency::Daily => Period::Day,
            Frequency::Monthly => Period::Month,
            Frequency::Yearly => Period::Year,
        };
        let period = kind.containing(day);
        period.starts_on..=period.ends_on
    }

    /// Returns whether BYSETPOS chooses among the instants of a period.
    pub(super) const fn has_positions(&self) -> bool {
        !self.positions.is_empty()
    }

    /// Returns the places in the list of `times` of those that BYSETPOS leaves to an included day.
    pub(super) fn places_on(
        &self,
        anchor: NaiveDate,
        day: NaiveDate,
        times: usize,
        places: &mut Places,
    ) -> BTreeSet<usize> {
        // Days before the anchor have places too (RFC 5545: the set starts with the interval).
        let includes = |day: &NaiveDate| self.includes(anchor, *day);
        let (before, from) = places.around(day, times, || self.period(day), includes);
        let place = |nth: &Nth| match *nth {
            Nth::First(nth) => place(nth)?.checked_sub(1)?.checked_sub(before),
            Nth::Last(nth) => from.checked_sub(place(nth)?),
        };
        self.positions.iter().filter_map(place).filter(|at| *at < times).collect()
    }

    fn in_month(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        if self.months.is_empty() && self.frequency == Frequency::Yearly && !self.names_days() {
            return day.month() == anchor.month();
        }
        self.months.is_empty() || self.months.contains(&day.month())
    }

    fn on_day(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        if self.names_days() {
            return self.on_month_day(day) && self.on_weekday(day);
        }
        match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => day.weekday() == anchor.weekday(),
            Frequency::Monthly | Frequency::Yearly => day.day() == anchor.day(),
        }
    }

    fn names_days(&self) -> bool {
        !self.month_days.is_empty() || !self.weekdays.is_empty()
    }

    fn on_month_day(&self, day: NaiveDate) -> bool {
        let last = u32::from(day.num_days_in_month()).saturating_sub(day.day0());
        self.month_days.is_empty() || self.month_days.iter().any(|nth| nth.is(day.day(), last))
    }

    fn on_weekday(&self, day: NaiveDate) -> bool {
        let (before, days) = if self.counts_in_months() {
            (day.day0(), u32::from(day.num_days_in_month()))
        } else {
            (day.ordinal0(), if day.leap_year() { 366 } else { 365 })
        };
        let week = |days_apart: u32| (days_apart / 7).saturating_add(1);
        let (first, last) = (week(before), week(days.saturating_sub(before).saturating_sub(1)));
        let is = |nth: &Option<Nth>| nth.is_none_or(|nth| nth.is(first, last));
        self.weekdays.is_empty()
            || self.weekdays.iter().any(|(nth, name)| *name == day.weekday() && is(nth))
    }

    /// Returns the times of each of its days, in order.
    pub(super) fn times(&self, anchor: NaiveTime) -> Vec<NaiveTime> {
        let or = |list: &BTreeSet<u32>, anchor: u32| {
            if list.is_empty() { BTreeSet::from([anchor]) } else { list.clone() }
        };
        let minutes = or(&self.minutes, anchor.minute());
        let seconds = or(&self.seconds, anchor.second());
        let mut times = Vec::new();
        for hour in or(&self.hours, anchor.hour()) {
            for minute in &minutes {
                let time = |second: &u32| NaiveTime::from_hms_opt(hour, *minute, *second);
                times.extend(seconds.iter().filter_map(time));
            }
        }
        times
    }
}

const STEPS: RangeInclusive<u32> = 1..=MAX_STEP;

fn frequency(value: &str) -> Option<Frequency> {
    match value {
        "DAILY" => Some(Frequency::Daily),
        "WEEKLY" => Some(Frequency::Weekly),
        "MONTHLY" => Some(Frequency::Monthly),
        "YEARLY" => Some(Frequency::Yearly),
        _ => None,
    }
}

/// Parses the values of a part: an empty list if the part was not given, `None` if a value is
/// wrong.
fn list<T, L>(value: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<L>
where
    L: Default + FromIterator<T>,
{
    value.map_or_else(|| Some(L::default()), |value| value.split(',').map(read).collect())
}

fn numbers<L>(part: &str, value: Option<&str>, range: RangeInclusive<u32>) -> Result<L, String>
where
    L: Default + FromIterator<u32>,
{
    let read = |value: &str| whole_number(value).filter(|number| range.contains(number));
    list(value, read).ok_or_else(|| out_of(part, &range))
}

fn number(part: &str, value: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    whole_number(value).filter(|value| range.contains(value)).ok_or_else(|| out_of(part, &range))
}

fn out_of(part: &str, range: &RangeInclusive<u32>) -> String {
    format!("{part} must be from {} to {}", range.start(), range.end())
}

/// Parses a day of a month, such as `31`, `+31` or `-31`.
fn month_day(value: &str) -> Option<Nth> {
    nth(value, 31)
}

/// Parses a weekday, such as `FR`, `2FR`, `+2FR` or `-1FR`.
fn weekday(value: &str) -> Option<(Option<Nth>, Weekday)> {
    let (number, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let weekday = named(name)?;
    let number = if number.is_empty() { None } else { Some(nth(number, WEEKS_OF_YEAR)?) };
    Some((number, weekday))
}

fn place(nth: u32) -> Option<usize> {
    usize::try_from(nth).ok()
}

fn named(name: &str) -> Option<Weekday> {
    match name {
        "MO" => Some(Weekday::Mon),
        "TU" => Some(Weekday::Tue),
        "WE" => Some(Weekday::Wed),
        "TH" => Some(Weekday::Thu),
        "FR" => Some(Weekday::Fri),
        "SA" => Some(Weekday::Sat),
        "SU" => Some(Weekday::Sun),
        _ => None,
    }
}

fn nth(value: &str, most: u32) -> Option<Nth> {
    let (digits, place): (&str, fn(u32) -> Nth) = match value.strip_prefix('-') {
        Some(digits) => (digits, Nth::Last),
        None => (value.strip_prefix('+').unwrap_or(value), Nth::First),
    };
    whole_number(digits).filter(|number| (1..=most).contains(number)).map(place)
}
