//! The rows that the tests of queries read: in a database, made over HTTP, and beside it as plain
//! structs, so that the result of a query is computed here and not copied from answers.

use apportion_server::admin::{self, TokenDraft};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::payouts;
use crate::support::world::{World, document};

/// A server with rows in it.
pub struct Sample {
    pub world: World,
    pub people: Vec<Person>,
    pub deals: Vec<Deal>,
    pub distributions: Vec<Distribution>,
}

#[derive(Debug)]
pub struct Person {
    pub id: i64,
    pub email: Option<&'static str>,
}

#[derive(Debug)]
pub struct Deal {
    pub id: i64,
    pub name: &'static str,
    pub date: Option<&'static str>,
    pub creator_id: Option<i64>,
}

#[derive(Debug)]
pub struct Distribution {
    pub id: i64,
    pub deal_id: i64,
    pub deal_name: &'static str,
    pub creator_id: Option<i64>,
    pub start_on: &'static str,
    pub end_on: &'static str,
    /// The percentage, in units of 10^-10 percent.
    pub percent: i64,
    /// The amount, in minor units.
    pub amount: i64,
}

/// First name, last name, e-mail address.
const PEOPLE: &[(&str, &str, Option<&str>)] = &[
    ("Ada", "Lovelace", Some("ada@example.org")),
    ("bob", "Ämter", None),
    ("Ärmel", "Zorn", Some("Zorn@example.org")),
    ("Zed", "_under%score\\", None),
];

/// Name, value, probability, date, creator (by position). The fourth is in USD.
type Sold = (&'static str, i64, i64, Option<&'static str>, Option<usize>);

const DEALS: &[Sold] = &[
    ("a", 100_000, 100, Some("2025-03-01"), Some(0)),
    ("B", -50_000, 50, None, None),
    ("Ä", 0, 0, Some("2024-12-31"), Some(1)),
    ("Z", 1_000_000, 75, None, None),
    ("50% of_f\\x", 250_000, 75, Some("2025-03-01"), Some(0)),
    ("50 pct offf/x", 250_000, 100, None, Some(2)),
    // The last character is an I with a dot, whose lower case outside ASCII begins with i.
    ("STRASSE äö \u{130}", 70_000, 100, Some("2025-01-01"), None),
    ("Straße ÄÖ k", 10, 100, Some("2026-01-01"), None),
    ("a,b", 300_000, 100, None, None),
    ("a", 100_000, 100, None, Some(0)),
];

