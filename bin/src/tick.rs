//! `apportion tick`: runs one pass of the engine, and prints a line for each distribution that it
//! triggers. Also parses the interval between the passes of the engine in a server.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use apportion_server::store::Address;
use apportion_server::{admin, engine};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::command::Role;
use crate::output::{Output, complain};
use crate::values::seconds;

#[derive(Args)]
pub(crate) struct Tick {
    /// The instant that the pass takes for the present, such as 2026-01-31T12:00:00Z; without it,
    /// the pass reads the clock
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
    at: Option<DateTime<Utc>>,
    /// Print what would be triggered, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    role: Role,
}

/// Runs a pass. Prints each triggered distribution, whatever its status; distributors whose trigger
/// met an error are only counted, on stderr. The command succeeds either way.
pub(crate) fn run(options: &Tick, database: &Address) -> anyhow::Result<ExitCode> {
    admin::check_file(database)?;
    options.role.check(database)?;
    #[expect(clippy::disallowed_methods, reason = "a pass from the command line is for now")]
    let at = options.at.unwrap_or_else(Utc::now);
    let tick = engine::Tick { at, dry_run: options.dry_run };
    let mut out = Output::default();
    let summary = engine::tick(database, tick, |triggered| out.line(format_args!("{triggered}")))?;
    let failed = match summary.left {
        0 => None,
        1 => Some("1 distributor failed and stays due".to_owned()),
        left => Some(format!("{left} distributors failed and stay due")),
    };
    if let Some(failed) = failed {
        complain(format_args!("apportion: {failed}; the log says why"));
    }
    if options.dry_run {
        out.end()?
    } else {
        out.end_regardless()
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let instant = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
    instant.map_err(|_| "write it as 2026-01-31T12:00:00Z (RFC 3339)".to_owned())
}

/// The time that the engine waits between two passes; `None` for `off`.
#[derive(Clone, Copy)]
pub(crate) struct Interval(pub(crate) Option<Duration>);

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => write!(f, "every {} s", time.as_secs()),
            None => f.write_str("off"),
        }
    }
}

/// Parses `30s`, `5m`, `1h` or `off`.
pub(crate) fn parse_interval(text: &str) -> Result<Interval, String> {
    if text == "off" {
        return Ok(Interval(None));
    }
    let seconds = seconds(text).filter(|seconds| (1..=u32::MAX.into()).contains(seconds));
    let seconds = seconds.ok_or("write it as 30s, 5m, 1h or off")?;
    Ok(Interval(Some(Duration::from_secs(seconds))))
}
