//! The value of open distributions: the amount that a preview would show, stored in the row so that
//! lists show it too. It is a forecast of the last pass; the trigger makes it final.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apportion_core::id::DistributorId;
use apportion_store::due::{self, Waiting};
use apportion_store::{self as store, Scope, Tenant, distribution, distributor, event};
use chrono::{DateTime, SubsecRound, Utc};

use crate::engine::snapshot::{Planned, preview};
use crate::engine::{CHUNK, Engine};

/// The largest number of distributions that are remembered.
const MAX_REMEMBERED: usize = 100_000;

/// The number of events that the tenant had when a distribution was last refreshed, by the
/// distribution's id.
#[derive(Clone, Default)]
pub(super) struct EventCounts(Arc<Mutex<HashMap<i64, i64>>>);

impl EventCounts {
    fn get(&self, distribution: i64) -> Option<i64> {
        self.lock().get(&distribution).copied()
    }

    fn put(&self, distribution: i64, events: i64) {
        let mut counts = self.lock();
        if counts.len() >= MAX_REMEMBERED {
            // Starting over also forgets the distributions that are no longer open.
            counts.clear();
        }
        counts.insert(distribution, events);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Refreshes about `limit` open distributions with ids above `after`. Returns the last id, or
    /// `None` after the last distribution.
    pub(crate) async fn refresh(
        &self,
        now: DateTime<Utc>,
        after: i64,
        limit: usize,
    ) -> store::Result<Option<i64>> {
        let now = now.trunc_subsecs(3);
        let (mut after, mut done) = (after, 0_usize);
        while done < limit && !self.is_stopped() {
            let open = self.store.read_all(move |session| due::open(session, after, CHUNK)).await?;
            let Some(last) = open.last() else { return Ok(None) };
            after = last.distribution_id;
            done = done.saturating_add(open.len());
            for waiting in open {
                if self.is_stopped() {
                    break;
                }
                if let Err(error) = self.forecast(waiting, now).await {
                    log::warn!(
                        target: "apportion::engine",
                        organization = waiting.organization.0,
                        distributor = waiting.distributor_id;
                        "the value of an open distribution was not refreshed: {error}"
                    );
                }
            }
        }
        Ok(Some(after))
    }

    /// Stores the value that a trigger at `now` would pay, if it differs from the stored one, so
    /// that a pass over unchanged rows writes nothing. The value follows from rows and not from the
    /// time: as long as the tenant has no new event, it need not be computed again.
    async fn forecast(&self, waiting: Waiting, now: DateTime<Utc>) -> store::Result<()> {
        let scope = Scope::of(waiting.organization);
        let distributor = DistributorId(waiting.distributor_id);
        let known = self.event_counts.get(waiting.distribution_id);
        let forecast = self.store.read(scope, move |tenant| {
            tenant.snapshot(|tenant| Forecast::read(tenant, distributor, now, known))
        });
        let Forecast { events, planned } = forecast.await?;
        if let Some(Planned { open, plan }) = planned
            && open.value != plan.value
        {
            let write = self.store.write(scope, move |tenant| {
                distributor::lock(tenant, distributor)?;
                distribution::set_forecast(tenant, open.id, open.version, plan.value)
            });
            write.await?;
        }
        self.event_counts.put(waiting.distribution_id, events);
        Ok(())
    }
}

/// A look at the open distribution of a distributor.
struct Forecast {
    /// The number of the tenant's events.
    events: i64,
    /// The open distribution and its plan; `None` without an open one, or if no event is new.
    planned: Option<Planned>,
}

impl Forecast {
    /// Counts the events, and makes the plan unless the count is the known one.
    fn read(
        tenant: &mut Tenant<'_>,
        distributor: DistributorId,
        now: DateTime<Utc>,
        known: Option<i64>,
    ) -> store::Result<Self> {
        let events = event::count(tenant)?;
        if known == Some(events) {
            return Ok(Self { events, planned: None });
        }
        let preview = preview(tenant, distributor, now)?;
        Ok(Self { events, planned: preview.and_then(|preview| preview.planned) })
    }
}