/// Deal and creator (by position), first day, last day, percent and its units of 10^-10, and the
/// amount that follows, worked out by hand.
type Spread = (usize, Option<usize>, &'static str, &'static str, (&'static str, i64), i64);

const DISTRIBUTIONS: &[Spread] = &[
    (0, None, "2025-01-01", "2025-01-31", ("50.0", 500_000_000_000), 50_000),
    (0, Some(0), "2025-01-01", "2025-06-30", ("25.5", 255_000_000_000), 25_500),
    (1, Some(0), "2025-02-01", "2025-02-28", ("100.0", 1_000_000_000_000), -50_000),
    (2, Some(1), "2024-12-31", "2025-01-01", ("33.33", 333_300_000_000), 0),
    (3, None, "2025-02-01", "2025-12-31", ("0.0000000001", 1), 0),
    (3, Some(2), "2025-06-30", "2025-06-30", ("12.5", 125_000_000_000), 125_000),
    (4, Some(0), "1900-01-01", "1999-12-31", ("10.0", 100_000_000_000), 25_000),
    (5, None, "2025-02-01", "2025-02-28", ("10.0", 100_000_000_000), 25_000),
    (6, Some(1), "2199-12-31", "2199-12-31", ("200.0", 2_000_000_000_000), 140_000),
    (7, None, "2025-01-01", "2025-01-31", ("50.0", 500_000_000_000), 5),
    (8, Some(2), "2025-03-01", "2025-03-31", ("33.3333333333", 333_333_333_333), 100_000),
    (
        9,
        Some(0),
        "2025-01-01",
        "2025-03-31",
        ("99999999.9999999999", 999_999_999_999_999_999),
        100_000_000_000,
    ),
];

impl Sample {
    /// Starts a server and makes the rows.
    #[track_caller]
    pub fn make(place: &Place) -> Self {
        Self::fill(World::start(place))
    }

    /// Makes the rows. Rows of the other organization come first, so that no id equals a position.
    #[track_caller]
    pub fn fill(world: World) -> Self {
        let foreign = json!({"first_name": "Ada", "last_name": "Lovelace"});
        create(&world, &world.stranger, "people", foreign, &[]);
        let foreign = json!({"name": "a", "value": 100_000});
        let foreign = create(&world, &world.stranger, "deals", foreign, &[]).to_string();
        let spread =
            json!({"start_on": "2025-01-01", "end_on": "2025-01-31", "amount_percent": 50});
        let links = [("deal", "deals", foreign.as_str())];
        create(&world, &world.stranger, "revenue_distributions", spread, &links);
        let people: Vec<Person> = PEOPLE.iter().map(|person| make_person(&world, person)).collect();
        let bound: Vec<String> = people.iter().map(|person| bound_to(&world, person.id)).collect();
        let token = |creator: Option<usize>| creator.map_or(&world.token, |at| &bound[at]);
        let deals: Vec<Deal> = DEALS
            .iter()
            .map(|&(name, value, probability, date, creator)| {
                let mut attributes =
                    json!({"name": name, "value": value, "probability": probability, "date": date});
                if name == "Z" {
                    attributes["currency"] = json!("USD");
                    attributes["exchange_rate"] = json!("0.92");
                    attributes["exchange_date"] = json!("2025-01-01");
                }
                let id = create(&world, token(creator), "deals", attributes, &[]);
                Deal { id, name, date, creator_id: creator.map(|at| people[at].id) }
            })
            .collect();
        let distributions = DISTRIBUTIONS
            .iter()
            .map(|&(deal, creator, start_on, end_on, (percent, units), amount)| {
                let attributes =
                    json!({"start_on": start_on, "end_on": end_on, "amount_percent": percent});
                let Deal { id: deal_id, name: deal_name, .. } = deals[deal];
                let deal = deal_id.to_string();
                let links = [("deal", "deals", deal.as_str())];
                let id =
                    create(&world, token(creator), "revenue_distributions", attributes, &links);
                let creator_id = creator.map(|at| people[at].id);
                let percent = units;
                Distribution {
                    id,
                    deal_id,
                    deal_name,
                    creator_id,
                    start_on,
                    end_on,
                    percent,
                    amount,
                }
            })
            .collect();
        // Here too the other organization's rows come first.
        payouts::fill(&world, (&world.stranger, world.other), &foreign);
        let deal = deals[0].id.to_string();
        payouts::fill(&world, (&world.token, world.organization), &deal);
        Self { world, people, deals, distributions }
    }

    /// Checks that a list of distributions has exactly those that meet a condition, by id. The
    /// condition must hold for some and not for others, or the case would show little.
    pub fn finds(&self, query: &str, holds: fn(&Distribution) -> bool) -> Result<(), String> {
        let expected = self.matching(holds);
        if expected.is_empty() || expected.len() == self.distributions.len() {
            return Err(format!("{query}: the condition does not part the rows"));
        }
        self.lists(query, &expected)
    }

    /// Returns the ids of the distributions that meet a condition.
    pub fn matching(&self, holds: fn(&Distribution) -> bool) -> Vec<i64> {
        self.distributions.iter().filter(|row| holds(row)).map(|row| row.id).collect()
    }

    /// Checks that a list of distributions has exactly these ids in this order.
    pub fn lists(&self, query: &str, expected: &[i64]) -> Result<(), String> {
        let answer = self.world.get(&format!("/revenue_distributions?{query}"));
        if answer.status != 200 {
            return Err(format!("{query}: {}", String::from_utf8_lossy(&answer.body)));
        }
        let document = answer.json();
        let (found, total) = (ids(&document), document["meta"]["total_count"].as_u64());
        if found == expected && total == Some(expected.len().try_into().unwrap()) {
            return Ok(());
        }
        Err(format!("{query}: {found:?} of {total:?}, not {expected:?}"))
    }
}

/// Returns the ids of the primary data of a list.
#[track_caller]
pub fn ids(document: &Value) -> Vec<i64> {
    let rows = document["data"].as_array().unwrap_or_else(|| panic!("no list: {document}"));
    rows.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Runs the check on every case, and panics with all failures.
#[track_caller]
pub fn each<C>(cases: &[C], check: impl Fn(&C) -> Result<(), String>) {
    assert!(!cases.is_empty());
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Makes a token that may write and is bound to a person.
#[track_caller]
pub fn bound_to(world: &World, person: i64) -> String {
    let (organization, person) = (world.organization, Some(person));
    let draft = TokenDraft { organization, person, scope: "write", label: None };
    admin::create_token(&world.database, draft).unwrap().reveal().to_owned()
}

fn make_person(
    world: &World,
    &(first_name, last_name, email): &(&'static str, &'static str, Option<&'static str>),
) -> Person {
    let attributes = json!({"first_name": first_name, "last_name": last_name, "email": email});
    Person { id: create(world, &world.token, "people", attributes, &[]), email }
}

#[track_caller]
fn create(
    world: &World,
    token: &str,
    kind: &str,
    attributes: Value,
    links: &[(&str, &str, &str)],
) -> i64 {
    let body = document(kind, attributes, links);
    let answer = world.request_as(token, "POST", &format!("/{kind}"), Some(&body)).expect(201);
    answer.json()["data"]["id"].as_str().unwrap().parse().unwrap()
}
