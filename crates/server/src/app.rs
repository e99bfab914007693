//! The configuration of a server, and the state that all of its requests share. Not here: its life,
//! from the first connection to the last (`serve`).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Bytes;
use apportion_store::{self as store, Address, Store};

use crate::access::TokenCache;
use crate::access::idempotency::InFlight;
use crate::access::rates::{RateLimits, Rates};
use crate::catalog::Resources;
use crate::clock::{Clock, ClockWatch};
use crate::http::client::Proxies;
use crate::http::cors::Cors;
use crate::http::host::Hosts;
use crate::http::outgoing::Outgoing;
use crate::monitor::Monitor;
use crate::revenue::report_room::ReportRoom;

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 picks a free port.
    pub bind: SocketAddr,
    /// The database.
    pub database: Address,
    /// The beginning of absolute links, such as `https://api.example.com`; with `None`, links of an
    /// answer begin with the request's own Host.
    pub public_url: Option<String>,
    /// The origins whose pages may read answers in a browser, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// The addresses of proxies whose `Forwarded` or `X-Forwarded-For` names the client.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether requests above the rate limits are refused.
    pub limit_rates: bool,
    /// The time that the engine waits between two passes; with `None`, no engine runs.
    pub engine_interval: Option<Duration>,
    /// The clock by which requests are answered and the engine runs.
    pub clock: Clock,
    /// The limits.
    pub limits: Limits,
    /// The way in which others watch the server.
    pub monitoring: Monitoring,
}

/// The configuration of `/metrics`. Tokens with the scope `admin` read it in any case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Monitoring {
    /// The address to serve it on without a token, and nothing else but `/health/live`; with
    /// `None`, it is served with a token only.
    pub bind: Option<SocketAddr>,
    /// Returns the number of log lines that the program has dropped since it started, if it counts
    /// them.
    pub dropped_log_lines: Option<fn() -> u64>,
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
    pub(crate) resources: Arc<Resources>,
    /// The OpenAPI description, made at the first request for it.
    pub(crate) description: OnceLock<Bytes>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) clock_watch: ClockWatch,
    pub(crate) hosts: Hosts,
    pub(crate) cors: Cors,
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
}
