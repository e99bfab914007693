//! The journal of a transaction: the events of its writes are inserted with it, in the order of the
//! writes, and undone with it.

use apportion_store::{Actor, Error, PersonId, Scope, Session, Tenant};
use apportion_testing::Place;

use crate::support::rows::{self, delete_deal, event_count, insert_deal, rename_deal};
use crate::support::{World, instant, number, texts, try_run};

apportion_testing::cases! {
    with_the_transaction, at_once_without_one, undone_with_the_transaction,
    undone_with_an_inner_one, kept_with_an_inner_one_until_the_outer_ends, of_many_rows,
    of_many_inner_transactions, of_two_tenants, who_it_was, never_changed,
    an_event_that_cannot_be_kept_undoes_the_write
}

/// Returns the actions on the deals of a tenant, in the order of the events.
fn story(session: &mut Session, scope: Scope) -> Vec<String> {
    texts(
        &mut Tenant::new(scope, session),
        &format!(
            "SELECT action || ' ' || CAST(subject_id AS TEXT) FROM events \
             WHERE organization_id = {} AND subject_type = 'deals' ORDER BY id",
            scope.organization
        ),
    )
}

fn with_the_transaction(place: &Place) {
    let world = World::make(place);
    let (mut session, mut observer) = (world.session(), world.session());
    let mut tenant = Tenant::new(world.ours, &mut session);
    let written = tenant.transaction(|tenant| {
        let [one, two] = [insert_deal(tenant, "one")?, insert_deal(tenant, "two")?];
        rename_deal(tenant, two, "three")?;
        delete_deal(tenant, one)?;
        rename_deal(tenant, two, "four")?;
        assert!(story(&mut observer, world.ours).is_empty());
        Ok::<_, Error>([one, two])
    });
    let [one, two] = written.unwrap();
    let expected = [
        format!("create {one}"),
        format!("create {two}"),
        format!("update {two}"),
        format!("delete {one}"),
        format!("update {two}"),
    ];
    assert_eq!(story(&mut observer, world.ours), expected);
    let versions = "SELECT COALESCE(CAST(version_before AS TEXT), '-') || \
                    COALESCE(CAST(version_after AS TEXT), '-') FROM events \
                    WHERE organization_id = 1 AND subject_type = 'deals' ORDER BY id";
    let versions = texts(&mut Tenant::new(world.ours, &mut observer), versions);
    assert_eq!(versions, ["-1", "-1", "12", "1-", "23"]);
}

fn at_once_without_one(place: &Place) {
    let world = World::make(place);
    let (mut session, mut observer) = (world.session(), world.session());
    let id = insert_deal(&mut Tenant::new(world.ours, &mut session), "one").unwrap();
    assert_eq!(story(&mut observer, world.ours), [format!("create {id}")]);
}

fn undone_with_the_transaction(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let before = event_count(&mut Tenant::new(world.ours, &mut session));
    for inner in [false, true] {
        let mut tenant = Tenant::new(world.ours, &mut session);
        let undone = tenant.transaction(|tenant| {
            insert_deal(tenant, "one")?;
            if inner {
                tenant.transaction(|tenant| insert_deal(tenant, "two"))?;
            }
            Err::<(), _>(Error::Duplicate)
        });
        assert!(matches!(undone, Err(Error::Duplicate)));
    }
    assert!(story(&mut session, world.ours).is_empty());
    // Nor does the next transaction bring along what was undone.
    let mut tenant = Tenant::new(world.ours, &mut session);
    let id = tenant.transaction(|tenant| insert_deal(tenant, "three")).unwrap();
    assert_eq!(story(&mut session, world.ours), [format!("create {id}")]);
    assert_eq!(event_count(&mut Tenant::new(world.ours, &mut session)), before + 1);
}

fn undone_with_an_inner_one(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let kept = tenant.transaction(|tenant| {
        let one = insert_deal(tenant, "one")?;
        let undone = tenant.transaction(|tenant| {
            insert_deal(tenant, "lost")?;
            tenant.transaction(|tenant| insert_deal(tenant, "lost too"))?;
            rename_deal(tenant, one, "lost")?;
            Err::<(), _>(Error::Duplicate)
        });
        assert!(undone.is_err());
        let two = tenant.transaction(|tenant| insert_deal(tenant, "two"))?;
        rename_deal(tenant, one, "three")?;
        Ok::<_, Error>([one, two])
    });
    let [one, two] = kept.unwrap();
    let expected = [format!("create {one}"), format!("create {two}"), format!("update {one}")];
    assert_eq!(story(&mut session, world.ours), expected);
    let mut tenant = Tenant::new(world.ours, &mut session);
    assert_eq!(rows::deal_names(&mut tenant).unwrap(), ["three", "two"]);
}

