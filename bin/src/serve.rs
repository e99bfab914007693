//! The command `serve` and its options, but for those that limit a server.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, bail};
use apportion_server::serve::ServerConfig;
use apportion_server::store::{Address, newest_migration};
use apportion_server::{Authentication, Clock, Config, Parts, demo, serve};
use clap::Args;

use crate::command::Role;
use crate::limits::LimitOptions;
use crate::log_line;
use crate::output::Output;
use crate::tick::{Interval, parse_interval};
use crate::values::{parse_bind, parse_ip, parse_origin, parse_public_url};

/// The options of `serve`.
#[derive(Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "APPORTION_BIND",
        default_value = "127.0.0.1:8080",
        value_parser = parse_bind
    )]
    bind: SocketAddr,
    /// The beginning of absolute links, such as `https://api.example.com`; without it, links begin
    /// with the Host of each request
    #[arg(long, value_name = "URL", env = "APPORTION_PUBLIC_URL", value_parser = parse_public_url)]
    public_url: Option<String>,
    /// An origin whose pages may read answers in a browser, such as `https://app.example.com`; give
    /// the option several times, or separate origins by commas
    #[arg(long = "cors-origin", value_name = "ORIGIN", env = "APPORTION_CORS_ORIGINS",
          value_delimiter = ',', value_parser = parse_origin)]
    cors_origins: Vec<String>,
    /// The address of a proxy in front of the server, such as `10.0.0.5`: what its header
    /// `Forwarded`, or else `X-Forwarded-For`, says of its clients is believed; give the option
    /// several times, or separate addresses by commas
    #[arg(
        long = "trusted-proxy",
        value_name = "ADDRESS",
        env = "APPORTION_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = parse_ip
    )]
    trusted_proxies: Vec<IpAddr>,
    /// Serve a demo tenant from the file apportion-demo.db; its token is public, so this listens on
    /// loopback addresses only
    #[arg(long)]
    demo: bool,
    /// Switch off all rate limits, such as 100 requests in 10 s with one token
    #[arg(long, env = "APPORTION_NO_RATE_LIMIT")]
    no_rate_limit: bool,
    /// The time between two passes of the engine, which triggers distributions that are due: 30s,
    /// 5m, 1h or off
    #[arg(long, value_name = "TIME", env = "APPORTION_ENGINE_INTERVAL", default_value = "30s",
          value_parser = parse_interval)]
    engine_interval: Interval,
    /// An address to serve /metrics on without a token, and /health/live, but nothing else
    #[arg(long, value_name = "ADDRESS:PORT", env = "APPORTION_METRICS_BIND")]
    metrics_bind: Option<SocketAddr>,
    #[command(flatten)]
    role: Role,
    #[command(flatten)]
    limits: LimitOptions,
}

/// Serves the database until the process is told to end. Its log begins with these limits.
pub(crate) fn run(options: Serve, database: Address, said: &[String]) -> anyhow::Result<()> {
    let (bind, public_url) = (options.bind, options.public_url);
    let (limit_rates, trusted_proxies) = (!options.no_rate_limit, options.trusted_proxies);
    let Interval(engine_interval) = options.engine_interval;
    let metrics_bind = options.metrics_bind;
    let limits = options.limits;
    let service = |database| Config {
        limits: limits.on(&database),
        database,
        public_url,
        cors_origins: options.cors_origins,
        trusted_proxies,
        limit_rates,
        authentication: Authentication::tokens(),
        clock: Clock::system(),
        parts: Parts::ALL,
        dropped_log_lines: Some(log_line::dropped),
    };
    let config =
        |database| ServerConfig { bind, metrics_bind, engine_interval, service: service(database) };
    if !options.demo {
        options.role.check(&database)?;
        let about = about(&database, options.engine_interval);
        return Ok(serve::run(config(database), |address| announce(&about, said, address, None))?);
    }
    let bound = [("--bind", Some(bind)), ("--metrics-bind", metrics_bind)];
    for (option, address) in bound {
        if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
            bail!(
                "--demo has a public token and listens on loopback only: give {option} an address \
                 such as 127.0.0.1:8080, not {address}"
            );
        }
    }
    let database = Address::Sqlite(PathBuf::from("apportion-demo.db"));
    demo::fill(&database).context("the demo tenant was not created")?;
    let about = about(&database, options.engine_interval);
    let token = Some(demo::token());
    Ok(serve::run(config(database), |address| announce(&about, said, address, token))?)
}

/// Says in a line which program serves which database.
fn about(database: &Address, engine: Interval) -> String {
    let (version, schema) = (env!("CARGO_PKG_VERSION"), newest_migration(database));
    format!("apportion {version}, database {database}, schema {schema}, engine {engine}")
}

/// Prints that line, the address that a server listens on, and a request to try with a token that
/// everybody may know; logs the line with the limits. A server whose address cannot be printed goes
/// on; its log says so.
fn announce(
    about: &str,
    limits: &[String],
    address: SocketAddr,
    token: Option<apportion_server::token::Token>,
) {
    log::info!("{about}, limits: {}", limits.join(", "));
    let mut out = Output::default();
    out.line(format_args!("{about}"));
    out.line(format_args!("listening on http://{address}"));
    if let Some(token) = token {
        let list = "revenue_distributions?include=deal&page%5Bsize%5D=3";
        let header = format!("X-Auth-Token: {}", token.reveal());
        out.line(format_args!("try: curl -H '{header}' 'http://{address}/api/v2/{list}'"));
    }
    if let Err(error) = out.end() {
        log::warn!("the address {address} was not printed: {error}");
    }
}
