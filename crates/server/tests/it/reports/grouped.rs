//! Reports of recognised revenue over HTTP: their parameters, their rows, and that every way to
//! group the same revenue has the same total.

use std::collections::BTreeMap;

use apportion_testing::Place;
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::support::dice::Dice;
use crate::support::refusal::complaints;
use crate::support::world::World;
use apportion_testing::http::send;

apportion_testing::cases! {
    a_month_of_a_deal, groups, windows, mixed_currencies, sorts_and_pages, includes_and_fields,
    recognised_and_projected, refusals, nobody_sees_the_revenue_of_others,
    what_is_written_shows_at_once, groupings_of_a_random_book_agree, as_a_table, as_a_picture
}

const FIGURES: &[&str] = &["total_revenue", "total_recognized_revenue", "total_projected_revenue"];

fn report(world: &World, query: &str) -> Value {
    world.get(&format!("/reports/financial_item_reports?{query}")).expect(200).json()
}

/// Returns id and revenue of each row.
fn rows(document: &Value) -> Vec<(String, i64)> {
    let rows = document["data"].as_array().unwrap().iter();
    let revenue = |row: &Value| row["attributes"]["total_revenue_default"].as_i64().unwrap();
    rows.map(|row| (row["id"].as_str().unwrap().to_owned(), revenue(row))).collect()
}

#[track_caller]
fn check(world: &World, query: &str, expected: &[(&str, i64)]) {
    let found = rows(&report(world, query));
    let found: Vec<(&str, i64)> = found.iter().map(|(id, sum)| (id.as_str(), *sum)).collect();
    assert_eq!(found, expected, "{query}");
}

/// Starts a server with the worked example: 1000.00 over July 2025, and half of another deal over
/// its last two days.
fn world(place: &Place) -> World {
    let world = World::start(place);
    world.spread(&world.deal("first", 100_000), "2025-07-01", "2025-07-31", "100");
    world.spread(&world.deal("second", 100), "2025-07-31", "2025-08-01", "50");
    world
}

fn a_month_of_a_deal(place: &Place) {
    let world = world(place);
    let query = "group=date:month,deal&filter[date][lt]=2025-08-01&filter[as_of]=2025-07-10";
    let document = report(&world, query);
    let first = &document["data"][0];
    assert_eq!(first["id"], "2025-07.1");
    assert_eq!(first["type"], "financial_item_reports");
    let expected = json!({
        "group": {"date": "2025-07", "deal": "1"},
        "date_period": "2025-07", "count": 31, "currency": "EUR", "currency_default": "EUR",
        "total_revenue": 100_000, "total_recognized_revenue": 32_258,
        "total_projected_revenue": 100_000, "total_revenue_default": 100_000,
        "total_recognized_revenue_default": 32_258, "total_projected_revenue_default": 100_000,
    });
    assert_eq!(first["attributes"], expected);
    let deal = json!({"meta": {"included": false}, "data": {"type": "deals", "id": "1"}});
    assert_eq!(first["relationships"], json!({"deal": deal}));
    assert!(first.get("links").is_none());
    assert_eq!(document["meta"]["total_count"], 2);
    let totals = &document["meta"]["totals"];
    assert_eq!(totals.as_array().unwrap().len(), 1);
    assert_eq!((&totals[0]["currency"], &totals[0]["count"]), (&json!("EUR"), &json!(32)));
    assert_eq!(totals[0]["total_revenue"], 100_025);
}

fn groups(place: &Place) {
    let world = world(place);
    check(&world, "", &[("all", 100_050)]);
    check(&world, "group=", &[("all", 100_050)]);
    check(&world, "groupBy=deal", &[("1", 100_000), ("2", 50)]);
    check(&world, "group=date:month", &[("2025-07", 100_025), ("2025-08", 25)]);
    check(&world, "group=date:quarter", &[("2025-Q3", 100_050)]);
    check(&world, "group=date:year,currency", &[("2025.EUR", 100_050)]);
    check(&world, "group=creator,organization", &[("-.1", 100_050)]);
    check(&world, "group=revenue_distribution", &[("1", 100_000), ("2", 50)]);
    let week = "group=date:week&filter[date][gt_eq]=2025-07-28";
    check(&world, week, &[("2025-W31", 12_953)]);
    let days = "group=date:day&filter[date][gt]=2025-07-30";
    check(&world, days, &[("2025-07-31", 3_251), ("2025-08-01", 25)]);
}