fn kept_with_an_inner_one_until_the_outer_ends(place: &Place) {
    let world = World::make(place);
    let (mut session, mut observer) = (world.session(), world.session());
    let mut tenant = Tenant::new(world.ours, &mut session);
    tenant
        .transaction(|tenant| {
            tenant.transaction(|tenant| insert_deal(tenant, "one"))?;
            assert!(story(&mut observer, world.ours).is_empty());
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(story(&mut observer, world.ours).len(), 1);
}

/// Notes updates of deals with these ids, which need not exist.
fn note(tenant: &mut Tenant<'_>, ids: std::ops::Range<i64>) -> Result<(), Error> {
    for id in ids {
        tenant.record_update("deals", id, 2, instant(0))?;
    }
    Ok(())
}

/// Around the powers of two, and around the most rows that one statement inserts.
fn of_many_rows(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let (mut expected, mut first) = (Vec::new(), 1);
    for length in [1, 2, 3, 4, 7, 8, 9, 255, 511, 512, 513, 1023, 1024, 1025, 1537] {
        let mut tenant = Tenant::new(world.ours, &mut session);
        tenant.transaction(|tenant| note(tenant, first..first + length)).unwrap();
        expected.extend((first..first + length).map(|id| format!("update {id}")));
        first += length;
        assert_eq!(story(&mut session, world.ours), expected, "after {length}");
    }
    let mut tenant = Tenant::new(world.ours, &mut session);
    assert_eq!(event_count(&mut tenant), expected.len() as i64 + 1);
}

/// A long transaction of many inner ones does not hold all of its events until its end. What it
/// inserted before is undone with it all the same.
fn of_many_inner_transactions(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    for keep in [false, true] {
        let mut tenant = Tenant::new(world.ours, &mut session);
        let done = tenant.transaction(|tenant| {
            for start in 0..130 {
                let ids = start * 10..start * 10 + 10;
                let undone = tenant.transaction(|tenant| {
                    note(tenant, 9_000..9_003)?;
                    Err::<(), _>(Error::Duplicate)
                });
                assert!(undone.is_err());
                tenant.transaction(|tenant| note(tenant, ids))?;
            }
            if keep { Ok(()) } else { Err(Error::Duplicate) }
        });
        assert_eq!(done.is_ok(), keep);
        let expected: Vec<_> =
            (0..if keep { 1300 } else { 0 }).map(|id| format!("update {id}")).collect();
        assert_eq!(story(&mut session, world.ours), expected);
    }
}

fn of_two_tenants(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut expected = [Vec::new(), Vec::new()];
    session
        .transaction(|session| {
            for turn in 0..7 {
                let at = turn % 2;
                let scope = [world.theirs, world.ours][at];
                let id = insert_deal(&mut Tenant::new(scope, session), "D")?;
                expected[at].push(format!("create {id}"));
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    assert_eq!(story(&mut session, world.theirs), expected[0]);
    assert_eq!(story(&mut session, world.ours), expected[1]);
    for (scope, events) in [(world.theirs, 5), (world.ours, 4)] {
        assert_eq!(event_count(&mut Tenant::new(scope, &mut session)), events);
    }
}

fn who_it_was(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let person = rows::insert_person(&mut Tenant::new(world.ours, &mut session), "P").unwrap();
    let request = uuid::Uuid::from_u128(0x0123_4567_89ab_cdef);
    let scope = Scope {
        person: Some(PersonId(person)),
        token: Some(77.into()),
        actor: Some(Actor::new("auth0|\u{e4}").unwrap()),
        request: Some(request),
        ..world.ours
    };
    insert_deal(&mut Tenant::new(scope, &mut session), "D").unwrap();
    insert_deal(&mut Tenant::new(world.ours, &mut session), "E").unwrap();
    let said = texts(
        &mut Tenant::new(world.ours, &mut session),
        "SELECT COALESCE(CAST(person_id AS TEXT), '-') || ' ' || \
         COALESCE(CAST(token_id AS TEXT), '-') || ' ' || COALESCE(actor, '-') || ' ' || \
         COALESCE(request_id, '-') FROM events \
         WHERE organization_id = 1 AND subject_type = 'deals' ORDER BY id",
    );
    assert_eq!(said, [format!("{person} 77 auth0|\u{e4} {request}"), "- - - -".to_owned()]);
}

fn never_changed(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    insert_deal(&mut tenant, "D").unwrap();
    for write in ["UPDATE events SET action = 'delete'", "DELETE FROM events"] {
        let refusal = try_run(&mut tenant, write).unwrap_err().to_string();
        assert!(refusal.contains("events are"), "{refusal}");
    }
    assert_eq!(number(&mut tenant, "SELECT COUNT(*) FROM events WHERE organization_id = 1"), 2);
}

fn an_event_that_cannot_be_kept_undoes_the_write(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let nobody = crate::support::scope(99);
    let undone = session.transaction(|session| {
        insert_deal(&mut Tenant::new(world.ours, session), "D")?;
        // There is no such tenant for the event to be of.
        note(&mut Tenant::new(nobody, session), 1..2)
    });
    assert!(matches!(undone, Err(Error::Referenced)), "{undone:?}");
    assert!(story(&mut session, world.ours).is_empty());
    let mut tenant = Tenant::new(world.ours, &mut session);
    assert!(rows::deal_names(&mut tenant).unwrap().is_empty());
    // The session goes on.
    insert_deal(&mut tenant, "E").unwrap();
    assert_eq!(rows::deal_names(&mut tenant).unwrap(), ["E"]);
}
