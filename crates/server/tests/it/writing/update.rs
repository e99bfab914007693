//! PATCH: what it leaves, what it clears, and the effects of a deal's change on its distributions.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, refused, send_body};
use crate::support::resources::{attribute, attributes, change, person, shows, sums};
use crate::support::world::{World, document};

apportion_testing::cases! {
    unnamed_members_stay, nullable_members_are_cleared, people_change, empty_changes_are_accepted,
    changes_are_dated, identity_is_checked_first, a_missing_row_is_missing_whatever_is_sent,
    distributions_follow_the_value, distributions_follow_currency_and_rate,
    a_rate_goes_with_its_currency, distributions_move_between_deals, sums_follow_every_change,
    collections_are_not_changed
}

fn unnamed_members_stay(place: &Place) {
    let world = World::start(place);
    let deal = json!({
        "name": "D", "currency": "USD", "exchange_rate": "0.92", "exchange_date": "2025-01-01",
        "value": 100, "probability": 50, "status": "open", "date": "2025-01-01",
        "end_date": "2025-12-31",
    });
    world.create("deals", deal.clone(), &[]);
    let mut expected = deal;
    let new = json!({
        "name": "E", "exchange_rate": "0.5", "exchange_date": null, "value": -7,
        "probability": 0, "status": "lost", "date": "2024-01-01", "end_date": "2026-12-31",
    });
    for (name, value) in new.as_object().unwrap() {
        expected[name] = value.clone();
        shows(&change(&world, "/deals/1", json!({name: value})), &expected);
        shows(&attributes(&world, "/deals/1"), &expected);
    }
}

fn nullable_members_are_cleared(place: &Place) {
    let world = World::start(place);
    let deal = json!({"name": "D", "exchange_date": "2025-01-01", "date": "2025-01-01",
        "end_date": "2025-12-31"});
    world.create("deals", deal, &[]);
    for name in ["exchange_date", "date", "end_date"] {
        assert_eq!(change(&world, "/deals/1", json!({name: null}))[name], json!(null));
    }
    let person = json!({"first_name": "A", "last_name": "B", "email": "a@example.org"});
    world.create("people", person, &[]);
    assert_eq!(change(&world, "/people/1", json!({"email": null}))["email"], json!(null));
}

fn people_change(place: &Place) {
    let world = World::start(place);
    person(&world);
    let new = json!({"first_name": "Grace", "email": "grace@example.org"});
    let shown = change(&world, "/people/1", new);
    let expected =
        json!({"first_name": "Grace", "last_name": "Lovelace", "email": "grace@example.org"});
    shows(&shown, &expected);
    shows(&attributes(&world, "/people/1"), &expected);
}

