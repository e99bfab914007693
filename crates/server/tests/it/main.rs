//! The service over a real socket, on SQLite and on PostgreSQL. Each folder is about one behaviour;
//! `support` has what the cases share, and no cases.
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

mod support;

apportion_testing::modules! {
    embedding, events, mounting;
    folders: access, databases, description, engine, imports, monitoring, payouts, queries,
    recorded, reports, requests, revenue, standard, writing
}

fn main() -> std::process::ExitCode {
    apportion_testing::Suite::new(&modules()).prepared(support::world::migrate).run()
}
