//! Won and lost deals in reports and among revenue items: what is recognised, what is left out,
//! and that a change of the status alone is seen at once.

use std::collections::BTreeMap;

use apportion_testing::{Place, rounds};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::support::dice::Dice;
use crate::support::refusal::complaints;
use crate::support::resources::{attributes, change, sums};
use crate::support::world::World;

apportion_testing::cases! {
    only_won_deals_are_recognised, any_filter_on_the_status_replaces_the_default,
    statuses_are_groups_and_sorts, as_a_table_and_a_picture,
    a_change_of_the_status_alone_is_seen_at_once, what_a_deal_has_distributed_stays,
    items_of_lost_deals, a_random_book_of_every_status
}

const REPORT: &str = "/reports/financial_item_reports";
const STATUSES: [&str; 3] = ["open", "won", "lost"];

#[track_caller]
fn report(world: &World, query: &str) -> Value {
    world.get(&format!("{REPORT}?{query}")).expect(200).json()
}

/// Makes a deal of 10.00 EUR with a probability of 30 percent, of which each of ten days brings
/// 1.00 EUR; returns its id.
fn deal(world: &World, status: &str) -> String {
    let attributes = json!({"name": status, "value": 1_000, "probability": 30, "status": status});
    let deal = world.create("deals", attributes, &[]);
    world.spread(&deal, "2025-01-01", "2025-01-10", "100");
    deal
}

/// Starts a server with deals 1 to 3, which are open, won and lost.
fn world(place: &Place) -> World {
    let world = World::start(place);
    for status in STATUSES {
        deal(&world, status);
    }
    world
}

/// Returns revenue, recognised and projected revenue of a row or of totals.
fn figures(shown: &Value) -> [i64; 3] {
    let names = ["total_revenue", "total_recognized_revenue", "total_projected_revenue"];
    names.map(|name| shown[name].as_i64().unwrap())
}

/// Returns each row as its id and its figures.
fn rows(document: &Value) -> Vec<(String, [i64; 3])> {
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| (row["id"].as_str().unwrap().to_owned(), figures(&row["attributes"]))).collect()
}

