//! The engine in a server: a pass at its start and then one in each interval, until it is stopped.
//! It stops between two triggers.

use std::time::Duration;

use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use apportion_store::Store;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::engine::Engine;

/// The number of open distributions that one pass refreshes; the next pass goes on behind them.
const REFRESHED_AT_ONCE: usize = 1_000;

/// A running engine.
pub(crate) struct Timer {
    engine: Engine,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Timer {
    /// Starts an engine on the current thread's runtime. It stops when `shutdown` completes.
    pub(crate) fn start(
        store: Store,
        clock: Clock,
        interval: Duration,
        shutdown: impl Future<Output = ()> + 'static,
    ) -> Self {
        let engine = Engine::new(store);
        let (stop, stopped) = watch::channel(false);
        let task = rt::spawn(keep_passing(engine.clone(), clock, interval, stopped));
        let (engine_to_stop, sleep_to_end) = (engine.clone(), stop.clone());
        rt::spawn(async move {
            shutdown.await;
            engine_to_stop.stop();
            sleep_to_end.send_replace(true);
        });
        Self { engine, stop, task }
    }

    /// Stops the engine, and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.engine.stop();
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

async fn keep_passing(
    engine: Engine,
    clock: Clock,
    interval: Duration,
    mut stopped: watch::Receiver<bool>,
) {
    let mut refreshed = 0;
    while !engine.is_stopped() {
        let now = clock.instant();
        let summary = engine.pass(now, |_| {}).await;
        let refresh = match summary {
            Ok(_) => engine.refresh(now, refreshed, REFRESHED_AT_ONCE).await,
            Err(error) => Err(error),
        };
        match refresh {
            Ok(last) => refreshed = last.unwrap_or(0),
            Err(error) => log::warn!(
                target: "apportion::engine",
                "the pass ended early, the next one tries again: {error}"
            ),
        }
        // The signal to stop cuts the wait short.
        let _ = tokio::time::timeout(interval, stopped.changed()).await;
    }
}
