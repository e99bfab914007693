//! Rate limits. Requests are counted in fixed windows of time for each token and each organization,
//! those without a valid token for each client address, and those of probes for each address too.
//! Reports are counted by what they cost, against a budget of the organization that fills up again.
//!
//! Memory is bounded, and a newcomer always finds room: what was not used for the longest time is
//! forgotten. To have one's own window forgotten takes thousands of other addresses, and whoever
//! has these does not need it.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderName, RETRY_AFTER};
use apportion_jsonapi::Code;
use apportion_store::{Actor, Scope};

use crate::access::Access;
use crate::access::recent::Recent;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A limit: the number of requests in a period of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    pub(crate) period: Duration,
    /// The requests that the limit applies to, as a refusal names them.
    subject: &'static str,
}

/// The usual limit of one token.
pub(crate) const TOKEN: Rate =
    Rate { requests: 100, period: Duration::from_secs(10), subject: "requests with one token" };
/// The same for a client that is known otherwise.
const ACTOR: Rate = Rate { subject: "requests of one client", ..TOKEN };
/// The usual limit of all tokens of one organization together.
pub(crate) const ORGANIZATION: Rate = Rate {
    requests: 4000,
    period: Duration::from_secs(30 * 60),
    subject: "requests of one organization",
};
/// The usual limit of requests without a valid token from one address.
pub(crate) const ADDRESS: Rate = Rate {
    requests: 20,
    period: Duration::from_secs(10),
    subject: "requests without a valid token from one address",
};
/// The usual limit of requests to probes from one address.
pub(crate) const PROBES: Rate = Rate {
    requests: 20,
    period: Duration::from_secs(1),
    subject: "requests to probes from one address",
};

/// The units that an organization usually has for reports when it has not asked for any lately.
const BUDGET: u32 = 1_500;
/// The units that usually come back each second: an organization that never stops takes about a
/// quarter of one core.
const INCOME: u32 = 50;
/// The time of one core that a unit stands for, in milliseconds.
const UNIT_MILLIS: u128 = 5;

/// The number of windows of one kind that are never forgotten.
const MAX_WINDOWS: usize = 10_000;

/// A client, as its requests are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Token(i64),
    /// One that has no token, by its organization.
    Actor(i64, Option<Actor>),
}

impl Client {
    fn of(access: &Access) -> Self {
        let Scope { organization, token, actor, .. } = access.scope;
        token.map_or(Self::Actor(organization.0, actor), |token| Self::Token(token.0))
    }
}

/// The windows of all clients.
pub(crate) struct Rates {
    clients: Windows<Client>,
    organizations: Windows<i64>,
    addresses: Windows<IpAddr>,
    probes: Windows<IpAddr>,
    allowance: Allowance,
    reports: Mutex<Recent<i64, Budget>>,
}

/// The numbers of requests that clients may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// With one token, in 10 s.
    pub token: u32,
    /// Of one organization, in 30 minutes.
    pub organization: u32,
    /// Without a valid token from one address, in 10 s.
    pub stranger: u32,
    /// To probes from one address, in 1 s.
    pub probe: u32,
    /// The units that an organization has for reports when it has not asked for any lately. One
    /// stands for 5 ms of a core.
    pub report_units: u32,
    /// The units for reports that come back each second.
    pub report_income: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            token: TOKEN.requests,
            organization: ORGANIZATION.requests,
            stranger: ADDRESS.requests,
            probe: PROBES.requests,
            report_units: BUDGET,
            report_income: INCOME,
        }
    }
}

impl Rates {
    /// Makes the windows for these limits.
    pub(crate) fn within(limits: RateLimits) -> Self {
        let RateLimits { token, organization, stranger, probe, report_units, report_income } =
            limits;
        Self {
            clients: Windows::new(Rate { requests: token, ..TOKEN }),
            organizations: Windows::new(Rate { requests: organization, ..ORGANIZATION }),
            addresses: Windows::new(Rate { requests: stranger, ..ADDRESS }),
            probes: Windows::new(Rate { requests: probe, ..PROBES }),
            allowance: Allowance { units: report_units.into(), income: report_income.into() },
            reports: Mutex::new(Recent::new(MAX_WINDOWS)),
        }
    }
}

/// The place of a request in a window or a budget.
#[derive(Clone, Copy, Debug)]
struct Standing {
    limit: u32,
    remaining: u32,
    /// The seconds until the window is over, or until a refused request may come again.
    reset: u64,
    is_refused: bool,
}

