//! How a server is configured, and what all of its requests share.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::web::Bytes;
use apportion_store::{Address, Store};

use crate::access::Remembered;
use crate::access::idempotency::InFlight;
use crate::access::rates::Rates;
use crate::catalog::Resources;
use crate::http::cors::Cors;
use crate::http::host::Hosts;

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; port 0 picks a free one.
    pub bind: SocketAddr,
    /// The database.
    pub database: Address,
    /// The beginning of absolute links; `None` takes each request's own Host.
    pub public_url: Option<String>,
    /// The origins whose pages may read answers, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Whether clients are held to their rates.
    pub limit_rates: bool,
    /// The time that the engine waits between two passes; `None` runs no engine.
    pub engine_interval: Option<Duration>,
}

/// The state that all requests to a server share.
pub(crate) struct App {
    pub(crate) resources: Arc<Resources>,
    /// The OpenAPI description, made when it is first asked for.
    pub(crate) description: OnceLock<Bytes>,
    pub(crate) store: Store,
    pub(crate) hosts: Hosts,
    pub(crate) cors: Cors,
    pub(crate) remembered: Remembered,
    pub(crate) rates: Option<Rates>,
    pub(crate) in_flight: InFlight,
}
