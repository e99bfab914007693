//! Rows of payouts for the tests of everything: a few of each type, in every state that there is.
//! Distributions are triggered by the engine.

use apportion_core::id::DistributorId;
use apportion_server::engine;
use apportion_server::store::distributor::Occupied;
use apportion_server::store::{OrganizationId, Scope, Session, Tenant, distribution};
use serde_json::{Value, json};

use crate::support::world::{World, document};

/// A schedule on the first of January, which is in the future whenever the tests run.
pub const YEARLY: &str = "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0";

/// Makes a resource with a token; returns its id.
#[track_caller]
pub fn make(
    world: &World,
    token: &str,
    kind: &str,
    attributes: Value,
    links: &[(&str, &str, &str)],
) -> String {
    let body = document(kind, attributes, links);
    let answer = world.request_as(token, "POST", &format!("/{kind}"), Some(&body)).expect(201);
    answer.json()["data"]["id"].as_str().unwrap().to_owned()
}

/// Returns the attributes of a distributor that shares a fixed pool by score.
pub fn pool() -> Value {
    json!({
        "name": "Pool", "units": "EUR", "pool_resolver": "fixed_amount", "pool_amount": 10_000,
        "distribution_resolver": "performance_shared_pool",
        "metric_types": [{"type": "manual", "points": 1}], "schedule": [YEARLY],
    })
}

/// Returns the attributes of a distributor that pays its obligations.
pub fn owing() -> Value {
    json!({
        "name": "Owing", "units": "EUR", "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations", "schedule": [YEARLY],
    })
}

/// Makes rows of every type for an organization; a distributor is about the deal.
#[track_caller]
pub fn fill(world: &World, (token, organization): (&str, i64), deal: &str) {
    let create = |kind: &str, attributes: Value, links: &[(&str, &str, &str)]| {
        make(world, token, kind, attributes, links)
    };
    let people: Vec<String> = [("Ann", None), ("Ben", Some("ben@example.org")), ("\u{c4}va", None)]
        .map(|(name, email)| {
            create("collaborators", json!({"full_name": name, "email": email}), &[])
        })
        .to_vec();
    let with = |mut attributes: Value, more: Value| {
        let more = more.as_object().unwrap().clone();
        attributes.as_object_mut().unwrap().extend(more);
        let members = people.iter().map(|id| json!({"type": "collaborators", "id": id}));
        let members: Vec<Value> = members.collect();
        let mut body = document("distributors", attributes, &[]);
        body["data"]["relationships"] = json!({
            "collaborators": {"data": members},
            "deals": {"data": [{"type": "deals", "id": deal}]},
        });
        let answer = world.request_as(token, "POST", "/distributors", Some(&body)).expect(201);
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    };
    let shared = with(pool(), json!({"description": "By score", "carry_over": true}));
    let paid = with(owing(), json!({"minimum_value": 100}));
    let revenue = json!({
        "name": "Revenue", "status": "inactive", "pool_resolver": "recognized_revenue",
        "distribution_resolver": "top_score_wins", "revenue_percentage": "12.5",
        "requires_approval": true, "pool_amount": null, "time_zone": "Europe/Vienna",
    });
    with(pool(), revenue);
    let triggered =
        with(pool(), json!({"name": "Paid", "distribution_resolver": "evenly_shared_pool"}));
    for (distributor, person, points) in
        [(&shared, 0, 3), (&triggered, 1, 5), (&triggered, 2, 2), (&shared, 1, 14), (&shared, 0, 1)]
    {
        let links = [
            ("distributor", "distributors", distributor.as_str()),
            ("collaborator", "collaborators", people[person].as_str()),
        ];
        create("metric_credits", json!({"points": points, "reason": "Well done"}), &links);
    }
    let owe = |person: usize, attributes: Value| {
        let links = [
            ("distributor", "distributors", paid.as_str()),
            ("collaborator", "collaborators", people[person].as_str()),
        ];
        create("obligations", attributes, &links)
    };
    let approved = |value: i64| json!({"status": "approved", "value": value});
    owe(0, approved(500));
    owe(1, approved(700));
    let due = json!({"value": -20, "due_on": "2199-01-01", "award_type": "bonus", "reason": "R"});
    owe(2, due);
    trigger(world, organization, &paid);
    let shared = trigger(world, organization, &triggered).to_string();
    let link = [("distribution", "distributions", shared.as_str())];
    create("distribution_refunds", json!({"amount": 100, "reason": "Cancelled"}), &link);
    for status in ["rejected", "cancelled", "fulfilled"] {
        let id = owe(1, approved(9));
        let body = document("obligations", json!({"status": status, "reference": "X"}), &[]);
        let path = format!("/obligations/{id}");
        world.request_as(token, "PATCH", &path, Some(&body)).expect(200);
    }
    let mut settled = document("settlements", json!({"reference": "SEPA 1"}), &[]);
    let one = json!({"type": "obligations", "id": obligation_of(world, token)});
    settled["data"]["relationships"] = json!({"obligations": {"data": [one]}});
    world.request_as(token, "POST", "/settlements", Some(&settled)).expect(201);
}

/// Returns the id of the second allocated obligation.
#[track_caller]
fn obligation_of(world: &World, token: &str) -> String {
    let path = "/obligations?filter[allocation_id][gt]=0&sort=id";
    let list = world.request_as(token, "GET", path, None).expect(200).json();
    list["data"][1]["id"].as_str().unwrap().to_owned()
}

/// Triggers the open distribution of a distributor at its trigger date, as the engine does; answers
/// with its id.
#[track_caller]
pub fn trigger(world: &World, organization: i64, distributor: &str) -> i64 {
    let scope = Scope::of(OrganizationId(organization));
    let mut session = Session::open(&world.database).unwrap();
    let id = DistributorId(distributor.parse().unwrap());
    let done = Tenant::new(scope, &mut session).transaction(|tenant| {
        let open = distribution::find_open(tenant, id)?.unwrap();
        let now = open.trigger_date.and_utc();
        engine::trigger(tenant, id, Occupied::Wait, now).map(|done| done.unwrap().distribution.0)
    });
    done.unwrap()
}
