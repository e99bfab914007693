//! `/metrics`: the figures of the server. Nothing in them is of a single tenant. Not here: who may
//! read them (`dispatch`, `beside`).

use std::time::Duration;

use apportion_store::{Figures, PoolFigures};

use crate::app::App;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::monitor::{MEDIA_TYPE, Present};

/// The address of the figures.
pub(crate) const PATH: &str = "/metrics";

/// Answers with all figures. Succeeds also while the database does not answer.
pub(crate) async fn answer(app: &App) -> Result<Reply> {
    let oldest_due = app.monitor.oldest_due(&app.store, app.clock.now()).await;
    let text = present(app, oldest_due).and_then(|present| app.monitor.text(&present));
    let text = text.map_err(|error| Failure::Broken(format!("no figures: {error}")))?;
    Ok(Reply::plain(text, MEDIA_TYPE))
}

/// Collects the figures of the present moment.
fn present(app: &App, oldest_due: Option<Duration>) -> prometheus::Result<Present> {
    let present = Present::new();
    let is_sqlite = app.store.address().path().is_some();
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("database", if is_sqlite { "sqlite" } else { "postgres" }),
    ];
    present.info("apportion_build_info", "The version and the kind of database.", labels)?;
    let is_up = i64::from(oldest_due.is_some());
    present.gauge("apportion_database_up", "Whether the database answers (1 or 0).", is_up)?;
    if let Some(age) = oldest_due {
        let help = "Time for which the oldest distribution that is due has waited; 0 if none is.";
        present.time("apportion_oldest_due_distribution_age_seconds", help, age)?;
    }
    let is_paused = i64::from(app.clock_watch.jump().is_some());
    let help = "Whether the engine is paused, since the clock has jumped (1 or 0).";
    present.gauge("apportion_engine_paused", help, is_paused)?;
    let help = "Bytes of long answers that are made and not yet sent.";
    present.gauge("apportion_answers_in_flight_bytes", help, app.outgoing.bytes())?;
    let help = "Reports that wait for the memory that others take.";
    present.gauge("apportion_reports_waiting", help, app.report_room.waiting())?;
    if let Some(dropped) = app.dropped_log_lines {
        let help = "Log lines that were dropped, since nobody read those before.";
        present.count("apportion_log_lines_dropped_total", help, dropped())?;
    }
    of_store(&present, &app.store.figures())?;
    Ok(present)
}

/// Adds the figures of the store.
fn of_store(present: &Present, figures: &Figures) -> prometheus::Result<()> {
    let each = |figure: fn(&PoolFigures) -> usize| {
        figures.pools.iter().map(move |pool| (pool.name, figure(pool)))
    };
    let help = "Pieces of work that wait for a thread of the store.";
    present.gauges(("apportion_store_waiting", help), "pool", each(|pool| pool.waiting))?;
    let help = "Pieces of work that threads of the store are at.";
    present.gauges(("apportion_store_running", help), "pool", each(|pool| pool.running))?;
    let help = "Threads of the store.";
    present.gauges(("apportion_store_threads", help), "pool", each(|pool| pool.threads))?;
    let help = "Time that pieces of work waited before they began, all together.";
    let waited = figures.pools.iter().map(|pool| (pool.name, pool.waited));
    present.times(("apportion_store_wait_seconds_total", help), "pool", waited)?;
    let help = "Pieces of work that have waited and were begun or given up.";
    let taken = figures.pools.iter().map(|pool| (pool.name, pool.taken));
    present.counts(("apportion_store_waits_total", help), "pool", taken)?;
    let counts = [
        ("apportion_store_commits_total", "Commits that kept something.", figures.commits),
        (
            "apportion_store_writes_total",
            "Pieces of work that commits kept; on SQLite several share a commit.",
            figures.writes,
        ),
        ("apportion_store_failed_commits_total", "Commits that failed.", figures.failed_commits),
        (
            "apportion_store_run_again_total",
            "Transactions begun again, since others interrupted them or a connection was lost.",
            figures.run_again,
        ),
        (
            "apportion_store_reopened_connections_total",
            "Connections opened in the place of one that was lost.",
            figures.reopened,
        ),
    ];
    for (name, help, value) in counts {
        present.count(name, help, value)?;
    }
    match figures.log_bytes {
        Some(bytes) => {
            let help = "Size of the write-ahead log of SQLite.";
            present.gauge("apportion_store_log_bytes", help, bytes)
        }
        None => Ok(()),
    }
}
