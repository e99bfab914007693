//! A single pass by command: `apportion tick`. It can run as of another instant, so that a past can
//! be replayed, and as a dry run, which only reports and writes nothing.

use std::time::Duration;

use actix_web::rt;
use apportion_core::id::DistributorId;
use apportion_store::{self as store, Address, Limits, Scope, Store, due};
use chrono::{DateTime, SubsecRound, Utc};

use crate::engine::snapshot::{Preview, preview};
use crate::engine::triggered::Triggered;
use crate::engine::{CHUNK, Engine, PassSummary, log_failure};

/// The longest time that a trigger waits for another process that writes to SQLite: that of all
/// commands.
const LOCK: Duration = Duration::from_secs(30);
/// The longest time until a trigger begins: more than its wait.
const PATIENCE: Duration = Duration::from_secs(35);
/// The longest time until a trigger has ended.
const WORK: Duration = Duration::from_secs(90);

/// The options of a pass.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// The instant as of which the pass runs: it stands for the present in all of it.
    pub at: DateTime<Utc>,
    /// Whether the pass only reports what it would trigger.
    pub dry_run: bool,
}

/// Runs one pass over a database. `on_trigger` is called for each distribution after its trigger is
/// committed or, in a dry run, for each that would be triggered. Returns an error if the pass
/// cannot run to its end.
pub fn tick(
    database: &Address,
    tick: Tick,
    on_trigger: impl FnMut(&Triggered),
) -> store::Result<PassSummary> {
    // A pass does one piece of work after the other, so one thread is enough. Nobody else would do
    // it instead if it gave up while an import writes.
    let limits =
        Limits { threads: 1, lock: LOCK, patience: PATIENCE, work: WORK, ..Limits::of(database) };
    let engine = Engine::new(Store::open(database, limits)?);
    let ended = rt::System::new().block_on(async move {
        if tick.dry_run {
            return engine.dry_run(tick.at, on_trigger).await;
        }
        let summary = engine.pass(tick.at, on_trigger).await?;
        engine.refresh(tick.at, 0, usize::MAX).await?;
        Ok(summary)
    });
    if !tick.dry_run {
        Store::empty_log(database);
    }
    ended
}

impl Engine {
    /// Reports what a pass would trigger, and writes nothing.
    async fn dry_run(
        &self,
        now: DateTime<Utc>,
        mut on_trigger: impl FnMut(&Triggered),
    ) -> store::Result<PassSummary> {
        let now = now.trunc_subsecs(3);
        let (mut summary, mut after) = (PassSummary::default(), None);
        loop {
            let at = now.naive_utc();
            let chunk =
                self.store.read_all(move |session| due::due(session, at, after, CHUNK)).await?;
            if chunk.is_empty() {
                return Ok(summary);
            }
            after = chunk.last().copied();
            for waiting in chunk {
                let scope = Scope::of(waiting.organization);
                let distributor = DistributorId(waiting.distributor_id);
                let preview =
                    self.store.read(scope, move |tenant| preview(tenant, distributor, now));
                match preview.await {
                    Ok(Some(Preview { distributor, planned: Some(planned) }))
                        if planned.plan.wait_reason.is_none() =>
                    {
                        summary.triggered = summary.triggered.saturating_add(1);
                        on_trigger(&Triggered::new(&distributor.stored, planned));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        summary.left = summary.left.saturating_add(1);
                        log_failure(&waiting, &error);
                    }
                }
            }
        }
    }
}
