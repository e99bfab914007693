//! The engine in a server: a pass at its start and then one in each interval, until it is told to
//! stop, which it does between two triggers.

use std::time::Duration;

use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use apportion_store::Store;
use tokio::sync::watch;

use crate::clock;
use crate::engine::Engine;

/// How many open distributions a pass refreshes; the next goes on where it ended.
const REFRESHED_AT_ONCE: usize = 1_000;

/// A running engine.
pub(crate) struct Timer {
    engine: Engine,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Timer {
    /// Starts an engine on the current thread's runtime; `ended` says that it is to stop.
    pub(crate) fn start(
        store: Store,
        interval: Duration,
        ended: impl Future<Output = ()> + 'static,
    ) -> Self {
        let engine = Engine::new(store);
        let (stop, stopped) = watch::channel(false);
        let task = rt::spawn(keep_passing(engine.clone(), interval, stopped));
        let (told, waking) = (engine.clone(), stop.clone());
        rt::spawn(async move {
            ended.await;
            told.stop();
            waking.send_replace(true);
        });
        Self { engine, stop, task }
    }

    /// Tells the engine to stop, and waits until it has.
    pub(crate) async fn stopped(self) {
        self.engine.stop();
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

async fn keep_passing(engine: Engine, interval: Duration, mut stopped: watch::Receiver<bool>) {
    let mut refreshed = 0;
    while !engine.is_stopped() {
        let now = clock::instant();
        let passed = engine.pass(now, |_| {}).await;
        let refresh = match passed {
            Ok(_) => engine.refresh(now, refreshed, REFRESHED_AT_ONCE).await,
            Err(error) => Err(error),
        };
        match refresh {
            Ok(last) => refreshed = last.unwrap_or(0),
            Err(error) => log::warn!(target: "apportion::engine", "a pass was broken off: {error}"),
        }
        // Woken early to stop.
        let _ = tokio::time::timeout(interval, stopped.changed()).await;
    }
}
