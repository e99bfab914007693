//! A plain model of one distributor, written from the rules and not from the code: rows in vectors,
//! shares by the definition of largest remainder, days counted one by one.

use std::collections::BTreeMap;

use apportion_core::schedule::Tz;
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Utc, Weekday};

/// Minor units that every day recognises.
pub const REVENUE_A_DAY: i64 = 1_000;

/// The source of what is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Fixed,
    Revenue,
    Owed,
}

/// The rule of who shares, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Evenly,
    Performance,
    Top,
}

/// A daily or, with a weekday, weekly schedule at a full hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub hour: u32,
    pub weekday: Option<Weekday>,
}

/// The terms of the distributor.
#[derive(Clone, Debug)]
pub struct Terms {
    pub kind: Kind,
    pub rule: Rule,
    pub amount: i64,
    /// Eighths of 100 percent, so that a day's part is whole.
    pub eighths: i64,
    pub minimum: Option<i64>,
    pub approval: bool,
    pub carry_over: bool,
    pub zone: Tz,
    pub schedule: Option<Schedule>,
    pub active: bool,
}

/// The period that is open, or that the next distribution takes over.
#[derive(Clone, Debug)]
pub struct Period {
    pub from: NaiveDate,
    pub carried: i64,
    pub scores: BTreeMap<usize, i64>,
}

/// A distribution, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    pub status: &'static str,
    /// Minor units; no figure while it is open.
    pub value: Option<i64>,
    pub trigger: DateTime<Utc>,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
}

/// An obligation, in the order of their ids.
#[derive(Clone, Debug)]
pub struct Owed {
    pub who: usize,
    pub value: i64,
    pub status: &'static str,
    pub created: DateTime<Utc>,
    pub due_on: Option<NaiveDate>,
    /// The position of its allocation.
    pub allocation: Option<usize>,
    pub reverses: Option<usize>,
    pub is_refund: bool,
    /// The distribution whose pool it is a share of, and the weight.
    pub share: Option<(usize, i64)>,
}

/// An allocation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allocation {
    pub distribution: usize,
    pub obligation: usize,
    pub value: i64,
    pub status: &'static str,
}

/// The distributor with all of its rows.
#[derive(Clone, Debug)]
pub struct Model {
    pub terms: Terms,
    pub period: Option<Period>,
    /// The position of the open distribution.
    pub open: Option<usize>,
    pub distributions: Vec<Distribution>,
    pub owed: Vec<Owed>,
    pub allocations: Vec<Allocation>,
}

/// A change that is not possible.
#[derive(Debug)]
pub struct Refused;

impl Schedule {
    /// Returns the first instant after `after`.
    pub fn next(self, zone: Tz, after: DateTime<Utc>) -> DateTime<Utc> {
        let mut day = after.with_timezone(&zone).date_naive() - Days::new(1);
        loop {
            let local = day.and_hms_opt(self.hour, 0, 0).unwrap();
            let at = zone.from_local_datetime(&local).earliest().unwrap().to_utc();
            let fits = self.weekday.is_none_or(|weekday| day.weekday() == weekday);
            if fits && at > after {
                return at;
            }
            day = day + Days::new(1);
        }
    }
}

/// Divides a pool above 0 by the definition: whole parts, and the rest one by one to the largest
/// remainders, the lower collaborator first.
pub fn divide(pool: i64, weights: &BTreeMap<usize, i64>) -> BTreeMap<usize, i64> {
    let total: i64 = weights.values().sum();
    let mut shares: BTreeMap<usize, i64> =
        weights.iter().map(|(who, weight)| (*who, pool * weight / total)).collect();
    let mut by_remainder: Vec<usize> = weights.keys().copied().collect();
    by_remainder.sort_by_key(|who| (-(pool * weights[who] % total), *who));
    let rest = pool - shares.values().sum::<i64>();
    for who in by_remainder.into_iter().take(usize::try_from(rest).unwrap()) {
        *shares.get_mut(&who).unwrap() += 1;
    }
    shares
}

impl Model {
    pub fn new(terms: Terms, now: DateTime<Utc>) -> Self {
        let mut model = Self {
            terms,
            period: None,
            open: None,
            distributions: Vec::new(),
            owed: Vec::new(),
            allocations: Vec::new(),
        };
        model.settle_schedule(now, false);
        model
    }

    /// Returns the trigger date of the open distribution.
    pub fn trigger_date(&self) -> Option<DateTime<Utc>> {
        self.open.map(|open| self.distributions[open].trigger)
    }

