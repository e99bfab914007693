//! Shares of a pool that are netted with what the payee owes or is owed, and pools below zero.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::resources::{attribute, attributes};
use crate::support::rows::programme::Programme;

apportion_testing::cases! {
    clawbacks_are_collected_with_shares, nets_that_do_not_pay_wait, small_shares_wait,
    shares_that_need_approval, negative_pools_are_carried
}

/// Makes a pool of 100.00 EUR that is shared by two with one point each.
#[track_caller]
fn shared(place: &Place, more: Value) -> Programme {
    let programme = Programme::long_ago(place, "2024-06-01T12:00:00Z", more);
    programme.credit(&[("1", 1), ("2", 1)]);
    programme
}

/// Returns the sum of what is approved and not allocated.
#[track_caller]
fn accumulated(programme: &Programme) -> Value {
    let path = format!("{}?fields[distributors]=accumulated_value", programme.path());
    attribute(&programme.world, &path, "accumulated_value")
}

/// Returns the figures of those who get nothing.
#[track_caller]
fn unpaid(programme: &Programme, distribution: &str) -> Vec<String> {
    let explanation = programme.explanation(distribution);
    let unpaid = explanation["unpaid"].as_array().unwrap().iter();
    unpaid
        .map(|one| {
            let figures = ["share", "open", "net", "minimum"].map(|name| one[name].to_string());
            format!("{} {}", one["collaborator_id"].as_str().unwrap(), figures.join(" "))
        })
        .collect()
}

fn clawbacks_are_collected_with_shares(place: &Place) {
    let programme = shared(place, json!({}));
    programme.owe("1", -2_000, json!({}));
    programme.owe("3", 700, json!({}));
    programme.owe("3", -50, json!({"status": "pending"}));
    let preview = attributes(&programme.world, &format!("{}/preview", programme.path()));
    assert_eq!(preview["value"], 8_700);
    programme.tick_when_due();
    let expected = [
        "1 5000 pending approved",
        "2 5000 pending approved",
        "1 -2000 pending approved",
        "3 700 pending approved",
    ];
    assert_eq!(programme.paid("1"), expected);
    assert_eq!(programme.states(), ["processing 8700", "pending 0"]);
    assert_eq!(accumulated(&programme), 0);
    let explanation = programme.explanation("1");
    let sentence = "The pool is 100.00 EUR. It is shared by 2 collaborators with 2 points. With \
                    2 obligations owed and due, 87.00 EUR is paid to 3 collaborators.";
    assert_eq!((&explanation["sentence"], &explanation["unpaid"]), (&json!(sentence), &json!([])));
    let part = "/allocations?filter[value]=-2000&fields[allocations]=explanation";
    let part = programme.world.get(part).expect(200).json();
    let sentence = "-20.00 EUR: one of 2 obligations, 30.00 EUR together.";
    let expected = json!({"net": 3_000, "parts": 2, "sentence": sentence});
    assert_eq!(part["data"][0]["attributes"]["explanation"], expected);
    programme.world.check_laws();
}

/// The whole net waits: the share is kept with the rest, and is paid once the net is above zero.
fn nets_that_do_not_pay_wait(place: &Place) {
    let programme = shared(place, json!({}));
    let clawback = programme.owe("1", -12_000, json!({}));
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["2 5000 pending approved"]);
    assert_eq!(unpaid(&programme, "1"), ["1 5000 -12000 -7000 null", "3 null null null null"]);
    assert_eq!(accumulated(&programme), -7_000);
    programme.world.check_laws();
    let kept = programme.list("/obligations?filter[collaborator_id]=1&filter[value][gt]=0");
    let shown = &kept[0]["attributes"];
    assert_eq!((kept.len(), &shown["award_type"]), (1, &json!("distribution")));
    assert_eq!((&shown["status"], &shown["value"]), (&json!("approved"), &json!(5_000)));
    assert_eq!(kept[0]["relationships"]["allocation"]["data"], Value::Null);
    programme.credit(&[("1", 1)]);
    programme.tick_when_due();
    let expected =
        ["1 10000 pending approved", "1 -12000 pending approved", "1 5000 pending approved"];
    assert_eq!(programme.paid("2"), expected);
    assert_eq!(programme.states(), ["processing 5000", "processing 3000", "pending 0"]);
    assert_eq!(accumulated(&programme), 0);
    programme.world.check_laws();
    let owed = format!("/obligations/{clawback}");
    assert_eq!(attributes(&programme.world, &owed)["status"], "approved");
}

