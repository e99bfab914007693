//! A connection goes from tenant to tenant, and shows the rows of the right one, whatever came in
//! between. On PostgreSQL the tenant is a setting of the connection, which the end of a transaction
//! can undo.

use apportion_store::{Error, Limits, Scope, Session, Tenant, fold_totals, token};
use apportion_testing::{Backend, Place};

use crate::support::requester::{block_on, panic_quietly};
use crate::support::rows::{deal_names, deal_names_by, delete_deal, insert_deal};
use crate::support::{DEADLINE, USUAL, World, number, try_run};

apportion_testing::cases! {
    to_and_fro, after_a_rollback, after_an_inner_rollback, after_a_snapshot,
    after_a_snapshot_of_both, after_a_refused_statement, after_a_swallowed_refusal,
    after_everybody, after_a_panic
}

/// Both tenants, one with a deal `a`, the other with two deals `b`.
fn two_tenants(place: &Place) -> World {
    let world = World::make(place);
    let mut session = world.session();
    insert_deal(&mut Tenant::new(world.ours, &mut session), "a").unwrap();
    for _ in 0..2 {
        insert_deal(&mut Tenant::new(world.theirs, &mut session), "b").unwrap();
    }
    world
}

/// Checks that exactly the rows of a tenant are seen in its name: by the store, and on PostgreSQL
/// by SQL that names no tenant.
#[track_caller]
fn check(world: &World, session: &mut Session, scope: Scope) {
    let expected: &[&str] = if scope == world.ours { &["a"] } else { &["b", "b"] };
    let mut tenant = Tenant::new(scope, session);
    // The raw look first: it is what a wrong setting would show.
    let raw = number(&mut tenant, "SELECT COUNT(*) FROM deals");
    if world.address.path().is_none() {
        assert_eq!(raw, expected.len() as i64, "of {scope:?}");
    }
    assert_eq!(deal_names(&mut tenant).unwrap(), expected);
}

#[track_caller]
fn check_both(world: &World, session: &mut Session) {
    for scope in [world.theirs, world.ours, world.theirs] {
        check(world, session, scope);
    }
}

fn to_and_fro(place: &Place) {
    let world = two_tenants(place);
    let mut session = world.session();
    check_both(&world, &mut session);
    session
        .transaction(|session| {
            check_both(&world, session);
            session.transaction(|session| {
                check_both(&world, session);
                Ok::<_, Error>(())
            })
        })
        .unwrap();
    check_both(&world, &mut session);
}

/// Every pair of the tenant before and the tenants within, and then each of them.
fn for_all_ways(world: &World, way: impl Fn(&mut Session, Scope, Scope)) {
    let mut session = world.session();
    for before in [world.ours, world.theirs] {
        for within in [world.ours, world.theirs] {
            for after in [world.ours, world.theirs] {
                way(&mut session, before, within);
                check(world, &mut session, after);
                check_both(world, &mut session);
            }
        }
    }
}

fn after_a_rollback(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        check(&world, session, before);
        let refused = session.transaction(|session| {
            check(&world, session, before);
            check(&world, session, within);
            Err::<(), _>(Error::Duplicate)
        });
        assert!(matches!(refused, Err(Error::Duplicate)));
    });
}

fn after_an_inner_rollback(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        let outer = session.transaction(|session| {
            check(&world, session, before);
            let inner = session.transaction(|session| {
                check(&world, session, within);
                Err::<(), _>(Error::Duplicate)
            });
            assert!(inner.is_err());
            check_both(&world, session);
            check(&world, session, within);
            Ok::<_, Error>(())
        });
        outer.unwrap();
    });
}

fn after_a_snapshot(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        check(&world, session, before);
        let mut tenant = Tenant::new(within, session);
        let seen = tenant.snapshot(deal_names).unwrap();
        assert_eq!(seen.len(), if within == world.ours { 1 } else { 2 });
        let refused = tenant.snapshot(|_| Err::<(), _>(Error::Duplicate));
        assert!(matches!(refused, Err(Error::Duplicate)));
    });
}

