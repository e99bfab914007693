//! The threads of the store and the queue before them: work is begun soon or refused, a panic stays
//! with its requester, and the threads end with the store.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use apportion_store::{Error, Limits, Result, Store, Tenant};
use apportion_testing::Place;

use crate::support::requester::{
    Enqueued, Gate, Hold, answers, block_on, enqueue, gate, panic_quietly,
};
use crate::support::rows::{deal_names, insert_deal};
use crate::support::{DEADLINE, USUAL, World, as_superuser, eventually, number, scope};

apportion_testing::cases! {
    a_full_queue_is_busy_at_once, late_work_never_runs, work_that_began_is_waited_for,
    panics_stay_with_their_requester, all_threads_work, a_tenant_has_half_of_the_threads,
    the_threads_end_with_the_store,
    a_failure_is_the_requesters;
    sqlite: the_log_ends_with_the_store;
    postgres: connections_end_with_the_store, a_lost_connection_is_opened_again
}

/// Reads, and holds a thread meanwhile.
async fn hold_a_thread(store: &Store, world: &World, hold: Hold) -> Result<()> {
    store
        .read(world.ours, move |_| {
            hold.wait();
            Ok(())
        })
        .await
}

fn limits(threads: usize, queue: usize, patience: Duration) -> Limits {
    Limits { threads, queue, patience, ..USUAL }
}

fn a_full_queue_is_busy_at_once(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(1, 6, DEADLINE));
    let runs = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    block_on(async {
        let (gate, hold) = gate();
        let mut held = vec![enqueue(hold_a_thread(&store, &world, hold)).await];
        gate.wait();
        for at in 0..6 {
            let runs = Arc::clone(&runs);
            let mut request = enqueue(store.read(world.ours, move |_| {
                runs.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }))
            .await;
            // Nothing was waited for: the request was only made.
            match request.peek().await {
                None => assert!(at < 3, "{at} wait"),
                Some(answer) => {
                    assert!(at >= 3, "{at} wait");
                    assert!(matches!(answer, Err(Error::Busy)), "{answer:?}");
                    continue;
                }
            }
            held.push(request);
        }
        gate.open();
        assert!(answers(held).await.iter().all(Result::is_ok));
    });
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    // Not even within the request, as a queue would do that blocks.
    assert!(began.elapsed() < DEADLINE / 2);
}

fn late_work_never_runs(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(1, 8, Duration::from_millis(150)));
    let runs = Arc::new(AtomicUsize::new(0));
    block_on(async {
        let (gate, hold) = gate();
        let held = enqueue(hold_a_thread(&store, &world, hold)).await;
        gate.wait();
        let mut late: Vec<Enqueued<'_, Result<()>>> = Vec::new();
        for _ in 0..3 {
            let runs = Arc::clone(&runs);
            let work = move |_: &mut Tenant<'_>| {
                runs.fetch_add(1, Ordering::Relaxed);
                Ok(())
            };
            late.push(enqueue(store.read(world.ours, work)).await);
        }
        for answer in answers(late).await {
            assert!(matches!(answer, Err(Error::Busy)), "{answer:?}");
        }
        gate.open();
        held.answer().await.unwrap();
        // The queue is worked off in order.
        while matches!(store.read(world.ours, |_| Ok(())).await, Err(Error::Busy)) {}
    });
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

/// Only a beginning is waited for so long: work that is under way may take its time.
fn work_that_began_is_waited_for(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(1, 8, Duration::from_millis(100)));
    block_on(async {
        let (gate, hold) = gate();
        let mut held = enqueue(hold_a_thread(&store, &world, hold)).await;
        gate.wait();
        // The patience of this one is over later than that of the other would have been.
        let late = store.read(world.ours, |_| Ok(())).await;
        assert!(matches!(late, Err(Error::Busy)), "{late:?}");
        assert!(held.peek().await.is_none());
        gate.open();
        held.answer().await.unwrap();
    });
}

/// Work on one of several threads that meets work on another: says that it is there, and waits for
/// the other to say so.
fn meet(here: &Sender<()>, there: &Receiver<()>) -> Result<()> {
    here.send(()).unwrap();
    there.recv_timeout(DEADLINE).map_err(|_| Error::Busy)
}

/// Two pieces of work, of which neither ends unless both have begun.
async fn two_at_once(store: &Store, world: &World) {
    let ((one, first), (other, second)) = (channel(), channel());
    let here = store.read(world.ours, move |_| meet(&one, &second));
    let there = store.read(world.theirs, move |_| meet(&other, &first));
    let requests = vec![enqueue(here).await, enqueue(there).await];
    for answer in answers(requests).await {
        answer.expect("two threads work at once");
    }
}

fn all_threads_work(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(2, 8, DEADLINE));
    block_on(two_at_once(&store, &world));
}

/// However much a tenant asks for, another finds a thread at once: one of two or three, and half of
/// more.
fn a_tenant_has_half_of_the_threads(place: &Place) {
    let world = World::make(place);
    for (threads, most) in [(2, 1), (3, 2), (4, 2), (6, 3)] {
        let store = world.store_within(limits(threads, 64, DEADLINE));
        let began = Arc::new(AtomicUsize::new(0));
        block_on(async {
            let mut requests = Vec::new();
            let mut gates = Vec::new();
            for _ in 0..16 {
                let (gate, hold) = gate();
                gates.push(gate);
                let began = Arc::clone(&began);
                let read = store.read(world.ours, move |_| {
                    began.fetch_add(1, Ordering::Relaxed);
                    hold.wait();
                    Ok::<_, Error>(())
                });
                requests.push(enqueue(read).await);
            }
            let has_begun = || began.load(Ordering::Relaxed) == most;
            eventually("fewer have begun", has_begun);
            // All of the others' work is done meanwhile.
            for _ in 0..20 {
                assert!(store.read(world.theirs, deal_names).await.unwrap().is_empty());
            }
            assert!(has_begun(), "more have begun on {threads} threads");
            gates.iter().for_each(Gate::open);
            assert!(answers(requests).await.iter().all(Result::is_ok));
        });
    }
}

