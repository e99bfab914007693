//! The program `apportion`: reads its command line and environment, and calls the server crate.
//! Results go to stdout, logs and refusals to stderr. Not here: anything that a program which
//! embeds the server could need.

mod check;
mod command;
mod environment;
mod import;
mod log_line;
mod tick;

use std::process::ExitCode;

use clap::Parser;

/// The exit code for a command line or an environment that means nothing, as clap has it.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    apportion_limits::memory::give_back();
    if let Err(why) = environment::check() {
        eprintln!("apportion: {why}");
        return ExitCode::from(MISUSED);
    }
    let options = command::Options::parse();
    log_line::init();
    let ended = command::run(options);
    log_line::finish();
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("apportion: {error:#}");
            ExitCode::FAILURE
        }
    }
}