    /// Triggers what is due, as a pass does and as whoever writes to the distributor does first.
    pub fn trigger_due(&mut self, now: DateTime<Utc>) {
        if self.terms.active && self.trigger_date().is_some_and(|date| date <= now) {
            self.trigger(now);
        }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.terms.zone).date_naive()
    }

    fn trigger(&mut self, now: DateTime<Utc>) {
        let open = self.open.unwrap();
        let Period { from, carried, scores } = self.period.clone().unwrap();
        let cutoff = self.distributions[open].trigger;
        let until = self.date(cutoff).max(from);
        let days = (until - from).num_days();
        let own = match self.terms.kind {
            Kind::Fixed => self.terms.amount,
            Kind::Revenue => days * REVENUE_A_DAY * self.terms.eighths / 8,
            Kind::Owed => 0,
        };
        let pool = own + carried;
        let weights = self.weights(&scores);
        let shares = match pool {
            1.. if !weights.is_empty() => divide(pool, &weights),
            _ => BTreeMap::new(),
        };
        let carried_on = match pool {
            ..0 => pool,
            _ if weights.is_empty() && self.terms.carry_over => pool,
            _ => 0,
        };
        self.pay(open, cutoff, now, (&shares, &weights));
        let value = self.value(open);
        let is_empty = !self.allocations.iter().any(|it| it.distribution == open);
        let status = if is_empty { "complete" } else { "processing" };
        let trigger = cutoff;
        self.distributions[open] =
            Distribution { status, value: Some(value), trigger, from, until: Some(until) };
        self.open = None;
        self.period = Some(Period { from: until, carried: carried_on, scores: BTreeMap::new() });
        self.settle_schedule(now, false);
    }

    fn weights(&self, scores: &BTreeMap<usize, i64>) -> BTreeMap<usize, i64> {
        let top = scores.values().copied().max().unwrap_or(0);
        let takers = scores.iter().filter(|(_, score)| **score > 0);
        match (self.terms.kind, self.terms.rule) {
            (Kind::Owed, _) => BTreeMap::new(),
            (_, Rule::Performance) => takers.map(|(who, score)| (*who, *score)).collect(),
            (_, Rule::Evenly) => takers.map(|(who, _)| (*who, 1)).collect(),
            (_, Rule::Top) => {
                takers.filter(|(_, score)| **score == top).map(|(who, _)| (*who, 1)).collect()
            }
        }
    }

    pub fn first_status(&self) -> &'static str {
        if self.terms.approval { "pending" } else { "approved" }
    }

    /// Nets every share with what is due, and pays the nets that are large enough.
    fn pay(
        &mut self,
        open: usize,
        cutoff: DateTime<Utc>,
        now: DateTime<Utc>,
        (shares, weights): (&BTreeMap<usize, i64>, &BTreeMap<usize, i64>),
    ) {
        let today = self.date(cutoff);
        let is_due = |owed: &Owed| {
            let counts =
                owed.status == "approved" || (owed.status == "pending" && owed.share.is_some());
            counts
                && owed.allocation.is_none()
                && owed.created < cutoff
                && owed.due_on.is_none_or(|day| day <= today)
        };
        let due: Vec<usize> = (0..self.owed.len()).filter(|at| is_due(&self.owed[*at])).collect();
        let mut nets: BTreeMap<usize, i64> = shares.clone();
        for at in &due {
            *nets.entry(self.owed[*at].who).or_default() += self.owed[*at].value;
        }
        nets.retain(|_, net| *net > 0 && *net >= self.terms.minimum.unwrap_or(0));
        // Shares that are paid become obligations first, then those that wait.
        for is_paid in [true, false] {
            for (who, value) in shares.iter().filter(|(_, value)| **value != 0) {
                if nets.contains_key(who) != is_paid {
                    continue;
                }
                let share = Some((open, weights[who]));
                let status = self.first_status();
                self.owed.push(Owed { status, share, ..Owed::new(*who, *value, now) });
                if is_paid {
                    self.allocate(open, self.owed.len() - 1);
                }
            }
        }
        for at in due {
            if nets.contains_key(&self.owed[at].who) {
                self.allocate(open, at);
            }
        }
    }

    fn allocate(&mut self, distribution: usize, obligation: usize) {
        let value = self.owed[obligation].value;
        self.owed[obligation].allocation = Some(self.allocations.len());
        self.allocations.push(Allocation { distribution, obligation, value, status: "pending" });
    }

    /// Opens, moves or cancels the open distribution as the terms say; `moved` is whether the
    /// schedule or its zone changed.
    pub fn settle_schedule(&mut self, now: DateTime<Utc>, moved: bool) {
        let zone = self.terms.zone;
        match (self.open, self.terms.schedule) {
            (Some(open), Some(schedule)) if moved => {
                self.distributions[open].trigger = schedule.next(zone, now);
            }
            (Some(open), None) => {
                self.distributions[open].status = "cancelled";
                self.distributions[open].value = Some(0);
                self.open = None;
            }
            (None, Some(schedule)) if self.terms.active => {
                let from = self.date(now);
                let first = Period { from, carried: 0, scores: BTreeMap::new() };
                let from = self.period.get_or_insert(first).from;
                let trigger = schedule.next(zone, now);
                self.open = Some(self.distributions.len());
                self.distributions.push(Distribution {
                    status: "pending",
                    value: None,
                    trigger,
                    from,
                    until: None,
                });
            }
            _ => {}
        }
    }

    pub fn value(&self, distribution: usize) -> i64 {
        let live = |it: &&Allocation| ["pending", "complete"].contains(&it.status);
        let own = self.allocations.iter().filter(|it| it.distribution == distribution);
        own.filter(live).map(|it| it.value).sum()
    }

    /// Returns the sum of what is approved and not allocated.
    pub fn accumulated(&self) -> i64 {
        let open = self.owed.iter().filter(|it| it.status == "approved" && it.allocation.is_none());
        open.map(|it| it.value).sum()
    }
}

impl Owed {
    /// Returns an approved obligation.
    pub fn new(who: usize, value: i64, created: DateTime<Utc>) -> Self {
        Self {
            who,
            value,
            status: "approved",
            created,
            due_on: None,
            allocation: None,
            reverses: None,
            is_refund: false,
            share: None,
        }
    }
}
