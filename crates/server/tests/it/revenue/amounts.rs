//! Amounts that can be checked by hand: rounded half away from zero, once, and refused if they do
//! not fit.

use apportion_core::organization::OrganizationDraft;
use apportion_server::admin::{self, TokenDraft};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::shows;
use crate::support::world::{World, document};

apportion_testing::cases! {
    percent_is_rounded_half_away, days_are_floor_or_ceiling, the_total_is_exchanged_once,
    amounts_that_do_not_fit_are_refused
}

fn percent_is_rounded_half_away(place: &Place) {
    let world = World::start(place);
    let check = |value: i64, percent: &str, amount: i64| {
        let deal = world.deal("D", value);
        let spread = world.spread(&deal, "2025-01-01", "2025-01-01", percent);
        let shown = world.get(&format!("/revenue_distributions/{spread}")).json();
        shows(&shown["data"]["attributes"], &json!({"amount": amount, "amount_default": amount}));
    };
    check(1_000, "33.33", 333);
    check(1, "50", 1);
    check(-1, "50", -1);
    check(3, "50", 2);
    check(-3, "50", -2);
    check(1, "49.9999999999", 0);
    check(-1, "49.9999999999", 0);
    check(100_000, "12.5", 12_500);
    check(5, "250", 13);
    check(i64::MAX, "100", i64::MAX);
    check(i64::MIN, "100", i64::MIN);
    check(i64::MAX, "0.0000000001", 9_223_372);
    check(1_000_000_000_000, "99999999", 999_999_990_000_000_000);
}

fn days_are_floor_or_ceiling(place: &Place) {
    let world = World::start(place);
    let check = |value: i64, (start, end): (&str, &str), days: i64, least: i64, most: i64| {
        let deal = world.deal("D", value);
        let spread = world.spread(&deal, start, end, "100");
        let fields = "fields[revenue_distributions]=day_count,daily_amount_min,daily_amount_max";
        let shown = world.get(&format!("/revenue_distributions/{spread}?{fields}")).json();
        let expected =
            json!({"day_count": days, "daily_amount_min": least, "daily_amount_max": most});
        assert_eq!(shown["data"]["attributes"], expected);
    };
    check(100_000, ("2025-07-01", "2025-07-31"), 31, 3_225, 3_226);
    check(1, ("2025-07-01", "2025-07-03"), 3, 0, 1);
    check(-7, ("2025-07-01", "2025-07-02"), 2, -4, -3);
    check(0, ("2025-07-01", "2025-07-02"), 2, 0, 0);
    check(10, ("2024-02-28", "2024-03-01"), 3, 3, 4);
    check(10, ("2025-02-28", "2025-03-01"), 2, 5, 5);
    check(7, ("2025-07-01", "2025-07-01"), 1, 7, 7);
    check(36_525, ("2025-01-02", "2125-01-02"), 36_525, 1, 1);
}

/// Makes an organization of that currency and returns a token of it.
fn tenant(world: &World, currency: &str) -> String {
    let draft = OrganizationDraft {
        name: currency.to_owned(),
        currency: currency.to_owned(),
        time_zone: "UTC".to_owned(),
    };
    let organization = admin::create_organization(&world.database, &draft).unwrap();
    let draft = TokenDraft { organization, person: None, scope: "write", label: None };
    admin::create_token(&world.database, draft).unwrap().reveal().to_owned()
}

