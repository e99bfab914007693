//! The life of the server: opens the store, listens, answers, and ends in good order.

use std::future::{poll_fn, ready};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::HttpService;
use actix_server::{GracefulShutdownSignal, Server, ServerBuilder, ServerHandle};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::rt::signal::unix::{self, Signal, SignalKind};
use actix_web::{App as ActixApp, rt, web};
use apportion_store::{Address, Store};

use crate::app::{App, Config, OpenError};
use crate::catalog::Resources;
use crate::endpoints::dispatch::dispatch;
use crate::endpoints::probes::beside::Beside;
use crate::endpoints::probes::scrape;
use crate::engine::timer::Timer;
use crate::http::guard::{GuardedStream, KEEP_ALIVE};
use crate::http::host::Hosts;
use crate::resources;

/// The time that a connection may take to close.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The time that accepted requests may take to end after the signal to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// The reason why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The service cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The running server failed.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// The configuration of a server: a service, and what belongs to the process that serves it.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The address to listen on; port 0 picks a free port.
    pub bind: SocketAddr,
    /// Another address to serve `/metrics` on without a token, and `/health/live`, but nothing
    /// else; with `None`, `/metrics` takes a token.
    pub metrics_bind: Option<SocketAddr>,
    /// The time that the engine waits between two passes; with `None`, no engine runs.
    pub engine_interval: Option<Duration>,
    /// The configuration of the service.
    pub service: Config,
}

impl ServerConfig {
    /// Returns the usual configuration of a server of this database: on port 8080 of this machine,
    /// with a pass of the engine each 30 s.
    #[must_use]
    pub fn of(database: Address) -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_bind: None,
            engine_interval: Some(Duration::from_secs(30)),
            service: Config::of(database),
        }
    }
}

/// Runs the server until the process receives SIGTERM or SIGINT, and ends in good order. A second
/// one ends it at once; SIGHUP has no effect. `on_ready` is called with the address once
/// connections are accepted.
pub fn run(config: ServerConfig, on_ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let (listener, address) = listen(config.bind)?;
    let beside = listen_beside(&config)?;
    if let Some((_, address)) = &beside {
        log::info!("metrics are served on http://{address}{}", scrape::PATH);
    }
    let app = web::Data::new(open_app(&config.service, &resources::own(), address)?);
    rt::System::new().block_on(async move {
        let (mut server, shutdown) = build_server(listener, beside, app.clone())?;
        let timer = start_engine(&app, config.engine_interval, shutdown);
        rt::spawn(app.clone().into_inner().keep_purging());
        rt::spawn(stop_on_signals(Signals::new()?, app.clone(), server.handle()));
        // The first poll makes the server accept connections.
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut server).poll(context))).await;
        on_ready(address);
        let ended = match first {
            Poll::Ready(ended) => ended,
            Poll::Pending => server.await,
        };
        stop_engine(timer).await;
        Store::empty_log(&config.service.database);
        ended.map_err(ServeError::from)
    })
}

/// The signals that end a server. SIGHUP has no effect.
struct Signals {
    terms: Signal,
    interrupts: Signal,
    /// The number of SIGTERM and of SIGINT that have come.
    counts: [usize; 2],
    _hang_ups: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terms: unix::signal(SignalKind::terminate())?,
            interrupts: unix::signal(SignalKind::interrupt())?,
            counts: [0, 0],
            // A signal that somebody listens to does not end the process.
            _hang_ups: unix::signal(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal, and returns how many of its kind have come.
    async fn next(&mut self) -> usize {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        let [terms, interrupts] = &mut self.counts;
        for (signal, count) in [(&mut self.terms, terms), (&mut self.interrupts, interrupts)] {
            if signal.poll_recv(context).is_ready() {
                *count = count.saturating_add(1);
                return Poll::Ready(*count);
            }
        }
        Poll::Pending
    }
}

/// Ends the server in good order at the first SIGTERM or SIGINT, after a delay in which it says
/// that it is not ready. Another signal cuts the delay short; after that, the second of its kind
/// ends the server at once.
async fn stop_on_signals(mut signals: Signals, app: web::Data<App>, server: ServerHandle) {
    signals.next().await;
    app.is_draining.store(true, Ordering::Release);
    let delay = app.limits.drain_delay;
    if !delay.is_zero() {
        log::info!("not ready any more; the server ends in {} s", delay.as_secs());
        let _ = tokio::time::timeout(delay, signals.next()).await;
    }
    // The command is sent at once; its end is awaited by whoever runs the server.
    drop(server.stop(true));
    while signals.next().await < 2 {}
    drop(server.stop(false));
}

/// A server on a thread of its own, for programs that embed one. It ends when dropped.
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Starts a server of Apportion's own types.
    pub fn start(config: ServerConfig) -> Result<Self, ServeError> {
        Self::serving(config, &resources::own())
    }

