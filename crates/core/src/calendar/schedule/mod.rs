//! Schedules: the instants that a list of rules and modifiers stands for in a time zone.
//!
//! Each string decides for any day, counted from the anchor, whether it is included. The answer
//! never depends on an earlier run, so nothing drifts, and a clock that was set back finds the same
//! instants again. There is no clock, no store and no iterator over the past here: the next instant
//! is found by checking the days that follow. `docs/decisions/0010-schedules.md` says why no
//! library does this.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};
use chrono_tz::GapInfo;
/// A time zone of the IANA database.
pub use chrono_tz::Tz;
use thiserror::Error;

use crate::calendar::{LAST_DAY, in_calendar};
use crate::rules::text::MAX_TEXT_CHARS;

mod modifier;
mod places;
mod rule;

use modifier::Modifier;
use places::Places;
use rule::Rule;

/// The most strings that a schedule may have; each is at most 255 characters long.
pub const MAX_RECURRENCES: usize = 10;
/// The largest INTERVAL, and the largest N of `+N days`. A larger step would leave the calendar.
pub const MAX_STEP: u32 = 100_000;

const ACCEPTED: &str = "must be a rule such as FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9 (RFC 5545), \
    +N day(s)|week(s)|month(s)|year(s), first|last day of next month, or next <weekday>; \
    all but a rule may end with a time HH:MM";

/// An error: a string of a schedule is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct ScheduleFault {
    /// The place of the string in the list, from 0.
    pub index: usize,
    /// A phrase that says what is accepted, such as `BYHOUR must be from 0 to 23`.
    pub reason: String,
}

/// The union of the instants of all its strings. A schedule without strings has no instants.
///
/// ```
/// use apportion_core::schedule::Schedule;
/// use chrono::{DateTime, Utc};
/// use chrono_tz::Europe::Berlin;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let schedule = Schedule::parse(&["+1 month 09:00"]).map_err(|faults| format!("{faults:?}"))?;
/// let anchor: DateTime<Utc> = "2026-01-31T12:00:00Z".parse()?;
///
/// // The last of February, but the 31st of March again: counted from the anchor.
/// let february = schedule.next_after(anchor, Berlin, anchor);
/// assert_eq!(february, Some("2026-02-28T08:00:00Z".parse()?));
/// let march = february.and_then(|instant| schedule.next_after(anchor, Berlin, instant));
/// assert_eq!(march, Some("2026-03-31T07:00:00Z".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(Vec<Recurrence>);

impl Schedule {
    /// Parses the strings of a schedule, each of which is a rule of RFC 5545 or a modifier.
    ///
    /// # Errors
    ///
    /// One fault for each string that is neither, and one for the first string over the limit.
    pub fn parse(texts: &[impl AsRef<str>]) -> Result<Self, Vec<ScheduleFault>> {
        let (mut recurrences, mut faults) = (Vec::new(), Vec::new());
        for (index, text) in texts.iter().take(MAX_RECURRENCES).enumerate() {
            match Recurrence::parse(text.as_ref()) {
                Ok(recurrence) => recurrences.push(recurrence),
                Err(reason) => faults.push(ScheduleFault { index, reason }),
            }
        }
        if texts.len() > MAX_RECURRENCES {
            let reason =
                format!("is one string too many: a schedule has at most {MAX_RECURRENCES}");
            faults.push(ScheduleFault { index: MAX_RECURRENCES, reason });
        }
        if faults.is_empty() { Ok(Self(recurrences)) } else { Err(faults) }
    }

    /// Returns whether the schedule has no strings.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that each string has an instant after the anchor.
    ///
    /// # Errors
    ///
    /// One fault for each string that has no such instant, such as a rule for the 30th of February.
    pub fn must_fire(&self, anchor: DateTime<Utc>, zone: Tz) -> Result<(), Vec<ScheduleFault>> {
        let reason =
            format!("must name an instant by the end of {LAST_DAY}, but names none that comes");
        let faults: Vec<ScheduleFault> = (self.0.iter().enumerate())
            .filter(|(_, recurrence)| next(recurrence, anchor, zone, anchor).is_none())
            .map(|(index, _)| ScheduleFault { index, reason: reason.clone() })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Returns the first instant strictly after both `after` and the anchor, in whole seconds.
    ///
    /// The anchor is the instant at which the schedule was set; its fraction of a second is
    /// dropped. A local time that does not exist moves forward by the length of the gap (RFC 5545,
    /// section 3.3.5), and a local time that exists twice is the first of the two.
    ///
    /// Returns `None` if there is no such instant up to [`LAST_DAY`], which is compared both in the
    /// time zone and in UTC. Returns `None` as well if the anchor or `after` is outside the
    /// calendar; an `after` before the calendar is accepted.
    ///
    /// The cost of a string is at most one look at each of the 109,573 days of the calendar, or two
    /// with BYSETPOS, and one look at each of the times of two or three of these days. A string of
    /// 255 characters can name 20,000 times.
    #[must_use]
    pub fn next_after(
        &self,
        anchor: DateTime<Utc>,
        zone: Tz,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        self.0.iter().filter_map(|recurrence| next(recurrence, anchor, zone, after)).min()
    }
}

/// One string of a schedule: it decides on days, and has times for each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Recurrence {
    Rule(Rule),
    Modifier(Modifier),
}