fn panics_stay_with_their_requester(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(2, 8, DEADLINE));
    block_on(async {
        for _ in 0..6 {
            let read = store.read(world.ours, |tenant| {
                deal_names(tenant)?;
                panic_quietly()
            });
            assert!(matches!(read.await, Err::<(), _>(Error::Panicked)));
            let written = store.write(world.ours, |tenant| {
                insert_deal(tenant, "lost")?;
                panic_quietly()
            });
            assert!(matches!(written.await, Err::<(), _>(Error::Panicked)));
        }
        two_at_once(&store, &world).await;
        store.write(world.ours, |tenant| insert_deal(tenant, "kept")).await.unwrap();
        let seen = store.read(world.ours, deal_names).await.unwrap();
        assert_eq!(seen, ["kept"]);
    });
}

/// A statement that the database refuses is no reason to give up the connection.
fn a_failure_is_the_requesters(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(1, 8, DEADLINE));
    block_on(async {
        for _ in 0..3 {
            let read = store.read(world.ours, |tenant| {
                crate::support::try_run(tenant, "SELECT nothing FROM nowhere")
            });
            assert!(matches!(read.await, Err(Error::Query(_))));
            let refused = store.read(world.ours, |_| Err::<(), _>(Error::Referenced)).await;
            assert!(matches!(refused, Err(Error::Referenced)));
            let seen = store.read(world.ours, deal_names).await.unwrap();
            assert!(seen.is_empty());
        }
    });
}

thread_local! {
    /// Dropped with its thread, which disconnects the case's receiver.
    static ALIVE: std::cell::RefCell<Option<Sender<()>>> = const { std::cell::RefCell::new(None) };
}

fn leave_a_sign(sign: &Sender<()>) {
    let sign = sign.clone();
    ALIVE.with(|alive| *alive.borrow_mut() = Some(sign));
}

fn the_threads_end_with_the_store(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(2, 8, DEADLINE));
    let (sign, alive) = channel();
    block_on(async {
        // Both readers, for neither ends without the other; and the writer of SQLite.
        let ((one, first), (other, second)) = (channel(), channel());
        let (mine, its) = (sign.clone(), sign.clone());
        let here = store.read(world.ours, move |_| {
            leave_a_sign(&mine);
            meet(&one, &second)
        });
        let there = store.read(world.theirs, move |_| {
            leave_a_sign(&its);
            meet(&other, &first)
        });
        let requests = vec![enqueue(here).await, enqueue(there).await];
        assert!(answers(requests).await.iter().all(Result::is_ok));
        let written = store.write(world.ours, move |_| {
            leave_a_sign(&sign);
            Ok::<_, Error>(())
        });
        written.await.unwrap();
    });
    let clone = store.clone();
    drop(store);
    let seen = block_on(clone.read(world.ours, deal_names));
    assert!(seen.unwrap().is_empty(), "a clone is the same store");
    assert!(matches!(alive.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty)));
    drop(clone);
    // Every thread's sign is gone.
    assert_eq!(alive.recv_timeout(DEADLINE), Err(RecvTimeoutError::Disconnected));
    if let Some(path) = world.address.path() {
        // The last connection that closes takes the log with it.
        let log = format!("{}-wal", path.display());
        eventually("the log is there", || !std::path::Path::new(&log).exists());
    }
}

/// However the threads that close their connections meet.
fn the_log_ends_with_the_store(place: &Place) {
    const THREADS: usize = 8;
    let world = World::make(place);
    let log = format!("{}-wal", world.address.path().unwrap().display());
    for _ in 0..40 {
        let store = world.store_within(limits(THREADS, 8, DEADLINE));
        let all = Arc::new(Barrier::new(THREADS));
        block_on(async {
            let mut requests = Vec::new();
            for organization in 1..=THREADS as i64 {
                let all = Arc::clone(&all);
                let read = store.read(scope(organization), move |tenant| {
                    let seen = deal_names(tenant);
                    all.wait();
                    seen
                });
                requests.push(enqueue(read).await);
            }
            assert!(answers(requests).await.iter().all(Result::is_ok));
        });
        drop(store);
        eventually("the log is there", || !std::path::Path::new(&log).exists());
    }
}

/// The one that folds row counts too.
fn connections_end_with_the_store(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut observer = Tenant::new(world.ours, &mut session);
    let others = "SELECT COUNT(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually("somebody else is connected", || number(&mut observer, others) == 0);
    let store = world.store_within(limits(2, 8, DEADLINE));
    block_on(two_at_once(&store, &world));
    eventually("the store has three connections", || number(&mut observer, others) == 3);
    drop(store);
    eventually("the store is connected", || number(&mut observer, others) == 0);
}

fn a_lost_connection_is_opened_again(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits(1, 8, DEADLINE));
    let ask = |tenant: &mut Tenant<'_>| {
        deal_names(tenant)?;
        Ok::<_, Error>(number(tenant, "SELECT CAST(pg_backend_pid() AS BIGINT)"))
    };
    block_on(async {
        let before = store.read(world.ours, ask).await.unwrap();
        as_superuser(place, &format!("SELECT pg_terminate_backend({before}, 20000)"));
        // Nothing was done on it yet, so that nobody notices.
        assert_ne!(store.read(world.ours, ask).await.unwrap(), before);
    });
}
