//! The service over a real socket, on SQLite and on PostgreSQL: a module per behaviour.
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

mod http;
mod seed;
mod tenancy;
mod world;

fn main() -> std::process::ExitCode {
    let modules = [("seed", seed::CASES), ("tenancy", tenancy::CASES)];
    apportion_testing::Suite::new(&modules).prepared(world::migrate).run()
}
