//! Random distributors of every kind: a preview shows what the trigger then does, what changed in
//! between accounts for every difference, and every explanation leads to the value that it
//! explains.

use std::collections::BTreeMap;

use apportion_server::engine::{Tick, Triggered, tick};
use apportion_testing::{Place, rounds};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::dice::Dice;
use crate::support::explanations::recomputes;
use crate::support::resources::change;
use crate::support::rows::payouts::{YEARLY, owing, pool};
use crate::support::world::{World, document};
use apportion_testing::http::send;

apportion_testing::cases! { previews_come_true, differences_follow_from_changes }

/// The distributors of a whole run. Each lives through two periods on each of two stores, which
/// makes 1,000 scenarios.
const DISTRIBUTORS: usize = 250;
/// The least number of distributions of a whole run that must carry something over.
const LEAST_CARRIED: usize = 10;
/// The distributors of each kind, in a whole run, that something changes for after their preview.
const CHANGED: usize = 50;
const PEOPLE: usize = 12;

/// Starts a server with collaborators, and with deals whose revenue falls into every period.
fn world(place: &Place) -> World {
    let world = World::start(place);
    for at in 0..PEOPLE {
        world.create("collaborators", json!({"full_name": format!("Person {at}")}), &[]);
    }
    for value in [1_000_000_007, -40_000_001, 999] {
        let deal = world.deal("D", value);
        world.spread(&deal, "2000-01-01", "2099-12-31", "100");
    }
    world
}

/// Returns the attributes of a random distributor.
fn any(dice: &mut Dice) -> Value {
    let sharing = ["performance_shared_pool", "evenly_shared_pool", "top_score_wins"];
    let mut attributes = match dice.roll(4) {
        0 => owing(),
        _ => pool(),
    };
    if attributes["pool_resolver"] == "obligations" {
        if dice.is(2) {
            attributes["minimum_value"] = json!(dice.amount(500));
        }
        return attributes;
    }
    attributes["distribution_resolver"] = json!(sharing[dice.roll(3) as usize]);
    attributes["carry_over"] = json!(dice.is(2));
    attributes["requires_approval"] = json!(dice.is(4));
    if dice.is(3) {
        attributes["pool_resolver"] = json!("recognized_revenue");
        attributes["pool_amount"] = json!(null);
        attributes["revenue_percentage"] =
            json!(["100", "12.5", "0.0001", "33.3333333333"][dice.roll(4) as usize]);
    } else {
        let most = if dice.is(5) { 1 } else { 1_000_000 };
        let amount = dice.amount(most);
        attributes["pool_amount"] = json!(amount);
        attributes["units"] = json!(["EUR", "JPY", "KWD", "points"][dice.roll(4) as usize]);
    }
    attributes
}

fn many(kind: &str, ids: Vec<String>) -> Value {
    json!(ids.iter().map(|id| json!({"type": kind, "id": id})).collect::<Vec<_>>())
}

/// Returns random credits and obligations of one period, as operations.
fn period(dice: &mut Dice, payer: &Value, owes: bool, members: &[String]) -> Vec<Value> {
    let add = |kind: &str, attributes: Value, who: &str| {
        let mut data =
            document(kind, attributes, &[("collaborator", "collaborators", who)])["data"].clone();
        data["relationships"]["distributor"] = json!({"data": payer});
        json!({"op": "add", "data": data})
    };
    let mut operations = Vec::new();
    let nobody = owes || dice.is(4);
    for who in members.iter().filter(|_| !nobody) {
        for _ in 0..dice.roll(3) {
            let points = dice.amount(40) + 1;
            operations.push(add("metric_credits", json!({"points": points}), who));
        }
    }
    for _ in 0..if owes { dice.roll(12) } else { 0 } {
        let who = (dice.roll(PEOPLE as u64) + 1).to_string();
        let value = dice.amount(2_000) - 600;
        let attributes = json!({
            "value": if value == 0 { 1 } else { value },
            "status": if dice.is(6) { "pending" } else { "approved" },
            "due_on": if dice.is(5) { json!("2199-01-01") } else { json!(null) },
        });
        operations.push(add("obligations", attributes, &who));
    }
    operations
}

