//! Lists as tables: every cell beside the same list as JSON:API, all rows whatever the page, what a
//! spreadsheet takes for a formula, and what is refused.

use std::collections::HashMap;

use apportion_jsonapi::resource::Cardinality;
use apportion_jsonapi::{Kind, ResourceType};
use apportion_server::resources::registry;
use apportion_server::store::Field;
use apportion_testing::Place;
use apportion_testing::http::{Answer, send};
use serde_json::{Value, json};

use crate::support::cells::{AMOUNTS, cell, currency, distribution_units, resources};
use crate::support::query_faults;
use crate::support::rows::payouts;
use crate::support::rows::sample::Sample;
use crate::support::world::World;

apportion_testing::cases! {
    every_cell_of_every_type, all_rows_whatever_the_page, columns_are_chosen, nothing_is_a_formula,
    german_spreadsheets_read_it, asked_for_by_accept, at_most_so_many_rows, refusals
}

/// Returns the lines of a table, each a row by the names of its columns.
fn table(answer: &Answer, separator: u8) -> Vec<HashMap<String, String>> {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    assert!(text.ends_with("\r\n"), "{text}");
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.unwrap();
        names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(row).collect()
}

fn names(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let first = text.lines().next().unwrap_or_default();
    first.trim_start_matches('\u{feff}').split([',', ';']).map(str::to_owned).collect()
}

/// Makes a pool in yen that is triggered, and a part of which is refunded.
fn yen_pool(world: &World) {
    let mut yen = payouts::pool();
    yen["units"] = json!("JPY");
    let ann = world.create("collaborators", json!({"full_name": "Yen"}), &[]);
    let pool = world.create("distributors", yen, &[]);
    let members = json!({"data": [{"type": "collaborators", "id": ann}]});
    world.patch(&format!("/distributors/{pool}/relationships/collaborators"), &members).expect(200);
    let links =
        [("distributor", "distributors", pool.as_str()), ("collaborator", "collaborators", &ann)];
    world.create("metric_credits", json!({"points": 1}), &links);
    let paid = payouts::trigger(world, world.organization, &pool).to_string();
    let of = [("distribution", "distributions", paid.as_str())];
    world.create("distribution_refunds", json!({"amount": 1_234}), &of);
}

fn lists() -> impl Iterator<Item = &'static ResourceType<Field>> {
    registry().types().iter().filter(|kind| kind.addressed)
}

fn every_cell_of_every_type(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let yen = json!({"name": "yen", "value": -5, "currency": "JPY", "exchange_rate": "0.5"});
    world.spread(&world.create("deals", yen, &[]), "2025-01-01", "2025-01-03", "100");
    yen_pool(world);
    let units = distribution_units(world);
    let mut amounts: HashMap<&str, usize> = HashMap::new();
    for kind in lists() {
        let attributes: Vec<&str> = kind.attributes.iter().map(|it| it.name).collect();
        let to_one =
            |it: &&apportion_jsonapi::Relationship<Field>| it.cardinality == Cardinality::One;
        let linked: Vec<&str> =
            kind.relationships.iter().filter(to_one).map(|it| it.name).collect();
        let fields = [attributes.clone(), linked.clone()].concat().join(",");
        // The checks of a list are of one moment, and the moment passes.
        let path = format!("/{0}?fields[{0}]={fields}", kind.name);
        let expected = resources(world, &path);
        let answer = world.get(&format!("{path}&format=csv")).expect(200);
        let columns: Vec<String> = std::iter::once("id".to_owned())
            .chain(attributes.iter().map(|name| (*name).to_owned()))
            .chain(linked.iter().map(|name| format!("{name}_id")))
            .collect();
        assert_eq!(names(&answer), columns, "{}", kind.name);
        let rows = table(&answer, b',');
        assert_eq!(rows.len(), expected.len(), "{}", kind.name);
        assert!(!rows.is_empty(), "{}", kind.name);
        for (row, resource) in rows.iter().zip(&expected) {
            assert_eq!(resource["id"], row["id"].as_str());
            for name in &attributes {
                let shown = &resource["attributes"];
                if shown[*name].is_array() || shown[*name].is_object() {
                    let cell: Value = serde_json::from_str(&row[*name]).unwrap();
                    assert_eq!(cell, shown[*name], "{} {name}", kind.name);
                    continue;
                }
                assert_eq!(row[*name], cell(name, resource, &units), "{} {name}", kind.name);
                if currency(name, resource, &units).as_deref() == Some("JPY") {
                    *amounts.entry(kind.name).or_default() += 1;
                }
            }
            for name in &linked {
                let id = resource["relationships"][*name]["data"]["id"].as_str().unwrap_or("");
                assert_eq!(row[&format!("{name}_id")], id, "{} {name}", kind.name);
            }
        }
        // Money is declared as such: other integers are counts, scores, points and ids.
        for integer in kind.attributes.iter().filter(|it| matches!(it.kind, Kind::Integer)) {
            let counts = ["probability", "day_count", "collaborator_count", "allocation_count"];
            let others = ["points", "score", "subject_id", "version_before", "version_after"];
            let plain = counts.iter().chain(&others).any(|name| *name == integer.name)
                || ["token_id", "overlap"].contains(&integer.name);
            let listed = AMOUNTS
                .iter()
                .any(|(of, names, _)| *of == kind.name && names.contains(&integer.name));
            assert!(plain != listed, "{}: is {} an amount?", kind.name, integer.name);
        }
    }
    // Each type that has amounts has some without decimals.
    let mut of_yen = AMOUNTS.iter().filter(|(_, _, from)| *from != "EUR");
    assert!(of_yen.all(|(kind, ..)| amounts.contains_key(kind)), "{amounts:?}");
}

