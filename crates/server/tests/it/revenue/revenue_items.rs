//! Revenue items: one for every day of every distribution, in any order and at any depth, though no
//! table has a row of them.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::complaints;
use crate::support::world::World;

apportion_testing::cases! {
    one_item, of_a_distribution, every_order_is_paged_and_walked, gaps_are_paged_and_walked,
    filters, included_and_linked, refusals
}

/// Starts a server with three deals and distributions 1 to 4, of which the first two are of one
/// deal and overlap.
fn world(place: &Place) -> World {
    let world = World::start(place);
    let first = world.deal("first", 100);
    world.spread(&first, "2025-01-30", "2025-02-02", "100");
    world.spread(&first, "2025-02-01", "2025-02-03", "50");
    let attributes = json!({"name": "D", "value": -7, "currency": "USD", "exchange_rate": "2", "probability": 50});
    let second = world.create("deals", attributes, &[]);
    world.spread(&second, "2025-02-02", "2025-02-03", "100");
    world.spread(&first, "2024-02-29", "2024-02-29", "1");
    world
}

fn ids(document: &Value) -> Vec<String> {
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn one_item(place: &Place) {
    let world = world(place);
    let item = world.get("/revenue_items/3-2025-02-03").expect(200).json();
    let expected = json!({
        "date": "2025-02-03", "amount": -3, "amount_default": -7, "projected_amount": -2,
        "projected_amount_default": -3, "currency": "USD", "currency_default": "EUR",
        "recognized": true,
    });
    assert_eq!(item["data"]["attributes"], expected);
    assert_eq!(item["data"]["links"]["self"], "/api/v2/revenue_items/3-2025-02-03");
    let linked = |name: &str| item["data"]["relationships"][name]["data"]["id"].clone();
    assert_eq!((linked("revenue_distribution"), linked("deal")), (json!("3"), json!("2")));
    let why = "/revenue_items/3-2025-02-03?fields[revenue_items]=explanation";
    let why = world.get(why).expect(200).json()["data"]["attributes"]["explanation"].clone();
    let figures = ["total", "days", "k", "before", "upto"].map(|name| why[name].as_i64().unwrap());
    assert_eq!(figures, [-7, 2, 2, -4, -7]);
    assert!(why["sentence"].as_str().unwrap().contains("-7"));
    for missing in ["3-2025-02-04", "3-2025-02-01", "9-2025-02-03", "3", "3-2025-2-3", "3-", "x-y"]
    {
        world.get(&format!("/revenue_items/{missing}")).expect(404);
    }
    world.request_as(&world.stranger, "GET", "/revenue_items/3-2025-02-03", None).expect(404);
    let future = world.spread("1", "2199-12-31", "2199-12-31", "1");
    let future = world.get(&format!("/revenue_items/{future}-2199-12-31")).expect(200).json();
    assert_eq!(future["data"]["attributes"]["recognized"], false);
}

fn of_a_distribution(place: &Place) {
    let world = world(place);
    let path = "/revenue_distributions/1/revenue_items";
    let document = world.get(path).expect(200).json();
    let days = ["1-2025-01-30", "1-2025-01-31", "1-2025-02-01", "1-2025-02-02"];
    assert_eq!(ids(&document), days);
    let sum = |document: &Value| -> i64 {
        let rows = document["data"].as_array().unwrap().iter();
        rows.map(|row| row["attributes"]["amount"].as_i64().unwrap()).sum()
    };
    assert_eq!((sum(&document), &document["meta"]["total_count"]), (100, &json!(4)));
    let last = world.get(&format!("{path}?sort=-date&page[size]=1")).expect(200).json();
    assert_eq!(ids(&last), ["1-2025-02-02"]);
    let linkage = world.get("/revenue_distributions/1/relationships/revenue_items").expect(200);
    assert_eq!(ids(&linkage.json()), days);
    assert_eq!(linkage.json()["data"][0], json!({"type": "revenue_items", "id": days[0]}));
}

/// Returns all items of a list in pages of `size`: by page numbers, by cursors forwards, and by
/// cursors backwards.
fn every_way(world: &World, query: &str, size: usize) -> [Vec<String>; 3] {
    let follow = |mut path: String, direction: &str| {
        let mut all: Vec<String> = Vec::new();
        loop {
            let page = world.get(&path).expect(200).json();
            let found = ids(&page);
            all = if direction == "next" { [all, found].concat() } else { [found, all].concat() };
            match page["links"][direction].as_str() {
                Some(link) => path = link.split_once("/api/v2").unwrap().1.to_owned(),
                None => return all,
            }
        }
    };
    let first = format!("/revenue_items?{query}&page[size]={size}");
    [
        follow(first.clone(), "next"),
        follow(format!("{first}&page[after]="), "next"),
        follow(format!("{first}&page[before]="), "prev"),
    ]
}

fn every_order_is_paged_and_walked(place: &Place) {
    let world = world(place);
    let all = Items::read(&world, "");
    assert_eq!(all.0.len(), 10);
    for (at, first) in KEYS.iter().enumerate() {
        for second in KEYS.iter().filter(|key| *key != first) {
            for signs in 0..4 {
                let sign = |bit: i32| if signs & bit > 0 { "-" } else { "" };
                let sort = format!("sort={}{first},{}{second}", sign(1), sign(2));
                let expected = all.sorted((first, signs & 1 > 0), (second, signs & 2 > 0));
                for found in every_way(&world, &sort, 3 + at) {
                    assert_eq!(found, expected, "{sort}");
                }
            }
        }
    }
}

/// Days that a filter takes out of the middle of distributions change nothing in the order of the
/// others, nor in where pages end.
fn gaps_are_paged_and_walked(place: &Place) {
    let world = world(place);
    let gaps = "filter[date][not_eq]=2025-01-31,2025-02-02";
    let left = Items::read(&world, gaps);
    assert_eq!(left.0.len(), 6);
    for (first, second) in [("date", "deal_id"), ("deal_id", "date"), (KEYS[2], "date")] {
        for (sign, turn) in [("", false), ("-", true)] {
            let query = format!("{gaps}&sort={sign}{first},{sign}{second}");
            for size in 1..=4 {
                for found in every_way(&world, &query, size) {
                    assert_eq!(found, left.sorted((first, turn), (second, turn)), "{query}");
                }
            }
        }
    }
}

const KEYS: [&str; 3] = ["date", "deal_id", "revenue_distribution_id"];

/// The deal, the distribution and the date of items.
struct Items(Vec<(i64, i64, String)>);

impl Items {
    /// Reads the items that a query finds.
    fn read(world: &World, query: &str) -> Self {
        let all = world.get(&format!("/revenue_items?page[size]=200&{query}")).expect(200).json();
        let item = |row: &Value| {
            let number = |name: &str| {
                let id = row["relationships"][name]["data"]["id"].as_str().unwrap();
                id.parse::<i64>().unwrap()
            };
            let date = row["attributes"]["date"].as_str().unwrap().to_owned();
            (number("deal"), number("revenue_distribution"), date)
        };
        Self(all["data"].as_array().unwrap().iter().map(item).collect())
    }

    /// Returns the ids by two keys, each with whether it is turned round.
    fn sorted(&self, first: (&str, bool), second: (&str, bool)) -> Vec<String> {
        let by = |key: &str, a: &(i64, i64, String), b: &(i64, i64, String)| match key {
            "date" => a.2.cmp(&b.2),
            "deal_id" => a.0.cmp(&b.0),
            _ => a.1.cmp(&b.1),
        };
        let turned = |order: std::cmp::Ordering, turn: bool| {
            if turn { order.reverse() } else { order }
        };
        let mut items = self.0.clone();
        items.sort_by(|a, b| {
            turned(by(first.0, a, b), first.1)
                .then_with(|| turned(by(second.0, a, b), second.1))
                .then_with(|| turned((a.1, &a.2).cmp(&(b.1, &b.2)), second.1))
        });
        items.iter().map(|(_, own, date)| format!("{own}-{date}")).collect()
    }
}

fn filters(place: &Place) {
    let world = world(place);
    let cases: &[(&str, &[&str])] = &[
        ("filter[date]=2025-02-03", &["2-2025-02-03", "3-2025-02-03"]),
        ("filter[date][lt]=2025-01-30", &["4-2024-02-29"]),
        ("filter[date][gt]=2025-02-03", &[]),
        ("filter[deal_id]=2", &["3-2025-02-02", "3-2025-02-03"]),
        ("filter[currency]=USD&sort=-date", &["3-2025-02-03", "3-2025-02-02"]),
        ("filter[revenue_distribution_id]=4,9", &["4-2024-02-29"]),
        ("filter[date][gt_eq]=2025-02-03&filter[deal_id][not_eq]=2", &["2-2025-02-03"]),
        ("filter[organization_id]=1&filter[deal_id]=2", &["3-2025-02-02", "3-2025-02-03"]),
        ("filter[organization_id]=2", &[]),
        ("filter[organization_id][not_eq]=1", &[]),
        ("filter[deal_id]=2&sort=-organization_id", &["3-2025-02-03", "3-2025-02-02"]),
        // Several days, and days with gaps between them.
        ("filter[date]=2025-01-31,2024-02-29", &["1-2025-01-31", "4-2024-02-29"]),
        (
            "filter[revenue_distribution_id]=1&filter[date][not_eq]=2025-01-31",
            &["1-2025-01-30", "1-2025-02-01", "1-2025-02-02"],
        ),
        (
            "filter[revenue_distribution_id]=1&filter[date][not_eq]=2025-01-31,2025-02-01&sort=-date",
            &["1-2025-02-02", "1-2025-01-30"],
        ),
        ("filter[date]=2025-01-31&filter[date][not_eq]=2025-01-31", &[]),
        (
            "filter[$op]=or&filter[0][date][lt]=2025-01-31&filter[1][date][gt]=2025-02-02",
            &["1-2025-01-30", "2-2025-02-03", "3-2025-02-03", "4-2024-02-29"],
        ),
        // Days beside conditions on the distribution.
        (
            "filter[$op]=or&filter[0][date]=2025-02-01&filter[1][deal_id]=2",
            &["1-2025-02-01", "2-2025-02-01", "3-2025-02-02", "3-2025-02-03"],
        ),
        (
            "filter[$op]=or&filter[0][date][not_eq]=2025-02-02&filter[0][deal_id]=2\
             &filter[1][$op]=and&filter[1][0][date][lt]=2025-02-01&filter[1][1][currency]=EUR",
            &["1-2025-01-30", "1-2025-01-31", "3-2025-02-03", "4-2024-02-29"],
        ),
    ];
    for (query, expected) in cases {
        let document = world.get(&format!("/revenue_items?{query}")).expect(200).json();
        assert_eq!(ids(&document), *expected, "{query}");
        assert_eq!(document["meta"]["total_count"], expected.len(), "{query}");
    }
}

fn included_and_linked(place: &Place) {
    let world = world(place);
    let path = "/revenue_distributions/4?include=revenue_items.deal";
    let document = world.get(path).expect(200).json();
    let linkage = &document["data"]["relationships"]["revenue_items"]["data"];
    assert_eq!(*linkage, json!([{"type": "revenue_items", "id": "4-2024-02-29"}]));
    let included: Vec<&Value> =
        document["included"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert_eq!(included, ["4-2024-02-29", "1"]);
    let items = "/revenue_items?include=revenue_distribution,deal&filter[date]=2025-02-02";
    let items = world.get(items).expect(200).json();
    assert_eq!(items["included"].as_array().unwrap().len(), 5);
    world.get("/revenue_items/3-2025-02-03/deal").expect(200);
    world.get("/revenue_items/3-2025-02-03/relationships/deal").expect(200);
}

fn refusals(place: &Place) {
    let world = world(place);
    let cases: &[(&str, &str)] = &[
        ("filter[date][contains]=2025", "400 filter[date][contains]"),
        ("filter[date][not_eq]=", "400 filter[date][not_eq]"),
        ("filter[amount]=1", "400 filter[amount]"),
        ("sort=amount", "400 sort"),
        ("page[after]=x", "400 page[after]"),
        ("include=nothing", "400 include"),
    ];
    for (query, expected) in cases {
        let answer = world.get(&format!("/revenue_items?{query}"));
        assert_eq!(complaints(&answer), [*expected], "{query}");
    }
    for path in ["/revenue_items", "/revenue_items/1-2025-01-30"] {
        for method in ["POST", "PATCH", "DELETE"] {
            let answer = world.request(method, path, Some(&json!({}))).expect(405);
            assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method} {path}");
        }
    }
}
