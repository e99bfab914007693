//! Foreign keys carry the tenant along, so that no row refers to a row of another tenant, whatever
//! a statement says.

use apportion_store::{Error, Tenant};
use apportion_testing::Place;

use crate::support::fill::fill;
use crate::support::rows::{insert_deal, insert_distribution, insert_person};
use crate::support::{World, catalog, number, try_run};

apportion_testing::cases! {
    every_link_is_a_key, keys_name_the_tenant, links_across_tenants_are_refused, by_the_store
}

const OURS: i64 = 101;
const THEIRS: i64 = 202;

/// The key's own column besides the tenant's, for keys that refer to rows of the tenant.
fn linking_column(key: &catalog::ForeignKey) -> Option<&str> {
    let mut others = key.columns.iter().filter(|(from, _)| from != "organization_id");
    others.next().map(|(from, _)| from.as_str())
}

/// Ids in events are of what may be gone by then; one of them is not even of a row. External ids
/// are of something elsewhere.
fn may_refer_to_nothing(table: &str, column: &str) -> bool {
    let is_of_event = table == "events" && column != "organization_id";
    is_of_event || (table, column) == COUNTED || column == "external_id"
}

/// The column of the changes of row counts, which has no key so that writers do not wait.
const COUNTED: (&str, &str) = ("row_count_deltas", "organization_id");

fn every_link_is_a_key(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let keys = catalog::foreign_keys(&mut ours, place.backend);
    for (table, columns) in catalog::columns(&mut ours, place.backend) {
        for column in columns.iter().filter(|column| column.name.ends_with("_id")) {
            let mut own = keys.iter().filter(|key| key.table == table);
            let linked = own.any(|key| key.columns.iter().any(|(from, _)| *from == column.name));
            let free = may_refer_to_nothing(&table, &column.name);
            assert_eq!(linked, !free, "{table}.{}", column.name);
        }
    }
}

fn keys_name_the_tenant(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let keys = catalog::foreign_keys(&mut ours, place.backend);
    assert!(keys.len() > 25, "{} keys", keys.len());
    for key in keys {
        let owner = if key.referenced == "organizations" { "id" } else { "organization_id" };
        let owned = ("organization_id".to_owned(), owner.to_owned());
        assert!(key.columns.contains(&owned), "{key:?}");
        let linked = key.columns.iter().filter(|(from, _)| from != "organization_id");
        assert!(linked.clone().all(|(_, to)| to == "id"), "{key:?}");
        assert_eq!(linked.count(), usize::from(key.referenced != "organizations"), "{key:?}");
    }
}

fn links_across_tenants_are_refused(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    fill(&mut session, world.ours, OURS);
    fill(&mut session, world.theirs, THEIRS);
    let keys = catalog::foreign_keys(&mut Tenant::new(world.ours, &mut session), place.backend);
    let mut refused = 0;
    for key in keys {
        let Some(column) = linking_column(&key) else { continue };
        let (table, organization) = (&key.table, world.ours.organization);
        let link = |id: i64| {
            format!("UPDATE {table} SET {column} = {id} WHERE organization_id = {organization}")
        };
        let mut ours = Tenant::new(world.ours, &mut session);
        let rows = format!("SELECT COUNT(*) FROM {table} WHERE organization_id = {organization}");
        assert_eq!(number(&mut ours, &rows), 1, "{table}");
        // Some keys are looked at when the transaction ends.
        let own = ours.transaction(|tenant| try_run(tenant, &link(OURS)));
        assert!(own.is_ok(), "{key:?}: {own:?}");
        for (id, whose) in [(THEIRS, "another tenant's"), (9_999, "nobody's")] {
            let linked = ours.transaction(|tenant| try_run(tenant, &link(id)));
            assert!(matches!(linked, Err(Error::Referenced)), "{whose}: {key:?}: {linked:?}");
        }
        refused += 1;
    }
    assert!(refused > 15, "{refused} keys");
}

fn by_the_store(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut theirs = Tenant::new(world.theirs, &mut session);
    // More of theirs, so that the last ids are not ours too.
    let deal = (0..3).map(|_| insert_deal(&mut theirs, "D").unwrap()).max().unwrap();
    let person = (0..3).map(|_| insert_person(&mut theirs, "P").unwrap()).max().unwrap();
    let mut ours = Tenant::new(world.ours, &mut session);
    let spread = ours.transaction(|tenant| insert_distribution(tenant, deal, 1));
    assert!(matches!(spread, Err(Error::Referenced)), "{spread:?}");
    // The person who acts becomes the creator.
    let stranger = apportion_store::PersonId(person);
    let scope = apportion_store::Scope { person: Some(stranger), ..world.ours };
    let made = Tenant::new(scope, &mut session).transaction(|tenant| insert_deal(tenant, "D"));
    assert!(matches!(made, Err(Error::Referenced)), "{made:?}");
    let mut ours = Tenant::new(world.ours, &mut session);
    let own = insert_deal(&mut ours, "D").unwrap();
    insert_distribution(&mut ours, own, 1).unwrap();
    let gone = ours.transaction(|tenant| crate::support::rows::delete_deal(tenant, own));
    assert!(matches!(gone, Err(Error::Referenced)), "{gone:?}");
}
