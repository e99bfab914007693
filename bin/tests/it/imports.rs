//! `apportion import`: a year from files, and what it says of files that are not as they should be.

use std::net::SocketAddr;
use std::path::Path;

use apportion_testing::Place;
use serde_json::Value;

use crate::client::Tenant;
use crate::house;
use crate::program::{Ended, Server, command, command_at, finish, run};

apportion_testing::cases! {
    a_year_is_served_at_once,
    bad_files_are_explained_and_leave_nothing,
    good_files_of_every_make_are_read,
    one_bad_file_keeps_all_out,
    a_dry_run_says_what_it_would_do,
    the_same_file_again,
    a_file_that_updates_comes_every_night,
    stdin_is_a_file,
    many_faults_are_counted,
    cells_do_not_steer_the_terminal,
    other_refusals;
    plain: help_has_the_columns
}

fn a_year_is_served_at_once(place: &Place) {
    let tenant = Tenant::make(place, "Agency");
    let server = Server::start(place);
    let empty = tenant.get(server.address(), "/revenue_distributions");
    assert_eq!(empty["meta"]["total_count"], 0);
    let year = house::root().join("fixtures/import");
    let [deals, distributions] = ["deals.csv", "revenue_distributions.csv"]
        .map(|name| year.join(name).display().to_string());
    let imported = import(place, &tenant, &[&deals, &distributions]).ok();
    let expected = format!("{deals}: 144 deals\n{distributions}: 588 revenue_distributions\n");
    assert_eq!(imported, expected);

    let (deals, total) = tenant.all(server.address(), "deals");
    assert_eq!((deals.len(), total), (144, 144));
    let (rows, total) = tenant.all(server.address(), "revenue_distributions");
    assert_eq!((rows.len(), total), (588, 588));
    // Computed from the files with Python's Decimal, rounding half away from zero.
    let sum = |amount: &str, currency: &str| -> i64 {
        let of = rows.iter().map(|row| &row["attributes"]);
        let of = of.filter(|it| currency.is_empty() || it["currency"] == currency);
        of.map(|it| it[amount].as_i64().unwrap()).sum()
    };
    assert_eq!(sum("amount", "EUR"), 495_037_604);
    assert_eq!(sum("amount", "USD"), 112_354_642);
    assert_eq!(sum("amount", "JPY"), 160_119_220);
    assert_eq!(sum("amount_default", ""), 690_617_056);
    let distributed = deals.iter().map(|deal| &deal["attributes"]["distributed_amount"]);
    let distributed: i64 = distributed.map(|amount| amount.as_i64().unwrap()).sum();
    assert_eq!(distributed, 495_037_604 + 112_354_642 + 160_119_220);
}

/// A file, its text (a `deals…` or `revenue_distributions…` by its name), and each line that is
/// said about it, after the file's name.
type BadFile = (&'static str, &'static [u8], &'static [&'static str]);

const DEAL_COLUMNS: &str = "name, currency, value, value_minor, exchange_rate, exchange_date, probability, status, date, \
     end_date, external_id";

