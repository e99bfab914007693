//! The program `apportion`: reads its command line and environment, and calls the server crate.
//! Results go to stdout, logs and refusals to stderr. Not here: anything that a program which
//! embeds the server could need.

mod check;
mod command;
mod import;
mod log_line;
mod tick;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let options = command::Options::parse();
    log_line::init();
    match command::run(options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("apportion: {error:#}");
            ExitCode::FAILURE
        }
    }
}
