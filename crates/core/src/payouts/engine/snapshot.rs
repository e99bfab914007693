//! Snapshots: one distributor, its open distribution, and the rows of its period.
//!
//! A snapshot holds values only; the caller reads them in one transaction. A pass of the engine
//! holds the rows of one distribution at a time, so the largest distribution bounds its memory.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::calendar::DateRange;
use crate::money::currency::Currency;
use crate::money::units::Units;
use crate::payouts::accumulation::{Cutoff, Owed};
use crate::payouts::distributor::DistributorStatus;
use crate::payouts::metric::Score;
use crate::payouts::obligation::ObligationStatus;
use crate::payouts::resolver::{Payout, PoolSource};
use crate::payouts::uncounted::UncountedRevenue;
use crate::revenue::slicing::SpreadAmount;
use crate::rules::id::CollaboratorId;

/// The terms of a distributor that a plan depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// The status; only an active distributor is triggered.
    pub status: DistributorStatus,
    /// The units that it pays in.
    pub units: Units,
    /// The payout: what it pays, and by which rule.
    pub payout: Payout,
    /// The time zone that decides which day it is.
    pub time_zone: Tz,
    /// The smallest net that is paid, in minor units, 0 or more; `None` if there is no minimum.
    pub minimum: Option<i64>,
    /// Whether the obligations that a pool creates begin as pending.
    pub requires_approval: bool,
    /// Whether a pool that nobody took is added to the next one.
    pub carry_over: bool,
}

/// A distribution that waits for its trigger date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDistribution {
    /// The instant at which it was opened: the trigger date of the previous distribution.
    pub opened_at: DateTime<Utc>,
    /// The first day of its period: the day on which the period before ended. It is kept as a date,
    /// so that a change of the time zone neither repeats a day nor leaves one out.
    pub period_from: NaiveDate,
    /// The scheduled instant at which it is triggered and its period ends, that instant not
    /// included.
    pub trigger_at: DateTime<Utc>,
    /// The amount that earlier periods left for this one, in minor units.
    pub carried: i64,
}

/// One distributor at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The terms of the distributor.
    pub payer: &'a Payer,
    /// The open distribution.
    pub open: OpenDistribution,
    /// The collaborators of the distributor, in any order. The plan explains why any of them gets
    /// nothing.
    pub members: &'a [CollaboratorId],
    /// The scores of the period in any order, including those of collaborators who left; several
    /// scores of one collaborator are added up.
    pub scores: &'a [Score],
    /// The obligations of the distributor. Those that are not due may be left out.
    pub obligations: &'a [Owed],
    /// The sum of all obligations of the distributor that are approved and not allocated, due or
    /// not, in minor units.
    pub accumulated: i64,
    /// The revenue recognised on [`OpenDistribution::revenue_days`], for `recognized_revenue`, in
    /// minor units of the amounts that [`Payer::revenue_in`] names.
    pub recognized: i128,
    /// The revenue of the same days that the pool cannot count, for `recognized_revenue`.
    pub uncounted: &'a [UncountedRevenue],
    /// The instant for which the plan is made.
    pub now: DateTime<Utc>,
}

/// The amounts of deals that count as a distributor's revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevenueIn {
    /// The `amount_default` of every deal in its scope.
    Default,
    /// The `amount` of those deals in its scope that are in this currency.
    Deals(Currency),
}

impl Payer {
    /// Returns the first status of the obligations that a pool creates.
    #[must_use]
    pub const fn share_status(&self) -> ObligationStatus {
        ObligationStatus::of_pool(self.requires_approval)
    }

    /// Returns the amounts that count as revenue, in an organization with this currency; `None` if
    /// the distributor does not share revenue.
    #[must_use]
    pub fn revenue_in(&self, default_currency: Currency) -> Option<RevenueIn> {
        let shares = matches!(self.payout, Payout::Shared { pool: PoolSource::Revenue(_), .. });
        let units = self.units.currency().filter(|_| shares)?;
        let is_default = units == default_currency;
        Some(if is_default { RevenueIn::Default } else { RevenueIn::Deals(units) })
    }
}

impl OpenDistribution {
    /// Returns the start of a period that begins now, for a distributor that had none before. Its
    /// trigger date is still to be found, by [`rescheduled`](Self::rescheduled).
    ///
    /// The period begins on `starts_on`, or on the present day of the time zone.
    #[must_use]
    pub fn beginning(now: DateTime<Utc>, time_zone: Tz, starts_on: Option<NaiveDate>) -> Self {
        let period_from = starts_on.unwrap_or_else(|| local_date(now, time_zone));
        Self { opened_at: now, period_from, trigger_at: now, carried: 0 }
    }

    /// Sets the trigger date to the first one after `now`, for a distribution that is opened, or
    /// whose schedule or time zone changed.
    ///
    /// Returns `None` if the schedule has no instant after that; the distribution is then
    /// cancelled.
    pub fn rescheduled(
        self,
        now: DateTime<Utc>,
        next_after: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let trigger_at = next_after(now).filter(|next| *next > now)?;
        Some(Self { trigger_at, ..self })
    }

    /// Returns the end of the period as seen at `now`: the trigger date, or `now` if that is
    /// earlier, but never before the period began.
    #[must_use]
    pub fn closes_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.min(self.trigger_at).max(self.opened_at)
    }

    /// Returns the day after the last one of the period as seen at `now`: the date of its end in
    /// the time zone, but no day before the period began.
    #[must_use]
    pub fn period_until(&self, now: DateTime<Utc>, time_zone: Tz) -> NaiveDate {
        local_date(self.closes_at(now), time_zone).max(self.period_from)
    }

    /// Returns the days whose revenue counts as a range, or `None` if there are no such days.
    #[must_use]
    pub fn revenue_days(&self, now: DateTime<Utc>, time_zone: Tz) -> Option<DateRange> {
        let until = self.period_until(now, time_zone);
        DateRange::window(Some(self.period_from), Some(until.pred_opt()?))
    }
}

impl Snapshot<'_> {
    /// Returns the instant and the date at which the obligations that are collected end. The
    /// instant is the trigger date at any time: what exists before it was created before it.
    #[must_use]
    pub fn cutoff(&self) -> Cutoff {
        let date = local_date(self.open.closes_at(self.now), self.payer.time_zone);
        Cutoff { at: self.open.trigger_at.max(self.open.opened_at), date }
    }
}

/// Sums up the daily slices of amounts on the days of a period, in minor units.
pub fn recognized(spans: impl IntoIterator<Item = SpreadAmount>, days: Option<DateRange>) -> i128 {
    let Some(days) = days else { return 0 };
    spans.into_iter().map(|span| i128::from(span.window(days))).sum()
}

fn local_date(at: DateTime<Utc>, time_zone: Tz) -> NaiveDate {
    at.with_timezone(&time_zone).date_naive()
}
