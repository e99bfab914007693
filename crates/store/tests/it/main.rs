//! The store on SQLite and on PostgreSQL: a module per behaviour, in the folders of `src`.
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

mod support;

apportion_testing::modules! { folders: administration, database, ledger, pool, session, sql }

fn main() -> std::process::ExitCode {
    apportion_testing::Suite::new(&modules()).prepared(support::migrate).run()
}
