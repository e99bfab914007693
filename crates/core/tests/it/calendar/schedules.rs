//! Schedules: the days and times that rules and modifiers name.

use apportion_core::schedule::Schedule;
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

pub(crate) fn schedule(texts: &[&str]) -> Schedule {
    Schedule::parse(texts).unwrap_or_else(|faults| panic!("{texts:?}: {faults:?}"))
}

pub(crate) fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

/// Returns the instant of a local time such as `2026-01-31 10:00:00`.
fn local(zone: Tz, text: &str) -> DateTime<Utc> {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    zone.from_local_datetime(&local).earliest().unwrap().to_utc()
}

/// Checks the instants that follow the anchor, each written with its offset.
#[track_caller]
pub(crate) fn runs(zone_name: &str, anchor: &str, texts: &[&str], expected: &[&str]) {
    let (schedule, zone) = (schedule(texts), zone(zone_name));
    let anchor = local(zone, anchor);
    let mut after = anchor;
    for expected in expected {
        let next = schedule.next_after(anchor, zone, after);
        let read = next.map(|next| next.with_timezone(&zone).to_rfc3339());
        assert_eq!(read.as_deref(), Some(*expected), "{texts:?} after {after}");
        after = next.unwrap();
    }
}

/// Checks the days that follow an anchor at 10:30:15 in UTC; all instants are at that time of day.
#[track_caller]
fn days(anchor: &str, text: &str, expected: &str) {
    let expected: Vec<String> =
        expected.split(' ').map(|day| format!("{day}T10:30:15+00:00")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    runs("UTC", &format!("{anchor} 10:30:15"), &[text], &expected);
}

#[test]
fn rules_take_what_they_do_not_say_from_the_anchor() {
    days("2026-03-05", "FREQ=DAILY", "2026-03-06 2026-03-07");
    days("2026-03-05", "FREQ=WEEKLY", "2026-03-12 2026-03-19");
    days("2026-03-05", "FREQ=MONTHLY", "2026-04-05 2026-05-05");
    days("2026-03-05", "FREQ=YEARLY", "2027-03-05 2028-03-05");
    days("2026-03-05", "rrule:freq=yearly;bymonth=5,4", "2026-04-05 2026-05-05 2027-04-05");
    days("2026-03-05", "RRULE:INTERVAL=3;FREQ=DAILY", "2026-03-08 2026-03-11");
}

#[test]
fn months_and_years_without_the_day_are_skipped() {
    days("2026-01-31", "FREQ=MONTHLY", "2026-03-31 2026-05-31 2026-07-31 2026-08-31");
    days("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=30", "2026-03-30 2026-04-30");
    days("2024-02-29", "FREQ=YEARLY", "2028-02-29 2032-02-29");
    days("2096-02-29", "FREQ=YEARLY", "2104-02-29");
    days("2024-02-29", "FREQ=YEARLY;INTERVAL=3", "2036-02-29");
}

#[test]
fn days_of_a_month_count_from_either_end() {
    days("2026-01-05", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 2026-02-28 2026-03-31 2026-04-30");
    days("2024-02-01", "FREQ=MONTHLY;BYMONTHDAY=-1,+1", "2024-02-29 2024-03-01 2024-03-31");
    days("2026-01-05", "FREQ=MONTHLY;BYMONTHDAY=-31", "2026-03-01 2026-05-01");
    days("2026-01-05", "FREQ=YEARLY;BYMONTHDAY=15", "2026-01-15 2026-02-15");
    days("2026-01-05", "FREQ=DAILY;BYMONTHDAY=10;BYMONTH=3", "2026-03-10 2027-03-10");
}

#[test]
fn days_of_a_week_are_all_or_numbered() {
    days("2026-01-05", "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30 2026-02-27 2026-03-27 2026-04-24");
    days("2026-01-05", "FREQ=MONTHLY;BYDAY=+2MO,1WE", "2026-01-07 2026-01-12 2026-02-04");
    days("2026-01-05", "FREQ=MONTHLY;BYDAY=5SA", "2026-01-31 2026-05-30");
    days("2026-01-05", "FREQ=MONTHLY;BYDAY=SA", "2026-01-10 2026-01-17 2026-01-24");
    days("2026-01-05", "FREQ=YEARLY;BYDAY=20MO", "2026-05-18 2027-05-17");
    days("2026-01-05", "FREQ=YEARLY;BYDAY=-1SU,53TH", "2026-12-27 2026-12-31 2027-12-26");
    days("2026-01-05", "FREQ=YEARLY;BYMONTH=3;BYDAY=1SU,-1SU", "2026-03-01 2026-03-29 2027-03-07");
    days("2026-01-05", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-02-13 2026-03-13 2026-11-13");
    days("2026-01-05", "FREQ=DAILY;BYDAY=SA,SU", "2026-01-10 2026-01-11 2026-01-17");
    // The presidential elections of the United States are an example of the RFC.
    let elections = "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8";
    days("1996-11-05", elections, "2000-11-07 2004-11-02 2008-11-04");
}

#[test]
fn intervals_count_periods_from_that_of_the_anchor() {
    // Weeks start on Monday, so the Sunday after the anchor is in the anchor's week.
    days("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "1997-08-10 1997-08-19 1997-08-24");
    days("2026-01-04", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-01-12 2026-01-26");
    days("2026-12-31", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2027-01-01 2027-01-15");
    days("2026-01-31", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", "2026-03-01 2026-05-01");
    days("2026-06-15", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1", "2028-01-15 2030-01-15");
    days("2026-01-01", "FREQ=DAILY;INTERVAL=10;BYMONTH=2", "2026-02-10 2026-02-20 2027-02-05");
}

#[test]
fn rules_have_times() {
    let expected = ["2026-03-05T18:00:15+00:00", "2026-03-06T09:00:15+00:00"];
    runs("UTC", "2026-03-05 09:30:15", &["FREQ=DAILY;BYHOUR=18,9;BYMINUTE=0"], &expected);
    let expected = ["2026-03-05T09:30:30+00:00", "2026-03-06T09:30:00+00:00"];
    runs("UTC", "2026-03-05 09:30:15", &["FREQ=DAILY;BYSECOND=30,0,0"], &expected);
}

#[test]
fn steps_count_from_the_anchor() {
    days("2026-03-05", "+1 day", "2026-03-06 2026-03-07");
    days("2026-03-05", "+10 DAYS", "2026-03-15 2026-03-25 2026-04-04");
    days("2026-03-05", "+2 weeks", "2026-03-19 2026-04-02");
    days("2026-01-31", "+1 month", "2026-02-28 2026-03-31 2026-04-30 2026-05-31");
    days("2026-11-30", "+3 Months", "2027-02-28 2027-05-30 2027-08-30");
    days("2024-02-29", "+1 year", "2025-02-28 2026-02-28 2027-02-28 2028-02-29");
    runs("UTC", "2026-03-05 10:00:00", &["+1 week 23:59"], &["2026-03-12T23:59:00+00:00"]);
}

#[test]
fn month_ends_do_not_drift_in_four_years() {
    for (text, skips) in [("+1 month", false), ("last day of next month 10:30", false)]
        .into_iter()
        .chain([("FREQ=MONTHLY;BYMONTHDAY=-1", false), ("FREQ=MONTHLY;BYMONTHDAY=31", true)])
    {
        let (schedule, anchor) = (schedule(&[text]), local(Tz::UTC, "2023-12-31 10:30:00"));
        let mut expected = Vec::new();
        for year in 2024..2028 {
            for (month, last) in (1..).zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                let leap = u32::from(year == 2024 && month == 2);
                expected.extend(
                    (!skips || last == 31)
                        .then(|| Utc.with_ymd_and_hms(year, month, last + leap, 10, 30, 0)),
                );
            }
        }
        let mut after = anchor;
        for expected in expected {
            after = schedule.next_after(anchor, Tz::UTC, after).unwrap();
            assert_eq!(after, expected.unwrap(), "{text}");
        }
    }
}

#[test]
fn the_other_modifiers_are_at_midnight() {
    let berlin = |anchor, text, expected: &[&str]| runs("Europe/Berlin", anchor, &[text], expected);
    let first = ["2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"];
    berlin("2026-01-31 10:00:00", "first day of next month", &first);
    berlin("2026-01-01 00:00:00", "First Day Of Next Month", &first);
    let last = ["2026-02-28T18:30:00+01:00", "2026-03-31T18:30:00+02:00"];
    berlin("2026-01-05 10:00:00", "last day of next month 18:30", &last);
    // 2026-03-06 is a Friday.
    let fridays = ["2026-03-13T00:00:00+01:00", "2026-03-20T00:00:00+01:00"];
    berlin("2026-03-06 10:00:00", "next friday", &fridays);
    berlin("2026-03-06 00:00:00", "NEXT FRI", &fridays);
    berlin("2026-03-05 10:00:00", "next friday 09:00", &["2026-03-06T09:00:00+01:00"]);
    berlin("2026-03-06 08:00:00", "next friday 09:00", &["2026-03-13T09:00:00+01:00"]);
}

#[test]
fn several_strings_are_the_earliest_of_each() {
    let texts = ["FREQ=MONTHLY;BYMONTHDAY=15", "next monday 10:00", "+10 days", "+5 days"];
    let expected = [
        "2026-03-09T10:00:00+00:00",
        "2026-03-10T10:00:00+00:00",
        "2026-03-15T10:00:00+00:00",
        "2026-03-16T10:00:00+00:00",
        "2026-03-20T10:00:00+00:00",
    ];
    runs("UTC", "2026-03-05 10:00:00", &texts, &expected);
    assert!(schedule(&[]).is_empty());
    let anchor = local(Tz::UTC, "2026-03-05 10:00:00");
    assert_eq!(schedule(&[]).next_after(anchor, Tz::UTC, anchor), None);
}

#[test]
fn what_never_comes_is_said() {
    let never = [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;INTERVAL=100000",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=9",
        "FREQ=WEEKLY;INTERVAL=100000",
        "+100000 years",
    ];
    let anchor = local(Tz::UTC, "2026-03-05 10:00:00");
    let indexes = |texts: &[&str]| {
        let faults = schedule(texts).must_fire(anchor, Tz::UTC).err().unwrap_or_default();
        faults.iter().map(|fault| fault.index).collect::<Vec<_>>()
    };
    assert_eq!(schedule(&never).next_after(anchor, Tz::UTC, anchor), None);
    assert_eq!(indexes(&never), [0, 1, 2, 3, 4]);
    assert_eq!(indexes(&["+1 day", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "+1 week"]), [1]);
    assert_eq!(indexes(&["+1 day"]), [0; 0]);
    assert_eq!(indexes(&[]), [0; 0]);
}

#[test]
fn the_calendar_ends() {
    let next = |anchor: &str, after: &str| {
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        schedule(&["+1 day"]).next_after(instant(anchor), Tz::UTC, instant(after))
    };
    let last = next("2026-01-01T06:00:00.75Z", "2199-12-30T06:00:00Z").unwrap();
    assert_eq!(last.to_rfc3339(), "2199-12-31T06:00:00+00:00");
    assert_eq!(next("2026-01-01T06:00:00Z", "2199-12-31T06:00:00Z"), None);
    assert_eq!(next("2026-01-01T06:00:00Z", "2200-01-01T00:00:00Z"), None);
    assert_eq!(next("1899-12-31T23:59:59Z", "2026-01-01T00:00:00Z"), None);
    let first = next("1900-01-01T00:00:00Z", "1000-01-01T00:00:00Z").unwrap();
    assert_eq!(first.to_rfc3339(), "1900-01-02T00:00:00+00:00");
}
