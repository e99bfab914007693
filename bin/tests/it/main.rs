//! The program as people run it: its commands, its demo, imports, a sudden death, the README, and
//! the rules of the house.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

mod client;
mod house;
mod program;

apportion_testing::modules! {
    backups, checks, circles, commands, configuration, databases, demo, documents, engine_kill,
    english, exceptions, floors, imports, imports_between_files, kill, layers, outages, outputs,
    payees, readme, restores, roles, rust_text, signatures, stops, ticks, tidy, tokens, tour,
    watching
}

fn main() -> std::process::ExitCode {
    apportion_testing::run(&modules())
}
