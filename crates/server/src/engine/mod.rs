//! The engine: what `core::engine::plan` decides, read from the store and written to it.
//!
//! A pass triggers every distribution that is due, one transaction each, and then refreshes what
//! the open ones are worth. Any number of engines may run on one database. `snapshot` reads what
//! a plan is made from, `apply` writes one, `timer` runs passes in the server, `tick()` runs
//! one by command. Not here: any rule of what is paid, and which rows others may write meanwhile.

mod apply;
mod refresh;
pub(crate) mod snapshot;
mod tick;
pub(crate) mod timer;
mod triggered;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use apportion_core::id::DistributorId;
use apportion_store::distributor::Occupied;
use apportion_store::due::{self, Waiting};
use apportion_store::{self as store, Scope, Store, Tenant};
use chrono::{DateTime, SubsecRound, Utc};

use crate::clock;

pub use apply::trigger;
use refresh::Seen;
pub use tick::{Tick, tick};
pub use triggered::Triggered;

/// How many that are due are looked up at once.
const CHUNK: i64 = 100;

/// What an engine works on.
#[derive(Clone)]
pub(crate) struct Engine {
    store: Store,
    stopped: Arc<AtomicBool>,
    seen: Seen,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// How many distributions were triggered, failed ones included.
    pub triggered: usize,
    /// How many could not be looked at, and stay due.
    pub left: usize,
}

impl Engine {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, stopped: Arc::default(), seen: Seen::default() }
    }

    /// Ends a pass after the trigger that it is at.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Triggers all that is due at `now`, by trigger date; `told` learns of each. First what nobody
    /// else is at, then the rest, so that nothing that was due is left when it ends, whoever
    /// triggered it. An error is one of the database: what concerns a single distributor is
    /// logged, and the others go on.
    pub(crate) async fn pass(
        &self,
        now: DateTime<Utc>,
        mut told: impl FnMut(&Triggered),
    ) -> store::Result<Passed> {
        let now = now.trunc_subsecs(3);
        let mut passed = Passed::default();
        for occupied in [Occupied::Skip, Occupied::Wait] {
            let mut round =
                Round { now, occupied, failed: 0, tried: HashSet::new(), after: None, from: 0 };
            while !self.is_stopped() {
                let Some(due) = self.due(&mut round).await? else { break };
                self.run(&mut round, due, |triggered| {
                    passed.triggered = passed.triggered.saturating_add(1);
                    triggered.log();
                    told(triggered);
                })
                .await;
            }
            // Those of the first round came again in the second.
            passed.left = round.failed;
        }
        Ok(passed)
    }

    /// Some that are due and were not tried in this round; none where there are no more.
    async fn due(&self, round: &mut Round) -> store::Result<Option<Vec<Waiting>>> {
        loop {
            let (now, after) = (round.now.naive_utc(), round.after);
            let mut due =
                self.store.read_all(move |session| due::due(session, now, after, CHUNK)).await?;
            let Some(last) = due.last().copied() else { return Ok(None) };
            due.retain(|waiting| !round.tried.contains(waiting));
            if !due.is_empty() {
                return Ok(Some(due));
            }
            round.after = Some(last);
        }
    }

    /// Triggers one after the other, until another engine gets in the way: then it is better to
    /// look again, and to begin somewhere else.
    async fn run(
        &self,
        round: &mut Round,
        mut due: Vec<Waiting>,
        mut told: impl FnMut(&Triggered),
    ) {
        let from = round.from.checked_rem(due.len()).unwrap_or(0);
        due.rotate_left(from);
        for waiting in due {
            if self.is_stopped() {
                return;
            }
            let (now, occupied) = (round.now, round.occupied);
            let scope = Scope::of(waiting.organization);
            let work = move |tenant: &mut Tenant<'_>| {
                trigger(tenant, DistributorId(waiting.distributor_id), occupied, now)
            };
            match self.store.write(scope, work).await {
                Ok(Some(triggered)) => told(&triggered),
                Ok(None) => {
                    round.tried.insert(waiting);
                    round.from = somewhere();
                    return;
                }
                Err(error) => {
                    round.tried.insert(waiting);
                    round.failed = round.failed.saturating_add(1);
                    complain(&waiting, &error);
                    // Should it be the database, the next look at it says so.
                    return;
                }
            }
        }
    }
}

/// One of the two times that a pass looks at what is due.
struct Round {
    now: DateTime<Utc>,
    occupied: Occupied,
    /// How many could not be triggered.
    failed: usize,
    /// Those, and those that others were at.
    tried: HashSet<Waiting>,
    /// All up to there were tried.
    after: Option<Waiting>,
    /// Where in what is due to begin.
    from: usize,
}

/// A number that is another for each engine.
fn somewhere() -> usize {
    let nanos = clock::instant().timestamp_subsec_nanos();
    usize::try_from(nanos / 1_000).unwrap_or(0)
}

fn complain(waiting: &Waiting, error: &store::Error) {
    log::error!(
        target: "apportion::engine",
        organization = waiting.organization.0,
        distributor = waiting.distributor_id;
        "a distributor was not triggered: {error}"
    );
}
