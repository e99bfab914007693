//! The one writer of SQLite: writes that wait share a commit, each stands or falls by itself, and
//! none is answered before it is durable.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use apportion_store::{Error, Limits, Result, Session, Store, Tenant};
use apportion_testing::Place;

use crate::support::requester::{Enqueued, Hold, answers, block_on, enqueue, gate, panic_quietly};
use crate::support::rows::{deal_names, deal_total, event_count, insert_deal};
use crate::support::write_ahead_log::commits;
use crate::support::{DEADLINE, USUAL, World, run};

apportion_testing::cases! {
    sqlite: waiting_writes_share_a_commit, a_group_has_an_end, clients_in_a_loop_share_commits,
        answered_after_the_commit, a_refusal_is_its_own, a_panic_is_its_own,
        a_group_of_several_tenants, given_up_before_it_began, a_lost_commit_is_lost_for_all,
        a_full_queue_is_busy
}

/// Writes a deal of that name.
async fn write(store: &Store, world: &World, name: &str) -> Result<i64> {
    let name = name.to_owned();
    store.write(world.ours, move |tenant| insert_deal(tenant, &name)).await
}

/// Writes a deal, and stays within the transaction until it may go on.
async fn write_and_hold(store: &Store, world: &World, name: &str, hold: Hold) -> Result<i64> {
    let name = name.to_owned();
    let work = move |tenant: &mut Tenant<'_>| {
        let id = insert_deal(tenant, &name)?;
        hold.wait();
        Ok(id)
    };
    store.write(world.ours, work).await
}

/// Returns the names of the deals that another connection sees, which also keeps the log alive.
fn names(observer: &mut Session, world: &World) -> Vec<String> {
    deal_names(&mut Tenant::new(world.ours, observer)).unwrap()
}

/// Puts `length` writes into the queue while the writer is held, lets it go on, and returns the
/// answers: the held one's first.
async fn write_group(store: &Store, world: &World, length: usize) -> Vec<Result<i64>> {
    let (gate, hold) = gate();
    let mut requests = vec![enqueue(write_and_hold(store, world, "first", hold)).await];
    gate.wait();
    for _ in 1..length {
        requests.push(enqueue(write(store, world, "next")).await);
    }
    gate.open();
    answers(requests).await
}

fn waiting_writes_share_a_commit(place: &Place) {
    let world = World::make(place);
    let (store, mut observer) = (world.store(), world.session());
    let before = commits(&world.address);
    block_on(async {
        let ids: Vec<i64> =
            write_group(&store, &world, 100).await.into_iter().map(Result::unwrap).collect();
        assert!(ids.is_sorted(), "in the order of their requests: {ids:?}");
    });
    assert_eq!(commits(&world.address) - before, 1);
    assert_eq!(names(&mut observer, &world).len(), 100);
    // A write that is alone has a commit of its own.
    block_on(write(&store, &world, "alone")).unwrap();
    assert_eq!(commits(&world.address) - before, 2);
}

fn a_group_has_an_end(place: &Place) {
    let world = World::make(place);
    let (store, mut observer) = (world.store(), world.session());
    let before = commits(&world.address);
    let made = block_on(write_group(&store, &world, 300));
    assert!(made.iter().all(Result::is_ok));
    // It may take no more work before it has as many, if each of them takes long.
    assert!((2..6).contains(&(commits(&world.address) - before)));
    assert_eq!(names(&mut observer, &world).len(), 300);
}

/// Each client writes again as soon as it is answered, so all of them come at about the same time.
fn clients_in_a_loop_share_commits(place: &Place) {
    const CLIENTS: usize = 8;
    const WRITES: usize = 20;
    let world = World::make(place);
    let (store, _observer) = (world.store(), world.session());
    let before = commits(&world.address);
    block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        let runtime = tokio::task::LocalSet::new();
        let scope = world.ours;
        for _ in 0..CLIENTS {
            let store = store.clone();
            clients.spawn_local_on(
                async move {
                    for _ in 0..WRITES {
                        store.write(scope, |tenant| insert_deal(tenant, "D")).await.unwrap();
                    }
                },
                &runtime,
            );
        }
        runtime.run_until(clients.join_all()).await;
    });
    let commits = commits(&world.address) - before;
    assert!(commits >= WRITES, "{commits} commits: a client waits for its answer");
    assert!(commits < CLIENTS * WRITES, "{commits} commits of {} writes", CLIENTS * WRITES);
}