fn windows(place: &Place) {
    let world = world(place);
    check(&world, "filter[date]=2025-07-31&group=deal", &[("1", 3_226), ("2", 25)]);
    check(&world, "filter[date][gt]=2025-08-01", &[]);
    check(&world, "filter[date][gt]=2025-08-01&filter[date][lt]=2025-07-01", &[]);
    check(
        &world,
        "filter[date][gt_eq]=1900-01-01&filter[date][lt_eq]=9999-12-31",
        &[("all", 100_050)],
    );
    check(&world, "filter[deal_id]=2", &[("all", 50)]);
    check(&world, "filter[deal_id][not_eq]=2", &[("all", 100_000)]);
    check(&world, "filter[creator_id]=", &[("all", 100_050)]);
    check(&world, "filter[creator_id]=1", &[]);
    check(&world, "filter[currency]=EUR,USD", &[("all", 100_050)]);
    check(&world, "filter[currency]=USD", &[]);
    check(&world, "filter[probability][gt_eq]=100", &[("all", 100_050)]);
    check(&world, "filter[probability][lt]=100", &[]);
    let either = "filter[$op]=or&filter[0][deal_id]=1&filter[1][probability][lt]=50";
    check(&world, either, &[("all", 100_000)]);
    assert_eq!(report(&world, "filter[currency]=USD")["meta"]["totals"], json!([]));
}

fn mixed_currencies(place: &Place) {
    let world = World::start(place);
    world.spread(&world.deal("euros", 1000), "2025-01-01", "2025-01-10", "100");
    let attributes =
        json!({"name": "dollars", "value": 2000, "currency": "USD", "exchange_rate": "0.5"});
    let dollars = world.create("deals", attributes, &[]);
    world.spread(&dollars, "2025-01-01", "2025-01-10", "100");
    let mixed = &report(&world, "")["data"][0]["attributes"];
    assert_eq!((&mixed["currency"], &mixed["total_revenue"]), (&Value::Null, &Value::Null));
    assert_eq!(mixed["total_revenue_default"], 2000);
    let document = report(&world, "group=currency");
    let figure = |row: usize, name: &str| document["data"][row]["attributes"][name].clone();
    assert_eq!((figure(0, "currency"), figure(0, "total_revenue")), (json!("EUR"), json!(1000)));
    assert_eq!((figure(1, "currency"), figure(1, "total_revenue")), (json!("USD"), json!(2000)));
    assert_eq!(figure(1, "total_revenue_default"), 1000);
    let totals = document["meta"]["totals"].as_array().unwrap();
    assert_eq!(totals.len(), 2);
    assert_eq!(totals[1]["total_revenue"], 2000);
}

fn sorts_and_pages(place: &Place) {
    let world = world(place);
    let days = "group=date:day,deal&filter[date][gt_eq]=2025-07-31";
    check(&world, days, &[("2025-07-31.1", 3_226), ("2025-07-31.2", 25), ("2025-08-01.2", 25)]);
    let by_revenue = format!("{days}&sort=total_revenue,-date");
    check(
        &world,
        &by_revenue,
        &[("2025-08-01.2", 25), ("2025-07-31.2", 25), ("2025-07-31.1", 3_226)],
    );
    let page = report(&world, &format!("{by_revenue}&page[size]=2&page[number]=2"));
    assert_eq!(rows(&page), [("2025-07-31.1".to_owned(), 3_226)]);
    assert_eq!(
        (&page["meta"]["total_pages"], &page["meta"]["total_count"]),
        (&json!(2), &json!(3))
    );
    // Totals cover all pages.
    assert_eq!(page["meta"]["totals"][0]["total_revenue"], 3_276);
    let link = page["links"]["prev"].as_str().unwrap().split_once("/api/v2").unwrap().1;
    assert_eq!(rows(&world.get(link).expect(200).json()).len(), 2);
    assert_eq!(rows(&report(&world, "page[number]=9")), []);
}

