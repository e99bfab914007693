//! Measures the server: what a page costs as rows grow, how many creates share an `fsync`, and how
//! many requests it answers in a second. `docs/performance.md` has the commands and the figures.
//! Nothing here is a test: figures depend on the machine, so they are ratios within one run.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should stop"
)]

mod baseline;
mod client;
mod constant;
mod engine;
mod figures;
mod pages;
mod place;
mod process;
mod requests;
mod writes;

const USAGE: &str = "apportion-bench pages | writes | requests | engine";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["pages"] => pages::run(),
        ["writes"] => writes::run(),
        ["requests"] => requests::run(),
        ["engine"] => engine::run(),
        // Started by the others, as processes of their own.
        [baseline::COMMAND, rest @ ..] => baseline::run(rest),
        [constant::COMMAND] => constant::run(),
        _ => println!("{USAGE}"),
    }
}
