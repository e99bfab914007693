//! A second implementation of schedules, to compare the first with. Models are written as strings,
//! and their instants are found by stepping through periods and by reading clocks. It is slow, and
//! works for a limited time only. There are no properties here.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Utc, Weekday,
};
use chrono_tz::Tz;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

#[derive(Clone, Debug)]
pub(crate) enum Model {
    /// A list that was not drawn is empty; a weekday with the number 0 means every such weekday.
    /// Positions choose among the instants of a period.
    Rule {
        unit: Unit,
        interval: u32,
        months: Vec<u32>,
        month_days: Vec<i32>,
        weekdays: Vec<(i32, Weekday)>,
        hours: Vec<u32>,
        minutes: Vec<u32>,
        positions: Vec<i32>,
        week_start: Weekday,
    },
    Step {
        count: u32,
        unit: Unit,
        clock: Option<NaiveTime>,
    },
    NextMonth {
        last: bool,
        clock: Option<NaiveTime>,
    },
    Next {
        weekday: Weekday,
        clock: Option<NaiveTime>,
    },
}

impl Model {
    /// Writes the string that stands for the model.
    pub(crate) fn text(&self) -> String {
        let (text, clock) = match self {
            Self::Rule {
                unit,
                interval,
                months,
                month_days,
                weekdays,
                hours,
                minutes,
                positions,
                week_start,
            } => {
                let frequency = match unit {
                    Unit::Day => "DAILY",
                    Unit::Week => "WEEKLY",
                    Unit::Month => "MONTHLY",
                    Unit::Year => "YEARLY",
                };
                let day = |(nth, day): &(i32, Weekday)| {
                    let name = day.to_string()[..2].to_uppercase();
                    if *nth == 0 { name } else { format!("{nth}{name}") }
                };
                let days: Vec<String> = weekdays.iter().map(day).collect();
                let mut text = format!("FREQ={frequency};INTERVAL={interval}");
                text += &part("BYMONTH", months);
                text += &part("BYMONTHDAY", month_days);
                text += &part("BYDAY", &days);
                text += &part("BYHOUR", hours);
                text += &part("BYMINUTE", minutes);
                text += &part("BYSETPOS", positions);
                if *week_start != Weekday::Mon {
                    text += &format!(";WKST={}", &week_start.to_string()[..2].to_uppercase());
                }
                (text, &None)
            }
            Self::Step { count, unit, clock } => (format!("+{count} {unit:?}s"), clock),
            Self::NextMonth { last: true, clock } => ("last day of next month".to_owned(), clock),
            Self::NextMonth { last: false, clock } => ("first day of next month".to_owned(), clock),
            Self::Next { weekday, clock } => (format!("next {weekday}"), clock),
        };
        text + &clock.map_or(String::new(), |clock| clock.format(" %H:%M").to_string())
    }

    /// Returns the instants after the anchor whose local dates are not after `last`.
    pub(crate) fn instants(
        &self,
        anchor: DateTime<Utc>,
        zone: Tz,
        last: NaiveDate,
    ) -> BTreeSet<DateTime<Utc>> {
        let local = anchor.with_timezone(&zone).naive_local();
        let times = self.times(local.time());
        let locals: Vec<NaiveDateTime> = (self.days(local.date(), last).iter())
            .flat_map(|days| self.positioned(days, &times))
            .filter(|at| (local.date()..=last).contains(&at.date()))
            .collect();
        locals.into_iter().map(|at| read(at, zone)).filter(|instant| *instant > anchor).collect()
    }

    /// Returns the instants of a period, of which its days are given: all, or those at the
    /// positions of the rule.
    fn positioned(&self, days: &[NaiveDate], times: &[NaiveTime]) -> Vec<NaiveDateTime> {
        let all: BTreeSet<NaiveDateTime> =
            days.iter().flat_map(|day| times.iter().map(|time| day.and_time(*time))).collect();
        let all = Vec::from_iter(all);
        match self {
            Self::Rule { positions, .. } if !positions.is_empty() => {
                let count = i32::try_from(all.len()).unwrap();
                let place = |nth: &i32| if *nth > 0 { nth - 1 } else { count + nth };
                let places = positions.iter().map(place).filter(|at| (0..count).contains(at));
                places.map(|at| all[usize::try_from(at).unwrap()]).collect()
            }
            _ => all,
        }
    }

    fn times(&self, anchor: NaiveTime) -> Vec<NaiveTime> {
        use chrono::Timelike;

        match self {
            Self::Rule { hours, minutes, .. } => {
                let or = |list: &[u32], anchor| match list {
                    [] => vec![anchor],
                    list => list.to_vec(),
                };
                let minutes = or(minutes, anchor.minute());
                let time = |hour, minute: &u32| {
                    NaiveTime::from_hms_opt(hour, *minute, anchor.second()).unwrap()
                };
                let of_hour = |hour| minutes.iter().map(move |minute| time(hour, minute));
                or(hours, anchor.hour()).into_iter().flat_map(of_hour).collect()
            }
            Self::Step { clock, .. } => vec![clock.unwrap_or(anchor.with_nanosecond(0).unwrap())],
            Self::NextMonth { clock, .. } | Self::Next { clock, .. } => {
                vec![clock.unwrap_or(NaiveTime::MIN)]
            }
        }
    }