impl Recurrence {
    fn parse(text: &str) -> Result<Self, String> {
        if u64::try_from(text.chars().count()).is_ok_and(|chars| chars > MAX_TEXT_CHARS) {
            return Err(format!("must be at most {MAX_TEXT_CHARS} characters"));
        }
        if text.contains('=') {
            Rule::parse(text).map(Self::Rule)
        } else {
            Modifier::parse(text).map(Self::Modifier)
        }
    }

    /// Returns whether one of the dates falls on the day, which must not be before the anchor.
    fn includes(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        match self {
            Self::Rule(rule) => rule.includes(anchor, day),
            Self::Modifier(modifier) => modifier.includes(anchor, day),
        }
    }

    /// Returns those of the times that an included day has, in order.
    fn times_on(
        &self,
        anchor: NaiveDate,
        day: NaiveDate,
        times: &[NaiveTime],
        places: &mut Places,
    ) -> Vec<NaiveTime> {
        match self {
            Self::Rule(rule) if rule.has_positions() => {
                let places = rule.places_on(anchor, day, times.len(), places);
                places.into_iter().filter_map(|at| times.get(at).copied()).collect()
            }
            _ => times.to_vec(),
        }
    }

    /// Returns the times that its days have, in order.
    fn times(&self, anchor: NaiveTime) -> Vec<NaiveTime> {
        match self {
            Self::Rule(rule) => rule.times(anchor),
            Self::Modifier(modifier) => vec![modifier.time(anchor)],
        }
    }
}

/// Finds the first instant of a recurrence after both `after` and the anchor.
///
/// A local time in a gap moves forward, and may so come after later local times that exist. No gap
/// is longer than a day, so the search begins a day early and ends at the first time that exists.
fn next(
    recurrence: &Recurrence,
    anchor: DateTime<Utc>,
    zone: Tz,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let after = after.max(anchor);
    in_calendar(anchor.date_naive()).and(in_calendar(after.date_naive())).ok()?;
    let anchor = anchor.with_timezone(&zone).naive_local().with_nanosecond(0)?;
    let earliest = after.with_timezone(&zone).naive_local().checked_sub_days(Days::new(1))?;

    let times = recurrence.times(anchor.time());
    let mut places = Places::default();
    let first_day = anchor.date().max(earliest.date());
    let locals = (first_day.iter_days().take_while(|day| *day <= LAST_DAY))
        .filter(|day| recurrence.includes(anchor.date(), *day))
        .flat_map(|day| {
            let times = recurrence.times_on(anchor.date(), day, &times, &mut places);
            times.into_iter().map(move |time| day.and_time(time))
        })
        .filter(|local| *local > earliest);

    let mut first: Option<DateTime<Utc>> = None;
    for local in locals {
        match instant(local, zone) {
            Some(Instant::Exists(instant)) if instant > after => {
                first = Some(first.map_or(instant, |moved| moved.min(instant)));
                break;
            }
            Some(Instant::Moved(instant)) if instant > after => first = first.or(Some(instant)),
            _ => {}
        }
    }
    first.filter(|instant| instant.date_naive() <= LAST_DAY)
}

/// The instant that a local time stands for.
enum Instant {
    Exists(DateTime<Utc>),
    /// The clocks skipped the local time, so it is read with the offset from before the gap.
    Moved(DateTime<Utc>),
}

fn instant(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    if let Some(exists) = zone.from_local_datetime(&local).earliest() {
        return Some(Instant::Exists(exists.to_utc()));
    }
    let (_, before) = GapInfo::new(&local, &zone)?.begin?;
    Some(Instant::Moved(local.checked_sub_offset(before.fix())?.and_utc()))
}

/// Returns the number of months since the start of year 0.
fn month_number(date: NaiveDate) -> i32 {
    let january = date.year().saturating_mul(12);
    january.saturating_add_unsigned(date.month0())
}

/// Parses a number of digits only; `u32`'s own parser accepts a `+` as well.
fn whole_number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