#[rustfmt::skip]
const BAD_FILES: &[BadFile] = &[
    ("deals.csv", b"name,colour,id\nA,red,1\n",
        &["1: colour: is not a column of deals; use one of: {columns}", "1: id: is not a column of deals; use one of: {columns}"]),
    ("deals.csv", b"name,value,name\nA,1,B\n", &["1: name: is given twice in the header"]),
    ("deals.csv", b"", &["1: -: the file has no header; its first line must name the columns"]),
    ("deals.csv", b"\n\n", &["3: -: the file has no header; its first line must name the columns"]),
    ("deals.csv", b"\xff,value\nA,1\n", &["1: -: is not UTF-8"]),
    ("deals.csv", b"name,value\nA,1\n,2\n", &["3: name: is required"]),
    ("deals.csv", b"value\n1\n2\n", &["2: name: is required", "3: name: is required"]),
    ("deals.csv", b"name,date\nA,2026-02-30\nB,1.2.2026\nC,2026-1-1\n", &[
        "2: date: must be a date in the form YYYY-MM-DD",
        "3: date: must be a date in the form YYYY-MM-DD",
        "4: date: must be a date in the form YYYY-MM-DD"]),
    ("deals.csv", b"name,value\nA,1.505\nB,1\nC,1e3\nD,92233720368547758.08\n", &[
        "2: value: must have at most 2 decimals in EUR, not '1.505'",
        "4: value: must be an amount in plain digits such as 12000.00, not '1e3'",
        "5: value: does not fit 64 bits of minor units"]),
    ("deals.csv", b"name,currency,exchange_rate\nA,USD,\nB,USD,x\nC,USD,0\nD,XXQ,1\n", &[
        "2: exchange_rate: is required if the currency is not the organization's",
        "3: exchange_rate: must be a decimal number",
        "4: exchange_rate: must be greater than 0",
        "5: currency: must be an ISO 4217 currency code such as EUR"]),
    ("deals.csv", b"name,probability,value\nA,101,x\n", &[
        "2: value: must be an amount in plain digits such as 12000.00, not 'x'",
        "2: probability: must be from 0 to 100"]),
    ("deals.csv", b"name,value\nA,1,2\nB\nC,1\n",
        &["2: -: has 3 cells, but the header has 2", "3: -: has 1 cells, but the header has 2"]),
    ("deals.csv", b"name,value\nA,1\n\xc3(,2\nC,x\n",
        &["3: name: is not UTF-8", "4: value: must be an amount in plain digits such as 12000.00, not 'x'"]),
    ("deals.csv", b"name,value\r\nA,1\r\nB,x\r\n\r\nC,1\r\nD,y\r\n", &[
        "3: value: must be an amount in plain digits such as 12000.00, not 'x'",
        "6: value: must be an amount in plain digits such as 12000.00, not 'y'"]),
    ("deals.csv", b"\n\nname,value\n\n\nA,x\n\nB,y\n", &[
        "6: value: must be an amount in plain digits such as 12000.00, not 'x'",
        "8: value: must be an amount in plain digits such as 12000.00, not 'y'"]),
    ("deals.csv", b"name,value\n\"two\nlines\",1\nB,y\n", &[
        "2: name: must not contain control characters",
        "4: value: must be an amount in plain digits such as 12000.00, not 'y'"]),
    ("deals.csv", b"name,value\nA,1\nB,2\nC,\"3\nD,4\nE,5\n", &["4: -: opens a quote that nothing closes"]),
    ("deals.csv", b"name,value\nA,x\nB,\"2", &[
        "2: value: must be an amount in plain digits such as 12000.00, not 'x'",
        "3: -: opens a quote that nothing closes"]),
    ("deals.csv", b"name,value\n\"A\"\"\nB\nC,1\n", &["2: -: opens a quote that nothing closes"]),
    ("deals.csv", b"name,value\nA,1\n\"B\"x,2\nC,y\n", &[
        "3: -: has text behind a closing quote; double a quote within a cell"]),
    ("deals.csv", b"name,value\n\"A\" ,1\n", &[
        "2: -: has text behind a closing quote; double a quote within a cell"]),
    ("deals.csv", b"\"name,value\nA,1\n", &["1: -: opens a quote that nothing closes"]),
    ("deals.csv", b"\xef\xbb\xbf\"name\"x,value\nA,1\n", &[
        "1: -: has text behind a closing quote; double a quote within a cell"]),
    ("deals.csv", b"\xef\xbb\xbfname,value\nA,x\n",
        &["2: value: must be an amount in plain digits such as 12000.00, not 'x'"]),
    ("revenue_distributions.csv", b"deal,start_on,end_on,amount_percent\n\
        One,2026-01-01,2026-01-31,50\n\
        Twin,2026-01-01,2026-01-31,50\n\
        Nobody,2026-01-01,2026-01-31,50\n\
        Theirs,2026-01-01,2026-01-31,50\n\
        ,2026-01-01,2026-01-31,50\n\
        One,2026-01-31,2026-01-01,50\n\
        One,2026-01-01,2026-01-31,0\n\
        One,2026-01-01,2026-01-31,12.5%\n\
        One,2026-01-01,2026-01-31,0.00000000001\n\
        One,2026-01-01,,\n", &[
        "3: deal: more than one deal is called 'Twin'; give the id in a column deal_id, or the external_id in deal_external_id",
        "4: deal: there is no deal 'Nobody'",
        "5: deal: there is no deal 'Theirs'",
        "6: deal: is required",
        "7: end_on: must not be before start_on",
        "8: amount_percent: must be greater than 0",
        "9: amount_percent: must be a decimal number",
        "10: amount_percent: must have at most 10 decimals",
        "11: end_on: is required",
        "11: amount_percent: is required"]),
    ("revenue_distributions.csv", b"deal_id,start_on,end_on,amount_percent\n\
        1,2026-01-01,2026-01-31,50\n\
        4,2026-01-01,2026-01-31,50\n\
        99,2026-01-01,2026-01-31,50\n\
        01,2026-01-01,2026-01-31,50\n", &[
        "3: deal_id: There is no such deal",
        "4: deal_id: There is no such deal",
        "5: deal_id: There is no such deal"]),
];

