//! The second wall between organizations: PostgreSQL's row-level security, queried past the
//! service, and connections that the service uses for one organization after another.

use std::sync::atomic::{AtomicUsize, Ordering};

use apportion_testing::Place;
use serde_json::json;

use crate::support::resources::person;
use crate::support::rows::payouts;
use crate::support::world::{World, document, stored_types};

apportion_testing::cases! {
    organizations_taking_turns_see_their_own, writers_taking_turns_see_their_own;
    postgres: rows_are_hidden_by_the_database, every_table_has_forced_policies,
        links_across_are_refused, a_rollback_forgets_the_organization,
        foreign_rows_cannot_be_written
}

/// Every table, and the SQL that gives each organization a row in it where no request does.
const TABLES: &[(&str, &str)] = &[
    ("allocations", ""),
    ("collaborators", ""),
    ("deals", ""),
    ("distribution_refunds", ""),
    ("distributions", ""),
    ("distributor_collaborators", ""),
    ("distributor_deals", ""),
    ("distributors", ""),
    ("events", ""),
    (
        "idempotency_keys",
        "(organization_id, method, path, idempotency_key, request_hash, created_at)
            SELECT id, 'POST', '/', 'k', '', now() FROM organizations",
    ),
    (
        "imports",
        "(organization_id, subject_type, digest, repetition, row_count, created_at)
            SELECT id, 'deals', '', 0, 1, now() FROM organizations",
    ),
    ("metric_credits", ""),
    ("metrics", ""),
    ("obligations", ""),
    ("organizations", ""),
    ("people", ""),
    ("revenue_distributions", ""),
    (
        "row_count_deltas",
        "(organization_id, table_name, delta) SELECT id, 'x', 0 FROM organizations",
    ),
    ("row_counts", "SELECT id, 'x', 0 FROM organizations"),
    ("settlements", ""),
    ("tokens", ""),
];

