//! The variables of the environment. A misspelt one would be ignored in silence, and another
//! database served than the one that was meant, so that every name with the prefix of this program
//! must be known. Values are never shown: some hold passwords.

use clap::{Command, CommandFactory};

use crate::command::Options;

/// The beginning of the names that belong to this program.
const PREFIX: &str = "APPORTION_";
/// The variable with the levels of the log.
pub(crate) const LOG: &str = "APPORTION_LOG";
/// The levels of the log.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Checks all variables whose names begin with the prefix.
#[expect(clippy::disallowed_methods, reason = "this is the place where the names are read")]
pub(crate) fn check() -> Result<(), String> {
    let mut known = vec![LOG.to_owned()];
    collect(&Options::command(), &mut known);
    known.sort_unstable();
    known.dedup();
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with(PREFIX) && !known.contains(name)).collect();
    unknown.sort_unstable();
    if let Some(name) = unknown.first() {
        return Err(format!(
            "the environment has {name}, which means nothing; use one of {}",
            known.join(", ")
        ));
    }
    std::env::var(LOG).map_or(Ok(()), |levels| check_levels(&levels))
}

/// Collects the names of the variables that a command and those below it read.
fn collect(command: &Command, names: &mut Vec<String>) {
    let variables = command.get_arguments().filter_map(|argument| argument.get_env());
    names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|below| collect(below, names));
}

/// Checks the levels of the log: `info`, or levels of single targets, as in
/// `warn,apportion_store=debug`. A word that is no level would pass for a target, and switch off
/// everything else.
fn check_levels(levels: &str) -> Result<(), String> {
    let levels = levels.split_once('/').map_or(levels, |(levels, _)| levels);
    for part in levels.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let level = part.split_once('=').map_or(part, |(_, level)| level.trim());
        if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
            return Err(format!(
                "{LOG} has a level that does not exist; use one of {}, or TARGET=LEVEL",
                LEVELS.join(", ")
            ));
        }
    }
    Ok(())
}
