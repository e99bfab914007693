//! Pools that are a part of the revenue recognised on the days of their period, as the
//! distributor's time zone counts days.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::resources::{change, shows};
use crate::support::rows::payouts::YEARLY;
use crate::support::rows::programme::Programme;

apportion_testing::cases! {
    days_are_those_of_the_zone, a_day_counts_once, named_deals_only, another_currency,
    later_changes_leave_paid_periods, credit_notes_are_carried, revenue_past_64_bits_fails,
    revenue_that_cannot_be_counted_is_named
}

/// Returns the attributes of a distributor that shares a tenth of the revenue every day at midnight
/// in that time zone, unless `more` says otherwise.
fn sharing(zone: &str, more: Value) -> Value {
    let mut attributes = json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "10", "time_zone": zone,
        "schedule": ["FREQ=DAILY;BYHOUR=0;BYMINUTE=0;BYSECOND=0"],
    });
    attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    attributes
}

/// Makes a deal that recognises 10.00 EUR on each day of July 2025.
fn july(programme: &Programme) -> String {
    let world = &programme.world;
    let deal = world.deal("July", 31_000);
    world.spread(&deal, "2025-07-01", "2025-07-31", "100");
    deal
}

/// Returns `from` and `until` of the revenue that a distribution shares, that revenue, and the
/// pool.
#[track_caller]
fn basis(programme: &Programme, distribution: &str) -> (String, i64, i64) {
    let explanation = programme.explanation(distribution);
    let text = |name: &str| explanation["basis"][name].as_str().unwrap().to_owned();
    let days = format!("{} {}", text("from"), text("until"));
    (
        days,
        explanation["basis"]["recognized"].as_i64().unwrap(),
        explanation["pool"].as_i64().unwrap(),
    )
}

/// A period of one day begins at midnight in the time zone, or a second before it.
fn days_are_those_of_the_zone(place: &Place) {
    let cases = [
        ("UTC", "2025-06-30T23:59:59Z", "2025-06-30 2025-07-01", 0),
        ("UTC", "2025-07-01T00:00:00Z", "2025-07-01 2025-07-02", 1_000),
        ("Pacific/Auckland", "2025-06-30T11:59:59Z", "2025-06-30 2025-07-01", 0),
        ("Pacific/Auckland", "2025-06-30T12:00:00Z", "2025-07-01 2025-07-02", 1_000),
        ("America/Los_Angeles", "2025-07-01T06:59:59Z", "2025-06-30 2025-07-01", 0),
        ("America/Los_Angeles", "2025-07-01T07:00:00Z", "2025-07-01 2025-07-02", 1_000),
        ("America/Los_Angeles", "2025-08-01T06:59:59Z", "2025-07-31 2025-08-01", 1_000),
        ("America/Los_Angeles", "2025-08-01T07:00:00Z", "2025-08-01 2025-08-02", 0),
    ];
    let first = Programme::start(place, json!({}));
    july(&first);
    for (zone, opened, days, recognized) in cases {
        let programme = first.also(sharing(zone, json!({"schedule": ["+1 day"]})));
        programme.begin_at(opened);
        programme.tick_when_due();
        let done = &programme.executed()[0].0;
        let expected = (days.to_owned(), recognized, recognized / 10);
        assert_eq!(basis(&programme, done), expected, "{zone} {opened}");
        programme.world.delete(&programme.path()).expect(204);
    }
}

/// Over all periods each day of the deal is shared once, whatever the hour of the trigger, also
/// where several periods are executed as one.
fn a_day_counts_once(place: &Place) {
    let first = Programme::start(place, json!({}));
    july(&first);
    for (zone, hour) in [("UTC", 0), ("Asia/Tokyo", 23), ("America/New_York", 1)] {
        let rule = format!("FREQ=DAILY;INTERVAL=5;BYHOUR={hour};BYMINUTE=30;BYSECOND=0");
        let programme = first.also(sharing(zone, json!({"schedule": [rule]})));
        programme.begin_at("2025-06-28T18:00:00Z");
        while programme.due().as_str() < "2025-07-12" {
            programme.tick(&programme.due());
        }
        // This trigger is late. The period that it opens still begins where the last one ended.
        programme.tick("2025-07-29T12:00:00Z");
        programme.tick("2025-08-09T12:00:00Z");
        programme.tick("2025-08-20T12:00:00Z");
        let (mut sum, mut end) = (0, None);
        for (id, _) in programme.executed() {
            let (days, recognized, _) = basis(&programme, &id);
            let (from, until) = days.split_once(' ').unwrap();
            assert_eq!(end.get_or_insert_with(|| from.to_owned()), from, "{zone}");
            end = Some(until.to_owned());
            sum += recognized;
        }
        assert_eq!(sum, 31_000, "{zone}");
        programme.world.delete(&programme.path()).expect(204);
    }
}

