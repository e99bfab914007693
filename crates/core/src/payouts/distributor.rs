//! Distributors: the terms on which a group of collaborators is paid, period by period.
//!
//! Only the rules of a draft. The schedule is [`crate::schedule`], and a distributor's
//! collaborators and deals are rows of the store. What a distributor pays is decided by
//! [`crate::engine`].

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use validator::{Validate, ValidationError};

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::metric::{CountedMetric, CountedMetricDraft, check_metric_types};
use crate::payouts::resolver::{DistributionResolver, Payout, PoolResolver, ResolverInputs};
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::{UnknownName, names};
use crate::rules::refusal::{Locked, Refused};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, MAX_TEXT_CHARS, without_nul};

names! {
    /// The status of a distributor.
    DistributorStatus {
        /// The distributor takes credits and is triggered on schedule.
        Active = "active",
        /// The distributor keeps its open distribution, but is not triggered and takes no credits.
        Inactive = "inactive",
        /// The distributor can only be viewed.
        Deleted = "deleted",
    }
}

names! {
    /// The deals whose revenue counts for a distributor.
    RevenueScope {
        /// Every deal of the organization.
        All = "all",
        /// The deals that are named, which may be no deals at all.
        Deals = "deals",
    }
}

/// A distributor as a client describes it; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct DistributorDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub name: Option<String>,
    /// At most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub description: Option<String>,
    /// Required: a currency of ISO 4217, or a plain unit of 1 to 32 letters.
    pub units: Option<String>,
    /// Active or inactive; `None` means active.
    pub status: Option<String>,
    /// Required: the name of a [`PoolResolver`].
    pub pool_resolver: Option<String>,
    /// Required: the name of a [`DistributionResolver`].
    pub distribution_resolver: Option<String>,
    /// The pool in minor units, 0 or more; required by `fixed_amount`.
    #[validate(custom(function = zero_or_more))]
    pub pool_amount: Option<i64>,
    /// The percentage of the recognised revenue that makes the pool, in units of `10^-10` percent:
    /// above 0 and at most 100 percent. The pool resolver `recognized_revenue` requires it.
    pub revenue_percentage: Option<i64>,
    /// The smallest net that is paid, in minor units, 0 or more.
    #[validate(custom(function = zero_or_more))]
    pub minimum_value: Option<i64>,
    /// The name of a [`RevenueScope`]; `None` means the deals where any are given, else all.
    pub revenue_scope: Option<String>,
    /// Whether the description names deals.
    pub gives_deals: bool,
    /// Whether new obligations must be approved; `None` means no.
    pub requires_approval: Option<bool>,
    /// Whether an untaken pool is carried over; `None` means no.
    pub carry_over: Option<bool>,
    /// The first day of the first period; `None` means the day on which the distributor first is
    /// active and has a schedule. [`may_start`] says which days are allowed.
    pub starts_on: Option<NaiveDate>,
    /// A zone of the IANA database; `None` means the organization's.
    pub time_zone: Option<String>,
    /// The kinds of metric that credits count for.
    pub metric_types: Vec<CountedMetricDraft>,
}

/// A distributor that keeps every rule, with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributorTerms {
    /// The name, of 1 to 255 characters.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The units that it pays in.
    pub units: Units,
    /// Active or inactive.
    pub status: DistributorStatus,
    /// The source of the pool.
    pub pool_resolver: PoolResolver,
    /// The way in which the pool is divided.
    pub distribution_resolver: DistributionResolver,
    /// Both resolvers with the values that they need.
    pub payout: Payout,
    /// The pool in minor units, 0 or more; stored even if the resolvers do not use it.
    pub pool_amount: Option<i64>,
    /// The percentage of revenue, at most 100; stored even if the resolvers do not use it.
    pub revenue_percentage: Option<Percent>,
    /// The smallest net that is paid, in minor units, 0 or more.
    pub minimum_value: Option<i64>,
    /// The deals whose revenue counts; stored even if the resolvers do not use it.
    pub revenue_scope: RevenueScope,
    /// Whether the obligations that a pool creates begin as pending.
    pub requires_approval: bool,
    /// Whether a pool that nobody took is added to the next one.
    pub carry_over: bool,
    /// The first day of the first period, if it was stated.
    pub starts_on: Option<NaiveDate>,
    /// The time zone that decides which day it is.
    pub time_zone: Tz,
    /// The kinds of metric that credits count for, each at most once.
    pub metric_types: Vec<CountedMetric>,
}

