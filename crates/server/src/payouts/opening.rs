//! The open distribution of a distributor. It is opened when an active distributor first has a
//! schedule, rescheduled when the schedule or the time zone changes, and cancelled when the
//! schedule has no further date. The one that is opened after that takes over its period, its
//! metrics and what was carried to it. Not here: the triggering of a distribution on its trigger
//! date (`engine`).

use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::OpenDistribution;
use apportion_core::id::{DistributionId, DistributorId};
use apportion_core::schedule::{Schedule, Tz};
use apportion_store::distribution::{self, NewDistribution, Outcome, StoredDistribution};
use apportion_store::metric;
use chrono::{DateTime, NaiveDate, Utc};

use crate::catalog::Work;
use crate::failure::Result;

/// The properties of a distributor, after a change, that determine its open distribution.
pub(crate) struct Paying<'p> {
    pub(crate) distributor: DistributorId,
    pub(crate) is_active: bool,
    pub(crate) units: &'p str,
    pub(crate) schedule: &'p Schedule,
    pub(crate) anchor: DateTime<Utc>,
    pub(crate) zone: Tz,
    /// The first day of its first period, if it was stated.
    pub(crate) starts_on: Option<NaiveDate>,
}

/// Opens, updates or cancels the open distribution after a change of the distributor.
///
/// `moved` is whether the schedule or its time zone changed. If the distributor is not active, no
/// distribution is opened, but one that is already open stays open.
pub(crate) fn bring_up_to_date(
    work: &mut Work<'_>,
    paying: &Paying<'_>,
    moved: bool,
) -> Result<()> {
    let open = distribution::find_open(&mut work.tenant, paying.distributor)?;
    match open {
        None if paying.is_active && !paying.schedule.is_empty() => begin(work, paying),
        None => Ok(()),
        Some(open) if moved => reschedule(work, paying, &open),
        Some(open) if open.units != paying.units => {
            let date = open.trigger_date;
            let tenant = &mut work.tenant;
            Ok(distribution::reschedule(tenant, open.id, date, paying.units, work.now)?)
        }
        Some(_) => Ok(()),
    }
}

/// Cancels an open distribution before its trigger date, and sets its value to 0.
pub(crate) fn cancel(work: &mut Work<'_>, id: DistributionId) -> Result<()> {
    let outcome = Outcome { status: DistributionStatus::Cancelled, value: 0 };
    Ok(distribution::set_outcome(&mut work.tenant, id, outcome, work.now)?)
}

fn begin(work: &mut Work<'_>, paying: &Paying<'_>) -> Result<()> {
    let from = since(work, paying)?;
    let last = distribution::find_last(&mut work.tenant, paying.distributor)?;
    let beginning = match &last {
        Some(last) => following(last),
        None => OpenDistribution::beginning(work.now.and_utc(), paying.zone, paying.starts_on),
    };
    let Some(open) = beginning.rescheduled(from, |after| paying.next_after(after)) else {
        return Ok(());
    };
    let new = NewDistribution {
        distributor_id: paying.distributor,
        status: DistributionStatus::Pending,
        value: 0,
        units: paying.units.to_owned(),
        opened_at: open.opened_at.naive_utc(),
        period_from: open.period_from,
        trigger_date: open.trigger_at.naive_utc(),
        carried: open.carried,
    };
    let id = distribution::insert(&mut work.tenant, &new, work.now)?;
    if let Some(last) = last.filter(leaves_metrics) {
        metric::move_to_distribution(&mut work.tenant, last.id, id, work.now)?;
    }
    Ok(())
}

/// Returns whether the metrics of the last distribution of a distributor count for the one that
/// follows: it was cancelled or failed, so that nobody was paid by them.
fn leaves_metrics(last: &StoredDistribution) -> bool {
    matches!(last.status, DistributionStatus::Cancelled | DistributionStatus::Failed)
}

/// The part of a distributor's period that would be lost if it ended now, whether or not a
/// distribution is open.
pub(crate) struct Unpaid {
    /// Whether collaborators have been credited.
    pub(crate) has_credits: bool,
    /// The pool that earlier periods left, in minor units.
    pub(crate) carried: i64,
}

impl Unpaid {
    /// Reads it from the last distribution of a distributor, which is the open one if there is one.
    pub(crate) fn read(work: &mut Work<'_>, distributor: DistributorId) -> Result<Self> {
        let Some(last) = distribution::find_last(&mut work.tenant, distributor)? else {
            return Ok(Self { has_credits: false, carried: 0 });
        };
        let is_open = last.status == DistributionStatus::Pending;
        let counts = is_open || leaves_metrics(&last);
        Ok(Self {
            has_credits: counts && metric::any_in_distribution(&mut work.tenant, last.id)?,
            carried: if is_open { last.carried } else { following(&last).carried },
        })
    }
}

/// Returns the start of the period that follows the last distribution of a distributor: the whole
/// period of one that was cancelled, with what was carried to it, and otherwise the end of its
/// period.
fn following(last: &StoredDistribution) -> OpenDistribution {
    let trigger_at = last.trigger_date.and_utc();
    match last.period_until {
        Some(until) if last.status != DistributionStatus::Failed => {
            let carried = last.carried_on;
            OpenDistribution { opened_at: trigger_at, period_from: until, trigger_at, carried }
        }
        _ => opening(last),
    }
}

fn opening(stored: &StoredDistribution) -> OpenDistribution {
    OpenDistribution {
        opened_at: stored.opened_at.and_utc(),
        period_from: stored.period_from,
        trigger_at: stored.trigger_date.and_utc(),
        carried: stored.carried,
    }
}

fn reschedule(work: &mut Work<'_>, paying: &Paying<'_>, open: &StoredDistribution) -> Result<()> {
    let from = since(work, paying)?;
    match opening(open).rescheduled(from, |after| paying.next_after(after)) {
        Some(moved) => {
            let date = moved.trigger_at.naive_utc();
            let tenant = &mut work.tenant;
            Ok(distribution::reschedule(tenant, open.id, date, paying.units, work.now)?)
        }
        None => cancel(work, open.id),
    }
}

/// Returns the time after which the next trigger date is searched: now, or the latest trigger date
/// that was executed if that is later, because the clock was ahead then. So no date is triggered
/// twice.
fn since(work: &mut Work<'_>, paying: &Paying<'_>) -> Result<DateTime<Utc>> {
    let last = distribution::last_trigger_date(&mut work.tenant, paying.distributor)?;
    let now = work.now.and_utc();
    Ok(last.map_or(now, |last| now.max(last.and_utc())))
}

impl Paying<'_> {
    fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedule.next_after(self.anchor, self.zone, after)
    }
}
