//! The value of open distributions: the amount that a preview would show, stored in the row so that
//! lists show it too. It is a forecast of the last pass; the trigger makes it final.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use apportion_core::id::DistributorId;
use apportion_core::schedule::Tz;
use apportion_store::due::{self, Waiting};
use apportion_store::{self as store, Scope, Tenant, distribution, distributor, event};
use chrono::{DateTime, Days, NaiveTime, SubsecRound, TimeDelta, Utc};

use crate::engine::snapshot::{Planned, preview};
use crate::engine::{CHUNK, Engine};

/// The largest number of distributions that are remembered.
const MAX_REMEMBERED: usize = 100_000;

/// The forecasts that are known, by the ids of their distributions.
#[derive(Clone, Default)]
pub(super) struct KnownForecasts(Arc<Mutex<HashMap<i64, Known>>>);

/// The rows and the day that a forecast was made of.
#[derive(Clone, Copy)]
struct Known {
    /// The number of events that the tenant had.
    events: i64,
    /// The end of the day on which it was made, in the distributor's time zone.
    until: DateTime<Utc>,
}

impl KnownForecasts {
    fn get(&self, distribution: i64) -> Option<Known> {
        self.lock().get(&distribution).copied()
    }

    fn put(&self, distribution: i64, known: Known) {
        let mut all = self.lock();
        if all.len() >= MAX_REMEMBERED {
            // Starting over also forgets the distributions that are no longer open.
            all.clear();
        }
        all.insert(distribution, known);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Known>> {
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
    /// that a pass over unchanged rows writes nothing. The value follows from rows and from the
    /// day: as long as the tenant has no new event, it need not be computed again on the same day.
    async fn forecast(&self, waiting: Waiting, now: DateTime<Utc>) -> store::Result<()> {
        let scope = Scope::of(waiting.organization);
        let distributor = DistributorId(waiting.distributor_id);
        let known = self.forecasts.get(waiting.distribution_id);
        let forecast =
            self.store.read(scope, move |tenant| Forecast::read(tenant, distributor, now, known));
        let Some(Forecast { known, planned }) = forecast.await? else { return Ok(()) };
        if let Some(Planned { open, plan }) = planned
            && open.value != plan.value
        {
            let write = self.store.write(scope, move |tenant| {
                distributor::lock(tenant, distributor)?;
                distribution::set_forecast(tenant, open.id, open.version, plan.value)
            });
            write.await?;
        }
        self.forecasts.put(waiting.distribution_id, known);
        Ok(())
    }
}

/// A look at the open distribution of a distributor.
struct Forecast {
    known: Known,
    /// The open distribution and its plan; `None` without an open one.
    planned: Option<Planned>,
}

impl Forecast {
    /// Makes the plan. Returns `None` if the events and the day are those of the known forecast.
    fn read(
        tenant: &mut Tenant<'_>,
        distributor: DistributorId,
        now: DateTime<Utc>,
        known: Option<Known>,
    ) -> store::Result<Option<Self>> {
        let events = event::count(tenant)?;
        if known.is_some_and(|known| known.events == events && now < known.until) {
            return Ok(None);
        }
        let preview = preview(tenant, distributor, now)?;
        let zone = preview.as_ref().and_then(|it| it.distributor.stored.time_zone.parse().ok());
        let until = end_of_day(now, zone.unwrap_or(Tz::UTC));
        let planned = preview.and_then(|preview| preview.planned);
        Ok(Some(Self { known: Known { events, until }, planned }))
    }
}

/// Returns the instant at which the next day begins in a time zone, or soon after it where the
/// clock is changed at midnight.
fn end_of_day(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let tomorrow = now.with_timezone(&zone).date_naive().checked_add_days(Days::new(1));
    let midnight = tomorrow.map(|day| day.and_time(NaiveTime::MIN).and_local_timezone(zone));
    let end = midnight.and_then(|local| local.earliest()).map(|end| end.to_utc());
    end.unwrap_or_else(|| now.checked_add_signed(TimeDelta::hours(1)).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_one_begins() {
        let cases = [
            ("2026-03-28T23:30:00Z", "UTC", "2026-03-29T00:00:00Z"),
            ("2026-03-28T23:30:00Z", "Europe/Vienna", "2026-03-29T22:00:00Z"),
            ("2026-11-30T12:00:00Z", "Pacific/Kiritimati", "2026-12-01T10:00:00Z"),
            ("2026-11-30T12:00:00Z", "Pacific/Pago_Pago", "2026-12-01T11:00:00Z"),
            // The clock goes forward at midnight, so that the day has none.
            ("2026-09-06T01:00:00Z", "America/Santiago", "2026-09-06T02:00:00Z"),
        ];
        for (now, zone, expected) in cases {
            let end = end_of_day(now.parse().unwrap(), zone.parse().unwrap());
            assert_eq!(end, expected.parse::<DateTime<Utc>>().unwrap(), "{now} in {zone}");
        }
    }
}