fn the_total_is_exchanged_once(place: &Place) {
    let world = World::start(place);
    let check = |(home, away): (&str, &str), rate: &str, value: i64, expected: Value| {
        let token = tenant(&world, home);
        let make = |path: &str, body: Value| {
            world.request_as(&token, "POST", path, Some(&body)).expect(201).json()["data"].clone()
        };
        let deal = json!({"name": "D", "currency": away, "exchange_rate": rate, "value": value});
        let deal = make("/deals", document("deals", deal, &[]));
        let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-10",
            "amount_percent": "100", "deal_id": deal["id"]});
        let fields = "amount,amount_default,daily_amount_min,daily_amount_max";
        let path = format!("/revenue_distributions?fields[revenue_distributions]={fields}");
        let spread = make(&path, document("revenue_distributions", days, &[]));
        shows(&spread["attributes"], &expected);
        assert_eq!(deal["attributes"]["value_default"], expected["amount_default"]);
    };
    // 100.00 EUR over ten days are 108.33 USD, not ten times 10.83.
    check(
        ("USD", "EUR"),
        "1.0833",
        10_000,
        json!({"amount": 10_000, "amount_default": 10_833,
        "daily_amount_min": 1_000, "daily_amount_max": 1_000}),
    );
    check(("USD", "EUR"), "1.083349999999", 10_000, json!({"amount_default": 10_833}));
    check(("USD", "EUR"), "1.08335", 10_000, json!({"amount_default": 10_834}));
    check(("USD", "EUR"), "1.08335", -10_000, json!({"amount_default": -10_834}));
    check(("EUR", "JPY"), "0.0061", 1_000, json!({"amount_default": 610}));
    check(("JPY", "EUR"), "163.5", 100, json!({"amount_default": 164}));
    check(("JPY", "EUR"), "163.49", 100, json!({"amount_default": 163}));
    check(("KWD", "EUR"), "0.33", 100, json!({"amount_default": 330}));
    check(("CLF", "JPY"), "0.00017", 1_000, json!({"amount_default": 1_700}));
    check(("JPY", "CLF"), "5882", 10_000, json!({"amount_default": 5_882}));
    check(
        ("EUR", "USD"),
        "999999.999999999999",
        9_000_000_000_000,
        json!({"amount_default": 9_000_000_000_000_000_000_i64 - 9}),
    );
}

fn amounts_that_do_not_fit_are_refused(place: &Place) {
    let world = World::start(place);
    let value = i64::MAX;
    world.deal("D", value);
    let spread = |percent: &str, deal: &str| {
        let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01",
            "amount_percent": percent, "deal_id": deal});
        document("revenue_distributions", days, &[]).to_string()
    };
    let (post, percent) =
        (("POST", "/revenue_distributions"), ["422 /data/attributes/amount_percent"]);
    refused(&world, post, spread("100.0000000001", "1"), 422, &percent);
    world.spread("1", "2025-01-01", "2025-01-01", "60");
    // The sum of both percentages does not fit.
    refused(&world, post, spread("60", "1"), 422, &percent);
    world.spread("1", "2025-01-01", "2025-01-01", "40");
    refused(&world, ("PATCH", "/revenue_distributions/2"), spread("41", "1"), 422, &percent);
    // A distribution moves from a deal where it fits to one where it does not.
    world.deal("E", 1);
    world.spread("2", "2025-01-01", "2025-01-01", "100");
    refused(&world, ("PATCH", "/revenue_distributions/3"), spread("100", "1"), 422, &percent);
    let deal = |attributes: Value| document("deals", attributes, &[]).to_string();
    let fault = ["422 /data/attributes/value"];
    let dear = json!({"name": "F", "currency": "USD", "exchange_rate": "1.1", "value": value});
    refused(&world, ("POST", "/deals"), deal(dear), 422, &fault);
    let dear = json!({"currency": "USD", "exchange_rate": "1.1"});
    refused(&world, ("PATCH", "/deals/1"), deal(dear), 422, &fault);
    let small = json!({"name": "G", "value": 1_000});
    world.create("deals", small, &[]);
    world.spread("3", "2025-01-01", "2025-01-01", "99999999");
    refused(&world, ("PATCH", "/deals/3"), deal(json!({"value": value})), 422, &fault);
    let dear = json!({"value": 9_000_000_000_000_i64, "currency": "JPY", "exchange_rate": "2"});
    refused(&world, ("PATCH", "/deals/3"), deal(dear), 422, &fault);
}
