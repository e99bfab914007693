//! Distributors: what is paid to a group of collaborators, on which terms.
//!
//! The rules of a draft. Not its schedule, which is read with the time zone elsewhere, nor its
//! collaborators and deals, which are rows. What a distributor pays is [`crate::engine`].

use chrono_tz::Tz;
use validator::{Validate, ValidationError};

use crate::money::decimal::Percent;
use crate::money::units::Units;
use crate::payouts::metric::{CountedMetric, CountedMetricDraft, check_metric_types};
use crate::payouts::resolver::{DistributionResolver, Payout, PoolResolver, ResolverInputs};
use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
use crate::rules::refusal::{Locked, Refused};
use crate::rules::text::{MAX_LONG_TEXT_CHARS, MAX_TEXT_CHARS, without_nul};

names! {
    /// Whether a distributor pays.
    DistributorStatus {
        /// Takes credits and is triggered.
        Active = "active",
        /// Keeps its open distribution, is not triggered and takes no credits.
        Inactive = "inactive",
        /// Only shown.
        Deleted = "deleted",
    }
}

/// A distributor as a client describes it; `None` is null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct DistributorDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub name: Option<String>,
    /// At most 10,000 characters.
    #[validate(length(max = MAX_LONG_TEXT_CHARS), custom(function = without_nul))]
    pub description: Option<String>,
    /// Required: a currency of ISO 4217, or 1 to 32 letters.
    pub units: Option<String>,
    /// Active or inactive; active where `None`.
    pub status: Option<String>,
    /// Required, a [`PoolResolver`].
    pub pool_resolver: Option<String>,
    /// Required, a [`DistributionResolver`].
    pub distribution_resolver: Option<String>,
    /// Minor units, 0 or more; required by `fixed_amount`.
    #[validate(custom(function = zero_or_more))]
    pub pool_amount: Option<i64>,
    /// Units of `10^-10` percent as read, in range or not; must be `0 < p <= 100` percent.
    /// Required by `recognized_revenue`.
    pub revenue_percentage: Option<i64>,
    /// Minor units, 0 or more.
    #[validate(custom(function = zero_or_more))]
    pub minimum_value: Option<i64>,
    /// No where `None`.
    pub requires_approval: Option<bool>,
    /// No where `None`.
    pub carry_over: Option<bool>,
    /// A zone of the IANA database; the organization's where `None`.
    pub time_zone: Option<String>,
    /// What credits count for.
    pub metric_types: Vec<CountedMetricDraft>,
}

/// A distributor that keeps every rule, with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributorTerms {
    /// 1 to 255 characters.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it pays in.
    pub units: Units,
    /// Active or inactive.
    pub status: DistributorStatus,
    /// Where the pool comes from.
    pub pool_resolver: PoolResolver,
    /// How it is handed out.
    pub distribution_resolver: DistributionResolver,
    /// Both of them with what they need.
    pub payout: Payout,
    /// Minor units, 0 or more; kept also where another resolver has no use for it.
    pub pool_amount: Option<i64>,
    /// At most 100; kept likewise.
    pub revenue_percentage: Option<Percent>,
    /// Minor units, 0 or more; kept likewise.
    pub minimum_value: Option<i64>,
    /// Whether the obligations that a pool makes begin as pending.
    pub requires_approval: bool,
    /// Whether a pool that nobody took is added to the next.
    pub carry_over: bool,
    /// Which day it is.
    pub time_zone: Tz,
    /// What credits count for, each kind once.
    pub metric_types: Vec<CountedMetric>,
}

/// The parts of a draft that are read one by one; together they make the terms.
struct Parsed {
    units: Option<Units>,
    status: Option<DistributorStatus>,
    pool_resolver: Option<PoolResolver>,
    distribution_resolver: Option<DistributionResolver>,
    revenue_percentage: Option<Percent>,
    time_zone: Option<Tz>,
    metric_types: Vec<CountedMetric>,
}

impl DistributorDraft {
    /// Checks every rule, in an organization with this time zone.
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
            time_zone: faults.note("time_zone", zone),
            metric_types: check_metric_types(&self.metric_types, faults),
        }
    }

    /// What is missing is not asked for twice: a percentage out of range is there.
    fn payout(&self, parsed: &Parsed, faults: &mut Faults) -> Option<Payout> {
        let (pool, distribution) = parsed.pool_resolver.zip(parsed.distribution_resolver)?;
        let resolving = ResolverInputs {
            units: parsed.units.as_ref()?,
            pool_amount: self.pool_amount,
            revenue_percentage: parsed.revenue_percentage,
            minimum_value: self.minimum_value,
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
            requires_approval: self.requires_approval.unwrap_or_default(),
            carry_over: self.carry_over.unwrap_or_default(),
            time_zone: parsed.time_zone?,
            metric_types: parsed.metric_types,
        })
    }
}

impl DistributorTerms {
    /// Checks that these terms may take the place of others while the distributor is in use: its
    /// open period has credits, or obligations of it are not allocated.
    ///
    /// # Errors
    ///
    /// [`Locked`] where units or a resolver differ.
    pub fn may_replace(&self, old: &Self, is_in_use: bool) -> Result<(), Locked> {
        let changes = [
            ("units", self.units != old.units),
            ("pool_resolver", self.pool_resolver != old.pool_resolver),
            ("distribution_resolver", self.distribution_resolver != old.distribution_resolver),
        ];
        let changed = changes.into_iter().find(|(_, differs)| is_in_use && *differs);
        let state = "in use by credits or unallocated obligations";
        let locked = |what| Locked { noun: "the distributor", state, what, done: "changed" };
        changed.map_or(Ok(()), |(what, _)| Err(locked(what)))
    }
}

impl DistributorStatus {
    /// Checks a change of status; to the same one is none, but of what is deleted.
    ///
    /// # Errors
    ///
    /// [`Refused`] for any change of what is deleted, another deletion included.
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