fn answered_after_the_commit(place: &Place) {
    let world = World::make(place);
    let (store, mut observer) = (world.store(), world.session());
    block_on(async {
        let (first_gate, hold) = gate();
        let mut first = enqueue(write_and_hold(&store, &world, "first", hold)).await;
        first_gate.wait();
        let (second_gate, hold) = gate();
        let second = enqueue(write_and_hold(&store, &world, "second", hold)).await;
        first_gate.open();
        // The first is done and shares its commit with the second, which is not.
        second_gate.wait();
        assert!(first.peek().await.is_none());
        assert!(names(&mut observer, &world).is_empty());
        second_gate.open();
        first.answer().await.unwrap();
        assert_eq!(names(&mut observer, &world), ["first", "second"]);
        second.answer().await.unwrap();
    });
}

/// A write that does not end well.
type Odd<'s> = Pin<Box<dyn Future<Output = Result<i64>> + 's>>;

/// Puts odd writes among others into one group, and checks that the others are kept. Returns the
/// answers, those of the odd ones at 2 and 4.
fn check_group<'s>(
    odd: impl Fn(&'s Store, &World) -> Odd<'s>,
    world: &World,
    store: &'s Store,
) -> Vec<Result<i64>> {
    let mut observer = world.session();
    let before = commits(&world.address);
    let answered = block_on(async {
        let (gate, hold) = gate();
        let mut requests: Vec<Enqueued<'_, Result<i64>>> = Vec::new();
        let scope = world.ours;
        let held = store.write(scope, move |tenant| {
            let id = insert_deal(tenant, "held")?;
            hold.wait();
            Ok(id)
        });
        requests.push(enqueue(held).await);
        gate.wait();
        for name in ["before", "", "between", "", "after"] {
            if name.is_empty() {
                requests.push(enqueue(odd(store, world)).await);
            } else {
                let work = move |tenant: &mut Tenant<'_>| insert_deal(tenant, name);
                requests.push(enqueue(store.write(scope, work)).await);
            }
        }
        gate.open();
        answers(requests).await
    });
    assert_eq!(commits(&world.address) - before, 1);
    assert_eq!(names(&mut observer, world), ["held", "before", "between", "after"]);
    let mut tenant = Tenant::new(world.ours, &mut observer);
    assert_eq!(deal_total(&mut tenant).unwrap(), 4);
    assert_eq!(event_count(&mut tenant), 5);
    assert!([0, 1, 3, 5].iter().all(|at| answered[*at].is_ok()), "{answered:?}");
    answered
}

/// The writes of a refused piece of work are gone, and so are its events.
fn a_refusal_is_its_own(place: &Place) {
    let world = World::make(place);
    let store = world.store();
    let answered = check_group(
        |store, world| {
            Box::pin(store.write(world.ours, |tenant| {
                insert_deal(tenant, "refused")?;
                tenant.transaction(|tenant| insert_deal(tenant, "refused too"))?;
                Err(Error::Duplicate)
            }))
        },
        &world,
        &store,
    );
    for at in [2, 4] {
        assert!(matches!(answered[at], Err(Error::Duplicate)), "{answered:?}");
    }
}

/// A panic leaves the savepoints open in which it happened.
fn a_panic_is_its_own(place: &Place) {
    let world = World::make(place);
    let store = world.store();
    let answered = check_group(
        |store, world| {
            Box::pin(store.write(world.ours, |tenant| {
                insert_deal(tenant, "lost")?;
                tenant.transaction(|tenant| {
                    insert_deal(tenant, "lost too")?;
                    tenant.transaction(|tenant| {
                        insert_deal(tenant, "lost as well")?;
                        panic_quietly()
                    })
                })
            }))
        },
        &world,
        &store,
    );
    for at in [2, 4] {
        assert!(matches!(answered[at], Err(Error::Panicked)), "{answered:?}");
    }
}

