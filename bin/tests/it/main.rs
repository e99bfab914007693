//! The program as people run it: its commands, its demo, imports, a sudden death, the README, and
//! the rules of the house.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

mod client;
#[path = "../../../crates/server/tests/it/http.rs"]
mod http;
mod kill;
mod program;

fn main() -> std::process::ExitCode {
    apportion_testing::run(&[("kill", kill::CASES)])
}