fn small_shares_wait(place: &Place) {
    let programme = shared(place, json!({"minimum_value": 6_000}));
    programme.owe("2", 1_000, json!({}));
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["2 5000 pending approved", "2 1000 pending approved"]);
    assert_eq!(unpaid(&programme, "1"), ["1 5000 null 5000 6000", "3 null null null 6000"]);
    assert_eq!(accumulated(&programme), 5_000);
    programme.credit(&[("1", 1), ("2", 9)]);
    programme.tick_when_due();
    let expected =
        ["1 1000 pending approved", "2 9000 pending approved", "1 5000 pending approved"];
    assert_eq!(programme.paid("2"), expected);
    programme.world.check_laws();
}

fn shares_that_need_approval(place: &Place) {
    let programme = shared(place, json!({"requires_approval": true}));
    programme.owe("1", -2_000, json!({}));
    programme.owe("2", -5_000, json!({}));
    programme.tick_when_due();
    assert_eq!(programme.paid("1"), ["1 5000 pending pending", "1 -2000 pending approved"]);
    assert_eq!(unpaid(&programme, "1"), ["2 5000 -5000 0 null", "3 null null null null"]);
    // A share that is kept and not approved yet is no part of the sum.
    assert_eq!(accumulated(&programme), -5_000);
    let kept = programme.list("/obligations?filter[collaborator_id]=2&filter[value]=5000");
    assert_eq!(kept[0]["attributes"]["status"], "pending");
    programme.world.check_laws();
    // It counts while it is pending, as a new share does, and is allocated as such.
    programme.credit(&[("2", 1)]);
    programme.tick_when_due();
    let expected =
        ["2 10000 pending pending", "2 5000 pending pending", "2 -5000 pending approved"];
    let mut paid = programme.paid("2");
    paid.sort_by_key(|line| !line.contains("10000"));
    paid[1..].sort();
    let mut expected = expected.map(str::to_owned);
    expected[1..].sort();
    assert_eq!(paid, expected);
    assert_eq!(accumulated(&programme), 0);
    programme.world.check_laws();
}

/// A pool below zero is carried, whatever `carry_over` says, until revenue makes up for it.
fn negative_pools_are_carried(place: &Place) {
    let revenue = json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "100", "pool_amount": null,
        "carry_over": false,
    });
    let programme = Programme::start(place, revenue);
    programme.begin_at("2025-01-01T12:00:00Z");
    let deal = programme.world.deal("Refunded", -500);
    programme.world.spread(&deal, "2025-03-01", "2025-03-05", "100");
    let deal = programme.world.deal("Sold", 800);
    programme.world.spread(&deal, "2026-03-01", "2026-03-08", "100");
    programme.credit(&[("1", 1)]);
    programme.tick("2026-01-01T00:00:00Z");
    assert_eq!(programme.states()[1..], ["complete 0", "pending 0"]);
    let waits = "The pool is below zero and is carried to the next period.";
    assert_eq!(programme.explanation("2")["unpaid"][0]["reason"], waits);
    programme.world.check_laws();
    programme.credit(&[("1", 1)]);
    programme.tick("2027-01-01T00:00:00Z");
    assert_eq!(programme.paid("3"), ["1 300 pending approved"]);
    assert_eq!(programme.explanation("3")["carried"], -500);
    programme.world.check_laws();
}