fn a_group_of_several_tenants(place: &Place) {
    let world = World::make(place);
    let (store, mut observer) = (world.store(), world.session());
    let before = commits(&world.address);
    block_on(async {
        let (gate, hold) = gate();
        let mut requests = vec![enqueue(write_and_hold(&store, &world, "ours", hold)).await];
        gate.wait();
        for scope in [world.theirs, world.ours, world.theirs] {
            let name = if scope == world.ours { "ours" } else { "theirs" };
            let work = move |tenant: &mut Tenant<'_>| insert_deal(tenant, name);
            requests.push(enqueue(store.write(scope, work)).await);
        }
        gate.open();
        assert!(answers(requests).await.iter().all(Result::is_ok));
    });
    assert_eq!(commits(&world.address) - before, 1);
    for (scope, name) in [(world.ours, "ours"), (world.theirs, "theirs")] {
        let mut tenant = Tenant::new(scope, &mut observer);
        assert_eq!(deal_names(&mut tenant).unwrap(), [name; 2]);
        assert_eq!(event_count(&mut tenant), 3);
    }
}

fn given_up_before_it_began(place: &Place) {
    let world = World::make(place);
    let limits = Limits { threads: 1, queue: 8, patience: Duration::from_millis(150), ..USUAL };
    let (store, mut observer) = (world.store_within(limits), world.session());
    let begun = Arc::new(AtomicUsize::new(0));
    block_on(async {
        let (gate, hold) = gate();
        let held = enqueue(write_and_hold(&store, &world, "held", hold)).await;
        gate.wait();
        let counted = Arc::clone(&begun);
        let work = move |tenant: &mut Tenant<'_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            insert_deal(tenant, "late")
        };
        let late = store.write(world.ours, work).await;
        assert!(matches!(late, Err(Error::Busy)), "{late:?}");
        gate.open();
        // Which began in time, and took longer than anybody waits for a beginning.
        held.answer().await.unwrap();
        // The queue is worked off in order: what comes now is done after the one that was late.
        while matches!(write(&store, &world, "next").await, Err(Error::Busy)) {}
    });
    assert_eq!(begun.load(Ordering::Relaxed), 0);
    assert_eq!(names(&mut observer, &world), ["held", "next"]);
}

/// Keys that are looked at when the transaction ends can spoil it for all who share it. None of
/// them gets an answer as if it had been kept.
fn a_lost_commit_is_lost_for_all(place: &Place) {
    let world = World::make(place);
    let (store, mut observer) = (world.store(), world.session());
    let before = commits(&world.address);
    let answered = block_on(async {
        let (gate, hold) = gate();
        let mut requests = vec![enqueue(write_and_hold(&store, &world, "held", hold)).await];
        gate.wait();
        let stray = store.write(world.ours, |tenant| {
            run(tenant, "PRAGMA defer_foreign_keys = ON");
            let id = insert_deal(tenant, "stray")?;
            run(tenant, &format!("UPDATE deals SET creator_id = 999 WHERE id = {id}"));
            Ok(id)
        });
        requests.push(enqueue(stray).await);
        let refused = store.write(world.ours, |_| Err(Error::Duplicate));
        requests.push(enqueue(refused).await);
        gate.open();
        answers(requests).await
    });
    assert!(matches!(answered[0], Err(Error::Unavailable(..))), "{answered:?}");
    assert!(matches!(answered[1], Err(Error::Unavailable(..))), "{answered:?}");
    assert!(matches!(answered[2], Err(Error::Duplicate)), "{answered:?}");
    assert_eq!(commits(&world.address), before);
    assert!(names(&mut observer, &world).is_empty());
    // The next group has a new transaction.
    block_on(write(&store, &world, "next")).unwrap();
    assert_eq!(names(&mut observer, &world), ["next"]);
    assert_eq!(event_count(&mut Tenant::new(world.ours, &mut observer)), 2);
}

fn a_full_queue_is_busy(place: &Place) {
    let world = World::make(place);
    let limits = Limits { threads: 1, queue: 4, patience: DEADLINE, ..USUAL };
    let (store, mut observer) = (world.store_within(limits), world.session());
    block_on(async {
        let (gate, hold) = gate();
        let mut requests = vec![enqueue(write_and_hold(&store, &world, "held", hold)).await];
        gate.wait();
        for _ in 0..2 {
            let mut waiting = enqueue(write(&store, &world, "waiting")).await;
            assert!(waiting.peek().await.is_none());
            requests.push(waiting);
        }
        let mut refused = enqueue(write(&store, &world, "refused")).await;
        assert!(matches!(refused.peek().await, Some(Err(Error::Busy))));
        // Reading has a queue of its own.
        let seen = store.read(world.ours, deal_names).await.unwrap();
        assert!(seen.is_empty());
        gate.open();
        assert!(answers(requests).await.iter().all(Result::is_ok));
    });
    assert_eq!(names(&mut observer, &world), ["held", "waiting", "waiting"]);
}