fn empty_changes_are_accepted(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let check = |body: &str| {
        let answer = send_body(&world, "PATCH", "/deals/1", body).expect(200).json();
        assert_eq!(answer["data"]["attributes"]["name"], "D", "{body}");
    };
    check(r#"{"data": {"type": "deals", "id": "1"}}"#);
    // Absent ones are taken from the address.
    check(r#"{"data": {}}"#);
    check(r#"{"data": {"attributes": {}, "relationships": {}}}"#);
    check(r#"{"data": {"id": "1", "attributes": {"@name": "E"}}}"#);
}

fn changes_are_dated(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    let made = attributes(&world, "/deals/1");
    // Several changes may fall into one millisecond.
    let later = (0..1000).find(|_| {
        let shown = change(&world, "/deals/1", json!({"name": "E"}));
        assert_eq!(shown["created_at"], made["created_at"]);
        shown["updated_at"].as_str() > made["updated_at"].as_str()
    });
    assert!(later.is_some());
}

fn identity_is_checked_first(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1);
    world.deal("E", 1);
    let patch = |data: &str, status: u16, expected: &str| {
        let body = format!(r#"{{"data": {{{data}, "attributes": {{"name": 1, "x": 1}}}}}}"#);
        refused(&world, ("PATCH", "/deals/1"), body, status, &[expected]);
    };
    patch(r#""type": "deals", "id": "2""#, 409, "409 /data/id");
    patch(r#""type": "deals", "id": "x""#, 409, "409 /data/id");
    patch(r#""type": "deals", "id": "01""#, 409, "409 /data/id");
    patch(r#""type": "people", "id": "1""#, 409, "409 /data/type");
    patch(r#""type": "Deals", "id": "1""#, 409, "409 /data/type");
    patch(r#""type": "deals", "id": 1"#, 400, "400 /data/id");
    patch(r#""type": "deals", "id": null"#, 400, "400 /data/id");
    patch(r#""type": null, "id": "1""#, 400, "400 /data/type");
}

fn a_missing_row_is_missing_whatever_is_sent(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 1);
    let answer_to = |token: &str, path: &str, body: &str| {
        let headers = [("X-Auth-Token", token), ("Content-Type", crate::support::world::JSON_API)];
        let target = format!("/api/v2{path}");
        let answer = apportion_testing::http::send(
            world.address(),
            "PATCH",
            &target,
            &headers,
            body.as_bytes(),
        );
        assert_eq!(complaints(&answer.clone().expect(404)), ["404"], "{path} {body}");
        let mut document = answer.json();
        document["errors"][0]["id"] = json!(null);
        document
    };
    for body in ["{", "[]", r#"{"data": {"id": "7"}}"#, r#"{"data": {"attributes": {"x": 1}}}"#] {
        let missing = answer_to(&world.token, "/deals/999", body);
        // A row of another organization is answered the same, to the letter.
        assert_eq!(answer_to(&world.stranger, &format!("/deals/{deal}"), body), missing);
        assert_eq!(answer_to(&world.stranger, &format!("/deals/{deal}?x=1"), body), missing);
    }
    for path in ["/deals/0", "/deals/01", "/deals/-1", "/deals/x", "/deals/9223372036854775808"] {
        answer_to(&world.token, path, "{}");
    }
}

fn distributions_follow_the_value(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1_000);
    world.spread("1", "2025-01-01", "2025-01-31", "33.33");
    world.spread("1", "2025-02-01", "2025-02-28", "150");
    let check = |value: i64, amounts: [i64; 2]| {
        change(&world, "/deals/1", json!({"value": value}));
        let sum: i64 = amounts.iter().sum();
        assert_eq!(sums(&world, "1"), ("183.33".to_owned(), sum, value - sum));
        for (id, amount) in (1..).zip(amounts) {
            let shown = attributes(&world, &format!("/revenue_distributions/{id}"));
            let expected =
                json!({"amount": amount, "amount_default": amount, "amount_normalized": amount});
            shows(&shown, &expected);
        }
    };
    check(1_000, [333, 1_500]);
    check(-1_000, [-333, -1_500]);
    check(0, [0, 0]);
    // 0.3333 is rounded to 0, and 1.5 away from it.
    check(1, [0, 2]);
    check(-1, [0, -2]);
    check(i64::MAX / 2, [1_537_074_949_941_848_388, 6_917_529_027_641_081_855]);
}

fn distributions_follow_currency_and_rate(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1_000);
    world.spread("1", "2025-01-01", "2025-01-31", "50");
    let check = |deal: Value, amounts: (i64, i64, i64), currency: &str| {
        let shown = change(&world, "/deals/1", deal);
        assert_eq!(shown["value_default"], amounts.0);
        let spread = attributes(&world, "/revenue_distributions/1");
        let expected = json!({
            "amount": amounts.1, "amount_normalized": amounts.1, "amount_default": amounts.2,
            "currency": currency, "currency_normalized": currency, "currency_default": "EUR",
        });
        shows(&spread, &expected);
    };
    check(json!({"currency": "USD", "exchange_rate": "0.9"}), (900, 500, 450), "USD");
    check(json!({"exchange_rate": "2"}), (2_000, 500, 1_000), "USD");
    check(json!({"currency": "JPY"}), (200_000, 500, 100_000), "JPY");
    check(json!({"currency": "KWD", "exchange_rate": 3}), (300, 500, 150), "KWD");
    check(json!({"currency": "EUR"}), (1_000, 500, 500), "EUR");
}

fn a_rate_goes_with_its_currency(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1_000);
    let patch = |deal: Value, rate: Value| {
        let shown = change(&world, "/deals/1", deal.clone());
        assert_eq!(shown["exchange_rate"], rate, "{deal}");
    };
    let refuses = |deal: Value| {
        let body = document("deals", deal, &[]).to_string();
        let fault = "422 /data/attributes/exchange_rate";
        refused(&world, ("PATCH", "/deals/1"), body, 422, &[fault]);
    };
    refuses(json!({"currency": "USD"}));
    refuses(json!({"currency": "USD", "exchange_rate": null}));
    refuses(json!({"exchange_rate": "0.9"}));
    patch(json!({"currency": "USD", "exchange_rate": "0.9"}), json!("0.9"));
    refuses(json!({"exchange_rate": null}));
    refuses(json!({"currency": "EUR", "exchange_rate": "0.9"}));
    // Once the deal is in the organization's currency again, a rate that is not named is removed.
    patch(json!({"currency": "EUR"}), json!(null));
    patch(json!({"currency": "USD", "exchange_rate": 1}), json!("1.0"));
    patch(json!({"currency": "EUR", "exchange_rate": "1.0"}), json!(null));
    patch(json!({"currency": "USD", "exchange_rate": "0.5"}), json!("0.5"));
    patch(json!({"currency": "GBP"}), json!("0.5"));
    patch(json!({"currency": "EUR", "exchange_rate": null}), json!(null));
}

fn distributions_move_between_deals(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1_000);
    let foreign = json!({"name": "E", "value": 200, "currency": "USD", "exchange_rate": "0.5"});
    world.create("deals", foreign, &[]);
    world.spread("1", "2025-01-01", "2025-01-31", "50");
    world.spread("1", "2025-01-01", "2025-01-31", "10");
    assert_eq!(sums(&world, "1"), ("60.0".to_owned(), 600, 400));
    let path = "/revenue_distributions/1";
    let attributes = json!({"amount_percent": "25"});
    let body = document("revenue_distributions", attributes, &[("deal", "deals", "2")]);
    let moved = world.patch(path, &body).expect(200).json();
    let expected = json!({"amount": 50, "amount_default": 25, "currency": "USD",
        "start_on": "2025-01-01", "amount_percent": "25.0"});
    shows(&moved["data"]["attributes"], &expected);
    assert_eq!(sums(&world, "1"), ("10.0".to_owned(), 100, 900));
    assert_eq!(sums(&world, "2"), ("25.0".to_owned(), 50, 150));
    let back = document("revenue_distributions", json!({"deal_id": 1}), &[]);
    world.patch(path, &back).expect(200);
    assert_eq!(sums(&world, "1"), ("35.0".to_owned(), 350, 650));
    assert_eq!(sums(&world, "2"), ("0.0".to_owned(), 0, 200));
}

fn sums_follow_every_change(place: &Place) {
    let world = World::start(place);
    world.deal("D", 1_000);
    let check = |percent: &str, amount: i64, left: i64| {
        assert_eq!(sums(&world, "1"), (percent.to_owned(), amount, left));
    };
    check("0.0", 0, 1_000);
    world.spread("1", "2025-01-01", "2025-01-01", "33.3333333333");
    check("33.3333333333", 333, 667);
    world.spread("1", "2025-01-01", "2025-01-01", "66.6666666667");
    check("100.0", 1_000, 0);
    world.spread("1", "2025-01-01", "2025-01-01", "0.04");
    check("100.04", 1_000, 0);
    change(&world, "/revenue_distributions/3", json!({"amount_percent": "50"}));
    check("150.0", 1_500, -500);
    change(&world, "/revenue_distributions/3", json!({"end_on": "2025-12-31"}));
    check("150.0", 1_500, -500);
    change(&world, "/deals/1", json!({"name": "E"}));
    check("150.0", 1_500, -500);
    world.delete("/revenue_distributions/2").expect(204);
    check("83.3333333333", 833, 167);
    world.delete("/revenue_distributions/1").expect(204);
    world.delete("/revenue_distributions/3").expect(204);
    check("0.0", 0, 1_000);
    assert_eq!(attribute(&world, "/deals/1", "value"), 1_000);
}

fn collections_are_not_changed(place: &Place) {
    let world = World::start(place);
    world.spread(&world.deal("D", 1), "2025-01-01", "2025-01-01", "1");
    for path in ["/revenue_distributions", "/revenue_distributions/", "/deals", "/people/"] {
        refused(&world, ("PATCH", path), r#"{"data": {}}"#, 405, &["405"]);
        let answer = send_body(&world, "PATCH", path, r#"{"data": {}}"#);
        assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS, POST"));
    }
}
