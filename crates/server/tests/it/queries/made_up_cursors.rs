//! Cursors that nobody was given, with keys that a client made up, and filters with dates that few
//! have in mind. The answer is a place in the list or a refusal, the same on both databases, and
//! never a fault of the server. Not here: cursors that were given (`cursors`).

use apportion_jsonapi::query::Cursor;
use apportion_jsonapi::{Kind, ResourceType};
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::cursor_walk::{deals, ids};
use crate::support::rows::payouts;
use crate::support::world::{World, stored_types};

apportion_testing::cases! {
    by_every_sort, of_computed_lists, in_filters
}

/// Dates, and whether they are of the years 0 to 9999, which both databases have.
const DATES: [(&str, bool); 14] = [
    ("-262143-01-01", false),
    ("-9999-12-31", false),
    ("-4713-11-23", false),
    ("-0044-03-15", false),
    ("-0001-12-31", false),
    ("0000-01-01", true),
    ("0001-01-01", true),
    ("0044-03-15", true),
    ("1582-10-10", true),
    ("9999-12-31", true),
    ("+10000-01-01", false),
    ("+262142-12-31", false),
    ("5874898-01-01", false),
    ("99999999-01-01", false),
];

/// Keys that no value has, whatever the kind.
fn nonsense() -> Vec<Value> {
    let words = ["", "infinity", "-infinity", "now", "epoch", "NaN", "2026-02-30", "2026-01-01 BC"];
    let mut keys: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    keys.extend([json!([]), json!({}), json!(1.5), json!(1e300), json!(u64::MAX), json!("a\0b")]);
    keys
}

/// Returns keys for a kind, and whether a list has a place for each.
fn keys(kind: Kind) -> Vec<(Value, bool)> {
    let mut keys: Vec<(Value, bool)> = match kind {
        Kind::Date => DATES.iter().map(|(date, is_one)| (json!(date), *is_one)).collect(),
        Kind::Instant => {
            let noon =
                DATES.iter().map(|(date, is_one)| (json!(format!("{date}T12:00:00")), *is_one));
            let more = [
                ("0000-01-01 00:00:00", true),
                ("9999-12-31T23:59:59.999", true),
                ("2026-06-30T23:59:60", false),
                ("2026-06-30T24:00:00", false),
                ("2026-06-30T12:00:00Z", false),
            ];
            noon.chain(more.map(|(text, is_one)| (json!(text), is_one))).collect()
        }
        Kind::Boolean => vec![(json!(true), true), (json!(false), true), (json!(2), false)],
        Kind::Text | Kind::Enumeration(_) => ["", "\u{10ffff}", "\u{1}", "'; --", "%", "9"]
            .iter()
            .map(|text| (json!(text), true))
            .collect(),
        _ => [i64::MIN, -1, 0, 1, i64::MAX].iter().map(|number| (json!(number), true)).collect(),
    };
    if !matches!(kind, Kind::Text | Kind::Enumeration(_)) {
        keys.extend(nonsense().into_iter().map(|key| (key, false)));
    }
    keys.push((json!("a\0b"), false));
    keys
}

fn kind_of(resource: &ResourceType<Field>, name: &str) -> Option<Kind> {
    resource.filters.iter().find(|filter| filter.name == name).map(|filter| filter.kind)
}

fn filled(place: &Place) -> World {
    let world = World::start(place);
    deals(&world);
    payouts::fill(&world, (&world.token, world.organization), "1");
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    world.spread("1", "2025-01-01", "2025-01-31", "50");
    world
}