fn includes_and_fields(place: &Place) {
    let world = world(place);
    let document =
        report(&world, "group=deal&include=deal.organization&fields[deals]=name,organization");
    let included: Vec<&Value> =
        document["included"].as_array().unwrap().iter().map(|row| &row["type"]).collect();
    assert_eq!(included, ["deals", "deals", "organizations"]);
    let document = report(&world, "group=deal&fields[financial_item_reports]=count");
    assert_eq!(document["data"][0]["attributes"], json!({"count": 31}));
    assert_eq!(document["data"][0]["relationships"], json!({}));
}

fn recognised_and_projected(place: &Place) {
    let world = World::start(place);
    let deal = world.create("deals", json!({"name": "D", "value": 1000, "probability": 30}), &[]);
    world.spread(&deal, "2025-01-01", "2025-01-10", "100");
    let of = |as_of: &str| {
        let document = report(&world, &format!("filter[as_of]={as_of}"));
        let row = document["data"][0]["attributes"].clone();
        FIGURES.iter().map(|name| row[*name].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of("2024-12-31"), [1000, 0, 300]);
    assert_eq!(of("2025-01-04"), [1000, 400, 300]);
    assert_eq!(of("9999-12-31"), [1000, 1000, 300]);
    // Without a date the report is as of today, when all of the revenue is past.
    let document = report(&world, "");
    assert_eq!(document["data"][0]["attributes"]["total_recognized_revenue"], 1000);
}

fn refusals(place: &Place) {
    let world = world(place);
    let cases: &[(&str, &str)] = &[
        ("group=nothing", "400 group"),
        ("group=date", "400 group"),
        ("group=deal,deal", "400 group"),
        ("group=date:day,date:month", "400 group"),
        ("group=deal&groupBy=deal", "400 groupBy"),
        ("filter[date][gt]=01.07.2025", "400 filter[date][gt]"),
        ("filter[date][not_eq]=2025-07-01", "400 filter[date][not_eq]"),
        ("filter[date]=2025-07-01,2025-07-02", "400 filter[date]"),
        ("filter[as_of][gt]=2025-07-01", "400 filter[as_of][gt]"),
        ("filter[$op]=or&filter[0][date]=2025-07-01&filter[1][deal_id]=1", "400 filter[date]"),
        ("filter[name]=x", "400 filter[name]"),
        ("sort=deal", "400 sort"),
        ("sort=nothing", "400 sort"),
        ("include=deal", "400 include"),
        ("page[after]=", "400 page[after]"),
        ("page[size]=201", "400 page[size]"),
        ("fields[financial_item_reports]=x", "400 fields[financial_item_reports]"),
        ("nothing=1", "400 nothing"),
    ];
    for (query, expected) in cases {
        let answer = world.get(&format!("/reports/financial_item_reports?{query}"));
        assert_eq!(complaints(&answer), [*expected], "{query}");
    }
    let both = world.get("/reports/financial_item_reports?group=x&filter[y]=1");
    assert_eq!(complaints(&both).len(), 2);
    let path = "/reports/financial_item_reports";
    assert_eq!(
        world.post(path, &json!({})).expect(405).header("Allow"),
        Some("GET, HEAD, OPTIONS")
    );
    world.get("/reports/financial_item_reports/all").expect(404);
    world.get("/financial_item_reports").expect(404);
}

fn nobody_sees_the_revenue_of_others(place: &Place) {
    let world = world(place);
    let path = "/reports/financial_item_reports?group=deal";
    let other = world.request_as(&world.stranger, "GET", path, None).expect(200).json();
    assert_eq!((&other["data"], &other["meta"]["totals"]), (&json!([]), &json!([])));
    world.request_as("", "GET", path, None).expect(401);
    world.request_as(&world.reader, "GET", path, None).expect(200);
}

fn what_is_written_shows_at_once(place: &Place) {
    let world = world(place);
    let second = World::at(&place.url, |_| {});
    // The same organization is served by another server.
    let elsewhere = |query: &str| {
        let path = format!("/reports/financial_item_reports?{query}");
        rows(&second.request_as(&world.token, "GET", &path, None).expect(200).json())
    };
    let all = |sum: i64| vec![("all".to_owned(), sum)];
    assert_eq!((rows(&report(&world, "")), elsewhere("")), (all(100_050), all(100_050)));
    world.patch("/deals/2", &json!({"data": {"attributes": {"value": 300}}})).expect(200);
    assert_eq!((rows(&report(&world, "")), elsewhere("")), (all(100_150), all(100_150)));
    world.delete("/revenue_distributions/1").expect(204);
    assert_eq!((elsewhere(""), rows(&report(&world, ""))), (all(150), all(150)));
    world.delete("/deals/1").expect(204);
    let deal = world.deal("third", 7);
    let made = world.spread(&deal, "2025-01-01", "2025-01-02", "100");
    assert_eq!((elsewhere(""), rows(&report(&world, ""))), (all(157), all(157)));
    let link = json!({"data": {"type": "deals", "id": "2"}});
    world.patch(&format!("/revenue_distributions/{made}/relationships/deal"), &link).expect(200);
    assert_eq!((elsewhere(""), rows(&report(&world, ""))), (all(450), all(450)));
    world.patch("/deals/2", &json!({"data": {"attributes": {"probability": 50}}})).expect(200);
    let projected =
        |document: &Value| document["meta"]["totals"][0]["total_projected_revenue"].clone();
    assert_eq!(projected(&report(&world, "")), 225);
}

const PATH: &str = "/api/v2/reports/financial_item_reports";

/// Returns media type and body of a report in another format than JSON:API.
fn shown(world: &World, query: &str, accept: &str) -> (String, String) {
    let headers = [("X-Auth-Token", world.token.as_str()), ("Accept", accept)];
    let answer = send(world.address(), "GET", &format!("{PATH}?{query}"), &headers, b"");
    let media = answer.header("Content-Type").unwrap().to_owned();
    (media, String::from_utf8(answer.expect(200).body).unwrap())
}

fn as_a_table(place: &Place) {
    let world = world(place);
    let attributes = json!({"name": "yen", "value": 5, "currency": "JPY", "exchange_rate": "0.01"});
    let yen = world.create("deals", attributes, &[]);
    world.spread(&yen, "2025-08-01", "2025-08-01", "100");
    let query = "group=date:month,currency&filter[as_of]=2025-07-10&page[size]=1";
    let (media, table) = shown(&world, &format!("{query}&format=csv"), "*/*");
    assert_eq!(media, "text/csv; charset=utf-8");
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert!(lines[0].starts_with("date,currency,count,currency_default,"), "{table}");
    assert!(lines[1].contains(",1000.25,"), "{table}");
    // Yen have no decimals, and a table has all rows, whatever the page.
    assert!(lines[3].contains("JPY") && lines[3].contains(",5,"), "{table}");
    assert_eq!(lines.len(), 5, "{table}");
    assert_eq!(shown(&world, query, "text/csv").1, table);
    let (media, _) = shown(&world, query, "application/vnd.api+json, text/csv");
    assert_eq!(media, "application/vnd.api+json");
    for (form, faults) in [
        ("format=pdf", &["400 format"][..]),
        ("format=csv&locale=fr", &["400 locale"]),
        ("format=csv&separator=%09", &["400 separator"]),
        ("format=csv&locale=en&separator=;", &["400 separator"]),
        ("format=csv&locale=de&locale=de", &["400 locale"]),
        ("locale=de", &["400 locale"]),
        ("format=svg&separator=;", &["400 separator"]),
        ("format=csv&locale=x&sort=x", &["400 sort", "400 locale"]),
    ] {
        let bad = world.get(&format!("/reports/financial_item_reports?{query}&{form}"));
        assert_eq!(complaints(&bad), *faults, "{form}");
    }
    let (_, german) = shown(&world, "group=deal&format=csv&locale=de", "*/*");
    assert!(german.starts_with("\u{feff}deal;deal_name;count;"), "{german}");
    assert!(german.contains("\r\n1;first;") && german.contains(";1000,00;"), "{german}");
    for same in ["separator=;", "separator=%3B", "locale=de&separator=;"] {
        assert_eq!(shown(&world, &format!("group=deal&format=csv&{same}"), "*/*").1, german);
    }
    for plain in ["locale=en", "separator=,"] {
        assert_eq!(shown(&world, &format!("{query}&format=csv&{plain}"), "*/*").1, table);
    }
    let headers = [("X-Auth-Token", world.token.as_str()), ("Accept", "text/html")];
    send(world.address(), "GET", PATH, &headers, b"").expect(406);
}

fn as_a_picture(place: &Place) {
    let world = world(place);
    let (media, picture) = shown(&world, "group=date:week,deal", "image/svg+xml");
    assert_eq!(media, "image/svg+xml");
    assert!(picture.starts_with("<svg") || picture.starts_with("<?xml"), "{picture}");
    let legend = [">first</text>", ">second</text>"];
    for word in
        ["Revenue by week and deal", "EUR", "prefers-color-scheme: dark"].iter().chain(&legend)
    {
        assert!(picture.contains(word), "{word}");
    }
    assert!(!picture.contains("<script"));
    // Two deals of the same name are distinguished by their ids.
    world.spread(&world.deal("first", 100), "2025-07-31", "2025-07-31", "50");
    let (_, twins) = shown(&world, "group=date:week,deal", "image/svg+xml");
    for label in [">1 first</text>", ">second</text>", ">3 first</text>"] {
        assert!(twins.contains(label), "{label}");
    }
    let (_, empty) = shown(&world, "group=date:month&filter[currency]=USD&format=svg", "*/*");
    assert!(empty.contains("</svg>"));
}

/// Computes the part of a total that is recognised by the end of day `k` of `days`, rounded half
/// away from zero.
fn recognised(total: i64, k: i64, days: i64) -> i64 {
    let (product, days) = (i128::from(total) * i128::from(k), i128::from(days));
    let rounded = (product.abs() * 2 + days) / (days * 2);
    i64::try_from(rounded * product.signum()).unwrap()
}

fn groupings_of_a_random_book_agree(place: &Place) {
    let world = World::start(place);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let start: NaiveDate = "2024-11-15".parse().unwrap();
    let (from, until): (NaiveDate, NaiveDate) =
        ("2024-12-10".parse().unwrap(), "2025-02-03".parse().unwrap());
    // The expected revenue is worked out day by day, by the rule of the handbook.
    let (mut by_month, mut by_deal) = (BTreeMap::new(), BTreeMap::new());
    let (mut total, mut count) = (0, 0);
    for _ in 0..8 {
        let value = dice.amount(2_000_000) - 500_000;
        let deal = world.deal("D", value);
        for _ in 0..5 {
            let first = start + Days::new(dice.roll(80));
            let days = dice.amount(90) + 1;
            let last = first + Days::new(u64::try_from(days - 1).unwrap());
            let percent = dice.roll(150) + 1;
            world.spread(&deal, &first.to_string(), &last.to_string(), &percent.to_string());
            let amount = recognised(value, i64::try_from(percent).unwrap(), 100);
            for (at, day) in (0..days).zip(first.iter_days()) {
                let slice = recognised(amount, at + 1, days) - recognised(amount, at, days);
                if (from..=until).contains(&day) {
                    *by_month.entry(day.format("%Y-%m").to_string()).or_insert(0) += slice;
                    *by_deal.entry(deal.parse::<i64>().unwrap()).or_insert(0) += slice;
                    (total, count) = (total + slice, count + 1);
                }
            }
        }
    }
    let window = format!("filter[date][gt_eq]={from}&filter[date][lt_eq]={until}&page[size]=200");
    let expected: Vec<(String, i64)> = by_month.into_iter().collect();
    assert_eq!(rows(&report(&world, &format!("group=date:month&{window}"))), expected);
    let expected: Vec<(String, i64)> =
        by_deal.into_iter().map(|(deal, sum)| (deal.to_string(), sum)).collect();
    assert_eq!(rows(&report(&world, &format!("group=deal&{window}"))), expected);
    let groups =
        ["", "date:day", "date:week", "date:quarter,deal", "creator", "currency,date:year"];
    for group in groups {
        let document = report(&world, &format!("group={group}&{window}"));
        let totals = &document["meta"]["totals"][0];
        assert_eq!((&totals["total_revenue"], &totals["count"]), (&json!(total), &json!(count)));
        if document["meta"]["total_pages"] == 1 {
            assert_eq!(rows(&document).iter().map(|(_, sum)| sum).sum::<i64>(), total, "{group}");
        }
    }
}
