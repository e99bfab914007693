//! The laws of conservation: they hold for everything that the service writes, and a row that
//! breaks one, written past the service by SQL, is found and named.

use apportion_core::checks::{Check, Finding, Verdict};
use apportion_server::store::{OrganizationId, Scope, Session, Tenant, checks as laws};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::complaints;
use crate::support::rows::payouts;
use crate::support::rows::sample::Sample;
use crate::support::world::{World, run_sql};

apportion_testing::cases! {
    laws_hold_over_all_that_is_written, broken_laws_are_found, broken_uniqueness_is_found,
    other_organizations_are_not_seen, a_hundred_breaches_are_shown, a_look_may_end_early,
    lists_are_narrowed_ordered_and_walked
}

#[track_caller]
pub(super) fn check(world: &World, law: &str) -> Value {
    world.get(&format!("/checks/{law}")).expect(200).json()["data"].clone()
}

fn laws_hold_over_all_that_is_written(place: &Place) {
    let Sample { world, .. } = Sample::make(place);
    reverse_one(&world);
    let list = world.get("/checks").expect(200).json();
    let rows = list["data"].as_array().unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let mut names = Check::NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(ids, names);
    for row in rows {
        let shown = &row["attributes"];
        assert_eq!(shown["result"], "pass", "{row}");
        assert_eq!(shown["left"], shown["right"], "{row}");
        // In the sample nothing is carried, no revenue is shared, and what is triggered is
        // triggered ahead of its date.
        let is_empty = ["pools-carried-on", "pools-follow-revenue", "waiting-explained"]
            .contains(&row["id"].as_str().unwrap());
        assert!(is_empty || shown["left"] != 0, "nothing was looked at: {row}");
        assert_eq!(shown["counter_examples"], json!([]), "{row}");
        assert_eq!(*row, check(&world, row["id"].as_str().unwrap()));
    }
    // Both sides of a law are the sums that its description says.
    let value: i64 = world.get("/distributions?filter[status][not_eq]=pending").json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["attributes"]["value"].as_i64().unwrap())
        .sum();
    assert_eq!(check(&world, "allocations-sum")["attributes"]["left"], value);
}

/// Takes back a part of an obligation that is fulfilled.
fn reverse_one(world: &World) {
    let path = "/obligations?filter[status]=fulfilled&filter[reference]=X";
    let list = world.get(path).expect(200).json();
    let whole = list["data"][0]["id"].as_str().unwrap();
    let linked = |name: &str| {
        let linkage = &list["data"][0]["relationships"][name]["data"]["id"];
        linkage.as_str().unwrap().to_owned()
    };
    let (distributor, collaborator) = (linked("distributor"), linked("collaborator"));
    let links = [
        ("distributor", "distributors", distributor.as_str()),
        ("collaborator", "collaborators", collaborator.as_str()),
        ("reverses", "obligations", whole),
    ];
    world.create("obligations", json!({"value": -4}), &links);
}

/// Makes rows of our organization for every law.
fn world(place: &Place) -> World {
    let world = World::start(place);
    let deal = json!({"name": "D", "currency": "USD", "exchange_rate": "0.92", "value": 100_001});
    let deal = world.create("deals", deal, &[]);
    world.spread(&deal, "2025-01-01", "2025-03-31", "33.33");
    world.spread(&deal, "2025-02-01", "2025-02-01", "12.5");
    world.deal("Other", -7);
    payouts::fill(&world, (&world.token, world.organization), &deal);
    reverse_one(&world);
    world
}

/// A law, the type of the rows that break it, the SQL that breaks it, and the SQL that mends it.
type Break = (&'static str, &'static str, &'static str, &'static str);

