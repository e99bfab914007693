//! A command and its files: one transaction, once, or not at all.

use apportion_server::import::{ImportError, Options, TYPES, TypeSummary, describe, type_of};
use apportion_testing::Place;

use super::{count, import, payer, told, world};
use crate::support::world::run_sql;

apportion_testing::cases! {
    all_files_or_none, a_dry_run_writes_nothing, the_same_bytes_twice, ids_go_on;
    plain: columns_are_described, files_tell_their_type
}

const AGAIN: Options = Options { again: true, dry_run: false, update: false };
const DRY: Options = Options { again: false, dry_run: true, update: false };

fn all_files_or_none(place: &Place) {
    let world = world(place);
    let files =
        [("deals", "name\nA\n"), ("people", "first_name,last_name\nA,\n"), ("deals", "x\n")];
    let error = import(&world, Options::default(), &files).unwrap_err();
    let ImportError::Lines(faults) = &error else { panic!("{error}") };
    assert_eq!((faults.file.as_str(), faults.count), ("people-1.csv", 1));
    assert_eq!(told(&error), ["2: last_name: is required"]);
    assert_eq!([count(&world, "deals"), count(&world, "people")], [0, 0]);
    let events =
        world.get("/events?filter[subject_type]=deals").json()["meta"]["total_count"].clone();
    assert_eq!(events, 0);
    // Of what was not imported nobody remembers anything.
    import(&world, Options::default(), &files[..1]).unwrap();
    assert_eq!(count(&world, "deals"), 1);
}

fn a_dry_run_writes_nothing(place: &Place) {
    let world = world(place);
    payer(&world, "P", "EUR");
    let events = count(&world, "events");
    let files = [
        ("deals", "name,currency,value,exchange_rate\nA,EUR,1.50,\nB,JPY,7,1\nC,EUR,-0.25,\n"),
        (
            "revenue_distributions",
            "deal,start_on,end_on,amount_percent\nA,2026-01-01,2026-01-31,50\n",
        ),
        ("collaborators", "full_name,email\nAnn,ann@example.org\n"),
        ("obligations", "distributor,collaborator,value\nP,ann@example.org,12.50\n"),
        ("people", "first_name,last_name\n"),
    ];
    let expected = [
        ("people", 0, vec![]),
        ("collaborators", 1, vec![]),
        ("deals", 3, vec!["1.25 EUR", "7 JPY"]),
        ("revenue_distributions", 1, vec!["0.75 EUR"]),
        ("obligations", 1, vec!["12.50 EUR"]),
    ];
    let expected = expected.map(|(kind, rows, sums)| TypeSummary {
        kind,
        rows,
        sums: sums.into_iter().map(str::to_owned).collect(),
        changed: 0,
        unchanged: 0,
    });
    for _ in 0..2 {
        assert_eq!(import(&world, DRY, &files).unwrap(), expected);
    }
    let kinds = ["deals", "revenue_distributions", "collaborators", "obligations", "people"];
    assert_eq!(kinds.map(|kind| count(&world, kind)), [0; 5]);
    assert_eq!(count(&world, "events"), events);
    // It tells the same faults.
    let error = import(&world, DRY, &[("deals", "name,value\nA,x\n")]).unwrap_err();
    assert_eq!(told(&error).len(), 1);
    // What was tried can be done.
    assert_eq!(import(&world, Options::default(), &files).unwrap(), expected);
    assert_eq!(kinds.map(|kind| count(&world, kind)), [3, 1, 1, 1, 0]);
}

