//! The program `apportion`: reads its command line and environment, and calls the server crate.
//! Results go to stdout, logs and refusals to stderr. Not here: anything that a program which
//! embeds the server could need.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod command;
mod configuration;
mod environment;
mod import;
mod limits;
mod log_line;
mod output;
mod serve;
mod tick;
mod values;

use std::process::ExitCode;

use crate::configuration::Misused;

#[global_allocator]
static ALLOCATOR: apportion_limits::memory::Allocator = apportion_limits::memory::Allocator;

/// The exit code for options that mean nothing, as clap has it, wherever they are given.
const MISUSED: u8 = 2;

fn main() -> ExitCode {
    apportion_limits::memory::give_back();
    if let Err(why) = environment::check() {
        output::complain(format_args!("apportion: {why}"));
        return ExitCode::from(MISUSED);
    }
    let settings = match configuration::read() {
        Ok(settings) => settings,
        Err(Misused::Line(error)) => return refuse(&error),
        Err(Misused::File(why)) => {
            output::complain(format_args!("apportion: {why}"));
            return ExitCode::from(MISUSED);
        }
    };
    if let Some(why) = log_line::fault_in(settings.options.log()) {
        output::complain(format_args!("apportion: {why}"));
        return ExitCode::from(MISUSED);
    }
    log_line::init(settings.options.log());
    let ended = command::run(settings.options, &settings.limits);
    log_line::finish();
    match ended {
        Ok(code) => code,
        Err(error) => {
            output::complain(format_args!("apportion: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints the message of clap, or the help or the version if that was asked for. Does not repeat
/// the URL of a database that stands where none belongs, with its password.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let said = error.render().to_string();
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    if arguments.into_iter().any(|argument| is_secret(&argument)) && said.contains("://") {
        output::complain(format_args!(
            "error: an argument that may hold a password is not understood, and not repeated; the \
             URL of a database belongs behind --database-url or into APPORTION_DATABASE_URL"
        ));
    } else {
        let _ = error.print();
    }
    ExitCode::from(MISUSED)
}

/// Whether an argument may be the URL of a server with its password.
fn is_secret(argument: &str) -> bool {
    argument.contains("://") && argument.contains('@')
}
