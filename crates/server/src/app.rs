//! The configuration of a service, and the state that all of its requests share. Not here: the life
//! of a server, from the first connection to the last (`serve`).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apportion_store::{self as store, Address, Store};

use crate::access::TokenCache;
use crate::access::authenticator::{Authentication, Known};
use crate::access::idempotency::{self, InFlight};
use crate::access::rates::{RateLimits, Rates};
use crate::catalog::{Resources, TypeError};
use crate::clock::{self, Clock, ClockWatch};
use crate::failure::Kind;
use crate::http::client::Proxies;
use crate::http::cors::Cors;
use crate::http::host::{Hosts, split_url};
use crate::http::mount;
use crate::http::outgoing::Outgoing;
use crate::monitor::Monitor;
use crate::revenue::report_room::ReportRoom;

/// The configuration of a service, whether it has a server of its own or is mounted in another.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database.
    pub database: Address,
    /// The beginning of absolute links, such as `https://api.example.com`; with `None`, links of an
    /// answer begin with the request's own Host. A path in it comes before that of the service.
    pub public_url: Option<String>,
    /// The origins whose pages may read answers in a browser, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// The addresses of proxies whose `Forwarded` or `X-Forwarded-For` names the client.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether requests above the rate limits are refused.
    pub limit_rates: bool,
    /// The ways to find out who sends a request.
    pub authentication: Authentication,
    /// The clock by which requests are answered and the engine runs.
    pub clock: Clock,
    /// The limits.
    pub limits: Limits,
    /// The parts beside the API.
    pub parts: Parts,
    /// Returns the number of log lines that the program has dropped since it started, if it counts
    /// them: a figure of `/metrics`.
    pub dropped_log_lines: Option<fn() -> u64>,
}

impl Config {
    /// Returns the usual configuration of a service of this database: with tokens and rate limits,
    /// by the clock of the system, with all parts, and without origins, proxies or a public URL.
    #[must_use]
    pub fn of(database: Address) -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            limit_rates: true,
            authentication: Authentication::tokens(),
            clock: Clock::system(),
            limits: Limits::of(&database),
            database,
            parts: Parts::ALL,
            dropped_log_lines: None,
        }
    }
}

/// The parts of a service that can be left out. Their addresses are unknown then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// `/health/live` and `/health/ready`.
    pub health: bool,
    /// The documentation page, `/docs`. The description is part of the API.
    pub docs: bool,
    /// `/metrics`, for tokens with the scope `admin`.
    pub metrics: bool,
}

impl Parts {
    /// All parts.
    pub const ALL: Self = Self { health: true, docs: true, metrics: true };
}

/// The limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The limits of work on the database.
    pub store: store::Limits,
    /// The largest size of a body, in bytes.
    pub body: usize,
    /// The longest time that the head of a request takes to arrive, from its first byte.
    pub head_time: Duration,
    /// The longest time that the body of a request takes to arrive.
    pub body_time: Duration,
    /// The most slices that a report cuts revenue into: distributions, times the periods that each
    /// has a part in. They take about 20 ns each.
    pub slices: u64,
    /// The most bytes that the rows of large reports take which are computed at once; one report
    /// by itself is computed in any case.
    pub report_memory: usize,
    /// The most bytes of long answers that are on their way out at once; half of them for one
    /// tenant.
    pub answer_memory: usize,
    /// The time for which the server goes on as before after the first signal to stop, but says
    /// that it is not ready.
    pub drain_delay: Duration,
    /// The numbers of requests that clients may send, if rates are limited.
    pub rates: RateLimits,
}

impl Limits {
    /// Returns the usual limits, for a database of this kind on this machine.
    pub fn of(database: &Address) -> Self {
        Self {
            store: store::Limits::of(database),
            body: 1024 * 1024,
            head_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            slices: 100_000_000,
            report_memory: 256 * 1024 * 1024,
            answer_memory: 128 * 1024 * 1024,
            drain_delay: Duration::ZERO,
            rates: RateLimits::default(),
        }
    }
}

/// Returns the most bytes of long texts that an answer includes, by the memory of answers: what is
/// escaped takes up to six times as many, and one tenant has half of the memory.
pub const fn text_of_answers(answer_memory: usize) -> usize {
    answer_memory / 8
}