const BREAKS: &[Break] = &[
    (
        "allocations-sum",
        "distributions",
        "UPDATE distributions SET value = value + 1 WHERE status = 'processing'",
        "UPDATE distributions SET value = value - 1 WHERE status = 'processing'",
    ),
    (
        "allocations-sum",
        "distributions",
        "UPDATE allocations SET value = value - 1 WHERE status = 'pending'",
        "UPDATE allocations SET value = value + 1 WHERE status = 'pending'",
    ),
    (
        "allocations-sum",
        "distributions",
        "UPDATE obligations SET value = value + 5 WHERE allocation_id IS NOT NULL",
        "UPDATE obligations SET value = value - 5 WHERE allocation_id IS NOT NULL",
    ),
    (
        "allocations-sum",
        "distributions",
        "UPDATE allocations SET status = 'cancelled' WHERE status = 'complete'",
        "UPDATE allocations SET status = 'complete' WHERE status = 'cancelled'",
    ),
    (
        "obligation-once",
        "obligations",
        "UPDATE obligations SET reference = allocation_id; \
         UPDATE obligations SET allocation_id = NULL",
        "UPDATE obligations SET allocation_id = CAST(reference AS BIGINT)",
    ),
    (
        "obligation-once",
        "obligations",
        "UPDATE obligations SET allocation_id = (SELECT MIN(id) FROM allocations) \
         WHERE allocation_id IS NULL",
        "UPDATE obligations SET allocation_id = NULL WHERE reference IS NULL",
    ),
    (
        "amounts-follow-deals",
        "revenue_distributions",
        "UPDATE revenue_distributions SET amount = amount + 1",
        "UPDATE revenue_distributions SET amount = amount - 1",
    ),
    (
        "amounts-follow-deals",
        "revenue_distributions",
        "UPDATE revenue_distributions SET amount_default = amount_default - 1",
        "UPDATE revenue_distributions SET amount_default = amount_default + 1",
    ),
    (
        "amounts-follow-deals",
        "revenue_distributions",
        "UPDATE revenue_distributions SET amount_percent_e10 = amount_percent_e10 + 100000000",
        "UPDATE revenue_distributions SET amount_percent_e10 = amount_percent_e10 - 100000000",
    ),
    (
        "amounts-follow-deals",
        "deals",
        "UPDATE deals SET undistributed_amount = undistributed_amount + 1",
        "UPDATE deals SET undistributed_amount = undistributed_amount - 1",
    ),
    (
        "amounts-follow-deals",
        "deals",
        "UPDATE deals SET distributed_percent_e10 = distributed_percent_e10 + 1",
        "UPDATE deals SET distributed_percent_e10 = distributed_percent_e10 - 1",
    ),
    (
        "amounts-follow-deals",
        "revenue_distributions",
        "UPDATE deals SET exchange_rate_e12 = exchange_rate_e12 * 2",
        "UPDATE deals SET exchange_rate_e12 = exchange_rate_e12 / 2",
    ),
    (
        "slices-sum",
        "deals",
        "UPDATE deals SET distributed_amount = distributed_amount + 1",
        "UPDATE deals SET distributed_amount = distributed_amount - 1",
    ),
    (
        "slices-sum",
        "revenue_distributions",
        "UPDATE revenue_distributions SET end_on = '2300-01-01' WHERE end_on = '2025-02-01'",
        "UPDATE revenue_distributions SET end_on = '2025-02-01' WHERE end_on = '2300-01-01'",
    ),
    (
        "metrics-follow-credits",
        "metrics",
        "UPDATE metrics SET score = score + 1",
        "UPDATE metrics SET score = score - 1",
    ),
    (
        "metrics-follow-credits",
        "metrics",
        "UPDATE metric_credits SET points = points + 1",
        "UPDATE metric_credits SET points = points - 1",
    ),
    (
        "metrics-follow-credits",
        "metrics",
        "UPDATE metric_credits SET collaborator_id = collaborator_id + 1 WHERE id = 1",
        "UPDATE metric_credits SET collaborator_id = collaborator_id - 1 WHERE id = 1",
    ),
    (
        "periods-adjoin",
        "distributions",
        "UPDATE distributions SET period_until = '2300-01-01' WHERE status = 'processing'",
        "UPDATE distributions SET period_until = (SELECT MAX(next.period_from) \
         FROM distributions AS next WHERE next.distributor_id = distributions.distributor_id \
         AND next.status = 'pending') WHERE status = 'processing'",
    ),
    (
        "pools-carried-on",
        "distributions",
        "UPDATE distributions SET carried = carried + 1",
        "UPDATE distributions SET carried = carried - 1",
    ),
    (
        "reversals-within",
        "obligations",
        "UPDATE obligations SET value = value * 3 WHERE reverses_id IS NOT NULL",
        "UPDATE obligations SET value = value / 3 WHERE reverses_id IS NOT NULL",
    ),
    (
        "reversals-within",
        "obligations",
        "UPDATE obligations SET value = -value WHERE reverses_id IS NOT NULL",
        "UPDATE obligations SET value = -value WHERE reverses_id IS NOT NULL",
    ),
    (
        "reversals-within",
        "obligations",
        "UPDATE obligations SET status = 'pending' \
         WHERE id IN (SELECT part.reverses_id FROM obligations AS part \
         WHERE part.refund_id IS NULL)",
        "UPDATE obligations SET status = 'fulfilled' \
         WHERE id IN (SELECT part.reverses_id FROM obligations AS part \
         WHERE part.refund_id IS NULL)",
    ),
    (
        "settled-once",
        "allocations",
        "UPDATE allocations SET status = 'pending', settlement_id = NULL WHERE status = 'complete'",
        "UPDATE allocations SET status = 'complete' WHERE id IN (SELECT allocation_id \
         FROM obligations WHERE status = 'fulfilled' AND allocation_id IS NOT NULL)",
    ),
    (
        "settled-once",
        "allocations",
        "UPDATE allocations SET settlement_id = (SELECT MIN(id) FROM settlements) \
         WHERE status = 'pending'",
        "UPDATE allocations SET settlement_id = NULL WHERE status = 'pending'",
    ),
];