fn after_a_snapshot_of_both(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        let refused = session.snapshot(&before, |session| {
            check(&world, session, within);
            try_run(&mut Tenant::new(within, session), "SELECT nothing FROM nowhere")
        });
        assert!(refused.is_err());
    });
}

/// A refused statement spoils the whole transaction on PostgreSQL.
fn after_a_refused_statement(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        check(&world, session, before);
        let broken = session.transaction(|session| {
            let mut tenant = Tenant::new(within, session);
            deal_names(&mut tenant)?;
            try_run(&mut tenant, "SELECT nothing FROM nowhere")
        });
        assert!(matches!(broken, Err(Error::Query(_))), "{broken:?}");
        let mut tenant = Tenant::new(within, session);
        let broken = tenant.snapshot(|tenant| try_run(tenant, "SELECT nothing FROM nowhere"));
        assert!(broken.is_err());
        assert!(try_run(&mut tenant, "SELECT nothing FROM nowhere").is_err());
    });
}

/// Work may not notice that its transaction is spoiled, and end it as if all were well.
fn after_a_swallowed_refusal(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        check(&world, session, before);
        let ended = session.transaction(|session| {
            let mut tenant = Tenant::new(within, session);
            deal_names(&mut tenant)?;
            assert!(try_run(&mut tenant, "SELECT nothing FROM nowhere").is_err());
            Ok::<_, Error>(())
        });
        // Nothing was written, so nothing was lost.
        assert!(ended.is_ok(), "{ended:?}");
    });
}

/// Some work looks past the tenant: to find a token, or to fold row counts.
fn after_everybody(place: &Place) {
    let world = two_tenants(place);
    for_all_ways(&world, |session, before, within| {
        check(&world, session, before);
        assert!(token::find(session, &[0; 32]).unwrap().is_none());
        check(&world, session, within);
        fold_totals(session).unwrap();
        let undone = session.transaction(|session| {
            token::find(session, &[0; 32])?;
            Err::<(), _>(Error::Duplicate)
        });
        assert!(undone.is_err());
    });
}

/// One thread has one connection, which is used again unless it may be spoiled.
fn after_a_panic(place: &Place) {
    let world = two_tenants(place);
    let store = world.store_within(Limits { threads: 1, queue: 8, patience: DEADLINE, ..USUAL });
    block_on(async {
        for scope in [world.ours, world.theirs] {
            let read = store.read(scope, |tenant| {
                deal_names(tenant)?;
                panic_quietly()
            });
            assert!(matches!(read.await, Err::<(), _>(Error::Panicked)));
            let written = store.write(scope, |tenant| {
                insert_deal(tenant, "lost")?;
                tenant.transaction(|tenant| {
                    insert_deal(tenant, "lost too")?;
                    panic_quietly()
                })
            });
            assert!(matches!(written.await, Err::<(), _>(Error::Panicked)));
            // In the midst of a snapshot, which would go on to show what there was then.
            let read = store.read(scope, |tenant| {
                tenant.snapshot(|tenant| {
                    deal_names(tenant)?;
                    panic_quietly()
                })
            });
            assert!(matches!(read.await, Err::<(), _>(Error::Panicked)));
            let id = store.write(scope, |tenant| insert_deal(tenant, "new")).await.unwrap();
            let seen = store.read(scope, move |tenant| deal_names_by(tenant, &[id])).await;
            assert_eq!(seen.unwrap(), ["new"]);
            store.write(scope, move |tenant| delete_deal(tenant, id)).await.unwrap();
            for scope in [world.theirs, world.ours] {
                let seen = store.read(scope, |tenant| {
                    let raw = number(tenant, "SELECT COUNT(*) FROM deals");
                    Ok::<_, Error>((raw, deal_names(tenant)?))
                });
                let (raw, names) = seen.await.unwrap();
                let expected: &[&str] = if scope == world.ours { &["a"] } else { &["b", "b"] };
                assert_eq!(names, expected);
                if place.backend == Backend::Postgres {
                    assert_eq!(raw, expected.len() as i64);
                }
            }
        }
    });
}