/// The state that all requests to a server share.
pub(crate) struct App {
    /// The types, below the path of the public URL.
    pub(crate) resources: Arc<Resources>,
    /// The same below the prefix of the last request, if the service is mounted behind one.
    mounted: Mutex<Option<Arc<Resources>>>,
    pub(crate) parts: Parts,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) clock_watch: ClockWatch,
    pub(crate) hosts: Hosts,
    pub(crate) cors: Cors,
    pub(crate) authentication: Authentication,
    pub(crate) known: Known,
    pub(crate) tokens: TokenCache,
    pub(crate) rates: Option<Arc<Rates>>,
    pub(crate) proxies: Proxies,
    pub(crate) in_flight: InFlight,
    pub(crate) outgoing: Outgoing,
    pub(crate) report_room: ReportRoom,
    pub(crate) monitor: Monitor,
    pub(crate) dropped_log_lines: Option<fn() -> u64>,
    pub(crate) limits: Limits,
    /// Whether the signal to stop has come.
    pub(crate) is_draining: AtomicBool,
    /// Whether it was mounted in another application.
    pub(crate) is_mounted: AtomicBool,
}

impl App {
    /// Opens the store and makes the state that all requests to a service share. `bound` is the
    /// address that its own server listens on, if it has one.
    pub(crate) fn open(
        config: &Config,
        types: &Resources,
        bound: Option<SocketAddr>,
    ) -> Result<Self, OpenError> {
        let path = config.public_url.as_deref().map_or("", |url| split_url(url).1);
        let store = Store::open(&config.database, config.limits.store)?;
        let missing = types.check_fields(&config.database)?;
        if !missing.is_empty() {
            return Err(TypeError(missing).into());
        }
        let monitor = Monitor::new(clock::now().and_utc().timestamp(), Kind::names());
        Ok(Self {
            monitor: monitor.map_err(|error| OpenError::Figures(error.to_string()))?,
            dropped_log_lines: config.dropped_log_lines,
            resources: Arc::new(types.below(&mount::encoded(path))),
            mounted: Mutex::default(),
            parts: config.parts,
            store,
            clock: config.clock.clone(),
            clock_watch: ClockWatch::over(&config.clock),
            hosts: Hosts::new(bound, config.public_url.as_deref()),
            cors: Cors::new(config.cors_origins.clone()),
            authentication: config.authentication.clone(),
            known: Known::default(),
            tokens: TokenCache::default(),
            rates: config.limit_rates.then(|| Arc::new(Rates::within(config.limits.rates))),
            proxies: Proxies::new(&config.trusted_proxies),
            in_flight: InFlight::default(),
            outgoing: Outgoing::within(config.limits.answer_memory),
            report_room: ReportRoom::within(config.limits.report_memory),
            limits: config.limits,
            is_draining: AtomicBool::default(),
            is_mounted: AtomicBool::default(),
        })
    }

    /// Returns the types for a request whose path has this prefix before that of the service.
    pub(crate) fn resources_below(&self, prefix: &str) -> Arc<Resources> {
        if prefix.is_empty() {
            return Arc::clone(&self.resources);
        }
        let mut mounted = self.mounted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = mounted
            .take()
            .filter(|known| known.prefix().strip_prefix(self.resources.prefix()) == Some(prefix));
        let known = known.unwrap_or_else(|| Arc::new(self.resources.below(prefix)));
        Arc::clone(mounted.insert(known))
    }

    /// Deletes expired answers now and in each minute, unless the clock is wrong.
    pub(crate) async fn keep_purging(self: Arc<Self>) {
        let mut minutes = tokio::time::interval(Duration::from_secs(60));
        loop {
            minutes.tick().await;
            if self.clock_watch.look(&self.store).await.is_none() {
                idempotency::purge(&self.store, self.clock.now()).await;
            }
        }
    }
}

/// The reason why a service cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The types of a program that embeds the service cannot be served.
    #[error(transparent)]
    Types(#[from] TypeError),
    /// The figures for `/metrics` cannot be registered.
    #[error("the figures cannot be kept: {0}")]
    Figures(String),
}
