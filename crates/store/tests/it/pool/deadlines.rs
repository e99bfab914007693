//! Work ends within its limits, on both databases, and disturbs nobody: what takes too long keeps
//! nothing, and what others wrote in the same transaction is kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use apportion_store::{Error, Limits, Tenant};
use apportion_testing::{Backend, Place};

use crate::support::requester::{answers, block_on, enqueue, gate};
use crate::support::rows::{deal_names, event_count, insert_deal};
use crate::support::{USUAL, World, number};

apportion_testing::cases! {
    a_long_statement_ends, many_short_statements_end, a_long_write_keeps_nothing,
    what_is_late_is_not_committed, a_long_scan_in_a_write_spares_the_others;
    sqlite: who_waited_too_long_for_another_is_not_kept
}

const STATEMENT: Duration = Duration::from_millis(300);
const WORK: Duration = Duration::from_millis(1500);

/// Work has half a second less than its requester waits.
fn limits() -> Limits {
    Limits { threads: 2, statement: STATEMENT, work: WORK, ..USUAL }
}

/// A statement that runs for minutes.
const ENDLESS: &str = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t \
                       WHERE n < 1000000000) SELECT CAST(COUNT(*) AS BIGINT) FROM t";

fn run_endless(tenant: &mut Tenant<'_>) -> Result<i64, Error> {
    use diesel::RunQueryDsl;
    let connection = tenant.connection()?;
    let count = diesel::dsl::sql::<diesel::sql_types::BigInt>(ENDLESS);
    count.get_result(connection).map_err(Error::from)
}

#[track_caller]
fn is_too_long<T: std::fmt::Debug>(answer: &Result<T, Error>, limit: Duration) {
    assert!(matches!(answer, Err(Error::TooLong(most)) if *most == limit), "{answer:?}");
}

fn a_long_statement_ends(place: &Place) {
    let world = World::make(place);
    let (store, began) = (world.store_within(limits()), Instant::now());
    let answer = block_on(store.read(world.ours, run_endless));
    is_too_long(&answer, STATEMENT);
    assert!(began.elapsed() < WORK, "{:?}", began.elapsed());
    assert!(block_on(store.read(world.ours, deal_names)).unwrap().is_empty());
}

fn many_short_statements_end(place: &Place) {
    let world = World::make(place);
    let (store, began) = (world.store_within(limits()), Instant::now());
    let work = |tenant: &mut Tenant<'_>| {
        loop {
            deal_names(tenant)?;
        }
        #[expect(unreachable_code, reason = "it says what the work would return")]
        Ok::<(), Error>(())
    };
    is_too_long(&block_on(store.read(world.ours, work)), WORK);
    assert!(began.elapsed() < WORK, "{:?}", began.elapsed());
}

fn a_long_write_keeps_nothing(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits());
    let answer = block_on(store.write(world.ours, move |tenant| {
        insert_deal(tenant, "long")?;
        run_endless(tenant)
    }));
    is_too_long(&answer, STATEMENT);
    assert!(block_on(store.read(world.ours, deal_names)).unwrap().is_empty());
}

/// Nobody waits for it any more.
fn what_is_late_is_not_committed(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits());
    let answer = block_on(store.write(world.ours, |tenant| {
        insert_deal(tenant, "late")?;
        std::thread::sleep(WORK);
        Ok::<_, Error>(())
    }));
    assert!(answer.is_err());
    // The thread is free again once it has undone it.
    block_on(store.write(world.ours, |tenant| insert_deal(tenant, "after"))).unwrap();
    assert_eq!(block_on(store.read(world.ours, deal_names)).unwrap(), ["after"]);
}

/// SQLite undoes a whole transaction when a statement of it that writes is interrupted. Those who
/// shared it are answered all the same, once each.
fn a_long_scan_in_a_write_spares_the_others(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(Limits { statement: STATEMENT, ..USUAL });
    let endless = if place.backend == Backend::Sqlite {
        format!("UPDATE deals SET name = ({ENDLESS})")
    } else {
        format!("UPDATE deals SET name = ({ENDLESS})::TEXT")
    };
    block_on(async {
        let (gate, hold) = gate();
        let is_again = AtomicBool::new(false);
        let held = store.write(world.ours, move |tenant| {
            insert_deal(tenant, "first")?;
            if !is_again.swap(true, Ordering::Relaxed) {
                hold.wait();
            }
            Ok::<_, Error>(())
        });
        let mut requests = vec![enqueue(held).await];
        gate.wait();
        let long = store.write(world.theirs, move |tenant| {
            use diesel::connection::SimpleConnection;
            insert_deal(tenant, "long")?;
            tenant.connection()?.batch_execute(&endless).map_err(Error::from)
        });
        requests.push(enqueue(long).await);
        for name in ["second", "third"] {
            let write = store.write(world.ours, move |tenant| {
                insert_deal(tenant, name)?;
                Ok::<_, Error>(())
            });
            requests.push(enqueue(write).await);
        }
        gate.open();
        let answers = answers(requests).await;
        is_too_long(&answers[1], STATEMENT);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3, "{answers:?}");
    });
    let mut names = block_on(store.read(world.ours, deal_names)).unwrap();
    names.sort();
    assert_eq!(names, ["first", "second", "third"]);
    let mut session = world.session();
    // The first is of the tenant itself.
    assert_eq!(event_count(&mut Tenant::new(world.ours, &mut session)), 4);
    let left = "SELECT COUNT(*) FROM deals WHERE name = 'long'";
    assert_eq!(number(&mut Tenant::new(world.theirs, &mut session), left), 0);
}

/// A write that was quick shares its commit with one that is not, until nobody waits any more.
fn who_waited_too_long_for_another_is_not_kept(place: &Place) {
    let world = World::make(place);
    let store = world.store_within(limits());
    block_on(async {
        let (gate, hold) = gate();
        let held = store.write(world.ours, move |tenant| {
            insert_deal(tenant, "quick")?;
            hold.wait();
            Ok::<_, Error>(())
        });
        let quick = enqueue(held).await;
        gate.wait();
        let slow = store.write(world.theirs, |_| {
            std::thread::sleep(WORK);
            Ok::<_, Error>(())
        });
        let requests = vec![quick, enqueue(slow).await];
        gate.open();
        let answers = answers(requests).await;
        assert!(answers.iter().all(Result::is_err), "{answers:?}");
    });
    // The writer is free again once it has ended both.
    block_on(store.write(world.ours, |tenant| insert_deal(tenant, "after"))).unwrap();
    assert_eq!(block_on(store.read(world.ours, deal_names)).unwrap(), ["after"]);
}
