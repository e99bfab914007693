//! Properties of schedules: they agree with the oracle, and keep their order for strings and
//! instants of any kind.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::iter;

use apportion_core::calendar::LAST_DAY;
use apportion_core::schedule::Schedule;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::arbitrary;
use crate::calendar::schedule_oracle::{Model, Unit};
use crate::calendar::schedules::zone;

/// The number of days that the oracle covers.
const WINDOW: u64 = 40;

/// Zones, each with an instant at which clocks change: by an hour, by half an hour, at midnight,
/// across midnight, and by a whole day.
const CHANGES: [(&str, &str); 9] = [
    ("Europe/Berlin", "2026-03-29T01:00:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00:00Z"),
    ("America/New_York", "2026-03-08T07:00:00Z"),
    ("America/New_York", "2026-11-01T06:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    ("America/Nuuk", "2026-03-29T01:00:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
];

/// Draws a zone, and an instant in whole seconds that is within 30 days before and 10 days after a
/// change of clocks, or anywhere.
fn place() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let about =
        (select(&CHANGES[..]), -2_592_000..864_000_i64).prop_map(|((name, at), seconds)| {
            (zone(name), at.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds))
        });
    let any = (select(&TZ_VARIANTS[..]), -2_200_000_000..7_200_000_000_i64)
        .prop_map(|(zone, seconds)| (zone, DateTime::from_timestamp(seconds, 0).unwrap()));
    prop_oneof![4 => about, 1 => any]
}

fn unit() -> impl Strategy<Value = Unit> {
    select(vec![Unit::Day, Unit::Week, Unit::Month, Unit::Year])
}

fn weekday() -> impl Strategy<Value = Weekday> {
    (0..7_u8).prop_map(|day| Weekday::try_from(day).unwrap())
}

fn clock() -> impl Strategy<Value = Option<NaiveTime>> {
    let hour = prop_oneof![select(vec![0, 1, 2, 3, 23]), 0..24_u32];
    let time =
        (hour, 0..60_u32).prop_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0));
    prop::option::of(time.prop_map(Option::unwrap))
}

/// Draws an empty list, or a list of one or two items.
fn few<T: Clone + Debug + 'static>(
    item: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![Just(Vec::new()), vec(item, 1..3)]
}

fn rule() -> impl Strategy<Value = Model> {
    let numbered = (prop_oneof![3 => Just(0), 2 => -5..=5, 1 => -53..=53], weekday());
    let month_days = few(prop_oneof![-31..=-1, 1..=31]);
    // Both lists at once are rare, because a Friday the 13th may be years away.
    let days = (few(1..=12_u32), month_days, few(numbered), 0..8_u32).prop_map(
        |(months, month_days, weekdays, both)| match both {
            0 => (months, month_days, weekdays),
            1..4 => (months, month_days, Vec::new()),
            _ => (months, Vec::new(), weekdays),
        },
    );
    let times = (few(prop_oneof![0..24_u32, 0..4_u32]), few(0..60_u32));
    let positions = few(prop_oneof![4 => -3..=-1, 4 => 1..=3, 1 => -366..=-1, 1 => 1..=366]);
    let places = (positions, prop_oneof![Just(Weekday::Mon), weekday()]);
    (unit(), 1..5_u32, days, times, places).prop_map(|(unit, interval, days, times, places)| {
        let (months, month_days, mut weekdays) = days;
        let ((hours, minutes), (mut positions, week_start)) = (times, places);
        let most = match unit {
            Unit::Day | Unit::Week => 0,
            Unit::Year if months.is_empty() => 53,
            Unit::Month | Unit::Year => 5,
        };
        for (nth, _) in &mut weekdays {
            *nth = (*nth).clamp(-most, most);
        }
        let month_days = if unit == Unit::Week { Vec::new() } else { month_days };
        let lists = [months.is_empty(), month_days.is_empty(), weekdays.is_empty()];
        if lists.iter().all(|empty| *empty) && hours.is_empty() && minutes.is_empty() {
            positions.clear();
        }
        Model::Rule {
            unit,
            interval,
            months,
            month_days,
            weekdays,
            hours,
            minutes,
            positions,
            week_start,
        }
    })
}

