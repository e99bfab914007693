//! The engine in a server: a pass at its start and then one in each interval, until it is stopped.
//! It stops between two triggers.

use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::app::App;
use crate::clock::{Clock, ClockWatch, describe};
use crate::engine::Engine;
use crate::monitor::EngineFigures;

/// The number of open distributions that one pass refreshes; the next pass goes on behind them.
const REFRESHED_AT_ONCE: usize = 1_000;

/// The longest time that one trigger may take, since it must be done some time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running engine.
pub(crate) struct Timer {
    engine: Engine,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Timer {
    /// Starts an engine on the current thread's runtime. It stops when `shutdown` completes.
    pub(crate) fn start(
        app: &App,
        interval: Duration,
        shutdown: impl Future<Output = ()> + 'static,
    ) -> Self {
        let engine = Engine::new(app.store.clone().within(PATIENCE));
        let clock = (app.clock.clone(), app.clock_watch.clone());
        let figures = app.monitor.engine.clone();
        let (stop, stopped) = watch::channel(false);
        let task = rt::spawn(keep_passing(engine.clone(), clock, figures, (interval, stopped)));
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
    (clock, watch): (Clock, ClockWatch),
    figures: EngineFigures,
    (interval, mut stopped): (Duration, watch::Receiver<bool>),
) {
    let (mut refreshed, mut is_paused) = (0, false);
    while !engine.is_stopped() {
        let jump = watch.look(engine.store()).await;
        if jump.is_some() != is_paused {
            is_paused = jump.is_some();
            log_pause(jump);
        }
        if !is_paused {
            refreshed = pass_and_refresh(&engine, &figures, clock.instant(), refreshed).await;
        }
        // The signal to stop cuts the wait short.
        let _ = tokio::time::timeout(interval, stopped.changed()).await;
    }
}

/// Runs a pass, and then refreshes what comes after the open distribution `refreshed`. Returns the
/// last that was refreshed.
async fn pass_and_refresh(
    engine: &Engine,
    figures: &EngineFigures,
    now: DateTime<Utc>,
    refreshed: i64,
) -> i64 {
    let began = Instant::now();
    let pass = engine.pass(now, |it| figures.triggered(it.plan.status)).await;
    figures.passed(pass.as_ref().ok().map(|summary| summary.left), began.elapsed());
    let refresh = match pass {
        Ok(_) => engine.refresh(now, refreshed, REFRESHED_AT_ONCE).await,
        Err(error) => Err(error),
    };
    match refresh {
        Ok(last) => last.unwrap_or(0),
        Err(error) => {
            if error.is_outage() {
                return refreshed;
            }
            log::warn!(
                target: "apportion::engine",
                "the pass ended early, the next one tries again: {error}"
            );
            refreshed
        }
    }
}

fn log_pause(jump: Option<TimeDelta>) {
    match jump {
        Some(jump) => log::error!(
            target: "apportion::engine",
            "the engine is paused until the clock is right or the server is started again: {}",
            describe(jump)
        ),
        None => log::warn!(target: "apportion::engine", "the clock is right: the engine goes on"),
    }
}
