//! The configuration of a server, and the state that all of its requests share. Not here: its life,
//! from the first connection to the last (`serve`).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Bytes;
use apportion_store::{Address, Store};

use crate::access::TokenCache;
use crate::access::idempotency::InFlight;
use crate::access::rates::Rates;
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
}