/// The rows before a place and those after it are the whole list, wherever it is.
fn by_every_sort(place: &Place) {
    let world = filled(place);
    let mut checked = 0;
    for resource in stored_types() {
        for sort in &resource.sorts {
            let kind = kind_of(resource, &sort.name);
            let is_id = sort.name == "id";
            for sign in ["", "-"] {
                let (kind_name, sort) = (resource.name, format!("{sign}{}", sort.name));
                let list = format!("/{kind_name}?sort={sort}&page[size]=200");
                let whole = ids(&world.get(&list).expect(200).json());
                for (key, is_one) in kind.map(keys).unwrap_or_default() {
                    let keys = if is_id { json!([key]) } else { json!([key, 0]) };
                    let cursor =
                        Cursor::write(&keys.to_string(), &format!("{kind_name}\n{sort}\n"));
                    let ask = |side: &str| world.get(&format!("{list}&page[{side}]={cursor}"));
                    let (before, after) = (ask("before"), ask("after"));
                    let status = if is_one { 200 } else { 400 };
                    let statuses = (before.status, after.status);
                    assert_eq!(statuses, (status, status), "{list} at {keys}");
                    // A row with the very same keys is neither before nor after.
                    if is_one && !is_id {
                        let both = [ids(&before.json()), ids(&after.json())].concat();
                        assert_eq!(both, whole, "{list} at {keys}");
                    }
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 1_000, "{checked}");
}

fn of_computed_lists(place: &Place) {
    let world = filled(place);
    let days = [0, 20_000, i64::from(i32::MIN), i64::from(i32::MAX), i64::MIN, i64::MAX];
    for (list, sort) in [("revenue_items", "date"), ("revenue_items", "-id"), ("checks", "id")] {
        let mut made = nonsense();
        made.extend(days.iter().flat_map(|day| {
            [json!([1, 1, day]), json!([i64::MIN, i64::MAX, day]), json!([day]), json!([day, day])]
        }));
        for keys in made {
            let cursor = Cursor::write(&keys.to_string(), &format!("{list}\n{sort}\n"));
            for side in ["before", "after"] {
                let path = format!("/{list}?sort={sort}&page[{side}]={cursor}");
                let status = world.get(&path).status;
                assert!(matches!(status, 200 | 400), "{path} at {keys}: {status}");
            }
        }
    }
}

fn in_filters(place: &Place) {
    let world = filled(place);
    let operators = ["eq", "not_eq", "gt", "gt_eq", "lt", "lt_eq"];
    let mut lists: Vec<(String, Kind)> = Vec::new();
    for resource in stored_types() {
        let dated = |kind: Kind| matches!(kind, Kind::Date | Kind::Instant);
        for filter in resource.filters.iter().filter(|filter| dated(filter.kind)) {
            lists.push((format!("/{}?filter[{}]", resource.name, filter.name), filter.kind));
        }
    }
    lists.push(("/revenue_items?filter[date]".to_owned(), Kind::Date));
    lists.push(("/reports/financial_item_reports?filter[date]".to_owned(), Kind::Date));
    let of_an_instant = [
        ("0000-01-01T00:00:00%2B23:59", false),
        ("0000-01-01T00:00:00Z", true),
        ("9999-12-31T23:59:59.999Z", true),
        ("9999-12-31T23:59:59-00:01", false),
        ("-0044-03-15T00:00:00Z", false),
        ("10000-01-01T00:00:00Z", false),
    ];
    for (list, kind) in lists {
        let more = if matches!(kind, Kind::Instant) { of_an_instant.as_slice() } else { &[] };
        for (value, is_one) in DATES.iter().chain(more) {
            let value = value.replace('+', "%2B");
            for operator in operators {
                // A report is of days from one to another.
                if operator == "not_eq" && list.starts_with("/reports") {
                    continue;
                }
                let path = format!("{list}[{operator}]={value}");
                let status = if *is_one { 200 } else { 400 };
                assert_eq!(world.get(&path).status, status, "{path}");
            }
        }
    }
    for (date, is_one) in DATES {
        let date = date.replace('+', "%2B");
        for list in ["/revenue_items?", "/reports/financial_item_reports?group=date:day&"] {
            let path = format!("{list}filter[as_of]={date}");
            let status = world.get(&path).status;
            assert!(status == 400 || (is_one && status == 200), "{path}: {status}");
        }
    }
}
