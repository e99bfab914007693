//! Reports as CSV, from rows that the core made; not over HTTP.

use apportion_core::report::{Entry, Group};
use apportion_server::report::csv::{Dialect, Names, write};

use crate::support::rows::report_entries::{entry, rows};

apportion_testing::cases! {
    plain: columns_follow_the_groups,
    amounts_are_in_units_of_their_currency,
    mixed_currencies_are_empty,
    missing_values_are_empty,
    lines_end_as_rfc_4180_says,
    nothing_is_a_formula,
    german_spreadsheets_read_it
}

const JULY: [&str; 2] = ["2025-07-01", "2025-07-04"];

/// Names of the organization, of deals and of a creator, three of which look like formulas.
fn names() -> Names {
    Names::from([
        ((Group::Organization, 1), "Acme, Inc.".to_owned()),
        ((Group::Deal, 1), "=1+1".to_owned()),
        ((Group::Deal, 2), "Two".to_owned()),
        ((Group::Deal, 7), "-7;\"x\"".to_owned()),
        ((Group::Creator, 47), "@Ada Byron".to_owned()),
    ])
}

fn csv(groups: &str, default: &str, entries: &[Entry]) -> String {
    csv_in(Dialect::English, groups, default, entries)
}

fn csv_in(dialect: Dialect, groups: &str, default: &str, entries: &[Entry]) -> String {
    let (grouping, rows) = rows(groups, entries);
    let written = write(&grouping, &rows, default.parse().unwrap(), &names(), dialect).unwrap();
    String::from_utf8(written).unwrap()
}

fn lines(groups: &str, default: &str, entries: &[Entry]) -> Vec<String> {
    csv(groups, default, entries).lines().map(str::to_owned).collect()
}

fn columns_follow_the_groups() {
    let figures = "currency_default,total_revenue,total_recognized_revenue,total_projected_revenue,total_revenue_default,total_recognized_revenue_default,total_projected_revenue_default";
    let check = |groups: &str, before: &str| {
        assert_eq!(lines(groups, "EUR", &[]), [format!("{before},{figures}")], "{groups}");
    };
    check("", "count,currency");
    check("deal", "deal,deal_name,count,currency");
    check("date:month,deal", "date,deal,deal_name,count,currency");
    // No name appears twice.
    check("currency,creator,date:week", "currency,creator,creator_name,date,count");
    let entities = "organization,organization_name,revenue_distribution";
    check("organization,revenue_distribution", &format!("{entities},count,currency"));
}

fn amounts_are_in_units_of_their_currency() {
    let check = |amounts: [(&str, i64); 2], expected: &str| {
        let [_, (default, _)] = amounts;
        let lines = lines("date:year,deal", default, &[entry(1, JULY, amounts)]);
        assert_eq!(lines[1], format!("2025,1,'=1+1,4,{expected}"));
    };
    check([("EUR", 1234), ("EUR", 1234)], "EUR,EUR,12.34,6.17,6.17,12.34,6.17,6.17");
    check([("JPY", 1234), ("EUR", -8)], "JPY,EUR,1234,617,617,-0.08,-0.04,-0.04");
    check([("KWD", -5), ("JPY", 0)], "KWD,JPY,-0.005,-0.003,-0.003,0,0,0");
    check([("CLF", 20_000), ("EUR", 2)], "CLF,EUR,2.0000,1.0000,1.0000,0.02,0.01,0.01");
    let least = "EUR,EUR,-92233720368547758.08,-46116860184273879.04,-46116860184273879.04,-92233720368547758.08,-46116860184273879.04,-46116860184273879.04";
    check([("EUR", i64::MIN), ("EUR", i64::MIN)], least);
}

fn mixed_currencies_are_empty() {
    let entries =
        [entry(1, JULY, [("EUR", 100), ("EUR", 100)]), entry(2, JULY, [("USD", 100), ("EUR", 90)])];
    assert_eq!(lines("", "EUR", &entries)[1], "8,,EUR,,,,1.90,0.95,0.95");
    let apart = lines("currency", "EUR", &entries);
    assert_eq!(apart[1], "EUR,4,EUR,1.00,0.50,0.50,1.00,0.50,0.50");
    assert_eq!(apart[2], "USD,4,EUR,1.00,0.50,0.50,0.90,0.45,0.45");
}

fn missing_values_are_empty() {
    let entries = [1, 2].map(|deal| entry(deal, JULY, [("EUR", 100), ("EUR", 100)]));
    let lines = lines("creator", "EUR", &entries);
    // The name of the first is not known, and the second has no creator.
    assert_eq!(lines[1], "42,,4,EUR,EUR,1.00,0.50,0.50,1.00,0.50,0.50");
    assert_eq!(lines[2], ",,4,EUR,EUR,1.00,0.50,0.50,1.00,0.50,0.50");
}

fn lines_end_as_rfc_4180_says() {
    let csv = csv("date:day", "EUR", &[entry(1, JULY, [("EUR", 100), ("EUR", 100)])]);
    assert_eq!(csv.matches("\r\n").count(), 5);
    assert_eq!(csv.matches('\n').count(), 5);
    assert!(csv.ends_with("\r\n"));
}

/// A cell that begins with one of these characters is a formula to a spreadsheet; negative numbers
/// are allowed.
fn nothing_is_a_formula() {
    let all = "organization,deal,creator,currency,status,revenue_distribution,date:week";
    let csv = csv(all, "EUR", &[entry(7, JULY, [("USD", -100), ("EUR", -90)])]);
    assert!(csv.contains(",-0.90,"), "{csv}");
    let line = csv.lines().nth(1).unwrap();
    let named = "1,\"Acme, Inc.\",7,\"'-7;\"\"x\"\"\",47,'@Ada Byron,USD,won,107,2025-W27,4,EUR,";
    assert!(line.starts_with(named), "{line}");
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    for field in reader
        .records()
        .flat_map(|record| record.unwrap().into_iter().map(str::to_owned).collect::<Vec<_>>())
    {
        let is_number = field.parse::<f64>().is_ok();
        assert!(is_number || !field.starts_with(['=', '+', '-', '@', '\t']), "{field}");
    }
}

/// Semicolons, decimal commas, and a mark that says that the file is UTF-8.
fn german_spreadsheets_read_it() {
    let entries = [
        entry(1, JULY, [("EUR", 123_456), ("EUR", 123_456)]),
        entry(7, JULY, [("JPY", -5), ("EUR", -8)]),
    ];
    let german = csv_in(Dialect::German, "date:month,deal", "EUR", &entries);
    let lines: Vec<&str> = german.strip_prefix('\u{feff}').unwrap().lines().collect();
    assert!(lines[0].starts_with("date;deal;deal_name;count;currency;currency_default;total_"));
    let first = "2025-07;1;'=1+1;4;EUR;EUR;1234,56;617,28;617,28;1234,56;617,28;617,28";
    assert_eq!(lines[1], first);
    let second = "2025-07;7;\"'-7;\"\"x\"\"\";4;JPY;EUR;-5;-3;-3;-0,08;-0,04;-0,04";
    assert_eq!(lines[2], second);
    assert!(!csv("", "EUR", &entries).starts_with('\u{feff}'));
}
