//! One pass by command: `apportion tick`. At a moment of one's choice, so that a past can be
//! played; or only told, with nothing written.

use actix_web::rt;
use apportion_core::id::DistributorId;
use apportion_store::{self as store, Address, Limits, Scope, Store, due};
use chrono::{DateTime, SubsecRound, Utc};

use crate::engine::snapshot::preview;
use crate::engine::triggered::Triggered;
use crate::engine::{CHUNK, Engine, Passed};

/// How a pass is to run.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// What stands for now in all of it.
    pub at: DateTime<Utc>,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// Runs one pass over a database; `told` learns of each distribution that was triggered, after it
/// was kept, or would be. An error means that the pass could not run to its end.
pub fn tick(database: &Address, tick: Tick, told: impl FnMut(&Triggered)) -> store::Result<Passed> {
    // One piece of work at a time.
    let limits = Limits { threads: 1, ..Limits::of(database) };
    let engine = Engine::new(Store::open(database, limits)?);
    rt::System::new().block_on(async move {
        if tick.dry_run {
            return engine.foresee(tick.at, told).await;
        }
        let passed = engine.pass(tick.at, told).await?;
        engine.refresh(tick.at, 0, usize::MAX).await?;
        Ok(passed)
    })
}

impl Engine {
    /// Tells what a pass would trigger.
    async fn foresee(
        &self,
        now: DateTime<Utc>,
        mut told: impl FnMut(&Triggered),
    ) -> store::Result<Passed> {
        let now = now.trunc_subsecs(3);
        let (mut passed, mut after) = (Passed::default(), None);
        loop {
            let at = now.naive_utc();
            let chunk =
                self.store.read_all(move |session| due::due(session, at, after, CHUNK)).await?;
            if chunk.is_empty() {
                return Ok(passed);
            }
            after = chunk.last().copied();
            for waiting in chunk {
                let scope = Scope::of(waiting.organization);
                let distributor = DistributorId(waiting.distributor_id);
                let seen = self.store.read(scope, move |tenant| {
                    tenant.snapshot(|tenant| preview(tenant, distributor, now))
                });
                match seen.await {
                    Ok(Some((row, Some(planned)))) if planned.plan.wait_reason.is_none() => {
                        passed.triggered = passed.triggered.saturating_add(1);
                        told(&Triggered::new(&row.stored, planned));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        passed.left = passed.left.saturating_add(1);
                        log::error!("distributor {}: {error}", waiting.distributor_id);
                    }
                }
            }
        }
    }
}
