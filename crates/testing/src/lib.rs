//! What the test suites share: a throw-away PostgreSQL cluster ([`postgres`]) and a runner that
//! puts one list of cases to both stores ([`suite`]). A dev-dependency of the other crates only.
//!
//! It is deliberately without diesel and without a PostgreSQL driver: databases are made by the
//! `psql` program, so that a fault in the store cannot hide itself in its own test's set-up.
//!
//! ```no_run
//! // tests/it/main.rs, a test target with `harness = false`
//! mod lists {
//!     use apportion_testing::Place;
//!
//!     apportion_testing::cases! { filters; plain: parses }
//!
//!     fn filters(place: &Place) {
//!         assert!(place.url.contains("://"));
//!     }
//!
//!     fn parses() {
//!         assert_eq!("1".parse(), Ok(1));
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     apportion_testing::run(&[("lists", lists::CASES)])
//! }
//! ```

// A test's set-up fails by panicking: the runner shows the message as that case's failure.
#![allow(clippy::expect_used, clippy::panic)]

pub mod postgres;
mod programs;
pub mod rounds;
pub mod suite;
mod supervisor;

pub use postgres::{Cluster, Unavailable};
pub use rounds::{is_whole, rounds, thinned};
pub use suite::{Backend, Case, Module, Place, Run, Suite, run};
