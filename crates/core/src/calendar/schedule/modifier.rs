//! Modifiers: `+2 weeks`, `last day of next month 09:00`, `next friday`.
//!
//! Only the few phrases that the API documents: no other English, no sums of phrases and no time
//! zones.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::{ACCEPTED, MAX_STEP, month_number, whole_number};

/// A rule for days, counted from the anchor's day, which is never included; and a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Modifier {
    days: ModifierDays,
    time: Option<NaiveTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ModifierDays {
    Every(u32),
    /// The anchor's day of the month, or the last day of a month that is too short for it.
    EveryMonths(u32),
    FirstOfMonth,
    LastOfMonth,
    On(Weekday),
}

impl Modifier {
    /// Parses a modifier: words in any case, separated by single spaces.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.to_ascii_lowercase();
        let words: Vec<&str> = text.split(' ').collect();
        let (days, rest) = match words.as_slice() {
            ["first", "day", "of", "next", "month", rest @ ..] => {
                (ModifierDays::FirstOfMonth, rest)
            }
            ["last", "day", "of", "next", "month", rest @ ..] => (ModifierDays::LastOfMonth, rest),
            ["next", name, rest @ ..] => {
                (ModifierDays::On(name.parse().map_err(|_| ACCEPTED)?), rest)
            }
            [count, unit, rest @ ..] => (step(count, unit)?, rest),
            _ => return Err(ACCEPTED.to_owned()),
        };
        let time = match rest {
            [] => None,
            [clock] => Some(time(clock).ok_or("must end with a time from 00:00 to 23:59")?),
            _ => return Err(ACCEPTED.to_owned()),
        };
        Ok(Self { days, time })
    }

    /// Returns whether one of the dates falls on the day, which must not be before the anchor.
    pub(super) fn includes(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        let days = day.signed_duration_since(anchor).num_days().unsigned_abs();
        let months = month_number(anchor).abs_diff(month_number(day));
        let last = u32::from(day.num_days_in_month());
        match self.days {
            ModifierDays::Every(step) => days > 0 && days.is_multiple_of(step.into()),
            ModifierDays::EveryMonths(step) => {
                months > 0 && months.is_multiple_of(step) && day.day() == anchor.day().min(last)
            }
            ModifierDays::FirstOfMonth => months > 0 && day.day() == 1,
            ModifierDays::LastOfMonth => months > 0 && day.day() == last,
            ModifierDays::On(weekday) => days > 0 && day.weekday() == weekday,
        }
    }

    /// Returns the time of each of its days.
    pub(super) fn time(&self, anchor: NaiveTime) -> NaiveTime {
        let default = match self.days {
            ModifierDays::Every(_) | ModifierDays::EveryMonths(_) => anchor,
            _ => NaiveTime::MIN,
        };
        self.time.unwrap_or(default)
    }
}

/// Parses a step from its words, such as `+2` and `weeks`.
fn step(count: &str, unit: &str) -> Result<ModifierDays, String> {
    let count = count.strip_prefix('+').and_then(whole_number).ok_or(ACCEPTED)?;
    let times = |each: u32| {
        let in_range = (1..=MAX_STEP).contains(&count);
        let steps = in_range.then(|| count.checked_mul(each)).flatten();
        steps.ok_or_else(|| format!("must be from +1 to +{MAX_STEP} {unit}"))
    };
    match unit.strip_suffix('s').unwrap_or(unit) {
        "day" => times(1).map(ModifierDays::Every),
        "week" => times(7).map(ModifierDays::Every),
        "month" => times(1).map(ModifierDays::EveryMonths),
        "year" => times(12).map(ModifierDays::EveryMonths),
        _ => Err(ACCEPTED.to_owned()),
    }
}

/// Parses a time `HH:MM` of two digits each.
fn time(clock: &str) -> Option<NaiveTime> {
    let (hour, minute) = clock.split_once(':').filter(|(hour, _)| hour.len() == 2)?;
    let minute = whole_number(minute).filter(|_| minute.len() == 2)?;
    NaiveTime::from_hms_opt(whole_number(hour)?, minute, 0)
}
