//! The life of the server: open the store, listen, answer, and end in good order.

use std::future::{poll_fn, ready};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, OnceLock, mpsc};
use std::task::Poll;
use std::time::Duration;

use actix_http::HttpService;
use actix_server::{GracefulShutdownSignal, Server, ServerHandle};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::{App, rt, web};
use apportion_store::{self as store, Limits, Store};

use crate::access::Remembered;
use crate::access::idempotency::InFlight;
use crate::access::rates::Rates;
use crate::app::{App as Shared, Config};
use crate::catalog::Resources;
use crate::endpoints::dispatch::dispatch;
use crate::engine::timer::Timer;
use crate::http::cors::Cors;
use crate::http::guard::{Guarded, HEAD_TIMEOUT, KEEP_ALIVE};
use crate::http::host::Hosts;
use crate::resources;

/// How long a connection may take to close.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long accepted requests may take to end once the server is told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The server broke down.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs until the process is told to end (SIGTERM, SIGINT). `ready` learns the address once
/// connections are accepted.
pub fn run(config: Config, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let (listener, address) = listen(config.bind)?;
    let service = web::Data::new(service(&config, resources::own(), address)?);
    rt::System::new().block_on(async move {
        let (mut server, shutdown) = server(listener, service.clone(), true)?;
        let timer = timer(&service, config.engine_interval, shutdown);
        // From its first step on it accepts connections and minds signals.
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut server).poll(context))).await;
        ready(address);
        let ended = match first {
            Poll::Ready(ended) => ended,
            Poll::Pending => server.await,
        };
        stop(timer).await;
        ended.map_err(ServeError::from)
    })
}

/// A server on a thread of its own, for programs that embed one. It ends when dropped.
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Starts a server of Apportion's own types.
    pub fn start(config: Config) -> Result<Self, ServeError> {
        Self::serving(config, resources::own())
    }

    /// Starts a server of these types.
    pub fn serving(config: Config, types: Arc<Resources>) -> Result<Self, ServeError> {
        let (listener, address) = listen(config.bind)?;
        let service = web::Data::new(service(&config, types, address)?);
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                match server(listener, service.clone(), false) {
                    Ok((server, shutdown)) => {
                        let timer = timer(&service, config.engine_interval, shutdown);
                        let _ = sender.send(Ok(server.handle()));
                        let _ = server.await;
                        stop(timer).await;
                    }
                    Err(error) => {
                        let _ = sender.send(Err(error));
                    }
                }
            });
        });
        let lost = || std::io::Error::other("the thread of the server ended");
        let handle = receiver.recv().map_err(|_| lost())??;
        Ok(Self { address, handle, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The command is on its way as soon as the future is made; its end is awaited below.
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

fn service(
    config: &Config,
    resources: Arc<Resources>,
    address: SocketAddr,
) -> Result<Shared, ServeError> {
    let hosts = Hosts::new(address, config.public_url.as_deref());
    if !address.ip().is_loopback() && config.public_url.is_none() {
        log::warn!("no public URL is set: links repeat whatever Host a client names");
    }
    Ok(Shared {
        resources,
        description: OnceLock::new(),
        store: Store::open(&config.database, Limits::of(&config.database))?,
        hosts,
        cors: Cors::new(config.cors_origins.clone()),
        remembered: Remembered::default(),
        rates: config.limit_rates.then(Rates::default),
        in_flight: InFlight::default(),
    })
}

/// Starts the engine, which ends with the server: it begins no trigger once that shuts down.
fn timer(
    app: &Shared,
    interval: Option<Duration>,
    shutdown: GracefulShutdownSignal,
) -> Option<Timer> {
    let ended = async move { shutdown.notified().await };
    interval.map(|interval| Timer::start(app.store.clone(), interval, ended))
}

async fn stop(timer: Option<Timer>) {
    if let Some(timer) = timer {
        timer.stop().await;
    }
}

/// A server that is not running yet, and what tells that it shuts down.
fn server(
    listener: TcpListener,
    service: web::Data<Shared>,
    signals: bool,
) -> Result<(Server, GracefulShutdownSignal), ServeError> {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let builder = Server::build().workers(cores).shutdown_timeout(SHUTDOWN_SECONDS);
    let builder = if signals { builder } else { builder.disable_signals() };
    let shutdown = builder.graceful_shutdown_signal();
    let shutting_down = shutdown.clone();
    let builder = builder.listen("apportion", listener, move || {
        let app = App::new().app_data(service.clone()).default_service(web::to(dispatch));
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .on_connect_ext(|stream: &Guarded, connection| {
                connection.insert(stream.guard());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let shutdown = shutdown.clone();
        fn_service(move |stream: TcpStream| {
            // Answers are written whole: waiting for more of them only delays the last packet.
            let _ = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            let shutdown = shutdown.clone();
            let ended = async move { shutdown.notified().await };
            ready(Ok((Guarded::new(stream, ended), peer)))
        })
        .and_then(http)
    })?;
    Ok((builder.run(), shutting_down))
}