fn broken_laws_are_found(place: &Place) {
    let world = world(place);
    let sound: Vec<Value> = Check::NAMES.iter().map(|law| check(&world, law)).collect();
    assert!(sound.iter().all(|row| row["attributes"]["result"] == "pass"), "{sound:?}");
    for (law, kind, break_it, mend_it) in BREAKS {
        run_sql(&world, break_it);
        let found = check(&world, law)["attributes"].clone();
        assert_eq!(found["result"], "fail", "{break_it}: {found}");
        let examples = found["counter_examples"].as_array().unwrap();
        let example = examples.iter().find(|it| it["type"] == *kind);
        let example = example.unwrap_or_else(|| panic!("{break_it}: {found}"));
        assert!(!example["detail"].as_str().unwrap().is_empty(), "{example}");
        let path = format!("/{kind}/{}", example["id"].as_str().unwrap());
        world.get(&path).expect(200);
        run_sql(&world, mend_it);
        let mended = Check::NAMES.iter().map(|law| check(&world, law));
        assert_eq!(mended.collect::<Vec<_>>(), sound, "{mend_it} does not undo {break_it}");
    }
}

/// Without its unique index, a row can be written twice.
fn broken_uniqueness_is_found(place: &Place) {
    let world = world(place);
    run_sql(&world, "DROP INDEX allocations_live_once; DROP INDEX distributions_once");
    let columns = "organization_id, distribution_id, obligation_id, collaborator_id, status, value, \
         created_at, updated_at";
    let twice = "FROM allocations WHERE status = 'pending' AND id = 1";
    run_sql(&world, &format!("INSERT INTO allocations ({columns}) SELECT {columns} {twice}"));
    let found = check(&world, "obligation-once")["attributes"].clone();
    assert_eq!(found["result"], "fail", "{found}");
    assert_eq!(found["left"].as_i64().unwrap() - 1, found["right"].as_i64().unwrap());
    assert_eq!(found["counter_examples"].as_array().unwrap().len(), 1, "{found}");

    let columns = "organization_id, distributor_id, status, value, units, opened_at, period_from, \
         trigger_date, carried, created_at, updated_at";
    let values = columns.replace("status", "'failed'").replace(" value", " 0");
    let twice = "FROM distributions WHERE status = 'processing'";
    run_sql(&world, &format!("INSERT INTO distributions ({columns}) SELECT {values} {twice}"));
    let found = check(&world, "trigger-once")["attributes"].clone();
    assert_eq!(found["result"], "fail", "{found}");
    let examples = found["counter_examples"].as_array().unwrap();
    assert_eq!(examples.len(), 2, "{found}");
    assert_eq!(found["left"].as_i64().unwrap() - 2, found["right"].as_i64().unwrap());
    // Cancelled distributions are counted apart.
    run_sql(&world, "UPDATE distributions SET status = 'cancelled' WHERE status = 'failed'");
    assert_eq!(check(&world, "trigger-once")["attributes"]["result"], "pass");
}

fn other_organizations_are_not_seen(place: &Place) {
    let world = world(place);
    run_sql(&world, BREAKS[0].2);
    let path = "/checks/allocations-sum";
    let theirs = world.request_as(&world.stranger, "GET", path, None).expect(200).json();
    let shown = &theirs["data"]["attributes"];
    assert_eq!((&shown["result"], &shown["left"]), (&json!("pass"), &json!(0)));
}

