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

#[path = "../../../crates/server/tests/it/answers.rs"]
mod answers;
mod backups;
mod checks;
mod client;
mod commands;
mod databases;
mod demo;
mod engine_kill;
mod house;
#[path = "../../../crates/server/tests/it/http.rs"]
mod http;
mod imports;
mod kill;
mod layers;
mod payees;
mod program;
mod readme;
mod ticks;
mod tidy;
mod tour;

fn main() -> std::process::ExitCode {
    apportion_testing::run(&[
        ("backups", backups::CASES),
        ("checks", checks::CASES),
        ("commands", commands::CASES),
        ("databases", databases::CASES),
        ("demo", demo::CASES),
        ("engine_kill", engine_kill::CASES),
        ("imports", imports::CASES),
        ("kill", kill::CASES),
        ("layers", layers::CASES),
        ("payees", payees::CASES),
        ("readme", readme::CASES),
        ("ticks", ticks::CASES),
        ("tidy", tidy::CASES),
        ("tour", tour::CASES),
    ])
}
