//! What a plan is made from: one distributor, its open distribution, and the rows of its period.
//!
//! Values only, taken by the caller in one transaction. Rows of one distribution are all that is
//! held at a time, so the largest distribution bounds the memory of a pass.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::calendar::DateRange;
use crate::money::currency::Currency;
use crate::money::units::Units;
use crate::payouts::accumulation::{Cutoff, Owed};
use crate::payouts::distributor::DistributorStatus;
use crate::payouts::metric::Score;
use crate::payouts::resolver::{Payout, PoolSource};
use crate::revenue::slicing::SpreadAmount;
use crate::rules::id::CollaboratorId;

/// The terms of a distributor that a plan depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// Only an active one is triggered.
    pub status: DistributorStatus,
    /// What it pays in.
    pub units: Units,
    /// What it pays.
    pub payout: Payout,
    /// Which day it is.
    pub time_zone: Tz,
    /// Whether the obligations that a pool makes begin as pending.
    pub requires_approval: bool,
    /// Whether a pool that nobody took is added to the next.
    pub carry_over: bool,
}

/// A distribution that waits for its trigger date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenDistribution {
    /// Where its period begins: the trigger date of the one before.
    pub opened_at: DateTime<Utc>,
    /// When it is scheduled to be triggered; its period ends before that.
    pub trigger_at: DateTime<Utc>,
    /// What the periods before left for this one, in minor units.
    pub carried: i64,
}

/// One distributor at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// Its terms.
    pub payer: &'a Payer,
    /// Its open distribution.
    pub open: OpenDistribution,
    /// Its collaborators, in any order; who got nothing is told why.
    pub members: &'a [CollaboratorId],
    /// What was scored in the period, also by others, in any order; several of one collaborator
    /// are added.
    pub scores: &'a [Score],
    /// For `accumulated_obligations`, what its distributor owes; those that are not due may be
    /// left out.
    pub obligations: &'a [Owed],
    /// For `recognized_revenue`, what was recognised on [`OpenDistribution::revenue_days`], in minor
    /// units: those that [`Payer::revenue_in`] names.
    pub recognized: i128,
    /// The instant for which the plan is made.
    pub now: DateTime<Utc>,
}

/// Which amounts of the deals are a distributor's revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevenueIn {
    /// `amount_default`, of every deal in its scope.
    Default,
    /// `amount`, of the deals in its scope that are in this currency.
    Deals(Currency),
}

impl Payer {
    /// The revenue that is counted, in an organization with this currency; `None` for a
    /// distributor that does not share revenue.
    #[must_use]
    pub fn revenue_in(&self, default_currency: Currency) -> Option<RevenueIn> {
        let shares = matches!(self.payout, Payout::Shared { pool: PoolSource::Revenue(_), .. });
        let units = self.units.currency().filter(|_| shares)?;
        let is_default = units == default_currency;
        Some(if is_default { RevenueIn::Default } else { RevenueIn::Deals(units) })
    }
}

impl OpenDistribution {
    /// The first distribution of a distributor that is active and has a schedule since `now`.
    ///
    /// `None` where the schedule, which is `next_after`, has no instant after that.
    pub fn first(
        now: DateTime<Utc>,
        next_after: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>,
    ) -> Option<Self> {
        Self { opened_at: now, trigger_at: now, carried: 0 }.rescheduled(now, next_after)
    }

    /// The same distribution after a change of its schedule or zone at `now`.
    ///
    /// `None` where the new schedule has no instant after that: it is cancelled then.
    pub fn rescheduled(
        self,
        now: DateTime<Utc>,
        next_after: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let trigger_at = next_after(now).filter(|next| *next > now)?;
        Some(Self { trigger_at, ..self })
    }

    /// Where its period ends for somebody who looks at `now`: at the trigger date, or sooner
    /// where that is still to come; never before it began.
    #[must_use]
    pub fn closes_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.min(self.trigger_at).max(self.opened_at)
    }

    /// The days that revenue is counted for, as dates of the zone: from the first, until before
    /// the second.
    #[must_use]
    pub fn revenue_dates(&self, now: DateTime<Utc>, time_zone: Tz) -> (NaiveDate, NaiveDate) {
        (local_date(self.opened_at, time_zone), local_date(self.closes_at(now), time_zone))
    }

    /// The same days as a range; `None` where there are none.
    #[must_use]
    pub fn revenue_days(&self, now: DateTime<Utc>, time_zone: Tz) -> Option<DateRange> {
        let (from, until) = self.revenue_dates(now, time_zone);
        DateRange::window(Some(from), Some(until.pred_opt()?))
    }
}

impl Snapshot<'_> {
    /// Where the obligations that the plan collects end.
    #[must_use]
    pub fn cutoff(&self) -> Cutoff {
        let at = self.open.closes_at(self.now);
        Cutoff { at, date: local_date(at, self.payer.time_zone) }
    }
}

/// The revenue of spans on the days of a period: the sum of their daily slices, in minor units.
pub fn recognized(spans: impl IntoIterator<Item = SpreadAmount>, days: Option<DateRange>) -> i128 {
    let Some(days) = days else { return 0 };
    spans.into_iter().map(|span| i128::from(span.window(days))).sum()
}

fn local_date(at: DateTime<Utc>, time_zone: Tz) -> NaiveDate {
    at.with_timezone(&time_zone).date_naive()
}
