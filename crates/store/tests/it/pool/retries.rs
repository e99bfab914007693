//! Transactions of PostgreSQL that others interrupt are run again until they succeed, and leave
//! nothing of the tries before. SQLite has one writer, so nobody interrupts it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use apportion_store::{Error, Result, Store, Tenant};
use apportion_testing::{Backend, Place};

use crate::support::requester::{answers, block_on, enqueue};
use crate::support::rows::{deal_names, event_count, insert_deal, lock_deal, rename_deal};
use crate::support::{DEADLINE, World, as_superuser, number, run};

apportion_testing::cases! {
    not_for_ever;
    postgres: rows_locked_crosswise, a_row_that_changed_in_between, not_after_another_failure
}

/// Two transactions that have both begun before either goes on: they meet at their first tries.
struct Meeting {
    tries: Arc<AtomicUsize>,
    here: Sender<()>,
    there: Receiver<()>,
}

impl Meeting {
    fn pair() -> [Self; 2] {
        let ((one, first), (other, second)) = (channel(), channel());
        let tries = || Arc::new(AtomicUsize::new(0));
        [
            Self { tries: tries(), here: one, there: second },
            Self { tries: tries(), here: other, there: first },
        ]
    }

    fn wait(&self) {
        if self.tries.fetch_add(1, Ordering::Relaxed) == 0 {
            self.here.send(()).unwrap();
            self.there.recv_timeout(DEADLINE).expect("the other transaction begins");
        }
    }
}

/// Runs both pieces of work at once, and returns how often they were tried.
fn run_both<W>(store: &Store, world: &World, work: impl Fn(usize, Meeting) -> W) -> usize
where
    W: Fn(&mut Tenant<'_>) -> Result<()> + Send + 'static,
{
    let meetings = Meeting::pair();
    let tries = meetings.each_ref().map(|meeting| Arc::clone(&meeting.tries));
    block_on(async {
        let mut requests = Vec::new();
        for (at, meeting) in meetings.into_iter().enumerate() {
            requests.push(enqueue(store.write(world.ours, work(at, meeting))).await);
        }
        for answer in answers(requests).await {
            answer.expect("both succeed in the end");
        }
    });
    tries.iter().map(|tries| tries.load(Ordering::Relaxed)).sum()
}

/// Two deals, and the store that writes them.
fn two_deals(place: &Place) -> (World, Store, [i64; 2]) {
    let world = World::make(place);
    if place.backend == Backend::Postgres {
        let database = place.url.rsplit('/').next().unwrap();
        // How long PostgreSQL waits before it looks for one.
        let setting = format!("ALTER DATABASE \"{database}\" SET deadlock_timeout = '50ms'");
        as_superuser(place, &setting);
    }
    let mut session = world.session();
    let ids = ["one", "two"]
        .map(|name| insert_deal(&mut Tenant::new(world.ours, &mut session), name).unwrap());
    let store = world.store();
    (world, store, ids)
}

fn events(world: &World) -> i64 {
    event_count(&mut Tenant::new(world.ours, &mut world.session()))
}

fn rows_locked_crosswise(place: &Place) {
    let (world, store, ids) = two_deals(place);
    let before = events(&world);
    let tries = run_both(&store, &world, |at, meeting| {
        move |tenant: &mut Tenant<'_>| {
            insert_deal(tenant, ["a", "b"][at])?;
            lock_deal(tenant, ids[at])?;
            meeting.wait();
            lock_deal(tenant, ids[1 - at])?;
            rename_deal(tenant, ids[1 - at], ["by a", "by b"][at])
        }
    });
    // The one that is run again can meet the other once more.
    assert!(tries > 2, "{tries} tries");
    let mut session = world.session();
    let mut names = deal_names(&mut Tenant::new(world.ours, &mut session)).unwrap();
    names.sort();
    assert_eq!(names, ["a", "b", "by a", "by b"]);
    // What the first try noted is gone with it.
    assert_eq!(events(&world) - before, 4);
}

fn a_row_that_changed_in_between(place: &Place) {
    let (world, store, ids) = two_deals(place);
    let tries = run_both(&store, &world, |_, meeting| {
        move |tenant: &mut Tenant<'_>| {
            run(tenant, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            let id = ids[0];
            let version = number(tenant, &format!("SELECT version FROM deals WHERE id = {id}"));
            meeting.wait();
            rename_deal(tenant, id, &format!("version {version} and one"))
        }
    });
    assert_eq!(tries, 3, "one of them was run again");
    let mut session = world.session();
    let names = deal_names(&mut Tenant::new(world.ours, &mut session)).unwrap();
    assert_eq!(names, ["version 2 and one", "two"]);
}

/// Somebody who is always interrupted learns that in the end, and nothing is kept of it.
fn not_for_ever(place: &Place) {
    let (world, store, _) = two_deals(place);
    let before = events(&world);
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let written = block_on(store.write(world.ours, move |tenant| {
        counted.fetch_add(1, Ordering::Relaxed);
        insert_deal(tenant, "lost")?;
        Err::<(), _>(Error::Interrupted("as always".to_owned()))
    }));
    assert!(matches!(written, Err(Error::Interrupted(_))), "{written:?}");
    let expected = if place.backend == Backend::Postgres { 11 } else { 1 };
    assert_eq!(tries.load(Ordering::Relaxed), expected);
    assert_eq!(events(&world), before);
}

fn not_after_another_failure(place: &Place) {
    let (world, store, _) = two_deals(place);
    let tries = Arc::new(AtomicUsize::new(0));
    for failure in [|| Error::Duplicate, || Error::Query("refused".to_owned())] {
        let counted = Arc::clone(&tries);
        let written = block_on(store.write(world.ours, move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(failure())
        }));
        assert_eq!(written.unwrap_err().to_string(), failure().to_string());
    }
    assert_eq!(tries.load(Ordering::Relaxed), 2);
}