/// The counting of one request. It knows the tightest of the limits that the request was counted
/// against, which the answer tells in its headers.
#[derive(Clone)]
pub(crate) struct Meter {
    /// The windows; `None` if nothing is limited.
    rates: Option<Arc<Rates>>,
    tightest: Arc<Mutex<Option<Standing>>>,
}

impl Meter {
    /// Makes the meter of a request that was not counted yet.
    pub(crate) fn new(rates: Option<&Arc<Rates>>) -> Self {
        Self { rates: rates.cloned(), tightest: Arc::default() }
    }

    /// Counts a request with a token. Refuses one above a limit.
    pub(crate) fn admit(&self, access: &Access) -> Result<()> {
        let Some(rates) = &self.rates else { return Ok(()) };
        let client = Client::of(access);
        let rate = if matches!(client, Client::Token(_)) { TOKEN } else { ACTOR };
        self.note(rate, rates.clients.count(client))?;
        self.note(ORGANIZATION, rates.organizations.count(access.scope.organization.0))
    }

    /// Counts a request without a valid token. Refuses one above the limit of its address.
    pub(crate) fn admit_stranger(&self, client: Option<IpAddr>) -> Result<()> {
        let (Some(rates), Some(client)) = (&self.rates, client) else { return Ok(()) };
        self.note(ADDRESS, rates.addresses.count(network(client)))
    }

    /// Refuses a request from an address that is above its limit already, without counting it.
    pub(crate) fn check_stranger(&self, client: Option<IpAddr>) -> Result<()> {
        let (Some(rates), Some(client)) = (&self.rates, client) else { return Ok(()) };
        rates.addresses.exhausted(&network(client)).map_or(Ok(()), |it| self.note(ADDRESS, it))
    }

    /// Counts a request to a probe. Refuses one above the limit of its address.
    pub(crate) fn admit_probe(&self, client: Option<IpAddr>) -> Result<()> {
        let (Some(rates), Some(client)) = (&self.rates, client) else { return Ok(()) };
        self.note(PROBES, rates.probes.count(network(client)))
    }

    /// Takes units from the budget that an organization has for reports. Refuses a report for which
    /// it does not have enough. One that costs more than the whole budget may be had when nothing
    /// of it is spent; what it costs beyond has to come back first.
    pub(crate) fn spend(&self, organization: i64, units: u64) -> Result<()> {
        let Some(rates) = &self.rates else { return Ok(()) };
        let mut reports = rates.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let allowance = rates.allowance;
        let budget = reports.entry(organization, || allowance.full(now));
        let standing = allowance.spend(budget, units, now);
        drop(reports);
        self.keep(standing);
        if !standing.is_refused {
            return Ok(());
        }
        let Standing { limit, remaining, reset, .. } = standing;
        let income = allowance.income;
        let detail = format!(
            "This costs {units} of the units that one organization has for reports, tables and \
             checks, and {remaining} are left; {income} come back each second, up to {limit}; ask \
             for fewer days or groups, or try again in {reset} s"
        );
        Err(Failure::refusal(Code::TooManyRequests, detail))
    }

    /// Takes the units that the time of work comes to, beyond those that were paid before.
    pub(crate) fn settle(&self, organization: i64, paid: u64, took: Duration) {
        let Some(rates) = &self.rates else { return };
        let units = took.as_millis().checked_div(UNIT_MILLIS).unwrap_or(0);
        let units = u64::try_from(units).unwrap_or(u64::MAX).saturating_sub(paid);
        let mut reports = rates.reports.lock().unwrap_or_else(PoisonError::into_inner);
        let allowance = rates.allowance;
        allowance.owe(reports.entry(organization, || allowance.full(Instant::now())), units);
    }

    /// Adds the headers that tell the tightest limit to an answer, and to a refusal when to try
    /// again.
    pub(crate) fn head(&self, reply: Reply) -> Reply {
        let tightest = *self.tightest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Standing { limit, remaining, reset, is_refused }) = tightest else { return reply };
        let rate = format!("limit={limit}, remaining={remaining}, reset={reset}");
        let reply = reply.with_header(RATE_LIMIT, rate);
        if !is_refused {
            return reply;
        }
        let seconds = reset.to_string();
        reply.with_header(RETRY_AFTER, seconds.clone()).with_header(RESET, seconds)
    }

    /// Notes where a request stands in a window, and refuses it if it is above the limit.
    fn note(&self, rate: Rate, standing: Standing) -> Result<()> {
        self.keep(standing);
        if !standing.is_refused {
            return Ok(());
        }
        let Rate { period, subject, .. } = rate;
        let (period, limit, seconds) = (period.as_secs(), standing.limit, standing.reset);
        let detail =
            format!("At most {limit} {subject} are served in {period} s; try again in {seconds} s");
        Err(Failure::refusal(Code::TooManyRequests, detail))
    }

    fn keep(&self, standing: Standing) {
        let mut tightest = self.tightest.lock().unwrap_or_else(PoisonError::into_inner);
        let rank = |it: &Standing| (!it.is_refused, it.remaining);
        if tightest.as_ref().is_none_or(|known| rank(&standing) < rank(known)) {
            *tightest = Some(standing);
        }
    }
}