/// The fields of a draft that are parsed one by one, before they become the terms.
struct Parsed {
    units: Option<Units>,
    status: Option<DistributorStatus>,
    pool_resolver: Option<PoolResolver>,
    distribution_resolver: Option<DistributionResolver>,
    revenue_percentage: Option<Percent>,
    revenue_scope: Option<RevenueScope>,
    time_zone: Option<Tz>,
    metric_types: Vec<CountedMetric>,
}

impl DistributorDraft {
    /// Checks every rule of the draft, in an organization with this time zone.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self, default_time_zone: Tz) -> Result<DistributorTerms, Vec<Fault>> {
        let mut faults = Faults::declared_by(self);
        let parsed = self.parse(default_time_zone, &mut faults);
        let payout = self.payout(&parsed, &mut faults);
        let terms = payout.and_then(|payout| self.terms(parsed, payout));
        terms.filter(|_| faults.is_empty()).ok_or_else(|| faults.into_vec())
    }

    fn parse(&self, default_time_zone: Tz, faults: &mut Faults) -> Parsed {
        let zone = self.time_zone.as_deref().map_or(Ok(default_time_zone), parse_zone);
        let status = self.status.as_deref().map_or(Ok(DistributorStatus::Active), parse_status);
        let percentage = self.revenue_percentage.map(parse_percentage).transpose();
        let pool_resolver = self.pool_resolver.as_deref().map(str::parse);
        let distribution_resolver = self.distribution_resolver.as_deref().map(str::parse);
        Parsed {
            units: faults.required("units", self.units.as_deref().map(str::parse)),
            status: faults.note("status", status),
            pool_resolver: faults.required("pool_resolver", pool_resolver),
            distribution_resolver: faults.required("distribution_resolver", distribution_resolver),
            revenue_percentage: faults.note("revenue_percentage", percentage).flatten(),
            revenue_scope: faults.note("revenue_scope", self.revenue_scope()),
            time_zone: faults.note("time_zone", zone),
            metric_types: check_metric_types(&self.metric_types, faults),
        }
    }

    /// Finds the deals whose revenue counts. A distributor that is given deals counts those: it
    /// cannot be told at once to count all.
    fn revenue_scope(&self) -> Result<RevenueScope, String> {
        let stated = self.revenue_scope.as_deref().map(str::parse).transpose();
        match (stated.map_err(|error: UnknownName| error.to_string())?, self.gives_deals) {
            (Some(RevenueScope::All), true) => {
                Err("must be deals, or absent, if deals are given".to_owned())
            }
            (Some(stated), _) => Ok(stated),
            (None, true) => Ok(RevenueScope::Deals),
            (None, false) => Ok(RevenueScope::All),
        }
    }

    /// Finds what the distributor pays.
    ///
    /// A percentage that is out of range has its own fault, so it is not reported as missing too.
    fn payout(&self, parsed: &Parsed, faults: &mut Faults) -> Option<Payout> {
        let (pool, distribution) = parsed.pool_resolver.zip(parsed.distribution_resolver)?;
        let resolving = ResolverInputs {
            units: parsed.units.as_ref()?,
            pool_amount: self.pool_amount,
            revenue_percentage: parsed.revenue_percentage,
        };
        let is_refused = self.revenue_percentage.is_some() && parsed.revenue_percentage.is_none();
        let known = |fault: &Fault| is_refused && fault.field == "revenue_percentage";
        let payout = Payout::from_resolvers(pool, distribution, &resolving);
        faults.join(payout.map_err(|mut found| {
            found.retain(|fault| !known(fault));
            found
        }))
    }

    fn terms(&self, parsed: Parsed, payout: Payout) -> Option<DistributorTerms> {
        Some(DistributorTerms {
            name: self.name.clone()?,
            description: self.description.clone(),
            units: parsed.units?,
            status: parsed.status?,
            pool_resolver: parsed.pool_resolver?,
            distribution_resolver: parsed.distribution_resolver?,
            payout,
            pool_amount: self.pool_amount,
            revenue_percentage: parsed.revenue_percentage,
            minimum_value: self.minimum_value,
            revenue_scope: parsed.revenue_scope?,
            requires_approval: self.requires_approval.unwrap_or_default(),
            carry_over: self.carry_over.unwrap_or_default(),
            starts_on: self.starts_on,
            time_zone: parsed.time_zone?,
            metric_types: parsed.metric_types,
        })
    }
}

