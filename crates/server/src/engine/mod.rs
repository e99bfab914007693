//! The engine: what `core::engine::plan` decides, read from the store and written to it.
//!
//! A pass triggers every distribution that is due, one transaction each, and then refreshes what
//! the open ones are worth. Any number of engines may run on one database. [`snapshot`] reads what
//! a plan is made from, [`apply`] writes one, [`timer`] runs passes in the server, [`tick()`] runs
//! one by command. Not here: any rule of what is paid, and which rows others may write meanwhile.

mod apply;
mod refresh;
pub(crate) mod snapshot;
mod tick;
pub(crate) mod timer;
mod triggered;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use apportion_store::due::{self, Occupied, Waiting};
use apportion_store::{self as store, Store};
use chrono::{DateTime, SubsecRound, Utc};

pub use tick::{Tick, tick};
pub use triggered::Triggered;

/// What an engine works on.
#[derive(Clone)]
pub(crate) struct Engine {
    store: Store,
    stopped: Arc<AtomicBool>,
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
        Self { store, stopped: Arc::default() }
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
            // Those come again in the second round.
            passed.left = 0;
            let mut after = None;
            while !self.is_stopped() {
                let (claimed, done) = self.next((now, after), occupied).await?;
                let Some(claimed) = claimed else { break };
                after = Some(claimed);
                match done {
                    Ok(Some(triggered)) => {
                        passed.triggered = passed.triggered.saturating_add(1);
                        triggered.log();
                        told(&triggered);
                    }
                    // Somebody else was faster.
                    Ok(None) => {}
                    Err(error) => {
                        passed.left = passed.left.saturating_add(1);
                        if occupied == Occupied::Wait {
                            complain(&claimed, &error);
                        }
                    }
                }
            }
        }
        Ok(passed)
    }

    /// Claims the next that is due and triggers it. An error without a claim is none of a
    /// distributor.
    async fn next(
        &self,
        (now, after): (DateTime<Utc>, Option<Waiting>),
        occupied: Occupied,
    ) -> store::Result<(Option<Waiting>, store::Result<Option<Triggered>>)> {
        let noted = Arc::<Mutex<Option<Waiting>>>::default();
        let claim = Arc::clone(&noted);
        let note = move |claimed| {
            *claim.lock().unwrap_or_else(PoisonError::into_inner) = claimed;
        };
        let done = self.store.write_for_any(move |session| {
            note(None);
            let claimed = due::claim(session, (now.naive_utc(), after), occupied)?;
            note(claimed);
            claimed.map_or(Ok(None), |claimed| apply::trigger(session, &claimed, now))
        });
        let done = done.await;
        let claimed = *noted.lock().unwrap_or_else(PoisonError::into_inner);
        match (claimed, done) {
            (None, Err(error)) => Err(error),
            (claimed, done) => Ok((claimed, done)),
        }
    }
}

fn complain(claimed: &Waiting, error: &store::Error) {
    log::error!(
        target: "apportion::engine",
        organization = claimed.organization.0,
        distributor = claimed.distributor_id;
        "a distributor was not triggered: {error}"
    );
}
