//! `apportion tick`: one pass of the engine, a line for each distribution that it triggers. And how
//! often the engine in a server runs, as the command line says it.

use std::process::ExitCode;
use std::time::Duration;

use apportion_server::engine;
use apportion_server::store::Address;
use chrono::{DateTime, Utc};
use clap::Args;

#[derive(Args)]
pub(crate) struct Tick {
    /// What stands for now, such as 2026-01-31T12:00:00Z; else the clock's
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<DateTime<Utc>>,
    /// Tell what would be triggered, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs a pass. That a distribution fails is told, and no failure of the pass.
pub(crate) fn run(options: &Tick, database: &Address) -> anyhow::Result<ExitCode> {
    let at = options.at.unwrap_or_else(Utc::now);
    let tick = engine::Tick { at, dry_run: options.dry_run };
    let passed = engine::tick(database, tick, |triggered| println!("{triggered}"))?;
    if passed.left > 0 {
        eprintln!("apportion: {} distributors stay due; the log says why", passed.left);
    }
    Ok(ExitCode::SUCCESS)
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let instant = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
    instant.map_err(|_| "write it as 2026-01-31T12:00:00Z (RFC 3339)".to_owned())
}

/// How long the engine waits between two passes; none for `off`.
#[derive(Clone, Copy)]
pub(crate) struct Interval(pub(crate) Option<Duration>);

/// Reads `30s`, `5m`, `1h` or `off`.
pub(crate) fn interval(text: &str) -> Result<Interval, String> {
    if text == "off" {
        return Ok(Interval(None));
    }
    let seconds = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(count, unit)| {
        let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
        let length: u32 = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            _ => return None,
        };
        count.checked_mul(length)
    });
    let seconds = seconds.ok_or("write it as 30s, 5m, 1h or off")?;
    Ok(Interval(Some(Duration::from_secs(seconds.into()))))
}
