//! Rules beside the examples of RFC 5545, section 3.8.5.3, and BYSETPOS and WKST beside plain
//! computations.

use apportion_core::calendar::LAST_DAY;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeZone, Utc, Weekday};
use chrono_tz::America::New_York;
use chrono_tz::Tz;

use crate::calendar::schedules::schedule;
use crate::day;

/// Examples of RFC 5545: the day of DTSTART, the rule, and the days that follow. All are at 09:00
/// in New York. COUNT and UNTIL are left out, and so are examples with parts that are not accepted.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("1997-09-02", "FREQ=DAILY", "09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=2", "09-04 09-06 09-08 09-10"),
    ("1997-10-24", "FREQ=DAILY;INTERVAL=2", "10-26 10-28 10-30 11-01"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=10", "09-12 09-22 10-02 10-12"),
    ("1998-01-30", "FREQ=YEARLY;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "01-31 1999-01-01 01-02"),
    ("1998-01-30", "FREQ=DAILY;BYMONTH=1", "01-31 1999-01-01 01-02"),
    ("1997-09-02", "FREQ=WEEKLY", "09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04"),
    (
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "09-16 09-30 10-14 10-28 11-11 11-25 12-09 12-23 1998-01-06 01-20 02-03 02-17",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;WKST=SU;BYDAY=TU,TH",
        "09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02",
    ),
    (
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
        "09-03 09-05 09-15 09-17 09-19 09-29 10-01 10-03 10-13 10-15 10-17 10-27 10-29 10-31 \
         11-10 11-12 11-14 11-24 11-26 11-28 12-08 12-10 12-12 12-22",
    ),
    (
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH",
        "09-04 09-16 09-18 09-30 10-02 10-14 10-16",
    ),
    (
        "1997-09-05",
        "FREQ=MONTHLY;BYDAY=1FR",
        "10-03 11-07 12-05 1998-01-02 02-06 03-06 04-03 05-01 06-05",
    ),
    (
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
        "09-28 11-02 11-30 1998-01-04 01-25 03-01 03-29 05-03 05-31",
    ),
    ("1997-09-22", "FREQ=MONTHLY;BYDAY=-2MO", "10-20 11-17 12-22 1998-01-19 02-16"),
    ("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "10-29 11-28 12-29 1998-01-29 02-26"),
    ("1997-09-02", "FREQ=MONTHLY;BYMONTHDAY=2,15", "09-15 10-02 10-15 11-02 11-15 12-02 12-15"),
    (
        "1997-09-30",
        "FREQ=MONTHLY;BYMONTHDAY=1,-1",
        "10-01 10-31 11-01 11-30 12-01 12-31 1998-01-01 01-31 02-01",
    ),
    (
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;BYMONTHDAY=10,11,12,13,14,15",
        "09-11 09-12 09-13 09-14 09-15 1999-03-10 03-11 03-12 03-13",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "09-09 09-16 09-23 09-30 11-04 11-11 11-18 11-25 1998-01-06 01-13 01-20 01-27 03-03",
    ),
    ("1997-06-10", "FREQ=YEARLY;BYMONTH=6,7", "07-10 1998-06-10 07-10 1999-06-10 07-10"),
    (
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3",
        "1999-01-10 02-10 03-10 2001-01-10 02-10 03-10 2003-01-10 02-10 03-10",
    ),
    ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1998-05-18 1999-05-17"),
    (
        "1997-03-13",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "03-20 03-27 1998-03-05 03-12 03-19 03-26 1999-03-04 03-11 03-18 03-25",
    ),
    (
        "1997-06-05",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "06-12 06-19 06-26 07-03 07-10 07-17 07-24 07-31 08-07 08-14 08-21 08-28 1998-06-04",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1998-02-13 03-13 11-13 1999-08-13 2000-10-13",
    ),
    (
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "10-11 11-08 12-13 1998-01-10 02-07 03-07 04-11 05-09 06-13",
    ),
    (
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "2000-11-07 2004-11-02",
    ),
    ("1997-09-04", "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "10-07 11-06"),
    (
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "10-30 11-27 12-30 1998-01-29 02-26 03-30",
    ),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", "08-10 08-19 08-24"),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "08-17 08-19 08-31"),
    ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30", "01-30 02-15 03-15 03-30"),
];

/// Returns the instants after the anchor.
fn after(text: &str, zone: Tz, anchor: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let schedule = schedule(&[text]);
    let mut last = Some(anchor);
    std::iter::from_fn(move || {
        last = schedule.next_after(anchor, zone, last?);
        last
    })
}

fn at_nine(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    zone.from_local_datetime(&date.and_hms_opt(9, 0, 0).unwrap()).unwrap().to_utc()
}

#[test]
fn examples_of_the_standard() {
    for (start, rule, expected) in EXAMPLES {
        let mut year = &start[..4];
        let expected: Vec<NaiveDate> = expected
            .split_whitespace()
            .map(|date| {
                let (own, rest) = date.rsplit_once('-').unwrap();
                let (own, month) = own.rsplit_once('-').unwrap_or((year, own));
                year = own;
                day(&format!("{own}-{month}-{rest}"))
            })
            .collect();
        let found: Vec<DateTime<Utc>> =
            after(rule, New_York, at_nine(New_York, day(start))).take(expected.len()).collect();
        let expected: Vec<DateTime<Utc>> =
            expected.into_iter().map(|date| at_nine(New_York, date)).collect();
        assert_eq!(found, expected, "{rule} from {start}");
    }
}

#[test]
fn every_twenty_minutes_of_the_working_day() {
    let rule = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";
    let times: Vec<String> = after(rule, New_York, at_nine(New_York, day("1997-09-02")))
        .take(24)
        .map(|at| at.with_timezone(&New_York).format("%d %H:%M").to_string())
        .collect();
    assert_eq!(times[..3], ["02 09:20", "02 09:40", "02 10:00"]);
    assert_eq!(times[22..], ["02 16:40", "03 09:00"]);
}

/// Returns the months of the calendar from 2000, by their first day.
fn months() -> impl Iterator<Item = NaiveDate> {
    let first = |n| day("2000-01-01").checked_add_months(Months::new(n));
    (0..).map_while(first).take_while(|first| *first <= LAST_DAY)
}

fn is_working_day(date: &NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[test]
fn the_last_and_the_second_working_day_of_every_month() {
    let anchor = at_nine(Tz::UTC, day("1999-12-31"));
    let dates = |position: i32| {
        let rule = format!("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={position}");
        after(&rule, Tz::UTC, anchor).map(|at| at.date_naive()).collect::<Vec<_>>()
    };
    let back = |first: NaiveDate| {
        let mut date = first + Months::new(1) - Days::new(1);
        while !is_working_day(&date) {
            date = date - Days::new(1);
        }
        date
    };
    assert_eq!(dates(-1), months().map(back).collect::<Vec<_>>());
    let second = |first: NaiveDate| first.iter_days().filter(is_working_day).nth(1).unwrap();
    assert_eq!(dates(2), months().map(second).collect::<Vec<_>>());
}

#[test]
fn positions_count_instants_from_the_start_of_the_period() {
    let found = |anchor: &str, rule: &str, count: usize| -> Vec<String> {
        let anchor = day(anchor).and_hms_opt(10, 30, 15).unwrap().and_utc();
        let instants = after(rule, Tz::UTC, anchor).take(count);
        instants.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).collect()
    };
    // The first working day of March has passed at the anchor, and keeps its place.
    assert_eq!(
        found("2026-03-10", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", 3),
        ["2026-03-31 10:30:15", "2026-04-01 10:30:15", "2026-04-30 10:30:15"]
    );
    // Times of one day are instants of their own.
    assert_eq!(
        found("2026-03-10", "FREQ=DAILY;BYHOUR=18,6,12;BYMINUTE=0;BYSECOND=0;BYSETPOS=-1,2", 3),
        ["2026-03-10 12:00:00", "2026-03-10 18:00:00", "2026-03-11 12:00:00"]
    );
    assert_eq!(
        found("2026-03-10", "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=8,20;BYMINUTE=0;BYSETPOS=3", 2),
        ["2026-03-13 08:00:15", "2026-03-20 08:00:15"]
    );
    // Weeks that begin on Sunday have another last day.
    assert_eq!(
        found("2026-03-10", "FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=-1;WKST=MO", 2),
        ["2026-03-15 10:30:15", "2026-03-22 10:30:15"]
    );
    assert_eq!(
        found("2026-03-10", "FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=-1;WKST=SU", 2),
        ["2026-03-11 10:30:15", "2026-03-18 10:30:15"]
    );
    assert_eq!(
        found("2026-03-10", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=-1,53", 3),
        ["2026-12-28 10:30:15", "2027-12-27 10:30:15", "2028-12-25 10:30:15"]
    );
    let anchor = at_nine(Tz::UTC, day("2026-03-10"));
    let never = schedule(&["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=DAILY;BYHOUR=1;BYSETPOS=2"]);
    let faults = never.must_fire(anchor, Tz::UTC).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.index).collect::<Vec<_>>(), [0, 1]);
}

/// Every second week, for each start of the week, each weekday and each day of two weeks to count
/// from. The week of a day is counted from a day that begins one.
#[test]
fn every_second_week_by_where_weeks_begin() {
    const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    // 2024-01-01 was a Monday.
    let monday = day("2024-01-01");
    for (start, start_name) in NAMES.iter().enumerate() {
        for (weekday, name) in NAMES.iter().enumerate() {
            for offset in 0..14 {
                let anchor = day("2026-03-02") + Days::new(offset);
                let rule = format!("FREQ=WEEKLY;INTERVAL=2;BYDAY={name};WKST={start_name}");
                let week = |date: NaiveDate| {
                    let days = date.signed_duration_since(monday).num_days();
                    (days - i64::try_from(start).unwrap()).div_euclid(7)
                };
                let expected = anchor.iter_days().skip(1).filter(|date| {
                    let since = date.signed_duration_since(monday).num_days();
                    since.rem_euclid(7) == i64::try_from(weekday).unwrap()
                        && (week(*date) - week(anchor)) % 2 == 0
                });
                let found = after(&rule, Tz::UTC, at_nine(Tz::UTC, anchor));
                let found = found.map(|at| at.date_naive());
                assert!(found.take(30).eq(expected.take(30)), "{rule} from {anchor}");
            }
        }
    }
}