impl DistributorTerms {
    /// Checks that these terms may replace others.
    ///
    /// A distributor is in use if its period has credits or a pool that was carried to it, or if
    /// some of its obligations are not allocated.
    ///
    /// # Errors
    ///
    /// [`Locked`] if the distributor is in use and the units or a resolver differ.
    pub fn may_replace(&self, old: &Self, is_in_use: bool) -> Result<(), Locked> {
        let changes = [
            ("units", self.units != old.units),
            ("pool_resolver", self.pool_resolver != old.pool_resolver),
            ("distribution_resolver", self.distribution_resolver != old.distribution_resolver),
        ];
        let changed = changes.into_iter().find(|(_, differs)| is_in_use && *differs);
        let state = "in use by credits, a pool that was carried over, or unallocated obligations";
        let locked = |what| Locked { noun: "the distributor", state, what, done: "changed" };
        changed.map_or(Ok(()), |(what, _)| Err(locked(what)))
    }
}

/// The number of days before today on which a first period may begin at the earliest.
pub const MAX_DAYS_BACK: i64 = 366;

/// Checks the first day of a first period that is stated on `today`, a date of the distributor's
/// time zone: it is today, or one of the [`MAX_DAYS_BACK`] days before.
///
/// # Errors
///
/// The reason, as the rest of a sentence about the day.
pub fn may_start(day: NaiveDate, today: NaiveDate) -> Result<(), String> {
    match today.signed_duration_since(day).num_days() {
        0..=MAX_DAYS_BACK => Ok(()),
        days => {
            let earliest = today.checked_sub_days(Days::new(MAX_DAYS_BACK.unsigned_abs()));
            let earliest = earliest.unwrap_or(NaiveDate::MIN);
            let side = if days < 0 { "in the future" } else { "too long ago" };
            Err(format!("must be from {earliest} to {today}; {day} is {side}"))
        }
    }
}

impl DistributorStatus {
    /// Checks that a distributor may be deleted: it owes nothing, neither obligations that are not
    /// settled nor a pool that was carried over, in minor units.
    ///
    /// # Errors
    ///
    /// [`Locked`] if it still owes.
    pub fn may_be_deleted(has_unsettled: bool, carried: i64) -> Result<(), Locked> {
        let state = match (has_unsettled, carried) {
            (true, _) => "the payer of obligations that are pending, approved or not fulfilled",
            (false, 0) => return Ok(()),
            (false, _) => "the payer of a pool that was carried over",
        };
        Err(Locked { noun: "the distributor", state, what: "it", done: "deleted" })
    }

    /// Checks a change of status. Keeping the status is allowed, unless it is deleted.
    ///
    /// # Errors
    ///
    /// [`Refused`] for any change of a deleted distributor, including another deletion.
    pub fn may_become(self, to: Self) -> Result<(), Refused> {
        let refused = Refused { noun: "the distributor", from: self.name(), to: to.name() };
        if self == Self::Deleted { Err(refused) } else { Ok(()) }
    }
}

fn parse_status(name: &str) -> Result<DistributorStatus, &'static str> {
    let status = name.parse().ok().filter(|status| *status != DistributorStatus::Deleted);
    status.ok_or("must be active or inactive")
}

fn parse_zone(name: &str) -> Result<Tz, &'static str> {
    name.parse().map_err(|_| "must be an IANA time zone such as Europe/Berlin")
}

fn parse_percentage(units: i64) -> Result<Percent, String> {
    let percent = Percent::from_units(units).map_err(|error| error.to_string())?;
    let whole = Percent::WHOLE;
    if percent > whole { Err(format!("must be at most {whole}")) } else { Ok(percent) }
}

fn zero_or_more(amount: i64) -> Result<(), ValidationError> {
    let broken = || ValidationError::new("amount").with_message("must not be negative".into());
    if amount < 0 { Err(broken()) } else { Ok(()) }
}
