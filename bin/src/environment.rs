//! The variables of the environment. A misspelt one would be ignored in silence, and another
//! database served than the one that was meant, so that every name with the prefix of this program
//! must be known. Values are never shown: some hold passwords.

use clap::{Command, CommandFactory};

use crate::command::Options;

/// The beginning of the names that belong to this program.
const PREFIX: &str = "APPORTION_";

/// Checks all variables whose names begin with the prefix.
#[expect(clippy::disallowed_methods, reason = "this is the place where the names are read")]
pub(crate) fn check() -> Result<(), String> {
    let mut known = Vec::new();
    collect(&Options::command(), &mut known);
    known.sort_unstable();
    known.dedup();
    let names = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with(PREFIX) && !known.contains(name)).collect();
    unknown.sort_unstable();
    let Some(name) = unknown.first() else { return Ok(()) };
    let known = known.join(", ");
    Err(format!("the environment has {name}, which means nothing; use one of {known}"))
}

/// Collects the names of the variables that a command and those below it read.
fn collect(command: &Command, names: &mut Vec<String>) {
    let variables = command.get_arguments().filter_map(|argument| argument.get_env());
    names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|below| collect(below, names));
}
