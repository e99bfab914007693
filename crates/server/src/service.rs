//! The service as a part of another program: below a prefix of an application of actix-web, beside
//! its own routes and under its middleware, with the engine as a part of its own. Not here: a
//! server of the service's own (`serve`).

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix_web::{Scope, rt, web};
use tokio::sync::watch;

use crate::app::{App, Config, OpenError};
use crate::catalog::Resources;
use crate::endpoints::dispatch::dispatch;
use crate::engine::timer::Timer;
use crate::resources;

/// The service of one database. Clones are the same service.
///
/// ```no_run
/// use std::time::Duration;
///
/// use actix_web::{App, HttpServer, web};
/// use apportion_server::{Apportion, Config};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let apportion = Apportion::open(&Config::of("sqlite://money.db".parse()?))?;
///     let _engine = apportion.engine().every(Duration::from_secs(30))?;
///     let server = HttpServer::new(move || {
///         App::new()
///             .route("/", web::get().to(|| async { "ours" }))
///             .service(apportion.scope("/money"))
///     });
///     Ok(server.bind("127.0.0.1:8080")?.run().await?)
/// }
/// ```
#[derive(Clone)]
pub struct Apportion(web::Data<App>);

impl Apportion {
    /// Opens the database, migrates it, and starts the threads of its store. There is no port and
    /// no other thread.
    ///
    /// # Errors
    ///
    /// The database cannot be used.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        Self::with_types(config, &resources::own())
    }

    /// Does the same for a service of these types ([`resources::with`]).
    ///
    /// # Errors
    ///
    /// The database cannot be used, or the table of a type lacks a field.
    pub fn with_types(config: &Config, types: &Resources) -> Result<Self, OpenError> {
        Ok(Self(web::Data::new(App::open(config, types, None)?)))
    }

    /// Returns everything that the service answers to, below a prefix such as `/money`: the API at
    /// `/money/api/v2`, the documentation at `/money/docs`, and so on ([`crate::Parts`]). The scope
    /// may stand in scopes of others; links carry the whole path. Unknown addresses below it are
    /// answered here.
    ///
    /// What only the owner of the socket can do is left to the application: deadlines for the heads
    /// of requests and for idle connections, and the end of connections in good order. The deadline
    /// for bodies holds.
    #[must_use]
    pub fn scope(&self, prefix: &str) -> Scope {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        if !self.0.is_mounted.swap(true, Ordering::Relaxed) {
            log::info!(
                "mounted at {prefix}/: the application around decides how long the head of a \
                 request may take, how long a connection may be idle, and how all end"
            );
        }
        web::scope(&prefix).app_data(self.0.clone()).default_service(web::to(dispatch))
    }

    /// Returns the engine, which does not run yet.
    #[must_use]
    pub fn engine(&self) -> Engine {
        Engine(self.0.clone())
    }
}

/// The engine of a service, before it runs. Of the engines of several processes on one database
/// each distributor is triggered by one.
pub struct Engine(web::Data<App>);

impl Engine {
    /// Runs a pass now and one after each interval, on a thread of its own. It also deletes the
    /// answers that were kept for repeated requests once they are a day old.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn every(self, interval: Duration) -> std::io::Result<RunningEngine> {
        let (stop, mut stopped) = watch::channel(());
        let app = self.0.into_inner();
        let work = async move {
            let purging = rt::spawn(Arc::clone(&app).keep_purging());
            let timer = Timer::start(&app, interval, std::future::pending());
            // It ends as well when there is nobody left to tell it.
            let _ = stopped.changed().await;
            purging.abort();
            timer.stop().await;
        };
        let thread = std::thread::Builder::new().name("engine".to_owned());
        let (sender, receiver) = mpsc::channel();
        // A runtime cannot be handed to another thread.
        let thread = thread.spawn(move || match rt::Runtime::new() {
            Ok(runtime) => {
                let _ = sender.send(Ok(()));
                runtime.block_on(work);
            }
            Err(error) => {
                let _ = sender.send(Err(error));
            }
        })?;
        receiver.recv().unwrap_or_else(|lost| Err(std::io::Error::other(lost)))?;
        Ok(RunningEngine { stop: Some(stop), thread: Some(thread) })
    }
}

/// A running engine. It ends when it is dropped, after the trigger that it is carrying out: the
/// thread that drops it waits for that, as [`RunningEngine::stop`] does.
pub struct RunningEngine {
    stop: Option<watch::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RunningEngine {
    /// Stops the engine, and waits until it has ended.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningEngine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
