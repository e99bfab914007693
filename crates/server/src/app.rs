//! What all requests share.

use std::net::SocketAddr;
use std::time::Duration;

use apportion_store::{Address, Store};

use crate::access::Remembered;
use crate::access::idempotency::InFlight;
use crate::access::rates::Rates;
use crate::http::cors::Cors;
use crate::http::host::Hosts;
use crate::resources::Resources;

/// How the server is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 picks a free one.
    pub bind: SocketAddr,
    /// The database.
    pub database: Address,
    /// What absolute links begin with; else each request's own Host.
    pub public_url: Option<String>,
    /// The origins whose pages may read answers, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Whether clients are held to their rates.
    pub limit_rates: bool,
    /// How long the engine waits between two passes; none runs where this is none.
    pub engine_interval: Option<Duration>,
}

/// The shared state of a running server.
pub(crate) struct Service {
    pub(crate) resources: &'static Resources,
    pub(crate) store: Store,
    pub(crate) hosts: Hosts,
    pub(crate) cors: Cors,
    pub(crate) remembered: Remembered,
    pub(crate) rates: Option<Rates>,
    pub(crate) in_flight: InFlight,
}
