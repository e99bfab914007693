//! Schedules that are refused: the reason says what is accepted instead.

use apportion_core::schedule::Schedule;

/// Checks that the one string of a schedule is refused, and how the reason begins.
#[track_caller]
fn refused(text: &str, reason: &str) {
    let faults = Schedule::parse(&[text]).unwrap_err();
    let [fault] = faults.as_slice() else { panic!("{text}: {faults:?}") };
    assert_eq!(fault.index, 0);
    assert!(fault.reason.starts_with(reason), "{text}: {fault}");
}

#[test]
fn anything_else() {
    let form = "must be a rule such as FREQ=";
    for text in [
        "",
        " ",
        "daily",
        "tomorrow",
        "1 month",
        "-1 month",
        "+ 1 month",
        "+1month",
        "+1 hour",
        "+1 monthss",
        "+one day",
        "+1.5 days",
        "++1 day",
        "+\u{661} day",
        " +1 day",
        "+1  day",
        "+1 day\n",
        "+1 day 09:00 10:00",
        "next",
        "next month",
        "next freitag",
        "last friday of next month",
        "first day of month",
        "first day of next month at noon",
        "0 9 * * 1",
        "RRULE:",
        "RRULE:+1 day",
    ] {
        refused(text, form);
    }
    refused("+0 days", "must be from +1 to +100000 days");
    refused("+100001 weeks", "must be from +1 to +100000 weeks");
    refused("+99999999999 days", form);
    for clock in ["9:00", "24:00", "09:60", "09:00:00", "0900", "+9:00", "09:+5", "noon", "09:00 "]
    {
        let reason = if clock.ends_with(' ') { form } else { "must end with a time from 00:00" };
        refused(&format!("+1 day {clock}"), reason);
        refused(&format!("next friday {clock}"), reason);
        refused(&format!("first day of next month {clock}"), reason);
    }
}

#[test]
fn parts_that_rules_do_not_have() {
    let parts = "a rule takes FREQ, INTERVAL,";
    for part in [
        "COUNT=3",
        "UNTIL=20300101T000000Z",
        "BYWEEKNO=1",
        "BYYEARDAY=1",
        "DTSTART=20260101T000000Z",
        "FREQ=DAILY",
        "=1",
    ] {
        let name = part.split_once('=').unwrap().0;
        refused(&format!("FREQ=DAILY;{part}"), &format!("{name} is not accepted here: {parts}"));
    }
    for twice in ["BYHOUR=1;BYHOUR=2", "BYHOUR=1;BYSETPOS=1;BYSETPOS=1", "WKST=SU;WKST=SU"] {
        let name = twice.rsplit(';').next().unwrap().split('=').next().unwrap();
        refused(&format!("FREQ=DAILY;{twice}"), &format!("{name} is not accepted here: {parts}"));
    }
    for text in ["FREQ=DAILY;", ";FREQ=DAILY", "FREQ=DAILY;INTERVAL", "FREQ=DAILY\nCOUNT"] {
        let reason = if text.contains('\n') { "FREQ must be" } else { parts };
        refused(text, reason);
    }
}

#[test]
fn values_out_of_range() {
    let freq = "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY";
    for text in ["INTERVAL=2", "FREQ=", "FREQ=HOURLY", "FREQ= DAILY", "FREQ=DAILY ", "FREQ==DAILY"]
    {
        refused(text, freq);
    }
    let interval = "INTERVAL must be from 1 to 100000";
    for value in ["", "0", "-1", "+1", "1.5", "1,2", "100001", "4000000000", "99999999999999999999"]
    {
        refused(&format!("FREQ=DAILY;INTERVAL={value}"), interval);
    }
    for (part, wrong, reason) in [
        ("BYMONTH", ["0", "13", "-1", "JAN", "1,", ",1", "1,,2"], "BYMONTH must be from 1 to 12"),
        ("BYHOUR", ["24", "-1", "", "+3", "1,x", "1 ", "9h"], "BYHOUR must be from 0 to 23"),
        ("BYMINUTE", ["60", "-1", "", "+3", "1,x", " 1", "\u{664}"], "BYMINUTE must be from 0"),
        ("BYSECOND", ["60", "-1", "", "+3", "1,x", " 1", "0.5"], "BYSECOND must be from 0 to 59"),
        ("BYMONTHDAY", ["0", "32", "-32", "-0", "--1", "+-1", ""], "BYMONTHDAY must be from 1 to"),
        (
            "BYSETPOS",
            ["0", "367", "-367", "", "1,", "MO", "+-1"],
            "BYSETPOS must be from 1 to 366 or -366 to -1",
        ),
        ("WKST", ["", "M", "MON", "MO,TU", "1MO", "0", "\u{dc}\u{dc}"], "WKST must be MO, TU, WE"),
        ("BYDAY", ["", "M", "MON", "0MO", "54MO", "-MO", "\u{dc}\u{dc}"], "BYDAY must be MO, TU"),
    ] {
        for value in wrong {
            refused(&format!("FREQ=MONTHLY;{part}={value}"), reason);
        }
    }
}

#[test]
fn parts_that_do_not_go_together() {
    refused("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY must not be used with FREQ=WEEKLY");
    refused("FREQ=WEEKLY;BYDAY=MO,1FR", "BYDAY must not be numbered with FREQ=DAILY or WEEKLY");
    refused("FREQ=DAILY;BYDAY=-1FR", "BYDAY must not be numbered with FREQ=DAILY or WEEKLY");
    for alone in ["FREQ=MONTHLY;BYSETPOS=1", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYSETPOS=-1"] {
        refused(alone, "BYSETPOS must be used with another part, such as BYDAY");
    }
    refused("FREQ=MONTHLY;BYDAY=6MO", "BYDAY must be numbered from 1 to 5 or -5 to -1");
    refused("FREQ=YEARLY;BYMONTH=1;BYDAY=-6MO", "BYDAY must be numbered from 1 to 5");
}

#[test]
fn too_many_and_too_long() {
    let faults = |texts: &[String]| {
        let faults = Schedule::parse(texts).err().unwrap_or_default();
        faults.into_iter().map(|fault| (fault.index, fault.reason)).collect::<Vec<_>>()
    };
    let strings = |count| vec!["+1 day".to_owned(); count];
    assert_eq!(faults(&strings(10)), []);
    assert_eq!(
        faults(&strings(12)),
        [(10, "is one string too many: a schedule has at most 10".to_owned())]
    );

    let seconds = |length: usize| format!("FREQ=DAILY;BYSECOND={:0>1$}", 5, length - 20);
    assert_eq!(seconds(255).len(), 255);
    assert_eq!(faults(&[seconds(255)]), []);
    assert_eq!(faults(&[seconds(256)]), [(0, "must be at most 255 characters".to_owned())]);
    // The limit counts characters and not bytes.
    refused(&"\u{e4}".repeat(255), "must be a rule");
    refused(&"\u{e4}".repeat(256), "must be at most 255 characters");

    let several = ["+1 day", "soon", "next friday", "FREQ=DAILY;COUNT=2"].map(str::to_owned);
    let indexes: Vec<usize> = faults(&several).into_iter().map(|(index, _)| index).collect();
    assert_eq!(indexes, [1, 3]);
}
