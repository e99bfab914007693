//! Faults of files: each with its line, in order, and not more of them than a person can read.

use apportion_server::import::{ImportError, MAX_LISTED, Options};
use apportion_testing::Place;

use super::{bad, count, import, world};

apportion_testing::cases! {
    the_first_hundred_are_listed, in_the_order_of_the_lines, files_without_a_header, unknown_types
}

fn the_first_hundred_are_listed(place: &Place) {
    let world = world(place);
    for faults in [1, MAX_LISTED - 1, MAX_LISTED, MAX_LISTED + 1, 3 * MAX_LISTED] {
        // Half of them are found while the file is read, the other half by the rules.
        let line = |at: usize| if at.is_multiple_of(2) { "A,1,2\n" } else { ",1\n" };
        let lines: String = (0..faults).map(line).collect();
        let file = format!("name,value\n{lines}");
        let error = import(&world, Options::default(), &[("deals", &file)]).unwrap_err();
        let ImportError::Lines(found) = error else { panic!("{error}") };
        assert_eq!((found.count, found.file.as_str()), (faults as u64, "deals-0.csv"));
        let lines: Vec<u64> = found.listed.iter().map(|fault| fault.line).collect();
        let expected = (2..).take(faults.min(MAX_LISTED)).collect::<Vec<u64>>();
        assert_eq!(lines, expected);
    }
    assert_eq!(count(&world, "deals"), 0);
}

fn in_the_order_of_the_lines(place: &Place) {
    let world = world(place);
    let text = "name,currency,value,probability,date\n\
                A,EUR,x,101,2026-02-30\nB,EUR\n,EUR,1,50,\nC,EUR,1.234,50,\nD,EUR,\"1,50,\n";
    let said = [
        "2: date: must be a date in the form YYYY-MM-DD",
        "2: value: must be an amount in plain digits such as 12000.00, not 'x'",
        "2: probability: must be from 0 to 100",
        "3: -: has 2 cells, but the header has 5",
        "4: name: is required",
        "5: value: must have at most 2 decimals in EUR, not '1.234'",
        "6: -: opens a quote that nothing closes",
    ];
    assert_eq!(bad(&world, "deals", text), said);
}

fn files_without_a_header(place: &Place) {
    let world = world(place);
    let said = "the file has no header; its first line must name the columns";
    for (text, line) in [("", 1), ("\n\n", 3), ("\r\n", 2)] {
        assert_eq!(bad(&world, "deals", text), [format!("{line}: -: {said}")], "{text:?}");
    }
    let said = "1: -: opens a quote that nothing closes";
    assert_eq!(bad(&world, "deals", "\"name,value\nA,1\n"), [said]);
}

fn unknown_types(place: &Place) {
    let world = world(place);
    for kind in ["events", "checks", "distributions", "deal", ""] {
        let said = bad(&world, kind, "name\nA\n");
        let expected = format!("1: -: there is no type '{kind}'; use one of: people, deals, ");
        assert!(said.len() == 1 && said[0].starts_with(&expected), "{said:?}");
    }
}