fn all_rows_whatever_the_page(place: &Place) {
    let world = World::start(place);
    for value in 0..32 {
        world.deal(&format!("D{}", value % 7), value);
    }
    world.spread("1", "2025-01-01", "2031-12-31", "100");
    world.spread("1", "2025-01-01", "2025-01-01", "50");
    let ids = |path: &str| -> Vec<String> {
        let rows = table(&world.get(path).expect(200), b',');
        rows.iter().map(|row| row["id"].clone()).collect()
    };
    let all: Vec<String> = (1..=32).map(|id| id.to_string()).collect();
    let paged = ["", "&page[size]=1", "&page[number]=2&page[size]=5", "&page[after]=", "&include="];
    for page in paged {
        assert_eq!(ids(&format!("/deals?format=csv{page}")), all, "{page}");
    }
    let listed = |query: &str| -> Vec<String> {
        let rows = resources(&world, &format!("/deals?{query}"));
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    for query in [
        "sort=-value",
        "sort=name,-id",
        "filter[name]=D3&sort=value",
        "filter[value][gt]=20",
        "filter[$op]=or&filter[0][id]=3&filter[1][name][contains]=5",
    ] {
        let found = ids(&format!("/deals?{query}&format=csv"));
        assert!(found == listed(query) && !found.is_empty(), "{query}: {found:?}");
    }
    assert_eq!(ids("/deals/1/revenue_distributions?format=csv&sort=-id"), ["2", "1"]);
    assert_eq!(ids("/deals/2/revenue_distributions?format=csv"), [""; 0]);
    // More rows than are read at once.
    let days = ids("/revenue_distributions/1/revenue_items?format=csv&sort=-date");
    assert_eq!(days.len(), 2556);
    assert_eq!((days[0].as_str(), days[2555].as_str()), ("1-2031-12-31", "1-2025-01-01"));
    assert!(days.windows(2).all(|pair| pair[0] > pair[1]));
    world.get("/deals/99/revenue_distributions?format=csv").expect(404);
    // Others have their own.
    let foreign = world.request_as(&world.stranger, "GET", "/deals?format=csv", None).expect(200);
    assert_eq!(table(&foreign, b',').len(), 0);
    let head = world.request("HEAD", "/deals?format=csv", None).expect(200);
    assert_eq!(head.header("Content-Type"), Some("text/csv; charset=utf-8"));
}

fn columns_are_chosen(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    world.spread(&deal, "2025-01-01", "2025-01-01", "50");
    let answer = |query: &str| world.get(&format!("/revenue_distributions?format=csv&{query}"));
    let columns = |query: &str| names(&answer(query).expect(200)).join(" ");
    let fields = "fields[revenue_distributions]";
    assert_eq!(
        columns(""),
        "id start_on end_on amount_percent amount amount_default amount_normalized currency \
         currency_default currency_normalized external_id organization_id deal_id creator_id"
    );
    // In the order of the declaration, and without what no row has an id for.
    assert_eq!(columns(&format!("{fields}=deal,amount,start_on")), "id start_on amount deal_id");
    assert_eq!(columns(&format!("{fields}=revenue_items,day_count")), "id day_count");
    assert_eq!(columns(&format!("{fields}=")), "id");
    assert_eq!(columns("fields[deals]=name"), columns(""));
    let all = answer(&format!("{fields}=start_on,amount_percent,amount,updated_at")).expect(200);
    let rows = table(&all, b',');
    let cells = ["start_on", "amount_percent", "amount"].map(|name| rows[0][name].as_str());
    assert_eq!(cells, ["2025-01-01", "50.0", "0.50"]);
    assert!(rows[0]["updated_at"].ends_with('Z'), "{rows:?}");
    let file = all.header("Content-Disposition");
    assert_eq!(file, Some("attachment; filename=\"revenue_distributions.csv\""));
}

/// Names that a spreadsheet would run, or that would break a line.
const NAMES: &[(&str, &str)] = &[
    ("=1+1", "'=1+1"),
    ("+43 660 1234567", "'+43 660 1234567"),
    ("-5", "'-5"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("=HYPERLINK(\"x\",\"y\")", "'=HYPERLINK(\"x\",\"y\")"),
    ("a=1", "a=1"),
    ("a, \"b\"; c", "a, \"b\"; c"),
    (" =1", " =1"),
    ("'=1", "''=1"),
    ("'a", "'a"),
    ("Zoë", "Zoë"),
];

fn nothing_is_a_formula(place: &Place) {
    let world = World::start(place);
    for (name, _) in NAMES {
        world.deal(name, -100);
    }
    let collaborator = world.create("collaborators", json!({"full_name": "C"}), &[]);
    let distributor = json!({
        "name": "D", "units": "EUR", "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations",
    });
    let distributor = world.create("distributors", distributor, &[]);
    let links = [
        ("collaborator", "collaborators", collaborator.as_str()),
        ("distributor", "distributors", distributor.as_str()),
    ];
    let reason = json!({"value": -5, "reason": "\t=1\nsecond line", "reference": "@r"});
    world.create("obligations", reason, &links);
    for (query, separator) in [("", b','), ("&locale=de", b';')] {
        let rows = table(&world.get(&format!("/deals?format=csv{query}")).expect(200), separator);
        let found: Vec<&str> = rows.iter().map(|row| row["name"].as_str()).collect();
        let expected: Vec<&str> = NAMES.iter().map(|(_, cell)| *cell).collect();
        assert_eq!(found, expected);
        let amount = if separator == b',' { "-1.00" } else { "-1,00" };
        assert!(rows.iter().all(|row| row["value"] == amount), "{rows:?}");
        let owed = world.get(&format!("/obligations?format=csv{query}")).expect(200);
        let owed = table(&owed, separator);
        assert_eq!(owed[0]["reason"], "'\t=1\nsecond line");
        assert_eq!(owed[0]["reference"], "'@r");
    }
}

fn german_spreadsheets_read_it(place: &Place) {
    let world = World::start(place);
    let deal = json!({"name": "a;b", "value": 123_456, "currency": "USD", "exchange_rate": "1.5"});
    let deal = world.create("deals", deal, &[]);
    world.spread(&deal, "2025-01-01", "2025-01-31", "33.3");
    let german = world.get("/deals?format=csv&locale=de").expect(200);
    assert!(german.body.starts_with("\u{feff}id;name;currency;value;".as_bytes()));
    let row = table(&german, b';')[0].clone();
    let cells = ["name", "value", "exchange_rate", "value_default", "distributed_percent"];
    assert_eq!(cells.map(|name| row[name].as_str()), ["a;b", "1234,56", "1,5", "1851,84", "33,3"]);
    for same in ["separator=;", "separator=%3B", "separator=;&locale=de"] {
        let answer = world.get(&format!("/deals?format=csv&{same}")).expect(200);
        assert_eq!(answer.body, german.body, "{same}");
    }
    let plain = world.get("/deals?format=csv").expect(200).body;
    for same in ["separator=,", "locale=en"] {
        assert_eq!(world.get(&format!("/deals?format=csv&{same}")).expect(200).body, plain);
    }
    assert!(plain.starts_with(b"id,name,"));
}

fn asked_for_by_accept(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    let ask = |path: &str, accept: &str| {
        let headers = [("X-Auth-Token", world.token.as_str()), ("Accept", accept)];
        send(world.address(), "GET", &format!("/api/v2{path}"), &headers, b"")
    };
    let media = |path: &str, accept: &str| {
        let answer = ask(path, accept).expect(200);
        answer.header("Content-Type").unwrap().to_owned()
    };
    const TABLE: &str = "text/csv; charset=utf-8";
    const PAGE: &str = "application/vnd.api+json";
    assert_eq!(media("/deals", "text/csv"), TABLE);
    assert_eq!(media("/deals?locale=de", "text/csv, application/vnd.api+json;q=0.5"), TABLE);
    assert_eq!(media("/deals", "application/vnd.api+json, text/csv"), PAGE);
    assert_eq!(media("/deals", "*/*, text/csv"), PAGE);
    assert_eq!(media("/deals?format=csv", PAGE), TABLE);
    assert_eq!(media("/deals?format=csv", "text/html"), TABLE);
    ask("/deals", "text/html").expect(406);
    // A row, and linkage, are no lists of rows.
    ask("/deals/1", "text/csv").expect(406);
    ask("/deals/1/relationships/revenue_distributions", "text/csv").expect(406);
    ask("/deals/1/creator", "text/csv").expect(406);
    assert_eq!(media("/deals/1/revenue_distributions", "text/csv"), TABLE);
}

/// A table is whole, or refused with the number of its rows.
fn at_most_so_many_rows(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 1_000_000);
    for _ in 0..3 {
        world.spread(&deal, "1950-01-01", "2049-12-31", "1");
    }
    let errors = query_faults::errors(&world, "/revenue_items?format=csv").unwrap();
    let detail = errors[0]["detail"].as_str().unwrap();
    assert_eq!(
        detail,
        "A table has at most 100000 rows, and this has 109575; narrow the list with filters, such \
         as 'filter[date]', or read it in pages without 'format'"
    );
    assert_eq!((errors.len(), &errors[0]["code"]), (1, &json!("unsupported_parameter")));
    let narrow =
        "/revenue_items?format=csv&filter[date][gt_eq]=2025-01-01&filter[date][lt]=2026-01-01";
    assert_eq!(table(&world.get(narrow).expect(200), b',').len(), 3 * 365);
}

fn refusals(place: &Place) {
    const P: &str = "unsupported_parameter";
    query_faults::check(
        place,
        &[
            ("/deals?format=xml", P, "format", "must be csv, not 'xml'"),
            ("/deals?format=", P, "format", "must be csv, not ''"),
            ("/deals?format=svg", P, "format", "must be csv"),
            ("/deals?format=csv&format=csv", P, "format", "more than once"),
            ("/deals?format=csv&locale=fr", P, "locale", "must be en or de, not 'fr'"),
            ("/deals?format=csv&separator=|", P, "separator", "must be , or ;, not '|'"),
            ("/deals?format=csv&locale=de&separator=,", P, "separator", "give one of them"),
            ("/deals?format=csv&locale=de&locale=de", P, "locale", "more than once"),
            ("/deals?locale=de", P, "locale", "'format=csv'"),
            ("/deals?separator=;", P, "separator", "'format=csv'"),
            (
                "/deals?format=csv&include=creator",
                "unsupported_include",
                "include",
                "A table includes no other resources",
            ),
            ("/deals?format=csv&filter[x]=1", "unsupported_filter", "filter[x]", "'x'"),
            ("/deals?format=csv&page[size]=500", "invalid_page", "page[size]", "200"),
            ("/deals/1?format=csv", P, "format", "not supported on this endpoint"),
            ("/deals/1/creator?format=csv", P, "format", "not supported on this endpoint"),
            (
                "/deals/1/relationships/revenue_distributions?format=csv",
                P,
                "format",
                "not supported on this endpoint",
            ),
        ],
    );
    let world = World::start(place);
    let errors = query_faults::errors(&world, "/deals?format=x&sort=x&locale=de").unwrap();
    let faults: Vec<&str> =
        errors.iter().map(|it| it["source"]["parameter"].as_str().unwrap()).collect();
    assert_eq!(faults, ["sort", "format"]);
    // What is written is shown as a document.
    let body = crate::support::world::document("deals", json!({"name": "D"}), &[]);
    world.post("/deals?format=csv", &body).expect(400);
}