fn model() -> impl Strategy<Value = Model> {
    let step = (1..20_u32, unit(), clock());
    prop_oneof![
        3 => rule(),
        2 => step.prop_map(|(count, unit, clock)| Model::Step { count, unit, clock }),
        1 => (any::<bool>(), clock()).prop_map(|(last, clock)| Model::NextMonth { last, clock }),
        1 => (weekday(), clock()).prop_map(|(weekday, clock)| Model::Next { weekday, clock }),
    ]
}

/// Draws strings of any kind: accepted ones, almost accepted ones, and noise.
fn text() -> impl Strategy<Value = String> {
    let words = "[+]?[0-9]{1,6} (day|week|month|year)s?( [0-2]?[0-9]:[0-5][0-9])?";
    let parts = "(RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY|HOURLY)(;INTERVAL=[0-9]{1,5})?\
        (;BY(MONTH|MONTHDAY|HOUR|SECOND|DAY|SETPOS)=[-+]?[0-9]{0,2}(,[0-9]{1,2}|MO|FR)?){0,3}\
        (;WKST=(SU|SA|MO|XX))?";
    let accepted = model().prop_map(|model| model.text());
    prop_oneof![4 => accepted, 2 => words, 3 => parts, 1 => any::<String>()]
}

/// Draws any instant, often one in the calendar or near its edges.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    let at = |(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap();
    prop_oneof![
        6 => (-2_208_988_800..7_258_118_400_i64, 0..1_000_000_000_u32).prop_map(at),
        1 => (-2_209_100_000..-2_208_900_000_i64, 0..1_000_000_000_u32).prop_map(at),
        1 => (7_258_000_000..7_258_200_000_i64, 0..1_000_000_000_u32).prop_map(at),
        1 => (-8_000_000_000_000..8_000_000_000_000_i64, 0..1_000_000_000_u32).prop_map(at),
        1 => select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC]),
    ]
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn the_instants_are_those_of_the_oracle(
        models in prop_oneof![4 => vec(model(), 1), 1 => vec(model(), 2)],
        (zone, anchor) in place(),
        from in -864_000..2_000_000_i64,
    ) {
        let texts: Vec<String> = models.iter().map(Model::text).collect();
        let schedule = Schedule::parse(&texts).unwrap();
        let last = (anchor + Days::new(WINDOW)).date_naive();
        let until = anchor + Days::new(WINDOW - 3);
        let after = anchor + TimeDelta::seconds(from);
        let expected: BTreeSet<_> =
            models.iter().flat_map(|model| model.instants(anchor, zone, last)).collect();
        let expected = expected.into_iter().filter(|at| (*at > after) && (*at <= until));

        let next = |after: &DateTime<Utc>| schedule.next_after(anchor, zone, *after);
        let found = iter::successors(next(&after), next).take_while(|at| *at <= until);
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{:?}", texts);
    }

    #[test]
    fn of_any_strings_and_instants_order_is_kept(
        texts in vec(text(), 1..3),
        zone in select(&TZ_VARIANTS[..]),
        (anchor, one, other) in (instant(), instant(), instant()),
    ) {
        let Ok(schedule) = Schedule::parse(&texts) else { return Ok(()) };
        let (earlier, later) = (one.min(other), one.max(other));
        let next = |after| schedule.next_after(anchor, zone, after);
        let (first, second) = (next(earlier), next(later));
        if let Some(first) = first {
            prop_assert!(first > earlier && first > anchor);
            prop_assert_eq!(first.timestamp_subsec_nanos(), 0);
            prop_assert!(first.date_naive() <= LAST_DAY);
            // There must be no other instant of the schedule in between.
            prop_assert_eq!(next(first - TimeDelta::nanoseconds(1)), Some(first));
        }
        match (first, second) {
            (Some(first), _) if first > later => prop_assert_eq!(second, Some(first)),
            (Some(first), Some(second)) => prop_assert!(second > later && first <= second),
            (None, second) => prop_assert_eq!(second, None),
            (Some(_), None) => {}
        }
    }
}
