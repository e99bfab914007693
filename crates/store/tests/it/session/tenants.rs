//! A tenant sees its own rows and no others, and writes under no other name: by the conditions of
//! every statement on both databases, and by row-level security on PostgreSQL. Not here: sessions
//! that go from one tenant to another (`switches`).

use apportion_store::{Error, Tenant, ledger};
use apportion_testing::{Backend, Place};

use crate::support::fill::fill;
use crate::support::rows::{self, insert_deal, insert_distribution};
use crate::support::{World, as_superuser, catalog, count, number, run, texts, try_run};

apportion_testing::cases! {
    its_rows_and_no_others, what_is_another_tenants_is_not_there, every_table_is_the_tenants;
    postgres: raw_sql_sees_one_tenant, no_writing_in_another_name, nobody_sees_nothing
}

/// Whether a table is of the database as a whole, and nothing in it is a tenant's.
fn is_nobodys(table: &str) -> bool {
    ["__diesel_schema_migrations", "migration_lock"].contains(&table)
        || table.starts_with("sqlite_")
}

fn its_rows_and_no_others(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    for (scope, names) in [(world.ours, ["a", "b"]), (world.theirs, ["c", "d"])] {
        let mut tenant = Tenant::new(scope, &mut session);
        for name in names {
            let deal = insert_deal(&mut tenant, name).unwrap();
            insert_distribution(&mut tenant, deal, 100).unwrap();
        }
    }
    for (scope, name, names) in
        [(world.ours, "Ours", ["a", "b"]), (world.theirs, "Theirs", ["c", "d"])]
    {
        let mut tenant = Tenant::new(scope, &mut session);
        assert_eq!(rows::organization_name(&mut tenant).as_deref(), Some(name));
        assert_eq!(rows::deal_names(&mut tenant).unwrap(), names);
        assert_eq!(rows::deal_total(&mut tenant).unwrap(), 2);
        // Two deals and two distributions; and the tenant itself.
        assert_eq!(rows::event_count(&mut tenant), 5);
        let ledger = ledger(&mut tenant).unwrap();
        let entries = ledger.parts(1)[0].deals().flatten().collect::<Vec<_>>();
        assert_eq!(entries.len(), 2);
        assert!(entries.iter().all(|entry| entry.organization == scope.organization.0));
    }
}

/// An id of another tenant is an id of nothing.
fn what_is_another_tenants_is_not_there(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut theirs = Tenant::new(world.theirs, &mut session);
    // Ids are the tenant's own on PostgreSQL, so that both tenants could have the same.
    let foreign = (0..5).map(|_| insert_deal(&mut theirs, "theirs").unwrap()).max().unwrap();
    let mut ours = Tenant::new(world.ours, &mut session);
    let own = insert_deal(&mut ours, "ours").unwrap();
    assert_ne!(own, foreign);
    assert_eq!(rows::lock_deal(&mut ours, foreign).unwrap(), None);
    assert_eq!(rows::deal_names_by(&mut ours, &[own, foreign]).unwrap(), ["ours"]);
    assert!(rows::rename_deal(&mut ours, foreign, "taken").is_err());
    assert!(rows::raise_deal(&mut ours, foreign).is_err());
    assert!(rows::delete_deal(&mut ours, foreign).is_err());
    assert!(insert_distribution(&mut ours, foreign, 1).is_err());
    let mut theirs = Tenant::new(world.theirs, &mut session);
    assert_eq!(rows::deal_names(&mut theirs).unwrap(), ["theirs"; 5]);
    assert_eq!(number(&mut theirs, "SELECT MAX(version) FROM deals WHERE name = 'theirs'"), 1);
}

/// A table that is added later has a tenant too, and a policy on PostgreSQL.
fn every_table_is_the_tenants(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let tables = catalog::columns(&mut ours, place.backend);
    assert!(tables.len() > 15, "{} tables", tables.len());
    for (table, columns) in tables {
        let owned = columns.iter().any(|column| column.name == "organization_id");
        let own = owned || table == "organizations";
        assert_eq!(own, !is_nobodys(&table), "{table}");
    }
    if place.backend == Backend::Postgres {
        let open = texts(
            &mut ours,
            "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' \
             AND relnamespace = CAST('public' AS regnamespace) \
             AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname",
        );
        assert_eq!(open, ["__diesel_schema_migrations", "migration_lock"]);
    }
}

/// The tables that hold rows of tenants, with at least one row of each tenant.
fn filled(world: &World) -> Vec<String> {
    let mut session = world.session();
    fill(&mut session, world.ours, 101);
    fill(&mut session, world.theirs, 202);
    let mut ours = Tenant::new(world.ours, &mut session);
    let tables = catalog::columns(&mut ours, Backend::Postgres);
    tables.into_keys().filter(|table| !is_nobodys(table)).collect()
}

