//! The program `apportion`: reads its command line and environment, and calls the server crate.
//! Results go to stdout, logs and refusals to stderr. Not here: anything that a program which
//! embeds the server could need.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod command;
mod environment;
mod import;
mod log_line;
mod output;
mod tick;

use std::process::ExitCode;

use clap::Parser;

/// The exit code for a command line or an environment that means nothing, as clap has it.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    if let Err(why) = environment::check() {
        output::complain(format_args!("apportion: {why}"));
        return ExitCode::from(MISUSED);
    }
    let options = command::Options::parse();
    log_line::init();
    let ended = command::run(options);
    log_line::finish();
    match ended {
        Ok(code) => code,
        Err(error) => {
            output::complain(format_args!("apportion: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