fn bad_files_are_explained_and_leave_nothing(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    let stranger = Tenant::make(place, "Others");
    write(place, "deals.csv", b"name,value\nOne,1000\nTwin,1\nTwin,2\n");
    assert_eq!(import(place, &tenant, &["deals.csv"]).ok(), "deals.csv: 3 deals\n");
    write(place, "deals.csv", b"name,value\nTheirs,1000\n");
    assert_eq!(import(place, &stranger, &["deals.csv"]).ok(), "deals.csv: 1 deals\n");
    let server = Server::start(place);
    for (file, text, said) in BAD_FILES {
        write(place, file, text);
        let Ended { code, stdout, stderr } = import(place, &tenant, &[file]);
        let shown = String::from_utf8_lossy(text);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{shown}");
        let mut expected: Vec<String> = said
            .iter()
            .map(|line| format!("{file}:{}", line.replace("{columns}", DEAL_COLUMNS)))
            .collect();
        let faults = if said.len() == 1 { "1 fault" } else { &format!("{} faults", said.len()) };
        expected.push(format!("apportion: {file}: nothing was imported: {faults}"));
        assert_eq!(stderr.lines().collect::<Vec<_>>(), expected, "{shown}");
        assert_eq!(counts(&tenant, server.address()), [3, 0], "{shown}");
    }
    assert_eq!(counts(&stranger, server.address()), [1, 0]);
}