fn the_same_bytes_twice(place: &Place) {
    let world = world(place);
    let deals = [("deals", "name,value\nA,1\n")];
    import(&world, Options::default(), &deals).unwrap();
    for options in [Options::default(), DRY] {
        let error = import(&world, options, &deals).unwrap_err();
        assert!(matches!(&error, ImportError::Repeated { file, .. } if file == "deals-0.csv"));
        let said = error.to_string();
        assert!(said.starts_with("deals-0.csv: nothing was imported: the same file was"), "{said}");
        assert!(said.ends_with("Z; give --again to import it again"), "{said}");
    }
    // Any other byte makes another file, and so does another type or organization.
    import(&world, Options::default(), &[("deals", "name,value\r\nA,1\r\n")]).unwrap();
    let mut other = apportion_server::import::Importer::open(&world.database, world.other).unwrap();
    other.import("deals", deals[0].1.as_bytes(), |_| {}).unwrap();
    for _ in 0..2 {
        import(&world, AGAIN, &deals).unwrap();
    }
    assert_eq!(count(&world, "deals"), 4);
    import(&world, Options::default(), &deals).unwrap_err();
    // Twice in one command.
    let twice = [("deals", "name,value\nB,1\n"); 2];
    let error = import(&world, Options::default(), &twice).unwrap_err();
    assert!(matches!(error, ImportError::Twice { file } if file == "deals-1.csv"));
    import(&world, AGAIN, &twice).unwrap();
    assert_eq!(count(&world, "deals"), 6);
    // What is kept says how many rows there were, and counts.
    run_sql(
        &world,
        "INSERT INTO people (organization_id, first_name, last_name, created_at, updated_at) \
         SELECT organization_id, CAST(repetition AS TEXT), CAST(row_count AS TEXT), created_at, \
         created_at FROM imports ORDER BY id",
    );
    assert_eq!(names_of_people(&world), ["0 1", "0 1", "1 1", "2 1", "0 1", "1 1"]);
}

fn names_of_people(world: &crate::support::world::World) -> Vec<String> {
    let name =
        |row: &serde_json::Value, name: &str| row["attributes"][name].as_str().unwrap().to_owned();
    let rows = super::rows(world, "people");
    rows.iter()
        .map(|row| format!("{} {}", name(row, "first_name"), name(row, "last_name")))
        .collect()
}

/// Neither a refusal nor a dry run uses an id, on either database.
fn ids_go_on(place: &Place) {
    let world = world(place);
    world.deal("First", 1);
    import(&world, DRY, &[("deals", "name\nA\nB\n")]).unwrap();
    import(&world, Options::default(), &[("deals", "name\nA\n,\n")]).unwrap_err();
    import(&world, Options::default(), &[("deals", "name\nA\nB\n")]).unwrap();
    assert_eq!(world.deal("Last", 1), "4");
    let names = super::attribute(&world, "deals", "name");
    assert_eq!(names, ["First", "A", "B", "Last"]);
}

fn columns_are_described() {
    let text = format!("\n{}", describe());
    for kind in TYPES {
        assert!(text.contains(&format!("\n{kind}:\n")), "{kind} is not in {text}");
    }
    for line in [
        "value: an amount in units, such as 12000.00",
        "value_minor: the same amount in minor units, such as 1200000",
        "name: text; required",
        "probability: an integer",
        "exchange_rate: a decimal with at most 12 decimals",
        "status: one of active, inactive",
        "deal: its name, instead of its id",
        "deal_external_id: its external_id, instead of its id",
        "collaborator: its e-mail address, instead of its id",
        "reverses_id: the id of one of obligations",
        "starts_on: a date such as 2026-01-31",
        "schedule: a JSON list",
        "requires_approval: true or false",
    ] {
        assert!(text.contains(&format!("\n  {line}\n")), "'{line}' is not in {text}");
    }
    assert!(!text.contains("created_at") && !text.contains("value_default"), "{text}");
}

fn files_tell_their_type() {
    for (name, expected) in [
        ("deals.csv", Some("deals")),
        ("deals-2026.csv", Some("deals")),
        ("metric_credits.csv", Some("metric_credits")),
        ("people", Some("people")),
        ("metrics.csv", None),
        ("my-deals.csv", None),
        ("Deals.csv", None),
        ("-", None),
        ("", None),
    ] {
        assert_eq!(type_of(name), expected, "{name}");
    }
}
