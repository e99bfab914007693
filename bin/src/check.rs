//! `apportion check`: prints a line for each law of each organization, and the counter-examples of
//! those that do not hold.

use std::process::ExitCode;

use apportion_server::check;
use apportion_server::store::Address;

/// Checks a database. The exit code is 0 if every law holds, and 1 otherwise.
pub(crate) fn run(database: &Address) -> anyhow::Result<ExitCode> {
    let all_hold = check::check_database(database, |organization, finding| {
        let (law, verdict) = (finding.check, finding.verdict());
        let sides = format!("{} and {}", finding.left, finding.right);
        println!("organization {organization}: {law}: {verdict} ({sides})");
        for example in &finding.counter_examples {
            println!("  {} {}: {}", example.kind, example.id, example.detail);
        }
        let printed = u64::try_from(finding.counter_examples.len()).unwrap_or(u64::MAX);
        let more = finding.broken.saturating_sub(printed);
        if more > 0 {
            println!("  and {more} more");
        }
    })?;
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