#[track_caller]
fn operate(world: &World, operations: &[Value]) {
    for some in operations.chunks(100) {
        let body = json!({"atomic:operations": some}).to_string();
        let media = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", media)];
        let target = "/api/v2/operations";
        send(world.address(), "POST", target, &headers, body.as_bytes()).expect(200);
    }
}

/// Makes a random distributor with credits and obligations of its first period; returns its
/// members, and whether it pays obligations.
#[track_caller]
fn add(world: &World, dice: &mut Dice) -> (Vec<String>, bool) {
    let attributes = any(dice);
    let owes = attributes["pool_resolver"] == "obligations";
    let members = dice.some(PEOPLE, 2);
    let mut data = document("distributors", attributes, &[])["data"].clone();
    data["lid"] = json!("payer");
    data["relationships"] = json!({
        "collaborators": {"data": many("collaborators", members.clone())},
        "deals": {"data": many("deals", dice.some(3, 2))},
    });
    let payer = json!({"type": "distributors", "lid": "payer"});
    let more = period(dice, &payer, owes, &members);
    let mut operations = vec![json!({"op": "add", "data": data})];
    operations.extend(more);
    operate(world, &operations);
    (members, owes)
}

/// Runs a pass of the engine and returns what it triggered, by distributor.
#[track_caller]
fn pass(world: &World, at: &str, dry_run: bool) -> Vec<Triggered> {
    let at: DateTime<Utc> = at.parse().unwrap();
    let mut triggered = Vec::new();
    let passed =
        tick(&world.database, Tick { at, dry_run }, |it| triggered.push(it.clone())).unwrap();
    assert_eq!((passed.triggered, passed.left), (triggered.len(), 0));
    triggered.sort_by_key(|it| it.distributor);
    triggered
}

#[track_caller]
fn due(world: &World, distributor: usize) -> String {
    let shown = world.get(&format!("/distributors/{distributor}")).expect(200).json();
    shown["data"]["attributes"]["next_trigger_date"].as_str().unwrap().to_owned()
}

/// Returns the body of a preview, and its part that a trigger must agree with, members in the order
/// of the plan.
#[track_caller]
fn previewed(world: &World, distributor: usize, at: &str) -> (String, Value) {
    let path = format!("/distributors/{distributor}/preview?filter[at]={at}");
    let answer = world.get(&path).expect(200);
    let shown = answer.json();
    let attributes = &shown["data"]["attributes"];
    let part = |part: &Value| {
        let who = &part["relationships"]["collaborator"]["data"]["id"];
        let owed = &part["relationships"]["obligation"]["data"]["id"];
        (part["attributes"].clone(), who.clone(), owed.clone())
    };
    let parts: Vec<_> = shown["included"].as_array().unwrap().iter().map(part).collect();
    let whole = json!({
        "id": shown["data"]["relationships"]["distribution"]["data"]["id"],
        "value": attributes["value"], "status": attributes["status"],
        "trigger_date": attributes["trigger_date"], "explanation": attributes["explanation"],
        "parts": parts.iter().map(|(shown, who, _)| json!([shown, who])).collect::<Vec<_>>(),
        "found": parts.iter().filter(|part| !part.2.is_null()).map(|part| &part.2).collect::<Vec<_>>(),
    });
    (String::from_utf8(answer.body).unwrap(), whole)
}

