//! Comma, semicolon and tab: told by the header, and with them the decimal mark.

use apportion_testing::Place;
use serde_json::{Value, json};

use super::{attribute, bad, count, good, world};

apportion_testing::cases! {
    each_separator_has_its_mark, wrong_marks_are_refused, headers_tell, quotes_follow_the_separator
}

/// The same two deals, one with an exchange rate.
const GOOD: &[&str] = &[
    "name,currency,value,exchange_rate\nA,EUR,12.50,\nB,USD,1000,0.92\n",
    "name;currency;value;exchange_rate\nA;EUR;12,50;\nB;USD;1000;0,92\n",
    "name\tcurrency\tvalue\texchange_rate\nA\tEUR\t12.50\t\nB\tUSD\t1000\t0.92\n",
    "\u{feff}name;currency;value;exchange_rate\r\nA;EUR;12,50;\r\nB;USD;1000,00;0,92\r\n",
    "\"name\";\"currency\";\"value\";\"exchange_rate\"\n\"A\";\"EUR\";\"12,50\";\nB;USD;1000;0,92",
    "\n\r\nname;currency;value;exchange_rate\n\nA;EUR;12,5;\n\nB;USD;1000,0;0,920\n",
    " name ; currency ; value ; exchange_rate \nA;EUR;12,50;\nB;USD;1000;0,92\n",
];

fn each_separator_has_its_mark(place: &Place) {
    let world = world(place);
    for (at, text) in GOOD.iter().enumerate() {
        good(&world, "deals", text);
        let values = attribute(&world, "deals", "value");
        assert_eq!(values[at * 2..], [1_250, 100_000].map(Value::from), "{text}");
        let rates = attribute(&world, "deals", "exchange_rate");
        assert_eq!(rates[at * 2..], [json!(null), json!("0.92")], "{text}");
    }
    good(
        &world,
        "revenue_distributions",
        "deal_id;start_on;end_on;amount_percent\n1;2026-01-01;2026-01-31;33,3333333333\n",
    );
    assert_eq!(attribute(&world, "revenue_distributions", "amount_percent"), ["33.3333333333"]);
    // Integers have no mark, whatever separates them.
    good(&world, "deals", "name;value_minor;probability\nC;-7;50\n");
    assert_eq!(attribute(&world, "deals", "value").last(), Some(&json!(-7)));
}

fn wrong_marks_are_refused(place: &Place) {
    let world = world(place);
    let comma = "must have a comma before its decimals and no point, as in all files that are \
                 separated by semicolons, not";
    let point = "must have a point before its decimals and no comma, not";
    let hint = "; decimal commas are for files that are separated by semicolons";
    for (text, said) in [
        ("name;value\nA;12.50\n", format!("2: value: {comma} '12.50'")),
        ("name;value\nA;1.234,50\n", format!("2: value: {comma} '1.234,50'")),
        ("name;value\nA;1.234\n", format!("2: value: {comma} '1.234'")),
        (
            "name;value\nA;1,234,5\n",
            "2: value: must be an amount in plain digits such as 12000,00, not '1,234,5'".into(),
        ),
        (
            "name;value\nA;12,345\n",
            "2: value: must have at most 2 decimals in EUR, not '12,345'".into(),
        ),
        ("name;currency;exchange_rate\nA;USD;0.92\n", format!("2: exchange_rate: {comma} '0.92'")),
        ("name\tvalue\nA\t12,50\n", format!("2: value: {point} '12,50'{hint}")),
        (
            "name,currency,exchange_rate\nA,USD,\"0,92\"\n",
            format!("2: exchange_rate: {point} '0,92'{hint}"),
        ),
    ] {
        assert_eq!(bad(&world, "deals", text), [said], "{text}");
    }
    world.deal("A", 100);
    let text = "deal;start_on;end_on;amount_percent\nA;2026-01-01;2026-01-31;12.5\n";
    let said = [format!("2: amount_percent: {comma} '12.5'")];
    assert_eq!(bad(&world, "revenue_distributions", text), said);
    assert_eq!(count(&world, "deals"), 1);
}

fn headers_tell(place: &Place) {
    let world = world(place);
    let several = "the header has several of comma, semicolon and tab; separate the columns by one \
                   of them";
    for text in ["name;value,currency\nA;1,EUR\n", "name\tvalue;date\nA\t1;\n", "name,date\t\nA"] {
        assert_eq!(bad(&world, "deals", text), [format!("1: -: {several}")], "{text}");
    }
    // One that is quoted separates nothing.
    let said = bad(&world, "deals", "\"name;value\"\nA\n");
    assert!(said[0].starts_with("1: name;value: is not a column of deals"), "{said:?}");
    let said = bad(&world, "deals", "name|value\nA|1\n");
    assert!(said[0].starts_with("1: name|value: is not a column of deals"), "{said:?}");
    // What stands in the rows does not matter.
    good(&world, "deals", "name\n\"A;B,C\"\n");
    good(&world, "deals", "name;value\nA,B;1\n");
    assert_eq!(attribute(&world, "deals", "name"), ["A;B,C", "A,B"]);
}

fn quotes_follow_the_separator(place: &Place) {
    let world = world(place);
    for (text, said) in [
        ("name;value\nA;1\nB;\"2\nC;3\n", "3: -: opens a quote that nothing closes"),
        (
            "name;value\n\"A\"x;1\n",
            "2: -: has text behind a closing quote; double a quote within a cell",
        ),
        ("name\tvalue\nA\t\"1\n", "2: -: opens a quote that nothing closes"),
        // A comma is no end of a cell here.
        (
            "name;value\n\"A\",B;1\n",
            "2: -: has text behind a closing quote; double a quote within a cell",
        ),
    ] {
        assert_eq!(bad(&world, "deals", text), [said], "{text}");
    }
    good(&world, "deals", "name;value\n\"A;\"\"B\"\"\";1\n");
    assert_eq!(attribute(&world, "deals", "name"), ["A;\"B\""]);
}