/// Makes rows in every table for both organizations.
fn world(place: &Place) -> World {
    let world = World::start(place);
    person(&world);
    world.spread(&world.deal("ours", 100), "2025-01-01", "2025-01-01", "1");
    let make =
        |path: &str, body| world.request_as(&world.stranger, "POST", path, Some(&body)).expect(201);
    make("/people", document("people", json!({"first_name": "T", "last_name": "T"}), &[]));
    make("/deals", document("deals", json!({"name": "theirs"}), &[]));
    let days = json!({"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "1"});
    make(
        "/revenue_distributions",
        document("revenue_distributions", days, &[("deal", "deals", "2")]),
    );
    payouts::fill(&world, (&world.token, world.organization), "1");
    payouts::fill(&world, (&world.stranger, world.other), "2");
    world
}

/// Runs statements in one transaction, since a pooler may give the next to another session.
fn psql(place: &Place, sql: &str) -> Result<String, String> {
    place.cluster().unwrap().try_query(&place.url, &format!("BEGIN; {sql}; COMMIT"))
}

/// Returns the ids of the organizations whose rows a statement finds in a table.
fn seen(place: &Place, set: &str, table: &str) -> String {
    let column = if table == "organizations" { "id" } else { "organization_id" };
    let sql = format!("{set} SELECT DISTINCT {column} FROM {table} ORDER BY 1");
    psql(place, &sql).unwrap().lines().collect::<Vec<_>>().join(",")
}

const OURS: &str = "SET LOCAL apportion.organization_id = '1';";
const THEIRS: &str = "SET LOCAL apportion.organization_id = '2';";

fn rows_are_hidden_by_the_database(place: &Place) {
    // The server is stopped first: now and then it folds counts from one table into another.
    drop(world(place));
    for (table, row) in TABLES {
        if !row.is_empty() {
            let sql = format!("SET LOCAL apportion.mode = 'engine'; INSERT INTO {table} {row}");
            psql(place, &sql).unwrap();
        }
        let check = |set: &str, expected: &str| {
            assert_eq!(seen(place, set, table), expected, "{table}: {set}")
        };
        check("", "");
        check(OURS, "1");
        check(THEIRS, "2");
        check("SET LOCAL apportion.organization_id = '999';", "");
        check("SET LOCAL apportion.organization_id = '';", "");
        check("SET LOCAL apportion.mode = 'engine';", "1,2");
        check("SET LOCAL apportion.mode = 'other';", "");
        check("SET LOCAL apportion.mode = ''; SET LOCAL apportion.organization_id = '1';", "1");
        // A setting that cannot be parsed is an error, and never shows all rows.
        assert!(
            psql(
                place,
                &format!("SET LOCAL apportion.organization_id = 'x'; SELECT * FROM {table}")
            )
            .is_err()
        );
    }
}

fn every_table_has_forced_policies(place: &Place) {
    World::start(place);
    // These tables hold the state of the schema and belong to no organization.
    let tables = "SELECT relname FROM pg_class WHERE relkind = 'r' \
        AND relnamespace = 'public'::regnamespace \
        AND relname NOT IN ('__diesel_schema_migrations', 'migration_lock')";
    let bare = format!("{tables} AND NOT (relrowsecurity AND relforcerowsecurity)");
    assert_eq!(psql(place, &bare).unwrap(), "");
    let all = psql(place, &format!("{tables} ORDER BY relname")).unwrap();
    let known: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(all.lines().collect::<Vec<_>>(), known, "a new table belongs in TABLES");
    // Row-level security applies to this role.
    let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    assert_eq!(psql(place, sql).unwrap(), "f");
    for resource in stored_types() {
        assert!(known.contains(&resource.name), "{}", resource.name);
    }
}

/// Foreign keys include the organization, so that not even engine mode can link rows of two.
fn links_across_are_refused(place: &Place) {
    drop(world(place));
    let refused = |sql: &str| {
        let error =
            psql(place, &format!("SET LOCAL apportion.mode = 'engine'; {sql}")).unwrap_err();
        assert!(error.contains("violates foreign key constraint"), "{sql}: {error}");
    };
    refused("UPDATE revenue_distributions SET deal_id = 2 WHERE id = 1");
    refused("UPDATE revenue_distributions SET creator_id = 2 WHERE id = 1");
    refused("UPDATE revenue_distributions SET organization_id = 2 WHERE id = 1");
    refused("UPDATE deals SET creator_id = 2 WHERE id = 1");
    refused("UPDATE deals SET organization_id = 2 WHERE id = 1");
    refused("UPDATE tokens SET person_id = 2 WHERE organization_id = 1");
    refused("UPDATE deals SET organization_id = 9 WHERE id = 1");
    for (table, key, target) in [
        ("allocations", "collaborator_id", "collaborators"),
        ("allocations", "distribution_id", "distributions"),
        ("allocations", "obligation_id", "obligations"),
        ("distributions", "distributor_id", "distributors"),
        ("distributor_collaborators", "collaborator_id", "collaborators"),
        ("distributor_collaborators", "distributor_id", "distributors"),
        ("distributor_deals", "deal_id", "deals"),
        ("distributor_deals", "distributor_id", "distributors"),
        ("metric_credits", "collaborator_id", "collaborators"),
        ("metric_credits", "creator_id", "people"),
        ("metric_credits", "distributor_id", "distributors"),
        ("metric_credits", "metric_id", "metrics"),
        ("metrics", "collaborator_id", "collaborators"),
        ("metrics", "distribution_id", "distributions"),
        ("metrics", "distributor_id", "distributors"),
        ("obligations", "allocation_id", "allocations"),
        ("obligations", "collaborator_id", "collaborators"),
        ("obligations", "distributor_id", "distributors"),
        ("obligations", "reverses_id", "obligations"),
    ] {
        // Links one row of ours to the last row of the other organization.
        let theirs = format!("(SELECT max(id) FROM {target} WHERE organization_id = 2)");
        let ours = format!("(SELECT ctid FROM {table} WHERE organization_id = 1 LIMIT 1)");
        refused(&format!("UPDATE {table} SET {key} = {theirs} WHERE ctid = {ours}"));
    }
    refused("DELETE FROM deals WHERE id = 1");
    let own = "SET LOCAL apportion.mode = 'engine'; UPDATE deals SET creator_id = 1 WHERE id = 1";
    psql(place, own).unwrap();
}

fn foreign_rows_cannot_be_written(place: &Place) {
    drop(world(place));
    let count = |sql: &str| {
        psql(
            place,
            &format!("{OURS} WITH changed AS ({sql} RETURNING 1) SELECT count(*) FROM changed"),
        )
    };
    assert_eq!(count("UPDATE deals SET name = 'x'").unwrap(), "1");
    assert_eq!(count("UPDATE deals SET name = 'x' WHERE id = 2").unwrap(), "0");
    assert_eq!(count("DELETE FROM revenue_distributions WHERE id = 2").unwrap(), "0");
    let error = count("UPDATE people SET organization_id = 2").unwrap_err();
    assert!(error.contains("row-level security"), "{error}");
    let insert = "INSERT INTO people (organization_id, first_name, last_name, created_at, updated_at) VALUES (2, 'a', 'b', now(), now())";
    let error = count(insert).unwrap_err();
    assert!(error.contains("row-level security"), "{error}");
}

/// A setting ends with its transaction, and a connection sees the same rows after a rollback as
/// before.
fn a_rollback_forgets_the_organization(place: &Place) {
    let world = world(place);
    let sql = "BEGIN; SELECT set_config('apportion.organization_id', '1', false); ROLLBACK; SELECT count(*) FROM deals";
    let seen = psql(place, sql).unwrap();
    assert_eq!(seen.lines().last(), Some("0"));
    // Refused writes roll back on the service's own connections, which both organizations use in
    // turn.
    let refused = document("deals", json!({"name": ""}), &[]);
    let deal = document("deals", json!({"name": "x"}), &[]);
    for turn in 0..200 {
        let (token, other) = if turn % 2 == 0 {
            (&world.token, &world.stranger)
        } else {
            (&world.stranger, &world.token)
        };
        world.request_as(token, "POST", "/deals", Some(&refused)).expect(422);
        world.request_as(other, "GET", "/deals?filter[name]=ours", None).expect(200);
        let own = if turn % 2 == 0 { "/deals/1" } else { "/deals/2" };
        world.request_as(token, "GET", own, None).expect(200);
        world.request_as(other, "PATCH", own, Some(&deal)).expect(404);
        world.request_as(other, "DELETE", own, None).expect(404);
    }
    assert_eq!(world.get("/deals").json()["meta"]["total_count"], 1);
}

/// Many threads of both organizations use one server at once, and none ever sees a row of the
/// other.
fn organizations_taking_turns_see_their_own(place: &Place) {
    let world = world(place);
    let requests = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (world, requests) = (&world, &requests);
            scope.spawn(move || {
                for turn in 0..30 {
                    let ours = (thread + turn) % 2 == 0;
                    let (token, own, name) = if ours {
                        (&world.token, "1", "ours")
                    } else {
                        (&world.stranger, "2", "theirs")
                    };
                    let deals = world
                        .request_as(token, "GET", "/deals?include=revenue_distributions", None)
                        .expect(200)
                        .json();
                    assert_eq!(deals["meta"]["total_count"], 1);
                    assert_eq!(deals["data"][0]["attributes"]["name"], json!(name));
                    assert_eq!(deals["included"].as_array().map(Vec::len), Some(1));
                    assert_eq!(deals["included"][0]["id"], json!(own));
                    let foreign = if ours {
                        "/revenue_distributions/2/deal"
                    } else {
                        "/revenue_distributions/1/deal"
                    };
                    world.request_as(token, "GET", foreign, None).expect(404);
                    requests.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(requests.load(Ordering::Relaxed), 16 * 30);
}

fn writers_taking_turns_see_their_own(place: &Place) {
    let world = world(place);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let world = &world;
            scope.spawn(move || {
                let (token, organization, own, foreign) = if thread % 2 == 0 {
                    (&world.token, "1", "1", "2")
                } else {
                    (&world.stranger, "2", "2", "1")
                };
                for _ in 0..10 {
                    let days = |deal: &str| document("revenue_distributions", json!({"start_on": "2025-01-01", "end_on": "2025-01-02", "amount_percent": "1"}), &[("deal", "deals", deal)]);
                    let path = "/revenue_distributions";
                    let made = world.request_as(token, "POST", path, Some(&days(own))).expect(201).json();
                    let tenant = &made["data"]["relationships"]["organization"]["data"]["id"];
                    assert_eq!(tenant, &json!(organization));
                    world.request_as(token, "POST", path, Some(&days(foreign))).expect(404);
                }
            });
        }
    });
    for token in [&world.token, &world.stranger] {
        let list = world.request_as(token, "GET", "/revenue_distributions", None).json();
        assert_eq!(list["meta"]["total_count"], 81);
        let deals = world.request_as(token, "GET", "/deals", None).json();
        assert_eq!(deals["data"][0]["attributes"]["distributed_percent"], "81.0");
    }
}
