//! Ledgers while others write: each is of one moment, none is older than a write that was answered,
//! and in the end they are what the rows are. And within a transaction.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use apportion_store::{Error, Result, Store, Tenant, ledger};
use apportion_testing::{Place, rounds};

use super::{check_rows, shift, sum};
use crate::support::requester::block_on;
use crate::support::rows::{
    delete_distribution, insert_deal, insert_distribution, raise_deal, rename_deal,
};
use crate::support::{Dice, World, run};

apportion_testing::cases! {
    of_one_moment, every_change_is_seen, in_a_transaction, of_each_tenant, of_nothing
}

const WRITERS: u64 = 3;
/// The number of changes that each writer makes in a whole run.
const CHANGES: usize = 500;
const DEALS: i64 = 6;
const LINES: i64 = 4;
const AMOUNT: i64 = 1000;

fn filled(place: &Place) -> World {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    tenant
        .transaction(|tenant| {
            for _ in 0..DEALS {
                let deal = insert_deal(tenant, "D")?;
                for _ in 0..LINES {
                    insert_distribution(tenant, deal, AMOUNT)?;
                }
            }
            Ok::<_, Error>(())
        })
        .unwrap();
    world
}

/// Adds distributions of nothing to a deal of its own, and finds each in the ledger at once.
fn add_and_find(store: &Store, world: &World) {
    let deal = block_on(store.write(world.ours, |tenant| insert_deal(tenant, "own"))).unwrap();
    for _ in 0..rounds(CHANGES) {
        let id = block_on(store.write(world.ours, move |tenant| {
            let id = insert_distribution(tenant, deal, 0)?;
            raise_deal(tenant, deal).map(|()| id)
        }));
        let id = id.unwrap();
        let seen = block_on(store.read(world.ours, ledger)).unwrap();
        assert!(seen.find(id).is_some(), "the ledger is older than the answer");
        assert_eq!(seen.entry(deal, id), seen.find(id));
    }
}

fn of_one_moment(place: &Place) {
    let world = filled(place);
    let store = world.store();
    let (writing, read) = (AtomicBool::new(true), AtomicUsize::new(0));
    std::thread::scope(|threads| {
        let mut writers: Vec<_> = (0..WRITERS)
            .map(|seed| {
                let (store, scope) = (&store, world.ours);
                threads.spawn(move || {
                    let mut dice = Dice(seed);
                    for _ in 0..rounds(CHANGES) {
                        let rolled = [0; 4].map(|_| dice.roll(1 << 20));
                        block_on(store.write(scope, move |it| shift(it, rolled))).unwrap();
                    }
                })
            })
            .collect();
        writers.push(threads.spawn(|| add_and_find(&store, &world)));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                threads.spawn(|| {
                    let mut others = Vec::new();
                    while writing.load(Ordering::Acquire) {
                        let seen = block_on(store.read(world.ours, ledger));
                        others.extend(Some(sum(&seen.unwrap())).filter(|sum| *sum != TOTAL));
                        read.fetch_add(1, Ordering::Relaxed);
                    }
                    others
                })
            })
            .collect();
        let written: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        writing.store(false, Ordering::Release);
        for reader in readers {
            let others: Vec<i64> = reader.join().unwrap();
            assert!(others.is_empty(), "ledgers of several moments: {others:?}");
        }
        assert!(written.iter().all(std::result::Result::is_ok));
    });
    assert!(read.into_inner() > 10);
    let seen = block_on(store.read(world.ours, ledger)).unwrap();
    check_rows(&mut Tenant::new(world.ours, &mut world.session()), &seen);
    assert_eq!(sum(&seen), TOTAL);
}

const TOTAL: i64 = DEALS * LINES * AMOUNT;

fn every_change_is_seen(place: &Place) {
    let world = filled(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let check = |tenant: &mut Tenant<'_>, change: &dyn Fn(&mut Tenant<'_>) -> Result<()>| {
        let before = ledger(tenant).unwrap();
        change(tenant).unwrap();
        let after = ledger(tenant).unwrap();
        check_rows(tenant, &after);
        assert!(!std::sync::Arc::ptr_eq(&before, &after));
        // Nothing is read again where nothing changed.
        assert!(std::sync::Arc::ptr_eq(&after, &ledger(tenant).unwrap()));
    };
    check(&mut tenant, &|tenant| {
        insert_distribution(tenant, 1, 5)?;
        raise_deal(tenant, 1)
    });
    check(&mut tenant, &|tenant| {
        delete_distribution(tenant, 2)?;
        raise_deal(tenant, 1)
    });
    check(&mut tenant, &|tenant| rename_deal(tenant, 3, "other"));
    check(&mut tenant, &|tenant| insert_deal(tenant, "new").map(drop));
    check(&mut tenant, &|tenant| {
        run(tenant, "UPDATE deals SET probability = 7, version = version + 1 WHERE id = 2");
        Ok(())
    });
    // Many at once, which are read with those in between.
    check(&mut tenant, &|tenant| (1..=6).step_by(2).try_for_each(|id| raise_deal(tenant, id)));
    check(&mut tenant, &|tenant| {
        let new = insert_deal(tenant, "new")?;
        crate::support::rows::delete_deal(tenant, new - 1)
    });
}

/// A transaction sees its own changes before they are committed, and nobody else does.
fn in_a_transaction(place: &Place) {
    let world = filled(place);
    let store = world.store();
    let read = || block_on(store.read(world.ours, ledger)).unwrap();
    let before = read();
    let undone = block_on(store.write(world.ours, |tenant| {
        let known = ledger(tenant)?;
        check_rows(tenant, &known);
        let id = insert_distribution(tenant, 1, 5)?;
        raise_deal(tenant, 1)?;
        let seen = ledger(tenant)?;
        assert!(known.find(id).is_none() && seen.find(id).is_some());
        check_rows(tenant, &seen);
        tenant.transaction(|tenant| {
            delete_distribution(tenant, id)?;
            raise_deal(tenant, 1)?;
            let seen = ledger(tenant)?;
            check_rows(tenant, &seen);
            Ok::<_, Error>(())
        })?;
        insert_distribution(tenant, 2, 5)?;
        raise_deal(tenant, 2)?;
        Err::<(), _>(Error::Duplicate)
    }));
    assert!(matches!(undone, Err(Error::Duplicate)), "{undone:?}");
    assert!(std::sync::Arc::ptr_eq(&before, &read()));
    check_rows(&mut Tenant::new(world.ours, &mut world.session()), &read());
}

fn of_each_tenant(place: &Place) {
    let world = filled(place);
    let store = world.store();
    let written = block_on(store.write(world.theirs, |tenant| {
        let deal = insert_deal(tenant, "D")?;
        insert_distribution(tenant, deal, 7)
    }));
    written.unwrap();
    for (scope, expected) in [(world.ours, TOTAL), (world.theirs, 7), (world.ours, TOTAL)] {
        let seen = block_on(store.read(scope, ledger)).unwrap();
        assert_eq!(sum(&seen), expected);
        check_rows(&mut Tenant::new(scope, &mut world.session()), &seen);
    }
}

fn of_nothing(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let seen = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &seen);
    let deal = insert_deal(&mut tenant, "D").unwrap();
    let seen = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &seen);
    let line = insert_distribution(&mut tenant, deal, 5).unwrap();
    raise_deal(&mut tenant, deal).unwrap();
    let seen = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &seen);
    delete_distribution(&mut tenant, line).unwrap();
    crate::support::rows::delete_deal(&mut tenant, deal).unwrap();
    let seen = ledger(&mut tenant).unwrap();
    check_rows(&mut tenant, &seen);
}