/// Returns what counts as one address: of IPv6 the network of 64 bits, of which anybody who has one
/// address has all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
        address => address,
    }
}

/// The current windows of one kind, by the token, organization or address that they belong to.
struct Windows<K> {
    rate: Rate,
    windows: Mutex<Recent<K, Window>>,
}

/// A period of time, and the number of requests admitted in it.
#[derive(Debug)]
struct Window {
    began: Instant,
    admitted: u32,
}

impl<K: Eq + Hash> Windows<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::new(Recent::new(MAX_WINDOWS)) }
    }

    /// Counts a request, unless the limit of its window is reached.
    fn count(&self, key: K) -> Standing {
        let now = Instant::now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key, || Window { began: now, admitted: 0 });
        if now.duration_since(window.began) >= self.rate.period {
            *window = Window { began: now, admitted: 0 };
        }
        let is_refused = window.admitted >= self.rate.requests;
        if !is_refused {
            window.admitted = window.admitted.saturating_add(1);
        }
        self.standing(window, now, is_refused)
    }

    /// Returns where a request would stand that the limit of its window refuses; `None` if it does
    /// not.
    fn exhausted(&self, key: &K) -> Option<Standing> {
        let now = Instant::now();
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.peek(key)?;
        let lasts = now.duration_since(window.began) < self.rate.period;
        let is_refused = lasts && window.admitted >= self.rate.requests;
        is_refused.then(|| self.standing(window, now, true))
    }

    fn standing(&self, window: &Window, now: Instant, is_refused: bool) -> Standing {
        let left = self.rate.period.saturating_sub(now.duration_since(window.began));
        Standing {
            limit: self.rate.requests,
            remaining: self.rate.requests.saturating_sub(window.admitted),
            reset: left.as_secs().saturating_add(1),
            is_refused,
        }
    }
}

/// The units for reports that an organization has, in thousandths. Below zero it has spent what is
/// yet to come back.
#[derive(Debug)]
struct Budget {
    at: Instant,
    thousandths: i64,
}

/// The units for reports that every organization gets.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    /// The most that it has.
    units: i64,
    /// Those that come back each second.
    income: i64,
}

impl Allowance {
    /// The thousandths of a budget of which nothing is spent.
    fn whole(self) -> i64 {
        self.units.saturating_mul(1_000)
    }

    /// The most that one report takes, so that the wait for it to come back has an end.
    fn most(self) -> i64 {
        self.whole().saturating_mul(10)
    }

    fn full(self, now: Instant) -> Budget {
        Budget { at: now, thousandths: self.whole() }
    }

    fn owe(self, budget: &mut Budget, units: u64) {
        let cost = i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(1_000);
        budget.thousandths =
            budget.thousandths.saturating_sub(cost).max(self.most().saturating_neg());
    }

    fn spend(self, budget: &mut Budget, units: u64, now: Instant) -> Standing {
        // A thousandth of a second brings as many thousandths as a second brings units.
        let passed = i64::try_from(now.duration_since(budget.at).as_millis()).unwrap_or(i64::MAX);
        let back = passed.saturating_mul(self.income);
        let had = budget.thousandths.saturating_add(back).min(self.whole());
        let cost = i64::try_from(units).unwrap_or(i64::MAX).saturating_mul(1_000).min(self.most());
        let missing = cost.min(self.whole()).saturating_sub(had);
        let is_refused = missing > 0;
        let has = if is_refused { had } else { had.saturating_sub(cost) };
        *budget = Budget { at: now, thousandths: has };
        let awaited = if is_refused { missing } else { self.whole().saturating_sub(has) };
        let seconds = awaited.checked_div(self.income.saturating_mul(1_000)).unwrap_or(0);
        let number = |units: i64| u32::try_from(units).unwrap_or(u32::MAX);
        Standing {
            limit: number(self.units),
            remaining: number(has.max(0).checked_div(1_000).unwrap_or(0)),
            reset: u64::try_from(seconds).unwrap_or(0).saturating_add(1),
            is_refused,
        }
    }
}