fn good_files_of_every_make_are_read(place: &Place) {
    const FILES: &[(&str, &[u8])] = &[
        ("deals", b"name,value\nA,1\n"),
        ("a byte order mark", b"\xef\xbb\xbfname,value\nB,1\n"),
        ("CRLF", b"name,value\r\nC,1\r\n"),
        ("CR", b"name,value\rD,1\r"),
        ("no end of line", b"name,value\nE,1"),
        ("blank lines", b"\nname,value\n\n\nF,1\n\n"),
        ("a byte order mark and quotes", b"\xef\xbb\xbf\"name\",\"value\"\n\"B2\",\"1\"\n"),
        ("quotes and spaces in the header", b"\"name\", value\n\"G\",1\n"),
        ("other order, empty cells", b"end_date,value,name,currency\n,1,H,\n"),
    ];
    let tenant = Tenant::make(place, "Ours");
    for (what, text) in FILES {
        write(place, "deals.csv", text);
        assert_eq!(import(place, &tenant, &["deals.csv"]).ok(), "deals.csv: 1 deals\n", "{what}");
    }
    write(place, "deals.csv", b"name,value\n");
    assert_eq!(import(place, &tenant, &["deals.csv"]).ok(), "deals.csv: 0 deals\n");
    write(place, "year.csv", b"name,value\n\"Caf\xc3\xa9, \"\"Inc\"\"\",-1\n");
    let imported = import(place, &tenant, &["--type", "deals", "year.csv"]).ok();
    assert_eq!(imported, "year.csv: 1 deals\n");
    let server = Server::start(place);
    let (rows, _) = tenant.all(server.address(), "deals");
    let name = |row: &Value| row["attributes"]["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = rows.iter().map(name).collect();
    assert_eq!(names, ["A", "B", "C", "D", "E", "F", "B2", "G", "H", "Café, \"Inc\""]);
}

fn one_bad_file_keeps_all_out(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    write(place, "deals-1.csv", b"name\nFirst\n");
    write(place, "deals-2.csv", b"name\nSecond\n\"\"\n");
    write(place, "deals-3.csv", b"name\nThird\n");
    let ended = import(place, &tenant, &["deals-1.csv", "deals-2.csv", "deals-3.csv"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("deals-2.csv:3: "), "{}", ended.stderr);
    let server = Server::start(place);
    assert_eq!(counts(&tenant, server.address()), [0, 0]);
    let done = import(place, &tenant, &["deals-1.csv", "deals-3.csv"]).ok();
    assert_eq!(done, "deals-1.csv: 1 deals\ndeals-3.csv: 1 deals\n");
    assert_eq!(counts(&tenant, server.address()), [2, 0]);
}

fn a_dry_run_says_what_it_would_do(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    write(place, "deals.csv", b"name;currency;value;exchange_rate\nA;EUR;12,50;\nB;JPY;7;0,006\n");
    let days = b"deal,start_on,end_on,amount_percent\nA,2026-01-01,2026-01-31,50\n";
    write(place, "revenue_distributions.csv", days);
    write(place, "people.csv", b"first_name,last_name\nAda,B\n");
    let files = ["--dry-run", "deals.csv", "revenue_distributions.csv", "people.csv"];
    let expected = "would import 1 people\nwould import 2 deals: 12.50 EUR, 7 JPY\n\
                    would import 1 revenue_distributions: 6.25 EUR\n";
    for _ in 0..2 {
        assert_eq!(import(place, &tenant, &files).ok(), expected);
    }
    let server = Server::start(place);
    assert_eq!(counts(&tenant, server.address()), [0, 0]);
}

fn the_same_file_again(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    write(place, "deals.csv", b"name\nA\n");
    std::fs::copy(place.directory().join("deals.csv"), place.directory().join("deals-copy.csv"))
        .unwrap();
    import(place, &tenant, &["deals.csv"]).ok();
    let refusal = import(place, &tenant, &["deals-copy.csv"]).refusal();
    let said = "apportion: deals-copy.csv: nothing was imported: the same file was imported at 20";
    assert!(refusal.starts_with(said), "{refusal}");
    assert!(refusal.ends_with("; give --again to import it again"), "{refusal}");
    let again = import(place, &tenant, &["--again", "deals-copy.csv"]).ok();
    assert_eq!(again, "deals-copy.csv: 1 deals\n");
    let server = Server::start(place);
    assert_eq!(counts(&tenant, server.address()), [2, 0]);
}

fn a_file_that_updates_comes_every_night(place: &Place) {
    let tenant = Tenant::make(place, "Agency");
    let night = |flags: &[&str], text: &[u8]| {
        write(place, "deals.csv", text);
        import(place, &tenant, &[flags, &["deals.csv"]].concat())
    };
    let first = b"name,value,external_id\nA,1.00,1\nB,2.00,2\n";
    assert_eq!(night(&["--update"], first).ok(), "deals: 2 new; 0 changed of 0 that were there\n");
    assert_eq!(night(&["--update"], first).ok(), "deals: 0 new; 0 changed of 2 that were there\n");
    let second = b"name,value,external_id\nA,1.00,1\nB,3.00,2\nC,4.00,3\n";
    let foreseen = "would import 1 deals: 4.00 EUR\nwould change 1 of 2 deals that are there\n";
    assert_eq!(night(&["--update", "--dry-run"], second).ok(), foreseen);
    assert_eq!(night(&["--update"], second).ok(), "deals: 1 new; 1 changed of 2 that were there\n");
    let Ended { code, stderr, .. } = night(&[], b"name,external_id\nA,1\n");
    let said = "deals.csv:2: external_id: is that of record '1' of type deals; give --update to \
                change that one\napportion: deals.csv: nothing was imported: 1 fault\n";
    assert_eq!((code, stderr.as_str()), (Some(1), said));
}

fn stdin_is_a_file(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    write(place, "year.csv", b"name\tvalue\nA\t1.50\n");
    let arguments = ["import", "--organization", &tenant.organization, "--type", "deals", "-"];
    let mut piped = command_at(place, &arguments);
    piped.stdin(std::fs::File::open(place.directory().join("year.csv")).unwrap());
    assert_eq!(finish(piped).ok(), "-: 1 deals\n");
    let refusal = import(place, &tenant, &["-"]).refusal();
    assert!(refusal.contains("-: the name of the file must begin with its type"), "{refusal}");
}

fn many_faults_are_counted(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    let lines = "A,x\n".repeat(250);
    write(place, "deals.csv", format!("name,value\n{lines}").as_bytes());
    let ended = import(place, &tenant, &["deals.csv"]);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 101);
    assert!(lines[99].starts_with("deals.csv:101: value: "), "{}", lines[99]);
    let said =
        "apportion: deals.csv: nothing was imported: 250 faults, 150 of which are not listed";
    assert_eq!(lines[100], said);
}

/// A file may come from anybody. Whatever its name, header and cells have, nothing but text is
/// printed of it.
fn cells_do_not_steer_the_terminal(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    let steering = "\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{2067}\u{8}\u{7f}";
    let shown = "\\u{1b}[2J\\u{7}\\u{9b}31m\\u{202e}\\u{2067}\\u{8}\\u{7f}";
    let cells = ["name,value", "name,currency", "name,date", "name,status", "name,probability"];
    let mut files: Vec<String> =
        cells.iter().map(|header| format!("{header}\nA,{steering}\n")).collect();
    files.push(format!("name,{steering}\nA,1\n"));
    files.push(format!("name,creator\nA,{steering}\n"));
    for text in files {
        write(place, "deals.csv", text.as_bytes());
        let name = format!("deals{steering}.csv");
        write(place, &name, text.as_bytes());
        for file in ["deals.csv", &name] {
            let ended = import(place, &tenant, &[file]);
            let printed = [ended.stdout, ended.stderr].concat();
            let steers =
                |it: char| it != '\n' && (it.is_control() || "\u{202e}\u{2067}".contains(it));
            assert!(!printed.contains(steers), "{printed:?}");
            assert!(
                file == "deals.csv" || printed.contains(&format!("deals{shown}.csv")),
                "{printed}"
            );
        }
    }
    write(place, "deals.csv", format!("name,value\nA,{steering}\n").as_bytes());
    let ended = import(place, &tenant, &["deals.csv"]);
    assert!(ended.stderr.contains(shown), "{}", ended.stderr);
}

fn help_has_the_columns() {
    let directory = tempfile::tempdir().unwrap();
    let help = finish(command(directory.path(), &["import", "--help"])).ok();
    for kind in apportion_server::import::TYPES {
        assert!(help.contains(&format!("\n{kind}:\n")), "{kind} is not in {help}");
    }
    // The rest of the description is held where it is made.
    let line = "value_minor: the same amount in minor units, such as 1200000";
    assert!(help.contains(&format!("\n  {line}\n")), "'{line}' is not in {help}");
}

fn other_refusals(place: &Place) {
    let tenant = Tenant::make(place, "Ours");
    write(place, "deals.csv", b"name\nFirst\n");
    write(place, "year.csv", b"name\nFirst\n");
    let cases = [
        (vec!["import", "--organization", "99", "deals.csv"], "there is no organization 99"),
        (
            vec!["import", "--organization", &tenant.organization, "year.csv"],
            "the name of the file must begin with its type",
        ),
        (
            vec!["import", "--organization", &tenant.organization, "deals-2.csv"],
            "deals-2.csv cannot be read: No such file",
        ),
    ];
    for (arguments, said) in cases {
        let refusal = run(place, &arguments).refusal();
        assert!(refusal.starts_with("apportion: ") && refusal.contains(said), "{refusal}");
    }
    let server = Server::start(place);
    assert_eq!(counts(&tenant, server.address()), [0, 0]);
}

fn import(place: &Place, tenant: &Tenant, files: &[&str]) -> Ended {
    let mut arguments = vec!["import", "--organization", &tenant.organization];
    arguments.extend(files);
    run(place, &arguments)
}

fn write(place: &Place, name: impl AsRef<Path>, text: &[u8]) {
    std::fs::write(place.directory().join(name), text).unwrap();
}

fn counts(tenant: &Tenant, address: SocketAddr) -> [i64; 2] {
    ["deals", "revenue_distributions"].map(|kind| {
        let document = tenant.get(address, &format!("/{kind}"));
        document["meta"]["total_count"].as_i64().unwrap()
    })
}
