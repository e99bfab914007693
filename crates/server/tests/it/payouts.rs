//! Rows of payouts for the tests of everything: a few of each type, in every state that there is.
//! Distributions are triggered past the service, by the rules' own plan.

use apportion_core::accumulation::Owed;
use apportion_core::distributor::DistributorStatus;
use apportion_core::engine::{Opening, Origin, Payer, Plan, Snapshot, plan};
use apportion_core::id::{CollaboratorId, ObligationId};
use apportion_core::metric::Score;
use apportion_core::obligation::Held;
use apportion_core::resolver::{Payout, PoolSource};
use apportion_core::sharing::Sharing;
use apportion_server::resources::write_shared_pool;
use apportion_server::store::{
    self, OrganizationId, Scope, Session, allocation, distribution, distributor, metric, obligation,
};
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::world::{World, document};

/// The first of January, whenever the tests run.
pub const YEARLY: &str = "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0";

/// Makes a resource in the name of a token; answers with its id.
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

/// Attributes of a distributor that shares a fixed pool by score.
pub fn pool() -> Value {
    json!({
        "name": "Pool", "units": "EUR", "pool_resolver": "fixed_amount", "pool_amount": 10_000,
        "distribution_resolver": "performance_shared_pool",
        "metric_types": [{"type": "manual", "points": 1}], "schedule": [YEARLY],
    })
}

/// Attributes of a distributor that pays what is owed.
pub fn owing() -> Value {
    json!({
        "name": "Owing", "units": "EUR", "pool_resolver": "obligations",
        "distribution_resolver": "accumulated_obligations", "schedule": [YEARLY],
    })
}

/// Rows of every type for an organization, one of whose deals is in the scope of a distributor.
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
    trigger(world, organization, &triggered);
    for status in ["rejected", "cancelled", "fulfilled"] {
        let id = owe(1, approved(9));
        let body = document("obligations", json!({"status": status, "reference": "X"}), &[]);
        let path = format!("/obligations/{id}");
        world.request_as(token, "PATCH", &path, Some(&body)).expect(200);
    }
    let settled = json!({"status": "fulfilled"});
    let path = obligation_of(world, token);
    world
        .request_as(token, "PATCH", &path, Some(&document("obligations", settled, &[])))
        .expect(200);
}

/// The second allocated obligation.
#[track_caller]
fn obligation_of(world: &World, token: &str) -> String {
    let path = "/obligations?filter[allocation_id][gt]=0&sort=id";
    let list = world.request_as(token, "GET", path, None).expect(200).json();
    format!("/obligations/{}", list["data"][1]["id"].as_str().unwrap())
}

/// Triggers the open distribution of a distributor; answers with its id. None is opened after it.
#[track_caller]
pub fn trigger(world: &World, organization: i64, distributor: &str) -> i64 {
    let scope = Scope::of(OrganizationId(organization));
    let mut session = Session::open(&world.database).unwrap();
    let id = distributor.parse().unwrap();
    let done = session.transaction(|session| apply(&scope, session, id));
    done.unwrap()
}

fn apply(scope: &Scope, session: &mut Session, id: i64) -> store::Result<i64> {
    let row = distributor::lock(scope, session, id)?.unwrap();
    let open = distribution::open_of(scope, session, id)?.unwrap();
    let now = open.trigger_date;
    let plan = planned(scope, session, &row.kept, &open)?;
    let mut collected = 0;
    for planned in &plan.allocations {
        let (weight, rank, net) = match planned.origin {
            Origin::Share(placed) => (Some(placed.weight), i64::try_from(placed.rank).ok(), None),
            Origin::Collected { net, .. } => (None, None, Some(net)),
        };
        let obligation_id = match planned.origin {
            Origin::Collected { obligation_id, .. } => {
                collected += planned.value;
                obligation_id.0
            }
            Origin::Share(_) => {
                let owed = obligation::Content {
                    distributor_id: id,
                    collaborator_id: planned.collaborator_id.0,
                    reverses_id: None,
                    status: plan.obligation_status.name().to_owned(),
                    award_type: Some("distribution".to_owned()),
                    value: planned.value,
                    units: row.kept.units.clone(),
                    reason: None,
                    reference: None,
                    due_on: None,
                };
                obligation::insert(scope, session, &owed, now)?
            }
        };
        let content = allocation::Content {
            distribution_id: open.id,
            obligation_id,
            collaborator_id: planned.collaborator_id.0,
            status: "pending".to_owned(),
            value: planned.value,
            weight,
            rank,
            net_value: net.map(|net| net.value),
            net_parts: net.and_then(|net| i64::try_from(net.parts).ok()),
        };
        let allocation = allocation::insert(scope, session, &content, now)?;
        obligation::allocate(scope, session, (obligation_id, allocation), now)?;
    }
    let triggered = distribution::Triggered {
        status: plan.status.name().to_owned(),
        value: plan.value,
        allocation_count: i64::try_from(plan.allocations.len()).unwrap(),
        shared_pool: plan.shared.as_ref().map(write_shared_pool),
        explanation: Some(json!({"sentence": plan.explanation.sentence}).to_string()),
    };
    distribution::trigger(scope, session, (open.id, &triggered), now)?;
    let left = row.kept.accumulated_value - collected;
    distributor::set_accumulated(scope, session, (id, left), now)?;
    Ok(open.id)
}

fn planned(
    scope: &Scope,
    session: &mut Session,
    kept: &distributor::Kept,
    open: &distribution::Kept,
) -> store::Result<Plan> {
    let pool = PoolSource::Fixed(kept.pool_amount.unwrap_or_default());
    let payout = match kept.distribution_resolver.as_str() {
        "accumulated_obligations" => Payout::Owed { minimum: 0 },
        "evenly_shared_pool" => Payout::Shared { pool, sharing: Sharing::Evenly },
        _ => Payout::Shared { pool, sharing: Sharing::Performance },
    };
    let payer = Payer {
        status: DistributorStatus::Active,
        units: kept.units.parse().unwrap(),
        payout,
        time_zone: kept.time_zone.parse().unwrap(),
        requires_approval: kept.requires_approval,
        carry_over: kept.carry_over,
    };
    let by = (metric::DISTRIBUTION_ID, [open.id]);
    let metrics = store::load_by::<metric::Row>(scope, session, (by.0, &by.1), usize::MAX)?;
    let by = (obligation::DISTRIBUTOR_ID, [kept.id]);
    let owed = store::load_by::<obligation::Row>(scope, session, (by.0, &by.1), usize::MAX)?;
    let scores = metrics.iter().map(|metric| Score {
        collaborator_id: CollaboratorId(metric.collaborator_id),
        score: metric.score,
    });
    let owed = owed.into_iter().map(|row| Owed {
        obligation_id: ObligationId(row.kept.id),
        collaborator_id: CollaboratorId(row.kept.collaborator_id),
        value: row.kept.value,
        held: Held {
            status: row.kept.status.parse().unwrap(),
            is_allocated: row.kept.allocation_id.is_some(),
        },
        created_at: row.kept.created_at.and_utc(),
        due_on: row.kept.due_on,
    });
    let utc = |instant: NaiveDateTime| instant.and_utc();
    let snapshot = Snapshot {
        payer: &payer,
        open: Opening {
            opened_at: utc(open.opened_at),
            trigger_at: utc(open.trigger_date),
            carried: open.carried,
        },
        members: &[],
        scores: &scores.collect::<Vec<_>>(),
        obligations: &owed.collect::<Vec<_>>(),
        recognized: 0,
        now: utc(open.trigger_date),
    };
    Ok(plan(&snapshot, |_| None))
}
