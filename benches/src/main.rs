//! Measures the server: the cost of a page as rows grow, the number of creates that share an
//! `fsync`, the number of requests answered in a second, a pass of the engine, a write that
//! triggers, and imports.
//! `docs/performance.md` has the commands and the figures. Nothing here is a test: figures depend
//! on the machine, so they are ratios within one run.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot go on should stop"
)]

mod baseline;
mod client;
mod constant;
mod due;
mod engine;
mod figures;
mod imports;
mod pages;
mod place;
mod process;
mod requests;
mod writes;

const USAGE: &str = "apportion-bench pages | writes | requests | engine | due | imports";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["pages"] => pages::run(),
        ["writes"] => writes::run(),
        ["requests"] => requests::run(),
        ["engine"] => engine::run(),
        ["due"] => due::run(),
        ["imports"] => imports::run(),
        // The commands above start these as processes of their own.
        [baseline::COMMAND, rest @ ..] => baseline::run(rest),
        [constant::COMMAND] => constant::run(),
        _ => println!("{USAGE}"),
    }
}