fn ids(document: &Value) -> Vec<String> {
    let rows = document["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn row(id: &str, figures: [i64; 3]) -> (String, [i64; 3]) {
    (id.to_owned(), figures)
}

fn only_won_deals_are_recognised(place: &Place) {
    let world = world(place);
    let all = report(&world, "filter[as_of]=2025-01-04");
    assert_eq!(rows(&all), [row("all", [2_000, 400, 600])]);
    assert_eq!(figures(&all["meta"]["totals"][0]), [2_000, 400, 600]);
    let by_deal =
        report(&world, "group=deal&filter[as_of]=2025-01-04&filter[status]=open,won,lost");
    let expected =
        [row("1", [1_000, 0, 300]), row("2", [1_000, 400, 300]), row("3", [1_000, 0, 300])];
    assert_eq!(rows(&by_deal), expected);
    // Whatever the day, what is not won is not recognised.
    let late = report(&world, "group=deal&filter[as_of]=9999-12-31&filter[status]=open,won,lost");
    let recognised: Vec<i64> =
        rows(&late).iter().map(|(_, [_, recognised, _])| *recognised).collect();
    assert_eq!(recognised, [0, 1_000, 0]);
}

fn any_filter_on_the_status_replaces_the_default(place: &Place) {
    let world = world(place);
    let cases: &[(&str, &[&str])] = &[
        ("", &["1", "2"]),
        ("filter[deal_id]=3", &[]),
        ("filter[probability]=30", &["1", "2"]),
        ("filter[status]=lost", &["3"]),
        ("filter[status]=won", &["2"]),
        ("filter[status]=open,lost", &["1", "3"]),
        ("filter[status][eq]=lost", &["3"]),
        ("filter[status][not_eq]=open", &["2", "3"]),
        ("filter[status][not_eq]=won", &["1", "3"]),
        ("filter[status][not_eq]=lost", &["1", "2"]),
        ("filter[status]=lost&filter[deal_id]=3", &["3"]),
        ("filter[status]=won&filter[status][not_eq]=won", &[]),
        ("filter[$op]=or&filter[0][status]=lost&filter[1][deal_id]=1", &["1", "3"]),
        ("filter[$op]=or&filter[0][status][not_eq]=open&filter[1][status]=open", &["1", "2", "3"]),
        ("filter[0][status]=lost", &["3"]),
    ];
    for (query, deals) in cases {
        let with =
            |first: &str| format!("{first}{}{query}", if query.is_empty() { "" } else { "&" });
        assert_eq!(ids(&report(&world, &with("group=deal"))), *deals, "{query}");
        let items = world.get(&format!("/revenue_items?{}", with("page[size]=200")));
        if query.contains("probability") {
            assert_eq!(complaints(&items), ["400 filter[probability]"]);
            continue;
        }
        let items = items.expect(200).json();
        assert_eq!(items["meta"]["total_count"], deals.len() * 10, "{query}");
        let all = ids(&items);
        assert!(all.iter().all(|id| deals.contains(&&id[..1])), "{query}: {all:?}");
    }
    for (query, expected) in [
        ("filter[status]=closed", "400 filter[status]"),
        ("filter[status]=", "400 filter[status]"),
        ("filter[status][contains]=o", "400 filter[status][contains]"),
        ("filter[status][gt]=lost", "400 filter[status][gt]"),
    ] {
        for path in [REPORT, "/revenue_items", "/deals"] {
            assert_eq!(complaints(&world.get(&format!("{path}?{query}"))), [expected], "{path}");
        }
    }
    // The list of deals itself hides none.
    assert_eq!(ids(&world.get("/deals").expect(200).json()), ["1", "2", "3"]);
    let lost = world.get("/deals?filter[status]=lost").expect(200).json();
    assert_eq!(ids(&lost), ["3"]);
    let sorted = world.get("/deals?sort=status").expect(200).json();
    assert_eq!(ids(&sorted), ["3", "1", "2"]);
}

fn statuses_are_groups_and_sorts(place: &Place) {
    let world = world(place);
    let every = "filter[status]=open,won,lost&filter[as_of]=2025-01-04";
    let by_status = report(&world, &format!("group=status&{every}"));
    let expected =
        [row("lost", [1_000, 0, 300]), row("open", [1_000, 0, 300]), row("won", [1_000, 400, 300])];
    assert_eq!(rows(&by_status), expected);
    assert_eq!(by_status["data"][0]["attributes"]["group"], json!({"status": "lost"}));
    assert_eq!(by_status["data"][0]["relationships"], json!({}));
    let down = report(&world, &format!("group=status,date:month&sort=-status&{every}"));
    assert_eq!(ids(&down), ["won.2025-01", "open.2025-01", "lost.2025-01"]);
    assert_eq!(ids(&report(&world, "group=status")), ["open", "won"]);
    let answer = world.get(&format!("{REPORT}?group=deal&sort=status"));
    assert_eq!(complaints(&answer), ["400 sort"]);
}

fn as_a_table_and_a_picture(place: &Place) {
    let world = world(place);
    let query = "group=status,date:month&filter[as_of]=2025-01-04&filter[status][not_eq]=open";
    let table = world.get(&format!("{REPORT}?{query}&format=csv")).expect(200);
    let table = String::from_utf8(table.body).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("status,date,count,currency,"), "{table}");
    assert_eq!(lines[1], "lost,2025-01,10,EUR,EUR,10.00,0.00,3.00,10.00,0.00,3.00");
    assert_eq!(lines[2], "won,2025-01,10,EUR,EUR,10.00,4.00,3.00,10.00,4.00,3.00");
    let picture = world.get(&format!("{REPORT}?group=date:month,status&format=svg")).expect(200);
    let picture = String::from_utf8(picture.body).unwrap();
    for text in ["Revenue by month and status", ">open</text>", ">won</text>"] {
        assert!(picture.contains(text), "{text}: {picture}");
    }
    assert!(!picture.contains(">lost</text>"), "{picture}");
}

