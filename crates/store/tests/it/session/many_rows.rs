//! Many rows in few statements: inserted in their order with ids of their own, counted, found by
//! their names, locked and updated, each with its event in the order of the writes.

use apportion_store::{Error, Named, Session, Tenant, deal};
use apportion_testing::Place;

use crate::support::rows::{
    deal_names, deal_total, event_count, insert_deal, insert_deals, insert_distribution, lock_deal,
    raise_deals, rename_deal,
};
use crate::support::{World, texts};

apportion_testing::cases! {
    rows_keep_their_order, events_keep_their_order, undone_with_an_inner_transaction,
    found_by_their_names, locked_and_updated;
    postgres: locks_let_others_refer
}

/// More than a statement holds, and no power of two.
const MANY: usize = 1_237;

fn names() -> Vec<String> {
    (0..MANY).map(|at| format!("Deal {}", at * 617 % MANY)).collect()
}

fn insert_all(tenant: &mut Tenant<'_>) -> Vec<i64> {
    let names = names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    tenant.transaction(|tenant| insert_deals(tenant, &names)).unwrap()
}

fn rows_keep_their_order(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let (names, total, events) =
        (deal_names(&mut ours).unwrap(), deal_total(&mut ours).unwrap(), event_count(&mut ours));
    let before = insert_deal(&mut ours, "Before").unwrap();
    let ids = insert_all(&mut ours);
    let after = insert_deal(&mut ours, "After").unwrap();
    assert_eq!(ids.len(), MANY);
    assert!(before < ids[0] && ids.is_sorted() && ids[MANY - 1] < after);
    let expected = names.into_iter().chain(["Before".to_owned()]).chain(self::names());
    let expected: Vec<String> = expected.chain(["After".to_owned()]).collect();
    assert_eq!(deal_names(&mut ours).unwrap(), expected);
    assert_eq!(deal_total(&mut ours).unwrap(), total + MANY as i64 + 2);
    assert_eq!(event_count(&mut ours), events + MANY as i64 + 2);
    assert_eq!(insert_deals(&mut ours, &[]).unwrap(), [0; 0]);
}

/// Returns the events of deals after the first `skipped`.
fn story(session: &mut Session, world: &World, skipped: usize) -> Vec<String> {
    let query = "SELECT action || ' ' || CAST(subject_id AS TEXT) || ' ' || \
                 COALESCE(CAST(version_before AS TEXT), '-') || ' ' || \
                 CAST(version_after AS TEXT) FROM events \
                 WHERE organization_id = 1 AND subject_type = 'deals' ORDER BY id";
    texts(&mut Tenant::new(world.ours, session), query).split_off(skipped)
}

fn events_keep_their_order(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let known = story(&mut session, &world, 0).len();
    for is_inner in [false, true] {
        let skipped = story(&mut session, &world, 0).len();
        assert_eq!(skipped, known + usize::from(is_inner) * 7);
        let mut ours = Tenant::new(world.ours, &mut session);
        let work = |tenant: &mut Tenant<'_>| {
            let first = insert_deal(tenant, "First")?;
            let [one, two] = insert_deals(tenant, &["One", "Two"])?[..] else { panic!() };
            rename_deal(tenant, first, "Renamed")?;
            raise_deals(tenant, &[(one, 1), (first, 2)], 7)?;
            rename_deal(tenant, two, "Renamed")?;
            Ok::<_, Error>([first, one, two])
        };
        let ids = ours.transaction(
            |tenant| {
                if is_inner { tenant.transaction(work) } else { work(tenant) }
            },
        );
        let [first, one, two] = ids.unwrap();
        let expected = [
            format!("create {first} - 1"),
            format!("create {one} - 1"),
            format!("create {two} - 1"),
            format!("update {first} 1 2"),
            format!("update {one} 1 2"),
            format!("update {first} 2 3"),
            format!("update {two} 1 2"),
        ];
        assert_eq!(story(&mut session, &world, skipped), expected);
    }
}

fn undone_with_an_inner_transaction(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let skipped = story(&mut session, &world, 0).len();
    let mut ours = Tenant::new(world.ours, &mut session);
    let kept = ours.transaction(|tenant| {
        let kept = insert_deal(tenant, "Kept")?;
        let undone = tenant.transaction(|tenant| {
            insert_deals(tenant, &["One", "Two"])?;
            Err::<(), _>(Error::Overflow)
        });
        assert!(undone.is_err());
        Ok::<_, Error>(kept)
    });
    let expected = [format!("create {} - 1", kept.unwrap())];
    assert_eq!(story(&mut session, &world, skipped), expected);
}

fn found_by_their_names(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let ids = insert_all(&mut ours);
    let twin = insert_deal(&mut ours, "Deal 0").unwrap();
    let names = names();
    let mut asked: Vec<&str> = names.iter().map(String::as_str).collect();
    asked.extend(["deal 0", "theirs", "", "Deal 0 ", "Dea% 0"]);
    let found = deal::find_by_names(&mut ours, &asked).unwrap();
    assert_eq!(found.len(), MANY);
    assert_eq!(found["Deal 0"], Named { first: ids[0], last: twin });
    for (id, name) in ids.iter().zip(&names).skip(1) {
        assert_eq!(found[name], Named { first: *id, last: *id }, "{name}");
    }
    assert!(deal::find_by_names(&mut ours, &[]).unwrap().is_empty());
}

fn locked_and_updated(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let ids = insert_all(&mut ours);
    let mut asked = ids.clone();
    asked.push(ids[MANY - 1] + 1_000);
    let locked = ours.transaction(|tenant| {
        let locked = deal::lock_many(tenant, &asked)?;
        raise_deals(tenant, &locked, 42)?;
        Ok::<_, Error>(locked)
    });
    let expected: Vec<(i64, i64)> = ids.iter().map(|id| (*id, 1)).collect();
    assert_eq!(locked.unwrap(), expected);
    let again = ours.transaction(|tenant| deal::lock_many(tenant, &ids)).unwrap();
    assert!(again.iter().all(|(_, version)| *version == 2));
    let query = "SELECT CAST(COUNT(*) AS TEXT) FROM deals WHERE distributed_amount = 42 \
                 AND version = 2 AND organization_id = 1";
    assert_eq!(texts(&mut ours, query), [MANY.to_string()]);
    let mut theirs = Tenant::new(world.theirs, &mut session);
    assert!(theirs.transaction(|tenant| deal::lock_many(tenant, &ids)).unwrap().is_empty());
}

/// A lock keeps out others that lock the row, but not those that refer to it. SQLite has one
/// writer.
fn locks_let_others_refer(place: &Place) {
    let world = World::make(place);
    let (mut session, mut other) = (world.session(), world.session());
    let mut ours = Tenant::new(world.ours, &mut session);
    let id = insert_deal(&mut ours, "Locked").unwrap();
    let mut others = Tenant::new(world.ours, &mut other);
    ours.transaction(|tenant| {
        lock_deal(tenant, id)?;
        deal::lock_many(tenant, &[id])?;
        insert_distribution(&mut others, id, 1)?;
        // It waits for the lock until its patience ends.
        let waited = others.transaction(|tenant| lock_deal(tenant, id));
        assert!(matches!(waited, Err(Error::Interrupted(_))), "{waited:?}");
        Ok::<_, Error>(())
    })
    .unwrap();
}
