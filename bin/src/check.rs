//! `apportion check`: a line for each law of each organization, and its counter-examples.

use std::process::ExitCode;

use apportion_server::check;
use apportion_server::store::Address;

/// Checks a database; the exit code says whether every law holds.
pub(crate) fn run(database: &Address) -> anyhow::Result<ExitCode> {
    let all_hold = check::run(database, |organization, finding| {
        let (law, verdict) = (finding.check, finding.verdict());
        let sides = format!("{} and {}", finding.left, finding.right);
        println!("organization {organization}: {law}: {verdict} ({sides})");
        for example in &finding.counter_examples {
            println!("  {} {}: {}", example.kind, example.id, example.detail);
        }
        let told = u64::try_from(finding.counter_examples.len()).unwrap_or(u64::MAX);
        let more = finding.broken.saturating_sub(told);
        if more > 0 {
            println!("  and {more} more");
        }
    })?;
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
