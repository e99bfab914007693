//! Schedules: which instants a list of rules and modifiers names, in a time zone.
//!
//! Every string is a question put to a day: is it one of yours, counted from the anchor? The answer
//! never depends on an earlier run, so nothing drifts, and a clock that was set back finds the same
//! instants again. No clock, no store and no iterator over the past: the next instant is found by
//! asking the days that follow. Why no library does this: `docs/decisions/0010-schedules.md`.

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
mod rule;

use modifier::Modifier;
use rule::Rule;

/// The most strings that a schedule may have; each is at most 255 characters long.
pub const MAX_RECURRENCES: usize = 10;
/// The largest INTERVAL and the largest N of `+N days`: beyond, no calendar would hold the next.
pub const MAX_STEP: u32 = 100_000;

const ACCEPTED: &str = "must be a rule such as FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9 (RFC 5545), \
    +N day(s)|week(s)|month(s)|year(s), first|last day of next month, or next <weekday>, \
    the last three with an optional HH:MM";

/// Why a string of a schedule is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct ScheduleFault {
    /// The place of the string in the list, from 0.
    pub index: usize,
    /// A phrase that says what is accepted, such as `BYHOUR must be from 0 to 23`.
    pub reason: String,
}

/// When something happens again: the union of all its strings. An empty one never happens.
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
    /// Reads the strings of a schedule, each of them a rule of RFC 5545 or a modifier.
    ///
    /// # Errors
    ///
    /// A fault for each string that is neither, and one for the first string too many.
    pub fn parse(texts: &[impl AsRef<str>]) -> Result<Self, Vec<ScheduleFault>> {
        let (mut recurrences, mut faults) = (Vec::new(), Vec::new());
        for (index, text) in texts.iter().take(MAX_RECURRENCES).enumerate() {
            match Recurrence::parse(text.as_ref()) {
                Ok(recurrence) => recurrences.push(recurrence),
                Err(reason) => faults.push(ScheduleFault { index, reason }),
            }
        }
        if texts.len() > MAX_RECURRENCES {
            let reason = format!("must be one of at most {MAX_RECURRENCES}");
            faults.push(ScheduleFault { index: MAX_RECURRENCES, reason });
        }
        if faults.is_empty() { Ok(Self(recurrences)) } else { Err(faults) }
    }

    /// Whether there is no string, and so no schedule.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each string has an instant after the anchor.
    ///
    /// # Errors
    ///
    /// A fault for each that has none, such as a rule for the 30th of February.
    pub fn must_fire(&self, anchor: DateTime<Utc>, zone: Tz) -> Result<(), Vec<ScheduleFault>> {
        let reason = format!("must name an instant that comes, by {LAST_DAY}");
        let faults: Vec<ScheduleFault> = (self.0.iter().enumerate())
            .filter(|(_, recurrence)| next(recurrence, anchor, zone, anchor).is_none())
            .map(|(index, _)| ScheduleFault { index, reason: reason.clone() })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The first instant strictly after both `after` and the anchor, in whole seconds.
    ///
    /// The anchor is the instant at which the schedule was set; the part of a second that it may
    /// have is dropped. A local time that does not exist moves forward by the gap's length (RFC
    /// 5545, section 3.3.5), one that exists twice is the first.
    ///
    /// `None` where no day until [`LAST_DAY`], there and in UTC, has one, and for an anchor or an
    /// `after` outside the calendar, save an `after` before it. For each string that costs at most
    /// one look at each of the calendar's 109,573 days, and one at each of the times of two or
    /// three of them, of which 255 characters can name 20,000.
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

/// One string of a schedule: days, and times on each of them.
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

    /// Whether the day, which is not before the anchor's, is one of this recurrence.
    fn includes(&self, anchor: NaiveDate, day: NaiveDate) -> bool {
        match self {
            Self::Rule(rule) => rule.includes(anchor, day),
            Self::Modifier(modifier) => modifier.includes(anchor, day),
        }
    }

    /// The times of each day, in order.
    fn times(&self, anchor: NaiveTime) -> Vec<NaiveTime> {
        match self {
            Self::Rule(rule) => rule.times(anchor),
            Self::Modifier(modifier) => vec![modifier.time(anchor)],
        }
    }
}

/// The first instant of a recurrence after `after` and the anchor.
///
/// Local times in a gap are moved past later ones that exist, but never further than a day, the
/// longest gap there is. So the search begins a day early, and ends with a time that exists.
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
    let first_day = anchor.date().max(earliest.date());
    let locals = (first_day.iter_days().take_while(|day| *day <= LAST_DAY))
        .filter(|day| recurrence.includes(anchor.date(), *day))
        .flat_map(|day| times.iter().map(move |time| day.and_time(*time)))
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

/// What a local time stands for.
enum Instant {
    Exists(DateTime<Utc>),
    /// The clocks skipped it: read with the offset of before the gap.
    Moved(DateTime<Utc>),
}

fn instant(local: NaiveDateTime, zone: Tz) -> Option<Instant> {
    if let Some(exists) = zone.from_local_datetime(&local).earliest() {
        return Some(Instant::Exists(exists.to_utc()));
    }
    let (_, before) = GapInfo::new(&local, &zone)?.begin?;
    Some(Instant::Moved(local.checked_sub_offset(before.fix())?.and_utc()))
}

/// Months since the year 0, to count months by.
fn month_number(date: NaiveDate) -> i32 {
    let january = date.year().saturating_mul(12);
    january.saturating_add_unsigned(date.month0())
}

/// Digits only, which `u32`'s own parser is not content with.
fn whole_number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