fn named_deals_only(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({})));
    let (world, path) = (&programme.world, programme.path());
    let deal = july(&programme);
    july(&programme);
    programme.begin_at("2025-07-01T00:00:00Z");
    programme.tick("2025-07-02T00:00:00Z");
    assert_eq!(basis(&programme, "2").1, 2_000);
    let named = json!({"data": [{"type": "deals", "id": deal}]});
    programme.amid_period(|| {
        world.patch(&format!("{path}/relationships/deals"), &named).expect(200);
    });
    programme.tick("2025-07-03T00:00:00Z");
    assert_eq!(basis(&programme, "3").1, 1_000);
}

/// A pool in the organization's currency counts every deal, converted; one in another currency
/// counts the deals of that currency.
fn another_currency(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({})));
    let world = &programme.world;
    july(&programme);
    let dollars = json!({
        "name": "Dollars", "value": 31_000, "currency": "USD", "exchange_rate": "0.5",
        "exchange_date": "2025-07-01",
    });
    let dollars = world.create("deals", dollars, &[]);
    world.spread(&dollars, "2025-07-01", "2025-07-31", "100");
    programme.begin_at("2025-07-01T00:00:00Z");
    programme.tick("2025-07-02T00:00:00Z");
    assert_eq!(basis(&programme, "2").1, 1_500);
    let other = programme.also(sharing("UTC", json!({"units": "USD"})));
    other.begin_at("2025-07-01T00:00:00Z");
    other.tick_when_due();
    assert_eq!(basis(&other, &other.executed()[0].0).1, 1_000);
}

/// A pool that is 0 because its deals are in another currency says so, with the amounts.
fn revenue_that_cannot_be_counted_is_named(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({"units": "USD"})));
    let world = &programme.world;
    let deal = july(&programme);
    let more = |currency: &str, status: &str| {
        let attributes = json!({"name": currency, "value": 310, "currency": currency,
            "exchange_rate": "0.5", "status": status});
        let deal = world.create("deals", attributes, &[]);
        world.spread(&deal, "2025-07-01", "2025-07-31", "100");
        deal
    };
    more("JPY", "won");
    more("GBP", "open");
    let dollars = more("USD", "won");
    programme.begin_at("2025-07-01T00:00:00Z");
    programme.credit(&[("1", 1)]);
    let left_out = |programme: &Programme| {
        let path = format!("{}/preview?filter[at]={}", programme.path(), programme.due());
        let shown = world.get(&path).expect(200).json()["data"]["attributes"].clone();
        let reasons = shown["reasons"].as_array().unwrap().iter();
        let about_all = reasons.filter(|reason| reason["collaborator_id"].is_null());
        let told: Vec<String> =
            about_all.map(|reason| reason["reason"].as_str().unwrap().to_owned()).collect();
        (shown["explanation"].clone(), told)
    };
    let (explanation, told) = left_out(&programme);
    let [euros, yen] = [
        "Revenue of 10.00 EUR is not counted, as EUR is not converted to USD.",
        "Revenue of 10 JPY is not counted, as JPY is not converted to USD.",
    ];
    assert_eq!(told, [euros, yen]);
    let amounts = json!([{"currency": "EUR", "amount": 1_000}, {"currency": "JPY", "amount": 10}]);
    assert_eq!(explanation["basis"]["uncounted"], amounts);
    assert_eq!(explanation["basis"]["recognized"], 10);
    let sentence = explanation["sentence"].as_str().unwrap();
    assert!(sentence.ends_with(&format!(". {euros} {yen}")), "{sentence}");
    // The trigger keeps what the preview showed.
    programme.tick("2025-07-02T00:00:00Z");
    assert_eq!(programme.explanation("2"), explanation);
    // What is not in the scope is not missed, and a pool in the organization's currency has all.
    let named = json!({"data": [{"type": "deals", "id": dollars}]});
    programme.amid_period(|| {
        world.patch(&format!("{}/relationships/deals", programme.path()), &named).expect(200);
    });
    let (explanation, told) = left_out(&programme);
    assert!(explanation["basis"].get("uncounted").is_none(), "{explanation}");
    assert!(told.iter().all(|reason| !reason.contains("counted")), "{told:?}");
    let in_euros = programme.also(sharing("UTC", json!({})));
    in_euros.begin_at("2025-07-01T00:00:00Z");
    assert!(left_out(&in_euros).0["basis"].get("uncounted").is_none());
    // Euros alone: the pool is 0, and the reason is there.
    let named = json!({"data": [{"type": "deals", "id": deal}]});
    programme.amid_period(|| {
        world.patch(&format!("{}/relationships/deals", programme.path()), &named).expect(200);
    });
    let (explanation, told) = left_out(&programme);
    assert_eq!((&explanation["pool"], told.contains(&euros.to_owned())), (&json!(0), true));
}