fn a_change_of_the_status_alone_is_seen_at_once(place: &Place) {
    let world = World::start(place);
    deal(&world, "open");
    let second = World::at(&place.url, |_| {});
    // The same organization is served by another server, whose ledger knows the deal as well.
    let elsewhere = || {
        let path = format!("{REPORT}?filter[as_of]=2025-01-04");
        let shown = second.request_as(&world.token, "GET", &path, None).expect(200).json();
        rows(&shown).first().map(|(_, figures)| *figures)
    };
    let here = || {
        let shown = report(&world, "filter[as_of]=2025-01-04");
        rows(&shown).first().map(|(_, figures)| *figures)
    };
    let expected = |status: &str| match status {
        "open" => Some([1_000, 0, 300]),
        "won" => Some([1_000, 400, 300]),
        _ => None,
    };
    assert_eq!((here(), elsewhere()), (expected("open"), expected("open")));
    for status in ["won", "lost", "open", "lost", "won", "open"] {
        let version = || {
            let shown = world.get("/deals/1").expect(200);
            shown.header("ETag").unwrap().to_owned()
        };
        let before = version();
        assert_eq!(change(&world, "/deals/1", json!({"status": status}))["status"], status);
        assert_eq!((elsewhere(), here()), (expected(status), expected(status)), "{status}");
        assert_ne!(version(), before);
    }
}

fn what_a_deal_has_distributed_stays(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 1_000);
    let row = world.spread(&deal, "2025-01-01", "2025-01-10", "30");
    let path =
        format!("/revenue_distributions/{row}?fields[revenue_distributions]=amount,updated_at");
    let (before, distributed) = (sums(&world, &deal), attributes(&world, &path));
    assert_eq!(before, ("30.0".to_owned(), 300, 700));
    for status in ["lost", "open", "won"] {
        change(&world, &format!("/deals/{deal}"), json!({"status": status}));
        assert_eq!(sums(&world, &deal), before, "{status}");
        // The distributions are not written: their amounts do not depend on the status.
        assert_eq!(attributes(&world, &path), distributed, "{status}");
    }
    // A lost deal can still be distributed.
    change(&world, &format!("/deals/{deal}"), json!({"status": "lost"}));
    world.spread(&deal, "2025-01-01", "2025-01-10", "70");
    assert_eq!(sums(&world, &deal), ("100.0".to_owned(), 1_000, 0));
}

fn items_of_lost_deals(place: &Place) {
    let world = world(place);
    let recognized =
        |id: &str| attributes(&world, &format!("/revenue_items/{id}"))["recognized"].clone();
    let days = ["1-2025-01-01", "2-2025-01-01", "3-2025-01-01"].map(recognized);
    assert_eq!(days, [json!(false), json!(true), json!(false)]);
    let lost = attributes(&world, "/revenue_items/3-2025-01-02");
    assert_eq!((&lost["amount"], &lost["projected_amount"]), (&json!(100), &json!(30)));
    // Lists leave them out, whatever leads to them; an item by its id is shown.
    for path in [
        "/revenue_items?filter[deal_id]=3",
        "/revenue_items?filter[revenue_distribution_id]=3",
        "/revenue_items?filter[deal_id]=3&page[after]=",
        "/revenue_distributions/3/revenue_items",
        "/revenue_distributions/3/relationships/revenue_items",
    ] {
        let list = world.get(path).expect(200).json();
        assert_eq!(ids(&list), Vec::<String>::new(), "{path}");
        let named =
            format!("{path}{}filter[status]=lost", if path.contains('?') { '&' } else { '?' });
        assert_eq!(ids(&world.get(&named).expect(200).json()).len(), 10, "{named}");
    }
    let included = world.get("/revenue_distributions?include=revenue_items").expect(200).json();
    let linked = |at: usize| {
        let items = &included["data"][at]["relationships"]["revenue_items"]["data"];
        items.as_array().unwrap().len()
    };
    assert_eq!([linked(0), linked(1), linked(2)], [10, 10, 0]);
    assert_eq!(included["included"].as_array().unwrap().len(), 20);
    change(&world, "/deals/3", json!({"status": "won"}));
    assert_eq!(recognized("3-2025-01-01"), true);
    let list = world.get("/revenue_distributions/3/revenue_items").expect(200).json();
    assert_eq!(ids(&list).len(), 10);
}

