//! Schedules at clock changes: hours, half hours and whole days that are skipped or come twice.

use apportion_core::schedule::Schedule;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::calendar::schedules::{runs, schedule, zone};

/// Returns the instants after the anchor, up to and including `until`.
fn all(schedule: &Schedule, zone: Tz, anchor: DateTime<Utc>, until: &str) -> Vec<DateTime<Utc>> {
    let until: DateTime<Utc> = until.parse().unwrap();
    let next = |after: &DateTime<Utc>| schedule.next_after(anchor, zone, *after);
    std::iter::successors(next(&anchor), next).take_while(|instant| *instant <= until).collect()
}

#[test]
fn a_skipped_time_moves_forward_by_the_gap() {
    let expected =
        ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"];
    runs("Europe/Berlin", "2026-03-27 02:30:00", &["+1 day"], &expected);
    runs("Europe/Berlin", "2026-03-27 02:30:00", &["FREQ=DAILY"], &expected);
    let expected =
        ["2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"];
    runs("America/New_York", "2026-03-06 02:30:00", &["+1 day"], &expected);
    let expected =
        ["2026-10-03T02:10:00+10:30", "2026-10-04T02:40:00+11:00", "2026-10-05T02:10:00+11:00"];
    runs("Australia/Lord_Howe", "2026-10-02 02:10:00", &["+1 day"], &expected);
    // The skipped time is midnight itself.
    let expected = ["2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"];
    runs(
        "America/Sao_Paulo",
        "2018-11-03 12:00:00",
        &["FREQ=DAILY;BYHOUR=0;BYMINUTE=0"],
        &expected,
    );
}

#[test]
fn a_time_that_comes_twice_is_the_first() {
    let expected =
        ["2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"];
    runs("Europe/Berlin", "2026-10-23 02:30:00", &["+1 day"], &expected);
    let expected =
        ["2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"];
    runs("America/New_York", "2026-10-30 01:30:00", &["FREQ=DAILY"], &expected);
    let expected =
        ["2026-04-04T01:45:00+11:00", "2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"];
    runs("Australia/Lord_Howe", "2026-04-03 01:45:00", &["+1 day"], &expected);
}

#[test]
fn within_the_hour_that_comes_twice_nothing_runs_again() {
    let (schedule, berlin) =
        (schedule(&["FREQ=DAILY;BYHOUR=2;BYMINUTE=15,30"]), zone("Europe/Berlin"));
    let next = |after: &str| {
        let anchor = "2026-10-01T10:00:00Z".parse().unwrap();
        schedule.next_after(anchor, berlin, after.parse().unwrap()).unwrap().to_rfc3339()
    };
    assert_eq!(next("2026-10-25T00:20:00Z"), "2026-10-25T00:30:00+00:00");
    // This is 02:10 for the second time.
    assert_eq!(next("2026-10-25T01:10:00Z"), "2026-10-26T01:15:00+00:00");
}

#[test]
fn moved_times_keep_their_order_and_fall_together() {
    // 02:00 and 02:30 do not exist and move to 03:00 and 03:30; 03:00 exists and is due as well.
    let expected = [
        "2026-03-28T03:00:00+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T03:30:00+02:00",
        "2026-03-30T02:00:00+02:00",
    ];
    let texts = ["FREQ=DAILY;BYHOUR=2;BYMINUTE=0,30", "FREQ=DAILY;BYHOUR=3;BYMINUTE=0"];
    runs("Europe/Berlin", "2026-03-28 02:45:00", &texts, &expected);
    // One rule has all four times; two of them become the same instant, which comes once.
    let rule = "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30";
    runs("Europe/Berlin", "2026-03-28 12:00:00", &[rule], &expected[1..]);
    let expected = ["2026-10-04T02:35:00+11:00", "2026-10-04T02:40:00+11:00"];
    let rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=10,35";
    runs("Australia/Lord_Howe", "2026-10-03 12:00:00", &[rule], &expected);
    // The time moves past midnight, and so comes after a time of the next day.
    let expected = ["2026-03-29T00:15:00-01:00", "2026-03-29T00:30:00-01:00"];
    let texts = ["FREQ=DAILY;BYHOUR=23;BYMINUTE=30", "FREQ=DAILY;BYHOUR=0;BYMINUTE=15"];
    runs("America/Nuuk", "2026-03-28 12:00:00", &texts, &expected);
    let rule = "FREQ=DAILY;BYHOUR=0,23;BYMINUTE=30,45";
    let expected =
        ["2026-03-29T00:30:00-01:00", "2026-03-29T00:45:00-01:00", "2026-03-29T23:30:00-01:00"];
    runs("America/Nuuk", "2026-03-28 12:00:00", &[rule], &expected);
}