/// A deal that changes later changes the periods that follow, and none that was paid.
fn later_changes_leave_paid_periods(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({})));
    let deal = july(&programme);
    programme.begin_at("2025-07-01T00:00:00Z");
    programme.credit(&[("1", 1)]);
    programme.tick("2025-07-02T00:00:00Z");
    change(&programme.world, &format!("/deals/{deal}"), json!({"value": 62_000}));
    programme.credit(&[("1", 1)]);
    programme.tick("2025-07-03T00:00:00Z");
    assert_eq!((basis(&programme, "2").2, basis(&programme, "3").2), (100, 200));
    assert_eq!(programme.states()[1..], ["processing 100", "processing 200", "pending 0"]);
    let sentence = "The pool is 1.00 EUR, 10.0% of the 10.00 EUR recognised from 2025-07-01 until \
                    before 2025-07-02. It is shared by 1 collaborator with 1 point.";
    let percentage = json!({"from": "2025-07-01", "until": "2025-07-02", "recognized": 1000,
        "percentage": "10.0"});
    shows(&programme.explanation("2"), &json!({"sentence": sentence, "basis": percentage}));
}

fn credit_notes_are_carried(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({})));
    let note = programme.world.deal("Credit note", -31_000);
    programme.world.spread(&note, "2025-07-01", "2025-07-31", "100");
    programme.begin_at("2025-07-01T00:00:00Z");
    programme.credit(&[("1", 1), ("2", 2)]);
    programme.tick("2025-07-02T00:00:00Z");
    assert_eq!(programme.paid("2"), Vec::<String>::new());
    programme.credit(&[("1", 1)]);
    programme.world.spread(
        &programme.world.deal("Sold", 62_000),
        "2025-07-01",
        "2025-07-31",
        "100",
    );
    programme.tick("2025-07-03T00:00:00Z");
    // 10 % of the second day, less what the first day left.
    let told = programme.explanation("3");
    let figures = [&told["basis"]["recognized"], &told["carried"], &told["pool"]];
    assert_eq!(figures, [1_000, -100, 0]);
    assert_eq!(programme.states()[1..], ["complete 0", "complete 0", "pending 0"]);
}

fn revenue_past_64_bits_fails(place: &Place) {
    let programme = Programme::start(place, sharing("UTC", json!({"schedule": [YEARLY]})));
    for name in ["A", "B"] {
        let deal = programme.world.deal(name, i64::MAX);
        programme.world.spread(&deal, "2025-07-01", "2025-07-01", "100");
    }
    programme.begin_at("2025-01-01T00:00:01Z");
    let lines = programme.tick("2026-01-01T00:00:00Z");
    assert!(lines[0].contains("failed: the revenue recognised in the period"), "{lines:?}");
    assert_eq!(programme.states()[1..], ["failed 0", "pending 0"]);
}
