//! `apportion check`: prints a line for each law of each organization, and the counter-examples of
//! those that do not hold.

use std::process::ExitCode;

use apportion_server::check;
use apportion_server::store::Address;

use crate::output::Output;

/// Checks a database. The exit code is 0 if every law holds, and 1 otherwise.
pub(crate) fn run(database: &Address) -> anyhow::Result<ExitCode> {
    let mut out = Output::default();
    let all_hold = check::check_database(database, |organization, finding| {
        let (law, verdict) = (finding.check, finding.verdict());
        let sides = format!("{} and {}", finding.left, finding.right);
        out.line(format_args!("organization {organization}: {law}: {verdict} ({sides})"));
        for example in &finding.counter_examples {
            let (kind, id, detail) = (example.kind, example.id, &example.detail);
            out.line(format_args!("  {kind} {id}: {detail}"));
        }
        let printed = u64::try_from(finding.counter_examples.len()).unwrap_or(u64::MAX);
        let more = finding.broken.saturating_sub(printed);
        if more > 0 {
            out.line(format_args!("  and {more} more"));
        }
    })?;
    out.end()?;
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