/// Returns the body of a triggered distribution, and the same part of it.
#[track_caller]
fn triggered(world: &World, id: &str, owes: bool) -> (String, Value) {
    let path = format!(
        "/distributions/{id}?include=allocations&fields[allocations]=value,explanation,collaborator,obligation\
         &fields[distributions]=value,status,trigger_date,explanation,allocations"
    );
    let answer = world.get(&path).expect(200);
    let shown = answer.json();
    let attributes = &shown["data"]["attributes"];
    let parts = shown["included"].as_array().unwrap();
    let link = |part: &Value, name: &str| part["relationships"][name]["data"]["id"].clone();
    let found: Vec<Value> = parts.iter().map(|part| link(part, "obligation")).collect();
    let whole = json!({
        "id": id, "value": attributes["value"], "status": attributes["status"],
        "trigger_date": attributes["trigger_date"], "explanation": attributes["explanation"],
        "parts": parts.iter().map(|part| json!([part["attributes"], link(part, "collaborator")])).collect::<Vec<_>>(),
        "found": if owes { found } else { Vec::new() },
    });
    (String::from_utf8(answer.body).unwrap(), whole)
}

/// Returns the text of the first explanation in a document, which is that of the distribution.
fn explanation_text(body: &str) -> &str {
    let start = body.find("\"explanation\":").unwrap();
    let end = body[start..].find("},\"relationships\"").unwrap();
    &body[start..start + end]
}

/// Recomputes each allocation from its own explanation; returns the number of allocations.
#[track_caller]
fn check_explanations(whole: &Value) -> usize {
    let parts = whole["parts"].as_array().unwrap();
    let value = |part: &Value| part[0]["value"].as_i64().unwrap();
    let mut together: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for part in parts {
        together.entry(part[1].as_str().unwrap()).or_default().push(value(part));
    }
    for part in parts {
        let own = &together[part[1].as_str().unwrap()];
        recomputes(value(part), &part[0]["explanation"], own);
    }
    let sum: i64 = parts.iter().map(value).sum();
    assert_eq!(whole["value"], sum, "{whole}");
    parts.len()
}

fn previews_come_true(place: &Place) {
    let world = world(place);
    let mut dice = Dice(0x5eed_2026);
    let distributors = rounds(DISTRIBUTORS);
    let kinds: Vec<_> = (0..distributors).map(|_| add(&world, &mut dice)).collect();
    let (mut explained, mut carried) = (0, 0);
    for _ in 0..2 {
        let at = due(&world, 1);
        let before: Vec<_> = (1..=distributors).map(|id| previewed(&world, id, &at)).collect();
        let foreseen = pass(&world, &at, true);
        let done = pass(&world, &at, false);
        assert_eq!(done.len(), distributors);
        assert_eq!(format!("{foreseen:?}"), format!("{done:?}"));
        for ((before, (_, owes)), done) in before.iter().zip(&kinds).zip(&done) {
            let after = triggered(&world, &done.distribution.to_string(), *owes);
            assert_eq!(before.1, after.1, "distributor {}", done.distributor);
            assert_eq!(explanation_text(&before.0), explanation_text(&after.0));
            explained += check_explanations(&after.1);
            carried += usize::from(after.1["explanation"]["carried"] != 0);
        }
        for (at, (members, owes)) in kinds.iter().enumerate() {
            let payer = json!({"type": "distributors", "id": (at + 1).to_string()});
            operate(&world, &period(&mut dice, &payer, *owes, members));
        }
    }
    // The scenarios are of every kind: some pay, and some carry something over.
    assert!(explained > distributors, "{explained}");
    assert!(carried > rounds(LEAST_CARRIED), "{carried}");
    let checks = world.get("/checks?filter[result][not_eq]=pass").expect(200).json();
    assert_eq!(checks["data"], json!([]));
}

/// Returns the collaborators that a preview pays, each with its score or with what it is owed.
fn weights(whole: &Value) -> BTreeMap<String, i64> {
    let mut weights = BTreeMap::new();
    for part in whole["parts"].as_array().unwrap() {
        let explanation = &part[0]["explanation"];
        let weight = explanation.get("score").unwrap_or(&part[0]["value"]).as_i64().unwrap();
        *weights.entry(part[1].as_str().unwrap().to_owned()).or_default() += weight;
    }
    weights
}