fn a_hundred_breaches_are_shown(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    let add = json!({"op": "add", "data": {
        "type": "revenue_distributions",
        "attributes": {"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": 1},
        "relationships": {"deal": {"data": {"type": "deals", "id": deal}}},
    }});
    for count in [100, 5] {
        let body = json!({"atomic:operations": vec![add.clone(); count]}).to_string();
        let media = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";
        let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", media)];
        let path = "/api/v2/operations";
        apportion_testing::http::send(world.address(), "POST", path, &headers, body.as_bytes())
            .expect(200);
    }
    run_sql(&world, "UPDATE revenue_distributions SET amount = amount + 1");
    let found = check(&world, "amounts-follow-deals")["attributes"].clone();
    assert_eq!(found["result"], "fail");
    assert_eq!(found["counter_examples"].as_array().unwrap().len(), 100);
    // A look at all rows counts more breaches, but keeps no more of them.
    let whole = look(&world, Check::AmountsFollowDeals, &mut |_| false);
    assert_eq!((whole.broken, whole.counter_examples.len(), whole.is_complete), (105, 100, true));
    let left = i128::from(found["left"].as_i64().unwrap());
    assert!(left < whole.left, "the others were looked at all the same");
}

#[track_caller]
fn look(world: &World, law: Check, stop: laws::Stop<'_>) -> Finding {
    let mut session = Session::open(&world.database).unwrap();
    let scope = Scope::of(OrganizationId(world.organization));
    // As if all triggers were past, and everybody was told.
    let circumstances = laws::Circumstances {
        now: "2199-12-31T00:00:00".parse().unwrap(),
        read_waiting: |_| (1..100).collect(),
        read_pool: |_| None,
    };
    Tenant::new(scope, &mut session)
        .snapshot(|tenant| laws::check(tenant, law, circumstances, stop))
        .unwrap()
}

fn a_look_may_end_early(place: &Place) {
    let world = world(place);
    run_sql(&world, "UPDATE distributions SET explanation = '{\"recognized\": 0}'");
    for law in Check::ALL {
        let finding = look(&world, *law, &mut |_| true);
        assert_eq!(finding.verdict(), Verdict::Incomplete, "{law}");
        assert_eq!(look(&world, *law, &mut |_| false).verdict(), Verdict::Pass, "{law}");
    }
}

fn lists_are_narrowed_ordered_and_walked(place: &Place) {
    let world = world(place);
    run_sql(&world, BREAKS[14].2);
    let ids = |path: &str| -> Vec<String> {
        let list = world.get(path).expect(200).json();
        let rows = list["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids("/checks");
    assert_eq!(ids("/checks?filter[result]=fail"), ["metrics-follow-credits"]);
    assert_eq!(ids("/checks?filter[result][not_eq]=fail").len(), Check::ALL.len() - 1);
    assert_eq!(ids("/checks?filter[id]=slices-sum,trigger-once"), ["slices-sum", "trigger-once"]);
    assert_eq!(ids("/checks?filter[id]=slices-sum&filter[result]=fail"), [""; 0]);
    let mut down = all.clone();
    down.reverse();
    assert_eq!(ids("/checks?sort=-id"), down);
    assert_eq!(ids("/checks?sort=result,-id")[0], "metrics-follow-credits");
    assert_eq!(ids("/checks?page[size]=2&page[number]=2"), all[2..4]);
    let mut walked = Vec::new();
    let mut next = Some("/checks?sort=-result&page[after]=&page[size]=4".to_owned());
    while let Some(path) = next {
        walked.extend(ids(&path));
        let links = world.get(&path).json()["links"].clone();
        next = links["next"].as_str().map(|next| next.split_once("/api/v2").unwrap().1.to_owned());
    }
    assert_eq!(walked, ids("/checks?sort=-result"));
    let back = world.get("/checks?page[before]=&page[size]=2").expect(200).json();
    assert_eq!(back["data"][0]["id"], all[all.len() - 2], "{back}");
    for path in ["/checks?filter[id]=x", "/checks?filter[left]=1", "/checks?sort=left"] {
        world.get(path).expect(400);
    }
    for path in ["/checks/x", "/checks/1", "/checks/Slices-Sum", "/checks/slices-sum/x"] {
        assert_eq!(complaints(&world.get(path).expect(404)), ["404"], "{path}");
    }
    world.get("/checks/slices-sum?fields[checks]=result").expect(200);
}