#[test]
fn a_skipped_day_moves_to_the_next() {
    // Samoa had no 2011-12-30, which was a Friday; what is due then comes a day later.
    let expected =
        ["2011-12-29T10:30:00-10:00", "2011-12-31T10:30:00+14:00", "2012-01-01T10:30:00+14:00"];
    runs("Pacific/Apia", "2011-12-28 10:30:00", &["+1 day"], &expected);
    let expected = ["2011-12-31T10:30:00+14:00", "2012-01-06T10:30:00+14:00"];
    runs("Pacific/Apia", "2011-12-23 10:30:00", &["FREQ=WEEKLY"], &expected);
    let expected = ["2011-12-31T00:00:00+14:00", "2012-01-06T00:00:00+14:00"];
    runs("Pacific/Apia", "2011-12-29 10:30:00", &["next friday"], &expected);
    let expected = ["2011-12-31T02:30:00+14:00", "2011-12-31T10:30:00+14:00"];
    runs("Pacific/Apia", "2011-12-29 12:00:00", &["FREQ=DAILY;BYHOUR=2,10;BYMINUTE=30"], &expected);
    // The Marshall Islands had no 1993-08-21.
    let expected = ["1993-08-22T18:00:00+12:00", "1993-08-28T18:00:00+12:00"];
    runs("Pacific/Kwajalein", "1993-08-14 18:00:00", &["FREQ=WEEKLY"], &expected);
}

#[test]
fn an_anchor_in_a_change_is_the_time_that_clocks_showed() {
    let texts = ["+1 day"];
    let (schedule, berlin) = (schedule(&texts), zone("Europe/Berlin"));
    // This is 02:30 for the second time; fractions of a second are dropped.
    let anchor: DateTime<Utc> = "2026-10-25T01:30:00.9Z".parse().unwrap();
    let found = all(&schedule, berlin, anchor, "2026-10-27T01:30:00Z");
    let found: Vec<String> = found.iter().map(DateTime::to_rfc3339).collect();
    assert_eq!(found, ["2026-10-26T01:30:00+00:00", "2026-10-27T01:30:00+00:00"]);
}

#[test]
fn a_clock_that_was_set_back_finds_the_same_instants() {
    let berlin = zone("Europe/Berlin");
    for text in ["+1 day", "+3 days 02:30", "FREQ=WEEKLY;BYDAY=SU,WE;BYHOUR=2;BYMINUTE=30"] {
        let schedule = schedule(&[text]);
        let anchor: DateTime<Utc> = "2026-03-20T01:30:00Z".parse().unwrap();
        let lattice = all(&schedule, berlin, anchor, "2026-11-05T00:00:00Z");
        assert!(lattice.len() > 60, "{text}");
        for instant in lattice.iter().rev() {
            let before = *instant - TimeDelta::nanoseconds(1);
            assert_eq!(schedule.next_after(anchor, berlin, before), Some(*instant), "{text}");
        }
        let long_before = anchor - TimeDelta::days(9_000);
        assert_eq!(schedule.next_after(anchor, berlin, long_before), Some(lattice[0]), "{text}");
    }
}

/// The search for the next instant relies on this.
#[test]
fn no_clock_of_the_calendar_skips_more_than_a_day() {
    use chrono::{Offset, TimeZone};

    let days = || (0..10_957).map(|tenth| TimeDelta::days(tenth * 10));
    let start: DateTime<Utc> = "1900-01-01T00:00:00Z".parse().unwrap();
    for zone in TZ_VARIANTS {
        let offset = |days: TimeDelta| {
            let at = zone.offset_from_utc_datetime(&(start + days).naive_utc());
            at.fix().local_minus_utc()
        };
        let offsets: Vec<i32> = days().map(offset).collect();
        let skips = offsets.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(skips.max().unwrap() <= 86_400, "{zone}");
    }
}
