//! `fields[type]`: the members that a resource shows, and those that it shows only on request.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::sample::{Sample, each};
use crate::support::world::{World, document};

apportion_testing::cases! {
    restricted, included_resources_are_restricted_too, figures_on_request, on_writes
}

const DEAL: [&str; 16] = [
    "created_at",
    "currency",
    "date",
    "distributed_amount",
    "distributed_percent",
    "end_date",
    "exchange_date",
    "exchange_rate",
    "external_id",
    "name",
    "probability",
    "status",
    "undistributed_amount",
    "updated_at",
    "value",
    "value_default",
];
const DEAL_LINKS: [&str; 3] = ["creator", "organization", "revenue_distributions"];
const PERSON: [&str; 6] =
    ["created_at", "email", "external_id", "first_name", "last_name", "updated_at"];
const DISTRIBUTION: [&str; 10] = [
    "amount",
    "amount_default",
    "amount_normalized",
    "amount_percent",
    "currency",
    "currency_default",
    "currency_normalized",
    "end_on",
    "external_id",
    "start_on",
];
const ON_REQUEST: [&str; 5] =
    ["created_at", "daily_amount_max", "daily_amount_min", "day_count", "updated_at"];

/// A query on one distribution, the attributes that it must show, and the relationships that it
/// must show at least.
type Case<'c> = (&'c str, &'c [&'c str], &'c [&'c str]);

fn restricted(place: &Place) {
    let sample = Sample::make(place);
    let every = [DISTRIBUTION.as_slice(), ON_REQUEST.as_slice()].concat();
    let all_names = format!("fields[revenue_distributions]={}", every.join(","));
    let mut every = every;
    every.sort_unstable();
    let cases: &[Case<'_>] = &[
        ("", &DISTRIBUTION, &["creator", "deal", "organization"]),
        ("fields[deals]=name", &DISTRIBUTION, &["creator", "deal", "organization"]),
        ("fields[revenue_distributions]=", &[], &[]),
        ("fields[revenue_distributions]", &[], &[]),
        ("fields[revenue_distributions]=amount", &["amount"], &[]),
        ("fields[revenue_distributions]=start_on,amount", &["amount", "start_on"], &[]),
        ("fields[revenue_distributions]=amount%2Cstart_on", &["amount", "start_on"], &[]),
        ("fields[revenue_distributions]=amount,amount", &["amount"], &[]),
        ("fields[revenue_distributions]=deal", &[], &["deal"]),
        ("fields[revenue_distributions]=deal,amount", &["amount"], &["deal"]),
        ("fields%5Brevenue_distributions%5D=creator,deal", &[], &["creator", "deal"]),
        ("fields[revenue_distributions]=created_at", &["created_at"], &[]),
        ("fields[revenue_distributions]=updated_at", &["updated_at"], &[]),
        ("fields[revenue_distributions]=day_count", &["day_count"], &[]),
        ("fields[revenue_distributions]=daily_amount_min", &["daily_amount_min"], &[]),
        ("fields[revenue_distributions]=daily_amount_max", &["daily_amount_max"], &[]),
        (&all_names, &every, &[]),
    ];
    each(cases, |(query, attributes, relationships)| {
        let one = sample.world.get(&format!("/revenue_distributions/3?{query}")).expect(200).json();
        let many = sample.world.get(&format!("/revenue_distributions?{query}")).expect(200).json();
        for row in many["data"].as_array().unwrap().iter().chain([&one["data"]]) {
            let (shown, linked) = (names(&row["attributes"]), names(&row["relationships"]));
            // Other relationships may be declared one day; a query that names fields shows no
            // others.
            let exact = query.starts_with("fields%5B") || query.starts_with("fields[revenue");
            let linked = linked
                .into_iter()
                .filter(|name| exact || relationships.contains(name))
                .collect::<Vec<_>>();
            let identified = row["type"] == "revenue_distributions" && row["id"].is_string();
            if shown != *attributes || linked != *relationships || !identified {
                return Err(format!("{query}: {row}"));
            }
        }
        Ok(())
    });
}

/// Returns the names of the members in alphabetical order.
fn names(members: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = members.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn included_resources_are_restricted_too(place: &Place) {
    let sample = Sample::make(place);
    let path = "/revenue_distributions/4?include=deal,creator";
    let shown = |query: &str| {
        let document = sample.world.get(&format!("{path}{query}")).expect(200).json();
        let of = |kind: &str| {
            let rows = document["included"].as_array().unwrap();
            let row = rows.iter().find(|row| row["type"] == kind).unwrap();
            let text = |names: Vec<&str>| names.join(" ");
            (text(names(&row["attributes"])), text(names(&row["relationships"])))
        };
        (of("deals"), of("people"))
    };
    let (deal, person) = shown("");
    assert_eq!(deal, (DEAL.join(" "), DEAL_LINKS.join(" ")));
    assert_eq!(person.0, PERSON.join(" "));
    let (deal, person) = shown("&fields[deals]=name,value,creator&fields[people]=");
    assert_eq!(deal, ("name value".to_owned(), "creator".to_owned()));
    assert_eq!(person, (String::new(), String::new()));
    // A fieldset that hides the linkage of primary data hides no included resource.
    let (deal, _) = shown("&fields[revenue_distributions]=amount&fields[deals]=name");
    assert_eq!(deal.0, "name");
}

/// Each case is the first day, the last, the percentage of a deal of 100,000, and the number of
/// days and the smallest and largest daily amount, worked out by hand.
fn figures_on_request(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 100_000);
    let credit = world.deal("Credit", -100);
    let cases: [(&str, &str, &str, &str, [i64; 3]); 8] = [
        (&deal, "2025-07-01", "2025-07-31", "100", [31, 3225, 3226]),
        (&deal, "2025-07-01", "2025-07-01", "100", [1, 100_000, 100_000]),
        (&deal, "2025-01-01", "2025-12-31", "0.001", [365, 0, 1]),
        (&deal, "2024-01-01", "2024-12-31", "0.0000000001", [366, 0, 0]),
        (&deal, "2024-02-01", "2024-02-29", "29", [29, 1000, 1000]),
        (&deal, "1900-01-01", "1999-12-31", "100", [36_524, 2, 3]),
        (&credit, "2025-01-01", "2025-01-03", "100", [3, -34, -33]),
        (&credit, "2025-01-01", "2025-01-02", "7", [2, -4, -3]),
    ];
    each(&cases, |&(deal, start_on, end_on, percent, [days, least, most])| {
        let id = world.spread(deal, start_on, end_on, percent);
        let path = format!(
            "/revenue_distributions/{id}\
             ?fields[revenue_distributions]=day_count,daily_amount_min,daily_amount_max"
        );
        let shown = world.get(&path).expect(200).json()["data"]["attributes"].clone();
        let expected =
            json!({"day_count": days, "daily_amount_min": least, "daily_amount_max": most});
        if shown == expected { Ok(()) } else { Err(format!("{start_on}..{end_on}: {shown}")) }
    });
}

fn on_writes(place: &Place) {
    let world = World::start(place);
    let body = document("deals", json!({"name": "New"}), &[]);
    let made = world.post("/deals?fields[deals]=name,creator", &body).expect(201).json();
    assert_eq!(made["data"]["attributes"], json!({"name": "New"}));
    assert_eq!(names(&made["data"]["relationships"]), ["creator"]);
    let path = format!("/deals/{}?fields[deals]=", made["data"]["id"].as_str().unwrap());
    let changed = world.patch(&path, &body).expect(200).json();
    assert_eq!(changed["data"]["attributes"], json!({}));
    assert_eq!(changed["data"]["relationships"], json!({}));
}
