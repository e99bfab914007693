//! The engine: triggers the distributions that are due, by the plans of `apportion_core::engine`.
//!
//! A pass triggers every distribution that is due, one transaction each, and then refreshes the
//! value of the open ones. Any number of engines may run on one database. `snapshot` reads the
//! rows that a plan is made from, `apply` writes a plan, `timer` runs passes in the server, and
//! `tick()` runs one by command. Not here: the rules of what is paid (core), and the rules of which
//! rows others may write meanwhile (store).

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
pub(crate) use apply::trigger_due;
use refresh::KnownForecasts;
pub use tick::{Tick, tick};
pub use triggered::Triggered;

/// The largest number of distributions that one query looks up.
const CHUNK: i64 = 100;

/// An engine on a store. Clones share the signal to stop, and what is known of open distributions.
#[derive(Clone)]
pub(crate) struct Engine {
    store: Store,
    stopped: Arc<AtomicBool>,
    forecasts: KnownForecasts,
}

/// The counts of one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassSummary {
    /// The number of distributions that were triggered, failed ones included.
    pub triggered: usize,
    /// The number of distributions that stay due because an error prevented the trigger.
    pub left: usize,
}

impl Engine {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, stopped: Arc::default(), forecasts: KnownForecasts::default() }
    }

    /// Returns the store that it works on.
    fn store(&self) -> &Store {
        &self.store
    }

    /// Stops the engine: a pass ends after the trigger that it is working on.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Triggers all that is due at `now`, in the order of trigger dates, and reports each to
    /// `on_trigger`. The first sweep skips distributors that another engine has locked, the second
    /// waits for them: so nothing that was due is left at the end, whichever engine triggered it.
    ///
    /// Returns an error only if the database fails. An error with a single distributor is logged,
    /// and the pass goes on with the others.
    pub(crate) async fn pass(
        &self,
        now: DateTime<Utc>,
        mut on_trigger: impl FnMut(&Triggered),
    ) -> store::Result<PassSummary> {
        let now = now.trunc_subsecs(3);
        let mut summary = PassSummary::default();
        for occupied in [Occupied::Skip, Occupied::Wait] {
            let mut sweep = Sweep::new(now, occupied);
            while !self.is_stopped() {
                let Some(chunk) = self.next_chunk(&mut sweep).await? else { break };
                self.trigger_chunk(&mut sweep, chunk, |triggered| {
                    summary.triggered = summary.triggered.saturating_add(1);
                    triggered.log();
                    on_trigger(triggered);
                })
                .await;
            }
            // The second sweep tries again what failed in the first, so its count replaces that.
            summary.left = sweep.failed;
        }
        Ok(summary)
    }

    /// Looks up some that are due and were not tried in this sweep. Returns `None` if there are no
    /// others.
    async fn next_chunk(&self, sweep: &mut Sweep) -> store::Result<Option<Vec<Waiting>>> {
        loop {
            let (now, after) = (sweep.now.naive_utc(), sweep.after);
            let mut due =
                self.store.read_all(move |session| due::due(session, now, after, CHUNK)).await?;
            let Some(last) = due.last().copied() else { return Ok(None) };
            due.retain(|waiting| !sweep.tried.contains(waiting));
            if !due.is_empty() {
                return Ok(Some(due));
            }
            sweep.after = Some(last);
        }
    }

    /// Triggers one after the other, until an attempt does nothing. Then another engine works on
    /// the same distributions, and it is better to look them up again and to start elsewhere.
    async fn trigger_chunk(
        &self,
        sweep: &mut Sweep,
        mut chunk: Vec<Waiting>,
        mut on_trigger: impl FnMut(&Triggered),
    ) {
        let start = sweep.start.checked_rem(chunk.len()).unwrap_or(0);
        chunk.rotate_left(start);
        for waiting in chunk {
            if self.is_stopped() {
                return;
            }
            let (now, occupied) = (sweep.now, sweep.occupied);
            let scope = Scope::of(waiting.organization);
            let work = move |tenant: &mut Tenant<'_>| {
                trigger(tenant, DistributorId(waiting.distributor_id), occupied, now)
            };
            match self.store.write(scope, work).await {
                Ok(Some(triggered)) => on_trigger(&triggered),
                Ok(None) => {
                    sweep.tried.insert(waiting);
                    sweep.start = arbitrary_start();
                    return;
                }
                Err(error) => {
                    sweep.tried.insert(waiting);
                    sweep.failed = sweep.failed.saturating_add(1);
                    log_failure(&waiting, &error);
                    // If the whole database fails, the next look-up ends the pass.
                    return;
                }
            }
        }
    }
}

/// The state of one of the two runs of a pass over what is due.
struct Sweep {
    now: DateTime<Utc>,
    occupied: Occupied,
    /// The number of distributions whose trigger failed with an error.
    failed: usize,
    /// The distributions that were tried without a result: those that failed, and those that
    /// another engine was working on.
    tried: HashSet<Waiting>,
    /// The last of a chunk that was tried as a whole; later look-ups begin behind it.
    after: Option<Waiting>,
    /// The position in the next chunk to begin at, modulo its length.
    start: usize,
}

impl Sweep {
    fn new(now: DateTime<Utc>, occupied: Occupied) -> Self {
        Self { now, occupied, failed: 0, tried: HashSet::new(), after: None, start: 0 }
    }
}

/// Returns a number that probably differs between engines, so that they do not start at the same
/// distribution.
fn arbitrary_start() -> usize {
    let nanos = clock::instant().timestamp_subsec_nanos();
    usize::try_from(nanos / 1_000).unwrap_or(0)
}

fn log_failure(waiting: &Waiting, error: &store::Error) {
    if error.is_outage() {
        return;
    }
    log::error!(
        target: "apportion::engine",
        organization = waiting.organization.0,
        distributor = waiting.distributor_id;
        "the distributor was not triggered and stays due: {error}"
    );
}