fn owner(table: &str) -> &str {
    if table == "organizations" { "id" } else { "organization_id" }
}

fn raw_sql_sees_one_tenant(place: &Place) {
    let world = World::make(place);
    let tables = filled(&world);
    let mut session = world.session();
    let owners = |table: &String| format!("SELECT DISTINCT {} FROM {table}", owner(table));
    let of_table =
        |table: &String| format!("SELECT '{table}', o FROM ({}) AS x (o)", owners(table));
    let of_all: Vec<String> = tables.iter().map(of_table).collect();
    let all = as_superuser(place, &format!("{} ORDER BY 1, 2", of_all.join(" UNION ALL ")));
    let filled: Vec<String> =
        tables.iter().flat_map(|table| [1, 2].map(|owner| format!("{table}|{owner}"))).collect();
    assert_eq!(all.lines().collect::<Vec<_>>(), filled, "every table has rows of both");
    for table in &tables {
        let owners = owners(table);
        for scope in [world.ours, world.theirs, world.ours] {
            let mut tenant = Tenant::new(scope, &mut session);
            assert_eq!(number(&mut tenant, &owners), scope.organization.0, "{table}");
            let mut inside = Vec::new();
            tenant
                .snapshot(|tenant| {
                    inside =
                        texts(tenant, &format!("SELECT CAST(o AS TEXT) FROM ({owners}) AS x (o)"));
                    Ok::<_, Error>(())
                })
                .unwrap();
            assert_eq!(inside, [scope.organization.to_string()], "{table}");
        }
    }
}

fn no_writing_in_another_name(place: &Place) {
    let world = World::make(place);
    let tables = filled(&world);
    let before =
        as_superuser(place, "SELECT md5(string_agg(d::text, '' ORDER BY id)) FROM deals d");
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    // What is there is out of reach.
    for table in tables.iter().filter(|table| *table != "events") {
        let key = owner(table);
        let writes = [
            format!("UPDATE {table} SET {key} = {key} WHERE {key} = 2 RETURNING {key}"),
            format!("DELETE FROM {table} WHERE {key} = 2 RETURNING {key}"),
        ];
        for write in writes {
            let written = format!("WITH written (x) AS ({write}) SELECT COUNT(*) FROM written");
            assert_eq!(number(&mut ours, &written), 0, "{write}");
        }
    }
    // What is not there cannot be made theirs.
    for write in [
        "INSERT INTO people (organization_id, first_name, last_name, created_at, updated_at) \
         VALUES (2, 'A', 'B', '2025-01-01', '2025-01-01')",
        "UPDATE people SET organization_id = 2",
        "INSERT INTO row_count_deltas (organization_id, table_name, delta) VALUES (2, 'deals', 1)",
        "UPDATE row_count_deltas SET organization_id = 2",
    ] {
        let refusal = try_run(&mut ours, write).unwrap_err();
        assert!(matches!(refusal, Error::Query(_)), "{write}: {refusal}");
        // In the languages of the gate.
        let words = ["row-level security", "Sicherheit auf Zeilenebene"];
        let refusal = refusal.to_string();
        assert!(words.iter().any(|words| refusal.contains(words)), "{write}: {refusal}");
    }
    let after = as_superuser(place, "SELECT md5(string_agg(d::text, '' ORDER BY id)) FROM deals d");
    assert_eq!(before, after);
}

/// A connection on which no tenant was set yet, such as that of `psql`, sees no rows at all.
fn nobody_sees_nothing(place: &Place) {
    let world = World::make(place);
    let cluster = place.cluster().unwrap();
    let tables = filled(&world);
    let counts: Vec<String> =
        tables.iter().map(|table| format!("(SELECT COUNT(*) FROM {table})")).collect();
    let counts = format!("SELECT {}", counts.join(", "));
    assert_eq!(cluster.query(&place.url, &counts), vec!["0"; tables.len()].join("|"));
    let all = as_superuser(place, &counts);
    assert!(all.split('|').all(|count| count != "0"), "{all}");
    // Neither does a tenant that does not exist, nor a name that is no number.
    let mut session = world.session();
    let mut nobody = Tenant::new(crate::support::scope(99), &mut session);
    assert_eq!(count(&mut nobody, "deals"), 0);
    assert_eq!(number(&mut nobody, "SELECT COUNT(*) FROM deals"), 0);
    run(&mut nobody, "SELECT 1");
}