/// The change of a distributor between two previews.
struct Added {
    pool: i64,
    /// The weight of the first collaborator.
    weight: i64,
}

/// Adds to what the distributor owes, to its scores or to its pool.
#[track_caller]
fn add_more(world: &World, id: usize, owes: bool, turn: usize) -> Added {
    let link =
        [("distributor", "distributors", &*id.to_string()), ("collaborator", "collaborators", "1")];
    let amount = i64::try_from(turn).unwrap() + 2_000;
    if owes {
        world.create("obligations", json!({"value": amount, "status": "approved"}), &link);
        Added { pool: amount, weight: amount }
    } else if turn.is_multiple_of(2) {
        world.create("metric_credits", json!({"points": amount}), &link);
        Added { pool: 0, weight: amount }
    } else {
        let pool = json!({"pool_amount": 10_000 + amount});
        change(world, &format!("/distributors/{id}"), pool);
        Added { pool: amount, weight: 0 }
    }
}

/// Checks that two previews differ by what was added between them.
#[track_caller]
fn check_difference(before: &Value, after: &Value, owes: bool, added: &Added) {
    let mut expected = weights(before);
    let was = expected.get("1").copied();
    if added.weight != 0 && (was.is_some() || !owes) {
        *expected.entry("1".to_owned()).or_default() += added.weight;
    } else if added.weight != 0 {
        // An obligation that was below the minimum may be paid now as well.
        expected.insert("1".to_owned(), weights(after)["1"]);
    }
    assert_eq!(weights(after), expected, "distribution {}", after["id"]);
    let pool = |whole: &Value| whole["explanation"]["pool"].as_i64().unwrap();
    if !owes || was.is_some() {
        assert_eq!(pool(after) - pool(before), added.pool, "distribution {}", after["id"]);
    }
}

/// Something changes between two previews: the pool and the weight of the first collaborator must
/// differ by it, and nothing else.
fn differences_follow_from_changes(place: &Place) {
    let world = world(place);
    let mut dice = Dice(77);
    let everybody: Vec<String> = (1..=PEOPLE).map(|id| id.to_string()).collect();
    let mut make = |attributes: Value, owes: bool| {
        let mut body = document("distributors", attributes, &[]);
        body["data"]["relationships"] =
            json!({"collaborators": {"data": many("collaborators", everybody.clone())}});
        let made = world.post("/distributors", &body).expect(201).json();
        let payer = json!({"type": "distributors", "id": made["data"]["id"]});
        operate(&world, &period(&mut dice, &payer, owes, &everybody));
        made["data"]["id"].as_str().unwrap().parse::<usize>().unwrap()
    };
    let count = rounds(CHANGED);
    let pools: Vec<usize> = (0..count).map(|_| make(pool(), false)).collect();
    let owing: Vec<usize> = (0..count).map(|_| make(owing(), true)).collect();
    assert_eq!(pool()["schedule"], json!([YEARLY]));
    let at = due(&world, 1);
    let mut expected = Vec::new();
    for (turn, id) in pools.iter().chain(&owing).enumerate() {
        let (_, before) = previewed(&world, *id, &at);
        let owes = owing.contains(id);
        let added = add_more(&world, *id, owes, turn);
        let (_, after) = previewed(&world, *id, &at);
        check_difference(&before, &after, owes, &added);
        expected.push((*id, after));
    }
    let done = pass(&world, &at, false);
    for ((id, expected), done) in expected.iter().zip(&done) {
        assert_eq!(*id as i64, done.distributor.0);
        let (_, after) = triggered(&world, &done.distribution.to_string(), owing.contains(id));
        assert_eq!(*expected, after, "distributor {id}");
    }
}