    /// Returns the days of each period, of a rule those before the anchor and after the last day
    /// too. What is no rule has one period.
    fn days(&self, anchor: NaiveDate, last: NaiveDate) -> Vec<Vec<NaiveDate>> {
        let steps = |from: NaiveDate, count: u32, unit: Unit| {
            (0..).map(move |k| step(from, k * count, unit)).take_while(move |day| *day <= last)
        };
        let days = match self {
            Self::Rule { unit, interval, week_start, .. } => {
                let opens = match unit {
                    Unit::Day => anchor,
                    Unit::Week => anchor.week(*week_start).first_day(),
                    Unit::Month => anchor.with_day(1).unwrap(),
                    Unit::Year => NaiveDate::from_ymd_opt(anchor.year(), 1, 1).unwrap(),
                };
                let period = |from| self.of_period(anchor, from, step(from, 1, *unit));
                return steps(opens, *interval, *unit).map(period).collect();
            }
            Self::Step { count, unit, .. } => steps(anchor, *count, *unit).skip(1).collect(),
            Self::NextMonth { last: at_end, .. } => {
                let firsts = steps(anchor.with_day(1).unwrap(), 1, Unit::Month).skip(1);
                let day = |first| {
                    if *at_end { step(first, 1, Unit::Month) - Days::new(1) } else { first }
                };
                firsts.map(day).collect()
            }
            Self::Next { weekday, .. } => {
                let first = anchor.iter_days().skip(1).find(|day| day.weekday() == *weekday);
                steps(first.unwrap(), 1, Unit::Week).collect()
            }
        };
        vec![days]
    }

    /// Returns the days of a rule in one period: those that are in all of its lists.
    fn of_period(&self, anchor: NaiveDate, from: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
        let Self::Rule { unit, months, month_days, weekdays, .. } = self else { return Vec::new() };
        let all: Vec<NaiveDate> = from.iter_days().take_while(|day| *day < until).collect();
        let month = |number: u32| all.iter().filter(move |day| day.month() == number).copied();
        let by_month: Vec<Vec<NaiveDate>> = (1..=12)
            .map(|number| month(number).collect::<Vec<_>>())
            .filter(|days| !days.is_empty())
            .collect();

        let mut days: BTreeSet<NaiveDate> = all.iter().copied().collect();
        let mut keep = |kept: BTreeSet<NaiveDate>| days.retain(|day| kept.contains(day));
        if !months.is_empty() {
            keep(months.iter().flat_map(|number| month(*number)).collect());
        }
        if !month_days.is_empty() {
            // Whole months are needed, because a day or a week has only a part of one.
            let of = |day: &NaiveDate| {
                let month = step(day.with_day(1).unwrap(), 1, Unit::Month) - Days::new(1);
                [day.day() as i32, day.day() as i32 - month.day() as i32 - 1]
            };
            let named = |day: &&NaiveDate| of(day).iter().any(|number| month_days.contains(number));
            keep(all.iter().filter(named).copied().collect());
        }
        if !weekdays.is_empty() {
            let spans =
                if *unit == Unit::Year && months.is_empty() { vec![all.clone()] } else { by_month };
            let of = |(nth, weekday): &(i32, Weekday)| {
                let (nth, weekday) = (*nth, *weekday);
                spans.iter().flat_map(move |span| numbered(span, nth, weekday)).collect::<Vec<_>>()
            };
            keep(weekdays.iter().flat_map(of).collect());
        }
        if month_days.is_empty() && weekdays.is_empty() {
            let like_anchor = |day: &&NaiveDate| match unit {
                Unit::Day => true,
                Unit::Week => day.weekday() == anchor.weekday(),
                Unit::Month => day.day() == anchor.day(),
                Unit::Year if months.is_empty() => {
                    (day.month(), day.day()) == (anchor.month(), anchor.day())
                }
                Unit::Year => day.day() == anchor.day(),
            };
            keep(all.iter().filter(like_anchor).copied().collect());
        }
        days.into_iter().collect()
    }
}

fn part(name: &str, list: &[impl ToString]) -> String {
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    if list.is_empty() { String::new() } else { format!(";{name}={}", list.join(",")) }
}

fn step(from: NaiveDate, count: u32, unit: Unit) -> NaiveDate {
    match unit {
        Unit::Day => from + Days::new(count.into()),
        Unit::Week => from + Days::new(u64::from(count) * 7),
        Unit::Month => from + Months::new(count),
        Unit::Year => from + Months::new(count * 12),
    }
}

/// Returns the weekdays of a span: all of them for 0, else one counted from the front or from the
/// back.
fn numbered(span: &[NaiveDate], nth: i32, weekday: Weekday) -> Vec<NaiveDate> {
    let days: Vec<NaiveDate> =
        span.iter().filter(|day| day.weekday() == weekday).copied().collect();
    let place = usize::try_from(nth.unsigned_abs()).unwrap();
    match nth {
        0 => days,
        1.. => days.get(place - 1).copied().into_iter().collect(),
        _ => days.iter().rev().nth(place - 1).copied().into_iter().collect(),
    }
}

/// Returns the first instant at which clocks show the time. If they skip it, returns the instant at
/// which they would have shown it with the offset from before the gap.
pub(crate) fn read(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let probes = (-6..=6).map(|step| local + TimeDelta::hours(step * 7));
    let offset = |utc: NaiveDateTime| {
        TimeDelta::seconds(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into())
    };
    let offsets: Vec<TimeDelta> = probes.map(offset).collect();
    let shows = |at: &NaiveDateTime| *at + offset(*at) == local;
    let candidates = offsets.iter().map(|offset| local - *offset);
    let first = candidates.filter(shows).min();
    let before = || {
        let change = offsets.windows(2).find(|pair| pair[1] > pair[0]);
        local - change.unwrap_or_else(|| panic!("{local} in {zone}: no gap"))[0]
    };
    first.unwrap_or_else(before).and_utc()
}
