//! Reads of one statement, which share a transaction on PostgreSQL: each sees what was kept before
//! it, and its own tenant's rows alone, whatever came before it in the same transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use apportion_store::{Error, Limits, Result, Store, Tenant};
use apportion_testing::Place;

use crate::support::requester::{Gate, Hold, block_on, enqueue, gate};
use crate::support::rows::{deal_names, insert_deal};
use crate::support::{DEADLINE, USUAL, World, as_superuser, eventually, number, try_run};

apportion_testing::cases! {
    each_sees_what_was_kept_before_it, each_sees_its_tenants_rows,
    another_statement_makes_it_one_moment, a_snapshot_makes_it_one_moment,
    a_swallowed_refusal_spoils_nothing, nothing_is_written;
    postgres: they_share_a_transaction, they_do_not_share_it_for_long,
    a_lost_connection_is_opened_again, no_transaction_stays_open
}

/// A store with one thread for reads, so that one comes right after the other.
fn store(world: &World) -> Store {
    world.store_within(Limits { threads: 1, queue: 100, patience: DEADLINE, ..USUAL })
}

/// Runs two reads, the other right after the first: it waits in the queue when the first ends.
async fn one_after_the_other<A: Send + 'static, B: Send + 'static>(
    store: &Store,
    world: &World,
    first: impl Fn(&mut Tenant<'_>) -> Result<A> + Send + 'static,
    other: impl Fn(&mut Tenant<'_>) -> Result<B> + Send + 'static,
    meanwhile: impl AsyncFnOnce(),
) -> (A, Result<B>) {
    let (gate, hold): (Gate, Hold) = gate();
    let first = enqueue(store.read_by_statement(world.ours, move |tenant| {
        let answer = first(tenant);
        hold.wait();
        answer
    }))
    .await;
    gate.wait();
    let other = enqueue(store.read_by_statement(world.ours, other)).await;
    meanwhile().await;
    gate.open();
    (first.answer().await.unwrap(), other.answer().await)
}

fn each_sees_what_was_kept_before_it(place: &Place) {
    let world = World::make(place);
    let (store, writer) = (store(&world), store(&world));
    block_on(async {
        for count in 0..5 {
            let write = async || {
                writer.write(world.ours, |tenant| insert_deal(tenant, "a")).await.unwrap();
            };
            let (before, after) =
                one_after_the_other(&store, &world, deal_names, deal_names, write).await;
            assert_eq!((before.len(), after.unwrap().len()), (count, count + 1));
        }
    });
}

fn each_sees_its_tenants_rows(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    block_on(async {
        store.write(world.ours, |tenant| insert_deal(tenant, "a")).await.unwrap();
        store.write(world.theirs, |tenant| insert_deal(tenant, "b")).await.unwrap();
        let mut requests = Vec::new();
        for at in 0..40 {
            let (scope, name) = if at % 3 == 0 { (world.theirs, "b") } else { (world.ours, "a") };
            requests.push((enqueue(store.read_by_statement(scope, deal_names)).await, name));
        }
        for (request, name) in requests {
            assert_eq!(request.answer().await.unwrap(), [name]);
        }
    });
}

/// A read that looks twice, by `again`, while another deal is written between the two.
fn looks_twice(place: &Place, again: fn(&mut Tenant<'_>) -> Result<Vec<String>>) -> Vec<usize> {
    let world = World::make(place);
    let (store, writer) = (store(&world), store(&world));
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    block_on(async {
        let (gate, hold) = gate();
        let request = enqueue(store.read_by_statement(world.ours, move |tenant| {
            let before = deal_names(tenant)?.len();
            if counted.fetch_add(1, Ordering::Relaxed) > 0 {
                hold.wait();
            }
            Ok::<_, Error>(vec![before, again(tenant)?.len()])
        }))
        .await;
        gate.wait();
        writer.write(world.ours, |tenant| insert_deal(tenant, "a")).await.unwrap();
        gate.open();
        let seen = request.answer().await.unwrap();
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        seen
    })
}

fn another_statement_makes_it_one_moment(place: &Place) {
    assert_eq!(looks_twice(place, deal_names), [0, 0]);
}

/// A snapshot within work that sees one moment is a later one.
fn a_snapshot_makes_it_one_moment(place: &Place) {
    assert_eq!(looks_twice(place, |tenant| tenant.snapshot(deal_names)), [0, 1]);
}

fn a_swallowed_refusal_spoils_nothing(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    let swallow = |tenant: &mut Tenant<'_>| Ok(try_run(tenant, "SELECT nothing FROM nowhere"));
    block_on(async {
        store.write(world.ours, |tenant| insert_deal(tenant, "a")).await.unwrap();
        let (refused, seen) =
            one_after_the_other(&store, &world, swallow, deal_names, async || ()).await;
        assert!(refused.is_err());
        assert_eq!(seen.unwrap(), ["a"]);
    });
}

fn nothing_is_written(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    block_on(async {
        let written = store.read_by_statement(world.ours, |tenant| insert_deal(tenant, "a")).await;
        assert!(written.is_err());
        let written = store.read(world.ours, |tenant| insert_deal(tenant, "a")).await;
        assert!(written.is_err());
        assert!(store.read(world.ours, deal_names).await.unwrap().is_empty());
    });
}

/// The beginning of the transaction of a statement, in microseconds.
fn beginning(tenant: &mut Tenant<'_>) -> Result<i64> {
    Ok(number(tenant, "SELECT CAST(EXTRACT(epoch FROM now()) * 1000000 AS BIGINT)"))
}

fn they_share_a_transaction(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    let shares = async |way: &str| {
        // It may take longer than a transaction is shared.
        for _ in 0..20 {
            let (one, other) =
                one_after_the_other(&store, &world, beginning, beginning, async || ()).await;
            if one == other.unwrap() {
                return;
            }
        }
        panic!("no transaction is shared {way}");
    };
    block_on(async {
        shares("at first").await;
        store.write(world.ours, |tenant| insert_deal(tenant, "a")).await.unwrap();
        shares("after a write").await;
    });
}

fn they_do_not_share_it_for_long(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    let wait = async || tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    block_on(async {
        let (one, other) = one_after_the_other(&store, &world, beginning, beginning, wait).await;
        assert!(other.unwrap() > one);
    });
}

fn a_lost_connection_is_opened_again(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    let server =
        |tenant: &mut Tenant<'_>| Ok(number(tenant, "SELECT CAST(pg_backend_pid() AS BIGINT)"));
    block_on(async {
        let before = store.read_by_statement(world.ours, server).await.unwrap();
        let end = async || {
            as_superuser(place, &format!("SELECT pg_terminate_backend({before}, 20000)"));
        };
        let (one, other) = one_after_the_other(&store, &world, server, deal_names, end).await;
        assert_eq!(one, before);
        assert!(other.unwrap().is_empty());
    });
}

fn no_transaction_stays_open(place: &Place) {
    let world = World::make(place);
    let store = store(&world);
    let mut session = world.session();
    let mut observer = Tenant::new(world.ours, &mut session);
    let idle = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()";
    block_on(async {
        store.read_by_statement(world.ours, deal_names).await.unwrap();
        eventually("a transaction is open", || number(&mut observer, idle) == 0);
        store.read(world.ours, deal_names).await.unwrap();
        eventually("a transaction is open", || number(&mut observer, idle) == 0);
    });
}