/// A deal that a test knows: all that its days follow from.
struct Known {
    status: &'static str,
    probability: i64,
    amount: i64,
    first: NaiveDate,
    days: i64,
}

impl Known {
    /// Computes `round(total * k / n)`, half away from zero.
    fn part(total: i64, k: i64, n: i64) -> i64 {
        let doubled = 2 * i128::from(total.abs()) * i128::from(k) + i128::from(n);
        i64::try_from(doubled / (2 * i128::from(n))).unwrap() * total.signum()
    }

    /// Returns revenue, recognised and projected revenue of each day.
    fn days(&self, as_of: NaiveDate) -> impl Iterator<Item = (NaiveDate, [i64; 3])> {
        let expected = Self::part(self.amount, self.probability, 100);
        let slice =
            |total, at| Self::part(total, at + 1, self.days) - Self::part(total, at, self.days);
        (0..self.days).zip(self.first.iter_days()).map(move |(at, day)| {
            let revenue = slice(self.amount, at);
            let is_recognised = self.status == "won" && day <= as_of;
            (day, [revenue, if is_recognised { revenue } else { 0 }, slice(expected, at)])
        })
    }
}

/// Reports over deals of every status, some of which change it from one report to the next, equal
/// a plain recomputation day by day.
fn a_random_book_of_every_status(place: &Place) {
    let world = World::start(place);
    let mut dice = Dice(20_251_130);
    let start: NaiveDate = "2024-12-20".parse().unwrap();
    let mut deals = Vec::new();
    for _ in 0..12 {
        let known = Known {
            status: dice.pick(&STATUSES),
            probability: dice.pick(&[0, 35, 50, 100]),
            amount: dice.amount(200_000) - 50_000,
            first: start + Days::new(dice.roll(30)),
            days: dice.amount(40) + 1,
        };
        let attributes = json!({"name": "D", "value": known.amount, "status": known.status,
            "probability": known.probability});
        let id = world.create("deals", attributes, &[]);
        let last = known.first + Days::new(u64::try_from(known.days - 1).unwrap());
        world.spread(&id, &known.first.to_string(), &last.to_string(), "100");
        deals.push((id, known));
    }
    for round in 0..rounds(400) {
        let at = dice.place(deals.len());
        let (id, known) = &mut deals[at];
        known.status = dice.pick(&STATUSES);
        change(&world, &format!("/deals/{id}"), json!({"status": known.status}));

        let asked = dice.pick(&[
            None,
            Some(("eq", "won")),
            Some(("eq", "lost")),
            Some(("not_eq", "open")),
            Some(("not_eq", "won")),
        ]);
        let admits = |status: &str| match asked {
            None => status != "lost",
            Some(("eq", word)) => status == word,
            Some((_, word)) => status != word,
        };
        let as_of = start + Days::new(dice.roll(60));
        let from = start + Days::new(dice.roll(40));
        let mut expected: BTreeMap<String, [i64; 3]> = BTreeMap::new();
        for (_, known) in deals.iter().filter(|(_, known)| admits(known.status)) {
            for (day, figures) in known.days(as_of).filter(|(day, _)| *day >= from) {
                let key = format!("{}.{}", day.format("%Y-%m"), known.status);
                let sums = expected.entry(key).or_default();
                sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
            }
        }
        let asked = asked.map(|(sign, word)| format!("&filter[status][{sign}]={word}"));
        let query = format!(
            "group=date:month,status&filter[date][gt_eq]={from}&filter[as_of]={as_of}{}",
            asked.unwrap_or_default()
        );
        let expected: Vec<(String, [i64; 3])> = expected.into_iter().collect();
        assert_eq!(rows(&report(&world, &query)), expected, "round {round}: {query}");
    }
}