    /// Starts a server of these types.
    pub fn serving(config: ServerConfig, types: &Resources) -> Result<Self, ServeError> {
        let (listener, address) = listen(config.bind)?;
        let beside = listen_beside(&config)?;
        let metrics_address = beside.as_ref().map(|(_, address)| *address);
        let app = web::Data::new(open_app(&config.service, types, address)?);
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                match build_server(listener, beside, app.clone()) {
                    Ok((server, shutdown)) => {
                        let timer = start_engine(&app, config.engine_interval, shutdown);
                        rt::spawn(app.clone().into_inner().keep_purging());
                        let _ = sender.send(Ok(server.handle()));
                        let _ = server.await;
                        stop_engine(timer).await;
                    }
                    Err(error) => {
                        let _ = sender.send(Err(error));
                    }
                }
            });
        });
        let lost = || std::io::Error::other("its thread ended before it was ready");
        let handle = receiver.recv().map_err(|_| lost())??;
        Ok(Self { address, metrics_address, handle, thread: Some(thread) })
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address at which it serves `/metrics` without a token, if it does.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Making the future sends the command to stop; the thread is awaited in its place.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(bind: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(bind).map_err(|error| ServeError::Bind(bind, error))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Listens on the address for `/metrics` alone, if there is one.
fn listen_beside(config: &ServerConfig) -> Result<Option<(TcpListener, SocketAddr)>, ServeError> {
    config.metrics_bind.map(listen).transpose()
}

/// Opens the service that listens on an address.
fn open_app(config: &Config, types: &Resources, address: SocketAddr) -> Result<App, OpenError> {
    if !address.ip().is_loopback() && config.public_url.is_none() {
        log::warn!(
            "no public URL is set, so absolute links repeat the Host that a client sends: \
             set --public-url"
        );
    }
    App::open(config, types, Some(address))
}

/// Starts the engine, unless there is no interval. It begins no trigger once the server shuts down.
fn start_engine(
    app: &App,
    interval: Option<Duration>,
    shutdown: GracefulShutdownSignal,
) -> Option<Timer> {
    let shutdown = async move { shutdown.notified().await };
    interval.map(|interval| Timer::start(app, interval, shutdown))
}

/// Gives back, now and then, what others have freed of the memory that this thread allocated: what
/// was read of requests.
async fn keep_giving_memory_back() {
    let mut times = rt::time::interval(Duration::from_secs(5));
    loop {
        times.tick().await;
        apportion_limits::memory::collect();
    }
}

async fn stop_engine(timer: Option<Timer>) {
    if let Some(timer) = timer {
        timer.stop().await;
    }
}

/// Builds a server that does not run yet, and returns it with the signal of its shutdown.
fn build_server(
    listener: TcpListener,
    beside: Option<(TcpListener, SocketAddr)>,
    app: web::Data<App>,
) -> Result<(Server, GracefulShutdownSignal), ServeError> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let builder = Server::build().workers(cores).shutdown_timeout(SHUTDOWN_SECONDS);
    // A program that embeds the server handles signals itself, and `run` does for its own.
    let builder = builder.disable_signals();
    let shutdown = builder.graceful_shutdown_signal();
    let mut builder = serve_on(builder, listener, app.clone(), None)?;
    if let Some((listener, address)) = beside {
        let beside = web::Data::new(Beside(Hosts::new(Some(address), None)));
        builder = serve_on(builder, listener, app, Some(beside))?;
    }
    Ok((builder.run(), shutdown))
}

/// Adds a listener to a server: the main one, or the one beside it.
fn serve_on(
    builder: ServerBuilder,
    listener: TcpListener,
    app: web::Data<App>,
    beside: Option<web::Data<Beside>>,
) -> std::io::Result<ServerBuilder> {
    let shutdown = builder.graceful_shutdown_signal();
    let head_time = app.limits.head_time;
    let name = if beside.is_some() { "metrics" } else { "apportion" };
    builder.listen(name, listener, move || {
        if beside.is_none() {
            rt::spawn(keep_giving_memory_back());
        }
        let routes = ActixApp::new().app_data(app.clone()).default_service(web::to(dispatch));
        let routes = match &beside {
            Some(beside) => routes.app_data(beside.clone()),
            None => routes,
        };
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(head_time)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .on_connect_ext(|stream: &GuardedStream, connection| {
                connection.insert(stream.guard());
            })
            .h1(map_config(routes, |()| AppConfig::default()));
        let shutdown = shutdown.clone();
        fn_service(move |stream: TcpStream| {
            // Each answer is written at once, so Nagle's algorithm would only delay its last
            // packet.
            let _ = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            let shutdown = shutdown.clone();
            let ended = async move { shutdown.notified().await };
            ready(Ok((GuardedStream::new(stream, head_time, ended), peer)))
        })
        .and_then(http)
    })
}
