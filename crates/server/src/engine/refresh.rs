//! What open distributions are worth: the value that a preview would show, kept on the row so that
//! lists show it too. A forecast, as of the last pass; triggering makes it final.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apportion_core::id::DistributorId;
use apportion_store::due::{self, Waiting};
use apportion_store::{self as store, Scope, Tenant, distribution, distributor, event};
use chrono::{DateTime, SubsecRound, Utc};

use crate::engine::snapshot::{Planned, preview};
use crate::engine::{CHUNK, Engine};

/// How many distributions are remembered at most.
const MAX_SEEN: usize = 100_000;

/// How many events a tenant had when a distribution was last looked at.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<HashMap<i64, i64>>>);

impl Seen {
    fn get(&self, distribution: i64) -> Option<i64> {
        self.lock().get(&distribution).copied()
    }

    fn put(&self, distribution: i64, events: i64) {
        let mut seen = self.lock();
        if seen.len() >= MAX_SEEN {
            // Those that are gone as well.
            seen.clear();
        }
        seen.insert(distribution, events);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Refreshes open distributions with higher ids than `after`, about `limit` of them. Answers
    /// with the last id, or none where the end was reached.
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
                        "an open distribution was not refreshed: {error}"
                    );
                }
            }
        }
        Ok(Some(after))
    }

    /// Writes only where the value is another: a pass over what stays as it is changes nothing. It
    /// follows from rows and not from the time, so that where the tenant has had no event since the
    /// last look, there is nothing to see.
    async fn forecast(&self, waiting: Waiting, now: DateTime<Utc>) -> store::Result<()> {
        let scope = Scope::of(waiting.organization);
        let distributor = DistributorId(waiting.distributor_id);
        let known = self.seen.get(waiting.distribution_id);
        let looked = self.store.read(scope, move |tenant| {
            tenant.snapshot(|tenant| look(tenant, distributor, now, known))
        });
        let (events, planned) = looked.await?;
        if let Some(Planned { open, plan }) = planned
            && open.value != plan.value
        {
            let write = self.store.write(scope, move |tenant| {
                distributor::lock(tenant, distributor)?;
                distribution::set_forecast(tenant, open.id, open.version, plan.value)
            });
            write.await?;
        }
        self.seen.put(waiting.distribution_id, events);
        Ok(())
    }
}

/// How many events there are, and unless they are as many as is known, what would be paid.
fn look(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    now: DateTime<Utc>,
    known: Option<i64>,
) -> store::Result<(i64, Option<Planned>)> {
    let events = event::count(tenant)?;
    if known == Some(events) {
        return Ok((events, None));
    }
    let found = preview(tenant, distributor, now)?;
    Ok((events, found.and_then(|(_, planned)| planned)))
}
